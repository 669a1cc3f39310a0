package scanner

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/inspecto/insplint/rules"
)

// setRoot tells the occurrences of a scan of one directory how that is reached, where
// the current directory is another: a command that a fix names would else change what
// lies by the same name in another repository.
func (r *Result) setRoot(targets []*target) {
	if len(targets) != 1 || targets[0].file {
		return // paths are told from the current directory
	}
	cwd, err := os.Getwd()
	if err != nil {
		return
	}
	root := targets[0].abs
	way, err := filepath.Rel(cwd, root)
	if err != nil || way == "." {
		return
	}
	for _, k := range r.Keys {
		for i := range k.Occurrences {
			if o := &k.Occurrences[i]; !reaches(cwd, root, o) {
				o.Root = filepath.ToSlash(way)
			}
		}
	}
}

// reaches reports whether a command in the current directory finds the file by its path
// from the top of its repository: that lies above both.
func reaches(cwd, root string, o *rules.Occurrence) bool {
	above, ok := strings.CutSuffix(o.Home, o.Path)
	if !ok || above == "" {
		return false
	}
	top := root
	for range strings.Count(above, "/") {
		top = filepath.Dir(top)
	}
	return isBelow(top, cwd)
}
