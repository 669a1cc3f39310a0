package scanner

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
)

// Progress counts while a scan goes on; any goroutine may read it.
type Progress struct {
	Files    atomic.Int64 // files of a working tree, or blobs of an index
	Bytes    atomic.Int64 // of those
	Findings atomic.Int64 // keys seen in files, and objects of history that hold one
	Unread   atomic.Int64 // what Options.SkipUnreadable passed over

	Unreadable atomic.Bool // something in an archive could not be read, and is a problem
	Objects    gitpack.Progress
	Phase      atomic.Value // string: what is being read

	mu     sync.Mutex
	phases []Phase
}

// A Phase is a part of a scan.
type Phase struct {
	Name  string
	Begin time.Time
}

func (p *Progress) phase(name string) {
	p.Phase.Store(name)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phases = append(p.phases, Phase{name, time.Now()})
}

// Phases lists the parts that a scan has begun, each of which ends where the
// next begins.
func (p *Progress) Phases() []Phase {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.phases)
}
