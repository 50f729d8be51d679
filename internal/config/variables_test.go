package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ftpbridge/internal/config"
)

func current(environ ...string) map[string]string {
	values := map[string]string{}
	for _, v := range config.Variables(environ) {
		values[strings.TrimPrefix(v.Name, config.Prefix)] = v.Current
	}
	return values
}

func TestVariablesCurrent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ set, name, want string }{
		{"", "LISTEN", "127.0.0.1:2121"},
		{"", "STORE", "file:./ftpbridge-data"},
		{"FTPBRIDGE_LOG_LEVEL=warn", "LISTEN", ":2121"},
		{"FTPBRIDGE_LOG_LEVEL=warn", "LOG_LEVEL", "warn"},
		{"FTPBRIDGE_LOG_LEVEL=warn", "STORE", ""},
		{"FTPBRIDGE_PART_SIZE=1048576", "PART_SIZE", "1MiB"},
		{"FTPBRIDGE_PART_SIZE=hunter2", "PART_SIZE", "(not usable)"},
		{"FTPBRIDGE_PASSWORD=hunter2", "PASSWORD", "(secret)"},
		{"FTPBRIDGE_PASSWORD=hunter2", "PASSWORD_HASH", ""},
		{"FTPBRIDGE_PASSWORD_FILE=" + file, "PASSWORD", "(secret)"},
		{"FTPBRIDGE_PASSWORD_FILE=" + file, "PASSWORD_FILE", file},
		{"FTPBRIDGE_PASSWORD_FILE=hunter2", "PASSWORD_FILE", "(not usable)"},
		{"FTPBRIDGE_STORE=s3://a:hunter2@bucket", "STORE", "(not usable)"},
		{"FTPBRIDGE_STORE=s3://bucket/%zz", "STORE", "(not usable)"},
		{"FTPBRIDGE_STORE=s3://bucket/p?region=eu", "STORE", "s3://bucket/p?region=eu"},
	}
	for _, tt := range tests {
		if got := current(tt.set)[tt.name]; got != tt.want {
			t.Errorf("with %q, %s is %q, want %q", tt.set, tt.name, got, tt.want)
		}
	}
}

func TestVariablesAreDocumented(t *testing.T) {
	for _, v := range config.Variables(nil) {
		if v.Meaning == "" || strings.ContainsAny(v.Meaning+v.Default, "|\n") {
			t.Errorf("%s: meaning %q and default %q do not fit a table", v.Name, v.Meaning, v.Default)
		}
	}
}
