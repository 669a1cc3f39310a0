package cache

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

func newDir(t *testing.T) *Dir { return At(filepath.Join(t.TempDir(), "a", "b")) }

func put(t *testing.T, d *Dir, key Key, result string) {
	t.Helper()
	if err := d.Put(key, []byte(result)); err != nil {
		t.Fatal(err)
	}
}

func TestPutAndGet(t *testing.T) {
	d := newDir(t)
	if _, ok := d.Get(Key{1}); ok {
		t.Error("a result of a directory that is not there")
	}
	put(t, d, Key{1}, "one")
	put(t, d, Key{2}, "")
	put(t, d, Key{1}, "one again")
	for key, want := range map[Key]string{{1}: "one again", {2}: ""} {
		if got, ok := d.Get(key); !ok || string(got) != want {
			t.Errorf("got %q %t, want %q", got, ok, want)
		}
	}
	if _, ok := d.Get(Key{3}); ok {
		t.Error("a result that was never put")
	}
	if entries, _ := os.ReadDir(d.path); len(entries) != 2 {
		t.Errorf("%d files, want 2: %v", len(entries), entries)
	}
}

func TestPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are not those of Unix")
	}
	d := newDir(t)
	put(t, d, Key{1}, "one")
	for path, want := range map[string]os.FileMode{d.path: 0o700, d.file(Key{1}): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v, want %o", path, info.Mode(), err, want)
		}
	}
}

// TestDamage flips every bit of a file, and cuts it at every length.
func TestDamage(t *testing.T) {
	d := newDir(t)
	put(t, d, Key{1}, "some result")
	path := d.file(Key{1})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, ok := d.Get(Key{1}); ok {
			t.Errorf("took %q for a whole file", got)
		}
	}
	for bit := range 8 * len(whole) {
		data := bytes.Clone(whole)
		data[bit/8] ^= 1 << (bit % 8)
		damaged(data)
	}
	for n := range whole {
		damaged(whole[:n])
	}
	damaged(append(bytes.Clone(whole), 0))
}

func TestForeignFiles(t *testing.T) {
	d := newDir(t)
	put(t, d, Key{1}, "one")
	if err := os.Rename(d.file(Key{1}), d.file(Key{2})); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.Get(Key{2}); ok {
		t.Error("took a file that was written for another key")
	}
	if err := os.Mkdir(d.file(Key{3}), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.Get(Key{3}); ok {
		t.Error("took a directory for a file")
	}
	if err := d.Put(Key{3}, nil); err == nil {
		t.Error("wrote over a directory")
	}
}

func TestTrim(t *testing.T) {
	d := newDir(t)
	now := time.Now()
	age := func(name string, age time.Duration) {
		t.Helper()
		path := filepath.Join(d.path, name)
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	for n := range byte(5) {
		put(t, d, Key{n}, "0123456789")
		age(filepath.Base(d.file(Key{n})), time.Duration(n)*24*time.Hour)
	}
	for name, old := range map[string]time.Duration{"notes.txt": 1000 * time.Hour, tempPrefix + "1": 2 * time.Hour, tempPrefix + "2": 0} {
		if err := os.WriteFile(filepath.Join(d.path, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		age(name, old)
	}
	if _, ok := d.Get(Key{4}); !ok { // which makes it young
		t.Fatal("lost a result")
	}
	d.trim(1<<20, 4)
	d.trim(3*int64(headerSize+10), 4)
	for n, want := range map[byte]bool{0: true, 1: true, 2: false, 3: false, 4: true} {
		if _, ok := d.Get(Key{n}); ok != want {
			t.Errorf("result %d is there: %t, want %t", n, ok, want)
		}
	}
	for name, want := range map[string]bool{"notes.txt": true, tempPrefix + "1": false, tempPrefix + "2": true} {
		if _, err := os.Stat(filepath.Join(d.path, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSideBySide has readers see whole results only, while others write.
func TestSideBySide(t *testing.T) {
	d := newDir(t)
	results := [][]byte{bytes.Repeat([]byte("a"), 1<<16), bytes.Repeat([]byte("b"), 1<<10)}
	put(t, d, Key{1}, string(results[0]))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 50 {
				if i < 2 {
					if err := d.Put(Key{1}, results[n%2]); err != nil {
						t.Error(err)
					}
				} else if got, ok := d.Get(Key{1}); ok && !bytes.Equal(got, results[0]) && !bytes.Equal(got, results[1]) {
					t.Error("read a result that nobody wrote")
				}
			}
		})
	}
	wg.Wait()
}

func TestDefault(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("paths are those of Unix")
	}
	tests := []struct {
		env  map[string]string
		want string
	}{
		{nil, ""},
		{map[string]string{"INSPLINT_CACHE_DIR": "/c", "HOME": "/home/u"}, "/c"},
		{map[string]string{"XDG_CACHE_HOME": "relative"}, ""},
		{map[string]string{"HOME": "relative"}, ""},
	}
	if runtime.GOOS == "linux" {
		tests = append(tests, struct {
			env  map[string]string
			want string
		}{map[string]string{"HOME": "/home/u"}, "/home/u/.cache/insplint"}, struct {
			env  map[string]string
			want string
		}{map[string]string{"HOME": "/home/u", "XDG_CACHE_HOME": "/x"}, "/x/insplint"})
	}
	for _, test := range tests {
		if got := Default(func(name string) string { return test.env[name] }); got != test.want {
			t.Errorf("%v: %q, want %q", test.env, got, test.want)
		}
	}
}
