package scanner

import (
	"path"
	"slices"
	"strings"

	"github.com/inspecto/insplint/rules"
)

// What vsce packs into an extension of VS Code is decided by .vscodeignore
// alone, or by "files" in package.json where there is none; it refuses to pack
// where there are both. It reads no .gitignore. A pattern with "!" in front
// overrules every other, in whatever order they stand, and a pattern of "files"
// with "!" in front therefore takes in all that it does not fit.

// vsceDefaults are kept out unless a pattern with "!" fits. Of vsce's own list,
// these are what can fit an env file or a directory that holds one.
var vsceDefaults = []string{"*.todo", ".eslintrc*", ".babelrc*", ".prettierrc*", ".commitlintrc*", ".github", "**/.git", "**/.git/**", "**/.vscode-test/**", "**/.vscode-test-web/**"}

// vsceShips tells whether "vsce package" takes a file, for each extension that
// it lies in.
func (p *manifests) vsceShips(home string) (rules.Shipment, bool) {
	for _, dir := range ancestors(home) {
		pkg := p.npmPackage(dir)
		if pkg == nil || !pkg.extension || within(installed, below(dir, home)) {
			continue
		}
		if s, ok := p.vsceShipment(dir, pkg, below(dir, home)); ok {
			return s, true
		}
	}
	return rules.Shipment{}, false
}

func (p *manifests) vsceShipment(dir string, pkg *npmPackage, rel string) (s rules.Shipment, ok bool) {
	manifest, list := path.Join(dir, "package.json"), path.Join(dir, ".vscodeignore")
	s = rules.Shipment{By: "vsce package", Into: "the extension", File: list, Ignore: list, Line: globLine(rel)}
	var lines []string
	content, listed := p.read(list)
	switch {
	case listed && pkg.Files != nil, !listed && exists(p.abs(list)):
		return s, false
	case listed:
		s.Reason, s.Exists = "%s does not name it", true
		lines = strings.FieldsFunc(string(content), isLineEnd)
	case pkg.Files != nil:
		s.Reason, s.File, s.Ignore, s.List, s.Exists = `what "files" names in %s holds it`, manifest, manifest, "files", true
		for _, entry := range pkg.Files {
			lines = append(lines, "!"+entry)
		}
		lines = append(lines, "**")
	default:
		s.Reason, s.File = "there is no .vscodeignore beside %s", manifest
	}
	takenBy, packs := vscePacks(lines, rel)
	if takenBy != "" && listed {
		s.Reason, s.Line, s.Drop = "%s takes it in", shownEntry(takenBy), true
	} else if takenBy != "" {
		nameEntry(&s, strings.TrimPrefix(takenBy, "!"), rel)
	}
	return s, packs
}

func isLineEnd(r rune) bool { return r == '\n' || r == '\r' }

// vscePacks goes through the patterns; takenBy is the one with "!" that fits.
// What is not understood keeps nothing in and nothing out, so that nothing is
// claimed of what only such a pattern could decide.
func vscePacks(lines []string, rel string) (takenBy string, packs bool) {
	packs = len(lines) <= maxPatterns
	for _, line := range slices.Concat(vsceDefaults, lines) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		pattern, taken := strings.CutPrefix(line, "!")
		fits, known := vsceFits(pattern, rel)
		if taken && fits {
			return line, true
		}
		if !taken && (fits || !known) {
			packs = false
		}
	}
	return "", packs
}

// vsceFits matches a pattern, which stands for all below it too unless its last
// name has a wildcard.
func vsceFits(pattern, rel string) (fits, known bool) {
	patterns := []string{pattern}
	if last := pattern[strings.LastIndexByte(pattern, '/')+1:]; !strings.Contains(last, "*") {
		patterns = append(patterns, strings.TrimSuffix(pattern, "/")+"/**")
	}
	for _, pattern := range patterns {
		rule, ok := vsceGlobs.parse(pattern)
		if !ok {
			return false, false
		}
		fits = fits || rule.matchPath(rel)
	}
	return fits, true
}
