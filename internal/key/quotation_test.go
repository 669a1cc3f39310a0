package key

import (
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"
)

// codeCases are pieces of programs: of BODY, or HEAD and TAIL, which are two pieces of it.
var codeCases = []string{
	"k = \"insp_\" + \"BODY\"", "k = \"insp_\" +\n    \"BODY\"", "k = 'insp_' .\n  'HEAD' .\n  'TAIL';", "k = \"insp_HEAD\" &\r\n    \"TAIL\"",
	"k = (\"insp_\"\n     \"BODY\")", "char *k = \"insp_\"\n  \"HEAD\"\n  \"TAIL\";", "k = \"insp_\"\nk += \"BODY\"", "k = [\n  \"insp_\",\n  \"BODY\",\n].join(\"\")",
	"fmt.Sprintf(\n\t\"insp_%s\",\n\t\"BODY\",\n)", "k = \"insp_{}\".format(\n  \"BODY\")", "k = `insp_${\"BODY\"}`", "k = \"insp_\" + // the rest\n  \"BODY\"",
	"k = \"insp\" + \"_BODY\"", "k = 'in' .\n  'sp_' .\n  'BODY';", "k = \"in\" +\n    \"sp_HEAD\" +\n    \"TAIL\"",
	"k = \"insp_test_HEAD\" +\n  \"TAIL\"", "k = \"Bearer insp_test_\" +\n  \"BODY\"",
}

func inLines(mark string) func(string) string {
	return func(code string) string { return mark + strings.ReplaceAll(code, "\n", "\n"+mark) }
}

// quotes are how a program stands in another text.
var quotes = map[string]func(string) string{
	"//":    inLines("// "),
	"#":     inLines("# "),
	"#, no": inLines("#"),
	"--":    inLines("  -- "),
	"*":     func(s string) string { return "/**\n" + inLines(" * ")(s) + "\n */" },
	"/*":    func(s string) string { return "/* " + strings.ReplaceAll(s, "\n", "\n * ") + " */" },
	"///":   inLines("\t/// "),
	"%":     inLines("% "),
	";;":    inLines(";; "),
	"later": func(s string) string { return "x = 1 // " + strings.ReplaceAll(s, "\n", "\n      // ") },
	"+":     func(s string) string { return "@@ -1 +1,9 @@\n" + inLines("+")(s) + "\n rest" },
	"-":     func(s string) string { return "@@ -1,9 +1 @@\n" + inLines("-\t")(s) + "\n rest" },
	"+, -": func(s string) string {
		return "@@ -1,9 +1,9 @@\n x\n" + strings.ReplaceAll("+"+s, "\n", "\n-old\n+") + "\n"
	},
	"+, ' '":            func(s string) string { return "@@ -1,9 +1,9 @@\n x\n" + strings.ReplaceAll("+"+s, "\n", "\n ") + "\n" },
	"+ //":              func(s string) string { return "@@ -1 +1,9 @@\n" + inLines("+  // ")(s) + "\n" },
	"JSON":              func(s string) string { return `{"code": ` + jsonOf(s) + `}` },
	"JSON twice":        func(s string) string { return `{"code": ` + jsonOf(`{"code": `+jsonOf(s)+`}`) + `}` },
	"JSON of a comment": func(s string) string { return `{"code": ` + jsonOf(inLines("# ")(s)) + `}` },
	`\u0022`: func(s string) string {
		return `{"code": "` + strings.NewReplacer(`"`, `\u0022`, "'", `\u0027`, "+", `\u002b`, "&", `\u0026`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + `"}`
	},
	"HTML": func(s string) string { return "<pre>" + html.EscapeString(s) + "</pre>" },
	"HTML by name": func(s string) string {
		return "<pre>" + strings.NewReplacer("&", "&amp;", `"`, "&quot;", "'", "&apos;", "+", "&plus;", "\n", "&#10;").Replace(s) + "</pre>"
	},
	"HTML, hex": func(s string) string {
		return `<a b="` + strings.NewReplacer("&", "&amp;", `"`, "&#x22;", "'", "&#x27;").Replace(s) + `">`
	},
	"CSV": func(s string) string { return `1,"` + strings.ReplaceAll(s, `"`, `""`) + `",2` },
	"SQL": func(s string) string { return `insert into a values ('` + strings.ReplaceAll(s, `'`, `''`) + `')` },
	"URL": func(s string) string { return "?code=" + url.PathEscape(s) },
	"JSON of a diff": func(s string) string {
		b, _ := json.Marshal("@@ -1 +1,9 @@\n" + inLines("+")(s) + "\n")
		return string(b)
	},
}

// TestQuotedCode: a program whose literals make a key, in another text.
func TestQuotedCode(t *testing.T) {
	n := 700
	for name, quote := range inOrder(quotes) {
		for _, code := range codeCases {
			if name == "JSON of a comment" && strings.Contains(code, "'in'") {
				continue // README.md says so: of what is escaped only line breaks are seen
			}
			n++
			want := Prefix + body64(n)
			if strings.Contains(code, SandboxPrefix) {
				want = SandboxPrefix + body64(n)
			}
			text := "\nbefore;\n" + quote(strings.NewReplacer("BODY", body64(n), "HEAD", body64(n)[:30], "TAIL", body64(n)[30:]).Replace(code)) + "\nbehind;\n"
			wantFound(t, name+": "+code, text, want, Medium, [][]string{{"split"}})
			wantPlace(t, text, Prefix, body64(n))
		}
	}
}

// TestQuotedCodeNot: what stands beside each other in lines that are marked, or in what is
// escaped, and is not put together.
func TestQuotedCodeNot(t *testing.T) {
	for _, text := range []string{
		"- \"insp_\"\n- \"BODY\"\n", "- 'insp_'\n- 'BODY'\n", "* \"insp_\"\n* \"BODY\"\n", "- insp_\n- BODY\n",
		"/*\n * \"insp_\"\n * \"BODY\"\n */", "# \"insp_\"\n# \"BODY\"\n", "// \"insp_\"\n// \"BODY\"\n", "// insp_\n// BODY\n", "// \"insp_\",\n// \"BODY\",\n",
		"// the prefix is \"insp_\" and\n// \"BODY\" the sum", "// k = \"insp_\" +\nk = \"BODY\"", "# k = \"insp_\" +\n// \"BODY\"", "// k = \"insp_\" +\n// \"BODY0\"",
		"@@ -1 +1 @@\n-k = \"insp_\" +\n+k = \"BODY\"\n", "@@ -1 +1 @@\n+k = \"insp_\" +\n-  \"BODY\"\n+  other\n", "@@ -1 +1 @@\n-k = \"insp_\" +\n-  other\n+  \"BODY\"\n",
		"@@ -1,2 +1,2 @@\n - \"insp_\"\n - \"BODY\"\n", "@@ -1,2 +1,2 @@\n+- \"insp_\"\n+- \"BODY\"\n",
		`{"a": "\"insp_\"", "b": "\"BODY\""}`, `{"a": "\"insp_\", \"BODY\""}`, `"a ""insp_""","BODY"`, `"a ""insp_""","""BODY"""`, `"a ""insp_"", ""BODY"""`,
		`<td>&quot;insp_&quot;</td><td>&quot;BODY&quot;</td>`, `&quot;insp_&quot;, &quot;BODY&quot;`, `&quot;insp_&quot; = &quot;BODY&quot;`, `&quot;insp_&quot; + x + &quot;BODY&quot;`,
		`{"a": "fmt.Sprintf(\"insp_%s_%s\", a, \"BODY\")"}`, `{"a": "check(\"insp_%s\", \"BODY\")"}`, `&quot;insp_&quot; + &quot;BODY0&quot;`,
	} {
		for m := range Find([]byte(strings.ReplaceAll(text, "BODY", body64(800)))) {
			t.Errorf("%q: found %s", text, m.Secret.Masked())
		}
	}
}
