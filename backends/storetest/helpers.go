package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"ftpbridge/backends"
)

// T is what a subtest works with: its store, and helpers that fail it.
type T struct {
	testing.TB

	store  backends.Store
	info   backends.Info
	second func() backends.Store
}

// content is n bytes that depend on seed and do not repeat.
func content(seed byte, n int64) []byte {
	data := make([]byte, n)
	src := rand.NewChaCha8([32]byte{seed})
	_, _ = src.Read(data) // never fails
	return data
}

// filler is n bytes of which any part tells the number i.
func filler(i, n int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%08d", i), n/8+1)[:n]
}

// sealed adds the checksum of data to opts.
func sealed(data []byte, opts backends.PutOptions) backends.PutOptions {
	opts.Checksum = backends.Checksum(data)
	return opts
}

func (t *T) put(key string, data []byte) backends.Object {
	t.Helper()
	return t.putWith(key, data, backends.PutOptions{})
}

func (t *T) putWith(key string, data []byte, opts backends.PutOptions) backends.Object {
	t.Helper()
	obj, err := t.store.Put(t.Context(), key, data, sealed(data, opts))
	if err != nil {
		t.Fatalf("Put %q: %v", key, err)
	}
	if obj.Key != key || obj.Size != int64(len(data)) || obj.Version == "" {
		t.Errorf("Put %q of %d bytes gave %+v", key, len(data), obj)
	}
	return obj
}

func (t *T) stat(key string) backends.Object {
	t.Helper()
	obj, err := t.store.Stat(t.Context(), key)
	if err != nil {
		t.Fatalf("Stat %q: %v", key, err)
	}
	if obj.Key != key || obj.Version == "" {
		t.Errorf("Stat %q gave %+v", key, obj)
	}
	return obj
}

// read is the whole object at key.
func (t *T) read(key string) []byte {
	t.Helper()
	data, err := readRange(t.Context(), t.store, key, 0, -1, "")
	if err != nil {
		t.Fatalf("reading %q: %v", key, err)
	}
	return data
}

func readRange(ctx context.Context, store backends.Store, key string, offset, length int64, version string) ([]byte, error) {
	r, err := store.Open(ctx, key, offset, length, version)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	return data, errors.Join(err, r.Close())
}

// wantContent fails unless the object at key holds data.
func (t *T) wantContent(key string, data []byte) {
	t.Helper()
	if got := t.read(key); !bytes.Equal(got, data) {
		t.Errorf("%q holds %s, want %s", key, brief(got), brief(data))
	}
}

// wantAbsent fails if there is an object at key.
func (t *T) wantAbsent(key string) {
	t.Helper()
	_, err := t.store.Stat(t.Context(), key)
	t.wantError("Stat of "+key, err, fs.ErrNotExist)
	_, err = readRange(t.Context(), t.store, key, 0, -1, "")
	t.wantError("Open of "+key, err, fs.ErrNotExist)
}

// wantError fails unless err is one of targets.
func (t *T) wantError(what string, err error, targets ...error) {
	t.Helper()
	if !slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) }) {
		t.Errorf("%s: got error %v, want %v", what, err, errors.Join(targets...))
	}
}

// list is all entries below prefix; a key that comes twice fails the test.
func (t *T) list(prefix string, opts backends.ListOptions) []backends.Entry {
	t.Helper()
	var all []backends.Entry
	seen := map[string]bool{}
	for page, err := range t.store.List(t.Context(), prefix, opts) {
		if err != nil {
			t.Fatalf("List %q: %v", prefix, err)
		}
		for _, entry := range page {
			if seen[entry.Key] {
				t.Errorf("List %q gave %q twice", prefix, entry.Key)
			}
			seen[entry.Key] = true
		}
		all = append(all, page...)
	}
	return all
}

// keys are the sorted keys of a listing.
func (t *T) keys(prefix string, opts backends.ListOptions) []string {
	t.Helper()
	var keys []string
	for _, entry := range t.list(prefix, opts) {
		keys = append(keys, entry.Key)
	}
	slices.Sort(keys)
	return keys
}

// wantKeys fails unless the listing by directory gives exactly these keys,
// in any order.
func (t *T) wantKeys(prefix string, want ...string) {
	t.Helper()
	t.compareKeys("List by directory", prefix, t.keys(prefix, backends.ListOptions{}), want)
}

// wantObjects fails unless the recursive listing gives exactly these objects;
// where directories are real it must give those that hold them as well.
func (t *T) wantObjects(prefix string, want ...string) {
	t.Helper()
	if t.info.RealDirs {
		want = withParents(prefix, want)
	}
	t.compareKeys("recursive List", prefix, t.keys(prefix, backends.ListOptions{Recursive: true}), want)
}

func (t *T) compareKeys(what, prefix string, got, want []string) {
	t.Helper()
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%s of %q gave %q, want %q", what, prefix, got, want)
	}
}

// withParents adds the directories above keys that begin with prefix.
func withParents(prefix string, keys []string) []string {
	all := map[string]bool{}
	for _, key := range keys {
		all[key] = true
		for i := range key {
			if dir := key[:i+1]; key[i] == '/' && strings.HasPrefix(dir, prefix) {
				all[dir] = true
			}
		}
	}
	var sorted []string
	for key := range all {
		sorted = append(sorted, key)
	}
	return sorted
}

// marked is own, the marker of a listed directory, where directories are real
// and so list themselves, followed by keys.
func (t *T) marked(own string, keys ...string) []string {
	if t.info.RealDirs && own != "" {
		return append([]string{own}, keys...)
	}
	return keys
}

// cancelled is a context that has ended.
func (t *T) cancelled() context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// together runs f n times at once and waits for all.
func together(n int, f func(i int)) {
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

// brief describes data without drowning the reader in it.
func brief(data []byte) string {
	if len(data) <= 40 {
		return strings.ToValidUTF8(string(data), "?")
	}
	return backends.Checksum(data).String() + " of many bytes"
}

func conditional(info backends.Info) bool { return info.ConditionalWrites }
