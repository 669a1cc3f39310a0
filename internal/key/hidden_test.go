package key

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// hiddenThings are what writers of pages, mails and logs put between characters.
func hiddenThings() []string {
	things := []string{
		"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200e",
		"&shy;", "&#173;", "&#xAD;", "&#8203;", "&#x200b;", "&#x200B;", "&#8288;", "&ZeroWidthSpace;", "&NoBreak;", "&zwnj;", "&zwj;",
		"<wbr>", "<wbr/>", "<wbr />", "<WBR>",
		`\u200b`, `\u00ad`, `\uFEFF`, `\\u200b`, `\u003cwbr\u003e`,
		"%E2%80%8B", "%C2%AD", "=E2=80=8B", "=C2=AD", "%ef%bb%bf",
	}
	return append(things, "\x1b[m\x1b[K", "\x1b[01;31m", `\u001b[0m`, `\033[1m`)
}

// TestHidden: what does not show is no part of a key, wherever it stands in its body.
func TestHidden(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for _, hidden := range hiddenThings() {
		for n := range 12 {
			key := anyKey(r)
			prefix := strings.LastIndexByte(key, '_') + 1
			at := prefix + r.IntN(bodyLength)
			text := key[:at] + hidden + key[at:]
			switch n {
			case 0:
				text = key[:prefix] + hidden + key[prefix:]
			case 1:
				if !strings.Contains(hidden, "[") { // colours begin and end between words
					text = key[:len(Prefix)-1] + hidden + key[len(Prefix)-1:]
				}
			case 2:
				text = key[:prefix] + hidden + key[prefix:at] + hidden + key[at:]
			case 3:
				if len(hidden) < 7 {
					text = key[:len(Prefix)] + strings.Join(strings.Split(key[len(Prefix):], ""), hidden)
				}
			}
			wantFound(t, fmt.Sprintf("%q", hidden), filler(r, 50)+` "`+text+`"; `+filler(r, 50), key, Medium, [][]string{{"split"}})
		}
	}
	for _, hidden := range []string{"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"} {
		key := anyKey(r)
		text := strings.Join(strings.Split(key, ""), hidden)
		wantFound(t, fmt.Sprintf("%q everywhere", hidden), "a "+text+" b", key, Medium, [][]string{{"split"}})
	}
}

// TestHiddenPrefix: where a part of the prefix is escaped, or something that does not
// show stands in it, the body shows the key.
func TestHiddenPrefix(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for _, hidden := range hiddenThings() {
		if strings.Contains(hidden, "[") {
			continue
		}
		for at := 1; at < len(Prefix); at++ {
			for _, key := range []string{Prefix + body64(r.IntN(1<<30)), SandboxPrefix + body64(r.IntN(1<<30))} {
				text := key[:at] + hidden + key[at:]
				wantFound(t, fmt.Sprintf("%q at %d", hidden, at), filler(r, 50)+` "`+text+`"; `+filler(r, 50), key, Medium, [][]string{{"split"}})
			}
		}
	}
	for _, e := range []struct{ format, layer string }{
		{"%%%02x", "percent"}, {`\u%04x`, "json-escape"}, {`\u{%x}`, "json-escape"}, {`\U%08x`, "json-escape"}, {`\x%02x`, "hex-escape"},
		{`\x{%x}`, "hex-escape"}, {`\%03o`, "octal-escape"}, {`\0%03o`, "octal-escape"}, {`\\%03o`, "octal-escape"},
		{"&#x%02x;", "html-entity"}, {"&#%d;", "html-entity"}, {"=%02X", "quoted-printable"},
	} {
		for which := 1; which < 1<<len(Prefix); which++ {
			key := Prefix + body64(r.IntN(1<<30))
			var text strings.Builder
			for i := range len(Prefix) {
				if which>>i&1 == 0 {
					text.WriteByte(Prefix[i])
				} else {
					fmt.Fprintf(&text, e.format, Prefix[i])
				}
			}
			layers := [][]string{{e.layer}}
			if strings.HasPrefix(e.format, `\\`) {
				layers = append(layers, layers[0])
			}
			wantFound(t, fmt.Sprintf("%s, %05b", e.format, which), `x = "`+text.String()+key[len(Prefix):]+`/v1";`, key, High, layers)
		}
	}
}

// TestHiddenNot: what is hidden between other things makes no key of them.
func TestHiddenNot(t *testing.T) {
	hash := body64(3)
	for _, text := range []string{
		"insp_<wbr>" + hash[:63], "insp_<wbr>" + hash + "ab", "insp_\u200b" + hash[:40] + " " + hash[40:],
		"<wbr>" + hash, "sp_<wbr>" + hash, "insp&shy;" + hash, "insp_&amp;" + hash, "p&shy;_" + hash, `\x69nsp\x2d` + hash,
		`nsp\x5f` + hash, `in\x74p_` + hash, "&#105;nsp&#45;" + hash, "insp_&shy;total&shy;count", `{"prefix": "insp_"}` + "\n" + hash,
		`[{"insp_"}, {"` + hash + `"}]`, `[{"p": "insp_"}, {"` + hash + `": 1}]`, "{\"insp_\"}\n{\"" + hash + `"}`,
		`["insp_\n", "` + hash + `\n"]`, `"insp_${hash}` + hash + `"`,
	} {
		for m := range Find([]byte(text)) {
			t.Errorf("%.40q: reported as %v with confidence %s", text, m.Encoding, m.Confidence)
		}
	}
}

// TestHoles: a literal in a hole of another.
func TestHoles(t *testing.T) {
	for _, form := range []string{
		"`insp_${\"BODY\"}`", "`${\"insp_\"}${\"BODY\"}`", "`${'insp_'}BODY`", "`${ \"insp_\" }${ \"BODY\" }`", `"insp_${"HEAD"}TAIL"`, `"${"insp_"}${"HEAD"}TAIL"`,
		`"insp_#{'BODY'}"`, `"#{"in"}#{"sp_"}BODY"`, `f"insp_{'BODY'}"`, `f"{'insp_'}{'BODY'}"`, `f'insp_{"HEAD"}TAIL'`, `$"{"insp_"}{"BODY"}"`,
		"`${\"in\"}sp_BODY`", "`in${\"sp_BODY\"}`", "`in${'sp_'}BODY`", "`${\"insp\"}${\"_\"}${\"BODY\"}`", `{"code": "k = ` + "`${\\\"insp_\\\"}${\\\"BODY\\\"}`" + `"}`,
	} {
		want := Prefix + body64(31)
		body := want[len(Prefix):]
		text := strings.NewReplacer("BODY", body, "HEAD", body[:20], "TAIL", body[20:]).Replace(form)
		wantFound(t, form, "k = "+text+";", want, Medium, [][]string{{"split"}})
	}
}

// TestNotebookLines: notebooks keep each line of a program as an element of a list.
func TestNotebookLines(t *testing.T) {
	want := Prefix + body64(32)
	encoded := codings()["base64"].write("user=" + want + "\nregion=1\n")
	for _, test := range []struct {
		lines  []string
		layers [][]string
	}{
		{[]string{"k = (\"" + want[:30] + "\"\n", "     \"" + want[30:] + "\")\n"}, [][]string{{"split"}}},
		{[]string{"k = '" + want[:5] + "' + \\\n", "    '" + want[5:40] + "' \\\n", "    '" + want[40:] + "'"}, [][]string{{"split"}}},
		{[]string{"k = \"" + want[:44] + "\\\n", want[44:] + "\"\n", "print(k)"}, [][]string{{"split"}}},
		{[]string{"k = \"\"\"\n", want[:44] + "\n", want[44:] + "\n", "\"\"\""}, [][]string{{"split"}}},
		{[]string{"k = b'''\n", encoded[:60] + "\n", encoded[60:] + "\n", "'''\n"}, [][]string{{"base64"}}},
	} {
		confidence := Medium
		if test.layers[0][0] == "base64" {
			confidence = High
		}
		cell := map[string]any{"cell_type": "code", "source": test.lines}
		for _, indent := range []string{"", " ", "    "} {
			text, err := json.MarshalIndent(map[string]any{"cells": []any{cell}}, "", indent)
			if err != nil {
				t.Fatal(err)
			}
			wantFound(t, test.lines[0], string(text), want, confidence, test.layers)
		}
	}
}
