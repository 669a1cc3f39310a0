package key

import (
	"slices"
	"strings"
	"testing"
)

// TestCutPrefix: a prefix that source code cuts is found where a long piece of the
// body is whole.
func TestCutPrefix(t *testing.T) {
	body := strings.Repeat("0123456789abcdef", 3) + "fedcba98fedcba01"
	for _, test := range []struct {
		text  string
		found bool
	}{
		{`k = "in" + "sp_BODY"`, true},
		{`k = "insp" + "_BODY";`, true},
		{`k = "insp" + "_" + "BODY";`, true},
		{`k = 'i' . 'n' . 's' . 'p' . '_' . 'BODY';`, true},
		{"k = (\"insp\"\n     \"_BODY\")", true},
		{"k = `insp` +\n  `_BODY`", true},
		{`k = 'ins' || 'p_BODY'`, true},
		{`k = "in" + /* it's split */ "sp_BODY"`, true},
		{"k = 'ins' + // the rest\n  'p_' +\n  # and the digits\n  'BODY'", true},
		{`k = "in" + "sp_HEAD" + "TAIL"`, true},
		{`k = "in" + /* 1 */ "sp_" + /* 2 */ "HEAD" /* 3 */ + "TAIL"`, true},
		{`k = "insp" . "_" . "HEAD" . 'TAIL';`, true},
		{`{"code": "k = \"in\" + \"sp_HEAD\" + \"TAIL\""}`, true},
		{`k = "in" + "sp_HEAD" + "TAIL0"`, false},
		{`k = "in" + "sp_HEAD"; sum = "TAIL"`, false},
		{`k = "in" and "sp_" + "HEAD" + "TAIL"`, false},
		{`k = "n" + "sp_HEAD" + "TAIL"`, false},
		{`"HEAD" + "TAIL"`, false},
		{`k = "i" + "sp_BODY"`, false},
		{`k = ["insp", "_BODY"]`, false},
		{`k = "inspect" + "_BODY"`, false},
		{`k = "insp_count", sum = "BODY"`, false},
		{`checksum = "BODY"`, false},
		{`k = "insp" + "_BODY0"`, false},
		{`k = insp + "_BODY"`, false},
		{`"p_BODY"`, false},
		{`"" + "" + "_BODY"`, false},
	} {
		text := strings.NewReplacer("BODY", body, "HEAD", body[:26], "TAIL", body[26:]).Replace(test.text)
		var found []Match
		for m := range Find([]byte(text)) {
			found = append(found, m)
		}
		switch {
		case !test.found && len(found) > 0:
			t.Errorf("%s: found %v", test.text, found)
		case test.found && (len(found) != 1 || found[0].Secret != NewSecret(Prefix+body) || found[0].Confidence != Medium || found[0].Encoding[0] != layerSplit):
			t.Errorf("%s: %v", test.text, found)
		}
	}
}

// TestCutSandboxPrefix: the longer prefix can be cut in more places.
func TestCutSandboxPrefix(t *testing.T) {
	want := SandboxPrefix + body64(12)
	for cut := 1; cut < len(SandboxPrefix); cut++ {
		for _, second := range []int{len(SandboxPrefix), len(SandboxPrefix) + 30, len(want) - 1} {
			text := `k = "` + want[:cut] + `" + "` + want[cut:second] + `" + "` + want[second:] + `";`
			found := slices.Collect(Find([]byte(text)))
			if len(found) != 1 || found[0].Secret != NewSecret(want) || found[0].Confidence != Medium {
				t.Errorf("cut at %d and %d: %v", cut, second, found)
			}
		}
	}
}
