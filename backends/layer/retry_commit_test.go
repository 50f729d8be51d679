package layer_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
)

// lostAlways carries every call out and loses the answer.
func lostAlways(_ int, run func() error) error {
	_ = run()
	return backends.ErrBusy
}

// dated is a store whose clock is off.
type dated struct {
	backends.Store
	off time.Duration
}

func (s dated) Stat(ctx context.Context, key string) (backends.Object, error) {
	obj, err := s.Store.Stat(ctx, key)
	obj.ModTime = obj.ModTime.Add(s.off)
	return obj, err
}

// TestRetryTellsTheTruthAboutACommit: what the store did, what a rival did,
// and what the caller is told.
func TestRetryTellsTheTruthAboutACommit(t *testing.T) {
	none := func(*testing.T, backends.Store, string) {}
	abort := func(t *testing.T, store backends.Store, id string) {
		up, err := store.Resume(t.Context(), "c", id)
		if err := errors.Join(err, up.Abort(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	rival := func(content string) func(*testing.T, backends.Store, string) {
		return func(t *testing.T, store backends.Store, _ string) { putContent(t, store, "c", content) }
	}
	abortAndRival := func(content string) func(*testing.T, backends.Store, string) {
		return func(t *testing.T, store backends.Store, id string) {
			abort(t, store, id)
			putContent(t, store, "c", content)
		}
	}
	plain := func(s backends.Store) backends.Store { return s }
	noSums := func(s backends.Store) backends.Store { return sumless{s} }
	clockOff := func(off time.Duration) func(backends.Store) backends.Store {
		return func(s backends.Store) backends.Store { return dated{sumless{s}, off} }
	}
	tests := map[string]struct {
		store func(backends.Store) backends.Store
		cond  backends.Condition
		runs  bool // the first attempt is carried out
		rival func(t *testing.T, store backends.Store, id string)
		want  error
		calls string
		there string // at the key in the end
	}{
		"published, no sums":               {noSums, backends.Condition{}, true, none, nil, "Commit Parts Stat", newContent},
		"published, clock behind":          {clockOff(-10 * time.Minute), backends.Condition{}, true, none, nil, "Commit Parts Stat", newContent},
		"gone, an older object there":      {clockOff(-time.Hour), backends.Condition{}, false, abortAndRival(newContent), backends.ErrBusy, "Commit Parts Stat", newContent},
		"gone, nothing there":              {plain, backends.Condition{}, false, abort, backends.ErrBusy, "Commit Parts Stat", "nothing"},
		"gone, another size there":         {plain, backends.Condition{}, false, abortAndRival("rival"), backends.ErrBusy, "Commit Parts Stat", "rival"},
		"gone, other bytes there":          {plain, backends.Condition{}, false, abortAndRival("NEW content"), backends.ErrBusy, "Commit Parts Stat", "NEW content"},
		"gone, another size there, no sum": {noSums, backends.Condition{}, false, abortAndRival("rival"), backends.ErrBusy, "Commit Parts Stat", "rival"},
		"published and replaced":           {plain, backends.Condition{}, true, rival("rival"), backends.ErrBusy, "Commit Parts Stat", "rival"},
		"pending, taken by a rival":        {plain, backends.Condition{Absent: true}, false, rival("rival"), fs.ErrExist, "Commit Parts Commit Parts", "rival"},
		"pending, rival of the same bytes": {plain, backends.Condition{Absent: true}, false, rival(newContent), fs.ErrExist, "Commit Parts Commit Parts", newContent},
		"pending, not conditional":         {plain, backends.Condition{}, false, rival("rival"), nil, "Commit Parts Commit", newContent},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inner, _ := fixture(t)
				below := &faulty{store: tt.store(inner)}
				up, parts, err := pending(t.Context(), below.retried(), "c")
				if err != nil {
					t.Fatal(err)
				}
				below.calls = nil
				below.faults = map[layer.Op]fault{
					layer.OpCommit: meanwhile(tt.runs, func() { tt.rival(t, inner, up.ID()) }),
				}
				obj, err := up.Commit(t.Context(), parts, backends.Checksum([]byte(newContent)), tt.cond)
				wantIs(t, "Commit", err, tt.want)
				if err == nil && (obj.Key != "c" || obj.Size != int64(len(newContent)) || obj.Version == "") {
					t.Errorf("Commit gave %+v", obj)
				}
				below.wantCalls(t, tt.calls)
				if got := content(t.Context(), inner, "c"); got != tt.there {
					t.Errorf("there is %q, want %q", got, tt.there)
				}
			})
		})
	}
}

// With no attempt left, or none allowed, it still looks.
func TestRetryLooksAfterTheLastCommit(t *testing.T) {
	once := layer.RetryPolicy{Attempts: 1}
	noTime := layer.RetryPolicy{Attempts: 9, Delay: time.Second, MaxDelay: time.Second}
	tests := map[string]struct {
		policy        layer.RetryPolicy
		commit, parts fault
		want          error
		calls         string
	}{
		"one attempt, published": {once, lostAlways, nil, nil, "Commit Parts Stat"},
		"one attempt, pending":   {once, busyForEver, nil, backends.ErrBusy, "Commit Parts"},
		"no time, published":     {noTime, lostAlways, nil, nil, "Commit Parts Stat"},
		"no time, nothing known": {noTime, lostAlways, busyForEver, backends.ErrBusy, "Commit Parts"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inner, _ := fixture(t)
				below := &faulty{store: inner}
				up, parts, err := pending(t.Context(), layer.Retry(layer.Intercept(inner, below.hook), tt.policy), "a")
				if err != nil {
					t.Fatal(err)
				}
				below.calls = nil
				below.faults = map[layer.Op]fault{layer.OpCommit: tt.commit, layer.OpParts: tt.parts}
				_, err = up.Commit(t.Context(), parts, backends.Checksum([]byte(newContent)), backends.Condition{})
				wantIs(t, "Commit", err, tt.want)
				below.wantCalls(t, tt.calls)
			})
		})
	}
}

func TestRetryOfACommitThatCannotBeLookedAt(t *testing.T) {
	tests := map[string]struct {
		faults map[layer.Op]fault
		calls  string
	}{
		"parts refused":  {map[layer.Op]fault{layer.OpParts: refused}, "Commit Parts"},
		"parts busy":     {map[layer.Op]fault{layer.OpParts: busyForEver}, "Commit" + strings.Repeat(" Parts", policy.Attempts)},
		"object refused": {map[layer.Op]fault{layer.OpStat: refused}, "Commit Parts Stat"},
		"object busy":    {map[layer.Op]fault{layer.OpStat: busyForEver}, "Commit Parts" + strings.Repeat(" Stat", policy.Attempts)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inner, _ := fixture(t)
				below := &faulty{store: inner, faults: tt.faults}
				up, parts, err := pending(t.Context(), below.retried(), "a")
				if err != nil {
					t.Fatal(err)
				}
				below.calls = nil
				tt.faults[layer.OpCommit] = lostOnce
				_, err = up.Commit(t.Context(), parts, backends.Checksum([]byte(newContent)), backends.Condition{})
				wantIs(t, "Commit", err, backends.ErrBusy)
				if errors.Is(err, fs.ErrPermission) {
					t.Errorf("the refusal to look passes for one of the commit: %v", err)
				}
				below.wantCalls(t, tt.calls)
			})
		})
	}
}

// What the store refuses at once is no reason to look.
func TestRetryPassesRefusalsOfACommit(t *testing.T) {
	for _, refusal := range []error{fs.ErrExist, backends.ErrChanged, backends.ErrNoUpload, backends.ErrChecksum, context.Canceled} {
		t.Run(refusal.Error(), func(t *testing.T) {
			inner, _ := fixture(t)
			below := &faulty{store: inner, faults: map[layer.Op]fault{
				layer.OpCommit: func(int, func() error) error { return fmt.Errorf("commit: %w", refusal) },
			}}
			wantIs(t, "Commit", commit(t.Context(), below.retried(), "a", backends.Condition{}), refusal)
			below.wantCalls(t, "Begin PutPart PutPart Commit")
		})
	}
}

// Looking what became of a call takes from the same time.
func TestRetryLooksWithinItsTime(t *testing.T) {
	policy := layer.RetryPolicy{Attempts: 100, Delay: time.Second, MaxDelay: time.Second, Time: 10 * time.Second}
	opts := sealed(newContent)
	opts.Condition.Absent = true
	tests := map[string]struct {
		op, look layer.Op
		do       func(ctx context.Context, store backends.Store) error
	}{
		"Commit": {layer.OpCommit, layer.OpParts, func(ctx context.Context, store backends.Store) error {
			return commit(ctx, store, "a", backends.Condition{})
		}},
		"Rename": {layer.OpRename, layer.OpStat, func(ctx context.Context, store backends.Store) error {
			return store.Rename(ctx, "a", "c")
		}},
		"Put": {layer.OpPut, layer.OpStat, func(ctx context.Context, store backends.Store) error {
			_, err := store.Put(ctx, "c", []byte(newContent), opts)
			return err
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inner, _ := fixture(t)
				start := time.Now()
				late := func() bool { return time.Since(start) > policy.Time-2*policy.MaxDelay }
				below := &faulty{store: inner, faults: map[layer.Op]fault{
					tt.op: func(int, func() error) error {
						if late() && tt.op == layer.OpPut {
							return fs.ErrExist
						}
						return backends.ErrBusy
					},
					tt.look: func(_ int, run func() error) error {
						if late() {
							return backends.ErrBusy
						}
						return run()
					},
				}}
				err := tt.do(t.Context(), layer.Retry(layer.Intercept(inner, below.hook), policy))
				wantIs(t, "the call", err, backends.ErrBusy)
				if took := time.Since(start); took > policy.Time {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// A context that ends meanwhile is what ended the call.
func TestRetryEndsWhileItLooks(t *testing.T) {
	for _, look := range []layer.Op{layer.OpParts, layer.OpStat} {
		t.Run(string(look), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				inner, _ := fixture(t)
				below := &faulty{store: inner, faults: map[layer.Op]fault{
					layer.OpCommit: lostOnce,
					look: func(int, func() error) error {
						cancel()
						return ctx.Err()
					},
				}}
				err := commit(ctx, below.retried(), "a", backends.Condition{})
				if !errors.Is(err, context.Canceled) || errors.Is(err, backends.ErrBusy) {
					t.Errorf("Commit: %v", err)
				}
			})
		})
	}
}
