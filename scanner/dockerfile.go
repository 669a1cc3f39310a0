package scanner

import (
	"bytes"
	"encoding/json"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A dockerfile is what of a Dockerfile decides which files end up in the image:
// stages, and what each copies from where. It is read as Docker's reference of
// the format has it. A path that a variable decides is unknown: what it may
// copy is not claimed.
type dockerfile struct {
	stages []dockerStage
}

type dockerStage struct {
	name   string // lower case; empty if it has none
	base   string // image or earlier stage, lower case
	copies []dockerCopy
}

// A dockerCopy is a COPY or ADD.
type dockerCopy struct {
	text    string // the instruction on one line, cut to a readable length
	line    int
	from    string // stage or image; empty: the context
	exclude []string
	sources []string
	dest    string // absolute
	dir     bool   // dest is a directory
	parents bool
}

const (
	maxInstruction = 80      // bytes of an instruction that are shown
	maxStages      = 1 << 8  // of a Dockerfile; one with more is not read
	maxCopies      = 1 << 10 // likewise
)

// parseDockerfile reads as much as it understands.
func parseDockerfile(content []byte) *dockerfile {
	d := &dockerfile{}
	workdir := "/" // an image's own WORKDIR is unknown; "/" serves as well for what is compared
	var ended []string
	copies := 0
	for _, in := range dockerInstructions(content) {
		if len(d.stages) > maxStages || copies > maxCopies {
			return &dockerfile{} // nobody wrote this to be built
		}
		word, rest, _ := strings.Cut(in.text, " ")
		rest = strings.TrimSpace(rest)
		switch strings.ToUpper(word) {
		case "FROM":
			stage := parseFrom(rest)
			if len(d.stages) > 0 {
				ended = append(ended, workdir)
			}
			workdir = "/"
			if base := d.find(stage.base, -1); base >= 0 {
				workdir = ended[base] // a stage goes on where its base ended
			}
			d.stages = append(d.stages, stage)
		case "WORKDIR":
			workdir = path.Join("/", absoluteFrom(workdir, strings.Trim(rest, `"`)))
		case "COPY", "ADD":
			if c, ok := parseCopy(rest, workdir); ok && len(d.stages) > 0 {
				c.text, c.line = shorten(in.text), in.line
				copies++
				last := &d.stages[len(d.stages)-1]
				last.copies = append(last.copies, c)
			}
		}
	}
	return d
}

func absoluteFrom(workdir, dir string) string {
	if path.IsAbs(dir) {
		return dir
	}
	return path.Join(workdir, dir)
}

func shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= maxInstruction {
		return text
	}
	cut := maxInstruction
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + ellipsis
}

// A dockerLine is an instruction with its continued lines joined.
type dockerLine struct {
	text string
	line int // where it begins
}

// dockerInstructions joins lines that are continued and drops comments and
// here-documents.
func dockerInstructions(content []byte) []dockerLine {
	escape := `\`
	if first := bytes.ToLower(content[:min(len(content), 256)]); bytes.Contains(first, []byte("escape=`")) {
		escape = "`"
	}
	var all []dockerLine
	var current strings.Builder
	begin, number, until := 0, 0, ""
	for line := range strings.Lines(string(content)) {
		number++
		line = strings.TrimSpace(line)
		switch {
		case until != "":
			if line == until {
				until = ""
			}
			continue
		case strings.HasPrefix(line, "#"), line == "":
			continue
		}
		if current.Len() == 0 {
			begin = number
		}
		if body, ok := strings.CutSuffix(line, escape); ok {
			current.WriteString(body + " ")
			continue
		}
		current.WriteString(line)
		text := current.String()
		current.Reset()
		all = append(all, dockerLine{text, begin})
		until = hereDocument(text)
	}
	return all
}

// hereDocument is the word that ends the here-document of an instruction.
func hereDocument(text string) string {
	_, rest, ok := strings.Cut(text, "<<")
	if !ok {
		return ""
	}
	word := strings.TrimLeft(strings.TrimPrefix(rest, "-"), `"'`)
	end := strings.IndexFunc(word, func(r rune) bool { return !isNameRune(r) })
	if end >= 0 {
		word = word[:end]
	}
	return word
}

// parseFrom reads what follows FROM.
func parseFrom(rest string) dockerStage {
	words := strings.Fields(strings.ToLower(rest))
	for len(words) > 0 && strings.HasPrefix(words[0], "--") {
		words = words[1:]
	}
	s := dockerStage{}
	if len(words) > 0 {
		s.base = words[0]
	}
	if len(words) > 2 && words[1] == "as" {
		s.name = words[2]
	}
	return s
}

// parseCopy reads what follows COPY or ADD; ok is false where a variable
// decides where to.
func parseCopy(rest, workdir string) (c dockerCopy, ok bool) {
	for strings.HasPrefix(rest, "--") {
		var flag string
		flag, rest, _ = strings.Cut(rest, " ")
		rest = strings.TrimSpace(rest)
		switch name, value, _ := strings.Cut(flag, "="); name {
		case "--from":
			c.from = strings.ToLower(value)
		case "--exclude":
			c.exclude = append(c.exclude, value)
		case "--parents":
			c.parents = value != "false"
		}
	}
	words := strings.Fields(rest)
	if strings.HasPrefix(rest, "[") && json.Unmarshal([]byte(rest), &words) != nil {
		return c, false
	}
	if len(words) < 2 {
		return c, false
	}
	dest := words[len(words)-1]
	for _, source := range words[:len(words)-1] {
		if !strings.Contains(source, "$") && !strings.HasPrefix(source, "<<") && !strings.Contains(source, "://") {
			c.sources = append(c.sources, source)
		}
	}
	c.dir = strings.HasSuffix(dest, "/") || len(words) > 2 || dest == "."
	c.dest = path.Clean("/" + absoluteFrom(workdir, dest))
	return c, len(c.sources) > 0 && !strings.Contains(c.dest, "$")
}

// namedSources lists what is copied from the context by name, without patterns.
func (d *dockerfile) namedSources() []string {
	var names []string
	for _, s := range d.stages {
		for _, c := range s.copies {
			if c.from != "" {
				continue
			}
			for _, source := range c.sources {
				if name := path.Clean("/" + source); name != "/" && !strings.ContainsAny(name, `*?[\`) {
					names = append(names, name[1:])
				}
			}
		}
	}
	return names
}

// lands tells where in the image a copy puts a file that lies at rel below the
// root of what is copied from.
func (c dockerCopy) lands(rel string) (at string, ok bool) {
	if len(c.exclude) > 0 && excludedBy(c.exclude, rel) {
		return "", false
	}
	for _, source := range c.sources {
		root, ok := coveredBy(path.Clean("/" + source)[1:], rel)
		switch {
		case !ok:
		case c.parents:
			return path.Join(c.dest, rel), true
		case root != rel:
			return path.Join(c.dest, strings.TrimPrefix(strings.TrimPrefix(rel, root), "/")), true
		case c.dir:
			return path.Join(c.dest, path.Base(rel)), true
		default:
			return c.dest, true
		}
	}
	return "", false
}

// coveredBy reports whether a source, which may be a pattern, is the file or a
// directory above it, and which.
func coveredBy(source, rel string) (root string, ok bool) {
	if source == "" {
		return "", true
	}
	parts := strings.Split(rel, "/")
	n := strings.Count(source, "/") + 1
	if n > len(parts) {
		return "", false
	}
	root = strings.Join(parts[:n], "/")
	ok, err := path.Match(source, root)
	return root, ok && err == nil
}

// A stagePath is a file in a stage.
type stagePath struct {
	stage int
	path  string
}

// ships reports whether a file of the context ends up in the image, and the
// instruction that takes it from the context. target is the stage to build.
func (d *dockerfile) ships(rel, target string) (first dockerCopy, ok bool) {
	made := d.madeOf(d.find(target, len(d.stages)-1))
	seen := map[stagePath]bool{}
	for n, s := range d.stages {
		for _, c := range s.copies {
			if c.from != "" {
				continue
			}
			if at, lands := c.lands(rel); lands && d.reaches(stagePath{n, at}, made, seen) {
				return c, true
			}
		}
	}
	return first, false
}

// madeOf lists the stages whose layers are the image's: the one that is built,
// and those that it is FROM.
func (d *dockerfile) madeOf(stage int) map[int]bool {
	made := map[int]bool{}
	for stage >= 0 && !made[stage] {
		made[stage] = true
		stage = d.find(d.stages[stage].base, -1)
		if stage >= 0 && made[stage] {
			break
		}
	}
	return made
}

// find is the number of the stage of a name or number; otherwise, what is
// given.
func (d *dockerfile) find(name string, otherwise int) int {
	name = strings.ToLower(name)
	for n, s := range d.stages {
		if name != "" && s.name == name {
			return n
		}
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 0 && n < len(d.stages) {
		return n
	}
	return otherwise
}

// maxCopied bounds the places of one file that are followed from stage to
// stage.
const maxCopied = 1 << 12

// reaches reports whether a file in a stage is in the image: the stage is a
// part of it, or another stage copies the file on.
func (d *dockerfile) reaches(f stagePath, made map[int]bool, seen map[stagePath]bool) bool {
	if made[f.stage] {
		return true
	}
	if seen[f] || len(seen) >= maxCopied {
		return false
	}
	seen[f] = true
	for n := f.stage + 1; n < len(d.stages); n++ {
		if d.find(d.stages[n].base, -1) == f.stage && d.reaches(stagePath{n, f.path}, made, seen) {
			return true
		}
		for _, c := range d.stages[n].copies {
			if c.from == "" || d.find(c.from, -1) != f.stage {
				continue
			}
			if at, ok := c.lands(strings.TrimPrefix(f.path, "/")); ok && d.reaches(stagePath{n, at}, made, seen) {
				return true
			}
		}
	}
	return false
}
