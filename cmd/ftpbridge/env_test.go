package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEnvOfTheDemo(t *testing.T) {
	code, stdout, stderr := command(t, nil, "env")
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	golden(t, "env-demo.txt", stdout)
}

func TestEnvShowsCurrentValuesAndNoSecret(t *testing.T) {
	code, stdout, stderr := command(t, []string{
		"FTPBRIDGE_STORE=s3://bucket/prefix", "FTPBRIDGE_USERNAME=scanner", "FTPBRIDGE_PASSWORD=hunter2", "FTPBRIDGE_PART_SIZE=hunter2",
	}, "env")
	if code != 0 || stderr != "" || strings.Contains(stdout, "hunter2") {
		t.Errorf("exit code %d, stderr %q, stdout:\n%s", code, stderr, stdout)
	}
	golden(t, "env-configured.txt", stdout)
}

// TestReadmeTable holds the table in README.md to the code.
func TestReadmeTable(t *testing.T) {
	code, table, stderr := command(t, []string{"FTPBRIDGE_USERNAME=scanner"}, "env", "--format", "markdown")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, stderr %q", code, stderr)
	}
	path := filepath.Join("..", "..", "README.md")
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- ftpbridge env --format markdown -->\n", "<!-- end -->\n"
	before, rest, found := strings.Cut(string(readme), begin)
	now, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("README.md has no table between %q and %q", begin, end)
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+table+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if now != table {
		t.Error("the table in README.md is not that of ftpbridge env --format markdown; renew it: go test ./cmd/ftpbridge -update")
	}
}
