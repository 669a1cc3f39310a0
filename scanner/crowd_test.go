package scanner

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/key"
)

// TestCrowds lists the first two places of a key, and of the others those that a rule or a
// mark sets apart, whether a file is held or searched in windows.
func TestCrowds(t *testing.T) {
	k, other := factsKey(1), factsKey(2)
	plain, marked := k+"\n", k+" # insplint:ignore\n"
	serverSide := "export async function getServerSideProps() {\n" + strings.Repeat("  call('"+k+"')\n", 4) + "}\n"
	for name, test := range map[string]struct {
		path, text string
		lines      []int
		more       map[string]int
	}{
		"no more than that":  {"a.log", strings.Repeat(plain, 2), []int{1, 2}, map[string]int{}},
		"one kind":           {"a.log", strings.Repeat(plain, 9), []int{1, 2}, map[string]int{k: 7}},
		"each key by itself": {"a.log", strings.Repeat(plain, 4) + strings.Repeat(other+"\n", 3), []int{1, 2, 5, 6}, map[string]int{k: 2, other: 1}},
		"several on a line":  {"a.log", k + " " + k + " " + k + "\n" + plain, []int{1, 1}, map[string]int{k: 2}},
		"without a mark":     {"a.log", strings.Repeat(marked, 5) + plain + marked + plain, []int{1, 2, 6}, map[string]int{k: 5}},
		"another mark":       {"a.log", strings.Repeat(k+" # insplint:ignore INSP106\n", 3) + k + " # insplint:ignore INSP005\n" + plain, []int{1, 2, 4, 5}, map[string]int{k: 1}},
		"a mark beside another key": {"a.log", strings.Repeat(marked, 3) + k + " " + other + " # insplint:ignore\n" + marked,
			[]int{1, 2, 4, 4}, map[string]int{k: 2}},
		"surer":              {"a.log", strings.Repeat(k+"abc\n", 4) + plain + plain, []int{1, 2, 5}, map[string]int{k: 3}},
		"in a URL":           {"a.log", strings.Repeat(plain, 3) + strings.Repeat("GET https://h/?key="+plain, 3) + plain, []int{1, 2, 4}, map[string]int{k: 4}},
		"not in a URL":       {"a.log", strings.Repeat("GET https://h/?key="+plain, 3) + plain, []int{1, 2}, map[string]int{k: 2}},
		"in a wrong header":  {"a.log", strings.Repeat("Authorization: Bearer "+plain, 3) + "Authorization: Token " + plain, []int{1, 2, 4}, map[string]int{k: 1}},
		"public variable":    {"a.sh", strings.Repeat("KEY="+plain, 3) + "NEXT_PUBLIC_KEY=" + plain + "KEY=" + plain, []int{1, 2, 4}, map[string]int{k: 2}},
		"variable of an env": {".env", "A=" + plain + "B=" + plain + "C=" + plain + "A=" + plain, []int{1, 2, 3}, map[string]int{k: 1}},
		"other variables":    {"a.sh", "A=" + plain + "B=" + plain + "C=" + plain, []int{1, 2}, map[string]int{k: 1}},
		"the client's part":  {"pages/a.tsx", serverSide + "export default () => call('" + k + "')\n", []int{2, 3, 7}, map[string]int{k: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			s := search{path: test.path, many: 2}
			if test.path == "pages/a.tsx" {
				s.exists = func(path string) bool { return path == "package.json" }
				s.read = func(path string, _ int) []byte {
					if path == "package.json" {
						return []byte(`{"dependencies": {"next": "15"}}`)
					}
					return nil
				}
			}
			held, err := s.whole([]byte(test.text))
			checkCrowds(t, "held", held, err, test.lines, test.more)
			// The windows' borders fall between the places.
			for _, context := range []int{200, 331} {
				found, _, err := s.stream(strings.NewReader(test.text), make([]byte, 4*context+1), context)
				checkCrowds(t, "in windows", found, err, test.lines, test.more)
			}
		})
	}
}

func checkCrowds(t *testing.T, how string, found []sighting, err error, lines []int, more map[string]int) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", how, err)
	}
	var gotLines []int
	got := map[key.Secret]int{}
	for _, f := range found {
		gotLines = append(gotLines, f.place.Span.Line)
		if f.more > 0 {
			got[f.match.Secret] += f.more
		}
	}
	slices.Sort(gotLines)
	if !slices.Equal(gotLines, lines) || len(got) != len(more) {
		t.Errorf("%s: lines %v, and more of %d keys; want %v, and %v", how, gotLines, len(got), lines, more)
	}
	for k, n := range more {
		if got[key.NewSecret(k)] != n {
			t.Errorf("%s: %d more, want %d", how, got[key.NewSecret(k)], n)
		}
	}
}

// TestCrowdsOfMembers counts each member of an archive by itself, in a file and in its text.
func TestCrowdsOfMembers(t *testing.T) {
	var packed bytes.Buffer
	w := tar.NewWriter(&packed)
	for name, places := range map[string]int{"one.log": 1, "three.log": 3, "five.log": 5} {
		text := strings.Repeat(factsKey(1)+"\n", places)
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, text)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"one.log": "1+0", "three.log": "2+1", "five.log": "2+3"}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write(packed.Bytes())
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	text := "release: " + base64.StdEncoding.EncodeToString(zipped.Bytes()) + "\n"
	for name, data := range map[string][]byte{"a.tar": packed.Bytes(), "in a text": []byte(text), "twice in a text": []byte(text + "\n\n" + text)} {
		found, err := search{path: "a", archives: testArchives(t), many: 2}.whole(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		listed, more := map[string]int{}, map[string]int{}
		for _, f := range found {
			listed[f.place.Member]++
			more[f.place.Member] += f.more
		}
		for member, want := range want {
			if name == "twice in a text" {
				want = map[string]string{"one.log": "2+0", "three.log": "2+4", "five.log": "2+8"}[member]
			}
			if got := fmt.Sprintf("%d+%d", listed[member], more[member]); got != want {
				t.Errorf("%s: %s of %s, want %s", name, got, member, want)
			}
		}
	}
}

// TestTooManyKeys names how many keys are not listed, in a file that is held and in windows; another
// place of one that is listed is no error, unless a rule sets it apart.
func TestTooManyKeys(t *testing.T) {
	var text strings.Builder
	for i := range 9 {
		text.WriteString(factsKey(i) + "\n")
	}
	text.WriteString(factsKey(0) + "\n" + "https://h/?key=" + factsKey(1) + "\n")
	s := search{path: "a.log", most: 5}
	check := func(how string, found []sighting, err error) {
		t.Helper()
		// Not listed are four keys, and a place of one that is that a rule sets apart.
		if len(found) != 5 || err == nil || !strings.Contains(err.Error(), "more than 5 keys: 5 of them are not listed") {
			t.Errorf("%s: %d found, %v", how, len(found), err)
		}
	}
	found, err := s.whole([]byte(text.String()))
	check("held", found, err)
	if found[0].more != 1 {
		t.Errorf("%d more places of the first key", found[0].more)
	}
	found, _, err = s.stream(strings.NewReader(text.String()), make([]byte, 500), 120)
	check("in windows", found, err)
}
