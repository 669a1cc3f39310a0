package scanner

import (
	"sync/atomic"

	"github.com/inspecto/insplint/internal/gitpack"
)

// Progress counts while a scan goes on; any goroutine may read it.
type Progress struct {
	Files    atomic.Int64 // files of a working tree, or blobs of an index
	Bytes    atomic.Int64 // of those
	Findings atomic.Int64 // keys seen in files, and objects of history that hold one
	Unread   atomic.Int64 // what Options.SkipUnreadable passed over
	Objects  gitpack.Progress
	Phase    atomic.Value // string: what is being read
}

func (p *Progress) phase(name string) { p.Phase.Store(name) }
