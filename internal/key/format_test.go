package key

import (
	"strings"
	"testing"
)

// formatCases are formats with their arguments, as programs write them; BODY stands for
// the digits, HEAD and TAIL for two pieces of them, and HASH for others.
var formatCases = []struct {
	text string
	key  bool
}{
	{`k := fmt.Sprintf("insp_%s", "BODY")`, true},
	{`k := fmt.Sprintf("insp_test_%v", "BODY")`, true},
	{"k := fmt.Sprintf(\n\t\"insp_%s\",\n\t\"BODY\",\n)", true},
	{`fmt.Sprintf("%s: insp_%s", name, "BODY")`, true},
	{`fmt.Sprintf("%d%% %s: insp_%[3]s", 3, f(a, b), "BODY")`, true},
	{`fmt.Sprintf("Bearer insp_%s\n", "BODY")`, true},
	{`fmt.Sprintf("insp_%s%s", "HEAD", "TAIL")`, true},
	{`fmt.Sprintf("insp_HEAD%s", "TAIL")`, true},
	{"fmt.Sprintf(`{\"key\": \"insp_%s\"}`, `BODY`)", true},
	{`key = "insp_%s" % "BODY"`, true},
	{`key = "insp_%s" % ("BODY",)`, true},
	{`key = 'insp_%s' % 'BODY'  # the key`, true},
	{`key = "insp_%(body)s" % {"body": "BODY"}`, true},
	{`key = "insp_{}".format("BODY")`, true},
	{`key = "{0}: insp_{1}".format(name, "BODY")`, true},
	{`key = "insp_{body}".format(body="BODY")`, true},
	{`key = "insp_{:s}".format('BODY')`, true},
	{`String key = String.format("insp_%s", "BODY");`, true},
	{`String key = String.format(Locale.ROOT, "insp_%1$s", "BODY");`, true},
	{`String key = "insp_%s".formatted("BODY");`, true},
	{`var key = string.Format("insp_{0}", "BODY");`, true},
	{`let key = format!("insp_{}", "BODY");`, true},
	{`let key = format!("insp_{key}", key = "BODY");`, true},
	{`let key = String(format: "insp_%@", "BODY")`, true},
	{`printf 'insp_%s' BODY`, true},
	{`KEY=$(printf "insp_%s" BODY)`, true},
	{`printf -v KEY 'insp_%s\n' "BODY"`, true},
	{`printf '%s=insp_%s\n' KEY BODY > .env`, true},
	{`printf '%s=insp_%s\n' "$NAME" 'BODY'`, true},
	{`key = format("insp_%s", "BODY")`, true},
	{`key = "insp_%s" % ["BODY"]`, true},
	{`$key = sprintf('insp_%s', 'BODY');`, true},
	{`my $key = sprintf 'insp_%s', 'BODY';`, true},
	{`snprintf(buf, sizeof(buf), "insp_%s", "BODY");`, true},
	{`const k = util.format('insp_%s', 'BODY')`, true},
	{`$key = "insp_{0}" -f "BODY"`, true},
	{`local key = ("insp_%s"):format("BODY")`, true},
	{`local key = string.format("insp_%s", "BODY")`, true},
	{`io_lib:format("insp_~s", ["BODY"])`, true},
	{`awk 'BEGIN { printf "insp_%s", "BODY" }'`, true},
	{`Key: !Sub ["insp_${Body}", {Body: "BODY"}]`, true},
	{`key: {{ "insp_%s"|format("BODY") }}`, true},

	{`fmt.Sprintf("insp_%s_%s", a, "BODY")`, false},
	{`fmt.Sprintf("insp_%s_%s", "HEAD", "BODY")`, false},
	{`fmt.Sprintf("insp_%s", a, "BODY")`, false},
	{`fmt.Sprintf("insp_%s", name) + "BODY"`, false},
	{`fmt.Sprintf("insp_%s", "BODY0")`, false},
	{`fmt.Sprintf("insp_%s", "BODY"[:32])`, false},
	{`fmt.Sprintf("insp_%s", "BODY" + x)`, false},
	{`fmt.Sprintf("insp_%s%s", "BODY", x)`, false},
	{`fmt.Sprintf("insp_%d", "BODY")`, false},
	{`fmt.Sprintf("insp_%sx", "BODY")`, false},
	{`fmt.Sprintf("insp_%*s", n, "BODY")`, false},
	{`fmt.Sprintf("%s: insp_%s", "BODY", a)`, false},
	{`fmt.Sprintf("%s: insp_%s", "BODY")`, false},
	{`check("insp_%s", "BODY")`, false},
	{`["insp_%s", "BODY"]`, false},
	{`{"format": "insp_%s", "sha256": "BODY"}`, false},
	{`{"prefix": "insp_{}", "sum": "BODY"}`, false},
	{`format = "insp_%s"; sum = "BODY"`, false},
	{`"insp_{}".format(name), "BODY"`, false},
	{`"insp_{a}".format(b="BODY")`, false},
	{`"insp_{a}".format(aa="BODY")`, false},
	{`"insp_%s" % name; "BODY"`, false},
	{`printf 'insp_%s' "$KEY" BODY`, false},
	{`printf 'insp_%s' $KEY; echo BODY`, false},
	{"printf 'insp_%s' $KEY\nBODY", false},
	{`echo 'insp_%s' BODY`, false},
	{"`insp_${name}`, \"BODY\"", false},
}

// TestFormats: a format puts the prefix before the digits.
func TestFormats(t *testing.T) {
	for i, c := range formatCases {
		checkCut(t, c.text, body64(600+i), c.key)
	}
}

// checkCut fails unless a text has a key that is cut, or has none: one of a body, or its HEAD and
// TAIL.
func checkCut(t *testing.T, form, body string, isKey bool) {
	t.Helper()
	prefix := Prefix
	if strings.Contains(form, SandboxPrefix) {
		prefix = SandboxPrefix
	}
	text := strings.NewReplacer("BODY", body, "HEAD", body[:20], "TAIL", body[20:]).Replace(form)
	if isKey {
		wantFound(t, form, text, prefix+body, Medium, [][]string{{"split"}})
		wantPlace(t, text, prefix, body)
		return
	}
	for m := range Find([]byte(text)) {
		t.Errorf("%s: found %s", form, m.Secret.Masked())
	}
}

// wantPlace fails unless the only key in the text goes from the prefix to the end of its
// last digits.
func wantPlace(t *testing.T, text, prefix, body string) {
	t.Helper()
	for m := range Find([]byte(text)) {
		if !strings.HasPrefix(text[m.Start:], prefix[:1]) || !strings.HasSuffix(text[:m.End], body[len(body)-8:]) {
			t.Errorf("%q: found in %q", text, text[m.Start:m.End])
		}
	}
}
