package scanner

import (
	"bytes"
	"path"
	"slices"
	"strings"
)

// Pages, and what apps for telephones and games are made of.

var (
	scriptElement  = newExpression(`(?is)<script\b[^>]*>.*?</script\s*>`)
	serverScript   = newExpression(`(?is)\A<script\b[^>]*(?:\brunat=["']?server|\bserver\b[^>=]*>)`)
	serverTags     = newExpression(`(?is)<%.*?%>|<\?(?:php|=).*?(?:\?>|\z)|\{#.*?#\}|\{%-?\s*comment.*?endcomment\s*-?%\}|\{\{-?\s*/\*.*?\*/\s*-?\}\}|\{\{!--.*?--\}\}|\{\{--.*?--\}\}`)
	astroFrontHead = newExpression(`\A[\s\x{feff}]*---[ \t]*\r?\n(?s:.*?)\n---[ \t]*(?:\r?\n|\z)`)
)

// judgePage judges a page of HTML: all of it is sent, but what a template's
// engine takes out.
func judgePage(s *source) exposure {
	return exposure{what: "HTML page", server: serverTags.regions(s.content)}
}

// judgeTemplate judges a page with server code in it: its inline scripts are
// sent.
func judgeTemplate(s *source) exposure {
	scripts := slices.DeleteFunc(scriptElement.regions(s.content), func(r region) bool {
		return serverScript.match(s.content[r.start:r.end])
	})
	if len(scripts) == 0 {
		return exposure{}
	}
	return exposure{what: "inline script of a page", parts: true, only: scripts, server: serverTags.regions(s.content)}
}

// judgeAstro judges a component whose frontmatter runs on the server or in the
// build.
func judgeAstro(s *source) exposure {
	return exposure{what: "Astro component", server: astroFrontHead.regions(s.content)}
}

// judgeMarkdown judges what a site is written in. What its authors read alone
// (README.md) is none of it.
func judgeMarkdown(s *source) exposure {
	tree := s.near.projectOf(s.file).treeOf(markdownTrees, s.file)
	if tree == nil || s.base == "readme.md" {
		return exposure{}
	}
	return exposure{what: tree.what}
}

// Storybook builds its stories, and what configures its pages, into a site.
var (
	storyNames     = []string{"*.stories.*", "*.story.*"}
	storybookNames = []string{"preview.*", "manager.*", "preview-head.html", "preview-body.html", "manager-head.html"}
)

// storybook names a file that Storybook builds into its site.
func (s *source) storybook() string {
	dirs := splitPlace(s.file).dirs
	switch {
	case len(dirs) > 0 && dirs[len(dirs)-1] == ".storybook" && matchesAny(storybookNames, s.base):
		return "Storybook configuration"
	case isComponentStory(s.base) && !slices.Contains(dirs, installed):
		return "Storybook story"
	}
	return ""
}

func isComponentStory(base string) bool {
	return matchesAny(storyNames, base) && (slices.Contains(scriptEndings, path.Ext(base)) || slices.Contains([]string{".mdx", ".svelte", ".vue"}, path.Ext(base)))
}

// judgeAndroidResource judges XML below a res directory.
func judgeAndroidResource(s *source) exposure {
	dirs := splitPlace(s.file).dirs
	if deepest(dirs, []string{
		"src/*/res", "res/values*", "res/xml*", "res/raw*", "res/layout*", "res/navigation*",
	}) == 0 {
		return exposure{}
	}
	return exposure{what: "Android resources"}
}

var gradleField = newExpression(`\b(?:buildConfigField|resValue|manifestPlaceholders|BuildConfigField)\b`)

// judgeGradle judges the statements of a build that write values into an app,
// and names that they use.
func judgeGradle(s *source) exposure {
	e := exposure{what: "value that Gradle builds into the app", parts: true}
	for _, m := range gradleField.Get().FindAllIndex(s.content, -1) {
		e.only = append(e.only, statementAround(s.content, m[0], m[1]))
	}
	if len(e.only) == 0 {
		return exposure{}
	}
	for _, line := range assignedLines(s.content) {
		if slices.ContainsFunc(e.only, func(r region) bool { return mentions(s.content[r.start:r.end], line.name) }) {
			e.only = append(e.only, line.region)
		}
	}
	return e
}

// statementAround is the line that begins at start, and those after it as far
// as its brackets or a comma at its end reach.
func statementAround(text []byte, start, end int) region {
	r := region{bytes.LastIndexByte(text[:start], '\n') + 1, end}
	depth := 0
	for i := r.start; i < len(text); i++ {
		switch text[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case '\n':
			line := bytes.TrimRight(text[r.start:i], " \t\r")
			if depth <= 0 && !bytes.HasSuffix(line, []byte(",")) && !bytes.HasSuffix(line, []byte("=")) {
				r.end = i
				return r
			}
		}
	}
	r.end = len(text)
	return r
}

// An assignedLine is a line that gives a name a value.
type assignedLine struct {
	region
	name string
}

var gradleAssignment = newExpression(`(?m)^\s*(?:def|val|var|ext\.|extra\[")?\s*"?([A-Za-z_]\w*)"?\]?\s*(?::\s*String\s*)?=.*$`)

func assignedLines(text []byte) []assignedLine {
	var found []assignedLine
	for _, m := range gradleAssignment.Get().FindAllSubmatchIndex(text, -1) {
		found = append(found, assignedLine{region{m[0], m[1]}, string(text[m[2]:m[3]])})
	}
	return found
}

func mentions(text []byte, name string) bool {
	for i := 0; ; i += len(name) {
		n := bytes.Index(text[i:], []byte(name))
		if n < 0 {
			return false
		}
		i += n
		if wordAt(text, i, len(name)) {
			return true
		}
	}
}

// gradlePlugin writes all of a file's values into an app: com.google.android.libraries.mapsplatform.secrets-gradle-plugin.
// It reads local.properties, unless its block names another.
var (
	gradlePlugin    = newExpression(`\bsecrets-gradle-plugin\b`)
	gradlePropFiles = newExpression(`\b(?:propertiesFileName|defaultPropertiesFileName)\s*=\s*["']([\w./-]{1,100})["']`)
	propertyLine    = newExpression(`(?m)^[ \t]*([A-Za-z_][\w.-]*)[ \t]*[=:].*$`)
)

// judgeGradleProperties judges the values of local.properties and its like: those
// that the build of an app beside it writes into the app.
func judgeGradleProperties(s *source) exposure {
	e := exposure{what: "value that Gradle builds into the app", parts: true}
	dir := strings.Join(splitPlace(s.file).dirs, "/")
	for _, name := range []string{"build.gradle", "build.gradle.kts", "app/build.gradle", "app/build.gradle.kts"} {
		text := s.near.text(path.Join(dir, name))
		if text == nil {
			continue
		}
		if gradlePlugin.match(text) && namesProperties(text, s.base) {
			return exposure{what: e.what}
		}
		build := judgeGradle(newSource(path.Join(dir, name), text, s.near))
		for _, m := range propertyLine.Get().FindAllSubmatchIndex(s.content, -1) {
			property := string(s.content[m[2]:m[3]])
			if slices.ContainsFunc(build.only, func(r region) bool {
				statement := text[r.start:r.end]
				return mentions(statement, property) || mentions(statement, "$"+property) // in a string of Groovy or Kotlin
			}) {
				e.only = append(e.only, region{m[0], m[1]})
			}
		}
	}
	if len(e.only) == 0 {
		return exposure{}
	}
	return e
}

// namesProperties reports whether the plugin reads a file of that name.
func namesProperties(build []byte, base string) bool {
	named := base == "local.properties"
	for _, m := range gradlePropFiles.Get().FindAllSubmatch(build, -1) {
		named = named || strings.EqualFold(path.Base(string(m[1])), base)
	}
	return named
}

// judgeAndroidNative judges C and C++ that is compiled into an app's libraries.
func judgeAndroidNative(s *source) exposure {
	dirs := splitPlace(s.file).dirs
	for _, native := range []string{"cpp", "jni"} {
		if at := slices.Index(dirs, native); at > 0 && s.near.has(strings.Join(dirs[:at], "/"), "AndroidManifest.xml") {
			return exposure{what: "Android app source"}
		}
	}
	return exposure{}
}

var androidImport = newExpression(`(?m)^\s*import\s+(?:android|androidx|com\.google\.android|dagger\.hilt\.android)\.`)

// judgeAndroidCode judges Kotlin and Java.
func judgeAndroidCode(s *source) exposure {
	p := splitPlace(s.file)
	for _, language := range []string{"java", "kotlin"} {
		if at := slices.Index(p.dirs, language); at > 0 && s.near.has(strings.Join(p.dirs[:at], "/"), "AndroidManifest.xml") {
			return exposure{what: "Android app source"}
		}
	}
	if androidImport.match(s.content) {
		return exposure{what: "Android app source"}
	}
	return exposure{}
}

// daemonList tells property lists of launchd, which no app ships.
var daemonList = newExpression(`<key>(?:ProgramArguments|StartInterval|StartCalendarInterval|RunAtLoad|PayloadContent)</key>`)

func judgePropertyList(s *source) exposure {
	if daemonList.match(s.content) {
		return exposure{}
	}
	return exposure{what: "iOS or macOS property list"}
}

var (
	appleServer = newExpression(`(?m)^\s*(?:@\w+\s+)?import\s+(?:Vapor|Hummingbird|Kitura|NIO\w*|AWSLambdaRuntime|ArgumentParser)\b`)
	appleApp    = newExpression(`(?m)^\s*(?:import\s+(?:UIKit|SwiftUI|AppKit|WidgetKit|WatchKit|Cocoa)\b|#import\b|@import\b|@implementation\b)`)
)

// judgeAppleCode judges Swift and Objective-C: an app's, unless it is a
// server's or a tool's package.
func judgeAppleCode(s *source) exposure {
	inPackage := slices.Contains(splitPlace(s.file).dirs, "Sources") || s.base == "package.swift"
	switch {
	case appleServer.match(s.content):
		return exposure{}
	case appleApp.match(s.content), s.ext == ".swift" && !inPackage:
		return exposure{what: "iOS or macOS app source"}
	}
	return exposure{}
}

var (
	flutterImport = newExpression(`(?m)^\s*import\s+['"]package:flutter`)
	dartServer    = newExpression(`(?m)^\s*import\s+['"]package:(?:shelf|dart_frog|serverpod|conduit|angel)[a-z_]*/`)
	flutterSDK    = newExpression(`(?m)^\s*sdk:\s*flutter\s*$`)
)

// judgeDart judges the source of Flutter apps.
func judgeDart(s *source) exposure {
	const app = "Flutter app source"
	if dartServer.match(s.content) {
		return exposure{}
	}
	if flutterImport.match(s.content) {
		return exposure{what: app}
	}
	p := splitPlace(s.file)
	for at, dir := range p.dirs {
		top := strings.Join(p.dirs[:at], "/")
		if dir == "lib" && s.near.has(top, "pubspec.yaml") && flutterSDK.match(s.near.text(strings.TrimPrefix(top+"/pubspec.yaml", "/"))) {
			return exposure{what: app}
		}
	}
	return exposure{}
}

// judgeUnity judges what Unity builds into a game: what lies below Assets, and the
// player's settings.
func judgeUnity(s *source) exposure {
	dirs := splitPlace(s.file).dirs
	if n := len(dirs) - 1; n >= 0 && dirs[n] == "ProjectSettings" && s.base == "projectsettings.asset" && s.near.has(strings.Join(dirs[:n], "/"), "Assets") {
		return exposure{what: "Unity player settings"}
	}
	at := slices.Index(dirs, "Assets")
	if at < 0 || slices.Contains(dirs, "Editor") || slices.Contains(dirs, "Tests") ||
		!s.near.has(strings.Join(dirs[:at], "/"), "ProjectSettings") {
		return exposure{}
	}
	return exposure{what: "Unity game source"}
}
