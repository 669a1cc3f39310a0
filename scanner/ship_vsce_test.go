package scanner

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/rules"
)

const vsceExtensions = 40 // random ones

// TestVscePacks compares the judgement of every env file in random extensions
// with vsce's own listing.
func TestVscePacks(t *testing.T) {
	node, err := exec.LookPath("node")
	installed := os.Getenv("INSPLINT_BUILDS")
	if err != nil || installed == "" {
		t.Skip("node is not installed, or INSPLINT_BUILDS names no directory with vsce (testdata/builds/install): its listing could not be compared")
	}
	root := t.TempDir()
	var tops []string
	for seed := range vsceExtensions {
		top := fmt.Sprintf("p%d", seed)
		tops = append(tops, filepath.Join(root, top))
		randomExtension(t, root, top, rand.New(rand.NewPCG(uint64(seed), 10)))
	}
	const script = `
const vsce = require('@vscode/vsce');
Promise.all(process.argv.slice(1).map(cwd => vsce.listFiles({cwd, packageManager: vsce.PackageManager.None}))).then(all => console.log(JSON.stringify(all)));`
	cmd := exec.Command(node, append([]string{"-e", script}, tops...)...)
	cmd.Dir = installed
	out, err := cmd.Output()
	var listings [][]string
	if err != nil || json.Unmarshal(out, &listings) != nil {
		t.Fatalf("vsce: %v\n%s%s", err, out, stderrOf(err))
	}
	p, packed := newManifests(root), 0
	for i, listing := range listings {
		for _, rel := range packageNames {
			if rel == "README.md" {
				continue // vsce takes it whatever the lists say, and it is no env file
			}
			_, packs := p.vsceShips(fmt.Sprintf("p%d/%s", i, rel))
			if want := slices.Contains(listing, rel); packs != want {
				t.Errorf("%s: packed %t, vsce says %t\n%s", rel, packs, want, listsOf(tops[i]))
			}
			if packs {
				packed++
			}
		}
	}
	if packed == 0 || packed == len(tops)*len(packageNames) {
		t.Errorf("%d files are packed: these extensions tell nothing", packed)
	}
}

func randomExtension(t *testing.T, root, top string, r *rand.Rand) {
	t.Helper()
	manifest := map[string]any{"name": top, "publisher": "x", "version": "1.0.0", "engines": map[string]string{"vscode": "^1.90.0"}, "private": true}
	lines := append([]string{"!**/*.env", "**/.env*", "src/**", "!src/lib/**", "conf", ".en?", "!.en?"}, ignoreLines...)
	switch r.IntN(4) {
	case 0:
		manifest["files"] = someOf(r, filesEntries)
	case 1:
	default:
		writeTree(t, root, top+"/.vscodeignore", strings.Join(someOf(r, lines), "\n"))
	}
	text, _ := json.Marshal(manifest)
	writeTree(t, root, top+"/package.json", string(text))
	for _, name := range packageNames {
		writeTree(t, root, top+"/"+name, "x")
	}
}

// TestVsceShipment records what vsce does, for where it is not installed.
func TestVsceShipment(t *testing.T) {
	const manifest = `{"name": "a", "version": "1.0.0", "private": true, "engines": {"vscode": "^1.90.0"}}`
	withFiles := func(files string) string {
		return strings.TrimSuffix(manifest, "}") + `, "files": ` + files + "}"
	}
	for _, test := range []struct {
		name, file string
		files      []string
		want       rules.Shipment // without By and Into
	}{
		{"no extension", ".env", []string{"package.json", `{"name": "a"}`}, rules.Shipment{}},
		{"no list", "src/.env.local", []string{"package.json", manifest, ".gitignore", ".env*"},
			rules.Shipment{Reason: "there is no .vscodeignore beside %s", File: "package.json", Ignore: ".vscodeignore", Line: "src/.env.local"}},
		{"a list that names others", ".env", []string{"package.json", manifest, ".vscodeignore", "src/**\n/.env\n"},
			rules.Shipment{Reason: "%s does not name it", File: ".vscodeignore", Ignore: ".vscodeignore", Line: ".env", Exists: true}},
		{"a list that names it", "a/.env.local", []string{"package.json", manifest, ".vscodeignore", "# x\n**/.env*\r\n"}, rules.Shipment{}},
		{"its directory", "conf/x/.env", []string{"package.json", manifest, ".vscodeignore", "conf\n"}, rules.Shipment{}},
		{"an exception goes before all", "out/.env", []string{"package.json", manifest, ".vscodeignore", "!out/**\n**/.env\n"},
			rules.Shipment{Reason: "%s takes it in", File: ".vscodeignore", Ignore: ".vscodeignore", Line: "!out/**", Exists: true, Drop: true}},
		{"files", "out/.env", []string{"package.json", withFiles(`["out"]`)},
			rules.Shipment{Reason: `what "files" names in %s holds it`, File: "package.json", Ignore: "package.json", List: "files", Line: `"out"`, Exists: true, Narrow: true}},
		{"other files", ".env", []string{"package.json", withFiles(`["out"]`)}, rules.Shipment{}},
		{"files and a list", "out/.env", []string{"package.json", withFiles(`["out"]`), ".vscodeignore", ""}, rules.Shipment{}},
		{"not understood", ".env", []string{"package.json", manifest, ".vscodeignore", "+(a|b)\n"}, rules.Shipment{}},
	} {
		got, _ := manifestsOf(t, append(test.files, test.file, "")...).vsceShips(test.file)
		if test.want.Reason != "" {
			test.want.By, test.want.Into = "vsce package", "the extension"
		}
		if got != test.want {
			t.Errorf("%s\n got %+v\nwant %+v", test.name, got, test.want)
		}
	}
}
