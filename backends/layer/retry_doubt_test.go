package layer_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"testing/synctest"
	"time"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
)

// sumless is a store that keeps no sums.
type sumless struct{ backends.Store }

func (s sumless) Stat(ctx context.Context, key string) (backends.Object, error) {
	obj, err := s.Store.Stat(ctx, key)
	obj.Sum, obj.HasSum = 0, false
	return obj, err
}

// renewing is a store in which SetMetadata makes another version.
type renewing struct{ backends.Store }

func (s renewing) SetMetadata(ctx context.Context, key string, change map[string]string, version string) (backends.Object, error) {
	obj, err := s.Store.SetMetadata(ctx, key, change, version)
	if err != nil {
		return obj, err
	}
	data := []byte(content(ctx, s.Store, key))
	return s.Put(ctx, key, data, backends.PutOptions{Checksum: backends.Checksum(data), Metadata: obj.Metadata})
}

// meanwhile loses the first answer and then lets a rival act.
func meanwhile(runs bool, rival func()) fault {
	return func(n int, run func() error) error {
		if n > 1 {
			return run()
		}
		if runs {
			_ = run()
		}
		rival()
		return backends.ErrBusy
	}
}

// TestRetryDoesNotTakeTheRivalsForItsOwn: a conditional write whose answer was
// lost, and what a rival did.
func TestRetryDoesNotTakeTheRivalsForItsOwn(t *testing.T) {
	none := func(*testing.T, backends.Store) {}
	rivalPuts := func(content string, metadata map[string]string) func(*testing.T, backends.Store) {
		return func(t *testing.T, store backends.Store) {
			opts := sealed(content)
			opts.Metadata = metadata
			if _, err := store.Put(t.Context(), "c", []byte(content), opts); err != nil {
				t.Fatal(err)
			}
		}
	}
	ours := map[string]string{"by": "us", "more": "than that"}
	putAbsent := func(ctx context.Context, store backends.Store) error {
		opts := sealed(newContent)
		opts.Condition.Absent = true
		opts.Metadata = map[string]string{"by": "us"}
		_, err := store.Put(ctx, "c", []byte(newContent), opts)
		return err
	}
	copyAbsent := func(ctx context.Context, store backends.Store) error {
		_, err := store.Copy(ctx, "c", backends.Source{Key: "a"}, backends.Condition{Absent: true})
		return err
	}
	plain := func(s backends.Store) backends.Store { return s }
	noSums := func(s backends.Store) backends.Store { return sumless{s} }
	tests := map[string]struct {
		store func(backends.Store) backends.Store
		op    layer.Op
		do    func(context.Context, backends.Store) error
		runs  bool // the first attempt is carried out
		rival func(*testing.T, backends.Store)
		want  error
		calls string
	}{
		"put, other size":                {plain, layer.OpPut, putAbsent, false, rivalPuts(newContent+" and more", ours), fs.ErrExist, "Put Put Stat"},
		"put, other bytes":               {plain, layer.OpPut, putAbsent, false, rivalPuts("NEW content", ours), fs.ErrExist, "Put Put Stat"},
		"put, other metadata":            {plain, layer.OpPut, putAbsent, false, rivalPuts(newContent, map[string]string{"by": "them"}), fs.ErrExist, "Put Put Stat"},
		"put, no rival, no sum":          {noSums, layer.OpPut, putAbsent, true, none, nil, "Put Put Stat Open Read CloseReader"},
		"put, other size, no sum":        {noSums, layer.OpPut, putAbsent, false, rivalPuts(newContent+" and more", ours), fs.ErrExist, "Put Put Stat"},
		"copy, other size":               {plain, layer.OpCopy, copyAbsent, false, rivalPuts("rival", nil), fs.ErrExist, "Copy Copy Stat Stat"},
		"copy, other bytes":              {plain, layer.OpCopy, copyAbsent, false, rivalPuts("CONTENT of a", nil), fs.ErrExist, "Copy Copy Stat Stat"},
		"copy, no rival, no sum":         {noSums, layer.OpCopy, copyAbsent, true, none, backends.ErrBusy, "Copy Copy Stat Stat"},
		"copy, other size, no sum":       {noSums, layer.OpCopy, copyAbsent, false, rivalPuts("rival", nil), fs.ErrExist, "Copy Copy Stat Stat"},
		"put, object deleted once again": {plain, layer.OpPut, putAbsent, true, func(t *testing.T, s backends.Store) { remove(t, s, "c") }, nil, "Put Put"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inner, _ := fixture(t)
				below := &faulty{store: tt.store(inner), faults: map[layer.Op]fault{
					tt.op: meanwhile(tt.runs, func() { tt.rival(t, inner) }),
				}}
				wantIs(t, "the call", tt.do(t.Context(), below.retried()), tt.want)
				below.wantCalls(t, tt.calls)
			})
		})
	}
}

func remove(t *testing.T, store backends.Store, key string) {
	t.Helper()
	if err := store.Delete(t.Context(), backends.Condition{}, key); err != nil {
		t.Fatal(err)
	}
}

// Without a lost answer there is no doubt, be what is there ever so like it.
func TestRetryPassesRefusals(t *testing.T) {
	inner, _ := fixture(t)
	putContent(t, inner, "c", newContent)
	below := &faulty{store: inner}
	opts := sealed(newContent)
	opts.Condition.Absent = true
	_, err := below.retried().Put(t.Context(), "c", []byte(newContent), opts)
	wantIs(t, "Put", err, fs.ErrExist)
	below.wantCalls(t, "Put")
}

// What was there long before the call is not its own, be it ever so like it.
func TestRetryKnowsWhatIsOlder(t *testing.T) {
	tests := map[string]struct {
		age  time.Duration // of what is there
		want error
	}{
		"long before":          {time.Hour, fs.ErrExist},
		"by a clock that lags": {10 * time.Minute, nil},
		"by one that is ahead": {-10 * time.Minute, nil},
	}
	absent := backends.Condition{Absent: true}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inner, _ := fixture(t)
				putContent(t, inner, "c", newContent)
				putContent(t, inner, "d", "content of a")
				below := &faulty{store: dated{inner, -tt.age}, faults: map[layer.Op]fault{
					layer.OpPut: busyOnce, layer.OpCopy: busyOnce,
				}}
				store, opts := below.retried(), sealed(newContent)
				opts.Condition = absent
				_, err := store.Put(t.Context(), "c", []byte(newContent), opts)
				wantIs(t, "Put", err, tt.want)
				_, err = store.Copy(t.Context(), "d", backends.Source{Key: "a"}, absent)
				wantIs(t, "Copy", err, tt.want)
			})
		})
	}
}

// Without sums a Put is told by its bytes, which are those of the version that
// was looked at.
func TestRetryComparesBytes(t *testing.T) {
	putAbsent := sealed(newContent)
	putAbsent.Condition.Absent = true
	tests := map[string]struct {
		rival      string
		open, read fault
		want       error
	}{
		"other bytes":     {"NEW content", nil, nil, fs.ErrExist},
		"unreadable":      {newContent, nil, busyForEver, backends.ErrBusy},
		"broken off":      {newContent, nil, func(int, func() error) error { return errInjected }, backends.ErrBusy},
		"the same, by us": {newContent, nil, nil, nil},
		"replaced":        {newContent, func(int, func() error) error { return backends.ErrChanged }, nil, fs.ErrExist},
		"deleted":         {newContent, func(int, func() error) error { return fs.ErrNotExist }, nil, fs.ErrExist},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inner, _ := fixture(t)
				below := &faulty{store: sumless{inner}, faults: map[layer.Op]fault{
					layer.OpPut:  meanwhile(false, func() { putContent(t, inner, "c", tt.rival) }),
					layer.OpOpen: tt.open, layer.OpRead: tt.read,
				}}
				_, err := below.retried().Put(t.Context(), "c", []byte(newContent), putAbsent)
				wantIs(t, "Put", err, tt.want)
				if tt.want != nil && !errors.Is(tt.want, fs.ErrExist) && errors.Is(err, fs.ErrExist) {
					t.Errorf("an unknown outcome passes for a refusal: %v", err)
				}
			})
		})
	}
}

// If looking fails, nobody knows, and that is what the error says.
func TestRetryThatCannotLook(t *testing.T) {
	for name, look := range map[string]fault{"busy": busyForEver, "refused": refused} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inner, _ := fixture(t)
				below := &faulty{store: inner, faults: map[layer.Op]fault{layer.OpPut: lostOnce, layer.OpStat: look}}
				opts := sealed(newContent)
				opts.Condition.Absent = true
				_, err := below.retried().Put(t.Context(), "c", []byte(newContent), opts)
				wantIs(t, "Put", err, backends.ErrBusy)
				if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrPermission) {
					t.Errorf("Put: %v", err)
				}
			})
		})
	}
}

func TestRetryOfMetadataThatMakesAVersion(t *testing.T) {
	change := map[string]string{"mtime": "7"}
	tests := map[string]struct {
		runs  bool
		rival func(*testing.T, backends.Store)
		want  error
	}{
		"no rival": {true, func(*testing.T, backends.Store) {}, nil},
		"replaced": {false, func(t *testing.T, s backends.Store) { putContent(t, s, "a", "rival") }, backends.ErrChanged},
		"deleted":  {true, func(t *testing.T, s backends.Store) { remove(t, s, "a") }, fs.ErrNotExist},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inner, versions := fixture(t)
				below := &faulty{store: renewing{inner}, faults: map[layer.Op]fault{
					layer.OpSetMetadata: meanwhile(tt.runs, func() { tt.rival(t, inner) }),
				}}
				obj, err := below.retried().SetMetadata(t.Context(), "a", change, versions["a"])
				wantIs(t, "SetMetadata", err, tt.want)
				if tt.want == nil && (obj.Metadata["mtime"] != "7" || obj.Version == versions["a"]) {
					t.Errorf("SetMetadata gave %+v", obj)
				}
			})
		})
	}
}

func TestRetryOfARenameThatCannotBeLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner, _ := fixture(t)
		below := &faulty{store: inner, faults: map[layer.Op]fault{layer.OpRename: lostOnce, layer.OpStat: refused}}
		err := below.retried().Rename(t.Context(), "a", "c")
		wantIs(t, "Rename", err, backends.ErrBusy)
		below.wantCalls(t, "Rename Stat")
	})
}
