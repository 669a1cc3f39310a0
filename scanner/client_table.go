package scanner

import (
	"path"
	"slices"
	"strings"
)

// The patterns of these tables are path.Match patterns over the names of a
// path, with "/" between them, and may begin at any depth. Facts come from the
// documentation of each product; adding one is a line here and one in the test.

// A product is a tool whose output has parts that its names tell apart.
type product struct {
	what   string
	client []string // directories that are shipped as they are
	server []string // directories and files beside them that are not
	beside []string // one of these must lie beside the output; nil if its name is enough
}

var products = []product{
	{what: "Next.js client bundle", client: []string{".next/static", "_next/static"}, server: []string{
		".next/server", ".next/standalone", ".next/cache", ".next/build",
	}},
	{what: "Nuxt client bundle", client: []string{".output/public", ".nuxt/dist/client", "_nuxt"}, server: []string{
		".output/server", ".nuxt/dist/server",
	}},
	{what: "SvelteKit client bundle", client: []string{
		".svelte-kit/output/client", ".svelte-kit/output/prerendered", "_app/immutable",
	}, server: []string{".svelte-kit/output/server", ".svelte-kit/generated/server"}},
	{what: "Astro client bundle", client: []string{"_astro"}},
	{what: "client bundle of a full-stack build", client: []string{
		"build/client", "build/prerendered", // React Router, Remix, SvelteKit's adapter-node
		"dist/client", "dist/public", "build/public", // Astro, Waku, Razzle
		"dist/browser", "dist/*/browser", // Angular
		"dist/spa", "dist/pwa", "dist/ssr/client", // Quasar
		".vinxi/build/client",
	}, server: []string{
		"dist/server", "dist/*/server", "dist/ssr", "dist/functions", "dist/_worker.js",
		"build/server", "build/ssr", "build/functions", "out/server", "out/functions",
		"dist/entry-server.*", "dist/server.*js", "build/server.*js",
		"build/handler.js", // SvelteKit's adapter-node
		"dist/*.server.*js",
	}, beside: projectFiles},
	{what: "Vercel static output", client: []string{".vercel/output/static"}, server: []string{".vercel/output/functions"}},
	{what: "OpenNext assets", client: []string{".open-next/assets"}, server: []string{
		".open-next/server-functions", ".open-next/image-optimization-function", ".open-next/middleware", ".open-next/cache",
	}},
	{what: "Amplify static output", client: []string{".amplify-hosting/static"}, server: []string{".amplify-hosting/compute"}},
	{what: "Fresh client bundle", client: []string{"_fresh"}, server: []string{"_fresh/server", "_fresh/server*.js"}},
	{what: "Meteor client bundle", client: []string{
		"bundle/programs/web.browser*", "bundle/programs/web.cordova*",
	}, server: []string{"bundle/programs/server"}},
	{what: "VitePress site", client: []string{".vitepress/dist"}, server: []string{".vitepress/cache"}},
	{what: "VuePress site", client: []string{".vuepress/dist"}, server: []string{".vuepress/.cache"}},
	{what: "static site", client: []string{"_site"}}, // Eleventy, Jekyll
	{what: "Remix client bundle", client: []string{"public/build"}, beside: []string{"remix.config.js"}},
	{what: "Rails asset build", client: []string{"app/assets/builds"}, beside: []string{"Gemfile", "config.ru"}}, // jsbundling-rails
	{what: "Django static files", client: []string{"staticfiles"}},
	{what: "files that Spring serves", client: []string{"resources/static", "resources/public"}},
	{what: "Storybook build", client: []string{"storybook-static"}},
	{what: "Expo web build", client: []string{"web-build", "_expo/static"}, server: []string{"_expo/functions", "_expo/server"}},
	{what: "Flutter web build", client: []string{"build/web"}, beside: []string{"pubspec.yaml"}},
	{what: "Flutter app assets", client: []string{"flutter_assets"}},
	{what: "Capacitor app", client: []string{"android/app/src/main/assets/public", "ios/App/App/public"}},
	{what: "Cordova app", client: []string{
		"platforms/*/www", "platforms/android/app/src/main/assets/www", "platforms/android/assets/www",
	}},
	{what: "Electron app", client: []string{"*-unpacked/resources", "out/*-*-*/resources",
		"dist-electron", "dist_electron", // vite-plugin-electron, Vue CLI's plugin
		".webpack/main", ".webpack/renderer", ".vite/build", ".vite/renderer", // Electron Forge
		"release/app/dist", // Electron React Boilerplate
	}},
	{what: "macOS app bundle", client: []string{"*.app/Contents/Resources"}},
	{what: "iOS app bundle", client: []string{"Payload/*.app"}},
	{what: "browser extension", client: []string{".output/*-mv[23]*", "dist/*-mv[23]*", "build/*-mv[23]*"}}, // WXT, Plasmo
	{what: "Unity WebGL build", client: []string{"StreamingAssets"}, beside: []string{"Build"}},
	{what: "Unity app assets", client: []string{"Assets/StreamingAssets", "*_Data/StreamingAssets"}},
	{what: "files served from wwwroot/", client: []string{"wwwroot"}}, // ASP.NET
	{what: "files served from public_html/", client: []string{"public_html"}},
	{what: "Gatsby cache", server: []string{".cache/functions", ".cache/page-ssr"}},
}

// A prerendered row is a part of a server's output in which pages lie that were
// written by the build: everyone gets these as they are.
type prerendered struct {
	what string
	dir  string // a pattern over the names of a path
	sent []string
	kept []string // of these, what the server reads itself; patterns over base names too
}

var prerenderedPages = []prerendered{
	// Of a page of the App Router its HTML and what the router fetches of it; of a
	// route handler that was called by the build, its answer.
	{what: "page that Next.js prerendered", dir: ".next/server/app", sent: []string{"*.html", "*.rsc", "*.body"}},
	// Of the Pages Router, its HTML and its props.
	{what: "page that Next.js prerendered", dir: ".next/server/pages", sent: []string{"*.html", "*.json"}, kept: []string{"*.nft.json"}},
}

// prerenderedPage is what a file of a server's output is, if everyone gets it.
func prerenderedPage(p place) string {
	for _, row := range prerenderedPages {
		if deepest(p.dirs, []string{row.dir}) > 0 && matchesAny(row.sent, p.base) && !matchesAny(row.kept, p.base) {
			return row.what
		}
	}
	return ""
}

// shippedFiles lists files that are shipped wherever they lie, by patterns
// over their base names; dir narrows some to one directory's name.
var shippedFiles = []struct{ pattern, dir, what string }{
	{"*.apk", "", "Android app package"},
	{"*.apks", "", "Android app package"},
	{"*.xapk", "", "Android app package"},
	{"*.aab", "", "Android app bundle"},
	{"*.ipa", "", "iOS app package"},
	{"*.asar", "", "Electron app archive"},
	{"*.crx", "", "browser extension package"},
	{"*.xpi", "", "browser extension package"},
	{"*.appx", "", "Windows app package"},
	{"*.msix", "", "Windows app package"},
	{"*.jsbundle", "", "React Native bundle"},
	{"index.android.bundle", "", "React Native bundle"},
	{"index.ios.bundle", "", "React Native bundle"},
	{"*.dart.js", "", "Dart web bundle"},
	{"*.dart.js.map", "", "source map of a Dart web bundle"},
	{"*.min.js", "", "minified script"},
	{"*.min.mjs", "", "minified script"},
	{"*.min.css", "", "minified style sheet"},
	{"*.min.js.map", "", "source map of a minified script"},
	{"*.css.map", "", "source map of a style sheet"},
	{"*.unityweb", "", "Unity WebGL build"},
	{"*.framework.js*", "Build", "Unity WebGL build"},
	{"*.loader.js", "Build", "Unity WebGL build"},
	{"*.data", "Build", "Unity WebGL build"},
	{"*.data.??", "Build", "Unity WebGL build"}, // .gz, .br
	{"classes*.dex", "", "Android app code"},
	{"resources.arsc", "", "Android app resources"},
}

// shippedFile is what a file is by its name alone.
func shippedFile(file string) string {
	base := strings.ToLower(path.Base(file))
	for _, row := range shippedFiles {
		if ok, _ := path.Match(row.pattern, base); ok && (row.dir == "" || row.dir == path.Base(path.Dir(file))) {
			return row.what
		}
	}
	return ""
}

// executed lists endings of files that web servers run and never hand out as
// they are.
var executed = []string{".asp", ".aspx", ".cgi", ".cs", ".cshtml", ".erb", ".go", ".jsp", ".php", ".pl", ".py", ".rb", ".rs"}

// projectFiles lists what lies at the top of every JavaScript project.
var projectFiles = []string{"package.json", "deno.json", "deno.jsonc"}

// A sharedDir is a name that outputs of many kinds have.
type sharedDir struct {
	name string
	// served lists files beside a directory that is handed out as it is, a
	// source directory perhaps; nil if the name does not mean that.
	served []string
}

var sharedDirs = []sharedDir{
	{name: "dist"},
	{name: "build"},
	{name: "out"},
	{name: "public", served: []string{
		"artisan", "config.ru", "composer.json", "firebase.json", "netlify.toml", "symfony.lock", "vercel.json", "wrangler.toml", "wrangler.json", "wrangler.jsonc",
	}},
	{name: "static", served: []string{
		"svelte.config.*", "nuxt.config.*", "gatsby-config.*", "docusaurus.config.*", "hugo.toml", "manage.py", "views.py", "apps.py", "app.py", "wsgi.py",
	}},
	{name: "www", served: []string{"config.xml", "ionic.config.json", "capacitor.config.*"}},
}

// A configuration is a file that tells which tool wrote an output beside it.
type configuration struct {
	files   []string
	outputs []string // names of sharedDirs
	what    string
	sure    certainty
}

var configurations = []configuration{
	{[]string{"electron.vite.config.*"}, []string{"out", "dist"}, "Electron app", certain}, // the main process is shipped, too
	{[]string{"forge.config.*"}, []string{"out"}, "Electron app", certain},
	{[]string{"vite.config.*"}, []string{"dist"}, "Vite build output", likely},
	{[]string{"vue.config.*"}, []string{"dist"}, "Vue CLI build output", likely},
	{[]string{"astro.config.*"}, []string{"dist"}, "Astro build output", likely},
	{[]string{"angular.json"}, []string{"dist"}, "Angular build output", likely},
	{[]string{"rsbuild.config.*"}, []string{"dist"}, "Rsbuild build output", likely},
	{[]string{"farm.config.*"}, []string{"dist"}, "Farm build output", likely},
	{[]string{"quasar.config.*", "quasar.conf.js"}, []string{"dist"}, "Quasar build output", likely},
	{[]string{".umirc.*"}, []string{"dist"}, "Umi build output", likely},
	{[]string{".parcelrc"}, []string{"dist"}, "Parcel build output", likely},
	{[]string{"nuxt.config.*"}, []string{"dist"}, "Nuxt build output", likely},
	{[]string{"gridsome.config.*"}, []string{"dist"}, "Gridsome site", likely},
	{[]string{"ember-cli-build.js"}, []string{"dist"}, "Ember build output", likely},
	{[]string{"docusaurus.config.*"}, []string{"build"}, "Docusaurus site", likely},
	{[]string{"craco.config.*"}, []string{"build"}, "Create React App build output", likely},
	{[]string{"preact.config.*"}, []string{"build"}, "Preact CLI build output", likely},
	{[]string{"snowpack.config.*"}, []string{"build"}, "Snowpack build output", likely},
	{[]string{"next.config.*"}, []string{"out"}, "Next.js static export", likely},
	{[]string{"gatsby-config.*"}, []string{"public"}, "Gatsby site", likely},
	{[]string{"hugo.toml", "hugo.yaml", "hugo.json"}, []string{"public"}, "Hugo site", likely},
	{[]string{"config.xml"}, []string{"www"}, "Cordova app", likely},
	{[]string{"capacitor.config.*", "ionic.config.json"}, []string{"www", "dist", "build"}, "Capacitor app", likely},
}

// assetDirs lists the names of directories that bundlers put hashed assets in.
var assetDirs = []string{
	"assets", "static", "js", "css", "chunks", "_next", "_nuxt", "_app", "_astro", "media", "immutable", "entries", "scripts", "styles",
}

// assetEndings lists what gets a hash in its name and can hold text.
var assetEndings = []string{".js", ".mjs", ".css", ".json", ".wasm", ".svg", ".html", ".txt"}

// extensionScripts lists what the scripts of browser extensions are called.
var extensionScripts = []string{
	"background.js", "content.js", "content-script.js", "content_script.js", "contentscript.js", "popup.js", "options.js",
	"service-worker.js", "service_worker.js",
}

// isExtensionScript reports whether a file is a browser extension's script: it
// is called like one, and the manifest lies beside it.
func isExtensionScript(p place, exists func(string) bool) bool {
	return slices.Contains(extensionScripts, strings.ToLower(p.base)) &&
		anyExists(p.all[:len(p.all)-1], []string{"manifest.json"}, exists)
}
