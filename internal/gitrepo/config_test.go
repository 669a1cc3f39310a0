package gitrepo

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// configTexts are texts whose reading git decides.
var configTexts = []string{
	"", "\n", "# only a comment", ";[a]\n", "\ufeff[a]\nb=c\n", "[a]b=c", "[a]\r\nb = c\r\n", "[a]\n\tb\n", "[a]\nb=\n", "[a]\nb = \"\"\n",
	"[A.B]\nC=d\n", "[a \"B c\"]\nD=e\n", "[a \"b\\\"c\\\\d\\e\"]\nf=g\n", "[a \"]\"]\nb=c\n", "[a\t\"b\"]\nc=d\n", "[a \"\"]\nb=c\n",
	"[a]\nb = c d  e   \n", "[a]\nb = \"c d \" # x\n", "[a]\nb = c;d\n", "[a]\nb = \"c;d#e\"\n", "[a]\nb=c\"d e\"f\n", "[a]\nb = \\\"c\\\\ \\t\\n\\b|\n",
	"[a]\nb = c\\\nd\n", "[a]\nb = c \\\r\n  d\n", "[a]\nb = c\\", "[a]\nb = \"c\\\n d\"\n", "[a]\nb=c # d\\\ne=f\n", "[a]\nb=\"\"  \"\"\n",
	"[a]b=c\n[d]e=f\n", "[a] b = c\n", "[a]\nb1-c = d\n", "[a]\nb=c\n[a]\nb=d\n", "[a-1.x]\nb=c\n", "[ a]\nb=c\n",
	"[a]\n1b=c\n", "[a]\nb_c=d\n", "[a]\nb c\n", "[a]\nb\\c\n", "[a\n]b=c\n", "[a \"b\n\"]\n", "[a \"b]\n", "[a \"b\"x]\n", "[a 'b']\n", "[]\nb=c\n",
	"[a]\nb=\"c\n", "[a]\nb=\\x\n", "[a_b]\nc=d\n", "[a", "[", "\ufeff", "\xef\xbb[a]\nb=c\n", "[a]\nb = \x00c\n",
	"[a]\nb\t=\tc\n", "[a]\nb=c\"\n\"\n", "[a]\nb = = c\n", "[a]]\nb=c\n", "[a]#x\nb=c\n", "[a]\nb=c\n\\\n", "[a]\n\tb # c\n", "[a]\nb=\xff\n", "[.]A",
}

func TestConfigSyntax(t *testing.T) {
	j := newJudge(t)
	for i, text := range configTexts {
		path := filepath.Join(j.top, fmt.Sprint("config", i))
		j.write(path, text)
		want, wantErr := j.try(j.top, "config", "-f", path, "--list", "-z")
		var got strings.Builder
		var err error
		for entry, entryErr := range parseConfig([]byte(text)) {
			if err = entryErr; err != nil {
				break
			}
			value := "\n" + entry.value
			if entry.bare {
				value = ""
			}
			value, _, _ = strings.Cut(value, "\x00") // git's strings end there
			got.WriteString(entry.key + value + "\x00")
		}
		if (err == nil) != (wantErr == nil) {
			t.Errorf("%q: error %v, git says %v", text, err, wantErr)
		}
		if err == nil && got.String() != want {
			t.Errorf("%q:\n got %q\ngit %q", text, got.String(), want)
		}
		if err != nil && wantErr != nil {
			if !strings.HasSuffix(text, "\n") {
				continue // git counts the end of the text as a line
			}
			if _, number, ok := strings.Cut(wantErr.Error(), "config line "); ok && !strings.HasPrefix(number, strings.TrimPrefix(err.Error(), "bad config line ")+" ") {
				t.Errorf("%q: %v, git says %v", text, err, wantErr)
			}
		}
	}
}

// Until 2.45 git made a space of each blank within a value.
func TestConfigBlanks(t *testing.T) {
	j := newJudge(t)
	j.needs(2, 45)
	for _, text := range []string{"[a]\nb=c\rd\n", "[a]\nb=c\td\t# e\n", "[a]\nb=c\\\n\td\n"} {
		dir := filepath.Join(j.top, "config-repo")
		config := configOf(t, j, text)
		if got, want := config.entries[len(config.entries)-1].value, strings.TrimSuffix(j.git(dir, "config", "-z", "a.b"), "\x00"); got != want {
			t.Errorf("%q: %q, git says %q", text, got, want)
		}
	}
}

// Git complains of a key before any section, although git config lists it, and
// goes on.
func TestConfigWithoutSection(t *testing.T) {
	var keys []string
	for entry, err := range parseConfig([]byte("b=c\nd\n[e]\nf\n")) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, entry.key)
	}
	if len(keys) != 1 || keys[0] != "e.f" {
		t.Errorf("keys %q", keys)
	}
}

// configOf makes a Config of one text.
func configOf(t *testing.T, j *judge, text string) *Config {
	t.Helper()
	dir := filepath.Join(j.top, "config-repo")
	if !exists(dir) {
		j.git(j.top, "init", "-q", dir)
	}
	j.write(filepath.Join(dir, ".git", "config"), "[core]\nrepositoryformatversion = 0\n"+text)
	config, err := j.open(dir).Config()
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func TestConfigValues(t *testing.T) {
	j := newJudge(t)
	for _, value := range []string{"true", "TRUE", "yes", "on", "false", "No", "off", "", "0", "1", "-1", "7", "0x10", "010", "08", "1k", "1K", "2m", "3g", "-2k", "k", "1kk", "1.5", "1 k", " 5", "1_000", "9223372036854775807", "9223372036854775808", "9223372036854775807k", "8589934592g", "truee", "tru"} {
		config := configOf(t, j, "[a]\nb = \""+value+"\"\n")
		dir := filepath.Join(j.top, "config-repo")
		for kind, read := range map[string]func() (string, error){
			"int": func() (string, error) { n, _, err := config.Int("A.B"); return strconv.FormatInt(n, 10), err },
			"bool": func() (string, error) {
				if n, err := parseInt(value); err == nil && n != int64(int32(n)) {
					t.Skip("git reads a boolean as a number of 32 bits")
				}
				b, _, err := config.Bool("a.b")
				return strconv.FormatBool(b), err
			},
		} {
			if n, err := parseInt(value); kind == "bool" && err == nil && n != int64(int32(n)) {
				continue // git reads a boolean as a number of 32 bits
			}
			want, wantErr := j.try(dir, "config", "--type="+kind, "a.b")
			got, err := read()
			if (err == nil) != (wantErr == nil) || err == nil && got != strings.TrimSpace(want) {
				t.Errorf("%q as %s: %s, %v; git says %s, %v", value, kind, got, err, want, wantErr)
			}
		}
	}
	config := configOf(t, j, "[a]\nb\n")
	if on, ok, err := config.Bool("a.b"); !on || !ok || err != nil {
		t.Errorf("key alone: %v, %v, %v", on, ok, err)
	}
	if _, ok, err := config.Bool("a.c"); ok || err != nil {
		t.Errorf("absent: %v, %v", ok, err)
	}
	config = configOf(t, j, "[S \"Ub\"]\nkey = one\n[s \"Ub\"]\nKEY = two\n[s \"ub\"]\nkey = three\n")
	if value, ok := config.Get("S.Ub.Key"); value != "two" || !ok {
		t.Errorf("last value: %q", value)
	}
}

func TestConfigPaths(t *testing.T) {
	j := newJudge(t)
	home := filepath.Join(j.top, "home")
	present := filepath.Join(home, ".gitconfig")
	dir := filepath.Join(j.top, "config-repo")
	for _, value := range []string{"~/x", "~", "x/y", "/abs", "", "~root/x", "~nobody-of-that-name/x", "a~b"} {
		config := configOf(t, j, "[a]\nb = "+value+"\n")
		want, wantErr := j.try(dir, "config", "--type=path", "a.b")
		got, _, err := config.Path("a.b")
		if (err == nil) != (wantErr == nil) || err == nil && got != filepath.FromSlash(strings.TrimSuffix(want, "\n")) {
			t.Errorf("%q: %q, %v; git says %q, %v", value, got, err, want, wantErr)
		}
	}
	config := configOf(t, j, "[a]\nb = :(optional)~/.gitconfig\nc = :(optional)~/absent\nd = %(prefix)/share/x\n")
	if path, ok, err := config.Path("a.b"); path != present || !ok || err != nil {
		t.Errorf("optional, present: %q, %v, %v", path, ok, err)
	}
	if path, ok, err := config.Path("a.c"); ok || err != nil {
		t.Errorf("optional, absent: %q, %v, %v", path, ok, err)
	}
	if path, _, err := config.Path("a.d"); err != nil || !filepath.IsAbs(path) || !strings.HasSuffix(filepath.ToSlash(path), "/share/x") {
		t.Errorf("prefix: %q, %v", path, err)
	}
}

func TestOuterRules(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("r")
	home := filepath.Join(j.top, "home")
	j.write(filepath.Join(dir, "mine"), "")
	for name, test := range map[string]struct {
		config, xdg string
		want        string
		fold        bool
	}{
		"default":   {want: filepath.Join(home, ".config", "git", "ignore")},
		"xdg":       {xdg: filepath.Join(j.top, "xdg"), want: filepath.Join(j.top, "xdg", "git", "ignore")},
		"home":      {config: "excludesFile = ~/mine", want: filepath.Join(home, "mine")},
		"relative":  {config: "excludesFile = mine", want: filepath.Join(dir, "mine")},
		"none":      {config: "excludesFile =", want: ""},
		"optional":  {config: "excludesFile = :(optional)mine", want: filepath.Join(dir, "mine")},
		"absent":    {config: "excludesFile = :(optional)absent", want: filepath.Join(home, ".config", "git", "ignore")},
		"fold case": {config: "ignoreCase", want: filepath.Join(home, ".config", "git", "ignore"), fold: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_CONFIG_HOME", test.xdg)
			j.write(filepath.Join(dir, ".git", "config"), "[core]\nrepositoryformatversion = 0\n"+test.config+"\n")
			got, err := j.open(dir).OuterRules()
			want := OuterRules{User: test.want, Info: filepath.Join(dir, ".git", "info", "exclude"), IgnoreCase: test.fold}
			if err != nil || got != want {
				t.Errorf("%+v, %v; want %+v", got, err, want)
			}
		})
	}
}

func TestConfigIncludes(t *testing.T) {
	tests := map[string]string{
		"relative":         "[include]\npath = extra\n[x]\nafter = 1\n",
		"home":             "[include]\npath = ~/extra\n",
		"missing":          "[include]\npath = absent\n[x]\nafter = 1\n",
		"gitdir":           "[includeIf \"gitdir:TOP/\"]\npath = extra\n",
		"gitdir exact":     "[includeIf \"gitdir:TOP/r/.git\"]\npath = extra\n",
		"gitdir floats":    "[includeIf \"gitdir:r/\"]\npath = extra\n",
		"gitdir glob":      "[includeIf \"gitdir:**/[qr]/.g?t\"]\npath = extra\n",
		"gitdir stars":     "[includeIf \"gitdir:/**/r/**\"]\npath = extra\n",
		"gitdir inner **":  "[includeIf \"gitdir:TOP**/.git\"]\npath = extra\n",
		"gitdir no match":  "[includeIf \"gitdir:TOP/other/\"]\npath = extra\n",
		"gitdir case":      "[includeIf \"gitdir:R/\"]\npath = extra\n",
		"gitdir/i":         "[includeIf \"gitdir/i:R/\"]\npath = extra\n",
		"gitdir here":      "[includeIf \"gitdir:./\"]\npath = extra\n",
		"gitdir here, no":  "[includeIf \"gitdir:./x\"]\npath = extra\n",
		"gitdir home":      "[includeIf \"gitdir:~/\"]\npath = extra\n",
		"gitdir empty":     "[includeIf \"gitdir:\"]\npath = extra\n",
		"onbranch":         "[includeIf \"onbranch:main\"]\npath = extra\n",
		"onbranch glob":    "[includeIf \"onbranch:m*\"]\npath = extra\n",
		"onbranch other":   "[includeIf \"onbranch:side\"]\npath = extra\n",
		"onbranch dir":     "[includeIf \"onbranch:main/\"]\npath = extra\n",
		"url":              "[remote \"o\"]\nurl = https://example.com/x/y\n[includeIf \"hasconfig:remote.*.url:https://example.com/**\"]\npath = extra\n",
		"url later":        "[includeIf \"hasconfig:remote.*.url:https://example.com/**\"]\npath = extra\n[remote \"o\"]\nurl = https://example.com/x/y\n",
		"url no match":     "[includeIf \"hasconfig:remote.*.url:https://example.com/*\"]\npath = extra\n[remote \"o\"]\nurl = https://example.com/x/y\n",
		"unknown":          "[includeIf \"weather:sunny\"]\npath = extra\n",
		"not a path":       "[includeIf \"onbranch:main\"]\nother = extra\n",
		"nested":           "[include]\npath = nested\n[x]\nafter = 1\n",
		"directory parent": "[include]\npath = extra/below\n",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			j := newJudge(t)
			dir := j.repo("r")
			text = strings.ReplaceAll(text, "TOP", filepath.ToSlash(j.top))
			j.write(filepath.Join(dir, ".git", "config"), "[core]\nrepositoryformatversion = 0\n"+text)
			for _, base := range []string{filepath.Join(dir, ".git"), filepath.Join(j.top, "home")} {
				j.write(filepath.Join(base, "extra"), "[x]\nincluded = from "+filepath.Base(base)+"\n")
			}
			j.write(filepath.Join(dir, ".git", "nested"), "[include]\npath = extra\n[x]\nnested = 1\n")
			j.compareConfig(j.open(dir), dir)
		})
	}
}

// "./" in a condition is the directory of the file that has it.
func TestConfigConditionHere(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("r[1]/x")
	j.write(filepath.Join(j.top, "r[1]", "yes"), "[x]\nincluded = 1\n")
	for _, condition := range []string{"gitdir:./x/", "gitdir:./X/", "gitdir/i:./X/", "gitdir:./*/.git", "gitdir:./", "gitdir:./x", "gitdir:../r/"} {
		file := filepath.Join(j.top, "r[1]", "global")
		j.write(file, "[includeIf \""+condition+"\"]\npath = yes\n")
		t.Setenv("GIT_CONFIG_GLOBAL", file)
		j.compareConfig(j.open(dir), dir)
	}
}

// What is wrong is named, and the rest is read all the same.
func TestConfigErrors(t *testing.T) {
	tests := map[string]struct{ config, names string }{
		"include loop":  {"[include]\npath = config\n", "nested more than 10 deep"},
		"include empty": {"[include]\npath =\n", "empty path"},
		"include user":  {"[include]\npath = ~nobody-of-that-name/x\n", "nobody-of-that-name"},
		"bad include":   {"[include]\npath = bad\n", "line 2"},
		"fan out":       {"[include]\n" + strings.Repeat("path = fan\n", 40), "more than 1000 files"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			j := newJudge(t)
			dir := j.repo("r")
			j.write(filepath.Join(dir, ".git", "config"), "[x]\nbefore = 1\n[core]\nrepositoryformatversion = 0\n"+test.config+"[x]\nafter = 1\n")
			j.write(filepath.Join(dir, ".git", "bad"), "[a]\n!\n")
			j.write(filepath.Join(dir, ".git", "fan"), "[include]\n"+strings.Repeat("path = fan\n", 40))
			config, err := j.open(dir).Config()
			if err == nil || !strings.Contains(err.Error(), test.names) {
				t.Errorf("error %v does not say %q", err, test.names)
			}
			if len(err.Error()) > 4096 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
			for _, key := range []string{"x.before", "x.after"} {
				if value, ok := config.Get(key); !ok || value != "1" {
					t.Errorf("%s is lost", key)
				}
			}
		})
	}
}

// A directory or FIFO in place of a file must neither hang nor be read.
func TestConfigIsNoFile(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("r")
	j.write(filepath.Join(dir, ".git", "config"), "[core]\nrepositoryformatversion = 0\n[include]\npath = place\n")
	j.must(os.Mkdir(filepath.Join(dir, ".git", "place"), 0o755))
	if _, err := j.open(dir).Config(); err == nil || !strings.Contains(err.Error(), "place") {
		t.Errorf("directory: %v", err)
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, text := range configTexts {
		f.Add([]byte(text))
	}
	// Keys are canonical and of the text, an error ends the reading, and the
	// text is read once: nothing is longer than it.
	f.Fuzz(func(t *testing.T, data []byte) {
		total := 0
		failed := false
		for entry, err := range parseConfig(data) {
			if failed {
				t.Fatal("goes on after an error")
			}
			if failed = err != nil; failed {
				continue
			}
			total += len(entry.value)
			if strings.IndexByte(entry.key, '.') < 0 || canonicalKey(entry.key) != entry.key {
				t.Fatalf("key %q", entry.key)
			}
			if entry.bare && entry.value != "" {
				t.Fatalf("value %q without =", entry.value)
			}
		}
		if total > len(data) {
			t.Fatalf("%d bytes of values in a text of %d", total, len(data))
		}
	})
}
