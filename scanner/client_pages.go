package scanner

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"
)

// A page tells what browsers load: what its elements name, and what these files
// name in turn, since a bundler splits its output and names only the entries in
// the page. That is read only for a key in a file of which nothing else says
// enough. A name counts where a file of that name lies; which of the ways it is
// used in does not matter, for all of them end in a browser.
//
// What no page loads is no server code for that: webpack computes the names of
// its chunks, and any script can load another. Then the script's code decides.

// What is read of one site at most; of one that has more it is known what some
// pages load, and not what no page does.
const (
	maxSiteDirs   = 4096
	maxSiteFiles  = 1 << 16 // entries of these directories
	maxPages      = 512
	maxSiteScript = 16 << 20 // bytes
	maxSiteBytes  = 64 << 20
	maxSiteNames  = 1 << 14
	maxFileName   = 512
)

// A loading says whether a page loads a file.
type loading uint8

const (
	loadingUnknown loading = iota
	loadedByPage
	loadedByNone // of the pages that there are
	servedApart  // by none, and the pages have a directory of their own
)

// loading asks the pages around a file.
func (s search) loading(file string) loading {
	if s.site == nil || s.exists == nil {
		return loadingUnknown
	}
	output, _ := splitPlace(file).output()
	for _, top := range s.siteTops(file, output) {
		switch site := s.site(top); {
		case site.loaded[file]:
			return loadedByPage
		case !site.hasPagesIn(output):
			continue // those elsewhere say nothing of this output by their silence
		case site.partial:
			return loadingUnknown
		case output != "" && site.apart(output, file):
			return servedApart
		default:
			return loadedByNone
		}
	}
	return loadingUnknown
}

// siteTops are below where the pages of a file are looked for, until there are
// some: below the highest directory around it with an index.html or an extension's
// manifest, else in the output that it lies in, then beside that, where a server
// keeps the pages that it fills in, and in its project.
func (s search) siteTops(file, output string) (tops []string) {
	p := splitPlace(file)
	for n := range len(p.dirs) + 1 {
		dir := strings.Join(p.dirs[:n], "/")
		if s.exists(path.Join(dir, "index.html")) || s.exists(path.Join(dir, extensionManifest)) {
			return []string{dir}
		}
	}
	if output != "" {
		tops = append(tops, output)
		if dir, name := splitPath(output); slices.Contains(pageless, name) && !s.bundle {
			tops = append(tops, dir)
		}
	}
	if project := (neighbourhood{exists: s.exists}).projectOf(file); project.found {
		tops = append(tops, project.root)
	}
	return tops
}

// pageless lists the names of directories for what pages load that lie beside the
// pages' own.
var pageless = []string{"static", "public"}

// output is the outermost directory around a file whose name outputs have.
func (p place) output() (dir string, ok bool) {
	at := slices.IndexFunc(p.dirs, func(dir string) bool {
		return slices.ContainsFunc(sharedDirs, func(s sharedDir) bool { return s.name == dir })
	})
	return strings.Join(p.dirs[:at+1], "/"), at >= 0
}

// A site is what the pages below a directory load.
type site struct {
	files   *existence
	top     string
	pages   []string
	there   map[string]bool // files that a page can load
	loaded  map[string]bool
	partial bool
	names   int
	bytes   int
}

// site reads the pages below a directory; it remembers the answer.
func (e *existence) site(top string) *site {
	e.pagesRead.Lock()
	defer e.pagesRead.Unlock()
	if known, ok := e.sites[top]; ok {
		return known
	}
	s := &site{files: e, top: top, there: map[string]bool{}, loaded: map[string]bool{}}
	s.list()
	s.load()
	if e.sites == nil {
		e.sites = map[string]*site{}
	}
	e.sites[top] = s
	return s
}

// list finds the pages, those near the top first, and what they can load.
func (s *site) list() {
	left := maxSiteFiles
	for dirs, at := []string{s.top}, 0; at < len(dirs) && !s.partial; at++ {
		entries, err := listSome(s.files.abs(dirs[at]), left)
		left -= len(entries)
		s.partial = err != nil || left == 0 || at == maxSiteDirs
		for _, e := range entries {
			name := path.Join(dirs[at], e.Name())
			switch {
			case e.IsDir():
				if !strings.HasPrefix(e.Name(), ".") && !isDependencyDir(e.Name()) && !matchesAny(testPlaces, e.Name()) {
					dirs = append(dirs, name)
				}
			case e.Type().IsRegular():
				s.note(name, e.Name())
			}
		}
	}
}

// note keeps a file that is a page, or that one can load.
func (s *site) note(name, base string) {
	if (isPage(base) || base == extensionManifest) && !isTest(name) {
		s.pages = append(s.pages, name)
	}
	if isLoadable(base) {
		s.there[name] = true
	}
}

// listSome lists at most so many entries of a directory, by their names.
func listSome(dir string, most int) ([]os.DirEntry, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(max(1, most))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// isLoadable tells what a script can load by its name.
func isLoadable(name string) bool {
	return slices.Contains(moduleEndings, path.Ext(name)) || path.Ext(name) == dataEnding
}

// isPage tells pages, those that a server fills in included.
func isPage(file string) bool {
	return slices.Contains(pageEndings, path.Ext(file)) || slices.Contains(templateEndings, path.Ext(file))
}

// A loaded is a file that a page loads, perhaps by way of others.
type loaded struct{ file, page string }

// load follows what the pages name.
func (s *site) load() {
	s.partial = s.partial || len(s.pages) > maxPages
	var todo []loaded
	for _, page := range s.pages[:min(len(s.pages), maxPages)] {
		for _, part := range s.loadParts(page) {
			for name := range fileNames(part, true) {
				todo = s.add(todo, loaded{page, page}, name)
			}
		}
	}
	for len(todo) > 0 {
		from := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for name := range fileNames(s.read(from.file, maxSiteScript), false) {
			todo = s.add(todo, from, name)
		}
	}
}

// extensionManifest names the scripts of a browser extension, as pages do theirs.
const extensionManifest = "manifest.json"

// loadParts lists the parts of a page that name what it loads.
func (s *site) loadParts(page string) [][]byte {
	text := s.read(page, maxManifest)
	if path.Base(page) != extensionManifest {
		return scriptsOf(text)
	}
	if !manifestMark.match(text) {
		return nil
	}
	return [][]byte{text}
}

// read gives a file of the site; nil if it cannot be had within the bounds.
func (s *site) read(file string, limit int) []byte {
	if s.bytes >= maxSiteBytes {
		s.partial = true
		return nil
	}
	text := s.files.read(file, limit)
	s.partial = s.partial || text == nil
	s.bytes += len(text)
	return text
}

// add notes what a file names, and that it is to be read if it was not.
func (s *site) add(todo []loaded, from loaded, name string) []loaded {
	if s.names++; s.names > maxSiteNames {
		s.partial = true
		return todo
	}
	file := s.resolve(from, name)
	if file == "" || s.loaded[file] {
		return todo
	}
	s.loaded[file] = true
	if path.Ext(file) == dataEnding {
		return todo
	}
	return append(todo, loaded{file, from.page})
}

// resolve finds the file that a name means; empty if there is none. A name is
// relative to the script, to its page, or to a directory around both that the
// site is published from, by how it is used: the nearest that has it is right. Of
// an absolute name the beginning may be the address that the site has.
func (s *site) resolve(from loaded, name string) string {
	if _, rest, ok := strings.Cut(name, "//"); ok {
		_, rest, _ = strings.Cut(rest, "/") // behind the host
		name = "/" + rest
	}
	rest, absolute := strings.CutPrefix(name, "/")
	for _, dir := range ancestors(from.file) {
		if file := s.file(dir, name); file != "" {
			return file
		}
		if dir == path.Clean(s.top) || !absolute && within(dir, from.page) {
			break
		}
	}
	for _, served := range servedDirs {
		if file := s.file(path.Join(s.top, served), name); file != "" && from.file == from.page {
			return file
		}
	}
	for absolute {
		if _, rest, absolute = strings.Cut(rest, "/"); absolute {
			if file := s.file(s.top, rest); file != "" {
				return file
			}
		}
	}
	return ""
}

// servedDirs lists where the files lie, from a project's top, that the pages name
// which a server fills in.
var servedDirs = []string{"public", "static", "src"}

// file is the path of a name in a directory, if there is a file of the site.
func (s *site) file(dir, name string) string {
	file := path.Join(dir, name)
	if !s.there[file] {
		return ""
	}
	return file
}

func (s *site) hasPagesIn(output string) bool {
	return slices.ContainsFunc(s.pages, func(page string) bool { return output == "" || within(output, page) })
}

// webRoots lists the names of directories that a build keeps what is served in,
// beside the server that serves it.
var webRoots = []string{"public", "client", "browser", "static", "www", "web", "spa"}

// apart reports whether the pages have a directory of their own in an output, and
// a file lies outside of it.
func (s *site) apart(output, file string) bool {
	roots := 0
	for _, page := range s.pages {
		dir := path.Dir(page)
		switch {
		case !within(output, page):
		case within(dir, file):
			return false
		case slices.Contains(webRoots, path.Base(dir)) && path.Dir(dir) == output:
			roots++
		}
	}
	return roots > 0
}

var (
	pageComment = newExpression(`(?s)<!--.*?-->|<%--.*?--%>|\{\{!--.*?--\}\}`)
	loadElement = newExpression(`(?is)<script\b[^>]*>.*?</script\s*>|<link\b[^>]*>`)
)

// scriptsOf lists the parts of a page that name what it loads: scripts, import
// maps among them, and links.
func scriptsOf(page []byte) (parts [][]byte) {
	page = pageComment.Get().ReplaceAll(page, nil)
	for _, r := range loadElement.regions(page) {
		parts = append(parts, page[r.start:r.end])
	}
	return parts
}

// loadEndings lists what the names of files end with that a script can load;
// ".js" stands for ".json" and ".jsx" too.
var loadEndings = []string{".js", ".mjs", ".cjs", ".ts", ".mts"}

// fileNames yields the names of scripts and data that a text has in quotes or,
// in the elements of a page, without them.
func fileNames(text []byte, bare bool) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, ending := range loadEndings {
			for at := 0; ; {
				n := bytes.Index(text[at:], []byte(ending))
				if n < 0 {
					break
				}
				at += n + len(ending)
				if name := fileNameAt(text, at, bare); name != "" && !yield(name) {
					return
				}
			}
		}
	}
}

// fileNameAt is the name whose ending is before an offset, without what follows
// it in an address; empty if there is none.
func fileNameAt(text []byte, at int, bare bool) string {
	start := at
	for start > 0 && at-start < maxFileName && isFileNameByte(text[start-1]) {
		start--
	}
	end := at
	for end < len(text) && 'a' <= text[end] && text[end] <= 'z' {
		end++
	}
	name := string(text[start:end])
	if start == 0 || end == len(text) || !isLoadable(name) {
		return ""
	}
	before, behind := "\"'`", "\"'`?#"
	if bare {
		before, behind = before+"= \t\n>}%", behind+" \t\n>/"
	}
	if strings.IndexByte(before, text[start-1]) < 0 || strings.IndexByte(behind, text[end]) < 0 {
		return ""
	}
	return name
}

// isFileNameByte tells what the name of a file can have in a script. A "%" stands
// in what a page's engine fills in ("%PUBLIC_URL%/a.js"), and ends the name.
func isFileNameByte(c byte) bool {
	return isHostByte(c) || bytes.IndexByte([]byte("./@~$+:,![]()&"), c) >= 0 || c >= 0x80
}
