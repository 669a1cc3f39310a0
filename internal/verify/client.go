package verify

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// Details of keys that were not sent, or whose asking was cut short.
const (
	detailForm        = "not sent: it does not have the form of a key"
	detailPlaceholder = "not sent: it is a placeholder"
	detailStopped     = "the run was stopped before an answer came"
	detailDoubt       = "the vendor refuses it, but it would refuse a bad format with the same words"
)

// ask asks about one key, a doubtful one too, but sends nothing that package key
// does not take for a key. It never fails: what could not be learned is Unknown,
// with the reason in Detail. A 401 to a key of a doubtful form is Unknown as
// well, because the vendor answers a bad format the same. heard is false where
// no answer came that tells of the key, and another key at the same host would
// most likely fare the same.
func (c *Client) ask(ctx context.Context, secret key.Secret) (v rules.Verification, heard bool) {
	text := secret.Reveal()
	detail, documented := judgeForm(text)
	if detail != "" {
		return unknown(0, detail), true
	}
	to := c.endpoints[secret.Environment()]
	for retries := 0; ; retries++ {
		if c.turn(ctx) != nil {
			return unknown(0, detailStopped), false
		}
		o := c.attempt(ctx, to, text)
		if !o.heard && ctx.Err() != nil {
			return unknown(o.HTTPStatus, detailStopped), false
		}
		wait, again := o.wait(retries)
		if !again {
			return o.conclude(retries, documented), o.heard
		}
		if c.sleep(ctx, wait) != nil {
			return unknown(o.HTTPStatus, detailStopped), false
		}
	}
}

// turn waits until the rate allows one more request.
func (c *Client) turn(ctx context.Context) error {
	now := c.now()
	place := c.limiter.ReserveN(now, 1)
	if delay := place.DelayFrom(now); delay > 0 {
		if err := c.sleep(ctx, delay); err != nil {
			place.CancelAt(c.now())
			return err
		}
	}
	return ctx.Err()
}

// An outcome is what one attempt brought.
type outcome struct {
	rules.Verification
	heard      bool          // the answer tells of the key
	transient  bool          // the same request may fare better later
	retryAfter time.Duration // what the server asked for; 0 if nothing
}

func (c *Client) attempt(ctx context.Context, to *url.URL, text string) outcome {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	r, err := c.get(ctx, to, text)
	if err != nil {
		detail, transient := explain(err, c.timeout)
		return outcome{Verification: unknown(r.status, detail), transient: transient}
	}
	v, heard := judge(r)
	return outcome{
		Verification: v,
		heard:        heard,
		transient:    r.status == http.StatusTooManyRequests || r.status/100 == 5,
		retryAfter:   retryAfter(r.retryAfter, c.now()),
	}
}

// wait says how long to wait before the next attempt, if there is to be one.
func (o *outcome) wait(retries int) (d time.Duration, again bool) {
	if !o.transient || retries >= maxRetries || o.retryAfter > maxWait {
		return 0, false
	}
	return max(firstWait<<retries, o.retryAfter), true
}

// conclude makes the last attempt's outcome the result.
func (o *outcome) conclude(retries int, documented bool) rules.Verification {
	v := o.Verification
	switch {
	case v.Status == rules.Inactive && !documented:
		return unknown(v.HTTPStatus, detailDoubt)
	case o.transient && o.retryAfter > maxWait:
		v.Detail += fmt.Sprintf("; it asks for a longer pause than the %v that insplint waits", maxWait)
	case retries > 0 && !o.heard:
		v.Detail += fmt.Sprintf(" (%d attempts)", retries+1)
	}
	return v
}

// judgeForm asks package key what the text is, so that other people's secrets,
// and whatever else was piped in by mistake, are not sent. detail says why a
// text is not to be sent; documented reports whether it has the documented
// form of a key, and not a doubtful one.
func judgeForm(text string) (detail string, documented bool) {
	for m := range key.Find([]byte(text)) {
		if m.Start != 0 || m.End != len(text) || len(m.Encoding) > 0 {
			break
		}
		if m.Placeholder {
			return detailPlaceholder, false
		}
		return "", m.Confidence == key.High
	}
	return detailForm, false
}
