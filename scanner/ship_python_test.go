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

// The files of every project that is compared with a build backend.
var pythonNames = []string{
	".env", "prod.env", "conf/.env", "conf/prod.env", "tests/.env", "tests/prod.env", "dist.env", "build/.env",
	"pkg/.env", "pkg/prod.env", "pkg/sub/.env", "pkg/sub/x.env", "pkg/data/.env", "pkg/data/x.env", "pkg/.hid/.env", "pkg/.hid/x.env",
}

const pythonProjects = 4 // random ones for each backend

// askBackend builds an sdist of each project in one process and prints the names
// in each.
const askBackend = `
import contextlib, importlib, io, json, os, sys, tarfile
backend, root, tops = importlib.import_module(sys.argv[1]), sys.argv[2], sys.argv[3:]
listings = []
for top in tops:
    os.chdir(os.path.join(root, top))
    out = os.path.join(root, "out-" + top)
    os.mkdir(out)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        name = backend.build_sdist(out)
    with tarfile.open(os.path.join(out, name)) as tar:
        listings.append([m.name.partition("/")[2] for m in tar if m.isfile()])
print(json.dumps(listings))
`

// TestPythonPacks compares the judgement of every env file in random projects
// with what the build backends put into the sdist.
func TestPythonPacks(t *testing.T) {
	for _, backend := range []struct {
		module    string
		pyproject func(*rand.Rand) string
	}{
		{"setuptools.build_meta", setuptoolsTables},
		{"hatchling.build", hatchTables},
		{"flit_core.buildapi", flitTables},
		{"poetry.core.masonry.api", poetryTables},
		{"pdm.backend", pdmTables},
	} {
		t.Run(backend.module, func(t *testing.T) {
			python := pythonWith(t, backend.module)
			root, git := t.TempDir(), gitIn(t)
			var tops []string
			for seed := range pythonProjects {
				top, r := fmt.Sprintf("p%d", seed), rand.New(rand.NewPCG(uint64(seed), 9))
				tops = append(tops, top)
				writeProject(t, root, top, backend.module, backend.pyproject(r), r)
				if strings.HasPrefix(backend.module, "poetry") { // the one that asks git
					git(filepath.Join(root, top), "init", "-q")
				}
			}
			cmd := exec.Command(python, append([]string{"-c", askBackend, backend.module, root}, tops...)...)
			out, err := cmd.Output()
			var listings [][]string
			if err != nil || json.Unmarshal(out, &listings) != nil {
				t.Fatalf("%s: %v\n%s", backend.module, err, stderrOf(err))
			}
			comparePython(t, root, tops, listings)
		})
	}
}

func comparePython(t *testing.T, root string, tops []string, listings [][]string) {
	t.Helper()
	p, packed := newManifests(root), 0
	for i, top := range tops {
		for _, rel := range pythonNames {
			s, packs := p.pythonShips(top + "/" + rel)
			if want := slices.Contains(listings[i], rel); packs != want {
				t.Errorf("%s: packed %t (%+v), the backend says %t\n%s", rel, packs, s, want, projectText(filepath.Join(root, top)))
			}
			if packs {
				packed++
			}
		}
	}
	if packed == 0 || packed == len(tops)*len(pythonNames) {
		t.Errorf("%d files are packed: these projects tell nothing", packed)
	}
}

func pythonWith(t *testing.T, module string) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		python, err := exec.LookPath(name)
		if err == nil && exec.Command(python, "-c", "import "+module).Run() == nil {
			return python
		}
	}
	t.Skipf("no python3 has %s: its sdists could not be compared", module)
	return ""
}

func gitIn(t *testing.T) func(dir string, args ...string) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed: what the backends learn of it could not be compared")
	}
	return func(dir string, args ...string) {
		t.Helper()
		if out, err := exec.Command(git, append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

func stderrOf(err error) string {
	if exit, ok := err.(*exec.ExitError); ok {
		return string(exit.Stderr)
	}
	return ""
}

func projectText(top string) string {
	var out strings.Builder
	for _, name := range []string{"pyproject.toml", "setup.cfg", "MANIFEST.in", ".gitignore"} {
		if text, err := os.ReadFile(filepath.Join(top, name)); err == nil {
			fmt.Fprintf(&out, "== %s\n%s", name, text)
		}
	}
	return out.String()
}

func writeProject(t *testing.T, root, top, backend, tables string, r *rand.Rand) {
	t.Helper()
	project := "[project]\nname = \"pkg\"\nversion = \"1.0\"\ndescription = \"x\"\n"
	if strings.HasPrefix(backend, "poetry") {
		project = "[tool.poetry]\nname = \"pkg\"\nversion = \"1.0\"\ndescription = \"x\"\nauthors = []\n"
	}
	requires := fmt.Sprintf("[build-system]\nrequires = []\nbuild-backend = %q\n", backend)
	writeTree(t, root, top+"/pyproject.toml", requires+project+tables)
	for _, name := range append([]string{"pkg/__init__.py", "pkg/sub/__init__.py", "conf/x"}, pythonNames...) {
		writeTree(t, root, top+"/"+name, "")
	}
	ignored := "*env*\n"
	switch {
	case strings.HasPrefix(backend, "setuptools"):
		writeTree(t, root, top+"/MANIFEST.in", strings.Join(someOf(r, manifestDirectives), "\n")+"\n")
	case strings.HasPrefix(backend, "hatchling"):
		ignored = strings.Join(someOf(r, ignoreLines), "\n")
	}
	writeTree(t, root, top+"/.gitignore", ignored)
}

var manifestDirectives = []string{
	"include .env", "include *.env", "include pkg/.env conf/*", "exclude .env", "recursive-include pkg *", "recursive-include pkg .e*",
	"recursive-include . *.env", "recursive-exclude pkg .env", "global-include .env", "global-exclude .env", "global-exclude *.env", "graft pkg", "graft conf", "graft .",
	"prune pkg/data", "prune conf", "# graft pkg", "include \\\n  prod.env", "graft build",
}

// tomlList writes some of the texts as an array.
func tomlList(r *rand.Rand, from []string) string {
	texts := someOf(r, from)
	slices.Sort(texts)
	text, _ := json.Marshal(slices.Compact(texts)) // hatchling refuses one that comes twice
	return string(text)
}

func setuptoolsTables(r *rand.Rand) string {
	tables := "[tool.setuptools]\npackages = [\"pkg\", \"pkg.sub\"]\n"
	globs := []string{"*", ".env", "*.env", "data/*", "data/.env", "**/*.env", "**/.env", "sub/.env", ".hid/*"}
	if r.IntN(2) == 0 {
		tables += fmt.Sprintf("[tool.setuptools.package-data]\n%q = %s\n", []string{"*", "pkg", "pkg.sub"}[r.IntN(3)], tomlList(r, globs))
	}
	if r.IntN(3) == 0 {
		tables += fmt.Sprintf("[tool.setuptools.exclude-package-data]\npkg = %s\n", tomlList(r, globs))
	}
	return tables
}

func hatchTables(r *rand.Rand) (tables string) {
	globs := []string{".env", "*.env", "/pkg", "pkg/data", "conf/", "!.env", "**/x.env", "/.env", "tests"}
	for _, table := range []string{"tool.hatch.build", "tool.hatch.build.targets.sdist"} {
		tables += "[" + table + "]\n"
		for _, member := range []string{"include", "exclude", "artifacts"} {
			if r.IntN(5) == 0 {
				tables += member + " = " + tomlList(r, globs) + "\n"
			}
		}
		if r.IntN(5) == 0 {
			tables += "only-include = " + tomlList(r, []string{"pkg", "conf/.env", "conf", "pkg/sub"}) + "\n"
		}
		if r.IntN(5) == 0 {
			tables += "ignore-vcs = true\n"
		}
	}
	if r.IntN(4) == 0 {
		tables += "[tool.hatch.build.targets.sdist.force-include]\n\"conf\" = \"conf\"\n\".env\" = \".env\"\n"
	}
	return tables
}

var pythonGlobTexts = []string{"*", ".env", "conf", "conf/*", "conf/.env", "pkg/**/*.env", "pkg/data", "**/.env", "tests/", "pkg/sub/.env", "pkg/.hid"}

func flitTables(r *rand.Rand) string {
	// What takes away the package itself is refused.
	exclude := slices.DeleteFunc(slices.Clone(pythonGlobTexts), func(text string) bool { return text == "*" })
	return "[tool.flit.sdist]\ninclude = " + tomlList(r, pythonGlobTexts) + "\nexclude = " + tomlList(r, exclude) + "\n"
}

func poetryTables(r *rand.Rand) string {
	tables := "include = " + tomlList(r, append([]string{"pkg/*", "pkg/**/*", "**/*.env"}, pythonGlobTexts...)) + "\n"
	if r.IntN(3) == 0 {
		tables += `exclude = ["pkg/.env"]` + "\n"
	}
	return tables
}

func pdmTables(r *rand.Rand) string {
	tables := "[tool.pdm.build]\nexcludes = " + tomlList(r, pythonGlobTexts) + "\n"
	if r.IntN(2) == 0 {
		tables += "includes = " + tomlList(r, append([]string{"pkg", "pkg/**"}, pythonGlobTexts...)) + "\n"
	}
	if r.IntN(3) == 0 {
		tables += "source-includes = " + tomlList(r, pythonGlobTexts) + "\n"
	}
	return tables
}

// TestPythonShipments records what each backend does, for where none is
// installed: they were asked for every line. What they would build but nobody
// publishes is not claimed: private packages, and projects without a backend.
func TestPythonShipments(t *testing.T) {
	backend := func(module, tables string) string {
		return "[build-system]\nrequires = []\nbuild-backend = \"" + module + "\"\n[project]\nname = \"my-pkg\"\nversion = \"1\"\n" + tables
	}
	setup := func(arguments string) string {
		return "from setuptools import setup\nsetup(\n    name='my-pkg', version='1', packages=['my_pkg'],\n" + arguments + ")\n"
	}
	const pkg = "my_pkg/__init__.py"
	for _, test := range []struct {
		name, file string
		files      []string
		want       string // what takes it, "FILE: IGNORE LINE"; empty: it is not shipped
	}{
		{"no project", ".env", []string{"a.py", ""}, ""},
		{"tools only", "my_pkg/.env", []string{"pyproject.toml", "[tool.ruff]\n", pkg, "", "MANIFEST.in", "graft my_pkg"}, ""},
		{"an unknown backend", "my_pkg/.env", []string{"pyproject.toml", backend("mesonpy", ""), pkg, ""}, ""},
		{"not for the index", "my_pkg/.env", []string{"pyproject.toml", backend("flit_core.buildapi", "classifiers = [\"Private :: Do Not Upload\"]\n"), pkg, ""}, ""},
		{"TOML that is broken", "my_pkg/.env", []string{"pyproject.toml", "[build-system\n", "setup.py", "", "MANIFEST.in", "graft my_pkg"}, ""},

		{"setuptools takes modules", "my_pkg/.env", []string{"setup.py", setup(""), pkg, ""}, ""},
		{"MANIFEST.in", "my_pkg/.env", []string{"setup.py", setup(""), pkg, "", "MANIFEST.in", "include README\ngraft my_pkg\n"}, "MANIFEST.in:2 graft my_pkg: MANIFEST.in exclude my_pkg/.env"},
		{"MANIFEST.in takes away", "my_pkg/.env", []string{"setup.py", setup(""), pkg, "", "MANIFEST.in", "graft my_pkg\nglobal-exclude .env*\n"}, ""},
		{"the standard's default", ".env", []string{"pyproject.toml", "[build-system]\nrequires = [\"setuptools\"]\n", "MANIFEST.in", "include .env\n"}, "MANIFEST.in:1 include .env: MANIFEST.in exclude .env"},
		{"package_data", "my_pkg/.env", []string{"setup.py", setup("    package_data={'my_pkg': ['*.json', '.env']},\n"), pkg, ""}, `setup.py: setup.py drop ".env"`},
		{"package_data of another", "my_pkg/.env", []string{"setup.py", setup("    package_data={'other': ['.env']},\n"), pkg, ""}, ""},
		{"package_data without dots", "my_pkg/.env", []string{"setup.py", setup("    package_data={'': ['*']},\n"), pkg, ""}, ""},
		{"package_data by wildcard", "my_pkg/prod.env", []string{"setup.py", setup("    package_data={'': ['*.env']},\n"), pkg, ""}, `setup.py: setup.py narrow "*.env"`},
		{"data_files", "conf/.env", []string{"setup.py", setup("    data_files=[('etc', ['conf/.env'])],\n"), pkg, ""}, `setup.py: setup.py drop "conf/.env"`},
		{"setup.cfg", "my_pkg/.env", []string{"setup.py", "from setuptools import setup\nsetup()\n", "setup.cfg", "[metadata]\nname = my-pkg\n[options]\npackages = my_pkg\n[options.package_data]\nmy_pkg =\n    a.txt\n    .env\n", pkg, ""}, `setup.cfg: setup.cfg drop ".env"`},

		{"hatchling", ".env", []string{"pyproject.toml", backend("hatchling.build", ""), ".gitignore", ".env"}, ""},
		{"a .gitignore below", "api/.env", []string{"pyproject.toml", backend("hatchling.build", ""), ".gitignore", "dist", "api/.gitignore", ".env"}, `.gitignore: pyproject.toml add "/api/.env"`},
		{"a .gitignore above", "api/.env", []string{"api/pyproject.toml", backend("hatchling.build", ""), ".gitignore", "/api/.env"}, `.gitignore: api/pyproject.toml add "/.env"`},
		{"hatchling's exclude", "api/.env", []string{"pyproject.toml", backend("hatchling.build", "[tool.hatch.build]\nexclude = [\"/api/.env\"]\n")}, ""},
		{"artifacts", ".env", []string{"pyproject.toml", backend("hatchling.build", "[tool.hatch.build]\nartifacts = [\"*.env\"]\n"), ".gitignore", ".env"}, `pyproject.toml: pyproject.toml narrow "*.env"`},
		{"force-include", "conf/.env", []string{"pyproject.toml", backend("hatchling.build", "[tool.hatch.build.force-include]\n\"conf/.env\" = \"a\"\n"), ".gitignore", ".env"}, `pyproject.toml: pyproject.toml drop "conf/.env"`},

		{"flit", "my_pkg/conf/.env", []string{"pyproject.toml", backend("flit_core.buildapi", ""), pkg, ""}, `pyproject.toml: pyproject.toml add "my_pkg/conf/.env"`},
		{"flit below src", "src/my_pkg/.env", []string{"pyproject.toml", backend("flit_core.buildapi", ""), "src/" + pkg, ""}, `pyproject.toml: pyproject.toml add "src/my_pkg/.env"`},
		{"beside flit's package", ".env", []string{"pyproject.toml", backend("flit_core.buildapi", ""), pkg, ""}, ""},
		{"flit's exclude", "my_pkg/.env", []string{"pyproject.toml", backend("flit_core.buildapi", "[tool.flit.sdist]\nexclude = [\"**/.env\"]\n"), pkg, ""}, ""},

		{"poetry", "my_pkg/.env", []string{"pyproject.toml", backend("poetry.core.masonry.api", ""), pkg, ""}, ""},
		{"poetry's include", "my_pkg/.env", []string{"pyproject.toml", backend("poetry.core.masonry.api", "[tool.poetry]\ninclude = [{ path = \"my_pkg/*\", format = [\"sdist\"] }]\n"), pkg, ""}, `pyproject.toml: pyproject.toml narrow "my_pkg/*"`},
		{"poetry without a package", "my_pkg/.env", []string{"pyproject.toml", backend("poetry.core.masonry.api", "[tool.poetry]\npackage-mode = false\ninclude = [\"my_pkg/.env\"]\n"), pkg, ""}, ""},

		{"pdm", "my_pkg/.env", []string{"pyproject.toml", backend("pdm.backend", ""), pkg, ""}, `pyproject.toml: pyproject.toml add "my_pkg/.env"`},
		{"pdm's tests", "tests/.env", []string{"pyproject.toml", backend("pdm.backend", ""), pkg, ""}, `pyproject.toml: pyproject.toml add "tests/.env"`},
		{"pdm's excludes", "my_pkg/.env", []string{"pyproject.toml", backend("pdm.backend", "[tool.pdm.build]\nexcludes = [\"my_pkg/.env\"]\n"), pkg, ""}, ""},
	} {
		got := ""
		if s, ok := manifestsOf(t, append(test.files, test.file, "")...).pythonShips(test.file); ok {
			got = s.File
			if s.Statement != "" {
				got += fmt.Sprintf(":%d %s", s.At, s.Statement)
			}
			got += ": " + s.Ignore + " "
			switch {
			case s.Drop:
				got += "drop "
			case s.Narrow:
				got += "narrow "
			case s.List != "":
				got += "add "
			}
			got += s.Line
		}
		if got != test.want {
			t.Errorf("%s\n got %q\nwant %q", test.name, got, test.want)
		}
	}
}
