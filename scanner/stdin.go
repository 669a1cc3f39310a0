package scanner

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// Stdin searches what r gives, to its end.
func Stdin(ctx context.Context, r io.Reader, opts Options) (*Result, error) {
	return searchInput(ctx, "standard input", r, opts)
}

// searchInput searches what r gives, which has no path and is called so.
func searchInput(ctx context.Context, name string, r io.Reader, opts Options) (*Result, error) {
	opts = opts.withDefaults(ctx)
	opts.Progress.phase("standard input")
	start := time.Now()
	c := newCollector(opts)
	c.unnamed = name
	done := make(chan struct{})
	go func() { // a terminal or a pipe can keep a reader waiting for ever
		defer close(done)
		readStdin(r, opts, c)
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-done:
		return c.result(start), ctx.Err()
	}
}

func readStdin(r io.Reader, opts Options, c *collector) {
	found, size, err := search{archives: opts.archives}.stream(r, make([]byte, wholeMax), contextBytes)
	if err != nil {
		c.unread("", "", "read standard input", err)
	}
	c.progress.Files.Add(1)
	c.progress.Bytes.Add(size)
	for i := range found {
		setPath(&found[i].place, "", "")
		found[i].place.Standing = rules.Stdin
	}
	c.add(found)
}

// Message searches a commit message before it is one: what it holds is about to
// become history.
func Message(ctx context.Context, name string, r io.Reader, opts Options) (*Result, error) {
	result, err := searchInput(ctx, strconv.Quote(name), r, opts)
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
