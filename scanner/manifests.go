package scanner

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/inspecto/insplint/rules"
)

// What a file belongs to and who ships it is said by files around it: package
// manifests, Dockerfiles, compose files, ignore lists. They are read only
// around a file that holds a key, each once, and only if they are small regular
// files that no symbolic link leads to. One that cannot be read or understood
// tells nothing, and nothing is claimed.

const (
	maxAround      = 4096 // files that are read for one project
	maxSiblings    = 4096 // names of a directory that are looked at
	maxBuildsAsked = 64   // Dockerfiles with a context that are tried for one file
	maxLevels      = 64   // directories between the root and a file that is judged
)

// manifests answer questions about the files below a root, which an existence
// has. They are safe for many goroutines, which take turns.
type manifests struct {
	root string

	mu       sync.Mutex
	contents map[string][]byte   // by path from root; nil: there is none
	listings map[string][]string // by directory
	packages map[string]*npmPackage
	composed map[string][]composeService // by compose file
	pythons  map[string]*pythonProject   // by directory
}

func newManifests(root string) *manifests {
	return &manifests{
		root:     root,
		contents: map[string][]byte{},
		listings: map[string][]string{},
		packages: map[string]*npmPackage{},
		composed: map[string][]composeService{},
		pythons:  map[string]*pythonProject{},
	}
}

// describe adds to the sightings of one file what the files around it say.
// home is the file's path from the root, shown its path in the report.
func (p *manifests) describe(found []sighting, shown, home string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	place := found[0].place
	if strings.Count(home, "/") > maxLevels {
		return
	}
	service, shipped := "", []rules.Shipment(nil)
	if place.EnvFile {
		service = shownService(p.service(home), shown, home)
	}
	if place.Standing == rules.Ignored {
		shipped = p.shipments(home)
	}
	defines := (place.EnvFile || path.Ext(home) == ".json") && p.definesDart(home)
	for i := range found {
		o := &found[i].place
		o.Service, o.Shipped = service, shipped
		if o.EnvFile && o.Prefix == (rules.PublicPrefix{}) {
			o.Prefix = p.public(home, o.Variable)
		}
		if o.Prefix == (rules.PublicPrefix{}) && defines {
			o.Prefix = rules.PublicPrefix{Framework: dartDefineFiles}
		}
	}
}

// shipments lists who takes a file with them that git ignores: at most one of
// each kind, since one fix at a time is enough.
func (p *manifests) shipments(home string) []rules.Shipment {
	var all []rules.Shipment
	for _, ships := range []func(string) (rules.Shipment, bool){p.dockerShips, p.npmShips, p.vsceShips, p.pythonShips} {
		if s, ok := ships(home); ok {
			all = append(all, s)
		}
	}
	return all
}

// read returns the content of a small file; ok is false if there is none.
func (p *manifests) read(name string) (content []byte, ok bool) {
	if content, ok = p.contents[name]; ok {
		return content, content != nil
	}
	if len(p.contents) >= maxAround || !p.plain(name) {
		return nil, false
	}
	content, err := readSmall(p.abs(name), maxManifest)
	if err != nil {
		content = nil
	} else if content == nil {
		content = []byte{}
	}
	p.contents[name] = content
	return content, content != nil
}

func (p *manifests) abs(name string) string { return filepath.Join(p.root, filepath.FromSlash(name)) }

// plain reports whether a path leads to something below the root and over no
// symbolic link.
func (p *manifests) plain(name string) bool {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return false
	}
	at := ""
	for part := range strings.SplitSeq(path.Clean(name), "/") {
		at = joinPath(at, part)
		info, err := os.Lstat(p.abs(at))
		if err != nil || info.Mode()&os.ModeSymlink != 0 {
			return false
		}
	}
	return true
}

// isFile reports whether there is a regular file at a path.
func (p *manifests) isFile(name string) bool {
	info, err := os.Lstat(p.abs(name))
	return err == nil && info.Mode().IsRegular() && p.plain(name)
}

// A fileKind is what there is at a path.
type fileKind uint8

const (
	nothing fileKind = iota
	aFile
	aDirectory
	other
)

// kind tells what there is at a path, without following a link.
func (p *manifests) kind(name string) fileKind {
	info, err := os.Lstat(p.abs(name))
	switch {
	case err != nil:
		return nothing
	case info.Mode().IsRegular():
		return aFile
	case info.IsDir():
		return aDirectory
	}
	return other
}

// names lists a directory, sorted.
func (p *manifests) names(dir string) []string {
	if names, ok := p.listings[dir]; ok {
		return names
	}
	var names []string
	if dir == "." || p.plain(dir) {
		if f, err := os.Open(p.abs(dir)); err == nil {
			names, _ = f.Readdirnames(maxSiblings) // with an error come those before it
			_ = f.Close()
		}
	}
	slices.Sort(names)
	p.listings[dir] = names
	return names
}

// ancestors lists the directories that a file lies in, from its own up to the
// root, which is ".".
func ancestors(home string) []string {
	var dirs []string
	for dir := path.Dir(home); ; dir = path.Dir(dir) {
		dirs = append(dirs, dir)
		if dir == "." || dir == "/" {
			return dirs
		}
	}
}

// below is a path as seen from one of its ancestors.
func below(dir, home string) string {
	if dir == "." {
		return home
	}
	return strings.TrimPrefix(home, dir+"/")
}

// within reports whether home lies in the directory.
func within(dir, home string) bool { return dir == "." || strings.HasPrefix(home, dir+"/") }

// globLine is the line of an ignore list that matches the path. What would be a
// pattern there, or does not print, becomes "?", which matches any character.
func globLine(name string) string {
	line := []rune(strings.ToValidUTF8(name, "?"))
	for i, r := range line {
		edge := i == 0 || i == len(line)-1
		if strings.ContainsRune("*?[]{}()\\`", r) || r < ' ' || r > '~' || edge && strings.ContainsRune(" #!", r) {
			line[i] = '?'
		}
	}
	return string(line)
}
