// Insplint finds leaked Inspecto API keys in working trees and git history.
package main

import (
	"context"
	"os"

	"github.com/inspecto/insplint/internal/cli"
)

func main() {
	command := cli.Command{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv}
	os.Exit(command.Main(context.Background(), os.Args[1:]))
}
