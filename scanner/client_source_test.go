package scanner

import (
	"slices"
	"strings"
	"testing"
)

// exposures searches a file, in whose text KEY stands for keys, beside others,
// which are "NAME" or "NAME=TEXT", and says of each key what makes it client
// code.
func exposures(file, text string, others ...string) []string {
	read := func(name string) (string, bool) {
		for _, other := range others {
			if at, text, _ := strings.Cut(other, "="); at == name {
				return text, true
			}
		}
		return "", false
	}
	s := search{path: file, exists: func(name string) bool { _, ok := read(name); return ok }, read: func(name string, _ int) []byte {
		if text, ok := read(name); ok {
			return []byte(text)
		}
		return nil
	}}
	for n := 1; strings.Contains(text, "KEY"); n++ {
		text = strings.Replace(text, "KEY", factsKey(n), 1)
	}
	var found []string
	sightings, _ := s.buffer([]byte(text))
	for _, f := range sightings {
		found = append(found, f.place.Client)
	}
	return found
}

func TestClientSource(t *testing.T) {
	const (
		next   = `package.json={"dependencies":{"next":"16","react":"19"}}`
		svelte = `package.json={"devDependencies":{"@sveltejs/kit":"2","svelte":"5"}}`
		remix  = `package.json={"dependencies":{"@remix-run/react":"2","@remix-run/node":"2"}}`
		router = `package.json={"dependencies":{"react-router":"7"},"devDependencies":{"@react-router/dev":"7"}}`
		start  = `package.json={"dependencies":{"@tanstack/react-start":"1","react":"19"}}`
		fresh  = `deno.json={"imports": {"$fresh/": "https://deno.land/x/fresh@1/", "preact": "npm:preact@10"}, "unstable": ["kv", "cron"]}`
		vite   = `package.json={"devDependencies":{"vite":"8"}}`
	)
	for _, test := range []struct {
		file, text string
		others     []string
		want       []string
	}{
		// directives
		{"app/a.tsx", "'use client';\nconst k = 'KEY'", []string{next}, []string{"client component"}},
		{"app/a.tsx", "/* licence */\n// x\n\"use strict\";\n\"use client\"\nconst k = 'KEY'", nil, []string{"client component"}},
		{"app/a.tsx", "const a = '\"use client\"';\nconst k = 'KEY'", []string{next}, []string{""}},
		{"app/a.ts", "'use server'\nwindow.x = 'KEY'", []string{next}, []string{""}},
		{"app/a.ts", "import 'server-only'\nwindow.x = 'KEY'", []string{next}, []string{""}},
		{"app/a.tsx", "import 'client-only'\nconst k = 'KEY'", []string{next}, []string{"client-only module"}},
		{"app/a.tsx", "'use client'\nasync function save() {\n  'use server'\n  f('KEY')\n}\nf('KEY')", []string{next}, []string{"", "client component"}},
		// places that frameworks keep on the server
		{"app/api/x/route.ts", "localStorage.setItem('a', 'KEY')", []string{next}, []string{""}},
		{"pages/api/x.ts", "window.x = 'KEY'", []string{next}, []string{""}},
		{"src/routes/api/+server.ts", "window.x = 'KEY'", []string{svelte}, []string{""}},
		{"src/routes/+page.server.ts", "const k = 'KEY'", []string{svelte}, []string{""}},
		{"src/lib/server/a.ts", "window.x = 'KEY'", []string{svelte}, []string{""}},
		{"app/db.server.ts", "window.x = 'KEY'", []string{remix}, []string{""}},
		{"app/.server/a.ts", "window.x = 'KEY'", []string{remix}, []string{""}},
		{"src/app/users+api.ts", "window.x = 'KEY'", nil, []string{""}},
		{"supabase/functions/a/index.ts", "window.x = 'KEY'", nil, []string{""}},
		{"vite.config.ts", "window.x = 'KEY'", []string{vite}, []string{""}},
		{"src/a.test.tsx", "window.x = 'KEY'", []string{vite}, []string{""}},
		{"__tests__/a.tsx", "window.x = 'KEY'", nil, []string{""}},
		{"plugins/with-key.js", "const { withInfoPlist } = require('expo/config-plugins')\nconst k = 'KEY'", []string{`package.json={"dependencies":{"expo":"54"}}`}, []string{""}},
		{"src/instrumentation-client.ts", "init('KEY')", []string{next}, []string{"client entry"}},
		// Storybook
		{".storybook/preview.tsx", "export default { parameters: { k: 'KEY' } }", []string{vite}, []string{"Storybook configuration"}},
		{".storybook/preview-head.html", "<script>k='KEY'</script>", []string{vite}, []string{"Storybook configuration"}},
		{".storybook/main.ts", "export default { k: 'KEY' }", []string{vite}, []string{""}},
		{"src/a.stories.tsx", "export const A = { args: { k: 'KEY' } }", []string{next}, []string{"Storybook story"}},
		{"src/a.stories.snap", "KEY", []string{next}, []string{""}},
		// Markdown
		{"pages/a.mdx", "# A\n\n<B k=\"KEY\" />", []string{next}, []string{"Next.js page"}},
		{"app/a/page.mdx", "KEY", []string{next}, []string{"Next.js page"}},
		{"docs/intro.md", "KEY", []string{"package.json={}", "docusaurus.config.ts"}, []string{"Docusaurus page"}},
		{"src/content/a.md", "KEY", []string{`package.json={"dependencies":{"astro":"5"}}`}, []string{"Astro page"}},
		{"docs/intro.md", "KEY", []string{vite}, []string{""}},
		{"README.md", "KEY", []string{next}, []string{""}},
		// Unity
		{"ProjectSettings/ProjectSettings.asset", "k: KEY", []string{"Assets"}, []string{"Unity player settings"}},
		{"ProjectSettings/EditorSettings.asset", "k: KEY", []string{"Assets"}, []string{""}},
		{"ProjectSettings/ProjectSettings.asset", "k: KEY", nil, []string{""}},
		// Android
		{"app/src/main/res/raw/a.json", "KEY", []string{"app/src/main/AndroidManifest.xml"}, []string{"Android app asset"}},
		{"app/src/debug/assets/a.json", "KEY", []string{"app/src/main/AndroidManifest.xml"}, []string{"Android app asset"}},
		{"app/src/main/cpp/a.cpp", "const char *k = \"KEY\";", []string{"app/src/main/AndroidManifest.xml"}, []string{"Android app source"}},
		{"src/main/cpp/a.cpp", "const char *k = \"KEY\";", nil, []string{""}},
		{"local.properties", "inspecto.key=KEY\nother=KEY", []string{"app/build.gradle.kts=buildConfigField(\"String\", \"K\", \"\\\"${p.getProperty(\"inspecto.key\")}\\\"\")\n"}, []string{"value that Gradle builds into the app", ""}},
		{"gradle.properties", "apiKey=KEY", []string{"app/build.gradle=def k = project.findProperty('apiKey')\nresValue \"string\", \"k\", k\n"}, []string{"value that Gradle builds into the app"}},
		{"gradle.properties", "apiKey=KEY", []string{"app/build.gradle.kts=val apiKey: String by project\nbuildConfigField(\"String\", \"K\", \"\\\"$apiKey\\\"\")\n"}, []string{"value that Gradle builds into the app"}},
		{"gradle.properties", "apiKey=KEY", []string{"app/build.gradle=storePassword apiKey\n"}, []string{""}},
		{"gradle.properties", "apiKey=KEY", nil, []string{""}},
		{"local.properties", "K=KEY", []string{"app/build.gradle.kts=id(\"com.google.android.libraries.mapsplatform.secrets-gradle-plugin\")"}, []string{"value that Gradle builds into the app"}},
		{"secrets.properties", "K=KEY", []string{"app/build.gradle.kts=id(\"com.google.android.libraries.mapsplatform.secrets-gradle-plugin\")\nsecrets { propertiesFileName = \"secrets.properties\" }"}, []string{"value that Gradle builds into the app"}},
		{"other.properties", "K=KEY", []string{"app/build.gradle.kts=id(\"com.google.android.libraries.mapsplatform.secrets-gradle-plugin\")"}, []string{""}},
		// what apps and extensions have besides
		{"_locales/en/messages.json", `{"k": {"message": "KEY"}}`, []string{"manifest.json"}, []string{"browser extension messages"}},
		{"App/en.lproj/Localizable.strings", `"k" = "KEY";`, nil, []string{"iOS app resources"}},
		// a configuration of the app is none of the build
		{"src/app/app.config.ts", "export const appConfig = { k: 'KEY' }", []string{"angular.json", `package.json={"dependencies":{"@angular/core":"20"}}`}, []string{"Angular app source"}},
		{"src/app/app.config.server.ts", "export const config = { k: 'KEY' }", []string{"angular.json", `package.json={"dependencies":{"@angular/core":"20"}}`}, []string{""}},
		{"src/styles/tailwind.config.js", "export default { k: 'KEY' }", []string{vite, "index.html"}, []string{""}},
		{"tailwind.config.js", "export default { k: 'KEY' }", []string{vite, "index.html"}, []string{""}},
		// routes lose the server's functions, whatever they import
		{"app/routes/a.tsx", "export async function loader() {\n  return f('KEY')\n}\nexport default function A() {\n  return f('KEY')\n}", []string{router}, []string{"", "React Router app source"}},
		{"app/routes/a.tsx", "const k = 'KEY'\nexport const middleware = [async () => f(k)]\nexport default function A() {}", []string{router}, []string{""}},
		{"app/pages/a.tsx", "import type { Route } from './+types/a'\nexport function loader() { return f('KEY') }\nexport default function A() { return f('KEY') }", []string{router}, []string{"", "React Router app source"}},
		{"app/routes/a.tsx", "import { useLoaderData } from 'react-router-dom'\nexport function loader() { return f('KEY') }", []string{`package.json={"dependencies":{"react-router-dom":"6"}}`}, []string{"React source"}},
		{"src/pages/a.tsx", "export async function config() { f('KEY') }\nexport default () => 'KEY'", []string{`package.json={"dependencies":{"gatsby":"5","react":"18"}}`}, []string{"", "Gatsby site source"}},
		{"src/routes/index.tsx", "import { component$ } from '@builder.io/qwik'\nexport const onGet = async () => { f('KEY') }\nexport default component$(() => 'KEY')", nil, []string{"", "Qwik component"}},
		{"src/routes/__root.tsx", "export const Route = createRootRoute({ head: () => ({ meta: [{ content: 'KEY' }] }) })", []string{start}, []string{"TanStack Start app source"}},
		{"src/routes/a.tsx", "import { createServerFn } from '@tanstack/react-start'\nconst f = createServerFn().handler(async () => g('KEY'))", []string{start}, []string{""}},
		{"src/routes/api/a.ts", "export const Route = createFileRoute('/api/a')({ server: { handlers: { GET: () => f('KEY') } } })", []string{start}, []string{""}},
		{"src/app.tsx", "export default () => 'KEY'", []string{`package.json={"dependencies":{"@solidjs/start":"1","solid-js":"1"}}`}, []string{"SolidStart app source"}},
		{"components/a.tsx", "const k = 'KEY'\nexport const A = ({ onClick }) => <B onClick={onClick} />", []string{next}, []string{""}},
		{"components/a.tsx", "const k = 'KEY'\nexport const A = () => <B onClick={() => f(k)} />", []string{next}, []string{"component with event handlers"}},
		{"components/a.tsx", "import { useEffect } from 'react'\nimport { renderToString } from 'react-dom/server'\nconst k = 'KEY'", []string{next}, []string{"React source"}},
		{"app/a.ts", "import { renderToString } from 'react-dom/server'\nconst k = 'KEY'", []string{next}, []string{""}},
		{"texts/en.json", `{"k": "KEY"}`, []string{`package.json={"devDependencies":{"@nuxtjs/i18n":"9","nuxt":"4"}}`, "nuxt.config.ts=i18n: { langDir: './texts' }"}, []string{"Nuxt locale file"}},
		{"i18n/locales/en.json", `{"k": "KEY"}`, []string{`package.json={"devDependencies":{"@nuxtjs/i18n":"9","nuxt":"4"}}`}, []string{"Nuxt locale file"}},
		{"data/en.json", `{"k": "KEY"}`, []string{`package.json={"devDependencies":{"@nuxtjs/i18n":"9","nuxt":"4"}}`, "nuxt.config.ts=langDir: '.'"}, []string{""}},
		// modules that only a server imports
		{"src/a.ts", "import express from 'express'\nwindow.x = 'KEY'", nil, []string{""}},
		{"src/a.ts", "import { cookies } from 'next/headers'\nwindow.x = 'KEY'", nil, []string{""}},
		{"src/a.ts", "import {\n  PrismaClient,\n} from \"@prisma/client\"\nwindow.x = 'KEY'", nil, []string{""}},
		{"src/a.ts", "import { User } from \"@prisma/client\"\nwindow.x = 'KEY'", nil, []string{"browser script"}},
		{"src/a.ts", "export default defineEventHandler(() => 'KEY' + document.title)", nil, []string{""}},
		{"src/a.ts", "export const GET = () => new Response('KEY' + window.a)", nil, []string{""}},
		{"src/a.ts", "// import fs from 'fs'\nwindow.x = 'KEY'", nil, []string{"browser script"}},
		// what only clients use
		{"lib/a.js", "window.x = 'KEY'", nil, []string{"browser script"}},
		{"lib/a.js", "// window.x\nconst s = 'document.body'\nconst k = 'KEY'", nil, []string{""}},
		{"lib/a.js", "const document = await load(id)\nsave(document.title, 'KEY')", nil, []string{""}},
		{"lib/a.js", "const { document } = row\nsave(document.title, 'KEY')", nil, []string{""}},
		{"lib/a.js", "const a = document.title, k = 'KEY'", nil, []string{"browser script"}},
		{"lib/a.js", "$(document).ready(() => f('KEY'))", nil, []string{"browser script"}},
		{"lib/a.ts", "import { useState } from 'react'\nconst k = 'KEY'", nil, []string{"React source"}},
		{"lib/a.ts", "import { cache } from 'react'\nconst k = 'KEY'", nil, []string{""}},
		{"lib/a.tsx", "export const B = () => <b onClick={() => f('KEY')}>Don't</b>", nil, []string{"component with event handlers"}},
		{"lib/a.ts", "import { View } from 'react-native'\nconst k = 'KEY'", nil, []string{"React Native source"}},
		{"lib/a.ts", "import { Injectable } from '@angular/core'\nconst k = 'KEY'", nil, []string{"Angular source"}},
		{"lib/a.ts", "const u = import.meta.env.VITE_URL\nconst k = 'KEY'", nil, []string{"source that reads public variables"}},
		{"lib/a.ts", "chrome.storage.local.get('KEY')", nil, []string{"browser extension script"}},
		{"main.js", "const { app } = require('electron'), fs = require('fs'), k = 'KEY'", nil, []string{"Electron app source"}},
		// names
		{"app/a.client.ts", "const k = 'KEY'", []string{remix}, []string{"client-only module"}},
		{"src/inspecto.client.ts", "const k = 'KEY'", []string{`package.json={"dependencies":{"axios":"1"}}`}, []string{""}},
		{"src/routes/+page.ts", "export const load = () => 'KEY'", []string{svelte}, []string{"SvelteKit page"}},
		{"app/.client/a.ts", "const k = 'KEY'", []string{remix}, []string{"client-only module"}},
		{"app/javascript/controllers/a.js", "const k = 'KEY'", nil, []string{"Rails front-end source"}},
		// pages with server parts
		{"pages/a.tsx", "const k = 'KEY'\nexport async function getServerSideProps({ a }): Promise<{ a: number }> {\n  return f(k, 'KEY')\n}\nexport default () => f('KEY')", []string{next},
			[]string{"", "", "Next.js page"}},
		{"pages/a.tsx", "const k = 'KEY'\nexport const getStaticProps = async () => { f(k) }\nexport default () => k", []string{next}, []string{"Next.js page"}},
		{"app/routes/a.tsx", "import { json } from '@remix-run/node'\nexport async function loader() { return json('KEY') }\nexport default function P() { return 'KEY' }", []string{remix},
			[]string{"", "React Router app source"}},
		{"app/routes/a.ts", "import { json } from '@remix-run/node'\nexport const loader = () => json('KEY')", []string{remix}, []string{""}},
		{"src/routes/a.tsx", "import { useState } from 'react'\nexport const loader = () => 'KEY'", nil, []string{"React source"}},
		// projects
		{"src/api.ts", "export const k = 'KEY'", []string{vite, "index.html"}, []string{"Vite app source"}},
		{"src/api.ts", "export const k = 'KEY'", []string{vite}, []string{""}},
		{"src/server/api.ts", "export const k = 'KEY'", []string{vite, "index.html"}, []string{""}},
		{"src/config.json", `{"k": "KEY"}`, []string{vite, "index.html"}, []string{"Vite app source"}},
		{"src/api.js", "export const k = 'KEY'", []string{`package.json={"dependencies":{"react-scripts":"5"}}`}, []string{"Create React App source"}},
		{"web/src/environments/environment.prod.ts", "export const k = 'KEY'", []string{"web/package.json", "web/angular.json"}, []string{"Angular app source"}},
		{"composables/a.ts", "export const k = 'KEY'", []string{"package.json", "nuxt.config.ts"}, []string{"Nuxt app source"}},
		{"server/api/a.ts", "export const k = 'KEY'", []string{"package.json", "nuxt.config.ts"}, []string{""}},
		{"src/api.ts", "export const k = 'KEY'", []string{`package.json={"dependencies":{"express":"5"}}`}, []string{""}},
		{"app/page.tsx", "export const k = 'KEY'", []string{next}, []string{""}},
		{"src/main/db.ts", "import fs from 'fs'\nconst k = 'KEY'", []string{`package.json={"devDependencies":{"electron":"38"}}`}, []string{"Electron app source"}},
		// components and pages
		{"a.vue", "<script setup>\nconst k = 'KEY'\n</script>", nil, []string{"Vue component"}},
		{"a.server.vue", "<script setup>\nconst k = 'KEY'\n</script>", nil, []string{""}},
		{"a.svelte", "<script>\nconst k = 'KEY'\n</script>", nil, []string{"Svelte component"}},
		{"a.astro", "---\nconst k = 'KEY'\n---\n<script>\nf('KEY')\n</script>", nil, []string{"", "Astro component"}},
		{"a.html", "<script>f('KEY')</script>", nil, []string{"HTML page"}},
		{"t/a.html", "{# KEY #}<script>f('KEY')</script>", nil, []string{"", "HTML page"}},
		{"a.php", "<?php f('KEY') ?><script>f('KEY', <?= 'KEY' ?>)</script>", nil, []string{"", "inline script of a page", ""}},
		{"a.php", "<?php f('KEY');", nil, []string{""}},
		// apps
		{"app/src/main/AndroidManifest.xml", `<meta-data android:value="KEY"/>`, nil, []string{"Android manifest"}},
		{"app/src/main/res/values/a.xml", `<string name="k">KEY</string>`, nil, []string{"Android resources"}},
		{"pom.xml", `<k>KEY</k>`, nil, []string{""}},
		{"app/build.gradle", "def k = \"KEY\"\nandroid {\n  buildConfigField \"String\", \"K\", \"\\\"KEY\\\"\"\n  resValue(\"string\", \"k\",\n    k)\n}\ndef other = \"KEY\"", nil,
			[]string{"value that Gradle builds into the app", "value that Gradle builds into the app", ""}},
		{"build.gradle.kts", "val k = \"KEY\"", nil, []string{""}},
		{"app/src/main/java/a/B.kt", "const val K = \"KEY\"", []string{"app/src/main/AndroidManifest.xml"}, []string{"Android app source"}},
		{"src/main/java/a/B.java", "String k = \"KEY\";", nil, []string{""}},
		{"ios/App/Info.plist", "<dict><key>K</key><string>KEY</string></dict>", nil, []string{"iOS or macOS property list"}},
		{"a.plist", "<key>ProgramArguments</key><string>KEY</string>", nil, []string{""}},
		{"Config/Prod.xcconfig", "K = KEY", nil, []string{"Xcode build settings"}},
		{"App/Api.swift", "let k = \"KEY\"", nil, []string{"iOS or macOS app source"}},
		{"Sources/App/a.swift", "import Vapor\nlet k = \"KEY\"", nil, []string{""}},
		{"lib/a.dart", "const k = 'KEY';", []string{"pubspec.yaml=dependencies:\n  flutter:\n    sdk: flutter\n"}, []string{"Flutter app source"}},
		{"lib/a.dart", "const k = 'KEY';", []string{"pubspec.yaml=name: x\n"}, []string{""}},
		{".env", "K=KEY", []string{"pubspec.yaml=flutter:\n  assets:\n    - .env\n"}, []string{"Flutter app asset"}},
		{".env", "K=KEY", []string{"pubspec.yaml=flutter:\n  assets:\n    - other\n  fonts:\n    - .env\n"}, []string{""}},
		{"assets/a.json", `"KEY"`, []string{"pubspec.yaml=flutter:\n  assets:\n    - assets/\n"}, []string{"Flutter app asset"}},
		{"Assets/Scripts/A.cs", "var k = \"KEY\";", []string{"ProjectSettings"}, []string{"Unity game source"}},
		{"Assets/Editor/A.cs", "var k = \"KEY\";", []string{"ProjectSettings"}, []string{""}},
		{"app.json", `{"expo": {"extra": {"k": "KEY"}}}`, nil, []string{"Expo app configuration"}},
		{"app.json", `{"name": "heroku", "env": "KEY"}`, nil, []string{""}},
		{"app.config.ts", `export default defineAppConfig({ k: "KEY" })`, nil, []string{"Nuxt app configuration"}},
		{"capacitor.config.ts", "const config = { plugins: { X: { k: 'KEY' } } }", nil, []string{"Capacitor app configuration"}},
		{"docusaurus.config.js", "module.exports = { customFields: { k: 'KEY' } }", nil, []string{"Docusaurus site configuration"}},
		{"config.xml", `<widget><preference name="k" value="KEY"/></widget>`, nil, []string{"Cordova app configuration"}},
		{"config.xml", `<hudson><k>KEY</k></hudson>`, nil, []string{""}},
		{"Assets/Resources/a.json", `{"k": "KEY"}`, []string{"ProjectSettings"}, []string{"Unity app asset"}},
		{"Assets/Data/a.json", `{"k": "KEY"}`, []string{"ProjectSettings"}, []string{""}},
		{"app.config.js", "export default { expo: { extra: { k: 'KEY' }, hooks: { postPublish: [{ config: { token: 'KEY' } }] }, k: 'KEY' } }", nil, []string{"Expo app configuration", "", "Expo app configuration"}},
		{"ext/manifest.json", `{"manifest_version": 3, "k": "KEY"}`, nil, []string{"browser extension manifest"}},
		// Tauri packs what its configuration says, and compiles that and the source
		{"ui/a.txt", "KEY", []string{`src-tauri/tauri.conf.json={"build": {"distDir": "../ui"}}`}, []string{"Tauri app page"}},
		{"a.txt", "KEY", []string{`src-tauri/tauri.conf.json={"build": {"frontendDist": ".."}}`}, []string{""}},
		{"a.txt", "KEY", []string{`src-tauri/tauri.conf.json={"build": {"frontendDist": "http://localhost:1420"}}`}, []string{""}},
		{"src-tauri/res/a.json", `"KEY"`, []string{`src-tauri/tauri.conf.json={"bundle": {"resources": ["res/*"]}}`}, []string{"Tauri app resource"}},
		{"data/b/c.txt", "KEY", []string{`src-tauri/tauri.conf.json={"bundle": {"resources": {"../data/**/*": "data/"}}}`}, []string{"Tauri app resource"}},
		{"data/a.txt", "KEY", []string{`src-tauri/tauri.conf.json={"tauri": {"bundle": {"resources": ["../data/a.txt"]}}}`}, []string{"Tauri app resource"}},
		{"data/b.txt", "KEY", []string{`src-tauri/tauri.conf.json={"tauri": {"bundle": {"resources": ["../data/a.txt"]}}}`}, []string{""}},
		{"src-tauri/src/main.rs", `const K: &str = "KEY";`, []string{`src-tauri/tauri.conf.json={}`}, []string{"Tauri app source"}},
		{"src-tauri/build.rs", "// KEY", []string{`src-tauri/tauri.conf.json={}`}, []string{""}},
		{"src/main.rs", "// KEY", nil, []string{""}},
		{"src-tauri/tauri.conf.json", `{"plugins": {"k": "KEY"}}`, []string{`src-tauri/tauri.conf.json={}`}, []string{"Tauri app configuration"}},
		// Xcode
		{"App/Assets.xcassets/a.dataset/a.json", `"KEY"`, []string{`App/Assets.xcassets/a.dataset/Contents.json={"data": [{"filename": "a.json"}]}`}, []string{"iOS or macOS asset catalog"}},
		{"App/Assets.xcassets/a.dataset/README.md", `"KEY"`, []string{`App/Assets.xcassets/a.dataset/Contents.json={"data": [{"filename": "a.json"}]}`}, []string{""}},
		{"App.xcodeproj/project.pbxproj", "{\n buildSettings = {\n  K = KEY;\n };\n shellScript = \"x KEY\";\n}", nil, []string{"Xcode build settings", ""}},
		// servers in other languages
		{"src/main/webapp/js/a.js", "const k = 'KEY'", []string{"pom.xml"}, []string{"files served from src/main/webapp/"}},
		{"src/main/webapp/WEB-INF/a.js", "const k = 'KEY'", []string{"pom.xml"}, []string{""}},
		{"src/main/webapp/META-INF/context.xml", "KEY", []string{"pom.xml"}, []string{""}},
		{"src/main/webapp/app/a.spec.js", "const k = 'KEY'", []string{"pom.xml"}, []string{""}},
		{"app/assets/builds/a.js", "const k = 'KEY'", []string{"Gemfile"}, []string{"Rails asset build"}},
		{"app/assets/builds/a.js", "const k = 'KEY'", nil, []string{""}},
		// SvelteKit, Fresh
		{"src/hooks.ts", "export const k = 'KEY'", []string{svelte}, []string{"SvelteKit app source"}},
		{"src/hooks.server.ts", "export const k = 'KEY'", []string{svelte}, []string{""}},
		{"src/params/id.ts", "export const k = 'KEY'", []string{svelte}, []string{"SvelteKit app source"}},
		{"routes/(_islands)/a.tsx", "export default () => 'KEY'", []string{fresh}, []string{"Fresh island"}},
		{"islands/a.tsx", "export default () => 'KEY'", []string{fresh, "fresh.gen.ts"}, []string{"Fresh island"}},
		{"routes/a.tsx", "export default () => 'KEY'", []string{fresh, "fresh.gen.ts"}, []string{""}},
		{"extension/source/a.ts", "const k = 'KEY'", []string{vite, `extension/source/manifest.json={"manifest_version": 3}`}, []string{"browser extension source"}},
		{"scripts/a.ts", "const k = 'KEY'", []string{vite, `manifest.json={"manifest_version": 3}`}, []string{""}},
		// what a bundle was compressed to, by its name
		{".next/static/a.js.br", "KEY", nil, []string{"Next.js client bundle"}},
		{"dist/a.min.js.zst", "KEY", nil, []string{"minified script"}},
	} {
		if got := exposures(test.file, test.text, test.others...); !slices.Equal(got, test.want) {
			t.Errorf("%s beside %q:\n%s\ngot  %q\nwant %q", test.file, test.others, test.text, got, test.want)
		}
	}
}

// TestServerRoutes wants the advice of each kind of project.
func TestServerRoutes(t *testing.T) {
	for others, want := range map[string]string{
		"package.json next.config.js app":       "app/api/inspecto/route.ts",
		"package.json next.config.js src/pages": "src/pages/api/inspecto.ts",
		"package.json nuxt.config.ts":           "server/api/inspecto.ts",
		"package.json svelte.config.js":         "src/routes/api/inspecto/+server.ts",
		"package.json metro.config.js":          "a backend of your own",
		"package.json netlify.toml":             "netlify/functions",
		"package.json":                          "",
		"":                                      "",
	} {
		got := neighbourhood{exists: existsAmong(others)}.projectOf("src/a.ts").route()
		if !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: got %q", others, got)
		}
	}
}

// FuzzJudgeSource: no text makes the judgement panic or hang, and regions lie
// in the text.
func FuzzJudgeSource(f *testing.F) {
	for _, text := range []string{"'use client'\n`${a`b`}`/re/'x", "export const loader = ({", "---\n", "<script>", "{'use server'", "buildConfigField(\n", "/*", "`${"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, file := range []string{"app/routes/a.tsx", "a.astro", "a.php", "build.gradle", "pages/a.js"} {
			e := newSource(file, []byte(text), neighbourhood{}).judge()
			for _, r := range append(e.server, e.only...) {
				if r.start < 0 || r.end < r.start || r.end > len(text) {
					t.Errorf("%s: region %v of %d bytes", file, r, len(text))
				}
			}
			e.at(len(text)/2, "a")
		}
	})
}
