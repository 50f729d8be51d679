//go:build cloud

// Package cloud_test holds a real bucket to the contract of a store, and takes
// one client once around it. It is for those who have an account: the bucket
// costs money, so nothing runs it but `make test-cloud`.
package cloud_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"ftpbridge/backends"
	"ftpbridge/backends/all"
	"ftpbridge/backends/layer"
	"ftpbridge/backends/storetest"
)

const variable = "FTPBRIDGE_TEST_S3_URL"

// cleanupTimeout bounds what is done after the tests.
const cleanupTimeout = 5 * time.Minute

// openRoot opens a place of this run's own in the bucket, which is emptied in
// the end, and returns its URL.
func openRoot(t *testing.T) (backends.Store, string) {
	t.Helper()
	rawURL := os.Getenv(variable)
	if rawURL == "" {
		t.Fatalf("%s is not set: name a bucket of yours, for example s3://scratch/tests?region=eu-central-1, "+
			"and give credentials to the AWS SDK's default chain", variable)
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatalf("%s is malformed", variable)
	}
	u = u.JoinPath("ftpbridge-test-" + strings.ToLower(rand.Text()))
	store, err := all.Open(t.Context(), u.String())
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := all.Check(t.Context(), store); err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	t.Cleanup(func() { empty(t, store) })
	return store, u.String()
}

func empty(t *testing.T, store backends.Store) {
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
	defer cancel()
	for page, err := range store.List(ctx, "", backends.ListOptions{Recursive: true}) {
		if err != nil {
			t.Errorf("look for what the tests left: %v", err)
			return
		}
		keys := make([]string, len(page))
		for i, entry := range page {
			keys[i] = entry.Key
		}
		if err := store.Delete(ctx, backends.Condition{}, keys...); err != nil {
			t.Errorf("delete what the tests left: %v", err)
		}
	}
}

// uploads remembers what was begun: pending uploads cost money, too.
type uploads struct {
	backends.Store

	mu    sync.Mutex
	begun []backends.Upload
}

func (u *uploads) Begin(ctx context.Context, key string, opts backends.PutOptions) (backends.Upload, error) {
	upload, err := u.Store.Begin(ctx, key, opts)
	if err == nil {
		u.mu.Lock()
		u.begun = append(u.begun, upload)
		u.mu.Unlock()
	}
	return upload, err
}

// abort drops those that are still pending.
func (u *uploads) abort(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
	defer cancel()
	for _, upload := range u.begun {
		if err := upload.Abort(ctx); err != nil {
			t.Errorf("abort what the tests left: %v", err)
		}
	}
}

// shared leaves it to openRoot to close the store.
type shared struct{ backends.Store }

func (shared) Close() error { return nil }

func TestConformance(t *testing.T) {
	store, _ := openRoot(t)
	tracked := &uploads{Store: layer.Retry(store, layer.RetryPolicy{
		Attempts: 5, Delay: 200 * time.Millisecond, MaxDelay: 5 * time.Second, Time: time.Minute,
	})}
	t.Cleanup(func() { tracked.abort(t) })
	subtests := 0
	storetest.Run(t, func(*testing.T) backends.Store {
		subtests++
		return layer.Prefix(shared{tracked}, fmt.Sprintf("%d/", subtests))
	})
}
