//go:build integration

package all_test

import (
	"errors"
	"io/fs"
	"net/url"
	"strings"
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/all"
	"ftpbridge/test/servers"
)

func TestCheckOnRealServers(t *testing.T) {
	starts := map[string]func(testing.TB, servers.Options) *servers.Server{
		"minio":     servers.MinIO,
		"versitygw": servers.VersityGW,
	}
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			server := start(t, servers.Options{TLS: true})
			server.MakeBucket(t, "scans")
			server.Setenv(t)
			endpoint := "endpoint=" + url.QueryEscape(server.Endpoint)
			tests := map[string]struct {
				rawURL string
				env    map[string]string
				want   error
				text   string
			}{
				"there":         {rawURL: "s3://scans/in?" + endpoint},
				"no bucket":     {rawURL: "s3://other?" + endpoint, want: backends.ErrNoBucket, text: "s3://other/"},
				"unreachable":   {rawURL: "s3://scans?endpoint=http://127.0.0.1:1", want: backends.ErrBusy, text: "127.0.0.1:1"},
				"other region":  {rawURL: "s3://scans?region=eu-north-1&" + endpoint, want: regionFaults[name], text: ""},
				"wrong secret":  {"s3://scans?" + endpoint, map[string]string{"AWS_SECRET_ACCESS_KEY": "x"}, fs.ErrPermission, "SignatureDoesNotMatch"},
				"unknown key":   {"s3://scans?" + endpoint, map[string]string{"AWS_ACCESS_KEY_ID": "x"}, fs.ErrPermission, "supply other credentials"},
				"untrusted":     {"s3://scans?" + endpoint, map[string]string{"AWS_CA_BUNDLE": ""}, backends.ErrBusy, "certificate"},
				"plain for TLS": {rawURL: "s3://scans?endpoint=" + url.QueryEscape(strings.Replace(server.Endpoint, "https", "http", 1)), want: errAny, text: "scans"},
			}
			for name, tt := range tests {
				t.Run(name, func(t *testing.T) {
					for name, value := range tt.env {
						t.Setenv(name, value)
					}
					store, err := all.Open(t.Context(), tt.rawURL)
					if err != nil {
						t.Fatal(err)
					}
					defer store.Close()
					err = all.Check(t.Context(), store)
					if tt.want == nil {
						if err != nil {
							t.Errorf("Check: %v", err)
						}
						return
					}
					if err == nil || !errors.Is(tt.want, errAny) && !errors.Is(err, tt.want) {
						t.Fatalf("Check: %v, want %v", err, tt.want)
					}
					if !strings.Contains(err.Error(), tt.text) {
						t.Errorf("error %q does not say %q", err, tt.text)
					}
				})
			}
		})
	}
}

var errAny = errors.New("any error")

// regionFaults: MinIO without a region of its own serves any.
var regionFaults = map[string]error{"versitygw": backends.ErrNoBucket}
