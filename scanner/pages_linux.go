package scanner

import (
	"slices"

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
