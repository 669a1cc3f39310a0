package gitpack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxAlternates bounds how many object directories a chain of alternates can
// bring in; git itself follows five levels.
const maxAlternates = 64

// maxAlternatesFile bounds info/alternates, which holds a path a line.
const maxAlternatesFile = 1 << 20

// addDir adds an object directory and, depth first, its alternates. A path
// that leads to a directory that is there already is passed over, so a circle
// of alternates ends.
func (s *Store) addDir(dir string) {
	dir = filepath.Clean(dir)
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		s.problem(dir, "object directory cannot be read: %v", err)
		return
	case !info.IsDir():
		s.problem(dir, "object directory cannot be read: it is not a directory")
		return
	case s.hasDir(info):
		return
	case len(s.dirs) >= maxAlternates:
		s.problem(dir, "more than %d object directories: this one is not read", maxAlternates)
		return
	}
	s.dirs = append(s.dirs, dir)
	s.dirInfo = append(s.dirInfo, info)
	for _, alternate := range s.alternates(dir) {
		s.addDir(alternate)
	}
}

func (s *Store) hasDir(info os.FileInfo) bool {
	for _, known := range s.dirInfo {
		if os.SameFile(known, info) {
			return true
		}
	}
	return false
}

// alternates reads the info/alternates of an object directory.
func (s *Store) alternates(dir string) (paths []string) {
	name := filepath.Join(dir, "info", "alternates")
	f, err := openRegular(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		s.problem(name, "read alternates: %v", err)
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxAlternatesFile+1))
	if err != nil {
		s.problem(name, "read alternates: %v", err)
	}
	if len(data) > maxAlternatesFile {
		s.problem(name, "alternates are longer than %d bytes: the rest is not read", maxAlternatesFile)
		data = data[:bytes.LastIndexByte(data[:maxAlternatesFile], '\n')+1]
	}
	for line := range bytes.Lines(data) {
		if path := alternatePath(string(line), dir); path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

// alternatePath reads one line of info/alternates: a path, relative to the
// object directory and quoted if git thought that it had to be, or a comment.
func alternatePath(line, dir string) string {
	line = strings.TrimSuffix(line, "\n")
	if line == "" || line[0] == '#' {
		return ""
	}
	if line[0] == '"' {
		// git takes a line that is not well quoted literally
		if unquoted, err := UnquoteC(line); err == nil {
			line = unquoted
		}
	}
	if !filepath.IsAbs(line) {
		line = filepath.Join(dir, line)
	}
	return line
}

// UnquoteC undoes git's C-style quoting of a path (quote.c), the quotes included.
func UnquoteC(quoted string) (string, error) {
	if len(quoted) < 2 || quoted[len(quoted)-1] != '"' {
		return "", fmt.Errorf("unquote %q: no closing quote", quoted)
	}
	escapes := map[byte]byte{'a': 7, 'b': 8, 't': 9, 'n': 10, 'v': 11, 'f': 12, 'r': 13, '"': '"', '\\': '\\'}
	var out []byte
	for body := quoted[1 : len(quoted)-1]; len(body) > 0; body = body[1:] {
		if body[0] == '"' {
			return "", fmt.Errorf("unquote %q: bytes behind the closing quote", quoted)
		}
		if body[0] != '\\' {
			out = append(out, body[0])
			continue
		}
		body = body[1:]
		switch {
		case len(body) > 0 && escapes[body[0]] != 0:
			out = append(out, escapes[body[0]])
		case len(body) >= 3 && isOctal(body[:3]) && body[0] <= '3':
			out = append(out, (body[0]-'0')<<6|(body[1]-'0')<<3|(body[2]-'0'))
			body = body[2:]
		default:
			return "", fmt.Errorf("unquote %q: unknown escape", quoted)
		}
	}
	return string(out), nil
}

func isOctal(digits string) bool {
	return strings.Trim(digits, "01234567") == ""
}
