package gitrepo

import (
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
)

// Limits on what is read into memory, each far above what git itself writes.
const (
	maxLinkFile   = 1 << 20 // a .git file, HEAD, commondir; git's own limit for a .git file
	maxConfigFile = 16 << 20
	maxRefsFile   = 512 << 20 // packed-refs, a reftable, a reflog, shallow
	maxIndexFile  = 2 << 30
)

// readFile reads a regular file of at most limit bytes. Opening is not allowed
// to block, so that a FIFO put in place of a file cannot hang the scan.
func readFile(path string, limit int64) ([]byte, error) {
	data, _, err := readDated(path, limit)
	return data, err
}

// readDated is readFile that tells too when the file was last written.
func readDated(path string, limit int64) ([]byte, time.Time, error) {
	var never time.Time
	info, err := os.Stat(path)
	if err != nil {
		return nil, never, err
	}
	if !info.Mode().IsRegular() {
		return nil, never, fmt.Errorf("read %q: not a regular file", path)
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, never, err
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return nil, never, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, never, fmt.Errorf("read %q: not a regular file of at most %d bytes", path, limit)
	}
	data := make([]byte, info.Size())
	n, err := io.ReadFull(file, data)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil // it shrank meanwhile: what is left is what there is
	}
	if err != nil {
		return nil, never, fmt.Errorf("read %q: %w", path, err)
	}
	return data[:n], info.ModTime(), nil
}

// lines yields the lines of data with their number from 1, without the line
// ending; an empty last line is not one.
func lines(data []byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		number := 0
		for line := range strings.Lines(string(data)) {
			number++
			if !yield(number, strings.TrimRight(line, "\r\n")) {
				return
			}
		}
	}
}

// unquoteC reads the C-quoted string that s begins with and returns what follows
// it. ok is false where s begins with no such string.
func unquoteC(s string) (unquoted, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		return "", s, false
	}
	for end := 1; end < len(s); end++ {
		switch s[end] {
		case '\\':
			end++
		case '"':
			unquoted, err := gitpack.UnquoteC(s[:end+1])
			return unquoted, s[end+1:], err == nil
		}
	}
	return "", s, false
}
