package key

import (
	"strings"
	"testing"
)

// TestCutPrefix: a prefix that source code cuts is found where the body is whole.
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
		text := strings.Replace(test.text, "BODY", body, 1)
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
