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
		return askPassword(ctx, fd, prompt)
	}
	text, err := io.ReadAll(io.LimitReader(in, int64(maxPassword)+int64(len("\r\n"))+1))
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), nil
}

// askPassword asks on a terminal. When ctx ends it puts the terminal right and
// leaves the blocked read to the end of the process, which comes next.
func askPassword(ctx context.Context, terminal int, prompt io.Writer) (string, error) {
	state, err := term.GetState(terminal)
	if err != nil {
		return "", fmt.Errorf("read the terminal's state: %w", err)
	}
	type answer struct {
		password string
		err      error
	}
	answers := make(chan answer, 1)
	go func() {
		password, err := askTwice(terminal, prompt)
		answers <- answer{password, err}
	}()
	select {
	case a := <-answers:
		return a.password, a.err
	case <-ctx.Done():
		_, _ = fmt.Fprintln(prompt)
		return "", errors.Join(ctx.Err(), term.Restore(terminal, state))
	}
}

func askTwice(terminal int, prompt io.Writer) (string, error) {
	var answers [2]string
	for i, question := range []string{"Password: ", "Again: "} {
		_, _ = fmt.Fprint(prompt, question)
		password, err := term.ReadPassword(terminal)
		_, _ = fmt.Fprintln(prompt)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		answers[i] = string(password)
	}
	if answers[0] != answers[1] {
		return "", badInput(errors.New("the two passwords differ; try again"))
	}
	return answers[0], nil
}
