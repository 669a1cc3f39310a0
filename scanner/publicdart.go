package scanner

import (
	"bytes"
	"path"
	"slices"
	"strings"
)

// Flutter compiles what its commands are given by --dart-define into the app, one
// by one or from a file.
const (
	dartDefines     = "Flutter (--dart-define)"
	dartDefineFiles = "Flutter (--dart-define-from-file)"
)

// definition is the option with a name, up to its value: in one word or, as lists of
// arguments have it, in two.
var definition = newExpression(`--dart-define(?:=|[ \t]+|["']\s*,\s*["']|["']?\s*\n\s*-?\s*["']?)["']?([A-Za-z_]\w*)=["']?$`)

// dartDefine is the name that a text ends with the definition of; empty if it does
// not.
func dartDefine(text string) string {
	if !strings.Contains(text, "--dart-define") {
		return ""
	}
	if m := definition.Get().FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// flutterCommands lists, from a directory that may be a Flutter app's, what holds
// the commands that build it.
var flutterCommands = []string{
	"Makefile", "makefile", "justfile", "Justfile", "Taskfile.yml", "melos.yaml", "package.json", "codemagic.yaml", "bitrise.yml",
	".gitlab-ci.yml", "README.md", "*.sh", "*.bat", "*.ps1", "scripts/*.sh", "tool/*.sh", ".vscode/launch.json", ".vscode/tasks.json",
	".github/workflows/*.yml", ".github/workflows/*.yaml", ".idea/runConfigurations/*.xml", ".run/*.xml",
	"fastlane/Fastfile", "android/fastlane/Fastfile", "ios/fastlane/Fastfile",
}

const fromFile = "--dart-define-from-file"

// definesDart reports whether a command that builds a Flutter app around a file
// gives it the file.
func (p *manifests) definesDart(home string) bool {
	app := ""
	for _, dir := range ancestors(home) {
		if app == "" && contains(p.names(dir), "pubspec.yaml") {
			app = dir
		}
	}
	if app == "" {
		return false
	}
	for _, dir := range append(ancestors(path.Join(app, "pubspec.yaml")), app) {
		for _, pattern := range flutterCommands {
			in := path.Join(dir, path.Dir(pattern))
			for _, name := range p.names(in) {
				if !matchesAny([]string{path.Base(pattern)}, name) {
					continue
				}
				content, _ := p.read(path.Join(in, name))
				if slices.Contains(filesGiven(content), below(app, home)) || slices.Contains(filesGiven(content), below(dir, home)) {
					return true
				}
			}
		}
	}
	return false
}

// filesGiven lists what a file of commands gives by the option.
func filesGiven(content []byte) (files []string) {
	for {
		_, rest, ok := bytes.Cut(content, []byte(fromFile))
		if !ok || len(files) >= maxUses {
			return files
		}
		content = rest
		rest = bytes.TrimLeft(rest[:min(len(rest), maxFileName)], "=,\"' \t\r\n")
		rest = bytes.TrimPrefix(bytes.TrimPrefix(rest, []byte("$PWD/")), []byte("./"))
		if end := bytes.IndexAny(rest, "\"' \t\r\n\\,;&|)"); end > 0 {
			files = append(files, path.Clean(string(rest[:end])))
		}
	}
}
