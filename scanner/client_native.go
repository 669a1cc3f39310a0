package scanner

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// What else is packed into apps for desktops and telephones, or handed out by a
// server in another language than the page's.

// tauriConfig is where a Tauri app says what it packs.
const tauriConfig = "src-tauri/tauri.conf.json"

// tauriAsset names a file that a Tauri app packs: its pages, its resources, and its
// program with the configuration, both of which are compiled into it.
func (s *source) tauriAsset(dir string) string {
	config := path.Join(dir, tauriConfig)
	if !s.near.has(dir, tauriConfig) {
		return ""
	}
	switch {
	case s.file == config:
		return "Tauri app configuration"
	case s.ext == ".rs" && within(path.Join(dir, "src-tauri/src"), s.file):
		return "Tauri app source"
	}
	var m struct {
		Build  struct{ FrontendDist, DistDir any } // of version 2, and of 1
		Bundle struct{ Resources any }
		Tauri  struct{ Bundle struct{ Resources any } }
	}
	if json.Unmarshal(withoutComments(s.near.text(config)), &m) != nil {
		return ""
	}
	at := path.Dir(config)
	for _, dist := range append(filesIn(m.Build.FrontendDist), filesIn(m.Build.DistDir)...) {
		if dist := path.Join(at, dist); !strings.Contains(dist, "://") && dist != path.Clean(dir) && dist != at && within(dist, s.file) {
			return "Tauri app page"
		}
	}
	for _, resource := range append(resourcesIn(m.Bundle.Resources), resourcesIn(m.Tauri.Bundle.Resources)...) {
		if packs(path.Join(at, resource), s.file) {
			return "Tauri app resource"
		}
	}
	return ""
}

// resourcesIn lists what is packed: a list of files, or where each goes to by its
// own place.
func resourcesIn(member any) (files []string) {
	if table, ok := member.(map[string]any); ok {
		for from := range table {
			files = append(files, from)
		}
		return files
	}
	return filesIn(member)
}

// packs reports whether a resource means a file: by its path, its directory's, or a
// pattern with "*", or "**" at its end.
func packs(resource, file string) bool {
	if stem, ok := strings.CutSuffix(resource, "**/*"); ok {
		return strings.HasPrefix(file, stem)
	}
	if ok, err := path.Match(resource, file); ok && err == nil {
		return true
	}
	return within(resource, file)
}

// servletAsset names a file that a servlet container hands out as it is: what lies
// in a webapp's directory, apart from what the container itself reads.
func servletAsset(p place) string {
	at := deepest(p.dirs, []string{"src/main/webapp"})
	if at == 0 || slices.Contains(p.dirs[at:], "WEB-INF") || slices.Contains(p.dirs[at:], "META-INF") ||
		!slices.Contains(servedEndings, strings.ToLower(path.Ext(p.base))) {
		return ""
	}
	return "files served from src/main/webapp/"
}

// servedEndings lists what browsers ask a server for that can hold a key.
var servedEndings = []string{".js", ".mjs", ".css", ".json", ".map", ".txt", ".xml", ".svg", ".webmanifest", ".wasm"}

// inCatalog reports whether the Contents.json beside a file of an asset catalog names
// it: the rest, a README.md perhaps, is not compiled into the app.
func (s *source) inCatalog() bool {
	contents := s.near.text(path.Join(path.Dir(s.file), "Contents.json"))
	return bytes.Contains(contents, []byte(`"`+path.Base(s.file)+`"`))
}

// appleBuildSettings is where a project of Xcode keeps its settings, in which those of
// an app's Info.plist are ("INFOPLIST_KEY_…"), and what others of it name.
const appleBuildSettings = "project.pbxproj"

var settingsBlock = newWordExpression(`\bbuildSettings\s*=\s*\{`)

// judgeBuildSettings judges the values in a project of Xcode. What its scripts use
// stays on the machine that builds.
func judgeBuildSettings(s *source) exposure {
	e := exposure{what: "Xcode build settings", source: true, parts: true}
	for _, m := range settingsBlock.all(s.content) {
		end := bytes.Index(s.content[m[1]:], []byte("\n\t\t\t};"))
		if end < 0 {
			end = declarationEnd(s.content, m[1]-1) - m[1]
		}
		e.only = append(e.only, region{m[0], m[1] + end})
	}
	return e
}
