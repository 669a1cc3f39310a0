package scanner

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// A neighbourhood answers what lies around a file, by paths of the same kind as
// the file's own.
type neighbourhood struct {
	exists func(string) bool
	read   func(path string, limit int) []byte // nil where there is no such file, or one over the limit
}

func (n neighbourhood) has(dir string, files ...string) bool {
	var names []string
	if dir != "" {
		names = strings.Split(dir, "/")
	}
	return n.exists != nil && anyExists(names, files, n.exists)
}

func (n neighbourhood) text(file string) []byte {
	if n.read == nil {
		return nil
	}
	return n.read(file, maxManifest)
}

// maxManifest is the most, in bytes, that a manifest beside a file may have to
// be read.
const maxManifest = 1 << 20

// A project is what a file's nearest package.json says and has beside it.
type project struct {
	neighbourhood
	root  string // "" for the top; meaningless without found
	found bool
	deps  map[string]bool // nil if the package.json cannot be read
}

// projectOf finds the nearest directory with a package.json above a file.
func (n neighbourhood) projectOf(file string) project {
	for dir := path.Dir(file); n.exists != nil; dir = path.Dir(dir) {
		if dir == "." || dir == "/" {
			dir = ""
		}
		if n.has(dir, projectFiles...) {
			return project{n, dir, true, n.dependencies(dir)}
		}
		if dir == "" {
			break
		}
	}
	return project{neighbourhood: n}
}

// dependencies lists what the manifest in a directory names, for any purpose; nil
// if it cannot be read.
func (n neighbourhood) dependencies(dir string) map[string]bool {
	deps := dependencies(n.text(path.Join(dir, "package.json")))
	for _, name := range []string{"deno.json", "deno.jsonc"} {
		var m struct{ Imports map[string]string }
		if !n.has(dir, name) || json.Unmarshal(withoutComments(n.text(path.Join(dir, name))), &m) != nil {
			continue
		}
		if deps == nil {
			deps = map[string]bool{}
		}
		for imported := range m.Imports {
			deps[strings.TrimSuffix(imported, "/")] = true
		}
	}
	return deps
}

// dependencies lists what a package.json names; nil if it is none.
func dependencies(manifest []byte) map[string]bool {
	var m struct {
		Dependencies, DevDependencies, PeerDependencies map[string]json.RawMessage
	}
	if json.Unmarshal(manifest, &m) != nil {
		return nil
	}
	deps := map[string]bool{}
	for _, list := range []map[string]json.RawMessage{m.Dependencies, m.DevDependencies, m.PeerDependencies} {
		for name := range list {
			deps[name] = true
		}
	}
	return deps
}

// has reports whether one of the files lies at the project's top.
func (p project) has(files ...string) bool { return p.found && p.neighbourhood.has(p.root, files...) }

func (p project) uses(packages ...string) bool {
	return slices.ContainsFunc(packages, func(name string) bool { return p.deps[name] })
}

// below is the file's path from the project's top.
func (p project) below(file string) string {
	if p.root == "" {
		return file
	}
	return strings.TrimPrefix(file, p.root+"/")
}

// localeDir finds the directory of translations that Nuxt's i18n module is
// configured with; without one, it is one of the module's defaults.
var localeDir = newExpression(`\blangDir\s*:\s*["']([^"'\n]{1,200})["']`)

// holdsLocale reports whether a file is one of the translations of a Nuxt app,
// which its pages load.
func (p project) holdsLocale(file string) bool {
	if !p.uses("@nuxtjs/i18n", "nuxt-i18n") {
		return false
	}
	for _, ending := range configEndings {
		m := localeDir.Get().FindSubmatch(p.text(path.Join(p.root, "nuxt.config."+ending)))
		for _, base := range []string{"", "i18n", "app", "src"} {
			if m != nil && path.Clean(string(m[1])) != "." && within(path.Join(p.root, base, string(m[1])), file) {
				return true
			}
		}
	}
	return within(path.Join(p.root, "i18n/locales"), file)
}

// interfaceLibraries are what programs with a user interface depend on. A
// project that has none of them has no client code of its own.
var interfaceLibraries = []string{
	"react", "react-dom", "preact", "vue", "nuxt", "svelte", "solid-js", "@angular/core", "next", "astro", "lit", "jquery",
	"@builder.io/qwik", "react-native", "expo", "electron", "ember-source", "alpinejs", "htm", "gatsby", "wxt", "plasmo", "@remix-run/react",
	"@react-router/dev", "react-router",
}

// A sourceTree is a place in a project of one kind whose scripts all end up in
// a client.
type sourceTree struct {
	what  string
	files []string // one of these lies at the project's top,
	deps  []string // or the project depends on one of these
	also  []string // and one of these files lies there too, if any are named
	dirs  []string // from the project's top; "" is the top itself, "*" all below it
	not   []string // but on none of these, nor has it one of these files
	jsx   bool     // only components are meant: other scripts may serve a server alone
	strip bool     // the framework takes what only its server functions use out of a page, imports too
	node  bool     // Node's modules are no sign of a server: the program that is shipped runs on Node
}

// fullStack lists frameworks whose projects hold server code beside the client's.
var fullStack = []string{
	"next", "nuxt", "@sveltejs/kit", "astro", "gatsby", "@remix-run/dev", "@remix-run/node", "@remix-run/react", "@react-router/dev",
	"@react-router/node", "@solidjs/start", "@tanstack/react-start", "@tanstack/solid-start", "@builder.io/qwik-city", "waku", "vike", "ink", "@react-email/components", "$fresh", "fresh", "@fresh/core",
}

var sourceTrees = []sourceTree{
	{what: "Electron app source", deps: []string{"electron"}, node: true,
		dirs: []string{"src", "electron", "app", "main", "renderer", "preload", ""}},
	{what: "React Native app source", files: []string{"metro.config.*"}, deps: []string{"react-native", "expo"}, dirs: []string{"*"}},
	{what: "browser extension source", files: []string{"wxt.config.*"}, deps: []string{"wxt", "plasmo"}, dirs: []string{
		"entrypoints", "components", "composables", "hooks", "utils", "lib", "src", "app", "provider", "providers", "store", "stores",
		"assets", "background", "content", "contents", "popup", "options", "tabs", "newtab", "sidepanel", "features", "locales", "",
	}},
	{what: "Angular app source", files: []string{"angular.json"}, deps: []string{"@angular/core"}, dirs: []string{"src", "projects"}},
	{what: "Nuxt app source", files: []string{"nuxt.config.*"}, deps: []string{"nuxt"}, dirs: []string{
		"app", "pages", "components", "composables", "layouts", "plugins", "middleware", "store", "stores", "utils",
		"src/pages", "src/components", "src/composables", "src/layouts", "src/plugins", "src/store", "src/stores", "src/utils",
	}},
	// Of these SvelteKit's client uses its own copy; what is only a server's says so in its name.
	{what: "SvelteKit app source", files: []string{"svelte.config.*"}, deps: []string{"@sveltejs/kit"}, dirs: []string{"src/params", "src/hooks.*"}},
	{what: "Next.js page", files: []string{"next.config.*"}, deps: []string{"next"}, dirs: []string{"pages", "src/pages"}},
	{what: "Next.js component", files: []string{"next.config.*"}, deps: []string{"next"}, jsx: true,
		also: []string{"pages/_app.jsx", "pages/_app.tsx", "pages/_app.js", "src/pages/_app.jsx", "src/pages/_app.tsx", "src/pages/_app.js"},
		not:  []string{"app/layout.tsx", "app/layout.jsx", "app/layout.js", "src/app/layout.tsx", "src/app/layout.jsx", "src/app/layout.js"},
		dirs: []string{"*"}},
	{what: "React Router app source", files: []string{"react-router.config.*", "remix.config.js"}, jsx: true, strip: true,
		deps: []string{"@remix-run/dev", "@remix-run/react", "@react-router/dev"}, dirs: []string{"app"}},
	{what: "TanStack Start app source", deps: []string{"@tanstack/react-start", "@tanstack/solid-start"}, jsx: true, dirs: []string{"src", "app"}},
	{what: "SolidStart app source", deps: []string{"@solidjs/start"}, jsx: true, dirs: []string{"src"}},
	{what: "Gatsby site source", files: []string{"gatsby-config.*"}, deps: []string{"gatsby"},
		dirs: []string{"src/pages", "src/components", "src/templates", "src/layouts", "src/hooks"}},
	{what: "Docusaurus site source", files: []string{"docusaurus.config.*"}, dirs: []string{"src"}},
	{what: "Laravel front-end source", files: []string{"artisan"}, dirs: []string{"resources/js"}},
	{what: "Vue CLI app source", files: []string{"vue.config.*"}, deps: []string{"@vue/cli-service"}, dirs: []string{"src"}},
	{what: "Create React App source", files: []string{"craco.config.*"}, deps: []string{"react-scripts", "preact-cli", "snowpack"},
		dirs: []string{"src"}},
	{what: "Quasar app source", files: []string{"quasar.config.*", "quasar.conf.js"}, dirs: []string{"src"}},
	{what: "Fresh island", files: []string{"fresh.config.*", "fresh.gen.ts"}, dirs: []string{"islands"}},
	{what: "Vite app source", files: []string{"vite.config.*"}, deps: []string{"vite", "@vitejs/plugin-react"},
		also: []string{"index.html"}, not: fullStack, dirs: []string{"src"}},
	{what: "Rsbuild app source", files: []string{"rsbuild.config.*"}, dirs: []string{"src"}},
	{what: "Farm app source", files: []string{"farm.config.*"}, also: []string{"index.html"}, dirs: []string{"src"}},
	{what: "Parcel app source", files: []string{".parcelrc"}, deps: []string{"parcel", "parcel-bundler"},
		also: []string{"index.html", "src/index.html"}, dirs: []string{"src"}},
	{what: "webpack app source", files: []string{"webpack.config.*", "webpack.common.js", "webpack.prod.js"},
		also: []string{"index.html", "src/index.html", "public/index.html"}, not: fullStack, dirs: []string{"src"}},
	{what: "Rollup app source", files: []string{"rollup.config.*"}, also: []string{"index.html", "public/index.html"}, not: fullStack, dirs: []string{"src"}},
	{what: "React component", deps: []string{"react", "preact", "solid-js"}, not: fullStack, jsx: true, dirs: []string{"*"}},
}

// markdownTrees are the places whose Markdown becomes pages of a site, or a part
// of its scripts.
var markdownTrees = []sourceTree{
	{what: "Docusaurus page", files: []string{"docusaurus.config.*"}, dirs: []string{"docs", "blog", "src", "versioned_docs", "i18n"}},
	{what: "Astro page", files: []string{"astro.config.*"}, deps: []string{"astro"}, dirs: []string{"src/pages", "src/content"}},
	{what: "VitePress page", deps: []string{"vitepress"}, dirs: []string{"docs"}},
	{what: "Next.js page", files: []string{"next.config.*"}, deps: []string{"next"}, dirs: []string{"pages", "src/pages", "app", "src/app"}},
	{what: "Gatsby page", files: []string{"gatsby-config.*"}, deps: []string{"gatsby"}, dirs: []string{"src/pages"}},
	{what: "React Router page", deps: []string{"@remix-run/dev", "@remix-run/react", "@react-router/dev"}, dirs: []string{"app/routes"}},
}

// sourceIn names what kind of client source a file's place in the project makes
// it; nil if none.
func (p project) sourceIn(file string) *sourceTree { return p.treeOf(sourceTrees, file) }

func (p project) treeOf(trees []sourceTree, file string) *sourceTree {
	if !p.found {
		return nil
	}
	below := p.below(file)
	for i, tree := range trees {
		if !p.has(tree.files...) && !p.uses(tree.deps...) {
			continue
		}
		if len(tree.also) > 0 && !p.has(tree.also...) || p.uses(tree.not...) || p.has(tree.not...) || tree.jsx && !isComponent(file) {
			continue
		}
		if slices.ContainsFunc(tree.dirs, func(dir string) bool { return liesIn(below, dir) }) {
			return &trees[i]
		}
	}
	return nil
}

// isComponent tells a script that can hold markup.
func isComponent(file string) bool { return slices.Contains([]string{".jsx", ".tsx"}, path.Ext(file)) }

// liesIn reports whether a file lies below a directory of the project, or is one
// that a pattern with a "*" means; "*" is the whole of it, "" its top without what
// lies deeper.
func liesIn(below, dir string) bool {
	switch dir {
	case "*":
		return !strings.HasPrefix(below, ".")
	case "":
		return !strings.Contains(below, "/")
	}
	if strings.Contains(dir, "*") {
		ok, _ := path.Match(dir, below)
		return ok
	}
	return strings.HasPrefix(below, dir+"/")
}

// A serverRoute is where a project of one kind keeps code that stays on the
// server: what a finding in its client code points to.
type serverRoute struct {
	files []string // one of these lies at the project's top,
	deps  []string // or the project depends on one of these
	where string   // after "call Inspecto from "
}

const ownBackend = "a backend of your own, which reads INSPECTO_API_KEY from its environment"

var serverRoutes = []serverRoute{
	{[]string{"metro.config.*"}, []string{"react-native", "expo", "electron", "wxt", "plasmo"}, ownBackend},
	{[]string{"nuxt.config.*"}, []string{"nuxt"},
		"server/api/inspecto.ts, which reads process.env.INSPECTO_API_KEY (or a private runtimeConfig entry)"},
	{[]string{"svelte.config.*"}, []string{"@sveltejs/kit"},
		"src/routes/api/inspecto/+server.ts, which imports INSPECTO_API_KEY from $env/static/private"},
	{[]string{"next.config.*"}, []string{"next"}, ""}, // by its router: see nextRoute
	{[]string{"astro.config.*"}, []string{"astro"},
		"the server endpoint src/pages/api/inspecto.ts, which reads import.meta.env.INSPECTO_API_KEY"},
	{[]string{"react-router.config.*", "remix.config.js"}, []string{"@remix-run/node", "@remix-run/dev", "@react-router/node"},
		"a loader or action of a route, which reads process.env.INSPECTO_API_KEY"},
	{[]string{"gatsby-config.*"}, []string{"gatsby"}, "src/api/inspecto.js, which reads process.env.INSPECTO_API_KEY"},
	{[]string{"netlify.toml"}, nil, "netlify/functions/inspecto.js, which reads process.env.INSPECTO_API_KEY"},
	{[]string{"wrangler.toml", "wrangler.json", "wrangler.jsonc"}, nil, "the Worker, which reads env.INSPECTO_API_KEY, a secret"},
	{[]string{"vercel.json"}, nil, "api/inspecto.js, which reads process.env.INSPECTO_API_KEY"},
	{[]string{"firebase.json"}, nil, "a Cloud Function, which reads INSPECTO_API_KEY as a secret"},
	{[]string{"artisan", "composer.json"}, nil, "a controller of the application, which reads INSPECTO_API_KEY from its environment"},
	{[]string{"manage.py"}, nil, "a view of the application, which reads INSPECTO_API_KEY from its environment"},
}

// route says from where client code of this project should have Inspecto
// called; empty if nothing tells.
func (p project) route() string {
	for _, r := range serverRoutes {
		if !p.has(r.files...) && !p.uses(r.deps...) {
			continue
		}
		if r.where == "" {
			return p.nextRoute()
		}
		return r.where
	}
	return ""
}

func (p project) nextRoute() string {
	const reads = ", which reads process.env.INSPECTO_API_KEY"
	for _, src := range []string{"", "src/"} {
		if p.has(src + "app") {
			return "the route handler " + src + "app/api/inspecto/route.ts" + reads
		}
		if p.has(src + "pages") {
			return "the API route " + src + "pages/api/inspecto.ts" + reads
		}
	}
	return "a route handler (app/api/inspecto/route.ts)" + reads
}
