package cli

import (
	"strings"
	"testing"

	"github.com/inspecto/insplint/scanner"
)

func TestDiffIn(t *testing.T) {
	const diff = "diff --git a/k b/k\n-k\n"
	tests := map[string]struct{ message, want string }{
		"git's own":       {"a\n#" + scissors + "\n# Do not modify\n# Everything\n" + diff, "a\n#" + scissors + "\n# Do not modify\n# Everything\n"},
		"another sign":    {"//" + scissors + "\r\n// eine Zeile\r\n" + diff, "//" + scissors + "\r\n// eine Zeile\r\n"},
		"of a merge":      {"#" + scissors + "\n# x\ndiff --cc k\n", "#" + scissors + "\n# x\n"},
		"two scissors":    {"#" + scissors + "\nb\n#" + scissors + "\n#\n" + diff, "#" + scissors + "\nb\n#" + scissors + "\n#\n"},
		"no comment":      {"#" + scissors + "\n" + diff, ""},
		"text between":    {"#" + scissors + "\n# x\nb\n" + diff, ""},
		"a line between":  {"#" + scissors + "\n# x\n\n" + diff, ""},
		"no diff":         {"#" + scissors + "\n# x\n", ""},
		"scissors in it":  {"see #" + scissors + "\n# x\n" + diff, ""},
		"scissors alone":  {scissors + "\n# x\n" + diff, ""},
		"another comment": {"#" + scissors + "\n; x\n" + diff, ""},
		"twice verbose":   {"#" + scissors + "\n# x\n" + diff + "# y\n" + diff, "#" + scissors + "\n# x\n"},
		"of another try":  {"#" + scissors + "\n# x\n" + diff + "# y\n", ""},
		"nothing":         {"", ""},
	}
	for name, test := range tests {
		want := test.want
		if want == "" {
			want = test.message
		}
		got := test.message
		if d := diffIn([]byte(got)); d.isCut("COMMIT_EDITMSG", scanner.Cleanup{Verbose: true}) {
			got = got[:d.at]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestDiffIsCut goes through what tells that git cuts off a diff.
func TestDiffIsCut(t *testing.T) {
	const cut = "#" + scissors + "\n# Do not modify\ndiff --git a/k b/k\n"
	const pasted, shown = "a\n" + cut, "a\n# Please\n# with '#'\n#\n# On branch b\n#\n" + cut
	tests := map[string]struct {
		file, message string
		cleanup       scanner.Cleanup
		want          bool
	}{
		"behind a status":  {"COMMIT_EDITMSG", shown, scanner.Cleanup{}, true},
		"in a worktree":    {".git/worktrees/w/COMMIT_EDITMSG", shown, scanner.Cleanup{}, true},
		"kept comments":    {"COMMIT_EDITMSG", shown, scanner.Cleanup{Mode: "verbatim"}, true},
		"without a status": {"COMMIT_EDITMSG", pasted, scanner.Cleanup{}, false},
		"status is off":    {"COMMIT_EDITMSG", shown, scanner.Cleanup{Silent: true}, false},
		"always verbose":   {"COMMIT_EDITMSG", pasted, scanner.Cleanup{Verbose: true, Silent: true}, true},
		"always scissors":  {"COMMIT_EDITMSG", pasted, scanner.Cleanup{Mode: "scissors"}, true},
		"of a merge":       {"MERGE_MSG", shown, scanner.Cleanup{Verbose: true}, false},
		"another sign":     {"COMMIT_EDITMSG", strings.ReplaceAll(shown[:len(shown)-len(cut)], "#", ";") + cut, scanner.Cleanup{}, false},
		"behind a comment": {"COMMIT_EDITMSG", "a\n# b\n" + cut, scanner.Cleanup{}, false},
	}
	for name, test := range tests {
		if got := diffIn([]byte(test.message)).isCut(test.file, test.cleanup); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestWithoutComments(t *testing.T) {
	hint := func(sign, fate string) string {
		return sign + " Please enter the commit message for your changes. Lines starting\n" + sign + " with '" + sign + "' will be " + fate + "\n" + sign + "\n"
	}
	ignored, kept := hint("#", "ignored, and an empty message aborts the commit."), hint("#", "kept; you may remove them yourself if you want to.")
	const cut = "#" + scissors + "\n# Do not modify or remove the line above.\n"
	tests := map[string]struct{ mode, sign, message, want string }{
		"taken out":          {"", "#", "a\n\n" + ignored, "a\n\n"},
		"by default":         {"default", "#", "a\n" + ignored, "a\n"},
		"always":             {"strip", "#", "a\n" + ignored, "a\n"},
		"numbers stay":       {"", "#", "#b\n#c\na\n#d\nb\n\ne\n" + ignored, "\n\na\nb\n\n\ne\n"},
		"another line's end": {"", "#", "#b\r\na\r\n" + ignored, "\na\r\n"},
		"a longer sign":      {"", "//", "a\n/b\n//c\n" + hint("//", "ignored."), "a\n/b\n"},
		"a chosen sign":      {"", "auto", "a\n#b\n;c\n" + hint(";", "ignored."), "a\n#b\n"},
		"not configured":     {"", "#", "a\n" + hint(";", "ignored."), ""},
		"kept":               {"", "#", "a\n" + kept, ""},
		"both":               {"", "#", "a\n" + ignored + kept, ""},
		"kept once":          {"", "#", "a\n" + kept + ignored, ""},
		"mode that keeps":    {"whitespace", "#", "a\n" + ignored, ""},
		"nothing tells":      {"", "#", "a\n#b\n", ""},
		"two signs":          {"", "auto", "a\n" + ignored + hint(";", "ignored."), ""},
		"half a hint":        {"", "#", "a\n# with '#' will be ignored\n", ""},
		"no comment":         {"", "#", "a\n" + ignored[2:], ""},
		"cut":                {"scissors", "#", "a\n" + cut + "#\n\n# On branch b\n#\tx\n", "a\n"},
		"cut by a sign":      {"scissors", ";", "a\n" + strings.ReplaceAll(cut, "#", ";") + "; b\n", "a\n"},
		"cut by any sign":    {"scissors", "auto", "a\n" + cut, ""},
		"cut by nobody":      {"scissors", "#", "a\n#" + scissors + "\n# b\n", ""},
		"cut at CRLF":        {"scissors", "#", "a\r\n" + strings.ReplaceAll(cut, "\n", "\r\n"), "a\r\n"},
		"text behind":        {"scissors", "#", "a\n" + cut + "b\n", ""},
		"of an earlier try":  {"scissors", "#", "a\n" + cut + "b\n" + cut, "a\n" + cut + "b\n"},
		"cut and kept":       {"scissors", "#", "a\n" + cut + kept, ""},
		"no cut":             {"", "#", "a\n" + cut, ""},
	}
	for name, test := range tests {
		want := test.want
		if want == "" {
			want = test.message
		}
		if got := string(withoutComments([]byte(test.message), test.mode, []string{test.sign})); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
