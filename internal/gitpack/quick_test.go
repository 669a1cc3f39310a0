package gitpack

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestQuick reads every object without the tables: as git does from an intact
// pack, and never another content from a damaged one.
func TestQuick(t *testing.T) {
	for seed, format := range []string{"sha1", "sha1", "sha256"} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := newRepo(t, "--object-format="+format)
			r.importHistory(newHistory(uint64(seed)+40, 60))
			r.git("-c", fmt.Sprintf("repack.useDeltaBaseOffset=%t", seed == 0), "repack", "-adfq", "--depth=20")
			want := r.contents()
			s := r.open()
			for id, o := range want {
				if got, ok := s.quickly(id); !ok || got != o {
					t.Errorf("%s: read %v, want %d bytes", id, ok, len(o.data))
				}
			}
			s.packs[0].data.bytes = append([]byte(nil), s.packs[0].data.bytes...)
			data, random, read := s.packs[0].data.bytes, rand.New(rand.NewPCG(1, 1)), 0
			for range 10 { // at ten places at a time, which leave most objects as they were
				intact := bytes.Clone(data)
				for range 10 {
					data[random.IntN(len(data))] ^= 1 << random.IntN(8)
				}
				for id, o := range want {
					if got, ok := s.quickly(id); ok && got != o {
						t.Fatalf("%s is read as something else than before the changes", id)
					} else if ok {
						read++
					}
				}
				copy(data, intact)
			}
			if read == 0 || s.packs[0].hasTables() {
				t.Errorf("%d objects were read", read)
			}
		})
	}
}

// quickly reads an object of a store's first pack without the tables.
func (s *Store) quickly(id ID) (o content, ok bool) {
	r := s.reader()
	defer s.release(r)
	number, ok := s.packs[0].index.find(id)
	if !ok {
		return o, false
	}
	kind, data, ok := r.quick(s.packs[0], number)
	return content{kind, string(data)}, ok
}
