package scanner

import (
	"bytes"
	"slices"
)

// codeRead is how much of a script is read to tell its kind: imports and the
// first use of the page come early, and a key turns up in few scripts.
const codeRead = 1 << 20

// serverModules lists modules that only Node has, or that only servers use. A
// bundler leaves their names in server code; in a browser they cannot load.
const serverModules = `node:[a-z_/]+|async_hooks|child_process|cluster|dgram|fs|fs/promises|http2|net|perf_hooks|readline|` +
	`tls|v8|vm|worker_threads|` +
	`express|fastify|koa|@hapi/hapi|@nestjs/core|ioredis|mongodb|mongoose|mysql2|pg`

var (
	serverModuleList = newModuleList(serverModules)
	staticStatement  = statementBefore(newExpression(`(?m)(?:^|[;}])\s*import\b[^;"']{0,400}\z`))
)

// staticImport reports whether an import statement of a script names a module of
// servers.
func staticImport(script []byte, modules []importedModule) bool {
	return slices.ContainsFunc(modules, func(m importedModule) bool {
		return serverModuleList.Get().MatchString(m.name) && staticStatement.opensFor(script, m)
	})
}

// requireCall reports whether a call requires a module of servers.
func requireCall(modules []importedModule) bool {
	return slices.ContainsFunc(modules, func(m importedModule) bool {
		return m.form == requireForm && serverModuleList.Get().MatchString(m.name)
	})
}

// bundlerMarks are what bundlers write into chunks that a browser loads.
var bundlerMarks = []string{
	"webpackChunk", "webpackJsonp", "__vite__mapDeps", "__vitePreload", `"modulepreload"`, "parcelRequire", "TURBOPACK", "System.register(",
}

// pageMarks are uses of the page that no server code makes.
var pageMarks = []string{
	"document.createElement(", "document.querySelector", "document.getElementById(", "document.addEventListener(", "document.body",
	"document.head", "document.cookie", "document.documentElement", "window.addEventListener(", "window.location", "localStorage.",
	"sessionStorage.", "customElements.define(", "navigator.userAgent", "navigator.serviceWorker",
	"chrome.runtime", "browser.runtime",
}

// pageUse finds uses of the page, and of what else only browsers have, in code
// that need not be a bundle's.
var pageUse = newWordExpression(`\bwindow\.[A-Za-z]|\bwindow\[|\btypeof window\b|\bnew XMLHttpRequest\b|\bcustomElements\.define\b|\$\(document\)|\$\.(?:ajax|getJSON|post|get)\(|` +
	`\b(?:localStorage|sessionStorage)\.(?:getItem|setItem|removeItem|clear|[a-zA-Z]+\s*=)|` +
	`\bnavigator\.(?:userAgent|serviceWorker|geolocation|clipboard|language|onLine|mediaDevices)\b|` +
	`\bdocument\.(?:create|querySelector|getElement|addEventListener|body|head|cookie|documentElement|title|location|forms|write\(|readyState|referrer)|` +
	`\bself\.addEventListener\(|\bimportScripts\(`)

// serverCode reports whether a script needs Node. An import statement decides,
// for no browser would load the script; a require call does only where nothing
// uses the page: WebAssembly's glue and many libraries ask first where they
// run.
func serverCode(script []byte) bool {
	script = head(script)
	if containsAny(script, bundlerMarks) {
		return false
	}
	modules := modulesIn(script)
	return staticImport(script, modules) || requireCall(modules) && !containsAny(script, pageMarks)
}

// clientCode reports whether a script uses the page, or was bundled for one.
func clientCode(script []byte) bool {
	script = head(script)
	return containsAny(script, bundlerMarks) || containsAny(script, pageMarks) || pageUse.match(script)
}

// unloadedClientCode is clientCode for a script that no page loads, though there
// are pages beside it. A server that renders pages holds the code of both: there
// a call that requires Node's modules decides as well, unless a bundler made the
// script for browsers.
func unloadedClientCode(script []byte) bool {
	script = head(script)
	modules := modulesIn(script)
	return clientCode(script) && !staticImport(script, modules) && (containsAny(script, bundlerMarks) || !requireCall(modules))
}

// bundledForBrowsers reports whether a bundler made a script for browsers.
func bundledForBrowsers(script []byte) bool {
	script = head(script)
	return containsAny(script, bundlerMarks) && !staticImport(script, modulesIn(script))
}

// head is as much of a script as is read to tell its kind.
func head(script []byte) []byte { return script[:min(len(script), codeRead)] }

func containsAny(text []byte, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return bytes.Contains(text, []byte(word)) })
}
