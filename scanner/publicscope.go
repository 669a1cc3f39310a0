package scanner

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/inspecto/insplint/rules"
)

// A prefix is not the only way to make a variable public. Configuration of a
// bundler names variables, or holds values, that it writes into client code
// (publicScopes); others ship a whole env file with an app. Both are told from
// the files around, and only what is written there counts: that a project has
// a bundler says nothing about a variable.

// A publicScope is a part of a configuration file whose values a bundler writes
// into client code.
type publicScope struct {
	files     []string // path.Match patterns over the file's name
	names     []string // of what encloses the value, from the inside out, one within the next
	framework string
}

var publicScopes = []publicScope{
	{[]string{"nuxt.config.*"}, []string{"public", "runtimeConfig"}, "Nuxt (runtimeConfig.public)"},
	{[]string{"nuxt.config.*"}, []string{"appConfig"}, "Nuxt (appConfig)"},
	{[]string{"nuxt.config.*"}, []string{"head", "app"}, "Nuxt (app.head)"},
	{appConfigs, []string{"defineAppConfig("}, "Nuxt (app.config)"},
	{[]string{"next.config.*"}, []string{"env"}, "Next.js (env of its configuration)"},
	{[]string{"next.config.*"}, []string{"publicRuntimeConfig"}, "Next.js (publicRuntimeConfig)"},
	{[]string{"vite.config.*", "electron.vite.config.*", "astro.config.*", "quasar.config.*"}, []string{"define"}, "Vite (define)"},
	{[]string{"nuxt.config.*"}, []string{"define", "vite"}, "Vite (define)"},
	{appConfigs, []string{"define", "vite"}, "Vite (define)"}, // of SolidStart
	{[]string{"angular.json", "project.json"}, []string{"define"}, "Angular (define)"},
	{[]string{"rsbuild.config.*", "rspack.config.*", "esbuild.*", "build.js", "build.mjs"}, []string{"define"}, "the bundler (define)"},
	{bundlerConfigs, []string{"DefinePlugin("}, "webpack (DefinePlugin)"},
	{bundlerConfigs, []string{"EnvironmentPlugin("}, "webpack (EnvironmentPlugin)"},
}

var appConfigs = []string{"app.config.ts", "app.config.js", "app.config.mjs"}

// bundlerConfigs are the files that configure webpack and what is built on it.
var bundlerConfigs = []string{"webpack*.js", "webpack*.cjs", "webpack*.mjs", "webpack*.ts", "vue.config.*", "craco.config.*", "next.config.*", "rspack.config.*", "gatsby-node.*", "config-overrides.js"}

// scopesOf lists the scopes that a file may have, by its name.
func scopesOf(file string) (scopes []publicScope) {
	base := path.Base(file)
	for _, s := range publicScopes {
		if matchesAny(s.files, base) {
			scopes = append(scopes, s)
		}
	}
	return scopes
}

// scopeOf tells what makes the value at a place of a configuration file public.
func scopeOf(scopes []publicScope, buf []byte, at int) rules.PublicPrefix {
	if len(scopes) == 0 {
		return rules.PublicPrefix{}
	}
	enclosing := append(enclosers(buf, at), "")
	for _, s := range scopes {
		if holdsRun(enclosing, s.names) {
			return rules.PublicPrefix{Framework: s.framework}
		}
	}
	return rules.PublicPrefix{}
}

// holdsRun reports whether names follow each other in all.
func holdsRun(all, names []string) bool {
	for i := range all {
		if len(all)-i >= len(names) && slices.Equal(all[i:i+len(names)], names) {
			return true
		}
	}
	return false
}

const (
	scopeReach   = 16 << 10 // bytes before a value that are read for what encloses it
	maxEnclosers = 16
)

// enclosers names the objects, lists and calls that are open at a place, from
// the inside out: "public" for "public: {", "DefinePlugin(" for a call. An
// object that is an argument has no name and is left out.
func enclosers(buf []byte, at int) []string {
	text := buf[max(0, at-scopeReach):at]
	var names []string
	closed := 0
	for i := len(text) - 1; i >= 0 && len(names) < maxEnclosers; i-- {
		switch text[i] {
		case '}', ')', ']':
			closed++
		case '{', '(', '[':
			if closed > 0 {
				closed--
			} else if name := openedBy(text[:i], text[i]); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

// openedBy is the name before an opening bracket.
func openedBy(before []byte, bracket byte) string {
	text := strings.TrimRight(string(before[max(0, len(before)-longestVariable):]), blanks+"\n")
	if bracket == '(' {
		callee := text[len(trimWord(text)):]
		return callee[strings.LastIndexByte(callee, '.')+1:] + "("
	}
	text, ok := strings.CutSuffix(text, ":")
	if !ok {
		if text, ok = strings.CutSuffix(text, "="); !ok {
			return ""
		}
	}
	name, _ := cutName(text)
	return name[strings.LastIndexByte(name, '.')+1:]
}

// configPatterns are the files beside a package manifest that, like bundlerConfigs,
// may name a variable of an env file.
var configPatterns = []string{"nuxt.config.*", "next.config.*", "vite.config.*", "electron.vite.config.*", "astro.config.*", "svelte.config.*", "rsbuild.config.*"}

// public tells what makes a variable of an env file public that no prefix
// does.
func (p *manifests) public(home, variable string) rules.PublicPrefix {
	for _, dir := range ancestors(home) {
		names := p.names(dir)
		if contains(names, "pubspec.yaml") {
			return p.flutterAsset(dir, home)
		}
		for _, name := range names {
			if variable != "" && (matchesAny(configPatterns, name) || matchesAny(bundlerConfigs, name)) {
				if found := p.configured(path.Join(dir, name), variable); found != (rules.PublicPrefix{}) {
					return found
				}
			}
		}
		if contains(names, "package.json") {
			return p.bundledEnv(dir, home, variable)
		}
	}
	return rules.PublicPrefix{}
}

// configured looks for a variable in a configuration file.
func (p *manifests) configured(file, variable string) rules.PublicPrefix {
	content, ok := p.read(file)
	if !ok {
		return rules.PublicPrefix{}
	}
	scopes := scopesOf(file)
	for _, at := range wordsAt(content, variable) {
		if found := scopeOf(scopes, content, at); found != (rules.PublicPrefix{}) {
			return found
		}
		if clientField.Get().Match(content[at+len(variable) : min(len(content), at+len(variable)+fieldReach)]) {
			return rules.PublicPrefix{Framework: "Astro (astro:env, context client)"}
		}
	}
	if m := kitPrefix.Get().FindSubmatch(content); m != nil && strings.Contains(path.Base(file), "svelte.config.") {
		if prefix := string(m[1]); strings.HasPrefix(variable, prefix) {
			return rules.PublicPrefix{Prefix: prefix, Framework: "SvelteKit (publicPrefix)"}
		}
	}
	if m := envPrefix.Get().FindSubmatch(content); m != nil && strings.Contains(path.Base(file), "vite.config.") {
		for _, quoted := range quotedWord.Get().FindAllSubmatch(m[1], -1) {
			if prefix := string(quoted[1]); prefix != "" && strings.HasPrefix(variable, prefix) {
				return rules.PublicPrefix{Prefix: prefix, Framework: "Vite (envPrefix)"}
			}
		}
	}
	return rules.PublicPrefix{}
}

const fieldReach = 400

var (
	clientField = newExpression(`^["']?\s*:\s*envField\.\w+\(\s*\{[^{}]*\bcontext\s*:\s*["']client["']`)
	envPrefix   = newExpression(`\benvPrefix\s*:\s*(\[[^\]]{0,400}\]|["'][^"'\n]{0,80}["'])`)
	kitPrefix   = newExpression(`\bpublicPrefix\s*:\s*["']([A-Za-z0-9_]{1,80})["']`)
	quotedWord  = newExpression(`["']([A-Za-z0-9_]{1,80})["']`)
)

// maxUses bounds the places where a configuration file names a variable.
const maxUses = 64

// wordsAt lists where a text has a word by itself.
func wordsAt(text []byte, word string) (all []int) {
	for at := 0; len(all) < maxUses; {
		next := bytes.Index(text[at:], []byte(word))
		if next < 0 {
			return all
		}
		at += next
		end := at + len(word)
		if (at == 0 || !isWordByte(text[at-1])) && (end == len(text) || !isWordByte(text[end])) {
			all = append(all, at)
		}
		at = end
	}
	return all
}

func isWordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// flutterAsset tells whether pubspec.yaml lists an env file, or its directory,
// among the assets of the app.
func (p *manifests) flutterAsset(dir, home string) rules.PublicPrefix {
	content, _ := p.read(path.Join(dir, "pubspec.yaml"))
	rel := below(dir, home)
	for line := range strings.Lines(string(content)) {
		entry, ok := strings.CutPrefix(strings.TrimSpace(line), "- ")
		entry = strings.Trim(strings.TrimSpace(entry), `"'`)
		if ok && (entry == rel || strings.HasSuffix(entry, "/") && path.Clean(entry) == path.Dir(rel)) {
			return rules.PublicPrefix{Framework: "Flutter (assets in pubspec.yaml)"}
		}
	}
	return rules.PublicPrefix{}
}

// bundledEnv tells whether a dependency of an npm package puts an env file, or
// a variable of it, into what it ships.
func (p *manifests) bundledEnv(dir, home, variable string) rules.PublicPrefix {
	pkg := p.npmPackage(dir)
	switch {
	case pkg == nil:
	case pkg.depends("react-native-config") && path.Dir(home) == dir && strings.HasPrefix(path.Base(home), ".env"):
		return rules.PublicPrefix{Framework: "react-native-config"}
	case variable != "" && (pkg.depends("parcel") || pkg.depends("parcel-bundler")) && p.uses(path.Join(dir, "src"), variable, 0):
		return rules.PublicPrefix{Framework: "Parcel"}
	case variable != "" && pkg.depends("dotenv-webpack") && p.uses(path.Join(dir, "src"), variable, 0):
		return rules.PublicPrefix{Framework: "dotenv-webpack"}
	}
	return rules.PublicPrefix{}
}

const maxSourceDepth = 6

// uses reports whether a script below src reads process.env.VARIABLE, which
// Parcel replaces by the value. Scripts that import a server's modules are not
// what it bundles for browsers.
func (p *manifests) uses(src, variable string, depth int) bool {
	for _, name := range p.names(src) {
		file := path.Join(src, name)
		switch {
		case p.kind(file) == aDirectory:
			if depth < maxSourceDepth && p.uses(file, variable, depth+1) {
				return true
			}
		case isScript(name) || path.Ext(name) == ".html" || slices.Contains([]string{".ts", ".tsx", ".jsx", ".vue"}, path.Ext(name)):
			content, ok := p.read(file)
			if ok && len(wordsAt(content, "process.env."+variable)) > 0 && !serverCode(content) {
				return true
			}
		}
	}
	return false
}
