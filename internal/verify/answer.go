package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/inspecto/insplint/rules"
)

// An answer is one documented kind of answer.
type answer struct {
	status int
	// read judges the body; nil where it is not the documented one, and then
	// somebody else may have answered.
	read func(reply) *rules.Verification
}

var answers = []answer{
	{http.StatusOK, readVehicles},
	{http.StatusUnauthorized, readUnauthorized},
	{http.StatusForbidden, readForbidden},
}

// judge says what a reply means. The second result is false where the reply
// says nothing about the key.
func judge(r reply) (rules.Verification, bool) {
	for _, a := range answers {
		if a.status != r.status {
			continue
		}
		if v := a.read(r); v != nil {
			v.HTTPStatus = r.status
			return *v, true
		}
		return unknown(r.status, fmt.Sprintf("HTTP %d without the documented body: a proxy or portal may have answered", r.status)), false
	}
	return unknown(r.status, fmt.Sprintf("HTTP %d: %s", r.status, undocumented(r.status))), false
}

// undocumented explains a status that the vendor does not document.
func undocumented(status int) string {
	switch {
	case status == http.StatusTooManyRequests:
		return "too many requests"
	case status == http.StatusProxyAuthRequired:
		return "a proxy wants credentials"
	case status/100 == 5:
		return "the server failed"
	case status/100 == 3:
		return "a redirect, which is never followed"
	}
	return "not a documented answer"
}

func unknown(status int, detail string) rules.Verification {
	return rules.Verification{Status: rules.Unknown, Scopes: []string{}, HTTPStatus: status, Detail: detail}
}

// readVehicles reads the answer to a key that may read vehicles. What the list
// looks like is not documented, so any JSON object or array will do, and an
// empty body; a filtering proxy's page will not.
func readVehicles(r reply) *rules.Verification {
	empty := !r.cut && len(bytes.TrimSpace(r.body)) == 0
	if !empty && !composite(r) {
		return nil
	}
	return &rules.Verification{
		Status: rules.Active,
		Scopes: []string{},
		Detail: "the key may read vehicles; the answer does not list its scopes",
	}
}

// composite reports whether the body is a JSON object or array, or the
// beginning of one where it was cut.
func composite(r reply) bool {
	body := bytes.TrimLeft(r.body, " \t\r\n")
	if len(body) == 0 || (body[0] != '{' && body[0] != '[') {
		return false
	}
	if !r.cut {
		return json.Valid(body)
	}
	tokens := json.NewDecoder(bytes.NewReader(body))
	for {
		_, err := tokens.Token()
		if err != nil {
			return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		}
	}
}

// A refusal is one of the errors in the documented body of 401 and 403.
type refusal struct {
	Code    string
	Message string
	Details struct{ Required, Available []string }
}

// refusals gives nothing for a body that is not whole or not as documented.
func refusals(r reply) []refusal {
	var said struct{ Errors []refusal }
	if r.cut || json.Unmarshal(r.body, &said) != nil {
		return nil
	}
	return said.Errors
}

// readUnauthorized demands the message as well as the code: a wrong "inactive"
// would hide a live key, so that a filter's own JSON, or the vendor's for a
// reason other than the key, must not pass for it.
func readUnauthorized(r reply) *rules.Verification {
	for _, e := range refusals(r) {
		if e.Code == "UNAUTHORIZED" && e.Message == "Invalid or missing API key" {
			return &rules.Verification{
				Status: rules.Inactive,
				Scopes: []string{},
				Detail: "the vendor refuses the key: expired, revoked or never valid",
			}
		}
	}
	return nil
}

// readForbidden reads the answer to a live key that may not read vehicles.
func readForbidden(r reply) *rules.Verification {
	for _, e := range refusals(r) {
		if e.Code == "FORBIDDEN" && e.Details.Available != nil {
			return &rules.Verification{
				Status: rules.Active,
				Scopes: scopes(e.Details.Available),
				Detail: forbiddenDetail(scopes(e.Details.Required)),
			}
		}
	}
	return nil
}

func forbiddenDetail(required []string) string {
	if len(required) == 0 {
		return "the key is live, but may not read vehicles"
	}
	return "the key is live, but lacks the required " + strings.Join(required, ", ")
}

// Bounds on scopes. A key's body has 64 characters, so that no scope can be
// one that the server echoes.
const (
	maxScopes = 32
	maxScope  = 40
)

// scopes keeps the words of a server's list that can be scopes
// ("vehicles:read"), sorted and each once: they go into reports.
func scopes(said []string) []string {
	kept := []string{}
	for _, s := range said {
		if len(kept) < maxScopes && isScope(s) {
			kept = append(kept, s)
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}

func isScope(s string) bool {
	outside := func(r rune) bool { return !isLetterOrDigit(r) && !strings.ContainsRune("_-.:*/", r) }
	return s != "" && len(s) <= maxScope && !strings.ContainsFunc(s, outside)
}

func isLetterOrDigit(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}
