package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"testing"
)

func TestSmoke(t *testing.T) {
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	tw := tar.NewWriter(g)
	var zb bytes.Buffer
	z := zip.NewWriter(&zb)
	f, _ := z.Create("x/.env")
	io.WriteString(f, "hello world")
	z.Close()
	tw.WriteHeader(&tar.Header{Name: "a/b.zip", Size: int64(zb.Len()), Mode: 0o644})
	tw.Write(zb.Bytes())
	tw.WriteHeader(&tar.Header{Name: "a/b.txt", Size: 3, Mode: 0o644})
	io.WriteString(tw, "abc")
	tw.Close()
	g.Close()
	o := New(DefaultLimits(), nil)
	errs := o.Open("f.tgz", b.Bytes(), nil, func(p Part, r io.Reader) error {
		d, err := io.ReadAll(r)
		t.Logf("%+v %q %v", p, d[:min(len(d), 40)], err)
		return nil
	})
	t.Log(errs)
}
