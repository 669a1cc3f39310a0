package scanner

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
)

func TestWordSets(t *testing.T) {
	for expr, want := range map[string]string{
		`\bwindow\.[A-Za-z]|\btypeof window\b`:     "window.,typeof window",
		`\bon(?:Click|Change)\$?=\{`:               "onClick,onChange ={",
		`\b(?:chrome|browser)\.(?:runtime|tabs)\b`: "chrome.runtime,chrome.tabs,browser.runtime,browser.tabs",
		`a+(?:bcd)+e*`: "a bcd",
		`(?i)abc`:      "",
		`abc|[0-9]`:    "",
		`x(?:abc)?`:    "x",
		`\bexport\s+(?:default\b|\{[^}]*\bdefault\b)`: "export default,default",
		`(?:abc){2,3}`:                                  "abc",
		`["'](?:react|preact)["']`:                      "react,preact",
		`\.(?:getItem|setItem|[a-zA-Z]+\s*=)`:           ". getItem,setItem,=",
		`^\s*import\s+(?:(?:UIKit|SwiftUI)\b|Cocoa\b)$`: "import UIKit,SwiftUI,Cocoa",
	} {
		parsed, err := syntax.Parse(expr, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, set := range wordSets(parsed) {
			got = append(got, strings.Join(set, ","))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", expr, got, want)
		}
	}
}

// judgingExpressions are those that have words.
func judgingExpressions() []wordExpression {
	all := []wordExpression{pageUse, databaseClient, defaultExport, serverCalls, reactHook, handlerCall, routeFunctions, serverDirective}
	all = append(all, serverFunctions...)
	for _, mark := range clientMarks {
		if mark.pattern.Value != nil {
			all = append(all, mark.pattern)
		}
	}
	return all
}

// FuzzWordExpressions: where words are looked for first there is found what the
// expression finds in the whole text.
func FuzzWordExpressions(f *testing.F) {
	for _, seed := range []string{
		"import React, {useState} from 'react'\nwindow.x", "export const getServerSideProps = f;export function loader(){}", "typeof window typeof window",
		"import { PrismaClient } from \"@prisma/client\"", "<a onClick={() => 1}>", "localStorage.token = 1", "{ 'use server'", "export { a as default }",
		"a\n\n\nexport  async\nfunction GET() {}", "Deno.serve (x)", "document.title", "windowx.window.y", "import.meta.env.VITE_X chrome.tabs",
	} {
		f.Add(seed, "x", 100)
		f.Add(seed, ";", 3000)
	}
	f.Fuzz(func(t *testing.T, text, filler string, n int) {
		if len(filler) > 10 || n < 0 || n > 5000 || len(text) > 500 {
			return
		}
		text += strings.Repeat(filler, n) + text
		for _, p := range judgingExpressions() {
			got, want := p.all([]byte(text)), p.Get().FindAllStringIndex(text, -1)
			want = slices.DeleteFunc(want, func(m []int) bool { return m[1]-m[0] > wordReach/2 })
			got = slices.DeleteFunc(got, func(m []int) bool { return m[1]-m[0] > wordReach/2 })
			if !slices.EqualFunc(got, want, slices.Equal[[]int]) {
				t.Errorf("%s in %q: got %v, want %v", p.Get(), text, got, want)
			}
		}
	})
}

// formerImport is how import statements were looked for: what is read off once
// must give the same.
func formerImport(modules ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?:\bfrom\s*|\bimport\s*|\brequire\(\s*|\bimport\(\s*)["'](?:` + strings.Join(modules, "|") + `)["']`)
}

func FuzzModulesIn(f *testing.F) {
	for _, seed := range []string{
		`import a from"vue"`, "import\n'vue'", `require ("vue")`, `require( 'vue' )`, `import ( "vue" )`, `$from "vue"`, `x.from 'vue'`, `import"vue"`, `from "vue`, `export * from "vue"`,
	} {
		f.Add(seed)
	}
	former, list := formerImport("vue", "vuex?"), newModuleList("vue|vuex?")
	f.Fuzz(func(t *testing.T, text string) {
		// What may stand between a call and its bracket is new.
		if strings.ContainsAny(text, "\f$\v") || regexp.MustCompile(`(?:require|import)\s+\(|['"]\\|(?:from|import|require)-|-(?:from|import|require)|[^\x00-\x7f]`).MatchString(text) {
			return
		}
		if got, want := list.importedIn(modulesIn([]byte(text))), former.MatchString(text); got != want {
			t.Errorf("%q: got %t, want %t", text, got, want)
		}
	})
}
