// Insplint finds leaked Inspecto API keys in working trees and git history.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/inspecto/insplint/internal/cli"
)

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends a program that the first one does not
	command := cli.Command{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv}
	return command.Main(ctx, os.Args[1:])
}
