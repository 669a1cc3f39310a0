package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/inspecto/insplint"

// arrows says which packages of ours a package may import. A package that is
// not listed may not exist: whoever adds one decides where it stands.
var arrows = map[string][]string{
	"":                 {"internal/cli"},
	"internal/cli":     {"scanner", "internal/cache", "internal/verify", "internal/config", "report", "rules", "internal/lazy"},
	"scanner":          {"rules", "internal/key", "internal/archive", "internal/gitrepo", "internal/gitpack", "internal/cache", "internal/lazy"},
	"internal/gitrepo": {"internal/gitpack", "internal/lazy"},
	"internal/verify":  {"rules", "internal/key"},
	"internal/config":  {"rules", "internal/lazy"},
	"report":           {"rules", "internal/lazy"},
	"rules":            {"internal/key", "internal/lazy"},
	"internal/key":     {},
	"internal/gitpack": {},
	"internal/cache":   {},
	"internal/archive": {"internal/gitpack"},
	"internal/lazy":    {},
}

// homes says which packages may import a module, where that matters: each
// library does one job, and only what asks the vendor may reach the network.
var homes = map[string][]string{
	"github.com/go-git/go-git":        {"internal/gitrepo"},
	"github.com/sabhiram":             {"internal/config"},
	"github.com/fatih/color":          {"report", "internal/cli"},
	"github.com/owenrumney/go-sarif":  {"report"},
	"github.com/spf13/cobra":          {"internal/cli"},
	"github.com/goccy/go-yaml":        {"internal/config", "scanner"},
	"github.com/moby/patternmatcher":  {"scanner"},
	"github.com/pelletier/go-toml":    {"scanner"},
	"github.com/klauspost/compress":   {"internal/gitpack", "internal/archive"},
	"github.com/andybalholm/brotli":   {"internal/archive"},
	"github.com/therootcompany/xz":    {"internal/archive"},
	"github.com/ulikunitz/xz":         {"internal/archive"},
	"github.com/pierrec/lz4":          {"internal/archive"},
	"golang.org/x/time":               {"internal/verify"},
	"mvdan.cc/sh":                     {"internal/cli"},
	"net/http":                        {"internal/verify"},
	"net":                             {"internal/verify"},
	"crypto/tls":                      {"internal/verify"},
	"os/exec":                         {},
	"plugin":                          {},
	"github.com/rogpeppe/go-internal": {},
}

// sourceFile is a parsed file of the project that is no test.
type sourceFile struct {
	name, pkg string
	syntax    *ast.File
	files     *token.FileSet
}

func sourceFiles(t *testing.T) []sourceFile {
	t.Helper()
	var found []sourceFile
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || name != "." && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		syntax, err := parser.ParseFile(files, name, nil, parser.ParseComments)
		pkg := path.Dir(filepath.ToSlash(name))
		found = append(found, sourceFile{name, strings.TrimPrefix(pkg, "."), syntax, files})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 20 {
		t.Fatalf("found %d source files: this test looks in the wrong place", len(found))
	}
	return found
}

func TestImports(t *testing.T) {
	for _, f := range sourceFiles(t) {
		allowed, known := arrows[f.pkg]
		if !known {
			t.Errorf("%s: package %q is not in the table of arrows", f.name, f.pkg)
		}
		for _, spec := range f.syntax.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if ours, ok := strings.CutPrefix(imported, module+"/"); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s, which its package may not", f.name, ours)
			}
			for prefix, users := range homes {
				if imported != prefix && !strings.HasPrefix(imported, prefix+"/") || prefix == "net" && imported != "net" {
					continue
				}
				if !slices.Contains(users, f.pkg) {
					t.Errorf("%s imports %s, which only %v may", f.name, imported, users)
				}
			}
		}
	}
}

// TestReveal holds the one method that gives a key's text back to the packages
// that need it: key itself, and verify, which sends it.
func TestReveal(t *testing.T) {
	calls := 0
	for _, f := range sourceFiles(t) {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if ok && s.Sel.Name == "Reveal" {
				calls++
				if f.pkg != "internal/verify" && f.pkg != "internal/key" {
					t.Errorf("%s reveals a key", f.files.Position(s.Pos()))
				}
			}
			return true
		})
	}
	if calls == 0 {
		t.Error("found no call of Reveal: this test looks for the wrong name")
	}
}

// TestShape keeps functions and files small, and packages free of init and of
// state that outlives a call.
func TestShape(t *testing.T) {
	for _, f := range sourceFiles(t) {
		if lines := f.files.File(f.syntax.Pos()).LineCount(); lines > 500 {
			t.Errorf("%s has %d lines, more than 500", f.name, lines)
		}
		for _, decl := range f.syntax.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			lines := f.files.Position(fn.End()).Line - f.files.Position(fn.Pos()).Line + 1
			if lines > 80 {
				t.Errorf("%s: %s has %d lines, more than 80", f.name, fn.Name.Name, lines)
			}
			if fn.Name.Name == "init" && fn.Recv == nil {
				t.Errorf("%s has an init function", f.name)
			}
		}
	}
}

// TestLazyExpressions keeps expressions of packages from being compiled in each
// run, whether it uses them or not.
func TestLazyExpressions(t *testing.T) {
	for _, f := range sourceFiles(t) {
		for _, decl := range f.syntax.Decls {
			if _, ok := decl.(*ast.GenDecl); !ok {
				continue
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "MustCompile" {
					t.Errorf("%s compiles an expression at the start: use lazy.Regexp", f.files.Position(s.Pos()))
				}
				return true
			})
		}
	}
}

// TestOneBinary keeps "go install ./..." to one program, as hook managers run
// it.
func TestOneBinary(t *testing.T) {
	for _, f := range sourceFiles(t) {
		if f.syntax.Name.Name == "main" && f.pkg != "" {
			t.Errorf("%s is a second program", f.name)
		}
	}
	if _, err := os.Stat("main.go"); err != nil {
		t.Error(err)
	}
}
