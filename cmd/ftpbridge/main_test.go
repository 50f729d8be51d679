package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the golden files and the table in README.md anew")

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// command runs one command line to its end.
func command(t *testing.T, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errOut strings.Builder
	code = run(t.Context(), args, environ, &out, &errOut)
	return code, out.String(), errOut.String()
}

// golden compares text with a file, or writes it with -update.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("differs from %s (-want +got), to accept it: go test ./cmd/ftpbridge -update\n%s", path, diff)
	}
}

func TestBadArguments(t *testing.T) {
	tests := map[string]struct {
		args []string
		want string
	}{
		"unknown command":       {[]string{"frobnicate"}, `"frobnicate"`},
		"unknown flag":          {[]string{"--frobnicate"}, "--frobnicate"},
		"argument of serve":     {[]string{"serve", "now"}, `"now"`},
		"argument of version":   {[]string{"version", "now"}, `"now"`},
		"argument of env":       {[]string{"env", "now"}, `"now"`},
		"unknown format of env": {[]string{"env", "--format", "xml"}, "--format markdown"},
		"unknown flag of env":   {[]string{"env", "--xml"}, "--xml"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := command(t, nil, tt.args...)
			if code != 2 || stdout != "" || !strings.Contains(stderr, tt.want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit code %d, stdout %q, stderr %q; want 2, nothing and one line with %s", code, stdout, stderr, tt.want)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	code, stdout, stderr := command(t, nil, "--help")
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	for _, want := range []string{"serve", "env", "hash-password", "version"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the help does not mention %s", want)
		}
	}
}

func TestVersion(t *testing.T) {
	code, stdout, stderr := command(t, nil, "version")
	if fields := strings.Fields(stdout); code != 0 || stderr != "" || len(fields) != 4 || fields[0] != "ftpbridge" {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}
