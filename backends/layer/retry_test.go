package layer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
	"ftpbridge/backends/mem"
)

// policy has so many attempts that a call which only sometimes fails succeeds.
var policy = layer.RetryPolicy{Attempts: 4, Delay: 100 * time.Millisecond, MaxDelay: time.Second, Time: time.Minute}

// fault is what happens instead of a call of one op; n counts them from 1.
type fault func(n int, run func() error) error

func busyOnce(n int, run func() error) error {
	if n == 1 {
		return backends.ErrBusy
	}
	return run()
}

func busyForEver(int, func() error) error { return backends.ErrBusy }

func refused(int, func() error) error { return fs.ErrPermission }

// lostOnce carries the first call out and loses the answer, whatever it is.
func lostOnce(n int, run func() error) error {
	err := run()
	if n == 1 {
		return backends.ErrBusy
	}
	return err
}

// faulty is store with faults in the calls of some ops, which writes down all
// that are made.
type faulty struct {
	store  backends.Store
	faults map[layer.Op]fault

	mu    sync.Mutex
	count map[layer.Op]int
	calls []string
}

func (f *faulty) hook(_ context.Context, call *layer.Call, run func() error) error {
	f.mu.Lock()
	if f.count == nil {
		f.count = map[layer.Op]int{}
	}
	f.count[call.Op]++
	n := f.count[call.Op]
	f.calls = append(f.calls, string(call.Op))
	f.mu.Unlock()
	if fault := f.faults[call.Op]; fault != nil {
		return fault(n, run)
	}
	return run()
}

// retried is the store with faults under Retry.
func (f *faulty) retried() backends.Store {
	return layer.Retry(layer.Intercept(f.store, f.hook), policy)
}

func (f *faulty) wantCalls(t *testing.T, want string) {
	t.Helper()
	if got := strings.Join(f.calls, " "); got != want {
		t.Errorf("calls: %s\nwant:  %s", got, want)
	}
}

func wantIs(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// fixture is a store that holds "a" and "dir/b", and the versions of both.
func fixture(t *testing.T) (store *mem.Store, versions map[string]string) {
	t.Helper()
	store = mem.New(mem.Options{Adjust: func(i *backends.Info) {
		i.AtomicRename, i.AtomicDirRename, i.PartMin = true, true, 4
	}})
	versions = map[string]string{}
	for key, content := range map[string]string{"a": "content of a", "dir/b": "content of b"} {
		versions[key] = putContent(t, store, key, content).Version
	}
	return store, versions
}

func putContent(t *testing.T, store backends.Store, key, content string) backends.Object {
	t.Helper()
	obj, err := store.Put(t.Context(), key, []byte(content), sealed(content))
	if err != nil {
		t.Fatal(err)
	}
	return obj
}

func sealed(content string) backends.PutOptions {
	return backends.PutOptions{Checksum: backends.Checksum([]byte(content))}
}

// content is what the store holds at key, or the error's text.
func content(ctx context.Context, store backends.Store, key string) string {
	body, err := store.Open(ctx, key, 0, -1, "")
	if err != nil {
		return "nothing"
	}
	data, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil {
		return err.Error()
	}
	return string(data)
}

const newContent = "new content"

// pending begins an upload of newContent in two parts.
func pending(ctx context.Context, store backends.Store, key string) (backends.Upload, []backends.Part, error) {
	up, err := store.Begin(ctx, key, backends.PutOptions{})
	if err != nil {
		return nil, nil, err
	}
	var parts []backends.Part
	for number, piece := range []string{newContent[:4], newContent[4:]} {
		part, err := up.PutPart(ctx, number+1, int64(4*number), []byte(piece), backends.Checksum([]byte(piece)))
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, part)
	}
	return up, parts, nil
}

func commit(ctx context.Context, store backends.Store, key string, cond backends.Condition) error {
	up, parts, err := pending(ctx, store, key)
	if err != nil {
		return err
	}
	obj, err := up.Commit(ctx, parts, backends.Checksum([]byte(newContent)), cond)
	if err == nil && (obj.Key != key || obj.Size != int64(len(newContent)) || obj.Version == "") {
		err = fmt.Errorf("Commit gave %+v", obj)
	}
	return err
}

func wantSize(obj backends.Object, err error, size int64) error {
	if err == nil && (obj.Size != size || obj.Version == "") {
		return fmt.Errorf("got %+v", obj)
	}
	return err
}

func wantListed(ctx context.Context, store backends.Store, want string) error {
	var keys []string
	for page, err := range store.List(ctx, "", backends.ListOptions{}) {
		if err != nil {
			return err
		}
		for _, entry := range page {
			keys = append(keys, entry.Key)
		}
	}
	if got := strings.Join(keys, " "); got != want {
		return fmt.Errorf("listed %q, want %q", got, want)
	}
	return nil
}

// visible is what a caller sees at some keys.
func visible(ctx context.Context, store backends.Store) map[string]string {
	seen := map[string]string{}
	for _, key := range []string{"a", "c", "dir/b", "new/b"} {
		seen[key] = content(ctx, store, key)
		if obj, err := store.Stat(ctx, key); err == nil && obj.Metadata["mtime"] != "" {
			seen[key] += ", mtime " + obj.Metadata["mtime"]
		}
	}
	return seen
}

func TestRetryOfEveryCall(t *testing.T) {
	for name, tt := range retryCases {
		op := string(tt.op)
		faults := map[string]struct {
			fault fault
			calls string
			want  error
		}{
			"busy once":     {busyOnce, tt.once, nil},
			"busy for ever": {busyForEver, strings.Repeat(op+tt.look+" ", policy.Attempts-1) + op + tt.final, backends.ErrBusy},
			"answer lost":   {lostOnce, tt.lost, nil},
			"refused":       {refused, op, fs.ErrPermission},
		}
		for kind, f := range faults {
			t.Run(name+"/"+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					inner, versions := fixture(t)
					want := visible(t.Context(), inner)
					below := &faulty{store: inner, faults: map[layer.Op]fault{tt.op: f.fault}}
					wantIs(t, "the call", tt.do(t.Context(), below.retried(), versions), f.want)
					below.wantCalls(t, tt.before+f.calls)
					if f.want == nil {
						maps.Copy(want, tt.effect)
					}
					if diff := cmp.Diff(want, visible(t.Context(), inner)); diff != "" {
						t.Error(diff)
					}
				})
			})
		}
	}
}
