package scanner

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/inspecto/insplint/internal/gitrepo"
)

// HooksDir is the directory in which git looks for the hooks of the repository
// that the environment and the current directory name.
func HooksDir(getenv func(string) string) (string, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the current directory: %w", err)
	}
	repo, err := gitrepo.FromEnv(getenv, cwd)
	if err != nil {
		return "", fmt.Errorf("open the repository at %q: %w", cwd, err)
	}
	config, err := repo.Config()
	if err != nil {
		return "", err
	}
	dir, ok, err := config.Path("core.hooksPath")
	switch {
	case err != nil:
		return "", err
	case !ok || dir == "":
		return filepath.Join(repo.CommonDir, "hooks"), nil
	case filepath.IsAbs(dir):
		return dir, nil
	case repo.WorkTree != "":
		return filepath.Join(repo.WorkTree, dir), nil
	}
	return filepath.Join(repo.GitDir, dir), nil
}
