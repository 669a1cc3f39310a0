package scanner

import (
	"bytes"
	"io"
	"path"
	"slices"
	"strings"
)

// A file is judged once, whatever it holds of keys, by how it begins; each key
// then by where it lies in the file.

// A body is what a judgement reads of a file.
type body struct {
	head  []byte               // its beginning, codeRead bytes at least where it has so many
	again func() io.ReadCloser // all of it; nil where it cannot be read once more
}

// heldBody is the body of a file that is held.
func heldBody(data []byte) body {
	return body{data, func() io.ReadCloser { return io.NopCloser(bytes.NewReader(data)) }}
}

// readHead reads as much of a file as its judgement needs, and closes it.
func readHead(f io.ReadCloser) []byte {
	if f == nil {
		return nil
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, codeRead))
	if err != nil {
		return nil
	}
	return text
}

// tellClients records of each place in a file whether clients get it, and of
// those that they do where it came from and what to call instead.
func (s search) tellClients(found []sighting, file body) {
	if len(found) == 0 || s.path == "" {
		return
	}
	shipped, any := s.expose(file.head), false
	for i := range found {
		place := &found[i].place
		place.Client = shipped.at(int(found[i].at), place.Variable)
		any = any || place.Client != ""
	}
	if !any {
		return
	}
	route := neighbourhood{s.exists, s.read}.projectOf(uncompressed(s.file())).route()
	for i, origin := range s.findOrigins(file, found) {
		if place := &found[i].place; place.Client != "" {
			place.Source, place.Origin, place.Route = shipped.source, origin, route
		}
	}
}

// settled reports whether a file's content, and what pages load, agree with what
// its place says.
func (s search) settled(file string, content []byte, sure certainty) bool {
	if sure <= onServer || sure == certain {
		return sure == certain
	}
	if isScript(file) {
		switch by := s.loading(file); {
		case by == loadedByPage:
			return true
		case (neighbourhood{s.exists, s.read}).onlyForNode(file):
			return false
		case by == servedApart:
			return bundledForBrowsers(content)
		case by == loadedByNone && sure < likely:
			return unloadedClientCode(content)
		case serverCode(content):
			return false
		}
	}
	return sure > codeDecides || clientCode(content)
}

// expose judges a file by its place, and if that says nothing, as source.
func (s search) expose(content []byte) exposure {
	file := uncompressed(s.file())
	if file == "" {
		return exposure{}
	}
	what, sure := judgeOutput(file, s.exists)
	if isSourceMap(file) {
		return s.exposeMap(file, content, what, sure)
	}
	switch {
	case s.settled(file, content, sure):
		return exposure{what: what}
	case sure == onServer:
		return exposure{}
	case s.bundle:
		return s.exposeBundled(file, content)
	case sure > onServer && isScript(file):
		return exposure{} // its code has spoken
	}
	module := newSource(file, content, neighbourhood{s.exists, s.read})
	e := module.judge()
	if e.what == "" {
		e = s.exposeModule(module)
	}
	return e
}

// exposeModule judges a module, or data, that says nothing by itself: it is client
// code if a page loads it or client code imports it.
func (s search) exposeModule(module *source) exposure {
	file, what := module.file, ""
	if !isLoadable(file) || module.refusesClients() {
		return exposure{}
	}
	project := module.near.projectOf(file)
	switch {
	case s.loading(file) == loadedByPage:
		what = "file that a page loads"
	case project.found && s.reachable != nil && s.reachable(project.root)[file]:
		what = "module that client code imports"
	default:
		return exposure{}
	}
	return exposure{what: what, source: true, server: module.serverRegions(), text: module.script()}
}

// exposeMap judges a source map as the file that it is of, by that file's
// content where there is one.
func (s search) exposeMap(file string, content []byte, what string, sure certainty) exposure {
	of := strings.TrimSuffix(file, ".map")
	if s.open != nil && isScript(of) {
		content = readHead(s.open(of))
	}
	switch {
	case s.settled(of, content, sure):
	case s.bundle && sure != onServer && !(isScript(of) && serverCode(content)):
		what = "file of the build"
	default:
		return exposure{}
	}
	if !strings.HasPrefix(what, "source map") {
		what = "source map, " + what
	}
	return exposure{what: what}
}

// exposeBundled judges a file of a finished build: it is shipped unless
// something says that it is a server's.
func (s search) exposeBundled(file string, content []byte) exposure {
	switch {
	case s.loading(file) == loadedByPage:
		return exposure{what: "file that a page loads"}
	case slices.Contains(executed, path.Ext(file)),
		matchesAny([]string{"*.server.*", "+server.*", "server.js", "server.mjs", "server.cjs"}, strings.ToLower(path.Base(file))),
		isScript(file) && serverCode(content):
		return exposure{}
	}
	return exposure{what: "file of the build"}
}
