package scanner

import (
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pagedSystems are file systems, by their numbers in statfs(2), whose files Linux reads
// through its page cache.
var pagedSystems = [...]int64{
	unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC,
	unix.TMPFS_MAGIC, unix.OVERLAYFS_SUPER_MAGIC, unix.SQUASHFS_MAGIC, unix.EROFS_SUPER_MAGIC_V1,
}

// readsInPages reports whether a read of a file below an open directory gives as much as
// there is, or stops between two pages because what follows could not be read. So one that
// stops within a page has come to the end of the file (filemap_read in Linux'
// mm/filemap.c). Others, as what the kernel makes up when it is read, give what they like.
func readsInPages(dir int) bool {
	var info unix.Statfs_t
	_, err := retry(func() (int, error) { return 0, unix.Fstatfs(dir, &info) })
	return err == nil && slices.Contains(pagedSystems[:], int64(info.Type))
}

// sector is what a read of a file that is read in pages ends at a multiple of, if it ends
// before the file does.
const sector = 512

// small reads a file of the directory whose size need not be asked for, as every fourth
// system call of a scan would: one that ends in buf, where a read that ends short of that
// tells so. n means nothing, and ok is false, for any other, and what cannot be read.
//
// The runtime is told nothing of these calls, which no network and no other program can
// hold up: what it does at each, and watches meanwhile, takes as long as some of them.
func (d dirHandle) small(name string, buf []byte) (n int, ok bool) {
	var path [unix.NAME_MAX + 1]byte
	if !d.inPages || len(name) >= len(path) {
		return 0, false
	}
	copy(path[:], name)
	f, _, failed := unix.RawSyscall6(unix.SYS_OPENAT, uintptr(d.fd), uintptr(unsafe.Pointer(&path)), openFlags, 0, 0, 0)
	if failed != 0 {
		return 0, false
	}
	read, _, failed := unix.RawSyscall(unix.SYS_READ, f, uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)))
	_, _, _ = unix.RawSyscall(unix.SYS_CLOSE, f, 0, 0)
	n = int(read)
	return n, failed == 0 && n < len(buf) && (n == 0 || n%sector != 0)
}
