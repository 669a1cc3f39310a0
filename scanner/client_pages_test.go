package scanner

import (
	"slices"
	"strings"
	"testing"
)

// treeOf makes files of "NAME=TEXT" in a directory.
func treeOf(t *testing.T, files ...string) *existence {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		name, text, _ := strings.Cut(f, "=")
		writeTree(t, dir, name, text)
	}
	return &existence{root: dir}
}

func TestFileNames(t *testing.T) {
	for _, test := range []struct {
		text string
		bare bool
		want string
	}{
		{`import a from"./a.js";import('../b.mjs')`, false, "./a.js ../b.mjs"},
		{`["assets/a-1f.js","assets/b.css"]`, false, "assets/a-1f.js"},
		{"new Worker(new URL(`w.cjs?v=1`,import.meta.url))", false, "w.cjs"},
		{`fetch("config.json#x")`, false, "config.json"},
		{`// see a.js and "b.js.map", "c.json5"`, false, ""},
		{`a.js`, false, ""},
		{`"a.js`, false, ""},
		{`<script src=a.js>`, true, "a.js"},
		{`<script src=a.ts />`, true, "a.ts"},
		{`<script src="%PUBLIC_URL%/a.js">`, true, "/a.js"},
		{`<script src="<%= base %>a.js?<%= v %>">`, true, "a.js"},
		{`<script src="{{ url_for('static', filename='js/a.js') }}">`, true, "js/a.js"},
		{`<link rel="modulepreload" href="https://cdn.example.com/x/a.js">`, true, "https://cdn.example.com/x/a.js"},
	} {
		got := strings.Join(slices.Collect(fileNames([]byte(test.text), test.bare)), " ")
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.text, got, test.want)
		}
	}
}

func TestSite(t *testing.T) {
	for name, test := range map[string]struct {
		files []string
		want  string
	}{
		"chunks": {[]string{
			`index.html=<script type="module" src="/app/assets/index.js"></script>`,
			`assets/index.js=const m=["assets/lazy.js","assets/a.css"];import("./lazy.js");import"./shared.js"`,
			"assets/lazy.js=import'./deep.js'", "assets/shared.js=", "assets/deep.js=", "server.js=", "assets/server.js=",
		}, "assets/deep.js assets/index.js assets/lazy.js assets/shared.js"},
		"from another directory": {[]string{
			`a/index.html=<script src="../js/a.js"></script><script src="/js/b.js"></script>`, "js/a.js=fetch('data.json')", "js/b.js=", "js/c.js=", "js/data.json=", "a/data.json=",
		}, "js/a.js js/b.js js/data.json"},
		"relative to the page": {[]string{`a/index.html=<script src="js/a.js"></script>`, `a/js/a.js=fetch("data.json");require("package.json")`, "a/data.json=", "package.json="}, "a/data.json a/js/a.js"},
		"import map":           {[]string{`index.html=<script type="importmap">{"imports":{"x":"./x.mjs"}}</script>`, "x.mjs="}, "x.mjs"},
		"inline":               {[]string{`index.html=<script type="module">import "./x.mjs"</script><p>"./y.mjs"</p>`, "x.mjs=", "y.mjs="}, "x.mjs"},
		"comment":              {[]string{`index.html=<!-- <script src="x.js"></script> -->`, "x.js="}, ""},
		"filled in":            {[]string{`views/a.ejs=<script src="/js/x.js"></script>`, "public/js/x.js=", "js/y.js="}, "public/js/x.js"},
		"a test":               {[]string{`test/index.html=<script src="../x.js"></script>`, "x.js="}, ""},
		"outside":              {[]string{`index.html=<script src="../../x.js"></script><script src="https://example.com/y.js"></script>`, "x/y.js="}, ""},
		"an extension":         {[]string{`manifest.json={"manifest_version": 3, "content_scripts": [{"js": ["src/a.js"]}], "background": {"service_worker": "b.js"}}`, "src/a.js=", "b.js=importScripts('c.js')", "c.js=", "d.js="}, "b.js c.js src/a.js"},
		"another manifest":     {[]string{`manifest.json={"index.js": {"file": "a.js"}}`, "a.js="}, ""},
		"a loop":               {[]string{`index.html=<script src="a.js"></script>`, "a.js=import './b.js'", "b.js=import './a.js'"}, "a.js b.js"},
	} {
		t.Run(name, func(t *testing.T) {
			s := treeOf(t, test.files...).site("")
			var got []string
			for file := range s.loaded {
				got = append(got, file)
			}
			slices.Sort(got)
			if got := strings.Join(got, " "); got != test.want || s.partial {
				t.Errorf("got %q, want %q; partial: %t", got, test.want, s.partial)
			}
		})
	}
}

// A site with more pages than are read is known in part: what pages load is
// client code, and nothing is said of what they do not.
func TestSiteBounds(t *testing.T) {
	files := []string{`dist/index.html=<script src="a.js"></script>`}
	for i := range maxPages {
		files = append(files, "dist/p/"+strings.Repeat("x", i%100)+string(rune('a'+i/100))+".html=")
	}
	e := treeOf(t, append(files, "dist/a.js=", "dist/b.js=", "package.json={}")...)
	s := search{exists: e.has, read: e.read, site: e.site}
	if got := s.loading("dist/a.js"); got != loadedByPage {
		t.Errorf("a.js: got %d", got)
	}
	if got := s.loading("dist/b.js"); got != loadingUnknown {
		t.Errorf("b.js: got %d", got)
	}
}

func TestFilesBesidePages(t *testing.T) {
	const (
		page   = `dist/index.html=<script type="module" src="a.js"></script>`
		inner  = `dist/public/index.html=<script src="/a.js"></script>`
		config = "package.json={}"
	)
	for _, test := range []struct {
		file, text string
		others     []string
		want       string
	}{
		// an output with nothing but a package.json beside it
		{"dist/a.js", "let k='KEY'", []string{config, page}, webOutput},
		{"dist/a.js", "import fs from 'fs';let k='KEY'", []string{config, page}, webOutput},
		{"dist/c.js", "let k='KEY'", []string{config, page, "dist/a.js=import './c.js'"}, webOutput},
		{"dist/server.js", "let k='KEY';export default{fetch(){}}", []string{config, page}, ""},
		{"dist/api.js", "let k='KEY';exports.handler=()=>k", []string{config, page}, ""},
		{"dist/render.js", "var h=require('http');let k='KEY';document.createElement('a')", []string{config, page}, webOutput},
		{"dist/render.js", "var h=require('fs');let k='KEY';document.createElement('a')", []string{config, page}, ""},
		{"dist/b.js", "let k='KEY';document.createElement('a')", []string{config, page}, webOutput},
		{"dist/7.chunk.js", "(self.webpackChunk=self.webpackChunk||[]).push([[7],{1:()=>{let k='KEY'}}])", []string{config, page}, webOutput},
		{"dist/config.json", `{"k":"KEY"}`, []string{config, page}, webOutput},
		{"dist/server.js.map", `{"sourcesContent":["KEY"]}`, []string{config, page, "dist/server.js=exports.handler=1"}, ""},
		{"dist/a.js.map", `{"sourcesContent":["KEY"]}`, []string{config, page, "dist/a.js=exports.handler=1"}, "source map, " + webOutput},
		// the pages have a directory of their own
		{"dist/server.js", "let k='KEY';typeof window", []string{config, inner}, ""},
		{"dist/index.js", "let k='KEY'", []string{config, "vite.config.ts=", inner}, ""},
		{"dist/index.js", "let k='KEY'", []string{config, "vite.config.ts=", inner, `index.html=<script src="/src/main.ts"></script>`}, ""},
		{"dist/public/a.js", "let k='KEY'", []string{config, inner}, "client bundle of a full-stack build"},
		{"dist/a.js", "let k='KEY'", []string{config, inner}, "script in dist/"}, // which the page loads
		{"dist/index.js", "let k='KEY'", []string{config, "vite.config.ts=", `dist/shop/index.html=`}, "Vite build output"},
		{"dist/copied.js", "let k='KEY'", []string{config, "vite.config.ts=", page}, "Vite build output"},
		// a page at the top loads what was built
		{"dist/main.js", "let k='KEY'", []string{config, `index.html=<script src="./dist/main.js"></script>`}, "script in dist/"},
		{"dist/popup.js", "let k='KEY'", []string{config, `dist/popup.html=<script src="popup.js"></script>`}, "script in dist/"},
		{"dist/browser.js", "let k='KEY'", []string{config, `examples/a.html=<script src="../dist/browser.js"></script>`}, "script in dist/"},
		{"dist/index.js", "let k='KEY'", []string{config, `examples/a.html=<script src="../dist/browser.js"></script>`}, ""},
		// source
		{"web/static/js/a.js", "const k = 'KEY'", []string{`web/templates/base.html=<script src="/static/js/a.js"></script>`}, "file that a page loads"},
		{"js/config.js", "const k = 'KEY'", []string{`index.html=<script src="js/config.js"></script>`}, "file that a page loads"},
		{"js/config.js", "const k = 'KEY'", []string{`index.html=<script src="js/app.js" type=module></script>`, "js/app.js=import {k} from './config.js'"}, "file that a page loads"},
		{"config.json", `{"k":"KEY"}`, []string{`index.html=<script>fetch("config.json")</script>`}, "file that a page loads"},
		{"src/inject.js", "const k = 'KEY'", []string{`manifest.json={"manifest_version":3,"content_scripts":[{"js":["src/inject.js"]}]}`}, "file that a page loads"},
		{"js/other.js", "const k = 'KEY'", []string{`index.html=<script src="js/config.js"></script>`}, ""},
		{"server.js", "const k = 'KEY'", []string{`index.html=<script src="server.js"></script>`}, ""},
		{"src/api.ts", "const k = 'KEY'", []string{config, `index.html=<script type=module src="/src/main.ts"></script>`, "src/main.ts=import './api'"}, "module that client code imports"},
		{"src/api.ts", "const k = 'KEY'", []string{config, `index.html=<script type=module src="/src/main.ts"></script>`, "src/main.ts="}, ""},
	} {
		key := factsKey(1)
		text := strings.Replace(test.text, "KEY", key, 1)
		e := treeOf(t, append(test.others, test.file+"="+text)...)
		s := search{path: test.file, exists: e.has, read: e.read, reachable: e.reachable, site: e.site}
		found, _ := s.buffer([]byte(text))
		if len(found) != 1 || found[0].place.Client != test.want {
			t.Errorf("%s with %s beside %q: got %+v, want %q", test.file, test.text, test.others, found, test.want)
		}
	}
}

// FuzzFileNames: a name that is found stands in the text, and is bounded.
func FuzzFileNames(f *testing.F) {
	f.Add(`<script src="a.js">import("./b.mjs")`, true)
	f.Fuzz(func(t *testing.T, text string, bare bool) {
		for name := range fileNames([]byte(text), bare) {
			if !strings.Contains(text, name) || len(name) > maxFileName+len("json") {
				t.Errorf("%q of %q", name, text)
			}
		}
	})
}
