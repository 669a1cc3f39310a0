package cli

import (
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/lazy"
)

// Whether somebody's own hook runs insplint is told by its text. Only a shell knows what
// a script does; so a line counts if it does so at first sight, and what only mentions
// insplint, or may not come to it, does not: a hook that is taken for one that runs it
// lets keys through.

// hookCall matches the beginning of a command that runs a hook of insplint's, whose name
// follows.
var hookCall = lazy.Regexp(`^(?:\w+=\S*\s+)*(exec\s+|command\s+)?["']?(?:[^\s"'|&;]*/)?insplint["']?\s+hook\s+([\w-]+)(?:\s|$)`)

// hereDocument matches where a script begins a text that is no part of it.
var hereDocument = lazy.Regexp(`<<-?\s*\\?["']?(\w+)`)

// separators part the commands of a line.
var separators = []string{"&&", "||", ";", "|"}

// A script is a hook of a shell's, line by line.
type script struct {
	hook  string
	stops bool // a command that fails ends it
	end   string
}

// scriptRuns reports whether a script runs a hook of insplint's, and fails if that does.
// stops tells that the first command that fails ends it, as whoever runs it has it.
func scriptRuns(text, hook string, stops bool) bool {
	s := script{hook: hook, stops: stops}
	lines := slices.Collect(strings.Lines(text))
	last := len(lines) - 1
	for last > 0 && !isCommand(lines[last]) {
		last--
	}
	for i, line := range lines {
		line = strings.TrimRight(line, " \t\r\n")
		switch {
		case s.end != "":
			if strings.TrimLeft(line, "\t") == s.end {
				s.end = ""
			}
			continue
		case s.calls(line, i == last):
			return true
		case ends(line):
			return false
		}
		if m := hereDocument.Get().FindStringSubmatch(line); m != nil && isCommand(line) {
			s.end = m[1]
		}
		s.stops = s.stops || setsStop(line, i)
	}
	return false
}

// isCommand reports whether a line of a script holds a command.
func isCommand(line string) bool {
	line = strings.TrimSpace(line)
	return line != "" && !strings.HasPrefix(line, "#")
}

// ends reports whether a script never goes on behind a line.
func ends(line string) bool {
	word, _, _ := strings.Cut(line, " ")
	return word == "exit" || word == "exec" && line != "exec" && !strings.HasPrefix(line, "exec <") && !strings.HasPrefix(line, "exec >")
}

// setsStop reports whether a line makes a script end with the first command that fails.
func setsStop(line string, number int) bool {
	words := strings.Fields(line)
	if number == 0 && strings.HasPrefix(line, "#!") {
		return len(words) > 1 && strings.HasPrefix(words[len(words)-1], "-") && strings.Contains(words[len(words)-1], "e")
	}
	return len(words) > 1 && words[0] == "set" && strings.HasPrefix(words[1], "-") && strings.Contains(words[1], "e")
}

// calls reports whether a line that no block encloses runs the hook, and what comes of
// it decides: it is the last, or the script ends if it fails.
func (s *script) calls(line string, last bool) bool {
	for rest, before := line, ""; rest != ""; {
		at, separator := firstSeparator(rest)
		if m := hookCall.Get().FindStringSubmatch(strings.TrimLeft(rest[:at], " ")); m != nil && m[2] == s.hook {
			starts := before != "" || rest[0] != ' ' && rest[0] != '\t'
			behind := strings.TrimSpace(rest[at:])
			background := strings.HasSuffix(strings.TrimSpace(rest[:at]), "&")
			decides := last || s.stops || strings.HasPrefix(m[1], "exec")
			return starts && before != "||" && !background && (isExit(behind) || behind == "" && decides)
		}
		rest, before = rest[at+len(separator):], separator
	}
	return false
}

// isExit reports whether what is behind a command ends the script if that fails.
func isExit(behind string) bool {
	rest, ok := strings.CutPrefix(behind, "||")
	return ok && isExitCommand.Get().MatchString(rest)
}

var isExitCommand = lazy.Regexp(`^\s*(?:exit|return)(?:\s+(?:[1-9]\d*|\$\?))?\s*(?:;.*|#.*)?$`)

// firstSeparator is where the first command of a line ends, and by what.
func firstSeparator(line string) (at int, separator string) {
	at = len(line)
	for _, s := range separators {
		if i := strings.Index(line, s); i >= 0 && i < at {
			at, separator = i, s
		}
	}
	return at, separator
}

// commandRuns reports whether a command line in a manager's configuration runs a hook of
// insplint's, and decides.
func commandRuns(run, hook string) bool {
	return slices.ContainsFunc(strings.Split(run, "\n"), func(line string) bool {
		s := script{hook: hook}
		return s.calls(strings.TrimSpace(line), true)
	})
}
