package scanner

import (
	"path"
	"testing"
)

func TestIsEnvFile(t *testing.T) {
	for _, test := range []struct {
		file string
		env  bool
	}{
		{".env", true},
		{".ENV", true},
		{"app/.env", true},
		{".env.local", true},
		{".env.production.local", true},
		{".env-staging", true},
		{".env_prod", true},
		{".env~", true},
		{".env.bak", true},
		{".env.keys", true},
		{".env.json", true},
		{"prod.env", true},
		{"config/.local.env", true},
		{"app.env.local", true},
		{"env.list", true},
		{"env.local", true},
		{"env.dev", true},
		{"env.development", true},
		{"env.prod", true},
		{"env.production", true},
		{"env.staging", true},
		{"env.test", true},
		{".envrc", true},
		{".envrc.local", true},
		{".flaskenv", true},
		{"worker/.dev.vars", true},
		{".dev.vars.staging", true},
		{".secrets", true},
		{".vars", true},
		{".Renviron", true},
		{"prod.tfvars", true},
		{"terraform.tfvars.json", true},
		{"android/local.properties", true},
		{"secrets.properties", true},
		{".env.local.php", true},

		{".env.example", true},
		{".env.sample", true},
		{".env.template", true},
		{".env.dist", true},
		{".env.defaults", true},
		{".env.schema", true},
		{".env-example", true},
		{".env.local.example", true},
		{".env.example.local", true},
		{"example.env", true},
		{"env.example", true},
		{"env.sample", true},
		{"env.template", true},
		{"env.dist", true},
		{".envrc.example", true},
		{".dev.vars.example", true},
		{"terraform.tfvars.example", true},
		{"secrets.defaults.properties", true},
		{"local.defaults.properties", true},

		{"", false},
		{"environment.ts", false},
		{"env.js", false},
		{"env.d.ts", false},
		{"vite-env.d.ts", false},
		{".env.ts", false},
		{".env.d.ts", false},
		{".env.PHP", false},
		{"webpack.env.js", false},
		{"docs/dot.env.md", false},
		{"env", false},
		{"bin/env", false},
		{"env.go", false},
		{"environment", false},
		{".environment", false},
		{".env/lib/site.py", false},
		{".env/config", false},
		{"prod.env/readme", false},
		{"variables.tf", false},
		{"gradle.properties", false},
		{"example.txt", false},
		{"[.env", true},
	} {
		if got := isEnvFile(test.file); got != test.env {
			t.Errorf("isEnvFile(%q) = %v", test.file, got)
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
