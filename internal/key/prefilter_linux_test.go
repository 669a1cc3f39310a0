package key

import (
	"os"
	"runtime/debug"
	"syscall"
	"testing"
)

// TestPrefilterStaysInside searches slices of every short length that end, or
// start, exactly at a page that may not be read: an engine that reads one byte
// outside of its buffer faults here.
func TestPrefilterStaysInside(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	page := os.Getpagesize()
	inside := guardedPage(t, page)
	forEachSet(t, func(t *testing.T, literals [][]byte, twins map[string]*prefilter) {
		literal := literals[0]
		for size := range 201 {
			for place, buf := range map[string][]byte{
				"end":   inside[page-size:],
				"start": inside[:size:size],
			} {
				clear(buf)
				copy(buf[max(0, size-len(literal)):], literal)
				checkExact(t, twins, literals, buf)
				// The whole literal is gone now, its windows are not.
				if size > 0 {
					buf[max(0, size-len(literal))] ^= 0x80
				}
				checkExact(t, twins, literals, buf)
				if t.Failed() {
					t.Fatalf("%d bytes at the page's %s", size, place)
				}
			}
		}
	})
}

// guardedPage maps three pages, and returns the middle one between two that
// fault on every access.
func guardedPage(t *testing.T, page int) []byte {
	pages, err := syscall.Mmap(-1, 0, 3*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skipf("cannot map 3 pages: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(pages); err != nil {
			t.Errorf("unmap the guarded page: %v", err)
		}
	})
	for _, guard := range [][]byte{pages[:page], pages[2*page:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Skipf("cannot protect a page: %v", err)
		}
	}
	return pages[page : 2*page : 2*page]
}
