// Command ftpbridge serves the objects of a cloud bucket over FTP.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"ftpbridge/internal/config"
)

// Exit codes.
const (
	exitOK       = 0
	exitFailure  = 1
	exitBadInput = 2 // arguments or configuration; nothing was started
)

func main() {
	ctx, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, restore) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run carries out one command and returns the exit code. Ending ctx stops it
// cleanly. The FTPBRIDGE_ variables are those of environ; cloud credentials
// are looked for in the environment of the process.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	root := newRootCommand(environ)           //nolint:contextcheck // cobra hands ctx to the commands
	root.SetArgs(append([]string{}, args...)) // nil would mean those of the process
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	_, _ = fmt.Fprintln(stderr, err)
	if isBadInput(err) {
		return exitBadInput
	}
	return exitFailure
}

func newRootCommand(environ []string) *cobra.Command {
	root := newServeCommand(environ)
	root.Use = "ftpbridge"
	root.Long = "ftpbridge is an FTP server whose disk is a cloud bucket.\n\n" +
		"Without a command it serves. It is configured by environment variables, which\n" +
		"\"ftpbridge env\" lists; without any it serves a local directory as a demo."
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return badInput(err) })
	root.AddCommand(newServeCommand(environ), newEnvCommand(environ), newHashPasswordCommand(), newVersionCommand())
	return root
}

// noArguments refuses arguments that a command would ignore.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return badInput(fmt.Errorf("unknown argument %q; try: %s --help", args[0], cmd.Root().Name()))
	}
	return nil
}

// inputError is a fault of what the user gave.
type inputError struct{ error }

func (e inputError) Unwrap() error { return e.error }

func badInput(err error) error { return inputError{err} }

func isBadInput(err error) bool {
	if _, ok := errors.AsType[config.Problems](err); ok {
		return true
	}
	_, ok := errors.AsType[inputError](err)
	return ok
}
