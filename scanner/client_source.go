package scanner

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/lazy"
)

// Source is client code by what it is written in, by how it is marked, by what
// it uses, or by where it lies in a project of a known kind; what marks it as
// server code goes before all of these.

// An exposure is how a file, or some parts of it, reaches browsers or apps.
type exposure struct {
	what   string
	source bool     // somebody wrote it; no build did
	server []region // parts that no client gets
	only   []region // if parts: the parts that a client gets
	parts  bool
	text   lexed // to follow a name into server regions; empty for what is no script
}

// at is what the exposure means for a key that starts at an offset, in the
// variable of that name; empty if that part of the file stays on the server.
func (e *exposure) at(offset int, variable string) string {
	switch {
	case e.what == "", anyHolds(e.server, offset), e.parts && !anyHolds(e.only, offset),
		usedOnlyIn(e.text.bare, variable, offset, e.server):
		return ""
	}
	return e.what
}

// A source is a file with all that its judgement reads.
type source struct {
	file    string // from the top, with "/"
	base    string // lower case
	ext     string // lower case
	content []byte
	near    neighbourhood
	lexed   lexed // empty until somebody asks
}

func newSource(file string, content []byte, near neighbourhood) *source {
	base := strings.ToLower(path.Base(file))
	return &source{file: file, base: base, ext: path.Ext(base), content: head(content), near: near}
}

// script is the content, read as a script.
func (s *source) script() lexed {
	if s.lexed.code == nil {
		s.lexed = lexScript(s.content)
	}
	return s.lexed
}

// judge judges a file that no table of outputs knows.
func (s *source) judge() exposure {
	if what := s.storybook(); what != "" {
		return exposure{what: what, source: true}
	}
	if s.base == appleBuildSettings {
		return judgeBuildSettings(s)
	}
	if isTest(s.file) || splitPlace(s.file).below(testModules) || slices.Contains(strings.Split(s.file, "/"), installed) {
		return exposure{}
	}
	for _, kind := range sourceKinds {
		if slices.Contains(kind.endings, s.ext) || slices.Contains(kind.names, s.base) {
			if e := kind.exposure(s); e.what != "" {
				e.source = true
				return e
			}
		}
	}
	return exposure{what: s.asset(), source: true}
}

// A sourceKind says how files with some endings or names are judged; the first
// kind that says anything decides.
type sourceKind struct {
	endings, names []string
	judge          func(*source) exposure
	whole          string // in place of judge: what such a file is, all of which goes to the client
}

var scriptEndings = []string{".js", ".jsx", ".ts", ".tsx", ".mjs", ".mts", ".cjs", ".cts"}

// templateEndings lists pages that a server fills in.
var templateEndings = []string{
	".php", ".phtml", ".ejs", ".erb", ".hbs", ".handlebars", ".mustache", ".njk", ".liquid", ".twig", ".jinja", ".jinja2", ".j2",
	".cshtml", ".razor", ".jsp", ".aspx", ".eex", ".heex", ".leex", ".gohtml", ".tmpl", ".tpl", ".ftl",
}

var sourceKinds = []sourceKind{
	{names: []string{"app.config.js", "app.config.ts", "app.config.mjs", "app.json", "manifest.json"}, judge: judgeAppConfig},
	// These are copied into the app, or all of them into the site's script.
	{names: []string{"capacitor.config.json", "capacitor.config.ts", "capacitor.config.js"}, whole: "Capacitor app configuration"},
	{names: []string{"docusaurus.config.js", "docusaurus.config.ts", "docusaurus.config.mjs", "docusaurus.config.cjs"}, whole: "Docusaurus site configuration"},
	{names: []string{"config.xml"}, judge: judgeWidget},
	{endings: scriptEndings, judge: judgeScript},
	{endings: []string{".vue"}, whole: "Vue component"},
	{endings: []string{".svelte"}, whole: "Svelte component"},
	{endings: []string{".astro"}, judge: judgeAstro},
	{endings: []string{".html", ".htm", ".xhtml"}, judge: judgePage},
	{endings: templateEndings, judge: judgeTemplate},
	{endings: []string{".md", ".mdx"}, judge: judgeMarkdown},
	{endings: []string{".json", ".json5"}, judge: judgeData},
	{names: []string{"androidmanifest.xml"}, whole: "Android manifest"},
	{endings: []string{".xml"}, judge: judgeAndroidResource},
	{names: []string{"google-services.json"}, whole: "Android app configuration"},
	{endings: []string{".gradle", ".kts"}, judge: judgeGradle},
	{endings: []string{".properties"}, judge: judgeGradleProperties},
	{endings: []string{".kt", ".java"}, judge: judgeAndroidCode},
	{endings: []string{".c", ".cc", ".cpp", ".h", ".hpp"}, judge: judgeAndroidNative},
	{endings: []string{".plist"}, judge: judgePropertyList},
	{endings: []string{".xcconfig"}, whole: "Xcode build settings"},
	{endings: []string{".storyboard", ".xib", ".strings", ".xcstrings"}, whole: "iOS app resources"},
	{endings: []string{".swift", ".m", ".mm"}, judge: judgeAppleCode},
	{endings: []string{".dart"}, judge: judgeDart},
	{endings: []string{".cs", ".asset", ".prefab", ".unity"}, judge: judgeUnity},
}

// testPlaces are directories, and testNames files, of what developers' machines
// alone run or read.
var testPlaces = []string{
	"__tests__", "__mocks__", "__fixtures__", "test", "tests", "spec", "specs", "e2e", "cypress", "playwright", "fixtures",
	"androidTest", "integration_test", "testdata", "testing", "mocks", ".storybook", "*.xcworkspace", "*.xcodeproj",
}

// testModules are directories that are tests by habit, unless what is shipped
// imports them.
var testModules = []string{"*-test", "*-tests", "*Tests"}

var testNames = []string{
	"*.test.*", "*.tests.*", "*.spec.*", "*.specs.*", "*.e2e.*", "*.cy.*", "*.stories.*", "*.story.*", "*.e2e-spec.*", "*.d.ts", "setuptests.*", "jest-setup.*", "jest.setup.*", "vitest.setup.*", "*_test.*", "test_*.*",
}

func isTest(file string) bool {
	p := splitPlace(file)
	return p.below(testPlaces) || matchesAny(testNames, strings.ToLower(p.base))
}

// below reports whether a directory on the way to a file fits a pattern.
func (p place) below(patterns []string) bool {
	return slices.ContainsFunc(p.all[:len(p.all)-1], func(dir string) bool { return matchesAny(patterns, dir) })
}

// serverPlaces lists what frameworks promise to keep on the server, as patterns
// over the names of a path.
var serverPlaces = []string{
	".server", "pages/api", "netlify/functions", "netlify/edge-functions", "supabase/functions", "lib/server",
	"server/api", "server/routes", "server/middleware", "server/plugins", "server/utils", "src/api/*/controllers",
}

// serverNames lists files that run on the server or in the build, in lower case.
var serverNames = []string{
	"*.server.*", "+server.*", "*+api.*", "instrumentation.*", "entry-server.*", "server.*", "setupproxy.js",
	"gatsby-node.*", "gatsby-ssr.*", "*.conf.js", "_document.*", "gulpfile.*", "gruntfile.*", "package.swift",
	".*rc.js", ".*rc.cjs",
}

// staysOnServer reports whether the place of a script says that no client gets
// it.
func (s *source) staysOnServer() bool {
	p := splitPlace(s.file)
	route := baseStem(s.base) == "route" && slices.Contains(p.dirs, "app") // Next.js
	return route || deepest(p.all, serverPlaces) > 0 || matchesAny(serverNames, s.base) || s.configuresBuild()
}

// buildTools lists what has its configuration in the midst of the source, too.
var buildTools = []string{
	"babel", "eslint", "jest", "karma", "playwright", "postcss", "prettier", "rollup", "tailwind", "tsup", "vite", "vitest", "webpack",
}

// configuresBuild reports whether a script is the configuration of a tool, not one
// of the app ("src/app/app.config.ts" of Angular).
func (s *source) configuresBuild() bool {
	if !matchesAny([]string{"*.config.*"}, s.base) {
		return false
	}
	dirs := splitPlace(s.file).dirs
	return !slices.Contains(dirs, "src") || slices.Contains(buildTools, baseStem(s.base))
}

// backendDirs lists the names of directories that hold servers by habit: what
// lies in one is client code only if it is marked so.
var backendDirs = []string{"server", "backend", "api", "functions", "lambda", "lambdas", "workers", "scripts", "bin", "cli", "tools"}

// clientNames lists scripts that run in clients by their name, in lower case.
var clientNames = []struct{ pattern, what string }{
	{"*.client.*", "client-only module"},
	{"entry-client.*", "client entry"},
	{"instrumentation-client.*", "client entry"}, // Next.js
	{"gatsby-browser.*", "Gatsby browser script"},
	{"+page.*", "SvelteKit page"},
	{"+layout.*", "SvelteKit layout"},
	{"*.svelte.*", "Svelte module"},
	{"service-worker.*", "service worker"},
	{"sw.*", "service worker"},
}

// clientPlaces lists directories for scripts that run in clients.
var clientPlaces = []struct{ pattern, what string }{
	{".client", "client-only module"}, // Remix, React Router
	{"app/javascript", "Rails front-end source"},
	{"app/assets/javascripts", "Rails front-end source"},
	{"(_islands)", "Fresh island"},
}

// exposure judges a file of the kind. What is whole goes to the client unless its
// name or a directory says otherwise.
func (k sourceKind) exposure(s *source) exposure {
	switch {
	case k.whole == "":
		return k.judge(s)
	case matchesAny([]string{"*.server.*"}, s.base):
		return exposure{}
	}
	return exposure{what: k.whole}
}

// otherDirectives may stand before a directive at the beginning of a script.
const otherDirectives = `\A[\s\x{feff}]*(?:["'][a-z -]+["'];?\s*)*`

var (
	useServer = newExpression(otherDirectives + `["']use server["']`)
	useClient = newExpression(otherDirectives + `["']use client["']`)

	serverOnly = newModuleList(`server-only`)
)

// serverPackages lists, beside serverModules, what only servers and builds
// import in source.
var serverSource = newModuleList(
	`server-only|next/headers|next/server|react-dom/server|@remix-run/(?:node|cloudflare|deno|server-runtime)|@react-router/node|` +
		`\$env/(?:static|dynamic)/private|h3|hono|hono/[a-z/-]+|http|https|os|path|crypto|zlib|stream|util|` +
		`dotenv|dotenv/config|commander|yargs|ink|nodemailer|firebase-admin|firebase-admin/[a-z-]+|firebase-functions[a-z0-9/-]*|` +
		`aws-lambda|pino|winston|bcrypt|bcryptjs|jsonwebtoken|graphql-yoga|apollo-server[a-z-]*|@apollo/server|` +
		`puppeteer|playwright|jsdom|@react-email/[a-z-]+|better-sqlite3|sequelize|typeorm|drizzle-orm[a-z0-9/-]*|@nestjs/[a-z-]+|` +
		`vite|webpack|rollup|esbuild|astro:actions|discord.js|@?expo/config-plugins|@tanstack/[a-z]+-start/server|` +
		serverModules)

var sourceStatement = statementBefore(newExpression(`(?m:(?:^|[;}])\s*(?:import|export)\b[^;"'()]{0,900})\z`))

// importsServer reports whether a script imports what only servers and builds do.
func (l lexed) importsServer() bool {
	return slices.ContainsFunc(l.modules, func(m importedModule) bool {
		return serverSource.Get().MatchString(m.name) && (m.form == requireForm || sourceStatement.opensFor(l.code, m))
	})
}

// bundledServer lists what of serverSource bundlers have a copy of for browsers. Who
// imports it is no client code by that, but can be part of it.
var bundledServer = newModuleList(`dotenv|dotenv/config|path|crypto|stream|util`)

// needsServer reports whether a script imports what no bundler can put into client
// code. What a function requires when it is called is no such thing: the function
// may ask first where it runs.
func (l lexed) needsServer() bool {
	return slices.ContainsFunc(l.modules, func(m importedModule) bool {
		if !serverSource.Get().MatchString(m.name) || bundledServer.Get().MatchString(m.name) {
			return false
		}
		if m.form == requireForm {
			_, inFunction := enclosing(l.bare, m.at)
			return !inFunction
		}
		return sourceStatement.opensFor(l.code, m)
	})
}

// databaseClient is what of Prisma's client works only on a server: the types
// and enumerations in it are used everywhere.
var databaseClient = newWordExpression(`\bPrismaClient\b[^;"'()]*\bfrom\s*["']@prisma/client["']`)

var defaultExport = newWordExpression(`\bexport\s+(?:default\b|\{[^}]*\bdefault\b)`)

// serverCalls find code that answers requests or runs on a server's runtime.
var serverCalls = newWordExpression(`\b(?:defineEventHandler|eventHandler|defineNitroPlugin|Deno\.(?:serve|env)|Bun\.serve|express|fastify)\s*\(|` +
	`\bDeno\.env\b|\bexport\s+(?:async\s+function|function|const)\s+(?:GET|POST|PUT|PATCH|DELETE)\b|\b(?:app|server)\.listen\(|__dirname\b|` +
	`\bexports\.handler\s*=|\bexport\s+(?:const|async\s+function)\s+handler\b`)

// reactHook imports what of React works only in a client's copy of a module.
// Such a module may import what servers use, too ("react-dom/server", to write
// HTML).
var reactHook = newWordExpression(`\bimport\b[^;"'()]*\b(?:useState|useEffect|useReducer|useRef|useLayoutEffect)\b[^;"'()]*from\s*["'](?:react|preact/hooks|preact/compat)["']`)

// A clientMark is a use, in a script, of what only clients have.
type clientMark struct {
	modules moduleList // one is imported,
	pattern wordExpression
	strings bool // or it is found, in strings too
	what    string
}

var clientMarks = []clientMark{
	{modules: newModuleList(`react-native|@react-native[a-z/-]*|expo(?:-[a-z-]+)?|react-native-[a-z-]+`), what: "React Native source"},
	{modules: newModuleList(`client-only`), what: "client-only module"},
	{modules: newModuleList(`@angular/(?:core|common|common/http|platform-browser|router|forms)`), what: "Angular source"},
	{pattern: newWordExpression(`\bimport\b[^;"'()]*\b(?:useState|useEffect|useReducer|useRef|useLayoutEffect|useContext|createContext)\b[^;"'()]*from\s*["'](?:react|preact/hooks|preact/compat)["']`), strings: true, what: "React source"},
	{pattern: newWordExpression(`\bReact\.(?:useState|useEffect|useReducer|useRef|useLayoutEffect|useContext|Component|PureComponent)\b`), what: "React source"},
	{pattern: newWordExpression(`\bextends\s+(?:Component|PureComponent)\b`), what: "React source"},
	{modules: newModuleList(`react-dom(?:/client)?|react-router-dom|react-redux|swr|react-hot-toast|next/router|@reduxjs/toolkit/query/react`), what: "React source"},
	{modules: newModuleList(`vue|vue-router|vuex|pinia|@vueuse/core`), what: "Vue source"},
	{modules: newModuleList(`solid-js|solid-js/[a-z]+|svelte|svelte/[a-z]+|lit|lit/[a-z/.-]+|alpinejs|jquery|@ionic/[a-z/-]+|@capacitor/[a-z-]+|@tauri-apps/[a-z/-]+`), what: "client source"},
	{pattern: newWordExpression(`\bcomponent\$\(`), what: "Qwik component"},
	// Not "onClick={onClick}": what is handed on may be nothing, and the
	// component a server's.
	{pattern: newWordExpression(`\bon(?:Click|Change|Submit|Input|Press|KeyDown|KeyUp|Blur|Focus)\$?=\{\s*(?:[^\so]|o[^n]|on[^A-Z])`), what: "component with event handlers"},
	{pattern: publicVariable, what: "source that reads public variables"},
	{pattern: newWordExpression(`\b(?:chrome|browser)\.(?:runtime|storage|tabs|action|scripting|webRequest)\b`), what: "browser extension script"},
	{pattern: pageUse, what: "browser script"},
}

// publicVariable reads a variable that has one of publicPrefixes.
var publicVariable = wordExpression{lazy.From(`\bimport\.meta\.env\.`, func(expr string) *compiledWords {
	var prefixes []string
	for _, p := range publicPrefixes {
		prefixes = append(prefixes, p.Prefix)
	}
	return compileWords(expr + "(?:" + strings.Join(prefixes, "|") + ")")
})}

// electronImport marks a script of a program that ships its Node code.
var electronImport = newModuleList(`electron|electron/[a-z]+|@electron/remote`)

// judgeScript judges JavaScript and TypeScript that somebody wrote.
func judgeScript(s *source) exposure {
	if s.staysOnServer() {
		return exposure{}
	}
	l, project := s.script(), s.near.projectOf(s.file)
	what := s.scriptKind(l, project)
	if what == "" {
		return exposure{}
	}
	return exposure{what: what, server: s.serverRegions(), text: l}
}

// scriptKind says why clients get a script; empty if nothing says so.
func (s *source) scriptKind(l lexed, project project) string {
	tree := project.sourceIn(s.file)
	switch {
	case useServer.match(l.code), serverOnly.importedIn(l.modules):
		return ""
	case electronImport.importedIn(l.modules):
		return "Electron app source"
	case tree != nil && tree.node && !s.inBackend(project):
		return tree.what
	case useClient.match(l.code):
		return "client component"
	case tree != nil && tree.strip && inRoutes(s.file):
		if !defaultExport.match(l.bare) {
			return "" // it answers requests, and shows nothing
		}
		return tree.what
	case reactHook.match(l.code):
		return "React source"
	case l.importsServer(), databaseClient.match(l.code), serverCalls.match(l.bare):
		return ""
	}
	for _, row := range clientNames {
		if ok, _ := path.Match(row.pattern, s.base); ok && (project.deps == nil || project.uses(interfaceLibraries...)) {
			return row.what
		}
	}
	for _, row := range clientPlaces {
		if deepest(splitPlace(s.file).dirs, []string{row.pattern}) > 0 {
			return row.what
		}
	}
	if tree != nil && !s.inBackend(project) {
		return tree.what
	}
	if s.inExtension(project) {
		return "browser extension source"
	}
	return s.marked(l)
}

// inExtension reports whether a script lies with the manifest of a browser extension
// in a directory of its own below the project's top: all of that is what the
// extension is made of. With a manifest at the top, pages and the manifest name it.
func (s *source) inExtension(project project) bool {
	for _, dir := range ancestors(s.file) {
		if dir == "." || project.found && project.root != "" && !within(project.root, dir) {
			return false
		}
		if s.near.has(dir, extensionManifest) && manifestMark.match(s.near.text(path.Join(dir, extensionManifest))) {
			return !s.near.has(dir, projectFiles...)
		}
	}
	return false
}

// ownDocument declares a variable that is called like the page: what servers call
// a document, too, has a title.
var ownDocument = newWordExpression(`\b(?:const|let|var)\s+(?:document|\{[^{}=;]*\bdocument\b[^{}=;]*\})\s*[=:]`)

func (s *source) marked(l lexed) string {
	bare := l.bare
	if ownDocument.match(bare) {
		bare = bytes.ReplaceAll(bare, []byte("document"), []byte("________"))
	}
	for _, mark := range clientMarks {
		text := bare
		if mark.strings {
			text = l.code
		}
		if mark.modules.Value != nil && mark.modules.importedIn(l.modules) || mark.pattern.Value != nil && mark.pattern.match(text) {
			return mark.what
		}
	}
	return ""
}

// inBackend reports whether a directory between the project's top and the file
// is a server's by its name.
func (s *source) inBackend(project project) bool {
	dirs := strings.Split(project.below(s.file), "/")
	// Angular, React and others call what they fetch with "api", in their
	// source: only the top's own directory of that name is a server's.
	for i, dir := range dirs[:len(dirs)-1] {
		if slices.Contains(backendDirs, dir) && (dir != "api" || i == 0) {
			return true
		}
	}
	return false
}

// judgeData judges data that scripts import.
func judgeData(s *source) exposure {
	project := s.near.projectOf(s.file)
	if project.holdsLocale(s.file) {
		return exposure{what: "Nuxt locale file"}
	}
	tree := project.sourceIn(s.file)
	top := !strings.Contains(project.below(s.file), "/")
	if tree == nil || top || s.inBackend(project) || s.staysOnServer() {
		return exposure{}
	}
	return exposure{what: tree.what}
}

var (
	expoConfig   = newExpression(`["']?\b(?:expo|extra)["']?\s*:|\bExpoConfig\b`)
	nuxtConfig   = newExpression(`\bdefineAppConfig\s*\(`)
	expoHooks    = newWordExpression(`["']?\bhooks["']?\s*:\s*\{`)
	manifestMark = newExpression(`"manifest_version"\s*:`)
)

// judgeAppConfig judges configuration that is built into an app.
func judgeAppConfig(s *source) exposure {
	switch {
	case s.base == "manifest.json":
		if manifestMark.match(s.content) {
			return exposure{what: "browser extension manifest"}
		}
	case nuxtConfig.match(s.content):
		return exposure{what: "Nuxt app configuration"}
	case expoConfig.match(s.content):
		// Expo takes out of what the app gets what is done when it is published.
		return exposure{what: "Expo app configuration", server: functionsAt(lexScript(s.content).code, expoHooks)}
	}
	return exposure{}
}

// widgetMark tells Cordova's configuration from others of its name.
var widgetMark = newExpression(`<widget\b`)

// judgeWidget judges what Cordova copies into the app.
func judgeWidget(s *source) exposure {
	if !widgetMark.match(s.content) {
		return exposure{}
	}
	return exposure{what: "Cordova app configuration"}
}

// mayBeSource reports whether a file that git ignores by itself, not with its
// directory, can be client code all the same: people ignore the one source file
// that has the keys, and build it into the app.
func mayBeSource(name string) bool {
	name = strings.ToLower(name)
	ext := path.Ext(name)
	return slices.ContainsFunc(sourceKinds, func(kind sourceKind) bool {
		return slices.Contains(kind.endings, ext) || slices.Contains(kind.names, name)
	})
}
