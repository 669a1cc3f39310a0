package rules

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/key"
)

var update = flag.Bool("update", false, "write docs/rules.md")

func TestDocs(t *testing.T) {
	file := filepath.Join("..", "docs", "rules.md")
	want := RulesMarkdown()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(got), "\r\n", "\n") != want { // a checkout may have changed the line ends
		t.Error("docs/rules.md is not what the rules say: go test ./rules -run TestDocs -update")
	}
}

var sections = []string{"### What it means", "### Why it matters", "### How to fix it", "### Example"}

// inventedURL finds addresses that the vendor's documentation does not have.
var inventedURL = regexp.MustCompile(`https?://[^\s"'` + "`" + `)>]*`)

func TestHelp(t *testing.T) {
	for _, r := range catalogue {
		last := -1
		for _, section := range sections {
			at := strings.Index(r.Help, section+"\n\n")
			if at <= last {
				t.Errorf("%s: %q is missing or out of order", r.ID, section)
			}
			last = at
		}
		for text, why := range map[string]string{"\n1. ": "numbered steps", "\nBad": "a bad example", "\nGood": "a good example", "rotat": "rotation"} {
			if !strings.Contains(r.Help, text) && (text != "rotat" || r.ID != "INSP104") {
				t.Errorf("%s: lacks %s", r.ID, why)
			}
		}
		if strings.Count(r.Help, "```")%2 != 0 {
			t.Errorf("%s: a code block is open", r.ID)
		}
		for m := range key.Find([]byte(r.Help + r.Summary)) {
			if !m.Placeholder {
				t.Errorf("%s: holds a key at byte %d", r.ID, m.Start)
			}
		}
		for _, url := range inventedURL.FindAllString(r.Help, -1) {
			if !strings.HasPrefix(url, "https://api.inspecto.com/api/third-party/v1") &&
				!strings.HasPrefix(url, "https://sandbox.inspecto.com/api/third-party/v1") && url != "https://…@host" {
				t.Errorf("%s: invented address %s", r.ID, url)
			}
		}
		if r.Summary == "" || strings.HasSuffix(r.Summary, ".") || strings.Contains(r.Help, "\r") {
			t.Errorf("%s: summary %q", r.ID, r.Summary)
		}
	}
}

func TestMarkdownListsEveryRule(t *testing.T) {
	page, index := RulesMarkdown(), Index()
	for _, r := range catalogue {
		for name, text := range map[string]string{"page": "\n## " + r.ID + "\n", "table": "(#" + strings.ToLower(r.ID) + ")"} {
			if !strings.Contains(page, text) {
				t.Errorf("%s is not in the %s", r.ID, name)
			}
		}
		if !strings.Contains(index, r.ID+"  "+r.Name) {
			t.Errorf("%s is not in the index", r.ID)
		}
		if section := Markdown(r); !strings.Contains(section, strings.TrimSpace(r.Help)) || !strings.HasPrefix(section, "## "+r.ID+"\n") {
			t.Errorf("%s: section\n%s", r.ID, section)
		}
	}
}
