package cli

import (
	"slices"
	"strings"
)

// A hook that insplint writes is a block between these lines. What else stands
// in the file is its owner's and stays as it is.
const (
	blockBegin = `# insplint: "insplint hook install" wrote the lines from here, --uninstall takes them out`
	blockEnd   = "# insplint: to here"
)

// shebang begins a hook that holds nothing but the block.
const shebang = "#!/bin/sh\n"

// keptSuffix is added to the name of the directory of hooks, for the one beside
// it with the hooks that were there before. There each keeps its name, and what
// it finds by "$0" on the way up.
const keptSuffix = "-before-insplint"

// hookBlock is what a hook does: it runs the hook that was there before, then
// insplint, and ends with the first that fails. If insplint cannot be found it
// stops git and says so. executable is where insplint is if PATH does not tell;
// empty if only PATH may.
func hookBlock(h installable, executable string) string {
	lines := []string{blockBegin}
	found, which := "insplint", "insplint"
	if executable != "" {
		lines = append(lines, "insplint="+shellQuote(executable), `if command -v insplint >/dev/null 2>&1; then insplint=insplint; fi`)
		found, which = `"$insplint"`, `"$insplint"`
	}
	lines = append(lines,
		`if ! command -v `+found+` >/dev/null 2>&1; then`,
		`	echo "insplint is not installed: install it, or `+h.skip+`" >&2`,
		`	exit 2`,
		`fi`)
	feed := ""
	if h.stdin { // byte for byte: the shell takes newlines off the end of what it captures
		lines = append(lines, `input="$(cat; echo .)"`, `input="${input%.}"`)
		feed = `printf %s "$input" | `
	}
	lines = append(lines, previousLines(h, feed)...)
	lines = append(lines, feed+which+` hook `+h.runs+h.args+` || exit`, blockEnd)
	return strings.Join(lines, "\n") + "\n"
}

// previousLines run the hook that was there before. The directory of hooks may be a
// link, and what is kept lies beside what that leads to.
func previousLines(h installable, feed string) []string {
	return []string{
		`previous="$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)` + keptSuffix + `/` + h.name + `"`, // with CDPATH cd may print a line, too
		`if [ -x "$previous" ]; then ` + feed + `"$previous" "$@" || exit; fi`,
	}
}

// leftBlock is what stays of a block where others have added lines to a hook that
// runs one from before: that comes back in place of the whole once they are gone.
func leftBlock(h installable) string {
	lines := append([]string{blockBegin, "# insplint is taken out; what was there before runs as it did"}, previousLines(h, "")...)
	return strings.Join(append(lines, blockEnd), "\n") + "\n"
}

// splitHook parts a hook at insplint's block; ok is false if it has none.
func splitHook(h installable, text string) (before, after string, ok bool) {
	if before, rest, ok := strings.Cut(text, blockBegin+"\n"); ok {
		if _, after, ok := strings.Cut(rest, blockEnd+"\n"); ok {
			return before, after, true
		}
		return "", "", false // somebody took its end away: what is whose cannot be told
	}
	return splitOldHook(h, text)
}

// oldMarker is in the hooks of insplint's first builds, which had no block: what
// of their lines is not insplint's is found one by one.
const oldMarker = `# written by insplint hook install; "insplint hook install --uninstall" takes it out`

func splitOldHook(h installable, text string) (before, after string, ok bool) {
	if !strings.Contains(text, oldMarker) {
		return "", "", false
	}
	ours := []string{
		"#!/bin/sh", oldMarker,
		`previous="$(dirname "$0")/` + h.name + oldSuffix + `"`,
		`if command -v insplint >/dev/null 2>&1; then insplint=insplint; fi`,
		`if ! command -v "$insplint" >/dev/null 2>&1; then`,
		`	echo "insplint is not installed: install it, or skip this hook with --no-verify" >&2`,
		`	exit 2`,
		`fi`,
		`input="$(cat)"`,
		`if [ -x "$previous" ]; then printf '%s\n' "$input" | "$previous" "$@" || exit; fi`,
		`printf '%s\n' "$input" | "$insplint" hook ` + h.name + h.args,
		`if [ -x "$previous" ]; then "$previous" "$@" || exit; fi`,
		`exec "$insplint" hook ` + h.name + h.args,
	}
	for line := range strings.Lines(text) {
		if bare := strings.TrimRight(line, "\n"); !slices.Contains(ours, bare) && !strings.HasPrefix(bare, "insplint=") {
			after += line
		}
	}
	return shebang, after, true
}

// isEmptyHook reports whether a hook does nothing.
func isEmptyHook(text string) bool {
	return strings.TrimSpace(strings.TrimPrefix(text, strings.TrimSpace(shebang))) == ""
}

// shellQuote makes a word of a POSIX shell.
func shellQuote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
