package gitrepo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFromEnv(t *testing.T) {
	j := newJudge(t)
	dir, other := j.repo("r"), j.repo("other")
	sub := filepath.Join(dir, "dir")
	bare := filepath.Join(j.top, "bare")
	j.git(j.top, "clone", "-q", "--bare", "r", "bare")
	tests := map[string]struct {
		cwd string
		env map[string]string
	}{
		"none":                    {sub, nil},
		"git dir":                 {other, map[string]string{"GIT_DIR": filepath.Join(dir, ".git")}},
		"git dir, relative":       {sub, map[string]string{"GIT_DIR": "../.git"}},
		"git dir of a bare one":   {sub, map[string]string{"GIT_DIR": bare}},
		"work tree":               {sub, map[string]string{"GIT_WORK_TREE": other}},
		"both":                    {j.top, map[string]string{"GIT_DIR": bare, "GIT_WORK_TREE": "other"}},
		"no implicit tree":        {dir, map[string]string{"GIT_DIR": ".git", "GIT_IMPLICIT_WORK_TREE": "0"}},
		"index":                   {dir, map[string]string{"GIT_INDEX_FILE": filepath.Join(other, ".git", "index")}},
		"index, relative":         {sub, map[string]string{"GIT_INDEX_FILE": ".git/index"}},
		"common dir":              {dir, map[string]string{"GIT_DIR": ".git", "GIT_COMMON_DIR": filepath.Join(other, ".git")}},
		"objects":                 {dir, map[string]string{"GIT_OBJECT_DIRECTORY": filepath.Join(other, ".git", "objects")}},
		"config parameters":       {dir, map[string]string{"GIT_CONFIG_PARAMETERS": `'core.a'='it'\''s' 'core.b'= 'core.c=d' 'core.e' 'a.Sub.B'='!'`}},
		"config count":            {dir, map[string]string{"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "X.Y.Z", "GIT_CONFIG_VALUE_0": "", "GIT_CONFIG_KEY_1": "core.b", "GIT_CONFIG_VALUE_1": "2"}},
		"global config elsewhere": {dir, map[string]string{"GIT_CONFIG_GLOBAL": filepath.Join(other, ".git", "config")}},
		"no global config":        {dir, map[string]string{"GIT_CONFIG_GLOBAL": os.DevNull}},
		"global config of none":   {dir, map[string]string{"GIT_CONFIG_GLOBAL": ""}},
		"system config of none":   {dir, map[string]string{"GIT_CONFIG_SYSTEM": "", "GIT_CONFIG_NOSYSTEM": "false"}},
		"system config":           {dir, map[string]string{"GIT_CONFIG_SYSTEM": filepath.Join(other, ".git", "config"), "GIT_CONFIG_NOSYSTEM": "false"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for variable, value := range test.env {
				t.Setenv(variable, value)
			}
			j := &judge{t: t, binary: j.binary, top: j.top}
			r, err := FromEnv(os.Getenv, test.cwd)
			if err != nil {
				t.Fatal(err)
			}
			j.compareDirs(r, test.cwd)
			j.compareConfig(r, test.cwd)
			j.compareRefs(r, test.cwd)
			if r.WorkTree != "" {
				j.compareIndexFrom(r, test.cwd)
			}
		})
	}
}

// compareIndexFrom compares the staged paths as git sees them from cwd, which
// decides where relative variables lead.
func (j *judge) compareIndexFrom(r *Repo, cwd string) {
	j.t.Helper()
	index, err := r.Index()
	if err != nil {
		j.t.Fatal(err)
	}
	want, err := j.try(cwd, "ls-files", "--full-name", "-z", "--", ":/")
	if err != nil {
		want, err = j.try(cwd, "ls-files", "-z")
	}
	j.must(err)
	var got strings.Builder
	for e := range index.Entries() {
		got.WriteString(e.Path + "\x00")
	}
	j.equal("staged paths", got.String(), want)
}

func TestAlternates(t *testing.T) {
	// Git quotes bytes, and knows no \x: what is not quoted as it does is a name as it stands.
	list := strings.Join([]string{"/one", `"/quoted\"path"`, "relative", "\"/latin \\351\xe9\"", `"/\x41"`}, string(os.PathListSeparator))
	got := splitAlternates(list)
	if want := []string{"/one", `/quoted"path`, "relative", "/latin \xe9\xe9", `"/\x41"`}; fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("%q, want %q", got, want)
	}
	j := newJudge(t)
	dir := j.repo("r")
	env := map[string]string{"GIT_DIR": ".git", "GIT_OBJECT_DIRECTORY": ".git/objects/incoming", "GIT_ALTERNATE_OBJECT_DIRECTORIES": ".git/objects"}
	j.must(os.Mkdir(filepath.Join(dir, ".git", "objects", "incoming"), 0o755))
	r, err := FromEnv(func(name string) string { return env[name] }, dir)
	j.must(err)
	want := []string{filepath.Join(dir, ".git", "objects", "incoming"), filepath.Join(dir, ".git", "objects")}
	if got := r.ObjectDirs(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("object directories %q, want %q", got, want)
	}
}

// A nested repository must not be opened with the variables of the hook that
// runs in the outer one.
func TestOpenIgnoresLocalVariables(t *testing.T) {
	j := newJudge(t)
	dir, other := j.repo("r"), j.repo("other")
	for name := range localVariables {
		t.Setenv(name, filepath.Join(other, ".git"))
	}
	r, err := Open(dir)
	if err != nil || r.GitDir != filepath.Join(dir, ".git") || r.WorkTree != dir || r.CommonDir != r.GitDir {
		t.Fatalf("%+v, %v", r, err)
	}
	if index, err := r.Index(); err != nil || index.Len() != 6 {
		t.Errorf("index: %v", err)
	}
}
