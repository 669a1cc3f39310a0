package archive

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"testing"
)

// lzf packs a text as Redis does: what stands before as it is named by its place, all else in
// pieces of 32 bytes.
func lzf(text string) (packed []byte) {
	var plain []byte
	flush := func() {
		for part := range slices.Chunk(plain, 32) {
			packed = append(append(packed, byte(len(part)-1)), part...)
		}
		plain = nil
	}
	for at := 0; at < len(text); {
		from, count := -1, 0
		for n := 3; n <= 264 && at+n <= len(text); n++ {
			i := strings.LastIndex(text[max(0, at-8192):at+n-1], text[at:at+n])
			if i < 0 {
				break
			}
			from, count = max(0, at-8192)+i, n
		}
		if count == 0 {
			plain, at = append(plain, text[at]), at+1
			continue
		}
		flush()
		back := at - from - 1
		if count < 9 {
			packed = append(packed, byte((count-2)<<5|back>>8))
		} else {
			packed = append(packed, byte(7<<5|back>>8), byte(count-9))
		}
		packed, at = append(packed, byte(back)), at+count
	}
	flush()
	return packed
}

// redisLength writes a length in so many bytes.
func redisLength(n, bytes int) []byte {
	switch bytes {
	case 1:
		return []byte{byte(n)}
	case 2:
		return binary.BigEndian.AppendUint16(nil, uint16(n)|1<<14)
	}
	return binary.BigEndian.AppendUint32([]byte{0x80}, uint32(n))
}

// redisValue is a packed value with its mark.
func redisValue(text string, lengths int) []byte {
	packed := lzf(text)
	return slices.Concat([]byte{rdbPacked}, redisLength(len(packed), lengths), redisLength(len(text), lengths), packed)
}

// TestRedis: values are unpacked that LZF cut into pieces, however their lengths are written.
func TestRedis(t *testing.T) {
	short := noise(40) + strings.Repeat("a", 20)
	long := `{"name":"alice","mail":"alice@example.com","more":"` + noise(400) + `","again":"alice@example.com"}`
	file := slices.Concat([]byte("REDIS0010\xfa\x09redis-ver\x067.0.15\xfe\x00\x00\x01a"), redisValue(short, 1),
		[]byte("\xc3\x00\x01b\xc3"), redisValue(long, 2), []byte("\x00\x01c\xc3\x05\x06abcde"), redisValue(long+long, 5), []byte("\xff"), make([]byte, 8))
	parts, errs := look(t, DefaultLimits(), "dump.rdb", file)
	var got []string
	for _, p := range parts {
		if got = append(got, p.text); !slices.Equal(p.Layers, []string{"rdb"}) || !strings.HasPrefix(p.Member, "value at ") {
			t.Errorf("%s lies in %v", p.Member, p.Layers)
		}
	}
	if want := []string{short, long, long + long}; !slices.Equal(got, want) || len(errs) > 0 {
		t.Errorf("values %.300q, %v; want %.300q", got, errs, want)
	}
	// An empty piece of a length that unpacks to more than is read.
	huge := slices.Concat([]byte("REDIS0010"), []byte{rdbPacked}, redisLength(lzfMost/80, 5), redisLength(lzfMost+1, 5), make([]byte, lzfMost/80))
	if _, errs := look(t, DefaultLimits(), "", huge); len(errs) != 1 || !strings.Contains(errs[0].Error(), "packed by LZF") {
		t.Errorf("a huge value: %v", errs)
	}
	marks := slices.Concat([]byte("REDIS0010"), bytes.Repeat([]byte{rdbPacked, 2, 3, 0}, 1<<20))
	if _, errs := look(t, DefaultLimits(), "", marks); len(errs) > 1 {
		t.Errorf("a file of marks: %v", errs)
	}
}

// TestRedisStream: a large file that is not mapped is opened, or named.
func TestRedisStream(t *testing.T) {
	value := noise(40) + strings.Repeat("a", 20)
	begin := slices.Concat([]byte("REDIS0010"), redisValue(value, 1), make([]byte, holdMax))
	o := New(DefaultLimits(), nil)
	for _, more := range []int{1, windowMax} {
		found := false
		if !o.HoldsMapped(begin, nil) {
			t.Error("nothing is told of it")
		}
		errs := o.OpenMapped("", begin, bytes.NewReader(make([]byte, more)), nil, func(_ Part, r io.Reader) error {
			text, err := io.ReadAll(r)
			found = found || string(text) == value
			return err
		})
		if named := len(errs) == 1 && strings.Contains(errs[0].Error(), "is a database of 64 MiB or more"); found == (more == windowMax) || named == found {
			t.Errorf("%d more bytes: found %v, %v", more, found, errs)
		}
	}
}

// FuzzLZF: what is unpacked is never longer than it should be, and what was packed comes back.
func FuzzLZF(f *testing.F) {
	f.Add([]byte("\x02abc\x20\x02"), 6)
	f.Add([]byte("\xff\xff\xff"), 300)
	f.Fuzz(func(t *testing.T, packed []byte, size int) {
		size = min(max(size, 0), 1<<16)
		if text, ok := unpackLZF(nil, packed, size); len(text) > size || ok && len(text) != size {
			t.Errorf("%d bytes for %d", len(text), size)
		}
		if len(packed) > 300 {
			return
		}
		if text, ok := unpackLZF(nil, lzf(string(packed)), len(packed)); !ok || !bytes.Equal(text, packed) {
			t.Errorf("%q comes back as %q", packed, text)
		}
	})
}
