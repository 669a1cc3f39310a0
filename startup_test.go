package main

import (
	"go/ast"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// dear are packages whose variables each start of a program would set up, used or
// not, and what was measured of them (docs/performance.md).
var dear = []string{
	"html/template", // maps, and by way of text/template the methods of all types
	"github.com/BurntSushi/toml",
	"encoding/gob", // 420 allocations, and by way of go-git's objects OpenPGP and more
}

// TestStartImports keeps out of the binary what would make each hook slower.
func TestStartImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if !slices.Contains(packages, module+"/internal/cli") || len(packages) < 200 {
		t.Fatalf("go list names %d packages: this test looks in the wrong place", len(packages))
	}
	for _, name := range dear {
		if slices.Contains(packages, name) {
			t.Errorf("the binary imports %s, which each start pays for; \"go list -deps\" shows by way of what", name)
		}
	}
}

// TestStaticVariables bounds what the variables of our packages allocate at each
// start. What is written so that the compiler can lay it out with the binary costs
// nothing: no map, no slice that a function makes, lazy.Regexp for an expression.
func TestStaticVariables(t *testing.T) {
	cmd := exec.Command("insplint", "version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const most = 60 // of one package; gitrepo's maps
	packages := 0
	for _, m := range regexp.MustCompile(`(?m)^init `+regexp.QuoteMeta(module)+`/(\S+) .* (\d+) allocs$`).FindAllSubmatch(out, -1) {
		packages++
		if n, _ := strconv.Atoi(string(m[2])); n > most {
			t.Errorf("the variables of %s take %d allocations at the start, more than %d", m[1], n, most)
		}
	}
	if packages == 0 {
		t.Fatalf("no package of ours has variables: this test looks in the wrong place\n%s", out)
	}
}

// TestNoTemplates keeps text/template, which cobra imports, unreachable: it calls
// methods by their names, so that the linker would have to keep all of them.
func TestNoTemplates(t *testing.T) {
	for _, f := range sourceFiles(t) {
		for _, spec := range f.syntax.Imports {
			if strings.HasSuffix(spec.Path.Value, `/template"`) {
				t.Errorf("%s imports %s", f.name, spec.Path.Value)
			}
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && strings.HasPrefix(s.Sel.Name, "Set") && strings.HasSuffix(s.Sel.Name, "Template") {
				t.Errorf("%s calls cobra's %s", f.files.Position(s.Pos()), s.Sel.Name)
			}
			return true
		})
	}
}
