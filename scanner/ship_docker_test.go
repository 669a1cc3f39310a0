package scanner

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/rules"
)

// projectOf makes a project of files, given as "name" and content in turn.
func manifestsOf(t *testing.T, files ...string) *manifests {
	t.Helper()
	root := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		writeTree(t, root, files[i], files[i+1])
	}
	return newManifests(root)
}

func TestDockerShips(t *testing.T) {
	const all = "FROM node\nWORKDIR /app\nCOPY . .\n"
	for _, test := range []struct {
		name, file string
		files      []string
		want       string // "STATEMENT FILE:LINE IGNORE LINE"; empty: it is not shipped
	}{
		{"whole context", ".env", []string{"Dockerfile", all}, "COPY . . Dockerfile:3 .dockerignore .env"},
		{"below", "conf/.env", []string{"Dockerfile", all}, "COPY . . Dockerfile:3 .dockerignore conf/.env"},
		{"a directory", "conf/.env", []string{"Dockerfile", "FROM x\nADD --chown=1:1 src conf /app/\n", "src/a", ""}, "ADD --chown=1:1 src conf /app/ Dockerfile:2 .dockerignore conf/.env"},
		{"another directory", ".env", []string{"Dockerfile", "FROM x\nCOPY src /app/\n", "src/a", ""}, ""},
		{"a pattern", ".env.local", []string{"Dockerfile", "FROM x\nCOPY .env* /app/\n"}, "COPY .env* /app/ Dockerfile:2 .dockerignore .env.local"},
		{"JSON form", ".env", []string{"Dockerfile", "FROM x\nCOPY [\".env\", \"/app/\"]\n", ".env", ""}, "COPY [\".env\", \"/app/\"] Dockerfile:2 .dockerignore .env"},
		{"continued", ".env", []string{"Dockerfile", "FROM x\n# why\nCOPY \\\n  . \\\n  # all of it\n  /app/\n"}, "COPY . /app/ Dockerfile:3 .dockerignore .env"},
		{"lower case", ".env", []string{"Dockerfile", "from x\ncopy . /app\n"}, "copy . /app Dockerfile:2 .dockerignore .env"},
		{"in a here-document", ".env", []string{"Dockerfile", "FROM x\nRUN <<EOF\nCOPY . .\nEOF\n"}, ""},
		{"in a comment", ".env", []string{"Dockerfile", "FROM x\n# COPY . .\n"}, ""},
		{"a variable", ".env", []string{"Dockerfile", "FROM x\nCOPY ${SRC} /app\n"}, ""},
		{"a remote source", ".env", []string{"Dockerfile", "FROM x\nADD https://example.com/.env /app/\n"}, ""},
		{"--exclude", ".env", []string{"Dockerfile", "FROM x\nCOPY --exclude=.env* . /app\n"}, ""},
		{"no Dockerfile", ".env", nil, ""},

		{"ignored", ".env", []string{"Dockerfile", all, ".dockerignore", ".env\n"}, ""},
		{"ignored everywhere", "a/b/.env", []string{"Dockerfile", all, ".dockerignore", "# x\n**/.env*\n"}, ""},
		{"ignored at the top only", "a/.env", []string{"Dockerfile", all, ".dockerignore", ".env\n"}, "COPY . . Dockerfile:3 .dockerignore a/.env"},
		{"its directory is ignored", "a/.env", []string{"Dockerfile", all, ".dockerignore", "a\n"}, ""},
		{"an exception", ".env", []string{"Dockerfile", all, ".dockerignore", ".*\n!.env\n"}, "COPY . . Dockerfile:3 .dockerignore .env"},
		{"an exception below", "a/.env", []string{"Dockerfile", all, ".dockerignore", "*\n!a\n"}, "COPY . . Dockerfile:3 .dockerignore a/.env"},
		{"a list of its own", ".env", []string{"api.Dockerfile", all, ".dockerignore", ".env", "api.Dockerfile.dockerignore", "node_modules"}, "COPY . . api.Dockerfile:3 api.Dockerfile.dockerignore .env"},
		{"a list that docker refuses", ".env", []string{"Dockerfile", all, ".dockerignore", "[\n"}, ""},

		{"not copied on", ".env", []string{"Dockerfile", "FROM node AS build\nWORKDIR /app\nCOPY . .\nFROM nginx\nCOPY --from=build /app/dist /srv\n"}, ""},
		{"copied on", ".env", []string{"Dockerfile", "FROM node AS build\nWORKDIR /app\nCOPY . .\nFROM nginx\nCOPY --from=build /app /srv\n"}, "COPY . . Dockerfile:3 .dockerignore .env"},
		{"copied on by number", ".env", []string{"Dockerfile", "FROM node\nCOPY . /app\nFROM nginx\nCOPY --from=0 /app/.env /srv/\n"}, "COPY . /app Dockerfile:2 .dockerignore .env"},
		{"a base stage", ".env", []string{"Dockerfile", "FROM node AS base\nWORKDIR /a\nCOPY . .\nFROM base\nRUN x\n"}, "COPY . . Dockerfile:3 .dockerignore .env"},
		{"the base's directory", "x/.env", []string{"Dockerfile", "FROM node AS base\nWORKDIR /a\nFROM base AS build\nCOPY . .\nFROM nginx\nCOPY --from=build /a/x /x\n"}, "COPY . . Dockerfile:4 .dockerignore x/.env"},
		{"stages in a circle", ".env", []string{"Dockerfile", "FROM b AS a\nCOPY . .\nFROM a AS b\nCOPY --from=a / /\nFROM x\nCOPY --from=b /none /\n"}, ""},

		{"the context is above", "api/.env", []string{"api/Dockerfile", "FROM x\nCOPY api/a.js shared /app/\nCOPY api /app\n", "api/a.js", "", "shared/x", ""}, "COPY api /app api/Dockerfile:3 .dockerignore api/.env"},
		{"a Dockerfile beside", "web/.env", []string{"docker/Dockerfile", "FROM x\nCOPY package.json /\nCOPY . .\n", "package.json", "{}"}, "COPY . . docker/Dockerfile:3 .dockerignore web/.env"},
		{"one for its own directory", "web/.env", []string{"api/Dockerfile", "FROM x\nCOPY package.json /\nCOPY . .\n", "package.json", "{}", "api/package.json", "{}"}, ""},
		{"one that names nothing", "web/.env", []string{"api/Dockerfile", "FROM x\nCOPY . .\n"}, ""},
		{"the context is unknown", ".env", []string{"Dockerfile", "FROM x\nCOPY gone.txt /\nCOPY . .\n"}, ""},
		{"compose", "api/.env", []string{"compose.yaml", "services:\n  api:\n    build:\n      context: .\n      dockerfile: docker/api.Dockerfile\n", "docker/api.Dockerfile", all}, "COPY . . docker/api.Dockerfile:3 .dockerignore api/.env"},
		{"compose from below", "api/.env", []string{"deploy/docker-compose.yml", "services: {api: {build: ../api}}", "api/Dockerfile", all}, "COPY . . api/Dockerfile:3 api/.dockerignore .env"},
		{"compose's target", ".env", []string{"compose.yml", "services:\n  a:\n    build: {context: ., target: dev}\n", "Dockerfile", "FROM x AS dev\nCOPY . .\nFROM y\n"}, "COPY . . Dockerfile:2 .dockerignore .env"},
		{"compose that leaves the root", ".env", []string{"compose.yml", "services: {a: {build: ../..}}", "Dockerfile", "FROM x\n"}, ""},
		{"compose that is broken", ".env", []string{"compose.yml", "services: [", "Dockerfile", "FROM x\n"}, ""},
	} {
		got := ""
		if s, ok := manifestsOf(t, test.files...).dockerShips(test.file); ok {
			got = strings.Join([]string{s.Statement, s.File + ":" + string(rune('0'+s.At)), s.Ignore, s.Line}, " ")
		}
		if got != test.want {
			t.Errorf("%s\n got %q\nwant %q", test.name, got, test.want)
		}
	}
}

func TestService(t *testing.T) {
	for _, test := range []struct {
		name, file string
		files      []string
		want       string
	}{
		{"nothing known", "a/b/.env", nil, "a/b"},
		{"manifest beside", "a/.env", []string{"a/go.mod", ""}, "a"},
		{"manifest above", "a/config/.env.prod", []string{"a/pyproject.toml", ""}, "a"},
		{"Dockerfile", "a/config/.env", []string{"a/Dockerfile", "", "package.json", "{}"}, "a"},
		{"the top", "config/.env", []string{"package.json", "{}"}, "."},
		{"workspaces at the top", "apps/a/.env", []string{"package.json", `{"workspaces": ["x"]}`}, "apps/a"},
		{"pnpm workspaces", "apps/a/.env", []string{"package.json", `{}`, "pnpm-workspace.yaml", ""}, "apps/a"},
		{"beside the workspaces", ".env", []string{"package.json", `{"workspaces": ["x"]}`}, "."},
		{"compose", "env/api.env", []string{"compose.yaml", "services:\n  api:\n    env_file: env/api.env\n  web:\n    env_file: [env/web.env]\n"}, "api"},
		{"compose with a context", "env/api.env", []string{"compose.yaml", "services:\n  api:\n    build: ./api\n    env_file: [{path: env/api.env, required: false}]\n"}, "api"},
		{"compose below", "x/api.env", []string{"x/docker/compose.yml", "services:\n  api:\n    env_file: ../api.env\n"}, "x/docker/api"},
		{"shared in compose", ".env", []string{"compose.yaml", "services:\n  api:\n    env_file: .env\n  web:\n    env_file: .env\n"}, "."},
	} {
		if got := manifestsOf(t, test.files...).service(test.file); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
	for _, test := range []struct{ service, shown, home, want string }{
		{"api", "api/.env", "api/.env", "api"},
		{"services/api", "api/.env", "services/api/.env", "api"},
		{"services", ".env", "services/api/.env", "services"},
		{"api", "nested/api/.env", "api/.env", "nested/api"},
		{".", "nested/.env", ".env", "nested"},
	} {
		if got := shownService(test.service, test.shown, test.home); got != test.want {
			t.Errorf("%v: got %q", test, got)
		}
	}
}

func TestNpmShipment(t *testing.T) {
	for _, test := range []struct {
		name, file string
		files      []string
		want       rules.Shipment
	}{
		{"files", "src/.env", []string{"package.json", `{"name": "a", "version": "1.0.0", "files": ["src"]}`, ".gitignore", ".env", "src/a", ""},
			rules.Shipment{Reason: `what "files" names in %s holds it`, File: "package.json", Ignore: "package.json", List: "files", Line: `"!src/.env"`, Exists: true}},
		{"an empty .npmignore", "x/.env", []string{"package.json", `{"name": "a", "version": "1.0.0"}`, ".gitignore", ".env", ".npmignore", ""},
			rules.Shipment{Reason: "%s does not name it, and beside that npm reads no .gitignore", File: ".npmignore", Ignore: ".npmignore", Line: "/x/.env", Exists: true}},
		{"an application", "x/.env", []string{"package.json", `{"name": "a", "version": "1.0.0", "main": "a.js", "scripts": {"start": "x"}}`}, rules.Shipment{}},
		{"a package all the same", "x/.env", []string{"package.json", `{"name": "a", "version": "1.0.0", "scripts": {"prepublishOnly": "x"}}`, ".npmignore", "x"}, rules.Shipment{}},
		{"ignored for git alone", "x/.env", []string{"package.json", `{"name": "a", "version": "1.0.0", "bin": "a.js"}`},
			rules.Shipment{Reason: "no list that npm reads for %s names it", File: "package.json", Ignore: ".gitignore", Line: "/x/.env"}},
		{"a list below", "src/x/.env", []string{"package.json", `{"name": "a", "version": "1.0.0"}`, "src/.npmignore", "", ".gitignore", "b"},
			rules.Shipment{Reason: "%s does not name it, and beside that npm reads no .gitignore", File: "src/.npmignore", Ignore: "src/.npmignore", Line: "/x/.env", Exists: true}},
		{"named by itself", ".env", []string{"package.json", `{"name": "a", "version": "1.0.0", "files": ["a.js", "./.env"]}`, ".env", ""},
			rules.Shipment{Reason: `what "files" names in %s holds it`, File: "package.json", Ignore: "package.json", List: "files", Line: `"./.env"`, Exists: true, Drop: true}},
		{"private", ".env", []string{"package.json", `{"name": "a", "version": "1.0.0", "private": true}`, ".npmignore", ""}, rules.Shipment{}},
		{"no version", ".env", []string{"package.json", `{"name": "a"}`, ".npmignore", ""}, rules.Shipment{}},
		{"a pattern that is not understood", ".env", []string{"package.json", `{"name": "a", "version": "1.0.0"}`, ".npmignore", "+(a|b)"}, rules.Shipment{}},
		{"broken", ".env", []string{"package.json", `{`, ".npmignore", ""}, rules.Shipment{}},
	} {
		got, ok := manifestsOf(t, test.files...).npmShips(test.file)
		if ok {
			test.want.By, test.want.Into = "npm publish", "the package"
		}
		if got != test.want {
			t.Errorf("%s:\n got %+v\nwant %+v", test.name, got, test.want)
		}
	}
}

// TestNpmFixHolds does to random packages what the findings say, and expects
// that npm then leaves the file out: TestNpmPacks holds the judgement to npm's.
func TestNpmFixHolds(t *testing.T) {
	fixed := 0
	for seed := range 30 {
		root := t.TempDir()
		randomPackage(t, root, "p", rand.New(rand.NewPCG(uint64(seed), 9)))
		for _, rel := range packageNames {
			p := newManifests(root)
			pkg := p.npmPackage("p")
			if packs, _ := p.npmPacks("p", pkg, rel); !packs || !isEnvFile(rel) {
				continue
			}
			fix := p.npmShipment("p", pkg, rel)
			line := strings.Trim(fix.Line, `"`)
			switch {
			case fix.Drop:
				pkg.Files = slices.DeleteFunc(pkg.Files, func(entry string) bool { return entry == line })
				if slices.ContainsFunc(pkg.Files, func(entry string) bool { return strings.Contains(entry, ".env") }) || len(pkg.Files) > 0 {
					continue // another entry may hold it too: the next scan says so
				}
			case fix.List != "":
				pkg.Files = append(pkg.Files, line)
			default:
				old, _ := p.read(fix.Ignore)
				writeTree(t, root, fix.Ignore, string(old)+"\n"+line+"\n")
			}
			fresh := newManifests(root)
			if packs, known := fresh.npmPacks("p", pkg, rel); packs || !known {
				t.Errorf("%s is still packed after %+v\n%s", rel, fix, listsOf(filepath.Join(root, "p")))
			}
			fixed++
		}
	}
	if fixed < 10 {
		t.Errorf("only %d fixes were tried", fixed)
	}
}

// TestHostileManifests holds that files made to be read slowly are given up.
func TestHostileManifests(t *testing.T) {
	laughs := "a0: &a0 [x]\n"
	for i := range 40 {
		laughs += fmt.Sprintf("a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
	}
	deep := "services: " + strings.Repeat("[", 100_000)
	indented := ""
	for i := range 700 {
		indented += strings.Repeat(" ", i) + "a:\n"
	}
	for name, text := range map[string]string{
		"aliases": laughs + "services: {a: {build: *a40}}", "brackets": deep, "indented": indented, "dashes": strings.Repeat("- ", 100_000),
	} {
		if got := manifestsOf(t, "compose.yml", text).compose("compose.yml"); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	for name, text := range map[string]string{
		"stages": strings.Repeat("FROM a AS a\n", 100_000), "copies": "FROM x\n" + strings.Repeat("COPY . .\n", 100_000),
		"one line": "FROM x\nCOPY " + strings.Repeat("a ", 400_000),
	} {
		if _, ok := manifestsOf(t, "Dockerfile", text).dockerShips(".env"); ok {
			t.Errorf("%s: taken for a Dockerfile", name)
		}
	}
	stars := strings.Repeat("**/a/", 100) + "b"
	p := manifestsOf(t, "package.json", `{"name": "a", "version": "1.0.0", "bin": "x"}`, ".npmignore", stars)
	if _, known := p.npmPacks(".", p.npmPackage("."), strings.Repeat("a/", 60)+".env"); known {
		t.Error("a pattern that takes forever is taken for one")
	}
}
