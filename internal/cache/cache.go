// Package cache keeps results between runs, each in a file of its own in one
// directory of the user.
//
// It is only ever trusted for speed. A file says which key it was written for
// and carries a checksum over that and its content, so that one that was cut
// off, damaged or renamed counts as not there. Files are written beside their
// place and then renamed, so that several runs at once see whole files or none.
// What goes wrong while one is written (no space, no permission) costs nothing
// but the next run's time. The directory is bounded: Trim removes the files that
// were not used for the longest time, and never one that is not the cache's own.
package cache

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A Key names a result.
type Key = [sha256.Size]byte

const (
	magic      = "insplint cache 1\n"
	headerSize = len(magic) + sha256.Size

	maxEntry = 64 << 20  // bytes of one result
	maxTotal = 256 << 20 // bytes of all files, after Trim
	maxFiles = 4096      // after Trim

	// Getting a result makes its file young again, at most this often.
	refreshAfter = 12 * time.Hour
	// A temporary file this old was left by a run that was killed.
	abandonedAfter = time.Hour

	tempPrefix = "tmp-insplint-"
)

// A Dir is a directory of results.
type Dir struct{ path string }

// At is the cache in a directory, which need not be there yet.
func At(path string) *Dir { return &Dir{path} }

// Default is where the user's cache lies: in $INSPLINT_CACHE_DIR, or in
// "insplint" in the directory that the operating system has for caches. It is
// empty if the environment names none, as that of a server's hook may.
func Default(getenv func(string) string) string {
	if dir := getenv("INSPLINT_CACHE_DIR"); dir != "" {
		if abs, err := filepath.Abs(dir); err == nil {
			return abs
		}
		return ""
	}
	var dir string
	switch home := getenv("HOME"); {
	case runtime.GOOS == "windows":
		dir = getenv("LocalAppData")
	case runtime.GOOS == "darwin" && home != "":
		dir = filepath.Join(home, "Library", "Caches")
	case getenv("XDG_CACHE_HOME") != "":
		dir = getenv("XDG_CACHE_HOME")
	case home != "":
		dir = filepath.Join(home, ".cache")
	}
	if !filepath.IsAbs(dir) { // as the XDG specification wants it
		return ""
	}
	return filepath.Join(dir, "insplint")
}

func (d *Dir) file(key Key) string { return filepath.Join(d.path, hex.EncodeToString(key[:])) }

// Get returns the result that was put under a key; false if there is none that
// is whole.
func (d *Dir) Get(key Key) ([]byte, bool) {
	path := d.file(key)
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() < int64(headerSize) || info.Size() > int64(headerSize+maxEntry) {
		return nil, false
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil || !isWhole(key, data) {
		return nil, false
	}
	if now := time.Now(); now.Sub(info.ModTime()) > refreshAfter {
		_ = os.Chtimes(path, now, now) // if it fails, the file is removed earlier
	}
	return data[headerSize:], true
}

// isWhole reports whether a file is what Put wrote for a key.
func isWhole(key Key, data []byte) bool {
	want := sum(key, data[headerSize:])
	return string(data[:len(magic)]) == magic && bytes.Equal(data[len(magic):headerSize], want[:])
}

func sum(key Key, result []byte) [sha256.Size]byte {
	h := sha256.New()
	_, _ = h.Write(key[:])
	_, _ = h.Write(result)
	return [sha256.Size]byte(h.Sum(nil))
}

// Put keeps a result.
func (d *Dir) Put(key Key, result []byte) error {
	if len(result) > maxEntry {
		return fmt.Errorf("write cache: a result of %d bytes; up to %d are kept", len(result), maxEntry)
	}
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	f, err := os.CreateTemp(d.path, tempPrefix) // readable by the user alone
	if err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	check := sum(key, result)
	_, err = f.Write(slices.Concat([]byte(magic), check[:], result))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), d.file(key))
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("write cache: %w", err)
	}
	return nil
}

// Trim removes the oldest results until the directory is within its bounds.
func (d *Dir) Trim() { d.trim(maxTotal, maxFiles) }

func (d *Dir) trim(total int64, files int) {
	own := d.list()
	slices.SortFunc(own, func(a, b os.FileInfo) int { return cmp.Compare(b.ModTime().UnixNano(), a.ModTime().UnixNano()) })
	for i, info := range own {
		total -= info.Size()
		if i >= files || total < 0 {
			_ = os.Remove(filepath.Join(d.path, info.Name())) // another run may have
		}
	}
}

// list lists the results, and removes what was left of writing others.
func (d *Dir) list() (own []os.FileInfo) {
	entries, _ := os.ReadDir(d.path) // nothing to trim where nothing can be read
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		raw, err := hex.DecodeString(entry.Name())
		switch {
		case err == nil && len(raw) == sha256.Size:
			own = append(own, info)
		case strings.HasPrefix(entry.Name(), tempPrefix) && time.Since(info.ModTime()) > abandonedAfter:
			_ = os.Remove(filepath.Join(d.path, info.Name()))
		}
	}
	return own
}
