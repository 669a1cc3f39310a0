package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inspecto/insplint/scanner"
)

// A manager is a program that writes a repository's hooks by itself, and so
// writes over ours, or puts them out of use, when it is run the next time. It has
// a file in which people say what a hook runs.
type manager struct {
	name string
	// owns reports whether the hooks are the manager's; expects, whether it is
	// set up here and has not written them yet.
	owns, expects func(*scanner.Hooks) bool
	file          func(p *scanner.Hooks, h installable) string // absolute
	lacks         func(file string, h installable) string      // what to add to the file, and where in it; empty if it runs insplint
}

func managers() []manager {
	return []manager{
		{
			"husky", func(p *scanner.Hooks) bool { return huskyDir(p) != "" }, huskyExpects, huskyFile,
			huskyLacks,
		},
		{
			"lefthook", lefthookOwns, func(p *scanner.Hooks) bool { return lefthookConfig(p) != "" }, lefthookFile,
			lefthookLacks,
		},
	}
}

// huskyDir is the directory with the hooks that people write for husky; empty if
// git's hooks are not husky's. From version 9 on it has its own in .husky/_, which
// run those in .husky; before, git took those in .husky.
func huskyDir(p *scanner.Hooks) string {
	parent, name := filepath.Split(p.Dir)
	parent = filepath.Clean(parent)
	switch {
	case name == "_" && (filepath.Base(parent) == ".husky" || isFile(filepath.Join(p.Dir, "h"))):
		return parent
	case name == ".husky" || isFile(filepath.Join(p.Dir, "_", "husky.sh")):
		return p.Dir
	}
	return ""
}

func huskyExpects(p *scanner.Hooks) bool {
	info, err := os.Stat(filepath.Join(p.Top, ".husky"))
	return p.Top != "" && err == nil && info.IsDir()
}

func huskyFile(p *scanner.Hooks, h installable) string {
	return filepath.Join(cmp.Or(huskyDir(p), filepath.Join(p.Top, ".husky")), h.name)
}

func huskyLacks(file string, h installable) string {
	text, ok := readHook(file)
	if ok && scriptRuns(string(text), h.runs, true) {
		return ""
	}
	return lineFor(h, string(text), "")
}

func lefthookOwns(p *scanner.Hooks) bool {
	entries, err := os.ReadDir(p.Dir)
	return err == nil && slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		text, _ := readHook(filepath.Join(p.Dir, e.Name()))
		return bytes.Contains(text, []byte("call_lefthook"))
	})
}

// lefthookDir is where lefthook looks for its file, too.
const lefthookDir = ".config"

// lefthookConfig finds the file that lefthook reads, by its names for it.
func lefthookConfig(p *scanner.Hooks) string {
	if p.Top == "" {
		return ""
	}
	for _, base := range []string{"lefthook", ".lefthook", lefthookDir + "/lefthook"} {
		for _, extension := range []string{".yml", ".yaml", ".toml", ".json", ".jsonc"} {
			if path := filepath.Join(p.Top, base+extension); isFile(path) {
				return path
			}
		}
	}
	return ""
}

func lefthookFile(p *scanner.Hooks, _ installable) string {
	if path := lefthookConfig(p); path != "" {
		return path
	}
	return filepath.Join(p.Top, "lefthook.yml")
}

// lefthookLacks says what lefthook's file lacks: all of a hook, or a command of one, which
// may stand there once.
func lefthookLacks(file string, h installable) string {
	text, _ := readUpTo(file, maxHook) // none, if there is no file yet
	hook, err := scanner.ParseLefthook(file, text, h.name)
	switch {
	case err != nil && mentions(text, "insplint hook "+h.runs):
		return ""
	case err == nil && slices.ContainsFunc(hook.Runs, func(run string) bool { return scriptRuns(run, h.runs, false) }):
		return ""
	}
	command := strings.ReplaceAll(h.lefthook, "lefthook.yml", lefthookName(file))
	switch {
	case hook.Jobs:
		return "`- " + command + "` under jobs: of " + h.name + ":"
	case hook.Has:
		return "`insplint: " + command + "` under commands: of " + h.name + ":"
	}
	return "`" + h.name + ": {commands: {insplint: " + command + "}}`"
}

// lefthookName is a configuration of lefthook's from the top of the working tree.
func lefthookName(file string) string {
	dir, name := filepath.Split(file)
	if dir = filepath.Base(dir); dir == lefthookDir {
		return dir + "/" + name
	}
	return name
}

// mentions reports whether a command stands on a line that is no comment. It is all that
// tells of a file that cannot be parsed.
func mentions(text []byte, command string) bool {
	return slices.ContainsFunc(strings.Split(string(text), "\n"), func(line string) bool {
		line = strings.TrimSpace(line)
		return !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "//") && strings.Contains(line, command)
	})
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// maxHook is how many bytes of a hook are looked at.
const maxHook = 1 << 20

// readHook reads a hook, if it is a file that can be read.
func readHook(path string) (text []byte, ok bool) {
	if !isFile(path) {
		return nil, false
	}
	text, err := readUpTo(path, maxHook)
	return text, err == nil
}

// instead says what to write where, so that a manager runs insplint; nothing if it
// does.
func (m manager) instead(p *scanner.Hooks, hooks []installable) string {
	var missing []string
	for _, h := range hooks {
		file := m.file(p, h)
		if lacks := m.lacks(file, h); lacks != "" {
			missing = append(missing, lacks+" to "+fromTop(p, file))
		}
	}
	return strings.Join(missing, ", and ")
}

// fromTop is a path as people in the working tree call it.
func fromTop(p *scanner.Hooks, path string) string {
	if rel, err := filepath.Rel(p.Top, path); p.Top != "" && err == nil && filepath.IsLocal(rel) {
		path = rel
	}
	return filepath.ToSlash(path)
}

// leaveToManager reports whether the hooks are a manager's, and has an error
// that says what to add where. A manager that is set up and has not written its
// hooks yet is named.
func (c *Command) leaveToManager(p *scanner.Hooks, hooks []installable) (left bool, err error) {
	for _, m := range managers() {
		advice := m.instead(p, hooks)
		switch {
		case m.owns(p) && advice != "":
			return true, fmt.Errorf("%s writes the hooks in %q: nothing is installed there; add %s", m.name, fromTop(p, p.Dir), advice)
		case m.owns(p):
			_, err := fmt.Fprintf(c.Stdout, "%s runs insplint already\n", m.name)
			return true, err
		case m.expects(p) && advice != "":
			c.say("%s is set up here: when it installs its hooks, it puts others out of use, and insplint's too; add %s", m.name, advice)
		}
	}
	return false, nil
}
