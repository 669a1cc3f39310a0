package archive

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// compound is a compound file of version 3, the directory of which names a stream.
func compound(stream string) []byte {
	b := make([]byte, 2*HeadSize)
	copy(b, oleMagic)
	copy(b[26:], "\x03\x00\xfe\xff")
	entry := b[HeadSize+128:]
	for i, c := range stream {
		entry[2*i] = byte(c)
	}
	entry[64], entry[66] = byte(2*len(stream)+2), 2
	return b
}

// TestUnread: what may hold a key and is not opened is named, and searched as it stands.
func TestUnread(t *testing.T) {
	office := compound("EncryptedPackage")
	for what, test := range map[string]struct {
		data []byte
		want string // in the error; empty: none
	}{
		"RAR 4":                     {heads(t)["rar"][0], "is a RAR archive, which is not opened"},
		"RAR 5":                     {heads(t)["rar"][1], "is a RAR archive, which is not opened"},
		"encrypted RAR 5":           {heads(t)["rar"][2], "is a RAR archive, which is not opened"},
		"RAR 6":                     {[]byte("Rar!\x1a\x07\x02\x00" + strings.Repeat("\x01", 50)), ""},
		"a text about RAR":          {[]byte("Rar!\x1a\x07\x00 is how an archive begins"), ""},
		"SquashFS":                  {squashed(), "is a SquashFS image, which is not opened"},
		"SquashFS of no size":       {append([]byte("hsqs"), make([]byte, 600)...), ""},
		"encrypted Office":          {office, "is encrypted"},
		"another compound file":     {compound("WordDocument"), ""},
		"a stream of a longer name": {compound("EncryptedPackages"), ""},
		"a mention":                 {slices.Concat(compound("WordDocument"), []byte("."+encryptedPackage), make([]byte, 200)), ""},
	} {
		o := New(DefaultLimits(), nil)
		data := slices.Concat(test.data, gzipped("inside"))
		if held := o.HoldsWhole(data, ""); held != (test.want != "") {
			t.Errorf("%s: %v", what, held)
		}
		parts, errs := look(t, DefaultLimits(), "", tarred(file{"m", string(data)}))
		if got := fmt.Sprint(errs); test.want == "" && len(errs) > 0 || test.want != "" && !strings.HasPrefix(got, "[member m: "+test.want) {
			t.Errorf("%s: errors %v, want %q", what, got, test.want)
		}
		if !slices.ContainsFunc(parts, func(p seenPart) bool { return p.text == "inside" }) || !slices.ContainsFunc(parts, func(p seenPart) bool { return p.text == string(data) }) {
			t.Errorf("%s: %d parts", what, len(parts))
		}
	}
}

// TestUnreadLarge: so is an encrypted document that is mapped.
func TestUnreadLarge(t *testing.T) {
	data := append(compound("EncryptedPackage"), make([]byte, 9<<20)...)
	mapped := func() ([]byte, func(), error) { return data, func() {}, nil }
	o := New(DefaultLimits(), nil)
	if !o.HoldsMapped(data[:8<<20], mapped) {
		t.Error("it is not seen")
	}
	errs := o.OpenMapped("", data[:8<<20], strings.NewReader(string(data[8<<20:])), mapped, func(Part, io.Reader) error { return nil })
	if len(errs) != 1 || errs[0].Error() != errEncrypted.Error() {
		t.Errorf("errors %v", errs)
	}
}
