package cli

import "testing"

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
		if at, thrown := diffIn([]byte(got)); thrown {
			got = got[:at]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
