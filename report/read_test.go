package report

import (
	"bytes"
	"io"
	"testing"

	"github.com/inspecto/insplint/rules"
)

// TestReadGivesBack writes a report, reads it, and writes it again.
func TestReadGivesBack(t *testing.T) {
	o := testOptions()
	for name, make := range reports() {
		first := render(t, "json", make(o), o)
		r, err := Read(first)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again := render(t, "json", r, o); !bytes.Equal(again, first) {
			t.Errorf("%s: read and written again it is\n%s", name, again)
		}
		merged := Merge(r.Version, []*Report{r, r})
		if len(merged.Findings) != len(r.Findings) || len(merged.Keys) != len(r.Keys) || len(merged.Problems) != len(r.Problems) || merged.Complete() != r.Complete() {
			t.Errorf("%s: merged with itself it is another report", name)
		}
	}
}

func TestMergeKeepsTheWorse(t *testing.T) {
	o := testOptions()
	calm, worse := canonical(o), canonical(o)
	calm.Findings[0].Level, calm.Findings[1].Suppressed = rules.Note, &rules.Suppression{Kind: "config"}
	calm.Keys[1].Verification = nil
	calm.Problems, calm.Scanned.Complete = nil, true
	for _, order := range [][]*Report{{calm, worse}, {worse, calm}} {
		got := Merge("1", order)
		if len(got.Findings) != len(worse.Findings) || got.Complete() {
			t.Fatalf("%d findings, complete %t", len(got.Findings), got.Complete())
		}
		for _, f := range got.Findings {
			for _, want := range worse.Findings {
				if f.ID == want.ID && (f.Level != want.Level || (f.Suppressed == nil) != (want.Suppressed == nil)) {
					t.Errorf("%s: level %s, suppressed %v", f.ID, f.Level, f.Suppressed)
				}
			}
		}
		for _, k := range got.Keys {
			if k.Fingerprint == "3f2a91bc" && (k.Verification == nil || k.Verification.Status != rules.Active) {
				t.Errorf("the answer about %s is lost", k.Fingerprint)
			}
		}
	}
}

// FuzzRead holds that any text is refused or can be written in every format.
func FuzzRead(f *testing.F) {
	o := testOptions()
	var b bytes.Buffer
	format, _ := Lookup("json")
	if err := format.Write(&b, canonical(o), o); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"version":1,"tool":{"name":"insplint"},"keys":[],"findings":[],"errors":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Read(text)
		if err != nil {
			return
		}
		for _, format := range Formats() {
			if err := format.Write(io.Discard, Merge("1", []*Report{r, r}), o); err != nil {
				t.Errorf("%s: %v", format.Name, err)
			}
		}
	})
}
