package storetest

import (
	"context"
	"errors"

	"ftpbridge/backends"
)

func deleteTests() []test {
	return []test{
		{"Delete/object", nil, deleteObject},
		{"Delete/missing", nil, deleteMissing},
		{"Delete/several", nil, deleteSeveral},
		{"Delete/no keys", nil, deleteNone},
		{"Delete/directory without its slash", nil, deleteDirName},
		{"Delete/object by a marker's key", nil, deleteObjectAsMarker},
		{"Delete/marker", nil, deleteMarker},
		{"Delete/marker with content below", nil, deleteFullMarker},
		{"Delete/several of which one fails", func(i backends.Info) bool { return i.RealDirs }, deleteJoined},
		{"Delete/version", conditional, deleteVersion},
		{"Delete/changed version", conditional, deleteChanged},
		{"Delete/version of a missing object", conditional, deleteVersionMissing},
		{"Delete/version of several", conditional, deleteVersionSeveral},
		{"Delete/condition unsupported", func(i backends.Info) bool { return !i.ConditionalWrites }, deleteUnsupported},
		{"Delete/cancelled", nil, deleteCancelled},
	}
}

func (t *T) delete(keys ...string) {
	t.Helper()
	if err := t.store.Delete(t.Context(), backends.Condition{}, keys...); err != nil {
		t.Fatalf("Delete %q: %v", keys, err)
	}
}

func deleteObject(t *T) {
	t.put("a", nil)
	t.put("ab", nil)
	t.delete("a")
	t.wantAbsent("a")
	t.wantObjects("", "ab")
}

func deleteMissing(t *T) {
	t.put("a", []byte("x"))
	t.delete("missing")
	t.delete("no/such/dir/file")
	t.delete("missing/")
	t.delete("a/below")
	t.wantContent("a", []byte("x"))
}

func deleteSeveral(t *T) {
	for _, key := range []string{"a", "b/c", "b/d", "e"} {
		t.put(key, nil)
	}
	t.delete("a", "b/c", "missing", "e", "no/such")
	t.wantAbsent("a")
	t.wantAbsent("b/c")
	t.wantObjects("", "b/d")
}

func deleteNone(t *T) {
	t.put("a", nil)
	t.delete()
	t.wantObjects("", "a")
}

func deleteDirName(t *T) {
	t.put("d/x", []byte("x"))
	t.delete("d")
	t.wantContent("d/x", []byte("x"))
	t.put("e/", nil)
	t.delete("e")
	t.stat("e/")
}

func deleteObjectAsMarker(t *T) {
	t.put("d", []byte("object"))
	t.delete("d/")
	t.wantContent("d", []byte("object"))
}

func deleteMarker(t *T) {
	t.put("d/", nil)
	t.put("dx", nil)
	t.delete("d/")
	t.wantAbsent("d/")
	t.wantObjects("", "dx")
}

func deleteFullMarker(t *T) {
	t.put("d/", nil)
	t.put("d/x", []byte("x"))
	err := t.store.Delete(t.Context(), backends.Condition{}, "d/")
	if t.info.RealDirs {
		t.wantError("Delete", err, backends.ErrNotEmpty)
		t.stat("d/")
	} else if err != nil {
		t.Errorf("Delete: %v", err)
	}
	t.wantContent("d/x", []byte("x"))
	t.wantObjects("", "d/x")
}

func deleteJoined(t *T) {
	for _, key := range []string{"a", "full/x", "z"} {
		t.put(key, nil)
	}
	err := t.store.Delete(t.Context(), backends.Condition{}, "a", "full/", "z")
	t.wantError("Delete", err, backends.ErrNotEmpty)
	t.wantObjects("", "full/x")
}

func deleteVersion(t *T) {
	version := t.put("a", []byte("x")).Version
	if err := t.store.Delete(t.Context(), backends.Condition{Version: version}, "a"); err != nil {
		t.Fatal(err)
	}
	t.wantAbsent("a")
}

func deleteChanged(t *T) {
	version := t.put("a", []byte("first")).Version
	t.put("a", []byte("second"))
	err := t.store.Delete(t.Context(), backends.Condition{Version: version}, "a")
	t.wantError("Delete", err, backends.ErrChanged)
	t.wantContent("a", []byte("second"))
}

func deleteVersionMissing(t *T) {
	version := t.put("a", []byte("x")).Version
	t.delete("a")
	if err := t.store.Delete(t.Context(), backends.Condition{Version: version}, "a"); err != nil {
		t.Errorf("Delete: %v", err)
	}
}

func deleteVersionSeveral(t *T) {
	version := t.put("a", nil).Version
	t.put("b", nil)
	if err := t.store.Delete(t.Context(), backends.Condition{Version: version}, "a", "b"); err == nil {
		t.Error("Delete of two keys with one version succeeded")
	}
	t.wantObjects("", "a", "b")
}

func deleteUnsupported(t *T) {
	version := t.put("a", nil).Version
	err := t.store.Delete(t.Context(), backends.Condition{Version: version}, "a")
	t.wantError("Delete", err, errors.ErrUnsupported)
	t.wantObjects("", "a")
}

func deleteCancelled(t *T) {
	t.put("a", nil)
	t.put("b", nil)
	t.wantError("Delete", t.store.Delete(t.cancelled(), backends.Condition{}, "a"), context.Canceled)
	t.wantError("Delete of two", t.store.Delete(t.cancelled(), backends.Condition{}, "a", "b"), context.Canceled)
	t.wantObjects("", "a", "b")
}
