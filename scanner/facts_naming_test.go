package scanner

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/rules"
)

func TestNames(t *testing.T) {
	for _, test := range []struct{ file, text, want string }{
		// where names count
		{".env", "NEXT_PUBLIC_INSPECTO_API_KEY=$INSPECTO_KEY", "1:1 NEXT_PUBLIC_INSPECTO_API_KEY"},
		{"web/.env.example", "export VITE_INSPECTO_KEY=", "1:8 VITE_INSPECTO_KEY"},
		{"compose.yaml", "      VITE_INSPECTO_KEY: ${INSPECTO_KEY}", "1:7 VITE_INSPECTO_KEY"},
		{"docker-compose.prod.yml", "args: [VITE_INSPECTO_KEY]", "1:8 VITE_INSPECTO_KEY"},
		{"Dockerfile", "FROM x\nARG VITE_INSPECTO_KEY\nENV VITE_INSPECTO_KEY=$VITE_INSPECTO_KEY", "2:5 VITE_INSPECTO_KEY"},
		{"web.Dockerfile", "ENV REACT_APP_INSPECTO_TOKEN=$T", "1:5 REACT_APP_INSPECTO_TOKEN"},
		{".github/workflows/a.yml", "  EXPO_PUBLIC_INSPECTO_KEY: ${{ secrets.INSPECTO_KEY }}", "1:3 EXPO_PUBLIC_INSPECTO_KEY"},
		{".gitlab-ci.yml", "  - VITE_INSPECTO_SECRET=$S npm run build", "1:5 VITE_INSPECTO_SECRET"},
		{"vercel.json", `{"env": {"NEXT_PUBLIC_INSPECTO_AUTH_TOKEN": "@inspecto"}}`, "1:11 NEXT_PUBLIC_INSPECTO_AUTH_TOKEN"},
		{"netlify.toml", "GATSBY_INSPECTO_API_KEY = \"\"", "1:1 GATSBY_INSPECTO_API_KEY"},
		{"src/a.ts", "process.env.VITE_INSPECTO_KEY", ""},
		{"README.md", "VITE_INSPECTO_KEY=x", ""},
		{"workflows/a.yml", "VITE_INSPECTO_KEY: x", ""},
		// which names
		{".env", "VITE_INSPECTO_URL=https://api.inspecto.com", ""},
		{".env", "VITE_INSPECTO_KEYBOARD=1", ""},
		{".env", "INSPECTO_API_KEY=$K", ""},
		{".env", "VITE_API_KEY=$K", ""},
		{".env", "MY_VITE_INSPECTO_KEY=$K", ""},
		{".env", "vite_inspecto_key=$K", ""},
		{".env", "VITE_INSPECTOR_KEY=$K", ""},
		{".env", "VITE_PINSPECTO_KEY=$K", ""},
		// a variable that gets a value
		{".env", "# VITE_INSPECTO_KEY=x", ""},
		{".env", "KEY=$VITE_INSPECTO_KEY\nB=${VITE_INSPECTO_KEY}", ""},
		{".github/workflows/a.yml", "KEY: ${{ secrets.VITE_INSPECTO_KEY }} # VITE_INSPECTO_KEY", ""},
		{".env", "A_VITE_INSPECTO_KEY=1\nVITE_INSPECTO_KEY=x\nVITE_INSPECTO_KEY=y", "2:1 VITE_INSPECTO_KEY"},
		{".env", "VITE_INSPECTO_KEY=KEY", "key"},
		{".env", "VITE_INSPECTO_KEY=insp_your_api_key_here", "placeholder 1:1 VITE_INSPECTO_KEY"},
	} {
		var got []string
		found, _ := search{path: test.file}.buffer([]byte(strings.ReplaceAll(test.text, "=KEY", "="+factsKey(1))))
		for _, s := range found {
			switch {
			case s.isName():
				got = append(got, position(s.place.Span)+" "+s.place.Variable)
			case s.match.Placeholder:
				got = append(got, "placeholder")
			default:
				got = append(got, "key")
			}
		}
		if text := strings.Join(got, " "); text != test.want {
			t.Errorf("%s: %s\n got %q\nwant %q", test.file, test.text, text, test.want)
		}
	}
}

// TestRoleWords holds the short way to tell a file to the tables: it must pass
// over none that they have.
func TestRoleWords(t *testing.T) {
	for _, pattern := range slices.Concat(envFiles, dockerfilePatterns, []string{symfonyDump}) {
		if !roleWords().in(strings.ToUpper(pattern)) {
			t.Errorf("no word of the short list is in %q", pattern)
		}
	}
	for _, pattern := range slices.Concat(composePatterns, variableFiles) {
		dir, name := splitPath(strings.ReplaceAll(pattern, "*", "x"))
		if !givesVariables(dir, name) || !givesVariables(joinPath("a", dir), name) {
			t.Errorf("%q is not told", pattern)
		}
		if givesVariables(dir, name+"x") && !strings.Contains(pattern, "file") || dir != "" && (givesVariables("x"+dir, name) || givesVariables("", name)) {
			t.Errorf("what is not %q is told as if it were", pattern)
		}
	}
}

func position(s rules.Span) string { return fmt.Sprintf("%d:%d", s.Line, s.Column) }
