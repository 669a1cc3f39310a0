package gitpack

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// openNonblock is nothing here: no FIFO can stand in a file's place.
const openNonblock = 0

// A mapping is a file in memory. Windows refuses to cut off or delete a mapped
// file.
type mapping struct {
	bytes []byte
	addr  uintptr
}

func mapOpen(fd uintptr, size int) (*mapping, error) {
	section, err := windows.CreateFileMapping(windows.Handle(fd), nil, windows.PAGE_READONLY, 0, 0, nil)
	if err != nil {
		return nil, err
	}
	defer windows.CloseHandle(section)
	addr, err := windows.MapViewOfFile(section, windows.FILE_MAP_READ, 0, 0, 0)
	if err != nil {
		return nil, err
	}
	// the view's address is none of Go's heap, so it may be made a pointer; going
	// through its own address says so to vet
	return &mapping{unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), size), addr}, nil
}

func (m *mapping) close() error {
	m.bytes = nil
	return windows.UnmapViewOfFile(m.addr)
}
