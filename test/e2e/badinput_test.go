//go:build integration

package e2e_test

import (
	"errors"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBadInput starts the program with what cannot work: it must say which
// variable is wrong and what to do, and end with exit code 2 having started
// nothing.
func TestBadInput(t *testing.T) {
	bucket := stores["minio"](t)
	good := bridgeEnv(bucket)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()

	tests := map[string]struct {
		change map[string]string // empty: taken away
		want   []string          // in the message, which is of one line
	}{
		"unknown variable": {
			map[string]string{"FTPBRIDGE_PASIVE_PORTS": "5000-5010"},
			[]string{"FTPBRIDGE_PASIVE_PORTS", "FTPBRIDGE_PASSIVE_PORTS"},
		},
		"malformed STORE": {
			map[string]string{"FTPBRIDGE_STORE": "s3:/no-slashes"}, []string{"FTPBRIDGE_STORE", "s3://"},
		},
		"unknown kind of store": {
			map[string]string{"FTPBRIDGE_STORE": "nfs://server/export"}, []string{"FTPBRIDGE_STORE", "nfs", "s3"},
		},
		"missing bucket": {
			map[string]string{"FTPBRIDGE_STORE": strings.Replace(good["FTPBRIDGE_STORE"], bucket.name, "no-such-bucket", 1)},
			[]string{"FTPBRIDGE_STORE", "no-such-bucket"},
		},
		"refused credentials": {
			map[string]string{"AWS_SECRET_ACCESS_KEY": "wrong"}, []string{"FTPBRIDGE_STORE", "credentials"},
		},
		"no user":           {map[string]string{"FTPBRIDGE_USERNAME": ""}, []string{"FTPBRIDGE_USERNAME"}},
		"no password":       {map[string]string{"FTPBRIDGE_PASSWORD": ""}, []string{"FTPBRIDGE_PASSWORD"}},
		"port in use":       {map[string]string{"FTPBRIDGE_LISTEN": taken.Addr().String()}, []string{"FTPBRIDGE_LISTEN", taken.Addr().String()}},
		"malformed size":    {map[string]string{"FTPBRIDGE_PART_SIZE": "8 bananas"}, []string{"FTPBRIDGE_PART_SIZE"}},
		"not available yet": {map[string]string{"FTPBRIDGE_RELAY_MAX": "3"}, []string{"FTPBRIDGE_RELAY_MAX", "not available yet"}},
		"TLS alone":         {map[string]string{"FTPBRIDGE_TLS_MODE": "required"}, []string{"FTPBRIDGE_TLS_MODE", "FTPBRIDGE_TLS_CERT"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			env := bridgeEnv(bucket)
			for variable, value := range tt.change {
				env[variable] = value
			}
			dir := t.TempDir()
			cmd := exec.CommandContext(t.Context(), binary)
			cmd.Dir = dir
			cmd.Env = environ(env)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 2 {
				t.Fatalf("ended with %v, want exit code 2:\n%s", err, out)
			}
			if n := strings.Count(strings.TrimSpace(string(out)), "\n"); n != 0 {
				t.Errorf("message of %d lines:\n%s", n+1, out)
			}
			for _, want := range tt.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("message without %q: %s", want, out)
				}
			}
			if strings.Contains(string(out), testPassword) {
				t.Errorf("message shows the password: %s", out)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}
