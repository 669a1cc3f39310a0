package scanner

import (
	"bytes"
	"path"
	"slices"
	"strings"
)

// Files that are packed into an app as they are, whatever is in them.

// asset names a file that an app's manifest or project ships as it is.
func (s *source) asset() string {
	p := splitPlace(s.file)
	if p.below([]string{"*.xcassets"}) && s.inCatalog() {
		return "iOS or macOS asset catalog"
	}
	if what := servletAsset(p); what != "" {
		return what
	}
	for at := len(p.dirs); at >= 0; at-- {
		dir := strings.Join(p.dirs[:at], "/")
		below := strings.TrimPrefix(strings.TrimPrefix(s.file, dir), "/")
		if s.near.has(dir, "pubspec.yaml") {
			if strings.HasPrefix(below, "web/") {
				return "Flutter web asset"
			}
			if flutterAsset(s.near.text(path.Join(dir, "pubspec.yaml")), below) {
				return "Flutter app asset"
			}
			return ""
		}
		if s.near.has(dir, extensionManifest) && strings.HasPrefix(below, "_locales/") {
			return "browser extension messages"
		}
		if s.near.has(dir, "ProjectSettings") && strings.HasPrefix(below, "Assets/") && slices.Contains(p.dirs, "Resources") {
			return "Unity app asset"
		}
		if what := androidAsset(below, s.near, dir); what != "" {
			return what
		}
		if what := s.tauriAsset(dir); what != "" {
			return what
		}
	}
	return ""
}

// androidAsset names a file that lies beside the manifest of an app, or in another
// of its source sets ("src/debug"), and is packed as it is.
func androidAsset(below string, near neighbourhood, dir string) string {
	raw := deepest(strings.Split(below, "/"), []string{"res/raw*"}) == 2 && strings.HasPrefix(below, "res/")
	if !raw && !strings.HasPrefix(below, "assets/") {
		return ""
	}
	if !near.has(dir, "AndroidManifest.xml") && !near.has(path.Join(path.Dir(dir), "main"), "AndroidManifest.xml") {
		return ""
	}
	return "Android app asset"
}

// flutterAsset reports whether a pubspec.yaml lists a file among its assets, by
// its path or by its directory's.
func flutterAsset(pubspec []byte, below string) bool {
	dir := path.Dir(below) + "/"
	inAssets, indent := false, 0
	for line := range bytes.Lines(pubspec) {
		text := strings.TrimRight(string(line), " \t\r\n")
		word := strings.TrimLeft(text, " ")
		in := len(text) - len(word)
		switch {
		case word == "" || word[0] == '#':
		case word == "assets:":
			inAssets, indent = true, in
		case inAssets && strings.HasPrefix(word, "- ") && in >= indent:
			entry := strings.Trim(strings.TrimPrefix(strings.TrimPrefix(word, "- "), "path: "), `"' `)
			if entry == below || entry == dir {
				return true
			}
		case in <= indent:
			inAssets = false
		}
	}
	return false
}
