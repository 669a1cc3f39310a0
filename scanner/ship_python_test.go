package scanner

import (
	"encoding/json"
	"fmt"
	"maps"
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

// askBackends builds an sdist of each project and prints the names in each by
// project. All backends are asked in one process, which forks for each: they
// change what others import. One that is not there has no answer.
const askBackends = `
import contextlib, importlib, io, json, os, sys, tarfile
root, asked = sys.argv[1], json.loads(sys.argv[2])
def ask(module, tops):
    try:
        backend = importlib.import_module(module)
    except ImportError:
        return
    listings = {}
    for top in tops:
        os.chdir(os.path.join(root, top))
        out = os.path.join(root, "out-" + top)
        os.mkdir(out)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            name = backend.build_sdist(out)
        with tarfile.open(os.path.join(out, name)) as tar:
            listings[top] = [m.name.partition("/")[2] for m in tar if m.isfile()]
    with open(os.path.join(root, module + ".json"), "w") as answer:
        json.dump(listings, answer)
children = []
for module, tops in asked.items():
    child = os.fork()
    if child == 0:
        ask(module, tops)
        os._exit(0)
    children.append(child)
if any([os.waitpid(child, 0)[1] for child in children]):
    sys.exit("a backend failed")
`

// pythonTables are the backends that are asked, with what makes random tables for
// each.
var pythonTables = map[string]func(*rand.Rand) string{
	"setuptools.build_meta":   setuptoolsTables,
	"hatchling.build":         hatchTables,
	"flit_core.buildapi":      flitTables,
	"poetry.core.masonry.api": poetryTables,
	"pdm.backend":             pdmTables,
	"uv_build":                uvTables,
	"scikit_build_core.build": skbuildTables,
}

// TestPythonPacks compares the judgement of every env file in random projects
// with what the build backends put into the sdist.
func TestPythonPacks(t *testing.T) {
	root, git := t.TempDir(), gitIn(t)
	asked := map[string][]string{}
	for i, module := range slices.Sorted(maps.Keys(pythonTables)) {
		for seed := range pythonProjects {
			top, r := fmt.Sprintf("p%d-%d", i, seed), rand.New(rand.NewPCG(uint64(seed), 9))
			asked[module] = append(asked[module], top)
			writeProject(t, root, top, module, pythonTables[module](r), r)
			if strings.HasPrefix(module, "poetry") { // the one that asks git
				git(filepath.Join(root, top), "init", "-q")
			}
		}
	}
	askPython(t, root, asked)
	for module, tops := range asked {
		t.Run(module, func(t *testing.T) {
			answer, err := os.ReadFile(filepath.Join(root, module+".json"))
			if err != nil {
				t.Skipf("no python3 has %s: its sdists could not be compared", module)
			}
			var listings map[string][]string
			if err := json.Unmarshal(answer, &listings); err != nil {
				t.Fatal(err)
			}
			comparePython(t, root, tops, listings)
		})
	}
}

// askPython has each python3 answer for the backends that it has: the system's,
// and the one that is found first.
func askPython(t *testing.T, root string, asked map[string][]string) {
	t.Helper()
	rest := maps.Clone(asked)
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		python, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		list, _ := json.Marshal(rest)
		cmd := exec.Command(python, "-c", askBackends, root, string(list))
		cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", python, err, out)
		}
		maps.DeleteFunc(rest, func(module string, _ []string) bool {
			_, err := os.Stat(filepath.Join(root, module+".json"))
			return err == nil
		})
	}
}

func comparePython(t *testing.T, root string, tops []string, listings map[string][]string) {
	t.Helper()
	p, packed := newManifests(root), 0
	for _, top := range tops {
		for _, rel := range pythonNames {
			s, packs := p.pythonShips(top + "/" + rel)
			if want := slices.Contains(listings[top], rel); packs != want {
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
	for _, name := range []string{"pyproject.toml", "setup.cfg", "MANIFEST.in", "Cargo.toml", ".gitignore"} {
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
	// Versions of their matcher differ about blanks before a pattern.
	lines := slices.DeleteFunc(slices.Clone(ignoreLines), func(line string) bool { return strings.HasPrefix(line, " ") })
	ignored := "*env*\n"
	switch {
	case strings.HasPrefix(backend, "setuptools"):
		writeTree(t, root, top+"/MANIFEST.in", strings.Join(someOf(r, manifestDirectives), "\n")+"\n")
	case strings.HasPrefix(backend, "hatchling"):
		ignored = strings.Join(someOf(r, lines), "\n")
	case strings.HasPrefix(backend, "scikit"):
		ignored = strings.Join(someOf(r, lines), "\n")
		writeTree(t, root, top+"/pkg/.gitignore", strings.Join(someOf(r, lines), "\n"))
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

func uvTables(r *rand.Rand) string {
	tables := "[tool.uv.build-backend]\nmodule-root = \"\"\n"
	globs := []string{".env", "*.env", "/pkg/data", "pkg/sub", "data", ".hid/*", "**/x.env"}
	tables += "source-include = " + tomlList(r, []string{".env", "*.env", "conf", "conf/**", "tests/*", "**/prod.env"}) + "\n"
	return tables + "source-exclude = " + tomlList(r, globs) + "\n"
}

func skbuildTables(r *rand.Rand) string {
	globs := []string{".env", "*.env", "/pkg", "pkg/data/.env", "conf/", "!.env", "**/x.env", "/.env", "tests", "pkg/**/.env"}
	tables := "[tool.scikit-build]\nbuild-dir = \"build/{wheel_tag}\"\n"
	tables += "[tool.scikit-build.sdist]\n"
	for _, member := range []string{"include", "exclude"} {
		if r.IntN(2) == 0 {
			tables += member + " = " + tomlList(r, globs) + "\n"
		}
	}
	if mode := []string{"", "", "classic", "manual"}[r.IntN(4)]; mode != "" {
		tables += fmt.Sprintf("inclusion-mode = %q\n", mode)
	}
	return tables
}

// TestCratePacks compares what a crate's own list includes of what git ignores
// with what cargo says, which maturin asks.
func TestCratePacks(t *testing.T) {
	cargo, err := exec.LookPath("cargo")
	if err != nil {
		t.Skip("cargo is not installed: what it packages could not be compared")
	}
	root, git := t.TempDir(), gitIn(t)
	git(root, "init", "-q")
	listings, tops := map[string][]string{}, []string{}
	for seed := range pythonProjects {
		top, r := fmt.Sprintf("c%d", seed), rand.New(rand.NewPCG(uint64(seed), 11))
		writeProject(t, root, top, "maturin", "", r)
		writeTree(t, root, top+"/src/lib.rs", "")
		include := tomlList(r, []string{"/src", "*.env", "/pkg", "!/pkg/data", "conf/*", "**/.env", "!tests", ".env", "pkg/sub/*.env"})
		writeTree(t, root, top+"/Cargo.toml", "[package]\nname = \"x\"\nversion = \"1.0.0\"\nedition = \"2021\"\ninclude = "+include+"\n")
		git(root, "add", top+"/Cargo.toml") // cargo asks git about a crate that git knows
		cmd := exec.Command(cargo, "package", "--list", "--allow-dirty", "--offline")
		cmd.Dir = filepath.Join(root, top)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("cargo: %v\n%s", err, stderrOf(err))
		}
		tops, listings[top] = append(tops, top), strings.Fields(string(out))
	}
	comparePython(t, root, tops, listings)
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

		{"uv", "src/my_pkg/conf/.env", []string{"pyproject.toml", backend("uv_build", ""), "src/" + pkg, "", ".gitignore", ".env"}, `pyproject.toml: pyproject.toml add "/src/my_pkg/conf/.env"`},
		{"beside uv's module", ".env", []string{"pyproject.toml", backend("uv_build", ""), "src/" + pkg, ""}, ""},
		{"uv's module-root", "my_pkg/.env", []string{"pyproject.toml", backend("uv_build", "[tool.uv.build-backend]\nmodule-root = \"\"\n"), pkg, ""}, `pyproject.toml: pyproject.toml add "/my_pkg/.env"`},
		{"uv's module-name", "src/a/b/.env", []string{"pyproject.toml", backend("uv_build", "[tool.uv.build-backend]\nmodule-name = [\"c\", \"a.b\"]\n")}, `pyproject.toml: pyproject.toml add "/src/a/b/.env"`},
		{"uv's exclude", "src/my_pkg/.env", []string{"pyproject.toml", backend("uv_build", "[tool.uv.build-backend]\nsource-exclude = [\".env*\"]\n"), "src/" + pkg, ""}, ""},
		{"uv's exclude at the top", "src/my_pkg/.env", []string{"pyproject.toml", backend("uv_build", "[tool.uv.build-backend]\nsource-exclude = [\"/.env\"]\n"), "src/" + pkg, ""}, `pyproject.toml: pyproject.toml add "/src/my_pkg/.env"`},
		{"uv's exclude of a directory", "src/my_pkg/conf/.env", []string{"pyproject.toml", backend("uv_build", "[tool.uv.build-backend]\nsource-exclude = [\"conf\"]\n"), "src/" + pkg, ""}, ""},
		{"uv's include", "conf/.env", []string{"pyproject.toml", backend("uv_build", "[tool.uv.build-backend]\nsource-include = [\"conf\", \"conf/**\"]\n"), "src/" + pkg, ""}, `pyproject.toml: pyproject.toml narrow "conf/**"`},
		{"uv's data", "share/.env", []string{"pyproject.toml", backend("uv_build", "[tool.uv.build-backend.data]\ndata = \"./share\"\n"), "src/" + pkg, ""}, `pyproject.toml: pyproject.toml add "/share/.env"`},

		{"maturin", "my_pkg/.env", []string{"pyproject.toml", backend("maturin", ""), "Cargo.toml", "[package]\nname = \"x\"\n", pkg, ""}, ""},
		{"maturin's include", "my_pkg/.env", []string{"pyproject.toml", backend("maturin", "[tool.maturin]\ninclude = [{ path = \"my_pkg/*\", format = \"sdist\" }]\n"), pkg, ""}, `pyproject.toml: pyproject.toml narrow "my_pkg/*"`},
		{"maturin's include below python-source", "py/my_pkg/.env", []string{"pyproject.toml", backend("maturin", "[tool.maturin]\npython-source = \"py\"\ninclude = [\"my_pkg/.env\"]\n"), "py/" + pkg, ""}, `pyproject.toml: pyproject.toml narrow "my_pkg/.env"`},
		{"maturin's exclude", "my_pkg/.env", []string{"pyproject.toml", backend("maturin", "[tool.maturin]\ninclude = [\"my_pkg/*\"]\nexclude = [\".env\"]\n"), pkg, ""}, ""},
		{"a crate's include", "src/.env", []string{"pyproject.toml", backend("maturin", ""), "Cargo.toml", "[package]\nname = \"x\"\ninclude = [\"/src\", \"!*.md\"]\n"}, `Cargo.toml: Cargo.toml narrow "/src"`},
		{"a crate below", "rust/.env", []string{"pyproject.toml", backend("maturin", "[tool.maturin]\nmanifest-path = \"rust/Cargo.toml\"\n"), "rust/Cargo.toml", "[package]\nname = \"x\"\ninclude = [\"/.env\"]\n"}, `rust/Cargo.toml: rust/Cargo.toml drop "/.env"`},
		{"maturin by git", "src/.env", []string{"pyproject.toml", backend("maturin", "[tool.maturin]\nsdist-generator = \"git\"\n"), "Cargo.toml", "[package]\nname = \"x\"\ninclude = [\"/src\"]\n"}, ""},

		{"scikit-build-core", "a/.env", []string{"pyproject.toml", backend("scikit_build_core.build", ""), ".gitignore", "x", "a/.gitignore", ".env"}, ""},
		{"a .gitignore above scikit-build-core's project", "api/.env", []string{"api/pyproject.toml", backend("scikit_build_core.build", ""), ".gitignore", ".env"}, `api/pyproject.toml: api/pyproject.toml add "/.env"`},
		{"scikit-build-core's exclude", "api/.env", []string{"api/pyproject.toml", backend("scikit_build_core.build", "[tool.scikit-build]\nsdist.exclude = [\"/.env\"]\n"), ".gitignore", ".env"}, ""},
		{"scikit-build-core's include", ".env", []string{"pyproject.toml", backend("scikit_build_core.build", "[tool.scikit-build.sdist]\ninclude = [\"*.env\"]\n"), ".gitignore", ".env"}, `pyproject.toml: pyproject.toml narrow "*.env"`},
		{"scikit-build-core asks nobody", ".env", []string{"pyproject.toml", backend("scikit_build_core.build", "[tool.scikit-build.sdist]\ninclusion-mode = \"manual\"\n"), ".gitignore", ".env"}, `pyproject.toml: pyproject.toml add "/.env"`},
		{"scikit-build-core takes what is included", "a/.env", []string{"pyproject.toml", backend("scikit_build_core.build", "[tool.scikit-build.sdist]\ninclusion-mode = \"explicit\"\ninclude = [\"/a\"]\nexclude = [\".env\"]\n")}, ""},
		{"a directory that scikit-build-core does not enter", "a/.env", []string{"pyproject.toml", backend("scikit_build_core.build", "[tool.scikit-build.sdist]\nexclude = [\"/a\", \"!/a/.env\"]\n")}, ""},
		{"one that it did enter", "a/.env", []string{"pyproject.toml", backend("scikit_build_core.build", "[tool.scikit-build]\nminimum-version = \"0.11\"\n[tool.scikit-build.sdist]\nexclude = [\"/a\", \"!/a/.env\"]\n")}, `pyproject.toml: pyproject.toml add "/a/.env"`},
		{"scikit-build-core for setuptools", "my_pkg/.env", []string{"pyproject.toml", backend("scikit_build_core.setuptools.build_meta", ""), pkg, "", "MANIFEST.in", "graft my_pkg\n"}, "MANIFEST.in:1 graft my_pkg: MANIFEST.in exclude my_pkg/.env"},

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
