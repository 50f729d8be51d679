//go:build integration

package s3_test

import (
	"fmt"
	"net/url"
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/s3"
	"ftpbridge/backends/storetest"
	"ftpbridge/test/servers"
)

// Faults of the servers under test, by subtest. By its documentation Amazon's
// service has none of them, but that it holds odd keys exactly so.
const (
	bothNames  = "an object `a` hides the objects below `a/`, or excludes them"
	copyTarget = "conditions on the target of a copy are ignored"
	cleaned    = "cleans paths silently"
)

var minioFaults = storetest.Known{
	"Keys/leading slash":                    cleaned,
	"List/prefix of a neighbour":            bothNames,
	"List/object and directory of one name": bothNames,
	"List/order":                            bothNames,
	"List/no match":                         "refuses a prefix with empty segments",
	"Pending/unknown":                       "takes an upload's id for a path and refuses `../`",
	"Copy/absent":                           copyTarget,
	"Copy/version":                          copyTarget,
	"Delete/changed version":                "deletes whatever version is there",
}

var versitygwFaults = storetest.Known{
	"Keys/empty segment":                    cleaned,
	"Keys/leading slash":                    cleaned,
	"Keys/current directory":                cleaned,
	"Keys/current directory inside":         cleaned,
	"Keys/parent directory":                 cleaned,
	"Keys/parent directory inside":          cleaned,
	"Keys/only a parent directory":          "refuses it without an error code of its own",
	"Keys/only a slash":                     cleaned,
	"Keys/control byte":                     "lists such a byte as a replacement character",
	"Keys/NUL":                              "answers that it failed instead of a refusal",
	"List/prefix of a neighbour":            bothNames,
	"List/object and directory of one name": bothNames,
	"List/order":                            bothNames,
	"Copy/absent":                           copyTarget,
	"Copy/version":                          copyTarget,
	"Directories/object of the same name":   bothNames,
}

func TestConformance(t *testing.T) {
	kinds := []struct {
		name  string
		start func(testing.TB, servers.Options) *servers.Server
		known storetest.Known
	}{
		{"minio", servers.MinIO, minioFaults},
		{"versitygw", servers.VersityGW, versitygwFaults},
	}
	for _, kind := range kinds {
		for name, opts := range map[string]servers.Options{"tls": {TLS: true}, "plain": {}} {
			t.Run(kind.name+"/"+name, func(t *testing.T) {
				server := kind.start(t, opts)
				server.Setenv(t)
				var rawURL string // of the present subtest's bucket
				buckets := 0
				storetest.Run(t,
					func(t *testing.T) backends.Store {
						buckets++
						bucket := fmt.Sprintf("run-%d", buckets)
						server.MakeBucket(t, bucket)
						rawURL = fmt.Sprintf("s3://%s?endpoint=%s", bucket, url.QueryEscape(server.Endpoint))
						return openURL(t, rawURL)
					},
					storetest.Reopen(func(t *testing.T, _ backends.Store) backends.Store { return openURL(t, rawURL) }),
					kind.known,
				)
			})
		}
	}
}

func openURL(t *testing.T, rawURL string) *s3.Store {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := s3.ParseURL(u)
	if err != nil {
		t.Fatal(err)
	}
	store, err := s3.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return store
}
