package storetest

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"sync/atomic"
	"time"

	"ftpbridge/backends"
)

func putTests() []test {
	return []test{
		{"Put/object", nil, putObject},
		{"Put/empty object", nil, putEmpty},
		{"Put/overwrite", nil, putOverwrite},
		{"Put/version changes with the content", nil, putVersions},
		{"Put/wrong checksum", nil, putWrongChecksum},
		{"Put/content type and metadata", nil, putProperties},
		{"Put/non-ASCII metadata", nil, putNonASCIIMetadata},
		{"Put/modification time", nil, putModTime},
		{"Put/data is not kept", nil, putDataNotKept},
		{"Put/too large", func(i backends.Info) bool { return i.PutMax > 0 && i.PutMax <= 64<<20 }, putTooLarge},
		{"Put/cancelled", nil, putCancelled},
		{"Put/absent", conditional, putAbsent},
		{"Put/version", conditional, putVersion},
		{"Put/simultaneous absent", conditional, putSimultaneousAbsent},
		{"Put/simultaneous version", conditional, putSimultaneousVersion},
		{"Put/condition unsupported", func(i backends.Info) bool { return !i.ConditionalWrites }, putUnsupported},
	}
}

func putObject(t *T) {
	data := content(1, 100_000)
	stored := t.put("dir/a", data)
	t.wantContent("dir/a", data)
	sameObject(t, "Put and Stat", stored, t.stat("dir/a"))
	if stored.HasSum && stored.Sum != backends.Checksum(data) {
		t.Errorf("sum is %s, want %s", stored.Sum, backends.Checksum(data))
	}
}

// sameObject compares what two calls say of one object. Put need not tell
// the date.
func sameObject(t *T, what string, a, b backends.Object) {
	t.Helper()
	if a.Key != b.Key || a.Size != b.Size || a.Version != b.Version {
		t.Errorf("%s differ: %+v and %+v", what, a, b)
	}
	if a.HasSum && b.HasSum && a.Sum != b.Sum {
		t.Errorf("%s differ in their sums: %s and %s", what, a.Sum, b.Sum)
	}
}

func putEmpty(t *T) {
	t.put("empty", nil)
	if obj := t.stat("empty"); obj.Size != 0 {
		t.Errorf("size %d", obj.Size)
	}
	t.wantContent("empty", nil)
	t.wantObjects("", "empty")
}

func putOverwrite(t *T) {
	t.putWith("a", []byte("old and longer"), backends.PutOptions{
		ContentType: "text/plain", Metadata: map[string]string{"old": "1"},
	})
	t.putWith("a", []byte("new"), backends.PutOptions{
		ContentType: "text/html", Metadata: map[string]string{"new": "2"},
	})
	t.wantContent("a", []byte("new"))
	obj := t.stat("a")
	if obj.ContentType != "text/html" || !maps.Equal(obj.Metadata, map[string]string{"new": "2"}) {
		t.Errorf("after the second Put: %q, %v", obj.ContentType, obj.Metadata)
	}
	t.wantObjects("", "a")
}

func putVersions(t *T) {
	seen := map[string]bool{}
	for i := range byte(8) {
		obj := t.put("a", []byte{i, 1, 2, 3})
		if seen[obj.Version] {
			t.Errorf("write %d has a version that was there before: %q", i, obj.Version)
		}
		seen[obj.Version] = true
		if i%2 == 1 {
			t.delete("a")
		}
	}
}

func putWrongChecksum(t *T) {
	data := []byte("some bytes")
	wrong := backends.PutOptions{Checksum: backends.Checksum([]byte("other bytes"))}
	_, err := t.store.Put(t.Context(), "a", data, wrong)
	t.wantError("Put with another sum", err, backends.ErrChecksum)
	t.wantAbsent("a")
	t.put("a", []byte("old"))
	_, err = t.store.Put(t.Context(), "a", data, wrong)
	t.wantError("Put with another sum over an object", err, backends.ErrChecksum)
	t.wantContent("a", []byte("old"))
}

func putProperties(t *T) {
	opts := backends.PutOptions{
		ContentType: "application/x-test; charset=utf-8",
		Metadata:    map[string]string{"mtime": "1700000000", "with-dash": "a value, with \"quotes\""},
	}
	t.putWith("a", []byte("x"), opts)
	t.wantProperties("a", opts)
}

// wantProperties fails unless Stat and Open tell this content type and metadata.
func (t *T) wantProperties(key string, want backends.PutOptions) {
	t.Helper()
	r, err := t.store.Open(t.Context(), key, 0, -1, "")
	if err != nil {
		t.Fatalf("Open %q: %v", key, err)
	}
	opened := r.Object()
	if err := r.Close(); err != nil {
		t.Errorf("closing %q: %v", key, err)
	}
	for what, obj := range map[string]backends.Object{"Stat": t.stat(key), "Open": opened} {
		if obj.ContentType != want.ContentType {
			t.Errorf("%s tells content type %q, want %q", what, obj.ContentType, want.ContentType)
		}
		if !maps.Equal(obj.Metadata, want.Metadata) {
			t.Errorf("%s tells metadata %q, want %q", what, obj.Metadata, want.Metadata)
		}
	}
}

func putNonASCIIMetadata(t *T) {
	opts := backends.PutOptions{
		ContentType: "text/plain",
		Metadata: map[string]string{
			"user": "Jürgen Größe", "name": "世界 😀", "percent": "100% a%20b", "encoded": "=?UTF-8?Q?x?=", "plus": "a+b",
		},
	}
	t.putWith("a", []byte("x"), opts)
	t.wantProperties("a", opts)
}

// putModTime allows for clocks that differ, but not for 1970.
func putModTime(t *T) {
	t.put("a", nil)
	for what, at := range map[string]time.Time{
		"Stat": t.stat("a").ModTime,
		"List": t.list("a", backends.ListOptions{})[0].ModTime,
	} {
		if off := time.Since(at).Abs(); off > 24*time.Hour {
			t.Errorf("%s tells %v", what, at)
		}
	}
}

func putDataNotKept(t *T) {
	data := []byte("before")
	t.put("a", data)
	copy(data, "after!")
	t.wantContent("a", []byte("before"))
}

func putTooLarge(t *T) {
	data := make([]byte, t.info.PutMax+1)
	_, err := t.store.Put(t.Context(), "a", data, sealed(data, backends.PutOptions{}))
	t.wantError("Put", err, backends.ErrTooLarge)
	t.wantAbsent("a")
	t.put("a", data[:t.info.PutMax])
}

func putCancelled(t *T) {
	_, err := t.store.Put(t.cancelled(), "a", []byte("x"), sealed([]byte("x"), backends.PutOptions{}))
	t.wantError("Put", err, context.Canceled)
	t.wantAbsent("a")
}

func putAbsent(t *T) {
	absent := backends.PutOptions{Condition: backends.Condition{Absent: true}}
	t.putWith("a", []byte("first"), absent)
	_, err := t.store.Put(t.Context(), "a", []byte("second"), sealed([]byte("second"), absent))
	t.wantError("Put onto an object", err, fs.ErrExist)
	t.wantContent("a", []byte("first"))
	t.delete("a")
	t.putWith("a", []byte("third"), absent)
	t.wantContent("a", []byte("third"))
}

func putVersion(t *T) {
	first := t.put("a", []byte("first"))
	pinned := backends.PutOptions{Condition: backends.Condition{Version: first.Version}}
	t.putWith("a", []byte("second"), pinned)
	t.wantContent("a", []byte("second"))
	_, err := t.store.Put(t.Context(), "a", []byte("third"), sealed([]byte("third"), pinned))
	t.wantError("Put with a stale version", err, backends.ErrChanged)
	t.wantContent("a", []byte("second"))
	t.delete("a")
	_, err = t.store.Put(t.Context(), "a", []byte("third"), sealed([]byte("third"), pinned))
	t.wantError("Put with the version of a missing object", err, backends.ErrChanged)
	t.wantAbsent("a")
}

func putSimultaneousAbsent(t *T) {
	t.oneWins(backends.Condition{Absent: true}, fs.ErrExist)
}

func putSimultaneousVersion(t *T) {
	t.oneWins(backends.Condition{Version: t.put("a", []byte("old")).Version}, backends.ErrChanged)
}

// oneWins puts 16 objects at once under a condition that one alone can meet.
func (t *T) oneWins(cond backends.Condition, refusal error) {
	const rivals = 16
	var winner atomic.Int64
	winner.Store(-1)
	together(rivals, func(i int) {
		data := filler(i, 1000)
		_, err := t.store.Put(t.Context(), "a", data, sealed(data, backends.PutOptions{Condition: cond}))
		switch {
		case err == nil:
			if !winner.CompareAndSwap(-1, int64(i)) {
				t.Errorf("both %d and %d won", winner.Load(), i)
			}
		case !errors.Is(err, refusal):
			t.Errorf("a loser got %v, want %v", err, refusal)
		}
	})
	if winner.Load() < 0 {
		t.Fatal("nobody won")
	}
	t.wantContent("a", filler(int(winner.Load()), 1000))
}

func putUnsupported(t *T) {
	for _, cond := range []backends.Condition{{Absent: true}, {Version: "x"}} {
		_, err := t.store.Put(t.Context(), "a", nil, backends.PutOptions{Condition: cond})
		t.wantError("Put", err, errors.ErrUnsupported)
	}
	t.wantAbsent("a")
}
