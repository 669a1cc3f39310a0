package main

import (
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/cli"
)

// handWritten are the pages that are not generated; docs/rules.md is, and
// package rules tests it.
var handWritten = []string{"README.md", "CHANGELOG.md", "docs/architecture.md", "docs/forms.md"}

// A fence is a block of code in a page.
type fence struct {
	page, language string
	line           int // of its first line of code
	code           []string
}

// fences lists the blocks of the hand-written pages in some languages.
func fences(t *testing.T, languages ...string) []fence {
	t.Helper()
	var found []fence
	for _, page := range handWritten {
		var open *fence
		for i, line := range strings.Split(readText(t, page), "\n") {
			language, isFence := strings.CutPrefix(line, "```")
			switch {
			case isFence && open != nil:
				if slices.Contains(languages, open.language) {
					found = append(found, *open)
				}
				open = nil
			case isFence:
				open = &fence{page: page, language: language, line: i + 2}
			case open != nil:
				open.code = append(open.code, line)
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("found no %v block: this test looks for them in the wrong way", languages)
	}
	return found
}

// A shopper runs the examples of the pages in a repository that they fit: a
// shop's, with one key in its history and one in an env file.
type shopper struct {
	dir string
	env []string
}

func newShop(t *testing.T) *shopper {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not installed")
	}
	s := &shopper{dir: filepath.Join(t.TempDir(), "shop")}
	home, vendor := t.TempDir(), newVendor(t)
	keys := testKeys()
	s.env = append(os.Environ(), "HOME="+home, "GIT_CONFIG_NOSYSTEM=1", "GIT_DEFAULT_HASH=sha1",
		"INSPECTO_API_KEY="+keys["KEY3"], "INSPLINT_PRODUCTION_URL="+vendor.url, "INSPLINT_SANDBOX_URL="+vendor.url,
		"INSPLINT_CA_FILE="+vendor.roots)
	writeText(t, filepath.Join(home, ".gitconfig"), "[user]\n\tname = Dana Example\n\temail = dana@example.com\n[core]\n\tautocrlf = false\n")
	s.write(t, "src/app.js", "listen(8080);\n")
	s.write(t, "web/index.html", "<p>vehicles</p>\n")
	s.write(t, ".gitignore", ".env\n")
	s.write(t, "config/prod.env", "LOG=info\nINSPECTO_API_KEY="+keys["KEY1"]+"\n")
	s.must(t, "git init --quiet --initial-branch=main")
	s.commit(t, "2026-03-02T10:00:00Z", "add production settings")
	s.write(t, "config/prod.env", "LOG=info\n")
	s.commit(t, "2026-03-05T16:30:00Z", "take settings from the environment")
	s.write(t, ".env.local", "INSPECTO_API_KEY="+keys["KEY2"]+"\n")
	return s
}

func (s *shopper) write(t *testing.T, name, text string) {
	t.Helper()
	writeText(t, filepath.Join(s.dir, filepath.FromSlash(name)), text)
}

func (s *shopper) commit(t *testing.T, date, subject string) {
	t.Helper()
	s.must(t, fmt.Sprintf("git add --all && GIT_AUTHOR_DATE=%s GIT_COMMITTER_DATE=%s git commit --quiet --message='%s'", date, date, subject))
}

// run runs a line in bash.
func (s *shopper) run(t *testing.T, line string) (output string, status int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", line)
	cmd.Dir, cmd.Env = s.dir, s.env
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	for name, key := range testKeys() {
		if !strings.HasPrefix(name, "FP_") && strings.Contains(string(out), key[len(key)-24:]) {
			t.Errorf("%s: the output holds a part of %s", line, name)
		}
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (s *shopper) must(t *testing.T, line string) {
	t.Helper()
	if out, status := s.run(t, line); status != 0 {
		t.Fatalf("%s: status %d\n%s", line, status, out)
	}
}

// A vendor answers as the real one does to keys that it does not know.
type vendor struct{ url, roots string }

func newVendor(t *testing.T) vendor {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"errors":[{"code":"UNAUTHORIZED","message":"Invalid or missing API key"}]}`)
	}))
	t.Cleanup(server.Close)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	writeText(t, roots, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	return vendor{server.URL, roots}
}

// passing is what differs from one run to the next.
var passing = regexp.MustCompile(`[0-9]+ days ago|in [0-9.]+ s\b`)

// TestTranscripts runs the commands of every console block, and compares what
// they print with the block; -update writes it there.
func TestTranscripts(t *testing.T) {
	for _, f := range fences(t, "console") {
		s := newShop(t)
		var out strings.Builder
		status := 0
		for _, line := range f.code {
			command, ok := strings.CutPrefix(line, "$ ")
			switch {
			case !ok:
				continue
			case command == "echo $?":
				fmt.Fprintf(&out, "%s\n%d\n", line, status)
			default:
				var text string
				text, status = s.run(t, command)
				fmt.Fprintf(&out, "%s\n%s", line, text)
			}
		}
		want := strings.Join(f.code, "\n") + "\n"
		switch same := passing.ReplaceAllString(want, "") == passing.ReplaceAllString(out.String(), ""); {
		case same:
		case *update:
			page := readText(t, f.page)
			writeText(t, f.page, strings.Replace(page, "```console\n"+want+"```", "```console\n"+out.String()+"```", 1))
		default:
			t.Errorf("%s:%d: the commands print\n%s\ninstead; go test -run TestTranscripts -update . writes it there", f.page, f.line, out.String())
		}
	}
}

// TestShellLines runs every insplint command of the sh blocks: it must be one
// that insplint understands, and nothing may be missed.
func TestShellLines(t *testing.T) {
	s := newShop(t)
	writeText(t, filepath.Join(s.dir, "..", "keys.txt"), testKeys()["KEY1"]+"\n")
	ran := 0
	for _, f := range fences(t, "sh") {
		for i, line := range f.code {
			if !strings.HasPrefix(line, "insplint ") && !strings.Contains(line, "| insplint ") {
				continue
			}
			ran++
			line = strings.Replace(line, "< keys.txt", "< ../keys.txt", 1) // or scans would find it
			if out, status := s.run(t, "set -o pipefail; "+line); status != 0 && status != 1 {
				t.Errorf("%s:%d: %s: status %d\n%s", f.page, f.line+i, line, status, out)
			}
		}
	}
	if ran < 5 {
		t.Errorf("ran %d lines: this test looks for them in the wrong way", ran)
	}
}

// TestConfigurationExample has insplint read the configuration that README.md
// shows.
func TestConfigurationExample(t *testing.T) {
	s := newShop(t)
	shown := 0
	for _, f := range fences(t, "yaml") {
		if strings.HasPrefix(f.code[0], "levels:") {
			shown++
			s.write(t, "insplint-baseline.jsonl", `{"format":"insplint baseline","version":1}`+"\n")
			s.write(t, ".insplint.yaml", strings.Join(f.code, "\n")+"\n")
			if out, status := s.run(t, "insplint scan"); status != 1 {
				t.Errorf("%s:%d: status %d\n%s", f.page, f.line, status, out)
			}
		}
	}
	if shown != 1 {
		t.Errorf("README.md shows %d configurations", shown)
	}
}

// TestTwoCommands holds README to the two commands that do all the set-up, and
// .ci/run to running both.
func TestTwoCommands(t *testing.T) {
	var got []string
	for _, line := range fences(t, "sh")[0].code {
		command, _, _ := strings.Cut(line, "#")
		got = append(got, strings.TrimSpace(command))
	}
	if want := []string{"go run . scan .", "go test -race ./..."}; !slices.Equal(got, want) {
		t.Errorf("README.md begins with the commands %q, want %q", got, want)
	}
	for _, command := range got {
		if !regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(command) + `$`).MatchString(readText(t, ".ci/run")) {
			t.Errorf(".ci/run does not run %q", command)
		}
	}
}

var (
	codeSpan   = regexp.MustCompile("`([^`\n]+)`")
	link       = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`) // without a scheme
	ourFile    = regexp.MustCompile(`^\.?[\w-][\w./-]*(\.(go|md|mod|sum|ya?ml|txtar|json|s)|/)$`)
	anyFlag    = regexp.MustCompile(`--[a-z][a-z-]*`)
	helpFlag   = regexp.MustCompile(`(?m)^ +(?:-\w, |    )(--[a-z-]+)`)
	helpEntry  = regexp.MustCompile(`(?m)^  ([a-z-]+) {2,}\S`)
	readersOwn = []string{".pre-commit-config.yaml", ".insplint.yaml", "insplint.json"}
)

// TestPagesNameFiles wants every file and directory that a page names to be
// there. Generated and built ones have other endings.
func TestPagesNameFiles(t *testing.T) {
	for _, page := range handWritten {
		text := readText(t, page)
		var names []string
		for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
			if ourFile.MatchString(m[1]) && !slices.Contains(readersOwn, m[1]) {
				names = append(names, m[1])
			}
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			names = append(names, filepath.ToSlash(filepath.Join(filepath.Dir(page), m[1])))
		}
		for _, name := range names {
			if _, err := os.Stat(filepath.FromSlash(name)); err != nil {
				t.Errorf("%s names %q: %v", page, name, err)
			}
		}
	}
}

// help is what a command's --help prints; hooks take "--help" for a path, so
// the help command is asked.
func help(t *testing.T, command ...string) string {
	t.Helper()
	var out, errs strings.Builder
	c := cli.Command{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}
	if status := c.Main(t.Context(), append([]string{"help"}, command...)); status != 0 {
		t.Fatalf("insplint help %v: status %d, %s", command, status, errs.String())
	}
	return out.String()
}

// subcommands lists the commands that a help names.
func subcommands(help string) []string {
	_, rest, _ := strings.Cut(help, "Available Commands:\n")
	rest, _, _ = strings.Cut(rest, "\n\n")
	var names []string
	for _, m := range helpEntry.FindAllStringSubmatch(rest, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return names
}

// firstColumn lists the first cells of the table whose header begins with a
// word, in alphabetical order, without backquotes.
func firstColumn(t *testing.T, page, header string) []string {
	t.Helper()
	var cells []string
	for _, row := range table(t, page, header) {
		cells = append(cells, row[0])
	}
	slices.Sort(cells)
	return cells
}

// table reads the rows of the table whose header begins with a word.
func table(t *testing.T, page, header string) [][]string {
	t.Helper()
	_, rest, ok := strings.Cut(readText(t, page), "\n| "+header+" |")
	if !ok {
		t.Fatalf("%s has no table that begins with %q", page, header)
	}
	rest, _, _ = strings.Cut(rest, "\n\n")
	var rows [][]string
	for _, line := range strings.Split(rest, "\n")[2:] {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
		}
		rows = append(rows, cells)
	}
	return rows
}

// TestReadmeAgreesWithHelp compares the commands, exit statuses, formats and
// flags of README.md with those that --help names.
func TestReadmeAgreesWithHelp(t *testing.T) {
	same := func(what string, readme, help []string) {
		if !slices.Equal(readme, help) {
			t.Errorf("%s: README.md lists %q, --help lists %q", what, readme, help)
		}
	}
	commands := subcommands(help(t))
	var named []string
	for _, command := range firstColumn(t, "README.md", "command") {
		named = append(named, strings.TrimPrefix(command, "insplint "))
	}
	same("commands", named, commands)

	scan := help(t, "scan")
	_, statuses, _ := strings.Cut(scan, "Exit status:")
	statuses, _, _ = strings.Cut(statuses, "\n\n")
	same("exit statuses", firstColumn(t, "README.md", "exit status"), regexp.MustCompile(`\b[0-9]+\b`).FindAllString(statuses, -1))

	formats := regexp.MustCompile(`--format .*: ([a-z, ]+)`).FindStringSubmatch(scan)
	if formats == nil {
		t.Fatal("scan --help lists no formats")
	}
	same("formats", firstColumn(t, "README.md", "format"), slices.Sorted(slices.Values(strings.Split(strings.TrimSpace(formats[1]), ", "))))

	flags := map[string]bool{}
	for _, command := range commands {
		texts := []string{help(t, command)}
		for _, below := range subcommands(texts[0]) {
			texts = append(texts, help(t, command, below))
		}
		for _, m := range helpFlag.FindAllStringSubmatch(strings.Join(texts, "\n"), -1) {
			flags[m[1]] = true
		}
	}
	for _, flag := range ourFlags(t) {
		if !flags[flag] {
			t.Errorf("README.md names %s, which is no flag: %q are", flag, slices.Sorted(maps.Keys(flags)))
		}
	}
}

// ourFlags lists the flags that README.md names for insplint, and not for
// other programs.
func ourFlags(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, m := range codeSpan.FindAllStringSubmatch(readText(t, "README.md"), -1) {
		if strings.HasPrefix(m[1], "insplint ") || strings.HasPrefix(m[1], "--") {
			found = append(found, anyFlag.FindAllString(m[1], -1)...)
		}
	}
	return slices.DeleteFunc(found, func(flag string) bool {
		return flag == "--redact" || flag == "--fail" // gitleaks' and trufflehog's
	})
}

// TestReadmeAgreesWithHooks wants the hooks that README.md names to be in
// .pre-commit-hooks.yaml, and their entry to be a command.
func TestReadmeAgreesWithHooks(t *testing.T) {
	hooks, readme := readText(t, ".pre-commit-hooks.yaml"), readText(t, "README.md")
	ids := regexp.MustCompile(`(?m)^- id: (\S+)$`).FindAllStringSubmatch(hooks, -1)
	for _, id := range ids {
		if !regexp.MustCompile(`(- id: |\x60)` + regexp.QuoteMeta(id[1]) + `(\n|\x60)`).MatchString(readme) {
			t.Errorf("README.md does not name the hook %q", id[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^ +- id: (\S+)$`).FindAllStringSubmatch(readme, -1) {
		if !strings.Contains(hooks, "- id: "+m[1]+"\n") {
			t.Errorf("README.md names the hook %q, which .pre-commit-hooks.yaml does not define", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^  entry: insplint hook (.+)$`).FindAllStringSubmatch(hooks, -1) {
		if !slices.Contains(subcommands(help(t, "hook")), m[1]) {
			t.Errorf(".pre-commit-hooks.yaml runs \"insplint hook %s\", which is no command", m[1])
		}
	}
	if len(ids) == 0 {
		t.Error("found no hook: this test looks for them in the wrong way")
	}
}

// TestReadmeAgreesWithAction compares README.md's table of inputs, and those
// that its example sets, with action.yml.
func TestReadmeAgreesWithAction(t *testing.T) {
	declared := readAction(t).defaults
	listed := map[string]string{}
	for _, row := range table(t, "README.md", "input") {
		listed[row[0]] = row[1]
	}
	if !maps.Equal(listed, declared) {
		t.Errorf("README.md lists the inputs %q, action.yml declares %q", listed, declared)
	}
	_, example, _ := strings.Cut(readText(t, "README.md"), "uses: inspecto/insplint@")
	_, example, _ = strings.Cut(example, "with:\n")
	example, _, _ = strings.Cut(example, "- uses:")
	inputs := regexp.MustCompile(`(?m)^ +([a-z-]+): `).FindAllStringSubmatch(example, -1)
	for _, m := range inputs {
		if _, ok := declared[m[1]]; !ok {
			t.Errorf("README.md's example sets %q, which is no input", m[1])
		}
	}
	if len(inputs) == 0 {
		t.Error("found no input in README.md's example")
	}
}

// TestArchitectureAgreesWithImports compares the table of packages in
// docs/architecture.md with what they import.
func TestArchitectureAgreesWithImports(t *testing.T) {
	imports := map[string][]string{}
	for _, f := range sourceFiles(t) {
		pkg := f.pkg
		if pkg == "" {
			pkg = "main.go"
		}
		imports[pkg] = append(imports[pkg], nil...)
		for _, spec := range f.syntax.Imports {
			ours, ok := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), module+"/")
			if ok && !slices.Contains(imports[pkg], ours) {
				imports[pkg] = append(imports[pkg], ours)
			}
		}
	}
	for _, row := range table(t, "docs/architecture.md", "package") {
		var told []string
		if row[2] != "nothing" {
			for name := range strings.SplitSeq(row[2], ", ") {
				told = append(told, strings.Trim(name, "`"))
			}
		}
		actual, ok := imports[row[0]]
		slices.Sort(told)
		slices.Sort(actual)
		if !ok || !slices.Equal(told, actual) {
			t.Errorf("docs/architecture.md: %s imports %q, the table says %q", row[0], actual, told)
		}
		delete(imports, row[0])
	}
	for _, pkg := range slices.Sorted(maps.Keys(imports)) {
		t.Errorf("docs/architecture.md has no row for %s", pkg)
	}
}

// TestSchemaNamesLayers holds the schema's list of encodings to what a match may have.
func TestSchemaNamesLayers(t *testing.T) {
	layers := regexp.MustCompile(`(?m)^\tlayer\w+ += "([a-z0-9-]+)"`).FindAllStringSubmatch(readText(t, "internal/key/encoding.go"), -1)
	if len(layers) < 10 {
		t.Fatalf("found %d layers: this test looks for them in the wrong way", len(layers))
	}
	schema := readText(t, "report/schema.json")
	for _, layer := range layers {
		if !regexp.MustCompile(`[ ,]` + layer[1] + `[ ,]`).MatchString(schema) {
			t.Errorf("report/schema.json does not tell the encoding %q", layer[1])
		}
	}
}
