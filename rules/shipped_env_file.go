package rules

import _ "embed"

//go:embed help/shipped_env_file.md
var shippedEnvFileHelp string

var shippedEnvFile = &Rule{
	ID:         "INSP105",
	Name:       "shipped-env-file",
	Summary:    "Git ignores the file, but docker build or npm publish ships it",
	Production: Error,
	Sandbox:    Warning,
	Next:       "leave the env file out of the image or the package",
	Help:       shippedEnvFileHelp,
}
