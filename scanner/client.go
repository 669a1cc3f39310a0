package scanner

import (
	"path"
	"slices"
	"strings"
)

// How a file reaches browsers or apps is told from its place. Some names are
// enough (".next/static"); others many kinds of projects use ("dist"), and
// count only with evidence: what lies beside the directory, an index.html in
// it, names with a content hash, and last the code itself. The judgement, with
// its reasons:
//
//   - What a framework keeps on its server ("dist/server") is never client
//     code, unless a name that is enough lies deeper in it.
//   - A "dist" without a JavaScript project beside it (Python, Go, C) is not.
//   - A "dist" beside a framework's configuration is, and one with an
//     index.html or hashed assets is, but not a script in it that imports
//     Node's own modules: full-stack projects build both into one place.
//   - A script that a page loads is, whatever it imports. One that lies beside
//     pages of which none loads it must use the page and not Node, and one
//     outside of the directory that the pages have for themselves
//     ("dist/server.js" with "dist/public/index.html") must be a bundler's.
//   - With nothing but a package.json beside it, a script's code decides: it
//     must use the page (the DOM) and not Node.
//   - What npm installed is nobody's output; bundles hold what is used of it.

// certainty says how much a place tells about a file.
type certainty uint8

const (
	notClient   certainty = iota
	onServer              // a part of an output that no client gets
	codeDecides           // client code if the code uses the page and not Node
	besidePage            // so, if the pages are known and none loads it; else likely
	likely                // client code unless the code uses Node
	certain
)

// clientOutput says by which way a file reaches browsers or apps ("Next.js
// client bundle"), judged by its place alone; empty if it does not. The path
// is relative to the top of the repository or scanned root, with "/", at any
// depth. exists tells whether a file is there by a path of the same kind.
func clientOutput(file string, exists func(string) bool) string {
	what, sure := judgeOutput(file, exists)
	if sure < besidePage {
		return ""
	}
	return what
}

// compressions lists what web servers send as the file without that ending.
var compressions = []string{".gz", ".br", ".zst"}

// uncompressed is the name of the file that a precompressed asset stands for:
// "app.js" for "app.js.gz". An archive is itself.
func uncompressed(file string) string {
	stem := strings.TrimSuffix(file, path.Ext(file))
	if slices.Contains(compressions, strings.ToLower(path.Ext(file))) && slices.Contains(compressed, strings.ToLower(path.Ext(stem))) {
		return stem
	}
	return file
}

// compressed lists the endings of assets that build tools compress.
var compressed = []string{
	".js", ".mjs", ".cjs", ".css", ".html", ".json", ".map", ".svg", ".txt", ".xml", ".wasm", ".webmanifest", ".jsbundle", ".bundle", ".md",
}

// judgeOutput is what clientOutput and expose start from. Whoever decides whether
// to read a file at all should read where it says anything.
func judgeOutput(file string, exists func(string) bool) (what string, sure certainty) {
	if exists == nil {
		exists = func(string) bool { return false }
	}
	file = uncompressed(file)
	if what := shippedFile(file); what != "" {
		return what, certain
	}
	place := splitPlace(file)
	if slices.Contains(executed, path.Ext(place.base)) {
		return "", notClient
	}
	what, client := "", 0
	for _, p := range products {
		if depth := deepest(place.dirs, p.client); depth > client && (p.beside == nil || besideAny(place, depth, p, exists)) {
			what, client = p.what, depth
		}
	}
	if depth := place.serverDepth(); depth > 0 && depth >= client {
		if what := prerenderedPage(place); what != "" {
			return what, certain
		}
		return "", onServer
	}
	if client > 0 {
		return what, certain
	}
	if isExtensionScript(place, exists) {
		return "browser extension", certain
	}
	return judgeShared(place, exists)
}

// A place is a path in its parts. Directories below node_modules are left out:
// no output begins there.
type place struct {
	dirs []string
	all  []string // dirs and base, those below node_modules too
	base string
}

const installed = "node_modules"

func splitPlace(file string) place {
	all := strings.Split(path.Clean(file), "/")
	dirs := all[:len(all)-1]
	if at := slices.Index(dirs, installed); at >= 0 {
		dirs = dirs[:at]
	}
	return place{dirs, all, all[len(all)-1]}
}

// serverDepth is how many names lead to the deepest part of an output that
// stays on the server; 0 if the place is in none.
func (p place) serverDepth() int {
	depth := 0
	for _, product := range products {
		depth = max(depth, deepest(p.all, product.server))
	}
	return depth
}

// deepest is the number of names up to the end of the deepest match of any
// pattern, which may begin at any depth; 0 if none fits.
func deepest(names, patterns []string) int {
	depth := 0
	for _, pattern := range patterns {
		parts := strings.Split(pattern, "/")
		for start := len(names) - len(parts); start >= 0 && start+len(parts) > depth; start-- {
			if matchNames(names[start:], parts) {
				depth = start + len(parts)
			}
		}
	}
	return depth
}

// matchNames reports whether names begin with the parts of a pattern.
func matchNames(names, parts []string) bool {
	for i, part := range parts {
		if names[i] == part {
			continue
		}
		if ok, _ := path.Match(part, names[i]); !ok {
			return false
		}
	}
	return true
}

// besideAny reports whether one of the files that a product wants lies beside
// the output whose match ends at depth.
func besideAny(p place, depth int, wanted product, exists func(string) bool) bool {
	for _, pattern := range wanted.client {
		parts := strings.Split(pattern, "/")
		start := depth - len(parts)
		if start >= 0 && matchNames(p.dirs[start:depth], parts) && anyExists(p.dirs[:start], wanted.beside, exists) {
			return true
		}
	}
	return false
}

// configEndings lists how a framework's configuration may be written; they
// stand for the "*" in the tables' file names.
var configEndings = []string{"js", "ts", "mjs", "mts", "cjs", "cts", "json"}

// anyExists reports whether one of the files is in the directory.
func anyExists(dir, files []string, exists func(string) bool) bool {
	at := strings.Join(dir, "/")
	return slices.ContainsFunc(files, func(file string) bool {
		stem, open := strings.CutSuffix(file, "*")
		if !open {
			return exists(path.Join(at, file))
		}
		return slices.ContainsFunc(configEndings, func(ending string) bool {
			return exists(path.Join(at, stem+ending))
		})
	})
}

// judgeShared judges a place by the names that many kinds of projects use, the
// innermost first, and by hashed assets below an index.html, wherever they are.
func judgeShared(p place, exists func(string) bool) (what string, sure certainty) {
	for at := len(p.dirs) - 1; at >= 0; at-- {
		for _, shared := range sharedDirs {
			if shared.name != p.dirs[at] {
				continue
			}
			if what, sure := shared.judge(p, at, exists); sure > notClient {
				return what, sure
			}
		}
	}
	if hashedAsset(p) && indexAbove(p, 0, exists) {
		return webOutput, likely
	}
	return "", notClient
}

// pageEndings lists what only browsers show.
var pageEndings = []string{".html", ".htm"}

const webOutput = "web build output"

// judge looks for evidence about the directory p.dirs[at].
func (s sharedDir) judge(p place, at int, exists func(string) bool) (what string, sure certainty) {
	beside := p.dirs[:at]
	project := anyExists(beside, projectFiles, exists)
	if project || s.served != nil {
		for _, c := range configurations {
			if slices.Contains(c.outputs, s.name) && anyExists(beside, c.files, exists) {
				return c.what, c.sure
			}
		}
	}
	switch {
	case s.served != nil && (project || anyExists(beside, s.served, exists)):
		return "files served from " + s.name + "/", likely
	case hashedAsset(p):
		return webOutput, likely
	case (project || s.served != nil) && indexAbove(p, at+1, exists):
		return webOutput, besidePage
	case project && slices.Contains(pageEndings, path.Ext(p.base)):
		return "page in " + s.name + "/", likely
	case project && isScript(strings.TrimSuffix(p.base, ".map")):
		return "script in " + s.name + "/", codeDecides
	}
	return "", notClient
}

// indexAbove reports whether an index.html lies in the file's directory or in
// one between that and the directory with depth names above it.
func indexAbove(p place, depth int, exists func(string) bool) bool {
	for n := len(p.dirs); n >= depth; n-- {
		if exists(path.Join(strings.Join(p.dirs[:n], "/"), "index.html")) {
			return true
		}
	}
	return false
}

// hashedAsset reports whether a bundler named the file by its content:
// "assets/index-BxY3d_1a.js", "static/js/main.8f3a2b1c.js". The directory
// counts as well, for servers and libraries are built into hashed chunks, too.
func hashedAsset(p place) bool {
	if !slices.ContainsFunc(p.dirs, func(dir string) bool { return slices.Contains(assetDirs, dir) }) {
		return false
	}
	stem := strings.TrimSuffix(p.base, ".map")
	ending := path.Ext(stem)
	if !slices.Contains(assetEndings, ending) {
		return false
	}
	stem = strings.TrimSuffix(stem, ending)
	return slices.ContainsFunc([]string{".", "-"}, func(separator string) bool {
		at := strings.Index(stem, separator)
		return at > 0 && slices.ContainsFunc(strings.Split(stem[at+1:], separator), isContentHash)
	}) || isContentHash(stem)
}

// shortestHash is the fewest characters of a content hash in a file's name:
// Vite's and Rollup's default.
const shortestHash = 8

// isContentHash tells a hash from a word: digits among letters, or capitals
// after small letters more than once, as no one writes a name.
func isContentHash(word string) bool {
	var digits, letters, humps int
	for i := range len(word) {
		c := word[i]
		switch {
		case '0' <= c && c <= '9':
			digits++
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			letters++
			if i > 0 && c <= 'Z' && word[i-1] >= 'a' {
				humps++
			}
		case c != '_' && c != '-':
			return false
		}
	}
	return len(word) >= shortestHash && letters > 0 && (digits > 1 || digits > 0 && humps > 0 || humps > 1)
}

// isScript reports whether a file holds JavaScript that was built.
func isScript(file string) bool {
	return slices.Contains([]string{".js", ".mjs", ".cjs"}, path.Ext(file))
}

// isBuildOutputDir reports whether client code can lie in a directory or
// below it, so that it must be entered though git ignores it.
func isBuildOutputDir(dir string) bool {
	names := strings.Split(path.Clean(dir), "/")
	if slices.Contains(names, installed) {
		return false
	}
	server := place{all: names}.serverDepth()
	for _, row := range prerenderedPages {
		if depth := leadsInto(names, row.dir); depth > 0 && depth >= server {
			return true
		}
	}
	for _, p := range products {
		if slices.ContainsFunc(p.client, func(pattern string) bool {
			depth := leadsInto(names, pattern)
			// A server's part may have a client's in it ("dist/ssr/client"),
			// but a pattern's "*" does not mean the server's part.
			return depth > server || depth == server && depth > 0 && strings.Contains(pattern, names[depth-1]+"/")
		}) {
			return true
		}
	}
	return server == 0 && slices.ContainsFunc(sharedDirs, func(s sharedDir) bool { return slices.Contains(names, s.name) })
}

// leadsInto is how many of the names lead to or into a pattern's directory: all
// of them where they are the beginning of it; 0 where it cannot lie below.
func leadsInto(names []string, pattern string) int {
	parts := strings.Split(pattern, "/")
	for start := range names {
		n := min(len(parts), len(names)-start)
		if matchNames(names[start:], parts[:n]) {
			return start + n
		}
	}
	return 0
}
