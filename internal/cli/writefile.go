package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// writeFile replaces a file in one step, so that a reader never sees half of
// it. What is no regular file is written to as it is: a FIFO, and a link too,
// since /dev/stdout is one, which a rename would take out of the system. So is
// a file whose directory takes no new ones.
func writeFile(path string, data []byte) error {
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, data, newFileMode)
	}
	exists := err == nil
	temporary := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8])
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, newFileMode)
	if exists && errors.Is(err, fs.ErrPermission) {
		return os.WriteFile(path, data, newFileMode)
	}
	if err != nil {
		return fmt.Errorf("create a file beside %q: %w", path, withoutPath(err))
	}
	_, err = f.Write(data)
	if exists {
		err = errors.Join(err, f.Chmod(info.Mode().Perm()))
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("replace %q: %w", path, withoutPath(err)), os.Remove(temporary))
	}
	return nil
}

// appendFile adds to a file, which need not be there.
func appendFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, newFileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// newFileMode is the mode of a new file before the umask.
const newFileMode = 0o666

// withoutPath takes the name of a file that the user never heard of out of an
// error.
func withoutPath(err error) error {
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		return pathErr.Err
	case errors.As(err, &linkErr):
		return linkErr.Err
	}
	return err
}
