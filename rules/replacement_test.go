package rules

import (
	"path"
	"strings"
	"testing"
)

func TestReplacements(t *testing.T) {
	for file, want := range map[string]string{
		".github/workflows/ci.yml":     "secrets.INSPECTO_API_KEY",
		"sub/.github/workflows/x.yaml": "secrets.INSPECTO_API_KEY",
		".gitlab-ci.yml":               "masked",
		".circleci/config.yml":         "secret variable of the CI",
		"Jenkinsfile":                  "secret variable of the CI",
		"docker-compose.prod.yml":      "${INSPECTO_API_KEY:?}",
		"deploy/compose.yaml":          "${INSPECTO_API_KEY:?}",
		"api/Dockerfile":               "--env-file",
		"web.Dockerfile":               "--env-file",
		"vercel.json":                  "vercel env add",
		"netlify.toml":                 "site's environment",
		"wrangler.jsonc":               "wrangler secret put",
		"fly.toml":                     "fly secrets import",
		"render.yaml":                  "sync: false",
		"docs/README.md":               "insp_your_api_key_here",
		"workflows/ci.yml":             "",
		"config.yml":                   "",
		"src/dockerfile.go/x":          "",
	} {
		o := Occurrence{Path: file}
		if got := o.replacement(); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", file, got, want)
		}
		if o.EnvFile = true; o.replacement() != "" {
			t.Errorf("%s: an env file is to be ignored by git", file)
		}
	}
	for _, r := range replacements {
		for _, name := range r.names {
			if _, err := path.Match(name, ""); err != nil || name != strings.ToLower(name) {
				t.Errorf("%q is no pattern in lower case: %v", name, err)
			}
		}
	}
}
