package key

import (
	"strings"
	"testing"
)

// twoTexts are a prefix and a checksum, BODY, beside each other, which nothing makes one text.
var twoTexts = []string{
	`path.join("insp_", "BODY")`, `os.path.join("insp_", "BODY")`, `path.join('', "insp_", "BODY")`, `filepath.Join("insp_", "BODY")`, `Path.Combine("insp_", "BODY")`,
	`"-".join(["insp_", "BODY"])`, `":".join(("insp_","BODY"))`, `"\n".join(["insp_", "BODY"])`, `"_".join(["insp_", "BODY"])`, `["insp_", "BODY"].join("-")`, `["insp_", "BODY"].join(' ')`,
	`["insp_", "BODY"].join(path.sep)`, `strings.Join([]string{"insp_", "BODY"}, "/")`, `implode(':', ['insp_', 'BODY'])`, `join(", ", "insp_", "BODY")`, `join('-', 'insp_', 'BODY')`,
	`join("/", ["insp_", "BODY"])`, `String.join(",", "insp_", "BODY")`, `string.Join("-", "insp_", "BODY")`, `Joiner.on(',').join("insp_", "BODY")`, `table.concat({"insp_", "BODY"}, "-")`,
	`paste("insp_", "BODY")`, `paste("insp_", "BODY", sep = "-")`, `CONCAT_WS('-', 'insp_', 'BODY')`, `listOf("insp_", "BODY").joinToString("-")`, `listOf("insp_", "BODY").joinToString()`,
	`'insp_','BODY' -join ','`, `["in", "sp_BODY"]`, `["in", "sp_", "BODY"].join("-")`, `["insp", "BODY"].join("-")`, `["insp", "BODY"].join("")`, `["insp", "BODY"]`, `x_ = ["insp", "BODY"]`, `"_".join(["insp", "BODY0"])`, `"_".join(["insp", "HEAD", "TAIL"])`,
	`"_".join(["inspect", "BODY"])`, `"_".join(["insp", x, "BODY"])`,
	`let k = "insp_\(f("BODY"))"`, `let k = "insp_\("BODY0")"`, `"(insp_)" "(BODY)"`, `path.join("in", "sp_BODY")`, `"in" + "sp_", "BODY"`,
	`{"Fn::Join": ["-", ["insp_", "BODY"]]}`, `!Join ['-', ['insp_', 'BODY']]`, `format("insp_", "BODY")`, `format("%s: %s", "insp_", "BODY")`, `information("insp_", "BODY")`,
	`K: ${{ join(fromJSON('["insp_","BODY"]'), '-') }}`, `"%s %s" % ("insp_", "BODY")`, `"{}: {}".format("insp_", "BODY")`, `f(['insp_' 'BODY'])`,
	`strings.Replace(s, "insp_", "BODY", 1)`, `a = ["insp_", "BODY"]`,

	"| `insp_` | `BODY` |", "| `insp_` || `BODY` |", "Keys start with `insp_` (`BODY`).", "Keys start with `insp_`. `BODY` is a sum", "`insp_` `BODY`", "`insp_` & `BODY`", "`insp_`, `BODY`", "`insp_` > `BODY`",
	`<code>insp_</code> <code>BODY</code>`, "<b>insp_</b>\n<i>BODY</i>", `<b>insp_</b> BODY`, `<td><code>insp_</code></td> <td><code>BODY</code></td>`,

	"P = \"insp_\"\nsum = \"BODY\"", "P = \"insp_\"\nK = Q + \"BODY\"", "P = \"insp_\"\nK = PP + \"BODY\"", "P = \"insp_\"\nf(P, \"BODY\")", "P = \"insp_\"\nK = P + \"BODY0\"", "P = \"insp_\"\nK = P + \"aBODY\"",
	"P=insp_\nK=${Q}BODY", "P=insp_\nK=${P}-BODY", "P=insp_\nK=${P}_BODY", "P=insp_\nK=BODY", "P = \"insp_\"\nB = \"BODY\"\nK = B + P", "P = \"insp_\"\nB = \"BODY\"\nf(P, B)", "P = \"insp_\"\nif P == \"BODY\"",
	"f(\"insp_\")\nK = P + \"BODY\"", "see insp_, and P + \"BODY\"", "P = \"insp_\"\nK = P - \"BODY\"",

	"P = \"insp_\"\nSHA = \"BODY\"\nK = P + SHA[:12]", "P = \"insp_\"\nh = \"BODY\"\nK = P + h.length", "P=insp_\nB=BODY\nK=$P${B:0:12}", "P=insp_\nB=BODY\necho $P $B",
	"sum = \"BODY\"\nk = \"insp_\" + sum[:8]", "sum = \"BODY\"\nk = \"insp_${sum:0:8}\"", "sum=BODY\ntag=insp_$summary", "SUM=BODY\nk=insp_${SUM%%x*}", "sum = 'BODY'; k = `insp_${sum.slice(0, 8)}`", "sum = \"BODY\"\nk = \"insp_%.8s\" % sum",
	"B=BODY\necho insp_ $B", "sum = \"BODY\"\nk = \"insp_\"; sum = 3", `{"insp_": "x", "sum": "BODY"}`, "sum: BODY\ndoc: keys begin with `insp_` sum", `x = "insp_" SUM = "BODY"`, "f('insp_', sum);sum = 'BODY'", "sum = 'BODY'; log('insp_%s', other)",
	"k = \"insp_\" + total;\nsum = \"BODY\"", "if (sum == 'BODY') k = 'insp_' + sum", "sum = 'BODY0'; k = 'insp_' + sum", "sum = 'BODY'; k = 'insp_' + sum + 'x' + summary, p = 'insp_-' + sum",

	`{"insp_" "BODY"}`, `{:a 1 "insp_" "BODY"}`, `{"a" 1, "insp_" "BODY"}`, `(def m {"insp_" "BODY"})`, `(str/replace k "insp_" "BODY")`, `(assoc m "insp_" "BODY")`, `(list "insp_" "BODY")`, `["insp_" "BODY"]`,
	`'("insp_" "BODY")`, `(("insp_" "BODY") ("a" "b"))`, `("insp_" . "BODY")`, `(setq a '("insp_" . "BODY"))`, "(setq a '((\"b\" . \"c\")\n  (\"insp_\" . \"BODY\")))",
	`lib.replaceStrings ["insp_"] ["BODY"] s`, `HGET "insp_" "BODY"`, `redis-cli SET "insp_" "BODY"`, `HMSET "h" "insp_" "BODY"`, "redis-cli SET \"insp_\" \\\n  \"BODY\"",
	`grep "insp_" "BODY"`, `echo "insp_" "BODY"`, `'insp_' 'BODY'`, "x;\n\"insp_\" \"BODY\"", `f("insp_") ("BODY")`, `a = "insp_" > "BODY"`, `a = "insp_" | "BODY"`,
}

// oneText are those that are a key: of BODY, or HEAD and TAIL, which are two pieces of it.
var oneText = []string{
	`concat("insp_", "BODY")`, `CONCAT('insp_', 'BODY')`, `concatenate("insp_","BODY")`, `=CONCATENATE("insp_","BODY")`, `strcat("insp_", "BODY")`, `paste0("insp_", "BODY")`, `string.Concat("insp_", "BODY")`,
	`(concat "insp_" "BODY")`, `(str "insp_" "BODY")`, `(string-append "insp_" "BODY")`, `concatStrings ["insp_" "BODY"]`, `concatStringsSep "" ["insp_" "BODY"]`, `(str/join ["insp_" "BODY"])`, `(str/join "" ["insp_" "BODY"])`,
	`join('', 'insp_', 'BODY')`, `join '', 'insp_', 'BODY'`, `join("", ["insp_", "BODY"])`, `String.join("", "insp_", "BODY")`, `string.Join("", "insp_", "BODY")`, `strings.Join([]string{"insp_", "BODY"}, "")`,
	`''.join(["insp_", "BODY"])`, `''.join(["Bearer ", "insp_", "BODY"])`, `''.join(('insp_HEAD', 'TAIL'))`, `["insp_", "BODY"].join ''`, `["insp_", "BODY"].join`, `["insp_", "BODY"].join()`, `Enum.join(["insp_", "BODY"])`,
	`implode(['insp_', 'BODY'])`, `implode('', array('insp_', 'BODY'))`, `table.concat({"insp_", "BODY"})`, `paste("insp_", "BODY", sep = "")`, `CONCAT_WS('', 'insp_', 'BODY')`, `Joiner.on("").join("insp_", "BODY")`,
	`["insp_","BODY"].joined()`, `["insp_","BODY"].joined(separator: "")`, `listOf("insp_","BODY").joinToString("")`, `listOf("insp_","BODY").joinToString(separator = "")`, `List("insp_", "BODY").mkString`, `["insp_", "BODY"].concat()`,
	`Stream.of("insp_", "BODY").collect(Collectors.joining())`, `-join @('insp_','BODY')`, `-join('insp_','BODY')`, `'insp_','BODY' -join ''`, `@('insp_', 'BODY') -join ""`, `format!("{}{}", "insp_", "BODY")`,
	`['in','sp_','BODY'].join('')`, `''.join(["in", "sp_", "BODY"])`, `"".join(["i", "n", "s", "p", "_", "BODY"])`, `['insp', '_', 'HEAD', 'TAIL'].join('')`, `strings.Join([]string{"in", "sp_BODY"}, "")`, `concat("insp", "_BODY")`,

	`"_".join(["insp","BODY"])`, `['insp','BODY'].join('_')`, `strings.Join([]string{"insp","BODY"}, "_")`, `strings.Join([]string{"insp", "test", "BODY"}, "_")`, `string.Join("_", "insp_test", "BODY")`,
	`implode('_', ['insp', 'BODY'])`, `join("_", ["insp", "BODY"])`, `listOf("insp", "BODY").joinToString("_")`, `'insp','BODY' -join '_'`, `!Join ['_', ['insp', 'BODY']]`, "k = '_'.join([\n  'insp',\n  'test',\n  'BODY',\n])",

	`let k = "insp_\("BODY")"`, `let k = "in\("sp_BODY")"`, `auto k = R"(insp_)" R"(BODY)";`, `auto k = R"x(insp_HEAD)x"
    R"x(TAIL)x";`, `auto k = "insp_" R"(BODY)";`,

	`k = "insp_" "BODY"`, `f("insp_" "BODY")`, `f(x, g(y), "insp_" "BODY")`, `setenv("K", "insp_" "BODY", 1)`, `k = ("insp_" "BODY")`, "k = (  # the key\n  \"insp_\"\n  \"BODY\"\n)", `h = {"Authorization": "Bearer " "insp_" "BODY"}`,
	"#define KEY \"insp_\" \"BODY\"", "#define KEY \\\n  \"insp_\" \\\n  \"BODY\"", `return "insp_" "BODY";`, `puts "insp_" "BODY"`, `char k[] = {"insp_" "BODY"};`, `std::string k{"insp_" "BODY"};`, `a = ["x", "insp_" "BODY"]`, "a = [\n  \"insp_\" \"BODY\",\n]",
	`static const char *k PROGMEM = "insp_" "BODY";`, `k = b"insp_" b"BODY"`, `awk 'BEGIN { print "insp_" "BODY" }'`, `SELECT 'insp_' 'BODY'`, `K="insp_""BODY"`, `{ "KEY", "insp_" "BODY" },`,

	"const P = 'insp_';\nconst k = `${P}BODY`;", `const PREFIX="insp_";const KEY=PREFIX+"BODY";`, `var a="insp_",b="BODY",c=a+b;`, `const string P = "insp_"; var key = $"{P}BODY";`, `const P: &str = "insp_"; let k = P.to_owned() + x; let k = format!("{P}BODY");`,
	"PREFIX = \"insp_\"\nREST = \"BODY\"\nk = PREFIX + REST", "PREFIX = 'insp_'\nk = f'{PREFIX}BODY'", "PREFIX = 'insp_'\nk = \"#{PREFIX}BODY\"", "$prefix = 'insp_';\n$k = $prefix . 'BODY';", "P=insp_\nKEY=${P}BODY", `P=insp_; KEY="${P}BODY"`, "export P='insp_'\nexport KEY=$P\nexport KEY2=\"${P}BODY\"",
	"ARG P=insp_\nENV K=${P}BODY", "K := insp_\nK := $(K)BODY", "set P=insp_\nset K=%P%BODY", "#define P \"insp_\"\nstd::string k = std::string(P) + x; auto l = P + \"BODY\";", `const k = {prefix: 'insp_', body: 'BODY'}; export const key = k.prefix + k.body;`,
	"let p = \"insp_\"\nlet k = \"\\(p)BODY\"", "@prefix \"insp_\"\n@key @prefix <> \"BODY\"", "$P = \"insp_\"\n$K = \"$($P)BODY\"", "private static final String PREFIX = \"insp_\";\nprivate static final String KEY = PREFIX + \"BODY\";", "locals {\n  p = \"insp_\"\n  k = \"${local.p}BODY\"\n}",
	`class A { prefix = "insp_"; key = "x" + this.prefix + "BODY" }`, "set p insp_\nset k ${p}BODY", "P = \"insp_\"\nK = P + \"test_BODY\"", "p: \"insp_\"\nk: \"{{ p }}BODY\"",

	"define('P', 'insp_');\n$k = P . 'BODY';", "#define P \"insp_\"\nchar *k = P \"BODY\";", "P=insp_\nB=BODY\nK=\"$P$B\"", "B=BODY\nP=insp_\nK=\"$P$B\"", "B = \"BODY\"\nP = \"insp_\"\nK = P + B", "set P=insp_\nset B=BODY\nset K=%P%%B%", "P = \"insp_\"\nh = \"BODY\"\nK = P + h.trim()",

	"B = \"BODY\"\nk = \"insp_\" + B", `k = "BODY"; k = "insp_" + k`, "b := \"BODY\"\nk := fmt.Sprintf(\"insp_%s\", b)", "const b = 'BODY';\nconst k = `insp_${b}`;", "B=BODY\nKEY=insp_$B", "B=BODY\nKEY=insp_${B}", "KEY=insp_${B:-x}\nB=BODY",
	"B='BODY'\nk = f'insp_{B}'", "B='BODY'\nk = \"insp_#{B}\"", "let b = \"BODY\"\nlet k = \"insp_\\(b)\"", "b: BODY\nk: insp_{{ b }}", "b = \"BODY\"\nk = \"insp_{}\".format(b)", "b = \"BODY\"\nk = \"insp_%s\" % b", "$b = 'BODY';\n$k = 'insp_' . $b;",
	"B := BODY\nK := insp_$(B)", "B=BODY\nK=\"insp_\"$B", "set B=BODY\nset K=insp_%B%", "private static final String B = \"BODY\";\nString k = \"insp_\" + B;", "{body: 'BODY', get key() { return 'insp_' + this.body }}",
	"locals {\n  b = \"BODY\"\n  k = \"insp_${local.b}\"\n}", "INSPECTO_SECRET=BODY\nINSPECTO_KEY=insp_test_${INSPECTO_SECRET}", "#define B \"BODY\"\nchar *k = \"insp_\" B;", "define('B', 'BODY');\n$k = 'insp_' . B;",

	`k = "{}{}".format("insp_", "BODY")`, `k = "%s%s" % ("insp_", "BODY")`, `K: ${{ join(fromJSON('["insp_","BODY"]'), '') }}`, `k = ['insp_' 'BODY'];`,

	`$k = ("insp_" . "BODY");`, `("insp_" . "BODY")."x"`, `echo "insp_" . "BODY";`, "k = `insp_` + `BODY`", `cout << "insp_" << "BODY"`, `k = "insp_" <> "BODY"`, `k = 'insp_' || 'BODY'`, `<b>insp_</b><i>BODY</i>`,
}

// TestTwoTexts: what is around a prefix and whole digits tells whether they are one text, also
// in a comment, a diff, and where it is escaped.
func TestTwoTexts(t *testing.T) {
	for _, name := range []string{"", "//", "+", "JSON", "HTML", "CSV"} {
		quote := quotes[name]
		if quote == nil {
			quote = func(text string) string { return text }
		}
		for i, c := range twoTexts {
			body := body64(900 + i)
			for m := range Find([]byte(quote(strings.NewReplacer("BODY", body, "HEAD", body[:30], "TAIL", body[30:]).Replace(c)))) {
				t.Errorf("%s: %s: found %s", name, c, m.Secret.Masked())
			}
		}
	}
}

// TestOneText: a call, an operator or a place for one operand.
func TestOneText(t *testing.T) {
	for i, c := range oneText {
		body, prefix := body64(1000+i), Prefix
		if strings.Contains(c, "test") {
			prefix = SandboxPrefix
		}
		text := strings.NewReplacer("BODY", body, "HEAD", body[:30], "TAIL", body[30:]).Replace(c)
		wantFound(t, c, text, prefix+body, Medium, [][]string{{"split"}})
	}
}
