package gitpack

import (
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePages has the kernel back the next size bytes of the heap, as they are
// first written to, by pages of 2 MiB instead of 4 KiB, where it does so for who
// asks. What a walk holds is looked up all over, and each page costs a fault: with
// large ones a scan of git's own history takes a tenth less of the processors'
// time. The advice stays with the addresses, which the collector is given back at
// once, and which it hands out before any others; it changes nothing else.
func hugePages(size int) {
	_ = unix.Madvise(unwritten(size), unix.MADV_HUGEPAGE)
	runtime.GC()
}

// unwritten is memory of the heap that was not filled with zeros, which make would
// do, page by page, where something lay before.
func unwritten(size int) []byte {
	var b strings.Builder
	b.Grow(size)
	b.WriteByte(0)
	return unsafe.Slice(unsafe.StringData(b.String()), size)
}
