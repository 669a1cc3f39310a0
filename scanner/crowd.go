package scanner

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/inspecto/insplint/internal/archive"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// One key can stand in one file a million times: in a server's log, in a dump. What is
// told of a place takes kilobytes of memory and of a report, and whoever has read it a
// thousand times learns nothing from the next. So of one key in one file the first
// places are described, and of the others each that a rule or a mark sets apart from
// all that are: a thousand marked lines hide no line without a mark. The rest is counted.

const (
	// maxPlaces is how many places of one key in one file are described whatever they are.
	maxPlaces = 1000

	// maxSightings bounds the places of one file that are described, of all keys: each
	// takes some 7 KB until it is reported, and a file of 8 MiB has room for 120,000.
	maxSightings = 50_000
)

// A describer describes places in one file, buffer by buffer.
type describer struct {
	search
	beginning func() []byte // of the file, as much as tells whether clients get it
	origin    positioner    // where the buffer stands in the file
	before    int64         // bytes of the file before the buffer
	found     []sighting
	dropped   int // matches over the limit
	crowds    map[crowdID]*crowd
	kinds     map[kind]bool // of the first of found, once there are places that are not described
	sorted    int           // how many of found they are of
	shipped   *exposure     // of the file; nil until it is asked for
}

// A crowdID is a key in a file, or in a member of an archive that stands in its text.
type crowdID struct {
	secret key.Secret
	member string
}

// A crowd is the places of one key in one file.
type crowd struct {
	described int
	last      int // of those, by its number among all that was found
	more      int // places that are not described
}

// A kind is what rules and marks see in one place of a key in a file and not in another.
type kind struct {
	of         crowdID
	confidence key.Confidence
	run        bool   // which the end of the file decides about
	client     string // how the place reaches clients
	variable   string // only where its name decides
	prefix     rules.PublicPrefix
	pair       rules.EnvironmentSet
	url        bool
	header     bool // in one that Inspecto does not take
	marks      string
}

func newDescriber(s search, beginning func() []byte) describer {
	return describer{search: s, beginning: beginning, origin: newPositioner(), crowds: map[crowdID]*crowd{}}
}

// add describes what of the matches in the buffer, and of what is in files that are packed
// there, begins in a stretch and is wanted.
func (d *describer) add(data []byte, matches []key.Match, inner []sighting, in stretch) {
	chosen, others := d.choose(matches, in)
	d.keep(d.around(data, matches, chosen))
	if len(others) > 0 {
		d.keep(d.around(data, matches, d.apart(data, matches, others)))
	}
	for _, f := range d.wanted(inner) {
		d.addInner(f)
	}
}

// choose lists the matches to describe, and those that are to be described only if
// something sets them apart.
func (d *describer) choose(matches []key.Match, in stretch) (chosen, others []key.Match) {
	for _, m := range matches {
		if m.Start < in.from || m.Start >= in.limit || d.want != nil && !d.want(m) {
			continue
		}
		switch id := (crowdID{secret: m.Secret}); {
		case d.isFirst(id, len(chosen)):
			d.count(id, len(chosen))
			chosen = append(chosen, m)
		case d.crowds[id] != nil:
			others = append(others, m)
		default:
			d.dropped++
		}
	}
	return chosen, others
}

// isFirst reports whether another place is among those that are described whatever they
// are; waiting is how many are to be added to those that are.
func (d *describer) isFirst(id crowdID, waiting int) bool {
	c := d.crowds[id]
	return len(d.found)+waiting < d.limit() && (c == nil || c.described < d.places())
}

// count counts a place that is to be described after those that are waiting.
func (d *describer) count(id crowdID, waiting int) {
	c := d.crowds[id]
	if c == nil {
		c = new(crowd)
		d.crowds[id] = c
	}
	c.described++
	c.last = len(d.found) + waiting
}

// keep adds what was found in the buffer as it stands.
func (d *describer) keep(found []sighting) {
	for _, f := range found {
		f.place.Span = d.origin.place(f.place.Span)
		d.found = append(d.found, d.placed(f))
	}
}

// placed is a sighting in the buffer with its place in the file.
func (d *describer) placed(f sighting) sighting {
	f.at = d.before + int64(f.match.Start)
	return f
}

// apart lists those of the matches that something sets apart, each from those before it too.
func (d *describer) apart(data []byte, matches, others []key.Match) (apart []key.Match) {
	around := newSurroundings(data, matches)
	around.scopes = scopesOf(d.file())
	file := rules.Occurrence{EnvFile: isEnvFile(d.path)}
	for _, m := range others {
		f := sighting{match: m, place: file}
		around.tell(&f.place, m)
		if d.isApart(crowdID{secret: m.Secret}, d.placed(f), len(apart)) {
			apart = append(apart, m)
		}
	}
	return apart
}

// isApart reports whether a place is to be described though many of its key are. It
// counts it.
func (d *describer) isApart(id crowdID, f sighting, waiting int) bool {
	d.sort()
	k := d.kindOf(id, &f)
	switch {
	case d.kinds[k]:
		d.crowds[id].more++
		return false
	case len(d.found)+waiting >= d.limit():
		d.dropped++
		return false
	}
	d.know(k)
	d.count(id, waiting)
	return true
}

// addInner adds a place in a file that is packed in the buffer.
func (d *describer) addInner(f sighting) {
	id := crowdID{f.match.Secret, f.place.Member}
	f = d.placed(f)
	switch {
	case d.isFirst(id, 0):
		d.count(id, 0)
		d.found = append(d.found, f)
	case d.crowds[id] == nil:
		d.dropped++
	case d.isApart(id, f, 0):
		d.found = append(d.found, f)
	default:
		d.crowds[id].more += f.more
	}
}

// sort learns the kinds of what was found since it was asked last.
func (d *describer) sort() {
	if d.kinds == nil {
		d.kinds = map[kind]bool{}
	}
	for ; d.sorted < len(d.found); d.sorted++ {
		f := &d.found[d.sorted]
		d.know(d.kindOf(crowdID{f.match.Secret, f.place.Member}, f))
	}
}

// know adds a kind, and what of it is left where it was not read how the key is sent.
func (d *describer) know(k kind) {
	d.kinds[k] = true
	k.url, k.header = false, false
	d.kinds[k] = true
}

// kindOf is the kind of a place.
func (d *describer) kindOf(id crowdID, f *sighting) kind {
	o := &f.place
	shipped := d.exposed()
	k := kind{
		of: id, confidence: o.Confidence, run: f.match.Run, client: shipped.at(int(f.at), ""), prefix: o.Prefix, pair: o.Pair.Hosts,
		url: o.URL.Part != "", header: o.Header.Sent && !o.Header.Bearer(), marks: markedAs(o.Marks),
	}
	if o.EnvFile || len(shipped.server) > 0 {
		k.variable = o.Variable
	}
	return k
}

// markedAs is what marks accept.
func markedAs(marks []rules.Mark) string {
	var all strings.Builder
	for _, m := range marks {
		fmt.Fprintln(&all, m.Rules, m.Fingerprints, m.Alone)
	}
	return all.String()
}

// exposed is how the file reaches clients.
func (d *describer) exposed() *exposure {
	if d.shipped == nil {
		d.shipped = new(exposure)
		if d.path != "" {
			*d.shipped = d.expose(d.beginning())
		}
	}
	return d.shipped
}

// end is all that was found. The last of each key has how many places more there are.
func (d *describer) end() []sighting {
	for _, c := range d.crowds {
		if c.more > 0 {
			d.found[c.last].more += c.more
		}
	}
	return d.found
}

func (d *describer) overflow() error {
	if d.dropped == 0 {
		return nil
	}
	return tooMany(d.limit(), d.dropped)
}

// A crowded is a file, or a member of an archive, with more places of a key than are told.
type crowded struct {
	path, member string
	key          string // masked
}

func (c crowded) note(unnamed string, more int) string {
	name := unnamed
	switch {
	case c.member != "" && c.path != "":
		name = fmt.Sprintf("%q", c.path+archive.Separator+c.member)
	case c.member+c.path != "":
		name = fmt.Sprintf("%q", cmp.Or(c.path, c.member))
	}
	return fmt.Sprintf("%s holds the key %s at %d more places, which are not listed: no rule or mark sets one apart from all that are", name, c.key, more)
}
