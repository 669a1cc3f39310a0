package rules

import (
	"time"

	"github.com/inspecto/insplint/internal/key"
)

// A Key is one secret with every place it was seen: what a rule looks at.
type Key struct {
	Secret       key.Secret
	Occurrences  []Occurrence
	FirstSeen    time.Time     // date of the earliest commit that held it; zero where history says nothing
	Placeholder  bool          // no random generator made it: a note at most, and only where it lies counts
	Verification *Verification // nil unless the vendor was asked
}

// Confidence is how sure the form of a key is; see package key.
type Confidence = key.Confidence

// ParseConfidence reads "low", "medium" or "high".
func ParseConfidence(name string) (Confidence, bool) { return key.ParseConfidence(name) }

// ParseEnvironment reads "production" or "sandbox".
func ParseEnvironment(name string) (e key.Environment, ok bool) {
	for _, e := range []key.Environment{key.Production, key.Sandbox} {
		if e.String() == name {
			return e, true
		}
	}
	return 0, false
}

// Standing says how git sees the place that holds a key.
type Standing string

// The standings of a place.
const (
	Tracked   Standing = "tracked"   // in the index or in HEAD's tree
	Untracked Standing = "untracked" // neither tracked nor ignored: the next "git add ." takes it
	Ignored   Standing = "ignored"
	Outside   Standing = "outside" // in no repository
	History   Standing = "history" // only the object database holds it
	Stdin     Standing = "stdin"
)

// An Occurrence is one place that holds a key, with the facts about it that
// the scanner recorded; rules decide from these and never read text again.
type Occurrence struct {
	// Path is relative to the scanned root, with "/"; empty for what has no
	// path, such as a commit message. Home is the same file's path from its
	// repository's top (Path where there is none): finding ids are made of
	// it, so that they do not depend on where a scan was started.
	Path, Home string
	// Root is how the scanned root is reached from the current directory, where a
	// command for the file's repository must say so; else empty.
	Root       string
	Member     string // path inside an archive, or empty
	Span       Span
	Encoding   []string // layers from the outside in; empty for plain text
	Confidence key.Confidence
	Standing   Standing
	Staged     bool // the index holds the key here, and HEAD has something else at this path: unstaging it is enough
	Snippet    Snippet
	Past       *Past // what history knows of this key at this path; nil if nothing

	Pattern  Pattern        // the line of an ignore file that matches the file or a directory on the way; zero if none does
	Included Pattern        // the line that has git not ignore the file, a negation; zero if none does
	Older    Pattern        // the line by which git ignores the file up to 2.51 and no more since; zero if none does
	Unstaged bool           // the last commit has the file and the index has not: the next commit takes it out of git
	EnvFile  bool           // the name is in the table of env files
	Client   string         // how the key's place reaches browsers or apps, "Vite build output"; empty if it does not
	Source   bool           // client code that somebody wrote, no output of a build
	Origin   *Origin        // where a bundle's key came from, by its source map; nil if none tells
	Route    string         // from where this project should have Inspecto called, with how to read the key; empty if nothing tells
	Variable string         // the variable or field that the key is the value of; empty if none can be told
	Prefix   PublicPrefix   // what makes Variable public; zero if nothing does
	Hosts    EnvironmentSet // the vendor's hosts that the same file names
	Pair     HostVariable   // in an env file, the variable with the host that belongs to Variable
	URL      URLPlace       // where in a URL the key stands
	Header   AuthHeader     // how the key is sent in a header
	Service  string         // the service that an env file configures, by its directory and its name in a compose file; empty if not known
	Shipped  []Shipment     // what ships the file though git ignores it
	Marks    []Mark         // the insplint:ignore marks on the line
}

// A HostVariable is a variable of an env file that holds hosts of the vendor:
// INSPECTO_URL beside INSPECTO_API_KEY. The zero value is no variable.
type HostVariable struct {
	Name  string
	Hosts EnvironmentSet
}

// A URLPlace is where in a URL a key stands. The zero value means in none.
type URLPlace struct {
	Part      URLPart
	Parameter string // of the query, "api_key"; empty if it cannot be told
	Command   string // the program on whose command line the URL is, "curl"; empty if it is on none
}

// A URLPart is a part of a URL that can hold a key.
type URLPart string

// The parts of a URL.
const (
	URLQuery    URLPart = "query"
	URLPath     URLPart = "path"
	URLUserInfo URLPart = "user-info" // what stands before the host and "@"
)

// An AuthHeader says how a key is sent in a header. The zero value means that it
// is not.
type AuthHeader struct {
	Sent   bool
	Name   string // of a header that is not Authorization, "X-API-Key"; empty for that one
	Scheme string // what stands between the beginning of the header's value and the key, "Bearer"; empty if nothing does
	Joined bool   // no space parts the scheme from the key
}

// A Shipment is one way by which a file leaves the machine though git ignores
// it.
type Shipment struct {
	By        string // the command, "docker build"
	Into      string // "the image", "the package"
	Statement string // what takes the file, as it is written: "COPY . ."; empty where Reason says it
	Reason    string // a sentence with one %s for File; empty where there is a Statement
	File      string // that decides it, from the repository's top
	At        int    // line of Statement in File
	Ignore    string // the file whose lines can keep it out, from the repository's top
	Line      string // the line to add to Ignore; it prints
	Exists    bool   // Ignore is there already
	List      string // Line is an entry of this member of Ignore; empty if it is a line
	Drop      bool   // Line is there, and is to be taken out
	Narrow    bool   // Line is in List, and is to fit less
}

// A Span is where a key stands in a file. Lines and columns start at 1,
// columns count Unicode code points, and the end column is one past the last.
// The zero Span means that the place has no lines.
type Span struct {
	Line, Column, EndLine, EndColumn int
}

// An Origin is the place in the source that a place in a bundle was built from.
type Origin struct {
	Path string // as the map names it, resolved against the scanned root where that can be done
	Line int    // from 1
}

// A Snippet is the line around a key with every key on it masked.
type Snippet struct {
	Text          string // no control characters, cut to a readable length
	Column, Width int    // where the masked key stands in Text: code points, Column from 1
}

// A Pattern is a line of an ignore file that would have git ignore a file.
type Pattern struct {
	Text    string // as it stands there
	Source  string // the file that it is in: from the top of the repository, or absolute
	Line    int    // from 1
	Outside bool   // the file is no part of the repository: nobody else has it
}

// A PublicPrefix is a prefix that makes a framework inline a variable into
// client code.
type PublicPrefix struct {
	Prefix    string // "NEXT_PUBLIC_"
	Framework string // "Next.js"
}

// An EnvironmentSet is a set of key.Environment values.
type EnvironmentSet uint8

// With returns the set with e in it.
func (s EnvironmentSet) With(e key.Environment) EnvironmentSet { return s | 1<<e }

// Has reports whether e is in the set.
func (s EnvironmentSet) Has(e key.Environment) bool { return s&(1<<e) != 0 }

// A Mark is one "insplint:ignore" comment. It names rules or none (all), and
// fingerprints or none (the line's key, if the line holds only one).
type Mark struct {
	Rules        []string
	Fingerprints []string
	Reason       string
	Alone        bool // the line holds no other key
}

// Past is what history knows of a key at one path.
type Past struct {
	Object    string   // id of the object that holds it, in the version that brought it in
	Kind      string   // "blob", "commit", "tag" or "tree"
	Of        string   // "person" or "header" if not the message of a commit or tag holds the key, but who it is by, or another header; "ref" or "reflog" if the name of Refs[0] or a line of its log does, and Object does not
	Within    string   // the top of the repository, from the scanned root, if it is one in the scanned one
	Reachable bool     // some ref still reaches it
	Incoming  bool     // the commits are about to be pushed, or received: no other repository needs to get them
	Refs      []string // the most telling first; some of them, if there are many
	RefCount  int      // how many there are, if it is more than Refs lists
	Malformed bool     // the key is in what of a malformed tree is no entry
	StashLost bool     // refs/stash has no reflog, so that git stash knows no entry
	// Keep is a pack's .keep file, by which git keeps what no ref reaches, and
	// Borrowed is another repository's object directory that has it.
	Keep, Borrowed string
	// Branches is those at whose tips the key is still at this path, where HEAD
	// has it not; BranchCount is as for Refs.
	Branches    []string
	BranchCount int
	Introduced  *Commit // nil where no commit holds it
	Removed     *Commit // nil where it was not taken out
	// Formerly is where the file was before commits renamed it, the last place
	// first. The key came in with the last of these, and is in no branch at
	// any of them now.
	Formerly []Former
}

// A Former is an earlier place of a file. Path and Home are as in an
// Occurrence.
type Former struct {
	Path, Home string
	ID         string // in a finding: the one that it had there
}

// A Commit is what a finding tells of a commit.
type Commit struct {
	ID, Author, Email, Subject string
	Date                       time.Time // the author's date
}

// Status is the vendor's answer about a key.
type Status string

// What asking the vendor can tell.
const (
	Active   Status = "active"
	Inactive Status = "inactive" // expired, revoked or never valid: the vendor does not tell these apart
	Unknown  Status = "unknown"  // no usable answer; never lowers a level
)

// A Verification is the result of asking the vendor about one key.
type Verification struct {
	Status     Status
	Scopes     []string
	HTTPStatus int // 0 if no answer came
	Detail     string
}
