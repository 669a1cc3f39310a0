package scanner

import (
	"path"
	"slices"
	"strings"
)

// envFiles lists the names of files whose role is to hold the values of one
// environment, as path.Match patterns over a lower-cased base name.
var envFiles = []string{
	// dotenv and all that follow it; "*.env" is "prod.env", "*.env.*" "app.env.local"
	".env", ".env.*", ".env-*", ".env_*", ".env~", "*.env", "*.env.*",
	// docker run --env-file, as Docker's documentation calls it
	"env.list",
	// kept beside .env and copied over it by a script
	"env.local", "env.dev", "env.development", "env.prod", "env.production", "env.staging", "env.test",
	"env.dist", "env.example", "env.sample", "env.template",
	// direnv
	".envrc", ".envrc.*",
	// Flask
	".flaskenv",
	// Cloudflare Workers
	".dev.vars", ".dev.vars.*",
	// act, which runs GitHub's workflows on one's own machine
	".secrets", ".vars",
	// R
	".renviron",
	// Terraform
	"*.tfvars", "*.tfvars.*",
	// Android, with and without its secrets-gradle-plugin
	"local.properties", "local.*.properties", "secrets.properties", "secrets.*.properties",
}

// envSources lists endings of program text: an "environment.ts" or "app.env.js"
// is compiled into something, and a "vite-env.d.ts" holds types only.
var envSources = []string{
	".c", ".cjs", ".cpp", ".cs", ".css", ".cts", ".dart", ".go", ".h", ".html", ".java", ".js", ".jsx", ".kt",
	".lua", ".map", ".md", ".mdx", ".mjs", ".mts", ".php", ".py", ".rb", ".rs", ".rst", ".scss", ".snap",
	".svelte", ".swift", ".ts", ".tsx", ".vue",
}

// symfonyDump is the one program text that is an env file: Symfony writes the
// values of .env into it ("composer dump-env").
const symfonyDump = ".env.local.php"

// isEnvFile reports whether the path's name is in the table of env files,
// templates included. Case does not count, since two of the three systems that
// people develop on do not tell ".ENV" from ".env". A directory named ".env"
// makes nothing of what it holds.
func isEnvFile(file string) bool {
	base := strings.ToLower(path.Base(file))
	if base == symfonyDump {
		return true
	}
	return !slices.Contains(envSources, path.Ext(base)) && matchesAny(envFiles, base)
}

// matchesAny reports whether the name fits one of the path.Match patterns.
func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, _ := path.Match(pattern, name)
		return ok
	})
}
