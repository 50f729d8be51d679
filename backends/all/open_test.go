package all_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ftpbridge/backends/all"
)

func TestOpen(t *testing.T) {
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	tests := map[string]string{ // URL: kind of store
		"file:" + filepath.Join(t.TempDir(), "new"):  "file",
		"s3://scans?region=eu-central-1":             "s3",
		"s3://scans/in/deep?endpoint=http://[::1]:1": "s3",
	}
	for rawURL, want := range tests {
		t.Run(want, func(t *testing.T) {
			store, err := all.Open(t.Context(), rawURL)
			if err != nil {
				t.Fatal(err)
			}
			if got := store.Info().Name; got != want {
				t.Errorf("opened a store of kind %q", got)
			}
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	tests := map[string]struct{ rawURL, want string }{
		"empty":               {"", "no scheme"},
		"no scheme":           {"/srv/data", "file:/srv/data"},
		"unknown kind":        {"ftp://host/", `unknown kind of store "ftp": use one of file, s3`},
		"not yet: Google":     {"gs://bucket", "not available yet"},
		"not yet: Azure":      {"azblob://account/container", "not available yet"},
		"malformed":           {"s3://scans/%zz", "malformed URL"},
		"malformed, a secret": {"s3://AKIA:s3/cret@scans", "malformed URL"},
		"bad parameter":       {"s3://scans?regoin=x", "unknown parameter regoin"},
		"bad directory":       {"file://host/srv", "file:/dir"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store, err := all.Open(t.Context(), tt.rawURL)
			if err == nil {
				_ = store.Close()
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "s3/cret") || strings.Contains(err.Error(), "AKIA") {
				t.Errorf("error %q tells the secret", err)
			}
		})
	}
}
