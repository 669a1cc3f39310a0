package scanner

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// jsonValue reads a value as encoding/json gives it, but numbers and words as
// strings that begin with "=".
func jsonValue(j *jsonText) any {
	switch j.peek() {
	case '{':
		object := map[string]any{}
		j.object(func(name string) { object[name] = jsonValue(j) })
		return object
	case '[':
		array := []any{}
		j.array(func(int) { array = append(array, jsonValue(j)) })
		return array
	case '"':
		return j.string(1 << 20)
	}
	return "=" + string(j.word())
}

// plainValue is a decoded value in the form of jsonValue.
func plainValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			v[name] = plainValue(v[name])
		}
	case []any:
		for i := range v {
			v[i] = plainValue(v[i])
		}
	case nil:
		return "=null"
	case bool, json.Number:
		return fmt.Sprintf("=%v", v)
	}
	return v
}

// FuzzJSONText: of what is JSON it reads what encoding/json reads, in pieces of
// any size; of what is none it stops.
func FuzzJSONText(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e+3,true,null,"x\n\u00e9\ud83d\ude00\/"],"b":{"c":""}}`, ` [ ] `, `"\\"`, `{"a":1,}`, `[1 2]`, `"`, `{"a"}`, `[[[[`, "7", `"\ud800"`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		j := &jsonText{in: bufio.NewReaderSize(iotest.HalfReader(strings.NewReader(text)), 16)}
		got := jsonValue(j)
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var want any
		if !json.Valid([]byte(text)) || d.Decode(&want) != nil || longNames(want) || strings.ContainsRune(text, utf8.RuneError) || strings.Contains(strings.ToLower(text), `\ud`) {
			return
		}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(plainValue(want))
		if string(a) != string(b) && utf8.ValidString(text) {
			t.Errorf("%s: got %s, want %s (%v)", text, a, b, j.err)
		}
	})
}

// longNames reports whether a value holds a name or number that is not told whole,
// or lies deeper than is read.
func longNames(v any) bool {
	text, _ := json.Marshal(v)
	return len(text) > maxJSONName
}

func TestJSONTextBounds(t *testing.T) {
	j := &jsonText{in: bufio.NewReader(strings.NewReader(strings.Repeat("[", 1000)))}
	j.skip()
	if j.err == nil {
		t.Error("a thousand arrays in one another were read")
	}
	j = &jsonText{in: bufio.NewReader(strings.NewReader(`["` + strings.Repeat("x", 100) + `", "y", 4294967296, 12, -1]`))}
	var got []any
	j.array(func(n int) {
		if n < 2 {
			got = append(got, j.string(10))
		} else {
			got = append(got, j.number())
		}
	})
	if text, _ := json.Marshal(got); string(text) != `["","y",0,12,0]` || j.err != nil {
		t.Errorf("got %s (%v)", text, j.err)
	}
}
