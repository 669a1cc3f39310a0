package rules

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/internal/lazy"
)

// A Baseline lists findings that were accepted, by id: the id is made of rule,
// key and path, so an entry survives that lines move, and accepts no other key
// in its file.
//
// The file is JSON Lines: a first line that names the format and its version,
// then one entry a line, ordered by id. It holds no line numbers, no times and
// no keys, and ids spread evenly, so two branches that each accept a finding
// merge without a conflict unless their lines come to stand side by side.
type Baseline struct {
	Entries []BaselineEntry // ordered by id, each id once
}

// A BaselineEntry accepts the finding ID. The other fields say to a reader of
// the file what that is; only ID and Reason are used.
type BaselineEntry struct {
	ID     string `json:"id"`               // Finding.ID
	Rule   string `json:"rule,omitempty"`   // "INSP002"
	Path   string `json:"path,omitempty"`   // as the scan showed it
	Member string `json:"member,omitempty"` // path inside an archive
	Key    string `json:"key,omitempty"`    // fingerprint
	Reason string `json:"reason,omitempty"` // shown wherever the finding is
}

type baselineHeader struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
}

const (
	baselineFormat  = "insplint baseline"
	baselineVersion = 1

	maxBaselineLine = 1 << 20
	maxBaselineSize = 64 << 20 // some 400,000 entries
)

// NewBaseline lists all findings but those that a mark or the configuration
// accepts already. An entry that an earlier baseline held keeps its reason.
func NewBaseline(findings []Finding) *Baseline {
	b := &Baseline{}
	for _, f := range findings {
		entry := BaselineEntry{ID: f.ID, Rule: f.Rule.ID, Path: f.Path, Member: f.Member, Key: f.Fingerprint}
		if f.Suppressed != nil {
			if f.Suppressed.Kind != kindBaseline {
				continue
			}
			entry.Reason = f.Suppressed.Reason
		}
		b.Entries = append(b.Entries, entry)
	}
	b.Entries = b.normal()
	return b
}

// Encode writes the baseline. The same entries give the same bytes.
func (b *Baseline) Encode(w io.Writer) error {
	buffered := bufio.NewWriter(w)
	lines := json.NewEncoder(buffered)
	lines.SetEscapeHTML(false) // a path should read as it is
	if err := lines.Encode(baselineHeader{baselineFormat, baselineVersion}); err != nil {
		return fmt.Errorf("write baseline: %w", err)
	}
	for _, entry := range b.normal() {
		if err := lines.Encode(entry); err != nil {
			return fmt.Errorf("write baseline: %w", err)
		}
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("write baseline: %w", err)
	}
	return nil
}

// DecodeBaseline reads what Encode writes, in any order and with entries
// repeated, as a merge may leave it. Anything else is an error that names the
// line: a baseline that is half understood would hide findings or show them at
// random. The file's name is for the caller to add.
func DecodeBaseline(r io.Reader) (*Baseline, error) {
	limited := &io.LimitedReader{R: r, N: maxBaselineSize + 1}
	lines := bufio.NewScanner(limited)
	lines.Buffer(nil, maxBaselineLine)
	b, number := &Baseline{}, 0
	for lines.Scan() {
		number++
		if err := b.addLine(number, lines.Bytes()); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	switch {
	case errors.Is(lines.Err(), bufio.ErrTooLong):
		return nil, fmt.Errorf("line %d is longer than %d bytes", number+1, maxBaselineLine)
	case lines.Err() != nil:
		return nil, lines.Err()
	case limited.N == 0:
		return nil, fmt.Errorf("it is larger than %d bytes", maxBaselineSize)
	case number == 0:
		return nil, fmt.Errorf("it is empty; %s", baselineFix)
	}
	b.Entries = b.normal()
	return b, nil
}

const baselineFix = "write it anew with --write-baseline"

func (b *Baseline) addLine(number int, line []byte) error {
	if number == 1 {
		return checkHeader(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")))
	}
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return nil
	}
	if conflictMarker.Get().Match(line) {
		return errors.New("a merge conflict is left: keep the entries of both sides and delete git's markers")
	}
	var entry BaselineEntry
	if err := decodeLine(line, &entry); err != nil {
		return err
	}
	if !entryID.Get().MatchString(entry.ID) {
		return fmt.Errorf("id %q is not 16 lower-case hexadecimal digits", cleanReason(entry.ID))
	}
	b.Entries = append(b.Entries, entry)
	return nil
}

var (
	entryID        = lazy.Regexp(`^[0-9a-f]{16}$`)
	conflictMarker = lazy.Regexp(`^(<{7}|={7}|>{7}|\|{7})( |$)`)
)

func checkHeader(line []byte) error {
	var header baselineHeader
	if err := decodeLine(line, &header); err != nil || header.Format != baselineFormat {
		return fmt.Errorf("this is not a baseline of insplint; %s", baselineFix)
	}
	if header.Version != baselineVersion {
		return fmt.Errorf("the baseline has version %d and this insplint reads version %d: use the insplint that wrote it, or %s",
			header.Version, baselineVersion, baselineFix)
	}
	return nil
}

// decodeLine reads one JSON object and nothing after it. An unknown field is
// an error, because it may be "id" misspelt.
func decodeLine(line []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		// Not wrapped: the decoder quotes a field's name, which may be a key.
		return errors.New("not an entry: " + cleanReason(err.Error()))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the entry")
	}
	return nil
}

// maxBaselinePath is how many bytes of a path an entry keeps. Git's trees can
// hold longer ones, and an entry must stay below maxBaselineLine.
const maxBaselinePath = 4096

// clean takes out what must not reach a file or a report: a key in a path, or
// in a reason that somebody wrote by hand.
func (e BaselineEntry) clean() BaselineEntry {
	e.Rule = cleanReason(e.Rule)
	e.Path = cleanPath(e.Path)
	e.Member = cleanPath(e.Member)
	e.Key = cleanReason(e.Key)
	e.Reason = cleanReason(e.Reason)
	return e
}

func cleanPath(path string) string {
	path = key.Mask(strings.ToValidUTF8(path, "\uFFFD"))
	if len(path) > maxBaselinePath {
		path = strings.ToValidUTF8(path[:maxBaselinePath], "")
	}
	return path
}

// normal returns the entries clean, sorted, and one for each id: one with a
// reason if there is any.
func (b *Baseline) normal() []BaselineEntry {
	entries := make([]BaselineEntry, 0, len(b.Entries))
	for _, entry := range b.Entries {
		entries = append(entries, entry.clean())
	}
	slices.SortFunc(entries, compareEntries)
	return slices.CompactFunc(entries, func(x, y BaselineEntry) bool { return x.ID == y.ID })
}

func compareEntries(x, y BaselineEntry) int {
	return cmp.Or(
		cmp.Compare(x.ID, y.ID),
		compareBool(x.Reason == "", y.Reason == ""),
		cmp.Compare(x.Reason, y.Reason),
		cmp.Compare(x.Path, y.Path),
		cmp.Compare(x.Member, y.Member),
		cmp.Compare(x.Rule, y.Rule),
		cmp.Compare(x.Key, y.Key),
	)
}
