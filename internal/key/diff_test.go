package key

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// patches are how lines stand in a diff.
var patches = map[string]func(text string) string{
	"added":   func(s string) string { return "@@ -1,2 +1,9 @@\n context\n" + inLines("+")(s) + "\n context\n" },
	"removed": func(s string) string { return "@@ -1,9 +1,2 @@\n context\n" + inLines("-")(s) + "\n context\n" },
	"context": func(s string) string { return "@@ -1,9 +1,9 @@\n" + inLines(" ")(s) + "\n+added\n" },
	"in part": func(s string) string {
		lines := strings.SplitAfter(s, "\n")
		for i := range lines {
			lines[i] = []string{"-0123456789abcdefghijklmnopqrstuvwxyz\n+", "+", " "}[(i+len(s))%3] + lines[i]
		}
		return "@@ -1,9 +1,9 @@\n" + strings.Join(lines, "") + "\n context\n"
	},
	"quoted": func(s string) string { return inLines("> ")(s) + "\n" },
	"mailed": func(s string) string {
		return "---\n a | 9 +++++++++\n\n@@ -1 +1,9 @@\n" + inLines("+")(s) + "\n-- \n2.40.1\n"
	},
}

// TestDiffs plants a key in wrapped encodings whose lines a diff marks.
func TestDiffs(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 52))
	all := codings()
	for name, patch := range inOrder(patches) {
		for what, c := range inOrder(all) {
			if !c.dense {
				continue
			}
			for _, inner := range []string{"", "base64", "hex", "utf-16le"} {
				for range cases(3) {
					width, indent := []int{64, 76, 70, 60}[r.IntN(4)], []string{"", "    "}[r.IntN(2)]
					key := anyKey(r)
					inside := filler(r, r.IntN(200)) + ";" + key + ";" + filler(r, 60)
					layers := [][]string{c.names}
					if inner != "" {
						inside, layers = all[inner].write(inside), append(layers, all[inner].names)
					}
					layers[0] = append([]string{"base64url"}[:min(1, strings.Count(c.names[0], "64"))], c.names...)
					text := "data: |\n" + indent + fold(c.write(inside), width, "\n"+indent)
					wantFound(t, fmt.Sprint(name, ": ", what, " of ", inner, ", ", width, indent), filler(r, r.IntN(300))+"\n"+patch(text)+filler(r, 100), key, High, layers)
				}
			}
		}
	}
}

// TestDiffSpreads: dumps, lists and mails in lines of a diff.
func TestDiffSpreads(t *testing.T) {
	r := rand.New(rand.NewPCG(53, 54))
	for name, patch := range inOrder(patches) {
		for what, c := range inOrder(spreads()) {
			if c.names[0] == "uuencode" || what == "dump in a comment" {
				continue
			}
			for range cases(10) {
				key := anyKey(r)
				text := strings.TrimPrefix(c.write(filler(r, 400+r.IntN(300))+key+";\n"+filler(r, 300)), "\n")
				wantFound(t, name+": "+what, filler(r, r.IntN(300))+"\n"+patch(text)+filler(r, 100), key, High, [][]string{c.names})
			}
		}
		for range cases(20) {
			key := Prefix + body64(r.IntN(1<<30))
			// A soft break in the prefix needs a longer mail: it is looked for here and there.
			text := fold("Your key is "+strings.Repeat("x", r.IntN(44))+" "+strings.ReplaceAll(key, "_", "=5F")+" and =", 75, "=\n")
			wantFound(t, name+": quoted-printable", filler(r, 100)+"\n"+patch(text), key, High, [][]string{{"quoted-printable"}})
		}
	}
}
