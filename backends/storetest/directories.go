package storetest

import (
	"io/fs"

	"ftpbridge/backends"
)

func directoryTests() []test {
	exclusive := func(i backends.Info) bool { return !i.ObjectAndDir }
	return []test{
		{"Directories/marker", nil, dirMarker},
		{"Directories/marker again", nil, dirMarkerAgain},
		{"Directories/marker with bytes", nil, dirMarkerBytes},
		{"Directories/marker absent", conditional, dirMarkerAbsent},
		{"Directories/vanish with the last object", func(i backends.Info) bool { return !i.RealDirs }, dirVanish},
		{"Directories/stay without objects", func(i backends.Info) bool { return i.RealDirs }, dirStay},
		{"Directories/object of the same name", func(i backends.Info) bool { return i.ObjectAndDir }, dirAndObject},
		{"Directories/object where a directory is", exclusive, dirConflictObject},
		{"Directories/directory where an object is", exclusive, dirConflictDir},
	}
}

func dirMarker(t *T) {
	t.put("d/e/", nil)
	obj := t.stat("d/e/")
	if obj.Size != 0 {
		t.Errorf("size %d", obj.Size)
	}
	t.wantContent("d/e/", nil)
	t.wantAbsent("d/e")
	t.wantObjects("", "d/e/")
	t.put("d/e/x", []byte("x"))
	t.wantContent("d/e/x", []byte("x"))
}

func dirMarkerAgain(t *T) {
	t.put("d/", nil)
	t.put("d/x", []byte("x"))
	t.put("d/", nil)
	t.wantContent("d/x", []byte("x"))
	t.wantObjects("", "d/", "d/x")
}

func dirMarkerBytes(t *T) {
	data := []byte("bytes")
	_, err := t.store.Put(t.Context(), "d/", data, sealed(data, backends.PutOptions{}))
	t.wantError("Put of bytes at a marker", err, backends.ErrKey)
	t.wantObjects("")
}

func dirMarkerAbsent(t *T) {
	absent := backends.PutOptions{Condition: backends.Condition{Absent: true}}
	t.putWith("d/", nil, absent)
	_, err := t.store.Put(t.Context(), "d/", nil, absent)
	t.wantError("Put of a marker that is there", err, fs.ErrExist)
}

func dirVanish(t *T) {
	t.put("d/e/x", nil)
	t.put("d/e/y", nil)
	t.delete("d/e/x")
	t.wantKeys("", "d/")
	t.delete("d/e/y")
	t.wantKeys("")
	t.wantKeys("d/")
}

func dirStay(t *T) {
	t.put("d/e/x", nil)
	t.delete("d/e/x")
	t.stat("d/")
	t.stat("d/e/")
	t.wantKeys("d/", "d/", "d/e/")
	t.delete("d/e/")
	t.delete("d/")
	t.wantKeys("")
}

func dirAndObject(t *T) {
	t.put("a", []byte("object"))
	t.put("a/b", []byte("below"))
	t.put("a/", nil)
	t.wantContent("a", []byte("object"))
	t.wantContent("a/b", []byte("below"))
	t.delete("a/")
	t.wantContent("a", []byte("object"))
	t.delete("a")
	t.wantContent("a/b", []byte("below"))
	t.put("a", []byte("again"))
	t.delete("a/b")
	t.wantContent("a", []byte("again"))
	t.wantObjects("", "a")
}

func dirConflictObject(t *T) {
	t.put("d/x", []byte("x"))
	t.put("e/", nil)
	t.put("source", nil)
	for _, key := range []string{"d", "e"} {
		_, err := t.store.Put(t.Context(), key, []byte("y"), sealed([]byte("y"), backends.PutOptions{}))
		t.wantError("Put", err, backends.ErrConflict)
		_, err = t.store.Copy(t.Context(), key, backends.Source{Key: "source"}, backends.Condition{})
		t.wantError("Copy", err, backends.ErrConflict)
		t.wantUploadConflict(key)
	}
	t.wantContent("d/x", []byte("x"))
	t.wantObjects("", "d/x", "e/", "source")
}

// wantUploadConflict: Begin may tell already, Commit must.
func (t *T) wantUploadConflict(key string) {
	t.Helper()
	up, err := t.store.Begin(t.Context(), key, backends.PutOptions{})
	if err == nil {
		defer t.abort(up)
		parts := t.putParts(up, []byte("y"))
		_, err = up.Commit(t.Context(), parts, backends.Checksum([]byte("y")), backends.Condition{})
	}
	t.wantError("Commit", err, backends.ErrConflict)
}

func dirConflictDir(t *T) {
	t.put("a", []byte("object"))
	t.put("source", nil)
	for _, key := range []string{"a/b", "a/b/c", "a/"} {
		_, err := t.store.Put(t.Context(), key, nil, backends.PutOptions{})
		t.wantError("Put", err, backends.ErrConflict)
	}
	_, err := t.store.Copy(t.Context(), "a/b", backends.Source{Key: "source"}, backends.Condition{})
	t.wantError("Copy", err, backends.ErrConflict)
	t.wantUploadConflict("a/b")
	t.wantContent("a", []byte("object"))
	t.wantObjects("", "a", "source")
}
