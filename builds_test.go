package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/inspecto/insplint/internal/cli"
)

// A realBuild is an app of testdata/builds and how the real tool builds it.
type realBuild struct {
	app     string
	tools   [][]string // commands of node_modules/.bin, in order
	outputs []string   // directories that the tools write
	client  []string   // what of them clients get, directories or files, by the tool's documentation
	pages   string     // an expression for pages among the rest that the build wrote for everyone
	server  []string   // parts of these that they do not
	origins []string   // some of the places that findings must be traced to
}

const nextPages = `^\.next/server/(?:app/.*\.(?:html|rsc|body)|pages/.*\.(?:html|json))$`

var realBuilds = []realBuild{
	{app: "vite", tools: [][]string{{"vite", "build"}}, outputs: []string{"dist"}, client: []string{"dist"},
		origins: []string{"src/api.js:3", "src/main.js:2"}},
	{app: "vite-ssr", tools: [][]string{
		{"vite", "build", "--outDir", "dist/client"}, {"vite", "build", "--ssr", "src/entry-server.js", "--outDir", "dist/server"},
	}, outputs: []string{"dist"}, client: []string{"dist/client"}},
	{app: "webpack", tools: [][]string{{"webpack"}}, outputs: []string{"dist"}, client: []string{"dist"}, server: []string{"dist/api.js"},
		origins: []string{"src/key.js:1", "src/index.js:2"}},
	{app: "esbuild", tools: [][]string{
		{"esbuild", "src/app.js", "--bundle", "--minify", "--sourcemap", "--outfile=dist/app.js", `--define:process.env.INSPECTO_KEY="${KEY1}"`},
		{"esbuild", "src/api.js", "--bundle", "--platform=node", "--outfile=dist/api.js"},
		{"esbuild", "src/app.js", "--bundle", "--sourcemap=inline", "--outfile=dist/inline.js", `--define:process.env.INSPECTO_KEY="${KEY1}"`},
	}, outputs: []string{"dist"}, client: []string{"dist"}, server: []string{"dist/api.js"}, origins: []string{"src/key.js:1", "src/app.js:2"}},
	{app: "rollup", tools: [][]string{{"rollup", "-c"}}, outputs: []string{"dist"}, client: []string{"dist"}, server: []string{"dist/api.js"},
		origins: []string{"src/app.js:1"}},
	{app: "parcel", tools: [][]string{{"parcel", "build", "src/index.html", "--no-cache", "--public-url", "."}}, outputs: []string{"dist"}, client: []string{"dist"}},
	{app: "next", tools: [][]string{{"next", "build"}}, outputs: []string{".next"}, client: []string{".next/static"}, pages: nextPages,
		origins: []string{"app/vehicles.js:5"}},
	{app: "next", tools: [][]string{{"next", "build", "--webpack"}}, outputs: []string{".next"}, client: []string{".next/static"}, pages: nextPages},
	{app: "next-pages", tools: [][]string{{"next", "build"}}, outputs: []string{".next"}, client: []string{".next/static"}, pages: nextPages},
	{app: "next-export", tools: [][]string{{"next", "build"}}, outputs: []string{".next", "out"}, client: []string{".next/static", "out"}, pages: nextPages},
}

// TestRealBuilds builds testdata/builds with the tools that
// testdata/builds/install put into the directory that $INSPLINT_BUILDS names,
// and holds the findings to what each tool documents. The builds need no
// network.
func TestRealBuilds(t *testing.T) {
	installed := os.Getenv("INSPLINT_BUILDS")
	if installed == "" {
		t.Skip("skipped: INSPLINT_BUILDS names no directory with build tools; see testdata/builds/install")
	}
	installed, err := filepath.Abs(installed)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := txtar.ParseFile("testdata/builds/apps.txtar")
	if err != nil {
		t.Fatal(err)
	}
	keys := testKeys()
	expand := func(text string) string {
		return keyName.ReplaceAllStringFunc(text, func(v string) string { return keys[v[2:len(v)-1]] })
	}
	for _, b := range realBuilds {
		t.Run(b.app, func(t *testing.T) {
			// Below the tools, where they are found without a link: Turbopack
			// refuses one.
			dir, err := os.MkdirTemp(installed, b.app+"-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			for _, f := range archive.Files {
				if name, ok := strings.CutPrefix(f.Name, b.app+"/"); ok {
					writeFile(t, filepath.Join(dir, name), expand(string(f.Data)))
				}
			}
			b.build(t, dir, installed, expand)
			b.check(t, dir, keys)
		})
	}
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// build runs the tools in a repository that ignores what they write.
func (b realBuild) build(t *testing.T, dir, installed string, expand func(string) string) {
	t.Helper()
	modules := filepath.Join(installed, "node_modules")
	writeFile(t, filepath.Join(dir, ".gitignore"), ".env*\n/"+strings.Join(b.outputs, "\n/")+"\n")
	run := func(name string, args ...string) {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "NEXT_TELEMETRY_DISABLED=1", "PARCEL_WORKERS=0", "CI=1", "NODE_ENV=production")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
	}
	for _, tool := range b.tools {
		args := slices.Clone(tool[1:])
		for i := range args {
			args[i] = expand(args[i])
		}
		run(filepath.Join(modules, ".bin", tool[0]), args...)
	}
	run("git", "init", "-q") // Turbopack looks for nothing above a repository's top
}

// check compares the findings with the files that hold keys.
func (b realBuild) check(t *testing.T, dir string, keys map[string]string) {
	t.Helper()
	want := b.exposedFiles(t, dir, keys)
	if len(want) == 0 {
		t.Fatal("the build holds no key that clients get: it tests nothing")
	}
	got, origins := map[string]bool{}, map[string]bool{}
	for _, f := range scanJSON(t, "scan", "--no-history", "--fail-on", "never", dir) {
		if f.Rule == "INSP001" && slices.ContainsFunc(b.outputs, func(out string) bool { return strings.HasPrefix(f.Path, out+"/") }) {
			got[f.Path] = true
			origins[f.origin()] = true
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("client code with keys:\ngot  %q\nwant %q", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	for _, origin := range b.origins {
		if !origins[origin] {
			t.Errorf("nothing was traced to %s, only to %q", origin, slices.Sorted(maps.Keys(origins)))
		}
	}
}

func (f scriptFinding) origin() string {
	if f.Origin == nil {
		return "none"
	}
	return f.Origin.String()
}

// exposedFiles lists the files of the build that clients get and that hold a
// key. A key that is meant to stay on the server must be in none of them.
func (b realBuild) exposedFiles(t *testing.T, dir string, keys map[string]string) map[string]bool {
	t.Helper()
	below := func(file string, places []string) bool {
		return slices.ContainsFunc(places, func(place string) bool { return file == place || strings.HasPrefix(file, place+"/") })
	}
	found := map[string]bool{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, _ := filepath.Rel(dir, name)
		file := filepath.ToSlash(rel)
		page := b.pages != "" && regexp.MustCompile(b.pages).MatchString(file)
		if !page && !below(file, b.client) || below(file, b.server) {
			return nil
		}
		data, err := os.ReadFile(name)
		for n, key := range keys {
			if !strings.HasPrefix(n, "KEY") || !bytes.Contains(data, []byte(key)) {
				continue
			}
			found[file] = true
			if n >= "KEY6" {
				t.Errorf("%s holds %s, which stays on the server: the app or the table is wrong", file, n)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// scanJSON runs insplint in this process and returns its findings.
func scanJSON(t *testing.T, args ...string) []scriptFinding {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command := cli.Command{Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }}
	if status := command.Main(context.Background(), append(args, "--format", "json")); status > 1 {
		t.Fatalf("insplint %q: status %d: %s", args, status, &stderr)
	}
	var r scriptReport
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatalf("insplint %q: %v", args, err)
	}
	return r.Findings
}

// readArchives reads the txtar files of a directory of testdata.
func readArchives(t *testing.T, dir string) map[string]*txtar.Archive {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("found no archive in testdata/%s: %v", dir, err)
	}
	archives := map[string]*txtar.Archive{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		archives[strings.TrimSuffix(path.Base(filepath.ToSlash(file)), ".txtar")] = archive
	}
	return archives
}

// TestRecordedOutputs holds the findings to testdata/outputs, which has what
// each tool writes, in little: of a file that holds KEY1 to KEY5, clients get a
// copy, of one that holds KEY6 to KEY9, none.
func TestRecordedOutputs(t *testing.T) {
	dir, keys := t.TempDir(), testKeys()
	if out, err := exec.Command("git", "init", "-q", dir).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	want := map[string]bool{}
	for row, archive := range readArchives(t, "outputs") {
		for _, f := range archive.Files {
			text := keyName.ReplaceAllStringFunc(string(f.Data), func(v string) string { return keys[v[2:len(v)-1]] })
			writeFile(t, filepath.Join(dir, row, filepath.FromSlash(f.Name)), text)
			if m := keyName.Find(f.Data); m != nil {
				want[row+"/"+f.Name] = string(m) < "${KEY6}"
			}
		}
	}
	got := map[string]bool{}
	for _, f := range scanJSON(t, "scan", "--no-history", "--fail-on", "never", dir) {
		got[f.Path] = got[f.Path] || f.Rule == "INSP001"
	}
	for file, exposed := range want {
		if got[file] != exposed {
			t.Errorf("%s: client code %t, want %t", file, got[file], exposed)
		}
	}
}
