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
)

// Random packages that are compared with npm. It lists all of the first kind in
// one run; for a workspace it must be started again each time.
const (
	npmPlain      = 40
	npmWorkspaces = 1
)

// TestNpmPacks compares the judgement of every file in random packages with
// npm's own listing.
func TestNpmPacks(t *testing.T) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("npm is not installed: its listing could not be compared")
	}
	root := t.TempDir()
	var tops []string
	for seed := range npmPlain {
		top := fmt.Sprintf("p%d", seed)
		randomPackage(t, root, top, rand.New(rand.NewPCG(uint64(seed), 7)))
		tops = append(tops, top)
	}
	compareWithNpm(t, root, tops, npmListing(t, npm, root, tops))
	for seed := range npmWorkspaces {
		root, top := t.TempDir(), "packages/one"
		r := rand.New(rand.NewPCG(uint64(seed), 8))
		writeTree(t, root, "package.json", `{"name": "all", "version": "1.0.0", "private": true, "workspaces": ["packages/*"]}`)
		writeTree(t, root, "package-lock.json", `{"name": "all", "version": "1.0.0", "lockfileVersion": 3, "packages": {}}`)
		writeTree(t, root, ".gitignore", strings.Join(someOf(r, ignoreLines), "\n"))
		randomPackage(t, root, top, r)
		compareWithNpm(t, root, []string{top}, npmListing(t, npm, filepath.Join(root, top), nil))
	}
}

// compareWithNpm fails where npm's listings, in the order of tops, differ.
func compareWithNpm(t *testing.T, root string, tops []string, listings [][]string) {
	t.Helper()
	if len(listings) != len(tops) {
		t.Fatalf("npm lists %d packages, want %d", len(listings), len(tops))
	}
	p, packed := newManifests(root), 0
	for i, top := range tops {
		for _, rel := range packageNames {
			packs, known := p.npmPacks(top, p.npmPackage(top), rel)
			want := slices.Contains(listings[i], rel)
			if packs != want || !known {
				t.Errorf("%s: packed %t (known %t), npm says %t\n%s", rel, packs, known, want, listsOf(filepath.Join(root, top)))
			}
			if packs {
				packed++
			}
		}
	}
	if len(tops) > 1 && (packed == 0 || packed == len(tops)*len(packageNames)) {
		t.Errorf("%d files are packed: these packages tell nothing", packed)
	}
}

// npmListing is what npm packs of each of some packages below dir, or of dir
// itself.
func npmListing(t *testing.T, npm, dir string, tops []string) (listings [][]string) {
	t.Helper()
	args := []string{"pack", "--dry-run", "--json", "--ignore-scripts", "--offline", "--loglevel=silent", "--update-notifier=false"}
	for _, top := range tops {
		args = append(args, "./"+top)
	}
	cmd := exec.Command(npm, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "npm_config_cache="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("npm pack: %v\n%s", err, out)
	}
	type listing struct{ Files []struct{ Path string } }
	names := func(l listing) (names []string) {
		for _, f := range l.Files {
			names = append(names, f.Path)
		}
		return names
	}
	var inOrder []listing
	if json.Unmarshal(out, &inOrder) == nil {
		for _, l := range inOrder {
			listings = append(listings, names(l))
		}
		return listings
	}
	var byName map[string]listing // npm 11 with a recent patch
	if err := json.Unmarshal(out, &byName); err != nil {
		t.Fatalf("npm pack says %s", out)
	}
	for _, top := range append(tops, "packages/one")[:max(1, len(tops))] {
		listings = append(listings, names(byName[packageName(top)]))
	}
	return listings
}

var (
	packageNames = []string{".env", ".env.local", "a.js", "prod.env", "src/.env", "src/a.js", "src/lib/.env", "src/lib/x.env", "dist/.env", "dist/b.js", "test/.env", "README.md", "conf/.ENV"}
	ignoreLines  = []string{".env", ".env*", "*.env", "src", "src/", "/src", "/.env", "!.env", "!src/.env", "src/**", "**/.env", "*", "!*.js", "dist", "lib/", "/lib", "lib/.env", "# .env", " .env ", "{src,dist}", "src/*", "!src", "[.]env", "?env", "conf/", "!src/lib"}
	filesEntries = []string{"src", "src/", "./dist", "dist/*", "*.js", "**/*.js", "src/.env", "*", "src/lib", "!src/.env", "!.env", ".env", "conf", "{dist,conf}", "**/lib"}
)

func packageName(top string) string { return "test-" + filepath.Base(top) }

func someOf(r *rand.Rand, from []string) []string {
	chosen := []string{}
	for range r.IntN(4) {
		chosen = append(chosen, from[r.IntN(len(from))])
	}
	return chosen
}

func writeTree(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// randomPackage writes a package at top.
func randomPackage(t *testing.T, root, top string, r *rand.Rand) {
	t.Helper()
	manifest := map[string]any{"name": packageName(top), "version": "1.0.0"}
	if r.IntN(2) == 0 {
		manifest["files"] = someOf(r, filesEntries)
	}
	text, _ := json.Marshal(manifest)
	writeTree(t, root, top+"/package.json", string(text))
	for _, name := range packageNames {
		writeTree(t, root, top+"/"+name, "x")
	}
	for _, dir := range []string{"/", "/src/", "/dist/"} {
		for _, list := range []string{".npmignore", ".gitignore"} {
			if r.IntN(3) == 0 {
				writeTree(t, root, top+dir+list, strings.Join(someOf(r, ignoreLines), "\n"))
			}
		}
	}
}

// listsOf shows the lists of a package.
func listsOf(top string) string {
	var out strings.Builder
	for _, pattern := range []string{"package.json", ".*ignore", "*/.*ignore", "../../.gitignore"} {
		found, _ := filepath.Glob(filepath.Join(top, pattern))
		for _, name := range found {
			text, _ := os.ReadFile(name)
			fmt.Fprintf(&out, "%s: %q\n", strings.TrimPrefix(name, top), text)
		}
	}
	return out.String()
}
