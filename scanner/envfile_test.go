package scanner

import (
	"path"
	"testing"
)

func TestIsEnvFile(t *testing.T) {
	for _, test := range []struct {
		file          string
		env, template bool
	}{
		{".env", true, false},
		{".ENV", true, false},
		{"app/.env", true, false},
		{".env.local", true, false},
		{".env.production.local", true, false},
		{".env-staging", true, false},
		{".env_prod", true, false},
		{".env~", true, false},
		{".env.bak", true, false},
		{".env.keys", true, false},
		{".env.json", true, false},
		{"prod.env", true, false},
		{"config/.local.env", true, false},
		{"app.env.local", true, false},
		{"env.list", true, false},
		{"env.local", true, false},
		{"env.dev", true, false},
		{"env.development", true, false},
		{"env.prod", true, false},
		{"env.production", true, false},
		{"env.staging", true, false},
		{"env.test", true, false},
		{".envrc", true, false},
		{".envrc.local", true, false},
		{".flaskenv", true, false},
		{"worker/.dev.vars", true, false},
		{".dev.vars.staging", true, false},
		{".secrets", true, false},
		{".vars", true, false},
		{".Renviron", true, false},
		{"prod.tfvars", true, false},
		{"terraform.tfvars.json", true, false},
		{"android/local.properties", true, false},
		{"secrets.properties", true, false},
		{".env.local.php", true, false},

		{".env.example", true, true},
		{".env.sample", true, true},
		{".env.template", true, true},
		{".env.dist", true, true},
		{".env.defaults", true, true},
		{".env.schema", true, true},
		{".env-example", true, true},
		{".env.local.example", true, true},
		{".env.example.local", true, true},
		{"example.env", true, true},
		{"env.example", true, true},
		{"env.sample", true, true},
		{"env.template", true, true},
		{"env.dist", true, true},
		{".envrc.example", true, true},
		{".dev.vars.example", true, true},
		{"terraform.tfvars.example", true, true},
		{"secrets.defaults.properties", true, true},
		{"local.defaults.properties", true, true},

		{"", false, false},
		{"environment.ts", false, false},
		{"env.js", false, false},
		{"env.d.ts", false, false},
		{"vite-env.d.ts", false, false},
		{".env.ts", false, false},
		{".env.d.ts", false, false},
		{".env.PHP", false, false},
		{"webpack.env.js", false, false},
		{"docs/dot.env.md", false, false},
		{"env", false, false},
		{"bin/env", false, false},
		{"env.go", false, false},
		{"environment", false, false},
		{".environment", false, false},
		{".env/lib/site.py", false, false},
		{".env/config", false, false},
		{"prod.env/readme", false, false},
		{"variables.tf", false, false},
		{"gradle.properties", false, false},
		{"example.txt", false, false},
		{"[.env", true, false},
	} {
		if got := isEnvFile(test.file); got != test.env {
			t.Errorf("isEnvFile(%q) = %v", test.file, got)
		}
		if got := isEnvTemplate(test.file); got != test.template {
			t.Errorf("isEnvTemplate(%q) = %v", test.file, got)
		}
	}
}

func TestEnvPatternsAreWellFormed(t *testing.T) {
	for _, pattern := range envFiles {
		if _, err := path.Match(pattern, "x"); err != nil {
			t.Errorf("%q: %v", pattern, err)
		}
	}
}
