package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// pyEntryOf is an entry of the list in an archive of PyInstaller's.
func pyEntryOf(name string, offset, size int, packed byte) string {
	var b []byte
	for _, n := range []int{pyEntry + len(name) + 1, offset, size, size} {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return string(append(b, packed, 'x')) + name + "\x00"
}

// pyProgramOf is a program with an archive behind it that has some content and a list.
func pyProgramOf(content string, list ...string) []byte {
	all := strings.Join(list, "")
	b := []byte("\x7fELF a program" + content + all + pyCookie)
	for _, n := range []int{len(content) + len(all) + pyCookieSize, len(content), len(all), 311} {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return append(b, make([]byte, pyCookieSize-pyCookieOld)...)
}

// pyModulesOf is an archive of modules with a list.
func pyModulesOf(content, list string) []byte {
	b := []byte(pyModules + "\xa7\r\r\n")
	b = binary.BigEndian.AppendUint32(b, uint32(pyModulesHead+len(content)))
	return append(b, content+list...)
}

// marshalled is a list as Python 3.11 writes it: of modules of a size, a byte apart.
func marshalled(modules, size int, name string) string {
	number := func(n int) string { return "i" + string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }
	b := "[" + number(modules)[1:]
	for i := range modules {
		text := "r\x00\x00\x00\x00"
		if i == 0 {
			text = "\xe1" + number(len(name))[1:] + name
		}
		b += ")\x02" + text + ")\x03" + number(0) + number(pyModulesHead+i) + number(size)
	}
	return b
}

func TestPyInstallerDamage(t *testing.T) {
	for _, test := range []struct {
		what string
		data []byte
		want []string // entries
		errs []string
	}{
		{"nothing wrong", pyProgramOf("onetwo", pyEntryOf("a", 0, 3, 0), pyEntryOf("b", 3, 3, 0), pyEntryOf("o", 6, 0, 0)), []string{"a", "b"}, nil},
		{"in any order", pyProgramOf("onetwo", pyEntryOf("b", 3, 3, 0), pyEntryOf("a", 0, 3, 0)), []string{"a", "b"}, nil},
		{"overlap", pyProgramOf("onetwo", pyEntryOf("a", 0, 4, 0), pyEntryOf("b", 3, 3, 0)), []string{"a"}, []string{"b: is damaged: it overlaps"}},
		{"beyond the end", pyProgramOf("onetwo", pyEntryOf("a", 0, 3, 0), pyEntryOf("b", 3, 4, 0)), []string{"a"}, []string{"b: is cut off: its end is missing"}},
		{"an entry that is no stream", pyProgramOf("onetwo", pyEntryOf("a", 0, 3, 1), pyEntryOf("b", 3, 3, 0)), []string{"b"}, []string{"a: cannot be unpacked"}},
		{"an entry that is cut off", pyProgramOf("onetwo", pyEntryOf("a", 0, 3, 0), pyEntryOf("b", 3, 3, 0)[:12]), []string{"a"}, []string{"header cannot be read"}},
		{"an entry of no size", pyProgramOf("onetwo", pyEntryOf("a", 0, 3, 0), strings.Repeat("\x00", 20)), []string{"a"}, []string{"header cannot be read"}},
		{"encrypted", pyProgramOf("onetwo", pyEntryOf("a", 0, 3, 0), pyEntryOf(pyKey, 3, 3, 0)), []string{"a", pyKey}, []string{"modules that are encrypted"}},
		{"names that are one", pyModulesOf(strings.Repeat("x", 100), marshalled(100, 0, strings.Repeat("a/", maxPaths/80))), nil, []string{"paths of more than"}},
		{"a list of modules that is cut off", pyModulesOf(zlibbed("one"), marshalled(2, 1, "a")[:20]), []string{"blob at 12"}, []string{"header cannot be read"}},
		{"no list of modules", pyModulesOf(zlibbed("one"), ""), []string{"blob at 12"}, []string{"its end is missing"}},
		{"a list of modules that lies elsewhere", pyModulesOf(zlibbed("one"), "")[:14], nil, []string{"its end is missing"}},
		{"a long list of modules", pyModulesOf(zlibbed("one"), strings.Repeat("N", maxListing+1)), []string{"blob at 12"}, []string{"its listing has"}},
		{"a long list", pyProgramOf("onetwo", strings.Repeat(pyEntryOf(strings.Repeat("a", 1000), 0, 0, 0), maxListing/1000)), nil, []string{"its listing has"}},
	} {
		parts, errs := look(t, DefaultLimits(), "f", test.data)
		var names []string
		for _, p := range parts {
			if !p.Raw && !p.Heading {
				names = append(names, p.Name)
			}
		}
		if test.want != nil && !slices.Equal(names, test.want) {
			t.Errorf("%s: entries %q, want %q", test.what, names, test.want)
		}
		all := fmt.Sprint(errs)
		if len(test.errs) == 0 && len(errs) > 0 {
			t.Errorf("%s: errors %v", test.what, errs)
		}
		for _, want := range test.errs {
			if !strings.Contains(all, want) {
				t.Errorf("%s: errors %.300s, want %q", test.what, all, want)
			}
		}
	}
}

// TestPyCookie: what only looks like a cookie is none.
func TestPyCookie(t *testing.T) {
	good := pyProgramOf("onetwo", pyEntryOf("a", 0, 3, 0))
	at := strings.Index(string(good), pyCookie)
	if !holdsPyArchive(good) {
		t.Fatal("no archive is found")
	}
	for i := range 12 {
		bad := slices.Clone(good)
		if bad[at+len(pyCookie)+i]++; holdsPyArchive(bad) {
			t.Errorf("with another byte %d an archive is found", i)
		}
	}
	for end := range good {
		if end < len(good) && end >= at && holdsPyArchive(good[:end]) {
			t.Errorf("an archive is found in the first %d of %d bytes", end, len(good))
		}
	}
	if holdsPyArchive(append([]byte("#!/bin/sh\n"), good...)) {
		t.Error("an archive is found in a script")
	}
}

// TestPyInstallerLarge: so is an archive behind a program that is mapped.
func TestPyInstallerLarge(t *testing.T) {
	good := pyProgramOf("onetwo", pyEntryOf("a", 0, 3, 0))
	data := slices.Concat(good[:10], make([]byte, 9<<20), good[10:], make([]byte, 100<<10))
	mapped := func() ([]byte, func(), error) { return data, func() {}, nil }
	o := New(DefaultLimits(), nil)
	if !o.HoldsMapped(data[:8<<20], mapped) {
		t.Fatal("it is not seen")
	}
	var names []string
	errs := o.OpenMapped("", data[:8<<20], bytes.NewReader(data[8<<20:]), mapped, func(p Part, _ io.Reader) error {
		names = append(names, p.Name)
		return nil
	})
	if len(errs) > 0 || !slices.Contains(names, "a") {
		t.Errorf("entries %q, errors %v", names, errs)
	}
}

// TestPyInstallerNews: a new version of a program is looked at if a cookie is new in it.
func TestPyInstallerNews(t *testing.T) {
	news := pyProgramOf("onetwo", pyEntryOf("a", 0, 3, 0))[20:]
	for head, want := range map[string]bool{
		"\x7fELF": true, "MZ": true, "\xcf\xfa\xed\xfe": true, "\xca\xfe\xba\xbe\x00\x00\x00\x02": true, "\xca\xfe\xba\xbf\x00\x00\x00\x03": true,
		"a text": false, "a class \xca\xfe": false, "\xca\xfe\xba\xbe\x00\x00\x00\x3d": false, "\xca\xfe\xba\xbe\x00\x03\x00\x2d": false, "\xca\xfe\xba\xbe": false,
	} {
		if got := Behind([]byte(head), news); got != want {
			t.Errorf("%q: %t", head, got)
		}
	}
	if Behind([]byte("\x7fELF"), news[:10]) {
		t.Error("without a cookie")
	}
}

// TestMarshal reads what Python's marshal.dumps writes of lists in some of its versions.
func TestMarshal(t *testing.T) {
	want := []any{[]any{"app", []any{int64(0), int64(17), int64(40)}}, []any{"app.é", []any{int64(0), int64(57), int64(-1)}}}
	for python, data := range map[string]string{
		"3.11":        "[\x02\x00\x00\x00\xa9\x02\xda\x03app\xa9\x03\xe9\x00\x00\x00\x00\xe9\x11\x00\x00\x00\xe9(\x00\x00\x00\xa9\x02\xf5\x06\x00\x00\x00app.\xc3\xa9\xa9\x03r\x03\x00\x00\x00\xe99\x00\x00\x00\xe9\xff\xff\xff\xff",
		"version 2":   "[\x02\x00\x00\x00(\x02\x00\x00\x00u\x03\x00\x00\x00app(\x03\x00\x00\x00i\x00\x00\x00\x00i\x11\x00\x00\x00i(\x00\x00\x00(\x02\x00\x00\x00u\x06\x00\x00\x00app.\xc3\xa9(\x03\x00\x00\x00i\x00\x00\x00\x00i9\x00\x00\x00i\xff\xff\xff\xff",
		"dictionary":  "{z\x03app)\x03i\x00\x00\x00\x00i\x11\x00\x00\x00i(\x00\x00\x00t\x06\x00\x00\x00app.\xc3\xa9)\x03i\x00\x00\x00\x00i9\x00\x00\x00i\xff\xff\xff\xff0",
		"in old code": "{s\x03\x00\x00\x00app(\x03\x00\x00\x00i\x00\x00\x00\x00i\x11\x00\x00\x00i(\x00\x00\x00a\x06\x00\x00\x00app.\xc3\xa9(\x03\x00\x00\x00i\x00\x00\x00\x00i9\x00\x00\x00i\xff\xff\xff\xff0",
	} {
		r := marshalReader{data: []byte(data)}
		if got := r.value(0); r.err != nil || len(r.data) > 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v, %d bytes left", python, got, r.err, len(r.data))
		}
		for end := range data {
			r := marshalReader{data: []byte(data[:end])}
			if r.value(0); r.err == nil {
				t.Errorf("%s: the first %d bytes are read without an error", python, end)
			}
		}
	}
	for _, bad := range []string{"r\x00\x00\x00\x00", "r\xff\xff\xff\xff", strings.Repeat(")\x01", 40) + "N", "[\xff\xff\xff\xffN", "u\xff\xff\xff\xffa", "x", "[\x00\x00\x20\x00" + strings.Repeat("N", 2*marshalValues)} {
		r := marshalReader{data: []byte(bad)}
		if r.value(0); r.err == nil {
			t.Errorf("%.20q is read without an error", bad)
		}
	}
}

// FuzzMarshal: what is read is what stands there, and no more than that.
func FuzzMarshal(f *testing.F) {
	f.Add([]byte(marshalled(3, 1, "app")))
	f.Add([]byte("{z\x03app)\x03i\x00\x00\x00\x00Ni(\x00\x00\x000"))
	f.Add([]byte("\xdb\x02\x00\x00\x00\xa9\x01r\x00\x00\x00\x00r\x01\x00\x00\x00"))
	f.Add([]byte(strings.Repeat("\xfb", 6) + strings.Repeat("0", 12)))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := marshalReader{data: data}
		value := r.value(0)
		room := 1 << 14
		again := marshalOf(value, &room)
		if r.err != nil || room < 0 { // what stands once may be referred to any number of times
			return
		}
		second := marshalReader{data: again}
		if got := second.value(0); second.err != nil || !reflect.DeepEqual(got, value) {
			t.Errorf("%q is read as %v, and that as %v, %v", data, value, got, second.err)
		}
	})
}

// marshalOf writes a value, as long as there is room.
func marshalOf(value any, room *int) []byte {
	if *room--; *room < 0 {
		return nil
	}
	number := func(kind byte, n int) []byte {
		return binary.LittleEndian.AppendUint32([]byte{kind}, uint32(n))
	}
	switch value := value.(type) {
	case int64:
		return number('i', int(value))
	case string:
		*room -= len(value)
		return append(number('u', len(value)), value...)
	case []any:
		b := number('[', len(value))
		for _, v := range value {
			b = append(b, marshalOf(v, room)...)
		}
		return b
	}
	return []byte{'N'}
}
