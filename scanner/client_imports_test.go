package scanner

import "testing"

// TestImportAt reads statements whose names have the statements' own words in them,
// and such as import nothing.
func TestImportAt(t *testing.T) {
	for text, want := range map[string]importClause{
		`import { a } from "./x"`:                               {0, "{ a }", true},
		`import { importAll, exportAll as b } from "./x"`:       {0, "{ importAll, exportAll as b }", true},
		"import {\n  exportAll,\n  importAll,\n} from \"./x\"":  {0, "{\n  exportAll,\n  importAll,\n}", true},
		`import reimport from "./x"`:                            {0, "reimport", true},
		`import a from "./y"; export * as exported from "./x"`:  {21, "* as exported", false},
		`import importedBefore from "./y"; import "./x"`:        {46, "", false},
		`const exported = 1; import { type A } from "./x"`:      {20, "{ type A }", true},
		`export { default as exporter, b } from "./x"`:          {0, "{ default as exporter, b }", false},
		`import type { Importer } from "./x"`:                   {0, "type { Importer }", true},
		`import exports, { imports } from "./x"; const y = "z"`: {0, "exports, { imports }", true},
	} {
		modules := modulesIn([]byte(text))
		var last importedModule
		for _, m := range modules {
			if m.name == "./x" {
				last = m
			}
		}
		got, ok := importAt([]byte(text), last)
		if last.name != "./x" || !ok || got.names != want.names || got.gives != want.gives || want.names != "" && got.start != want.start {
			t.Errorf("%q: %+v %t, want %+v", text, got, ok, want)
		}
	}
}
