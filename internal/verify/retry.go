package verify

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How a request is repeated after a broken connection, 429 or 5xx.
const (
	maxRetries = 2
	firstWait  = time.Second // doubles with each retry
	// maxWait is the longest Retry-After that is waited for. A longer one ends
	// the asking: coming back sooner would be to ignore it.
	maxWait = 30 * time.Second
)

// retryAfter reads a Retry-After header, seconds or an HTTP date (RFC 9110,
// section 10.2.3). It gives 0 for none, for one that is past and for one that
// cannot be read.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	seconds, err := strconv.ParseUint(header, 10, 31)
	switch {
	case err == nil:
		return time.Duration(seconds) * time.Second
	case errors.Is(err, strconv.ErrRange):
		return maxWait + 1
	}
	if date, err := http.ParseTime(header); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}
