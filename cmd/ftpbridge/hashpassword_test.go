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
func hashPassword(t *testing.T, stdin io.Reader, stderr io.Writer) (hash string, err error) {
	t.Helper()
	var out strings.Builder
	cmd := newHashPasswordCommand()
	cmd.SetArgs([]string{})
	cmd.SetIn(stdin)
	cmd.SetOut(&out)
	cmd.SetErr(stderr)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.ExecuteContext(t.Context())
	return strings.TrimSuffix(out.String(), "\n"), err
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
		var stderr strings.Builder
		hash, err := hashPassword(t, strings.NewReader(input), &stderr)
		if err != nil || stderr.String() != "" {
			t.Fatalf("input %q: %v, stderr %q", input, err, stderr.String())
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
		hash, err := hashPassword(t, strings.NewReader(input), io.Discard)
		if !isBadInput(err) || hash != "" || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: hash %q, %v; want none and an error", name, hash, err)
		}
	}
	if _, err := hashPassword(t, strings.NewReader(strings.Repeat("x", maxPassword)), io.Discard); err != nil {
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
	tests := map[string]struct {
		first, second string // keys after each question
		want          string // password, or empty
	}{
		"a password":              {"hunter2\r", "hunter2\r", "hunter2"},
		"a corrected one":         {"hunterx\x7f2\r", "hunter2\r", "hunter2"},
		"two different passwords": {"hunter2\r", "hunter3\r", ""},
		"none":                    {"\r", "\r", ""},
		"Ctrl-C":                  {"hunter2\r", "\x03", ""},
		"Ctrl-D at once":          {"\x04", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			keyboard, terminal := openTerminal(t)
			typist := &typist{keyboard: keyboard, answers: map[string]string{"Password: ": tt.first, "Again: ": tt.second}}
			hash, err := hashPassword(t, terminal, typist)
			if (err == nil) != (tt.want != "") {
				t.Errorf("hash %q, %v", hash, err)
			}
			if tt.want != "" {
				wantHashOf(t, hash, tt.want)
			}
			if strings.Contains(typist.screen.String(), "hunter") {
				t.Errorf("the screen shows %q", typist.screen.String())
			}
			wantEcho(t, terminal)
		})
	}
}

// typist reads the screen and types the answer when a question appears.
type typist struct {
	keyboard io.Writer
	answers  map[string]string
	screen   strings.Builder
}

func (p *typist) Write(text []byte) (int, error) {
	p.screen.Write(text)
	for question, answer := range p.answers {
		if strings.HasSuffix(p.screen.String(), question) {
			delete(p.answers, question) // asked once, though written in pieces
			if _, err := io.WriteString(p.keyboard, answer); err != nil {
				return 0, err
			}
		}
	}
	return len(text), nil
}

func wantEcho(t *testing.T, terminal *os.File) {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil || state.Lflag&unix.ECHO == 0 {
		t.Errorf("the terminal does not echo (%v)", err)
	}
}

// TestHashPasswordInterrupted: the terminal must echo again.
func TestHashPasswordInterrupted(t *testing.T) {
	keyboard, terminal := openTerminal(t)
	ctx, cancel := context.WithCancel(t.Context())
	interrupt := writerFunc(func(text []byte) (int, error) {
		cancel()
		return len(text), nil
	})
	if _, err := readPassword(ctx, terminal, interrupt); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	wantEcho(t, terminal)
	// End the blocked read, which in the program the process's end does.
	if err := keyboard.Close(); err != nil {
		t.Fatal(err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
