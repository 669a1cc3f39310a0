package key

import "testing"

// TestWords: quotation marks around a part of a word; of BODY, or HEAD and TAIL, which are
// two pieces of it.
func TestWords(t *testing.T) {
	for i, c := range []struct {
		text string
		key  bool
	}{
		{`K="insp_"BODY`, true}, {`K=insp_"BODY"`, true}, {"export K='insp_'BODY\nexport L=1", true}, {`K="insp_test_"BODY; f`, true}, {`K=insp_'BODY' f`, true},
		{`K="insp_HEAD"TAIL`, true}, {`K="insp_"HEAD"TAIL"`, true}, {`ENV K="insp_"'BODY'`, true}, {`K="Bearer insp_"BODY`, true}, {`curl -H "Authorization: Bearer insp_"BODY https://a`, true},
		{`curl -H 'Authorization: Bearer insp_'BODY https://a`, true}, {"# K=\"insp_\"BODY\n", true}, {`{"a": "K=\"insp_\"BODY"}`, true}, {"+K=\"insp_\"BODY\n", true}, {`{"a": "K='insp_'BODY"}`, true},
		{`K="insp_" BODY`, false}, {`K="insp_"BODY0`, false}, {`K="insp_"BODY_old`, false}, {`K="insp_"BODYx`, false}, {`K="insp_"BODY"x"`, false}, {`K=insp_"BODY`, false}, {`"insp_"BODY`, false}, {`f "insp_"BODY`, false},
		{"K=\"insp_\"\nBODY", false}, {`K=="insp_"BODY`, false}, {`K="insp_'BODY'"`, false}, {`<a k="insp_"BODY="">`, false}, {`K="insp_"$BODY`, false}, {`K=insp_"HEAD"/TAIL`, false},
	} {
		checkCut(t, c.text, body64(1200+i), c.key)
	}
}
