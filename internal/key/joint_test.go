package key

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// jointCases are texts between two pieces, as programs write them; of one text, or of
// what may be two.
var jointCases = []struct {
	between string
	one     bool
}{
	{"\"\nk += \"", true}, {"';\n$k .= '", true}, {"\";\n  k = k + \"", true}, {"\"\nk = k & \"", true}, {"\";\r\n\tthis.k += \"", true},
	{"\nk+=", true}, {"\r\n  export K+='", true},
	{"\");\n  b.append(\"", true}, {"\")\n\tb.WriteString(\"", true}, {"\");\n  key.push_str(\"", true},
	{`" &amp; "`, true}, {`"&amp;"`, true}, {`' &#43; '`, true}, {"\" &amp; _\r\n    \"", true}, {`" stringByAppendingString:@"`, true},
	{`" ^ "`, true}, {`" * "`, true}, {`' // '`, true}, {"' // &\n  '", true}, {`" u8"`, true},
	{"\" + `\n  \"", true}, {"'\n    \\ .. '", true}, {"\\z\n   ", true}, {"\\\n  \\", true}, {"\\c\n  ", true}, {"^\r\n", true}, {"%\n", true}, {"&\n  &", true},
	{")-20(", true}, {") 3.5 (", true}, {")(", true},
	{`</span><span class="nb">`, true}, {"</b>", true}, {"]]><![CDATA[", true}, {"<!-- c -->", true},
	{`</w:t></w:r><w:proofErr w:type="spellStart"/><w:r w:rsidR="00B2"><w:rPr><w:b/><w:lang w:val="en-US"/></w:rPr><w:t xml:space="preserve">`, true},
	{"</a:t></a:r>\n      <a:r><a:t>", true},
	{`</t></r><r><rPr><b/><sz val="11"/></rPr><t>`, true}, {"</t></r>\n<r><rPr><b/></rPr><t xml:space=\"preserve\">", true}, {`</t></si><si><t>`, false},
	{"</code> <code>", false}, {"</b>\n", false},
	{`</text:span><text:span text:style-name="T1">`, true}, {"</text:p><text:p>", false}, {"</a:prefix><a:hash>", false},
	{"</w:t></w:r></w:p><w:p><w:r><w:t>", false}, {"</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>", false}, {"</k:t><k:t>", true},
	{"'\n    - '", false}, {"</td><td>", false}, {"</k>\n<k>", false}, {"<br/>", false},
}

// TestJoints cuts keys in their bodies, where any joint counts, and behind the prefix,
// where one of two texts does not: a prefix and a checksum stand so, too.
func TestJoints(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for _, c := range jointCases {
		for range 8 {
			key := anyKey(r)
			first := len(key) - 1 - r.IntN(bodyLength-1)
			text := key[:first] + c.between + key[first:]
			if len(c.between) < maxSpan/4 && first > 20 {
				text = key[:first] + c.between + key[first:first+1] + c.between + key[first+1:]
			}
			wantFound(t, c.between, filler(r, 50)+` = "`+text+`"; `, key, Medium, [][]string{{"split"}})
		}
		text := Prefix + c.between + body64(r.IntN(1<<30))
		found := 0
		for range Find([]byte(text)) {
			found++
		}
		if found != 1 == c.one {
			t.Errorf("%q: found %d keys cut behind the prefix, one text: %v", text, found, c.one)
		}
	}
}

// TestNoJoints: what may not be between the pieces of a key.
func TestNoJoints(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for _, between := range []string{
		"\"\nk = \"", "\nk=", "\nk +=", "\";\n  k = other + \"", "\");\n  remove(\"", ")(x", "\"\n  ^\n", "<", "</k", "&amp;", "?=\n =?utf-8?b?", "\"\nk == \"", "<b>x</b>", "]]>x",
	} {
		key := Prefix + body64(r.IntN(1<<30))
		text := key[:40] + between + key[40:]
		for m := range Find([]byte(text)) {
			t.Errorf("%q: found %q", text, m.Secret.Masked())
		}
	}
}

// TestEncodedWords: a mailer cuts a long header, and escapes the underscore of
// quoted-printable, which stands for a blank (RFC 2047, 4.2).
func TestEncodedWords(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	for range 20 {
		key := anyKey(r)
		text := strings.ReplaceAll(key, "_", "=5F")
		at := len(text) - 1 - r.IntN(bodyLength-1)
		text = "Subject: =?utf-8?q?key=20" + text[:at] + "?=\r\n =?utf-8?q?" + text[at:] + "?=\r\n"
		wantFound(t, "encoded words", text, key, High, [][]string{{"quoted-printable"}})
	}
}

// TestJoinedLists: a call joins the elements of a list, of which the first is the
// prefix; without one, the second may be a checksum.
func TestJoinedLists(t *testing.T) {
	r := rand.New(rand.NewPCG(27, 28))
	for _, c := range []struct {
		before, behind string
		joins          bool
	}{
		{`k = [`, `].join("")`, true}, {`k = "".join((`, `))`, true}, {`''.join([` + "\n  ", ",\n])", true}, {`"".concat(`, `)`, true}, {`concat!(`, `)`, true},
		{`implode('', [`, `])`, true}, {`paste0(`, `)`, true}, {`strings.Join([]string{`, `}, "")`, true}, {`[`, `].concat()`, true},
		{`{"Fn::Join": ["", [`, `]]}`, true}, {`!Join ['', [`, `]]`, true}, {`format("%s%s", `, `)`, true}, {`concat(`, `)`, true},
		{`k = [`, `]`, false}, {`{`, `}`, false}, {`check(`, `)`, false}, {`join(x); [`, `]`, false}, {`[`, `].map(f)`, false},
	} {
		for _, between := range []string{`", "`, "',\n\t'"} {
			key := anyKey(r)
			if prefix := strings.LastIndexByte(key, '_') + 1; prefix == len(SandboxPrefix) && !c.joins {
				key = Prefix + key[prefix:]
			}
			quote := between[:1]
			text := c.before + quote + Prefix + between + key[len(Prefix):] + quote + c.behind
			if c.joins {
				wantFound(t, c.before, text, key, Medium, [][]string{{"split"}})
				continue
			}
			for m := range Find([]byte(text)) {
				t.Errorf("%q: found %s", text, m.Secret.Masked())
			}
		}
	}
}

// TestJoinBlocks: CloudFormation's list in YAML's block form, of which the first element
// says what stands between the others.
func TestJoinBlocks(t *testing.T) {
	for _, c := range []struct {
		form  string
		joins bool
	}{
		{"Key: !Join\n  - ''\n  - - insp_\n    - BODY\n", true},
		{"Key: !Join\n  - ''\n  - - 'insp_'\n    - 'BODY'\n", true},
		{"Key: !Join\r\n  - \"\"\r\n  - - insp_\r\n    - \"BODY\"\r\n", true},
		{"Key:\n  Fn::Join:\n    - ''\n    - - insp_ # the prefix\n      - BODY\nOther: 1\n", true},
		{"Key:\n  Fn::Join:\n  - ''\n  -\n    - 'Bearer '\n    - insp_test_\n    - HEAD\n    - TAIL\n", true},
		{"Key: !Join\n  - ''\n  - [ 'insp_', 'BODY' ]\n", true},
		{"Key: !Join\n  - ''\n  - - !Ref Name\n    - 'key=insp_'\n    - BODY\n", true},
		{"Key: !Join\n  - '-'\n  - - insp_\n    - BODY\n", false},
		{"Key: !Join\n  - ''\n  - - insp_\n    - BODY0\n", false},
		{"Key: !Join\n  - ''\n  - - a\n    - b\nNames:\n  - insp_\n  - BODY\n", false},
		{"Key: !Join\n  - ''\n  - - a\nPrefix: insp_\nSum: BODY\n", false},
		{"Names:\n  - insp_\n  - BODY\n", false},
		{"Names:\n- 'insp_'\n- 'BODY'\n", false},
	} {
		body := body64(51)
		prefix := Prefix
		if strings.Contains(c.form, SandboxPrefix) {
			prefix = SandboxPrefix
		}
		text := strings.NewReplacer("BODY", body, "HEAD", body[:30], "TAIL", body[30:]).Replace(c.form)
		if c.joins {
			wantFound(t, c.form, text, prefix+body, Medium, [][]string{{"split"}})
			continue
		}
		for m := range Find([]byte(text)) {
			t.Errorf("%q: found %s", c.form, m.Secret.Masked())
		}
	}
}

// TestMarkupInPrefix: a word processor may cut a prefix, too.
func TestMarkupInPrefix(t *testing.T) {
	for _, between := range []string{`</w:t></w:r><w:r><w:t>`, `</w:t></w:r><w:r w:rsidR="00B2"><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">`, "</b>", "<i>"} {
		for cut := 1; cut < len(SandboxPrefix); cut++ {
			key := SandboxPrefix + body64(1100+cut)
			wantFound(t, between, "<p>"+key[:cut]+between+key[cut:]+"</p>", key, Medium, [][]string{{"split"}})
		}
	}
	for _, between := range []string{"</td><td>", "</b> <b>", "</k><k>"} {
		for m := range Find([]byte("<p>insp" + between + "_" + body64(1120) + "</p>")) {
			t.Errorf("%q: found %s", between, m.Secret.Masked())
		}
	}
}

// TestEscapedMarkup: JSON has the brackets of markup escaped.
func TestEscapedMarkup(t *testing.T) {
	for _, c := range []struct {
		between string
		one     bool
	}{
		{`\u003c/b\u003e\u003ci\u003e`, true}, {`\u003C/w:t\u003E\u003Cw:t\u003E`, true}, {`&lt;/b&gt;&lt;i&gt;`, true},
		{`\u003c/td\u003e\u003ctd\u003e`, false}, {`\u003c/b\u003e \u003cb\u003e`, false}, {`\u003c`, false},
	} {
		key := Prefix + body64(1130)
		text := `{"a": "\u003cb\u003e` + Prefix + c.between + key[len(Prefix):] + `\u003c/b\u003e"}`
		if c.one {
			wantFound(t, c.between, text, key, Medium, [][]string{{"split"}})
			continue
		}
		for m := range Find([]byte(text)) {
			t.Errorf("%q: found %s", c.between, m.Secret.Masked())
		}
	}
}

// TestTraces: curl cuts what it traces into lines of 64 bytes, each with its offset.
func TestTraces(t *testing.T) {
	for _, key := range []string{Prefix + body64(1140), SandboxPrefix + body64(1141)} {
		for before := range 200 {
			sent := strings.Repeat("a?", before) + "&key=" + key + "&more"
			for _, end := range []string{"\n", "\r\n"} {
				text, wrong := "=> Send header, 500 bytes (0x1f4)"+end, ""
				for at := 0; at < len(sent); at += 64 {
					line := sent[at:min(len(sent), at+64)] + end
					wrong += fmt.Sprintf("%04x: %s", at+at/64, line)
					text += fmt.Sprintf("%04x: %s", at, line)
				}
				from := before*2 + len("&key=")
				if from/64 == (from+len(key)-1)/64 || from/64 != (from+len(key)-bodyLength-1)/64 {
					continue // it is whole, or its prefix is not
				}
				wantFound(t, "a trace", text, key, Medium, [][]string{{"split"}})
				for m := range Find([]byte(wrong)) {
					if m.Confidence > Low {
						t.Errorf("found %s in %q", m.Secret.Masked(), wrong)
					}
				}
			}
		}
	}
}
