package scanner

import "slices"

// dependencyDirs names directories that hold other people's code or a tool's
// cache. Where git ignores one, the project's env files do not lie in it, and
// listing it would cost more than all the rest of a scan.
var dependencyDirs = [...]string{
	".cache", ".gradle", ".m2", ".mypy_cache", ".pnpm-store", ".pytest_cache", ".ruff_cache", ".terraform", ".tox",
	".venv", ".yarn", "Pods", "__pycache__", "bower_components", "jspm_packages", "node_modules", "site-packages",
	"target", "vendor", "venv",
}

func isDependencyDir(name string) bool { return slices.Contains(dependencyDirs[:], name) }
