package scanner

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// prefault has the system give memory to the pages that begin in a slice. Where it cannot
// (before Linux 5.14), each page has it when it is first written to.
func prefault(b []byte) {
	page := os.Getpagesize()
	if first := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & uintptr(page-1)); first < len(b) {
		_ = unix.Madvise(b[first:], unix.MADV_POPULATE_WRITE)
	}
}
