package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ftpbridge/internal/users"
)

// hashPassword runs the command with this standard input.
func hashPassword(t *testing.T, stdin io.Reader) (hash, stderr string, err error) {
	t.Helper()
	var out, errOut strings.Builder
	cmd := newHashPasswordCommand()
	cmd.SetArgs([]string{})
	cmd.SetIn(stdin)
	cmd.SetOut(&out)
	cmd.SetErr(&errOut)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.ExecuteContext(t.Context())
	return strings.TrimSuffix(out.String(), "\n"), errOut.String(), err
}

func wantHashOf(t *testing.T, hash, password string) {
	t.Helper()
	user, err := users.WithHash("u", hash)
	if err != nil {
		t.Fatalf("%q: %v", hash, err)
	}
	if ok, err := user.Verify(t.Context(), "u", password); !ok || err != nil {
		t.Errorf("%s is not the hash of %q (%v)", hash, password, err)
	}
}

func TestHashPasswordFromStandardInput(t *testing.T) {
	for input, password := range map[string]string{
		"hunter2": "hunter2", "hunter2\n": "hunter2", "hunter2\r\n": "hunter2", " a b \n": " a b ",
	} {
		hash, stderr, err := hashPassword(t, strings.NewReader(input))
		if err != nil || stderr != "" {
			t.Fatalf("input %q: %v, stderr %q", input, err, stderr)
		}
		wantHashOf(t, hash, password)
	}
}

func TestHashPasswordRefuses(t *testing.T) {
	for name, input := range map[string]string{
		"nothing":   "",
		"no line":   "\n",
		"two lines": "hunter2\nhunter2\n",
		"NUL":       "hunter\x002",
		"too long":  strings.Repeat("x", maxPassword+1),
		"endless":   strings.Repeat("x", 1<<20),
	} {
		hash, _, err := hashPassword(t, strings.NewReader(input))
		if !isBadInput(err) || hash != "" || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: hash %q, %v; want none and an error", name, hash, err)
		}
	}
	if _, _, err := hashPassword(t, strings.NewReader(strings.Repeat("x", maxPassword))); err != nil {
		t.Errorf("the longest password: %v", err)
	}
}

// openTerminal makes a terminal: what is written to keyboard is typed into it,
// and keyboard reads what it shows.
func openTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keyboard.Close() })
	if err := unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	return keyboard, terminal
}

func TestHashPasswordFromTerminal(t *testing.T) {
	keyboard, terminal := openTerminal(t)
	if _, err := io.WriteString(keyboard, "hunter2\nhunter2\n"); err != nil {
		t.Fatal(err)
	}
	hash, stderr, err := hashPassword(t, terminal)
	if err != nil || stderr != "Password: \nAgain: \n" {
		t.Fatalf("%v, stderr %q", err, stderr)
	}
	wantHashOf(t, hash, "hunter2")

	if _, err := io.WriteString(keyboard, "hunter2\nhunter3\n"); err != nil {
		t.Fatal(err)
	}
	if hash, _, err := hashPassword(t, terminal); !isBadInput(err) || hash != "" {
		t.Errorf("with two different passwords: hash %q, %v", hash, err)
	}
}

// TestHashPasswordInterrupted: the terminal must echo again.
func TestHashPasswordInterrupted(t *testing.T) {
	keyboard, terminal := openTerminal(t)
	prompts, prompt := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := readPassword(ctx, terminal, prompt)
		ended <- err
	}()
	asked := make([]byte, len("Password: "))
	if _, err := io.ReadFull(prompts, asked); err != nil {
		t.Fatal(err)
	}
	rest := make(chan struct{})
	go func() {
		defer close(rest)
		_, _ = io.Copy(io.Discard, prompts)
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil || state.Lflag&unix.ECHO == 0 {
		t.Errorf("the terminal does not echo (%v)", err)
	}
	// Let the blocked read end, which in the program the process's end does.
	if _, err := io.WriteString(keyboard, "x\nx\n"); err != nil {
		t.Fatal(err)
	}
	if err := prompt.Close(); err != nil {
		t.Fatal(err)
	}
	<-rest
}
