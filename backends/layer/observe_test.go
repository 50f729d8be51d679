package layer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
	"ftpbridge/backends/mem"
)

// watch is an observer that keeps what it is told.
type watch struct{ seen []layer.Observation }

func (w *watch) observe(_ context.Context, o layer.Observation) { w.seen = append(w.seen, o) }

// slow makes every call take a second.
func slow(_ context.Context, _ *layer.Call, run func() error) error {
	time.Sleep(time.Second) // of a bubble's time
	return run()
}

func TestObserveEveryCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w watch
		inner := mem.New(mem.Options{Adjust: renaming})
		for op, err := range useEverything(t.Context(), layer.Observe(layer.Intercept(inner, slow), w.observe)) {
			if err != nil {
				t.Errorf("%s: %v", op, err)
			}
		}
		const second = time.Second
		want := []layer.Observation{
			{Op: layer.OpPut, Key: "a", Bytes: 7, Duration: second},
			{Op: layer.OpStat, Key: "a", Duration: second},
			{Op: layer.OpOpen, Key: "a", Offset: 2, Bytes: 3, FirstByte: 2 * second, Duration: 3 * second},
			{Op: layer.OpList, Number: 1, Duration: second},
			{Op: layer.OpBegin, Key: "b", Duration: second},
			{Op: layer.OpResume, Key: "b", Duration: second},
			{Op: layer.OpPutPart, Key: "b", Number: 1, Bytes: 7, Duration: second},
			{Op: layer.OpParts, Key: "b", Duration: second},
			{Op: layer.OpCommit, Key: "b", Duration: second},
			{Op: layer.OpAbort, Key: "b", Duration: second},
			{Op: layer.OpCopy, Key: "c", From: "a", Duration: second},
			{Op: layer.OpSetMetadata, Key: "c", Duration: second},
			{Op: layer.OpRename, Key: "d", From: "c", Duration: second},
			{Op: layer.OpDelete, Key: "d", Number: 2, Duration: second},
		}
		if diff := cmp.Diff(want, w.seen); diff != "" {
			t.Error(diff)
		}
	})
}

func TestObserveFailuresOfEveryCall(t *testing.T) {
	ops := []layer.Op{
		layer.OpStat, layer.OpOpen, layer.OpList, layer.OpPut, layer.OpBegin, layer.OpResume, layer.OpPutPart, layer.OpParts,
		layer.OpCommit, layer.OpAbort, layer.OpCopy, layer.OpSetMetadata, layer.OpRename, layer.OpDelete,
	}
	for _, op := range ops {
		t.Run(string(op), func(t *testing.T) {
			var w watch
			store := layer.Intercept(mem.New(mem.Options{Adjust: renaming}), func(_ context.Context, call *layer.Call, run func() error) error {
				if call.Op == op {
					return errInjected
				}
				return run()
			})
			if err := useEverything(t.Context(), layer.Observe(store, w.observe))[op]; !errors.Is(err, errInjected) {
				t.Errorf("the caller got %v", err)
			}
			at := slices.IndexFunc(w.seen, func(o layer.Observation) bool { return o.Op == op })
			if at < 0 || !errors.Is(w.seen[at].Err, errInjected) || w.seen[at].Outcome() != layer.OutcomeFailed {
				t.Errorf("observed %+v", w.seen)
			}
		})
	}
}

func TestObserveABody(t *testing.T) {
	tests := map[string]struct {
		fail      layer.Op
		err       error
		firstByte time.Duration
		bytes     int64
	}{
		"read to its end": {"", nil, time.Second, 7},
		"broken off":      {layer.OpRead, errInjected, time.Second, 3},
		"close fails":     {layer.OpCloseReader, errInjected, time.Second, 7},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inner, w := mem.New(mem.Options{}), watch{}
				putContent(t, inner, "a", "content")
				store := layer.Observe(layer.Intercept(inner, func(_ context.Context, call *layer.Call, run func() error) error {
					if call.Op == layer.OpRead {
						time.Sleep(time.Second)
					}
					return errors.Join(run(), map[layer.Op]error{tt.fail: tt.err}[call.Op])
				}), w.observe)
				body, err := store.Open(t.Context(), "a", 0, -1, "")
				if err != nil {
					t.Fatal(err)
				}
				_, readErr := io.ReadAll(io.MultiReader(io.LimitReader(body, 3), body))
				if len(w.seen) != 0 {
					t.Error("observed before it was closed")
				}
				closeErr := body.Close()
				if want := (tt.fail == layer.OpRead); errors.Is(readErr, errInjected) != want {
					t.Errorf("Read: %v", readErr)
				}
				if want := (tt.fail == layer.OpCloseReader); errors.Is(closeErr, errInjected) != want {
					t.Errorf("Close: %v", closeErr)
				}
				if len(w.seen) != 1 || w.seen[0].FirstByte != tt.firstByte || w.seen[0].Bytes != tt.bytes || !errors.Is(w.seen[0].Err, tt.err) {
					t.Errorf("observed %+v", w.seen)
				}
			})
		})
	}
}

// What the caller does with a page is not the store's time.
func TestObserveAListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w watch
		store := layer.Observe(pagedStore(t, nil), w.observe)
		pages := 0
		for range store.List(t.Context(), "", backends.ListOptions{}) {
			time.Sleep(time.Hour)
			if pages++; pages == 3 {
				break
			}
		}
		want := []layer.Observation{{Op: layer.OpList, Number: 1}, {Op: layer.OpList, Number: 2}, {Op: layer.OpList, Number: 3}}
		if diff := cmp.Diff(want, w.seen); diff != "" {
			t.Error(diff)
		}
	})
}

func TestObserveAnEmptyListing(t *testing.T) {
	var w watch
	for range layer.Observe(mem.New(mem.Options{}), w.observe).List(t.Context(), "", backends.ListOptions{}) {
		t.Error("a page")
	}
	if len(w.seen) != 1 || w.seen[0].Number != 1 || w.seen[0].Op != layer.OpList {
		t.Errorf("observed %+v", w.seen)
	}
}

// Under Retry each attempt is seen.
func TestObserveUnderRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner, _ := fixture(t)
		var w watch
		below := &faulty{store: inner, faults: map[layer.Op]fault{layer.OpStat: busyOnce}}
		store := layer.Retry(layer.Observe(layer.Intercept(inner, below.hook), w.observe), policy)
		if _, err := store.Stat(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if len(w.seen) != 2 || w.seen[0].Outcome() != layer.OutcomeBusy || w.seen[1].Outcome() != layer.OutcomeOK {
			t.Errorf("observed %+v", w.seen)
		}
	})
}

func TestOutcomes(t *testing.T) {
	tests := map[layer.Outcome][]error{
		layer.OutcomeOK:        {nil},
		layer.OutcomeMissing:   {fs.ErrNotExist, backends.ErrNoUpload},
		layer.OutcomeConflict:  {fs.ErrExist, backends.ErrChanged, backends.ErrRange, backends.ErrNotEmpty, backends.ErrConflict},
		layer.OutcomeCancelled: {context.Canceled, context.DeadlineExceeded},
		layer.OutcomeBusy:      {backends.ErrBusy, errors.Join(fs.ErrNotExist, backends.ErrBusy)},
		layer.OutcomeRefused: {
			fs.ErrPermission, backends.ErrNoBucket, backends.ErrNoSpace, backends.ErrTooLarge, backends.ErrKey, errors.ErrUnsupported,
			errors.Join(backends.ErrNotEmpty, fs.ErrPermission),
		},
		layer.OutcomeFailed: {io.ErrUnexpectedEOF, backends.ErrChecksum},
	}
	for _, want := range slices.Sorted(maps.Keys(tests)) {
		for _, err := range tests[want] {
			if err != nil {
				err = fmt.Errorf("call: %w", err)
			}
			if got := (layer.Observation{Err: err}).Outcome(); got != want {
				t.Errorf("%v is %s, want %s", err, got, want)
			}
		}
	}
}

// idle is a store whose calls cost nothing.
type idle struct{ backends.Store }

func (idle) Stat(context.Context, string) (backends.Object, error) { return backends.Object{}, nil }

func (idle) Put(context.Context, string, []byte, backends.PutOptions) (backends.Object, error) {
	return backends.Object{}, nil
}

func (idle) Delete(context.Context, backends.Condition, ...string) error { return nil }

func TestObserveAllocatesNothing(t *testing.T) {
	store := layer.Observe(idle{}, ignore)
	ctx, key, data := t.Context(), []string{"a"}, []byte("content")
	allocations := testing.AllocsPerRun(100, func() {
		_, _ = store.Stat(ctx, "a")
		_, _ = store.Put(ctx, "a", data, backends.PutOptions{})
		_ = store.Delete(ctx, backends.Condition{}, key...)
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}
