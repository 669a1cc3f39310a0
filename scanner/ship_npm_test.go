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

// npmTrees is how many random packages are compared with npm in one test: each
// costs a start of node.
const npmTrees = 12

// TestNpmPacks compares the judgement of every file in random packages with
// npm's own listing.
func TestNpmPacks(t *testing.T) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("npm is not installed: its listing could not be compared")
	}
	trees := npmTrees
	if testing.Short() {
		trees = 2
	}
	for seed := range trees {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			files, top := randomPackage(t, root, rand.New(rand.NewPCG(uint64(seed), 7)))
			listed := npmListing(t, npm, filepath.Join(root, top))
			p := newProject(root)
			for _, file := range files {
				if !within(top, file) {
					continue
				}
				rel := below(top, file)
				packs, known := p.npmPacks(top, p.npmPackage(top), rel)
				if want := slices.Contains(listed, rel); packs != want || !known {
					t.Errorf("%s: packed %t (known %t), npm says %t\n%s", rel, packs, known, want, listsOf(t, root))
				}
			}
		})
	}
}

func npmListing(t *testing.T, npm, dir string) []string {
	t.Helper()
	cmd := exec.Command(npm, "pack", "--dry-run", "--json", "--ignore-scripts", "--offline", "--loglevel=silent", "--update-notifier=false")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "npm_config_cache="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("npm pack: %v\n%s", err, out)
	}
	var packed []struct{ Files []struct{ Path string } }
	if err := json.Unmarshal(out, &packed); err != nil {
		var byName map[string]struct{ Files []struct{ Path string } }
		if json.Unmarshal(out, &byName) != nil {
			t.Fatalf("npm pack says %s", out)
		}
		for _, one := range byName {
			packed = append(packed, one)
		}
	}
	var names []string
	for _, f := range packed[0].Files {
		names = append(names, f.Path)
	}
	return names
}

var (
	packageNames = []string{".env", ".env.local", "a.js", "prod.env", "src/.env", "src/a.js", "src/lib/.env", "src/lib/x.env", "dist/.env", "dist/b.js", "test/.env", "README.md", "conf/.ENV"}
	ignoreLines  = []string{".env", ".env*", "*.env", "src", "src/", "/src", "/.env", "!.env", "!src/.env", "src/**", "**/.env", "*", "!*.js", "dist", "lib/", "/lib", "lib/.env", "# .env", " .env ", "{src,dist}", "src/*", "!src", "[.]env", "?env", "conf/", "!src/lib"}
	filesEntries = []string{"src", "src/", "./dist", "dist/*", "*.js", "**/*.js", "src/.env", "*", "src/lib", "!src/.env", "!.env", ".env", "conf", "{dist,conf}", "**/lib"}
)

// randomPackage writes a package, in every third case as a workspace of
// another, and returns its files and its top.
func randomPackage(t *testing.T, root string, r *rand.Rand) (files []string, top string) {
	t.Helper()
	write := func(name, text string) {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	some := func(from []string) []string {
		var chosen []string
		for range r.IntN(4) {
			chosen = append(chosen, from[r.IntN(len(from))])
		}
		return chosen
	}
	top = "."
	if r.IntN(3) == 0 {
		top = "packages/one"
		write("package.json", `{"name": "all", "version": "1.0.0", "private": true, "workspaces": ["packages/*"]}`)
		write("package-lock.json", `{"name": "all", "version": "1.0.0", "lockfileVersion": 3, "packages": {}}`)
		write(".gitignore", strings.Join(some(ignoreLines), "\n"))
	}
	at := func(name string) string { return strings.TrimPrefix(top+"/"+name, "./") }
	manifest := map[string]any{"name": "one", "version": "1.0.0"}
	if r.IntN(2) == 0 {
		manifest["files"] = append([]string{}, some(filesEntries)...)
	}
	text, _ := json.Marshal(manifest)
	write(at("package.json"), string(text))
	for _, name := range packageNames {
		write(at(name), "x")
		files = append(files, at(name))
	}
	for _, dir := range []string{"", "src/", "dist/"} {
		for _, list := range []string{".npmignore", ".gitignore"} {
			if r.IntN(3) == 0 {
				write(at(dir+list), strings.Join(some(ignoreLines), "\n"))
			}
		}
	}
	return files, top
}

// listsOf shows the lists of a random package.
func listsOf(t *testing.T, root string) string {
	t.Helper()
	var out strings.Builder
	for _, pattern := range []string{"package.json", ".*ignore", "*/.*ignore", "packages/one/package.json", "packages/one/.*ignore", "packages/one/*/.*ignore"} {
		found, _ := filepath.Glob(filepath.Join(root, pattern))
		for _, name := range found {
			text, _ := os.ReadFile(name)
			fmt.Fprintf(&out, "%s: %q\n", strings.TrimPrefix(name, root), text)
		}
	}
	return out.String()
}
