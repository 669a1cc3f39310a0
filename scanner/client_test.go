package scanner

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// existsAmong makes an exists function of a list of files, parted by spaces.
func existsAmong(files string) func(string) bool {
	return func(file string) bool { return slices.Contains(strings.Fields(files), file) }
}

func TestClientOutput(t *testing.T) {
	for _, test := range []struct{ file, others, want string }{
		// Next.js
		{".next/static/chunks/main-abc.js", "", "Next.js client bundle"},
		{"packages/web/.next/static/css/a.css", "", "Next.js client bundle"},
		{".next/server/app/page.js", "package.json next.config.js", ""},
		{".next/server/static/x.js", "", ""},
		{".next/cache/webpack/0.pack", "", ""},
		{".next/build-manifest.json", "", ""},
		{".next/standalone/server.js", "", ""},
		{".next/standalone/.next/static/chunks/a.js", "", "Next.js client bundle"},
		{".next/standalone/.next/server/app/page.js", "", ""},
		{".next/standalone/node_modules/x/dist/index.html", ".next/standalone/node_modules/x/package.json", ""},
		{".next/server/app/public/index.html", "", "page that Next.js prerendered"},
		{"web/.next/standalone/.next/server/app/index.rsc", "", "page that Next.js prerendered"},
		{".next/server/pages/a.json", "", "page that Next.js prerendered"},
		{".next/server/pages/a.js.nft.json", "", ""},
		{".next/server/app/index.meta", "", ""},
		{".next/server/next-font-manifest.json", "", ""},
		{".next/server/app/public/app.js", ".next/server/app/public/index.html", ""},
		{"out/index.html", "next.config.mjs package.json out/index.html", "Next.js static export"},
		{"apps/web/out/x.txt", "apps/web/next.config.ts apps/web/package.json", "Next.js static export"},
		{"out/_next/static/chunks/1.js", "", "Next.js client bundle"},
		// Nuxt, SvelteKit, Astro
		{".output/public/_nuxt/a.js", "", "Nuxt client bundle"},
		{".output/public/index.html", "", "Nuxt client bundle"},
		{".output/server/chunks/app.mjs", "", ""},
		{".output/server/public/index.html", ".output/server/public/index.html", ""},
		{".output/nitro.json", "", ""},
		{".nuxt/dist/client/a.js", "", "Nuxt client bundle"},
		{".nuxt/dist/server/server.mjs", "", ""},
		{"dist/a.js", "package.json nuxt.config.ts", "Nuxt build output"},
		{".svelte-kit/output/client/a.js", "", "SvelteKit client bundle"},
		{".svelte-kit/output/prerendered/a.html", "", "SvelteKit client bundle"},
		{".svelte-kit/output/server/index.js", "", ""},
		{"build/_app/immutable/entry/app.js", "", "SvelteKit client bundle"},
		{"build/handler.js", "package.json build/index.html", ""},
		{"dist/_astro/a.js", "", "Astro client bundle"},
		{"dist/about/index.html", "package.json astro.config.mjs", "Astro build output"},
		// outputs with a client and a server part
		{"build/client/assets/a.js", "package.json", "client bundle of a full-stack build"},
		{"build/client/a.o", "CMakeLists.txt", ""},
		{"build/server/index.js", "package.json build/index.html", ""},
		{"dist/client/a.js", "package.json", "client bundle of a full-stack build"},
		{"dist/server/entry.mjs", "package.json astro.config.mjs", ""},
		{"dist/server/index.html", "package.json dist/server/index.html", ""},
		{"dist/entry-server.js", "package.json vite.config.js", ""},
		{"dist/server.mjs", "package.json vite.config.js dist/index.html", ""},
		{"dist/_worker.js", "package.json vite.config.js", ""},
		{"dist/shop/browser/main.js", "package.json angular.json", "client bundle of a full-stack build"},
		{"dist/shop/server/main.js", "package.json angular.json", ""},
		{"dist/shop/main.js", "package.json angular.json", "Angular build output"},
		{"dist/ssr/client/a.js", "package.json", "client bundle of a full-stack build"},
		{"dist/ssr/a.js", "package.json quasar.config.js", ""},
		{"dist/spa/a.js", "package.json", "client bundle of a full-stack build"},
		{"build/public/a.js", "package.json", "client bundle of a full-stack build"},
		{"build/server.js", "package.json build/index.html", ""},
		{"dist/public/a.js", "package.json", "client bundle of a full-stack build"},
		{".vercel/output/static/a.js", "", "Vercel static output"},
		{".vercel/output/functions/a.func/index.js", "", ""},
		{".open-next/assets/a.js", "", "OpenNext assets"},
		{".open-next/server-functions/default/index.mjs", "", ""},
		{".amplify-hosting/static/a.js", "", "Amplify static output"},
		{".amplify-hosting/compute/default/a.js", "", ""},
		{"_fresh/static/a.js", "", "Fresh client bundle"},
		{"_fresh/server/a.js", "", ""},
		{"_fresh/server.js", "", ""},
		{"bundle/programs/web.browser/a.js", "", "Meteor client bundle"},
		{"bundle/programs/server/a.js", "", ""},
		{".vinxi/build/client/a.js", "package.json", "client bundle of a full-stack build"},
		// sites
		{"docs/.vitepress/dist/a.html", "", "VitePress site"},
		{"docs/.vuepress/dist/a.html", "", "VuePress site"},
		{"_site/a.html", "", "static site"},
		{"build/a.html", "package.json docusaurus.config.js", "Docusaurus site"},
		{"public/page-data/app-data.json", "package.json gatsby-config.js", "Gatsby site"},
		{".cache/functions/a.js", "package.json gatsby-config.js", ""},
		{"public/a.html", "hugo.toml", "Hugo site"},
		{"storybook-static/main.js", "", "Storybook build"},
		{"dist/a.js", "package.json gridsome.config.js", "Gridsome site"},
		// single-page applications
		{"dist/assets/index.js", "package.json vite.config.ts", "Vite build output"},
		{"web/dist/index.js.map", "web/package.json web/vite.config.mts", "Vite build output"},
		{"dist/js/app.js", "package.json vue.config.js", "Vue CLI build output"},
		{"dist/a.js", "package.json rsbuild.config.ts", "Rsbuild build output"},
		{"dist/a.js", "package.json farm.config.ts", "Farm build output"},
		{"dist/a.js", "package.json quasar.conf.js", "Quasar build output"},
		{"dist/a.js", "package.json .umirc.ts", "Umi build output"},
		{"dist/a.js", "package.json .parcelrc", "Parcel build output"},
		{"dist/a.js", "package.json ember-cli-build.js", "Ember build output"},
		{"build/a.js", "package.json craco.config.js", "Create React App build output"},
		{"build/a.js", "package.json preact.config.js", "Preact CLI build output"},
		{"build/a.js", "package.json snowpack.config.mjs", "Snowpack build output"},
		{"build/static/js/main.8f3a2b1c.js", "package.json build/index.html", "web build output"},
		{"build/manifest.json", "package.json build/index.html", "web build output"},
		{"dist/apps/shop/main.js", "package.json dist/apps/shop/index.html", "web build output"},
		{"dist/assets/index-BxY3d_1a.js", "", "web build output"},
		{"deploy/assets/index-BxY3d_1a.js.map", "deploy/index.html", "web build output"},
		{"assets/index-BxY3d_1a.js", "index.html", "web build output"}, // the output itself is scanned
		{"deploy/assets/index.js", "deploy/index.html", ""},
		// apps
		{"web-build/a.js", "", "Expo web build"},
		{"dist/_expo/static/js/web/a.js", "", "Expo web build"},
		{"dist/_expo/functions/a.js", "package.json dist/index.html", ""},
		{"build/web/main.js", "pubspec.yaml", "Flutter web build"},
		{"build/web/main.js", "", ""},
		{"x/flutter_assets/.env", "", "Flutter app assets"},
		{"web/main.dart.js", "", "Dart web bundle"},
		{"web/main.dart.js.map", "", "source map of a Dart web bundle"},
		{"android/app/src/main/assets/public/a.js", "", "Capacitor app"},
		{"ios/App/App/public/a.js", "", "Capacitor app"},
		{"www/a.js", "ionic.config.json", "Capacitor app"},
		{"www/a.js", "config.xml", "Cordova app"},
		{"platforms/ios/www/a.js", "", "Cordova app"},
		{"platforms/android/app/src/main/assets/www/a.js", "", "Cordova app"},
		{"dist/win-unpacked/resources/app/main.js", "", "Electron app"},
		{"dist/linux-unpacked/resources/app/node_modules/x/index.js", "", "Electron app"},
		{"out/shop-linux-x64/resources/app/main.js", "", "Electron app"},
		{"out/main/index.js", "package.json electron.vite.config.ts", "Electron app"},
		{"out/make/x.txt", "package.json forge.config.js", "Electron app"},
		{"dist/mac/Shop.app/Contents/Resources/app/main.js", "", "macOS app bundle"},
		{"Payload/Shop.app/main.js", "", "iOS app bundle"},
		{"x/app.asar", "", "Electron app archive"},
		{"x/app.apk", "", "Android app package"},
		{"x/app.apks", "", "Android app package"},
		{"x/app.xapk", "", "Android app package"},
		{"x/app.AAB", "", "Android app bundle"},
		{"x/app.ipa", "", "iOS app package"},
		{"x/app.crx", "", "browser extension package"},
		{"x/app.xpi", "", "browser extension package"},
		{"x/app.appx", "", "Windows app package"},
		{"x/app.msix", "", "Windows app package"},
		{"ios/main.jsbundle", "", "React Native bundle"},
		{"assets/index.android.bundle", "", "React Native bundle"},
		{"ios/index.ios.bundle", "", "React Native bundle"},
		{"classes2.dex", "", "Android app code"},
		{"resources.arsc", "", "Android app resources"},
		{"Assets/StreamingAssets/config.json", "", "Unity app assets"},
		{"Shop_Data/StreamingAssets/config.json", "", "Unity app assets"},
		{"web/Build/shop.data", "", "Unity WebGL build"},
		{"web/Build/shop.data.gz", "", "Unity WebGL build"},
		{"web/Build/shop.framework.js.br", "", "Unity WebGL build"},
		{"web/Build/shop.loader.js", "", "Unity WebGL build"},
		{"web/shop.wasm.code.unityweb", "", "Unity WebGL build"},
		{"web/shop.data", "", ""},
		{".output/chrome-mv3/background.js", "", "browser extension"},
		{"build/firefox-mv2-prod/popup.js", "package.json", "browser extension"},
		{"dist/chrome-mv3-dev/popup.js", "", "browser extension"},
		{"ext/background.js", "ext/manifest.json", "browser extension"},
		{"ext/background.js", "manifest.json", ""},
		{"ext/store.js", "ext/manifest.json", ""},
		// served as they are
		{"public/config.js", "package.json", "files served from public/"},
		{"public/config.js", "artisan composer.json", "files served from public/"},
		{"public/config.js", "config.ru", "files served from public/"},
		{"public/config.js", "wrangler.jsonc", "files served from public/"},
		{"public/config.js", "wrangler.json", "files served from public/"},
		{"public/config.js", "public/index.html", "web build output"},
		{"public/config.js", "", ""},
		{"public/index.php", "composer.json public/index.html", ""},
		{"src/public/api.go", "package.json src/package.json", ""},
		{"www/a.js", "www/index.html", "web build output"},
		{"Web/wwwroot/js/a.js", "", "files served from wwwroot/"},
		{"public_html/a.js", "", "files served from public_html/"},
		{"public_html/a.php", "", ""},
		// by the file alone
		{"lib/x.min.js", "", "minified script"},
		{"lib/x.min.mjs", "", "minified script"},
		{"lib/x.min.css", "", "minified style sheet"},
		{"lib/x.min.js.map", "", "source map of a minified script"},
		{"lib/x.css.map", "", "source map of a style sheet"},
		// not client code
		{"", "", ""},
		{"index.js", "package.json index.html", ""},
		{"src/app.ts", "package.json vite.config.ts", ""},
		{"dist/a.js", "", ""},
		{"dist/a.js", "package.json", ""}, // its code decides: see TestClientFile
		{"dist/a.js.map", "package.json", ""},
		{"dist/a.js", "package.json vitest.config.ts", ""},
		{"dist/pkg-1.0.tar.gz", "setup.py pyproject.toml", ""},
		{"dist/index.html", "setup.py dist/index.html", ""},
		{"build/lib/app.py", "setup.py", ""},
		{"build/reports/tests/index.html", "build.gradle build/reports/tests/index.html", ""},
		{"build/a.o", "CMakeLists.txt", ""},
		{"out/production/a.class", "pom.xml", ""},
		{"out/a.js", "package.json vite.config.ts", ""},
		{"dist", "package.json vite.config.ts", ""},
		{"node_modules/x/dist/index.html", "node_modules/x/package.json node_modules/x/vite.config.js", ""},
		{"node_modules/.vite/deps/a.js", "package.json", ""},
		{"target/release/build/x/out/a.rs", "Cargo.toml", ""},
	} {
		if got := clientOutput(test.file, existsAmong(test.others)); got != test.want {
			t.Errorf("%q beside %q: got %q, want %q", test.file, test.others, got, test.want)
		}
	}
}

func TestClientOutputWithoutExists(t *testing.T) {
	if got := clientOutput("dist/x.js", nil); got != "" {
		t.Errorf("got %q", got)
	}
	if got := clientOutput(".next/static/x.js", nil); got == "" {
		t.Error("a certain place needs no other file")
	}
}

// clientFile is clientOutput with the last word given to the file's content.
func clientFile(file string, content []byte, exists func(string) bool) string {
	what, sure := judgeOutput(file, exists)
	if !(search{exists: exists}).settled(uncompressed(file), content, sure) {
		return ""
	}
	return what
}

func TestClientFile(t *testing.T) {
	const (
		page   = `document.querySelector("#app").textContent = "x"`
		node   = `import { createServer } from "node:http"; createServer()`
		common = `"use strict";const e=require("express");e().listen(80)`
		glue   = `if(isNode){var fs=require("fs")}else{document.body.append(x)}`
		plain  = `export const key = "x"`
	)
	for _, test := range []struct{ file, others, code, want string }{
		{"dist/a.js", "package.json", page, "script in dist/"},
		{"dist/a.js", "package.json", glue, "script in dist/"},
		{"dist/a.js", "package.json", plain, ""},
		{"dist/a.js", "package.json", node, ""},
		{"dist/a.js", "package.json", node + page, ""},
		{"dist/a.js", "", page, ""},
		{"dist/a.json", "package.json", page, ""},
		{"dist/a.js", "package.json vite.config.ts", plain, "Vite build output"},
		{"dist/a.js", "package.json vite.config.ts", node, ""},
		{"dist/a.js", "package.json vite.config.ts", common, ""},
		{"dist/a.js", "package.json vite.config.ts", glue, "Vite build output"},
		{"dist/a.html", "package.json vite.config.ts", common, "Vite build output"}, // documentation quotes code
		{"dist/a.js", "package.json dist/index.html", node, ""},
		{"out/main/index.js", "package.json electron.vite.config.ts", common, "Electron app"}, // ships its Node code
		{".next/static/a.js", "", common, "Next.js client bundle"},
		{".next/server/a.js", "", page, ""},
	} {
		if got := clientFile(test.file, []byte(test.code), existsAmong(test.others)); got != test.want {
			t.Errorf("%q beside %q with %s: got %q, want %q", test.file, test.others, test.code, got, test.want)
		}
	}
}

func TestServerAndClientCode(t *testing.T) {
	for _, test := range []struct {
		code           string
		server, client bool
	}{
		{`import fs from "fs"`, true, false},
		{`import fs from"fs";`, true, false},
		{`import{a,b}from'node:fs/promises'`, true, false},
		{"import {\n  a,\n  b,\n} from 'node:path'", true, false},
		{`import "node:process"`, true, false},
		{`const fs = require("fs")`, true, false},
		{`var e=require('express')`, true, false},
		{`require( "@nestjs/core" )`, true, false},
		{`var x=1;import net from "net"`, true, false},
		{`import React from "react"`, false, false},
		{`const x = "from 'fs'"`, false, false},
		{`require("fsevents")`, false, false},
		{`myrequire("fs")`, false, false},
		{`window.location = "/"`, false, true},
		{`require("fs"); localStorage.x`, false, true},
		{`(self.webpackChunkapp=[]).push(); x = 'import fs from "fs"'`, false, true},
		{`const __vite__mapDeps=1`, false, true},
		{``, false, false},
	} {
		if got := serverCode([]byte(test.code)); got != test.server {
			t.Errorf("serverCode(%s) = %v", test.code, got)
		}
		if got := clientCode([]byte(test.code)); got != test.client {
			t.Errorf("clientCode(%s) = %v", test.code, got)
		}
	}
}

func TestIsContentHash(t *testing.T) {
	for word, want := range map[string]bool{
		"8f3a2b1c": true, "BxY3d_1a": true, "CjkLmnOp": true, "a1b2c3d4e5f6a7b8c9d0": true, "DkQpR7-z": true,
		"": false, "legacy": false, "polyfill": false, "es2015": false, "datepicker": false, "20231124": false,
		"component": false, "myComponent": false, "version2": false, "0.1.2abcd": false,
	} {
		if got := isContentHash(word); got != want {
			t.Errorf("isContentHash(%q) = %v", word, got)
		}
	}
}

func TestIsBuildOutputDir(t *testing.T) {
	for dir, want := range map[string]bool{
		"dist": true, "build": true, "out": true, "public": true, "www": true, "packages/web/dist": true,
		"dist/assets": true, ".next": true, ".next/static": true, ".next/static/chunks": true, "apps/a/.next": true,
		".output": true, ".output/public": true, ".svelte-kit": true, ".svelte-kit/output": true, ".nuxt": true,
		"storybook-static": true, "web-build": true, "wwwroot": true, "_site": true, "platforms": true, "android": true,
		"platforms/android": true, ".vercel": true, "dist/win-unpacked": true, "dist/ssr/client": true,
		".next/standalone/.next": true,

		"": false, ".": false, "src": false, "target": false, "node_modules": false, "node_modules/x/dist": false,
		"dist/node_modules": false, ".next/server": true, ".next/server/app": true, ".next/server/chunks": false, ".next/cache": false,
		".output/server": false, "dist/server": false, "build/server": false, ".svelte-kit/output/server": false,
		".git": false, "vendor": false, ".venv/lib": false, "distribution": false,
	} {
		if got := isBuildOutputDir(dir); got != want {
			t.Errorf("isBuildOutputDir(%q) = %v", dir, got)
		}
	}
}

// A place that is client code must be reached by the walk.
func TestClientDirectoriesAreEntered(t *testing.T) {
	for _, p := range products {
		for _, pattern := range p.client {
			dir := strings.NewReplacer("*", "x", "[23]", "3").Replace(pattern)
			for d := dir; d != "."; d = path.Dir(d) {
				if !isBuildOutputDir("packages/web/" + d) {
					t.Errorf("%s is not entered", d)
				}
			}
		}
	}
}

func TestClientPatternsAreWellFormed(t *testing.T) {
	var patterns []string
	for _, p := range products {
		patterns = append(patterns, append(slices.Clone(p.client), p.server...)...)
	}
	for _, row := range prerenderedPages {
		patterns = append(append(append(patterns, row.dir), row.sent...), row.kept...)
	}
	for _, row := range shippedFiles {
		patterns = append(patterns, row.pattern)
	}
	for _, pattern := range patterns {
		if _, err := path.Match(pattern, "x"); err != nil {
			t.Errorf("%q: %v", pattern, err)
		}
	}
	for _, c := range configurations {
		for _, output := range c.outputs {
			if !slices.ContainsFunc(sharedDirs, func(s sharedDir) bool { return s.name == output }) {
				t.Errorf("%s writes %q, which is no shared directory", c.what, output)
			}
		}
	}
}

// FuzzClientOutput: no path makes the judgement panic, and the walk enters the
// directory of what is client code by its directory.
func FuzzClientOutput(f *testing.F) {
	for _, seed := range []string{".next/static/x.js", "dist/index.html", "/", "..", "a//b", "node_modules/dist/x", "out/a-b-c/resources/x"} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, file string, all bool) {
		what := clientOutput(file, func(string) bool { return all })
		entered := isBuildOutputDir(path.Dir(file))
		if what != "" && !all && !entered && shippedFile(file) == "" && !strings.Contains(file, installed) {
			t.Errorf("%q is a %s, and not entered", file, what)
		}
	})
}
