//go:build integration

package s3_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
	"ftpbridge/backends/s3"
	"ftpbridge/backends/storetest"
	"ftpbridge/test/servers"
)

// faults of the servers under test, by subtest: a row says what each of them
// does wrong, and nothing if it does that right. By its documentation Amazon's
// service has none of them, but that it holds odd keys exactly so.
var faults = []fault{
	{"Copy/absent", copyTarget, copyTarget},
	{"Copy/version", copyTarget, copyTarget},
	{"Delete/changed version", "deletes whatever version is there", ""},
	{"Directories/object of the same name", "", bothNames},
	{"Keys/control byte", "", "lists such a byte as a replacement character"},
	{"Keys/current directory", "", cleaned},
	{"Keys/current directory inside", "", cleaned},
	{"Keys/empty segment", "", cleaned},
	{"Keys/leading slash", "", cleaned},
	{"Keys/NUL", "", "answers that it failed instead of a refusal"},
	{"Keys/only a parent directory", "", "refuses it without an error code of its own"},
	{"Keys/only a slash", "", cleaned},
	{"Keys/parent directory", "", cleaned},
	{"Keys/parent directory inside", "", cleaned},
	{"List/no match", "refuses a prefix with empty segments", ""},
	{"List/object and directory of one name", bothNames, bothNames},
	{"Pending/unknown", "takes an upload's id for a path and refuses `../`", ""},
}

// What differs where all keys have a prefix.
var (
	faultsWithoutPrefix = []fault{{"Keys/leading slash", cleaned, ""}}
	faultsBehindPrefix  = []fault{{"Keys/segment of 256 bytes", "", "takes it for a directory"}}
)

type fault struct{ subtest, minio, versitygw string }

const (
	bothNames  = "an object `a` hides the objects below `a/`, or excludes them"
	copyTarget = "ignores conditions on the target of a copy"
	cleaned    = "cleans paths silently"
)

func known(server string, others []fault) storetest.Known {
	known := storetest.Known{}
	for _, fault := range slices.Concat(faults, others) {
		reason := map[string]string{"minio": fault.minio, "versitygw": fault.versitygw}[server]
		if reason != "" {
			known[fault.subtest] = reason
		}
	}
	return known
}

var layers = map[string]func(backends.Store) backends.Store{
	"prefix": func(s backends.Store) backends.Store { return layer.Prefix(s, "pre/fix/") },
	"intercept": func(s backends.Store) backends.Store {
		return layer.Intercept(s, func(_ context.Context, _ *layer.Call, run func() error) error { return run() })
	},
	"observe": func(s backends.Store) backends.Store {
		return layer.Observe(s, func(context.Context, layer.Observation) {})
	},
	"retry": func(s backends.Store) backends.Store {
		return layer.Retry(s, layer.RetryPolicy{Attempts: 2, Delay: time.Millisecond, MaxDelay: time.Millisecond, Time: time.Second})
	},
}

func alone(s backends.Store) backends.Store { return s }

func TestConformance(t *testing.T) {
	for name := range starts {
		t.Run(name+"/tls", func(t *testing.T) { conform(t, name, servers.Options{TLS: true}, alone, faultsWithoutPrefix) })
		t.Run(name+"/plain", func(t *testing.T) { conform(t, name, servers.Options{}, alone, faultsWithoutPrefix) })
	}
}

// TestConformanceBehindLayers leaves out TLS, of which layers see nothing.
func TestConformanceBehindLayers(t *testing.T) {
	for name := range starts {
		for layerName, wrap := range layers {
			others := faultsWithoutPrefix
			if layerName == "prefix" {
				others = faultsBehindPrefix
			}
			t.Run(name+"/"+layerName, func(t *testing.T) { conform(t, name, servers.Options{}, wrap, others) })
		}
	}
}

// conform holds the store on a fresh server to the contract; each subtest has
// a bucket of its own.
func conform(
	t *testing.T, name string, opts servers.Options, wrap func(backends.Store) backends.Store, others []fault,
) {
	t.Helper()
	server := starts[name](t, opts)
	server.Setenv(t)
	var rawURL string // of the present subtest's bucket
	buckets := 0
	storetest.Run(t,
		func(t *testing.T) backends.Store {
			buckets++
			bucket := fmt.Sprintf("run-%d", buckets)
			server.MakeBucket(t, bucket)
			rawURL = fmt.Sprintf("s3://%s?endpoint=%s", bucket, url.QueryEscape(server.Endpoint))
			return wrap(openURL(t, rawURL))
		},
		storetest.Reopen(func(t *testing.T, _ backends.Store) backends.Store { return wrap(openURL(t, rawURL)) }),
		known(name, others),
	)
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
