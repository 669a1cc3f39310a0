package scanner

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// Stdin searches what r gives, to its end.
func Stdin(ctx context.Context, r io.Reader, opts Options) (*Result, error) {
	opts = opts.withDefaults()
	opts.Progress.phase("standard input")
	start := time.Now()
	c := newCollector(opts.Progress)
	found, size, err := searchStream("", ctxReader{ctx, r}, make([]byte, wholeMax), nil)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		c.problem("", "", fmt.Sprintf("read standard input: %v", err))
	}
	opts.Progress.Files.Add(1)
	opts.Progress.Bytes.Add(size)
	for i := range found {
		found[i].place.Standing = rules.Stdin
	}
	c.add(found)
	return c.result(start), nil
}

// Message searches a commit message before it is one: what it holds is about to
// become history.
func Message(ctx context.Context, name string, r io.Reader, opts Options) (*Result, error) {
	result, err := Stdin(ctx, r, opts)
	if err != nil {
		return nil, err
	}
	for _, k := range result.Keys {
		for i := range k.Occurrences {
			o := &k.Occurrences[i]
			o.Path, o.Standing = key.Mask(name), rules.History
			o.Past = &rules.Past{Kind: gitpack.Commit.String(), Refs: []string{}}
		}
	}
	return result, nil
}

// A ctxReader ends reading when its context ends.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (r ctxReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// KeysIn lists the keys in a text, each once, in their order and without
// occurrences: keys that somebody hands over, not ones that leaked.
func KeysIn(text []byte) []*rules.Key {
	secrets, _ := bufferSecrets(text)
	keys := make([]*rules.Key, len(secrets))
	for i, secret := range secrets {
		keys[i] = &rules.Key{Secret: secret}
	}
	return keys
}
