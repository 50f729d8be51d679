package layer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
	"ftpbridge/backends/mem"
)

// pass is the hook that changes nothing.
func pass(_ context.Context, _ *layer.Call, run func() error) error { return run() }

// recorder is a hook that keeps what it sees.
type recorder struct {
	mu    sync.Mutex
	calls []string
}

func (r *recorder) hook(_ context.Context, call *layer.Call, run func() error) error {
	r.mu.Lock()
	r.calls = append(r.calls, call.String())
	r.mu.Unlock()
	return run()
}

// useEverything makes each call of the contract once, and returns its errors.
func useEverything(ctx context.Context, store backends.Store) map[layer.Op]error {
	errs := map[layer.Op]error{}
	data := []byte("content")
	sum := backends.Checksum(data)
	_, errs[layer.OpPut] = store.Put(ctx, "a", data, backends.PutOptions{Checksum: sum})
	_, errs[layer.OpStat] = store.Stat(ctx, "a")
	if r, err := store.Open(ctx, "a", 2, -1, ""); err != nil {
		errs[layer.OpOpen] = err
	} else {
		_, errs[layer.OpRead] = r.Read(make([]byte, 3))
		errs[layer.OpCloseReader] = r.Close()
	}
	for _, err := range store.List(ctx, "", backends.ListOptions{}) {
		errs[layer.OpList] = err
	}
	up, err := store.Begin(ctx, "b", backends.PutOptions{})
	errs[layer.OpBegin] = err
	if up, err = store.Resume(ctx, "b", id(up)); err != nil {
		errs[layer.OpResume] = err
	} else {
		var parts []backends.Part
		_, errs[layer.OpPutPart] = up.PutPart(ctx, 1, 0, data, sum)
		parts, errs[layer.OpParts] = up.Parts(ctx)
		_, errs[layer.OpCommit] = up.Commit(ctx, parts, sum, backends.Condition{})
		errs[layer.OpAbort] = up.Abort(ctx)
	}
	_, errs[layer.OpCopy] = store.Copy(ctx, "c", backends.Source{Key: "a"}, backends.Condition{})
	_, errs[layer.OpSetMetadata] = store.SetMetadata(ctx, "c", map[string]string{"k": "v"}, "")
	errs[layer.OpRename] = store.Rename(ctx, "c", "d")
	errs[layer.OpDelete] = store.Delete(ctx, backends.Condition{}, "d", "e")
	errs[layer.OpClose] = store.Close()
	return errs
}

func id(up backends.Upload) string {
	if up == nil {
		return "none"
	}
	return up.ID()
}

func renaming(i *backends.Info) { i.AtomicRename = true }

func TestInterceptSeesEveryCall(t *testing.T) {
	var seen recorder
	store := layer.Intercept(mem.New(mem.Options{Adjust: renaming}), seen.hook)
	for op, err := range useEverything(t.Context(), store) {
		if err != nil {
			t.Errorf("%s: %v", op, err)
		}
	}
	want := []string{
		`Put "a" 7 bytes`, `Stat "a"`, `Open "a" at 2`, `Read "a" at 2`, `CloseReader "a"`, `List "" page 1`,
		`Begin "b"`, `Resume "b"`, `PutPart "b" 1 7 bytes at 0`, `Parts "b"`, `Commit "b" 1 parts`, `Abort "b"`,
		`Copy "c" from "a"`, `SetMetadata "c"`, `Rename "d" from "c"`, `Delete ["d" "e"]`, `Close`,
	}
	if diff := cmp.Diff(want, seen.calls); diff != "" {
		t.Error(diff)
	}
}

var errInjected = errors.New("injected")

func TestInterceptFailsAnyCall(t *testing.T) {
	faults := map[string]func(run func() error) error{
		"before": func(func() error) error { return errInjected },
		"after":  func(run func() error) error { return errors.Join(run(), errInjected) },
	}
	ops := []layer.Op{
		layer.OpStat, layer.OpOpen, layer.OpRead, layer.OpCloseReader, layer.OpList, layer.OpPut, layer.OpBegin,
		layer.OpResume, layer.OpPutPart, layer.OpParts, layer.OpCommit, layer.OpAbort, layer.OpCopy,
		layer.OpSetMetadata, layer.OpRename, layer.OpDelete, layer.OpClose,
	}
	for when, fault := range faults {
		for _, op := range ops {
			t.Run(fmt.Sprint(op, " ", when), func(t *testing.T) {
				store := layer.Intercept(mem.New(mem.Options{Adjust: renaming}), func(_ context.Context, call *layer.Call, run func() error) error {
					if call.Op == op {
						return fault(run)
					}
					return run()
				})
				if err := useEverything(t.Context(), store)[op]; !errors.Is(err, errInjected) {
					t.Errorf("got %v", err)
				}
			})
		}
	}
}

func TestInterceptLosesTheReply(t *testing.T) {
	inner := mem.New(mem.Options{})
	store := layer.Intercept(inner, func(_ context.Context, call *layer.Call, run func() error) error {
		if err := run(); err != nil {
			return err
		}
		return backends.ErrBusy
	})
	if _, err := store.Put(t.Context(), "a", nil, backends.PutOptions{}); !errors.Is(err, backends.ErrBusy) {
		t.Errorf("Put: %v", err)
	}
	if _, err := inner.Stat(t.Context(), "a"); err != nil {
		t.Errorf("the object was not stored: %v", err)
	}
}

func TestInterceptCutsABody(t *testing.T) {
	inner := mem.New(mem.Options{})
	data := bytes.Repeat([]byte("0123456789"), 100)
	if _, err := inner.Put(t.Context(), "a", data, backends.PutOptions{Checksum: backends.Checksum(data)}); err != nil {
		t.Fatal(err)
	}
	const cut = 123
	store := layer.Intercept(inner, func(_ context.Context, call *layer.Call, run func() error) error {
		if call.Op != layer.OpRead {
			return run()
		}
		if call.Offset == cut {
			return io.ErrUnexpectedEOF
		}
		call.Length = min(call.Length, cut-call.Offset)
		return run()
	})
	r, err := store.Open(t.Context(), "a", 100, -1, "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.Equal(got, data[100:cut]) {
		t.Errorf("read %q, %v", got, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestInterceptCountsPages(t *testing.T) {
	inner := mem.New(mem.Options{PageSize: 2})
	for _, key := range []string{"a", "b", "c", "d"} {
		put(t, inner, key)
	}
	pages := func(prefix string, fail int) (numbers []int, entries int, err error) {
		store := layer.Intercept(inner, func(_ context.Context, call *layer.Call, run func() error) error {
			numbers = append(numbers, call.Number)
			if call.Number == fail {
				return errInjected
			}
			return run()
		})
		for page, pageErr := range store.List(t.Context(), prefix, backends.ListOptions{}) {
			entries += len(page)
			err = errors.Join(err, pageErr)
		}
		return numbers, entries, err
	}
	if numbers, entries, err := pages("", 0); !cmp.Equal(numbers, []int{1, 2}) || entries != 4 || err != nil {
		t.Errorf("all: calls %v, %d entries, %v", numbers, entries, err)
	}
	if numbers, entries, err := pages("none", 0); !cmp.Equal(numbers, []int{1}) || entries != 0 || err != nil {
		t.Errorf("no match: calls %v, %d entries, %v", numbers, entries, err)
	}
	if numbers, entries, err := pages("", 2); !cmp.Equal(numbers, []int{1, 2}) || entries != 2 || !errors.Is(err, errInjected) {
		t.Errorf("failing: calls %v, %d entries, %v", numbers, entries, err)
	}
}

// A hook that forgets to run the call must not make it look done.
func TestInterceptNoticesACallThatDidNotRun(t *testing.T) {
	store := layer.Intercept(mem.New(mem.Options{}), func(context.Context, *layer.Call, func() error) error { return nil })
	if _, err := store.Put(t.Context(), "a", nil, backends.PutOptions{}); err == nil || !strings.Contains(err.Error(), "did not run") {
		t.Errorf("Put: %v", err)
	}
}

// A hook that swallows the error of the call does not make it succeed.
func TestInterceptKeepsTheCallsError(t *testing.T) {
	store := layer.Intercept(mem.New(mem.Options{}), func(_ context.Context, _ *layer.Call, run func() error) error {
		_ = run()
		return nil
	})
	if _, err := store.Stat(t.Context(), "a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Stat: %v", err)
	}
}
