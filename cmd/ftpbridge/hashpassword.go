package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"ftpbridge/internal/users"
)

// maxPassword is the longest password in bytes that fits an FTP command line.
const maxPassword = 4096 - len("PASS \r\n")

func newHashPasswordCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "hash-password",
		Short: "Read a password and print its hash for FTPBRIDGE_PASSWORD_HASH",
		Long: "Read a password from the terminal, twice and without showing it, or else from standard\n" +
			"input, and print its argon2id hash for FTPBRIDGE_PASSWORD_HASH. In a shell put the hash\n" +
			"into single quotes: it holds dollar signs.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			password, err := readPassword(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if err := checkPassword(password); err != nil {
				return badInput(err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), users.HashPassword(password))
			return err
		},
	}
}

func checkPassword(password string) error {
	switch {
	case password == "":
		return errors.New("the password is empty; give one")
	case len(password) > maxPassword:
		return fmt.Errorf("the password is longer than the %d bytes that FTP can send; give a shorter one", maxPassword)
	case strings.ContainsAny(password, "\r\n\x00"):
		return errors.New("the password holds a line end or NUL, which FTP cannot send; give one line")
	default:
		return nil
	}
}

func readPassword(ctx context.Context, in io.Reader, prompt io.Writer) (string, error) {
	if fd, ok := terminal(in); ok {
		return askPassword(ctx, fd, in, prompt)
	}
	text, err := io.ReadAll(io.LimitReader(in, int64(maxPassword)+int64(len("\r\n"))+1))
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), nil
}

// askPassword asks on a terminal, in raw mode, so that Ctrl-C is read as a key.
// When ctx ends it leaves the blocked read to the end of the process, which
// comes next.
func askPassword(ctx context.Context, fd int, in io.Reader, prompt io.Writer) (password string, err error) {
	state, err := term.MakeRaw(fd)
	if err != nil {
		return "", fmt.Errorf("prepare the terminal: %w", err)
	}
	defer func() { err = errors.Join(err, term.Restore(fd, state)) }()

	type answer struct {
		password string
		err      error
	}
	answers := make(chan answer, 1)
	go func() {
		password, err := askTwice(in, prompt)
		answers <- answer{password, err}
	}()
	select {
	case a := <-answers:
		return a.password, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func askTwice(in io.Reader, prompt io.Writer) (string, error) {
	terminal := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{in, prompt}, "")
	first, err := terminal.ReadPassword("Password: ")
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	second, err := terminal.ReadPassword("Again: ")
	if err != nil {
		return "", fmt.Errorf("read the password again: %w", err)
	}
	if first != second {
		return "", badInput(errors.New("the two passwords differ; try again"))
	}
	return first, nil
}
