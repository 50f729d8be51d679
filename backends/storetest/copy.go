package storetest

import (
	"context"
	"errors"
	"io/fs"

	"ftpbridge/backends"
)

func copyTests() []test {
	return []test{
		{"Copy/object", nil, copyObject},
		{"Copy/empty object", nil, copyEmpty},
		{"Copy/object of several parts", nil, copyParts},
		{"Copy/overwrites", nil, copyOverwrites},
		{"Copy/onto itself", nil, copyItself},
		{"Copy/marker", nil, copyMarker},
		{"Copy/missing source", nil, copyMissing},
		{"Copy/pinned source", nil, copyPinned},
		{"Copy/changed source", nil, copyChanged},
		{"Copy/absent", conditional, copyAbsent},
		{"Copy/version", conditional, copyVersion},
		{"Copy/condition unsupported", func(i backends.Info) bool { return !i.ConditionalWrites }, copyUnsupported},
		{"Copy/cancelled", nil, copyCancelled},
	}
}

var copied = backends.PutOptions{
	ContentType: "application/x-copied",
	Metadata:    map[string]string{"mtime": "1700000000", "user": "Jürgen"},
}

func (t *T) copy(to, from string) backends.Object {
	t.Helper()
	obj, err := t.store.Copy(t.Context(), to, backends.Source{Key: from}, backends.Condition{})
	if err != nil {
		t.Fatalf("Copy %q to %q: %v", from, to, err)
	}
	if obj.Key != to || obj.Version == "" {
		t.Errorf("Copy to %q gave %+v", to, obj)
	}
	return obj
}

func copyObject(t *T) {
	data := content(30, 200_000)
	t.putWith("from/a", data, copied)
	obj := t.copy("to/new/b", "from/a")
	t.wantContent("to/new/b", data)
	t.wantProperties("to/new/b", copied)
	sameObject(t, "Copy and Stat", obj, t.stat("to/new/b"))
	t.wantContent("from/a", data)
	t.wantObjects("", "from/a", "to/new/b")
}

func copyEmpty(t *T) {
	t.putWith("a", nil, copied)
	t.copy("b", "a")
	t.wantContent("b", nil)
	t.wantProperties("b", copied)
}

func copyParts(t *T) {
	data := content(31, t.partSize()+100)
	t.upload("a", data, copied)
	t.copy("b", "a")
	t.wantContent("b", data)
	t.wantProperties("b", copied)
	if obj := t.stat("b"); obj.HasSum && obj.Sum != backends.Checksum(data) {
		t.Errorf("sum is %s, want %s", obj.Sum, backends.Checksum(data))
	}
}

func copyOverwrites(t *T) {
	t.putWith("a", []byte("new"), copied)
	old := t.putWith("b", []byte("old and longer"), backends.PutOptions{Metadata: map[string]string{"old": "1"}})
	obj := t.copy("b", "a")
	t.wantContent("b", []byte("new"))
	t.wantProperties("b", copied)
	if obj.Version == old.Version {
		t.Errorf("the version is still %q", obj.Version)
	}
}

// copyItself: the object stays what it is.
func copyItself(t *T) {
	t.putWith("a", []byte("same"), copied)
	t.copy("a", "a")
	t.wantContent("a", []byte("same"))
	t.wantProperties("a", copied)
}

func copyMarker(t *T) {
	t.put("d/", nil)
	t.put("d/x", nil)
	t.copy("e/", "d/")
	t.wantObjects("", "d/", "d/x", "e/")
}

func copyMissing(t *T) {
	t.put("b", []byte("old"))
	for _, key := range []string{"missing", "missing/", "b/"} {
		_, err := t.store.Copy(t.Context(), "c", backends.Source{Key: key}, backends.Condition{})
		t.wantError("Copy of "+key, err, fs.ErrNotExist)
	}
	_, err := t.store.Copy(t.Context(), "b", backends.Source{Key: "missing", Version: "x"}, backends.Condition{})
	t.wantError("Copy of a version of what is missing", err, fs.ErrNotExist)
	t.wantContent("b", []byte("old"))
	t.wantObjects("", "b")
}

func copyPinned(t *T) {
	version := t.put("a", []byte("content")).Version
	_, err := t.store.Copy(t.Context(), "b", backends.Source{Key: "a", Version: version}, backends.Condition{})
	if err != nil {
		t.Fatal(err)
	}
	t.wantContent("b", []byte("content"))
}

func copyChanged(t *T) {
	version := t.put("a", []byte("first")).Version
	t.put("a", []byte("second"))
	t.put("b", []byte("old"))
	_, err := t.store.Copy(t.Context(), "b", backends.Source{Key: "a", Version: version}, backends.Condition{})
	t.wantError("Copy", err, backends.ErrChanged)
	t.wantContent("b", []byte("old"))
}

func copyAbsent(t *T) {
	absent := backends.Condition{Absent: true}
	t.put("a", []byte("new"))
	if _, err := t.store.Copy(t.Context(), "b", backends.Source{Key: "a"}, absent); err != nil {
		t.Fatal(err)
	}
	t.put("b", []byte("old"))
	_, err := t.store.Copy(t.Context(), "b", backends.Source{Key: "a"}, absent)
	t.wantError("Copy onto an object", err, fs.ErrExist)
	t.wantContent("b", []byte("old"))
}

func copyVersion(t *T) {
	t.put("a", []byte("new"))
	pinned := backends.Condition{Version: t.put("b", []byte("old")).Version}
	if _, err := t.store.Copy(t.Context(), "b", backends.Source{Key: "a"}, pinned); err != nil {
		t.Fatal(err)
	}
	t.wantContent("b", []byte("new"))
	t.put("b", []byte("other"))
	_, err := t.store.Copy(t.Context(), "b", backends.Source{Key: "a"}, pinned)
	t.wantError("Copy onto another version", err, backends.ErrChanged)
	t.wantContent("b", []byte("other"))
}

func copyUnsupported(t *T) {
	t.put("a", nil)
	_, err := t.store.Copy(t.Context(), "b", backends.Source{Key: "a"}, backends.Condition{Absent: true})
	t.wantError("Copy", err, errors.ErrUnsupported)
	t.wantAbsent("b")
}

func copyCancelled(t *T) {
	t.put("a", []byte("x"))
	_, err := t.store.Copy(t.cancelled(), "b", backends.Source{Key: "a"}, backends.Condition{})
	t.wantError("Copy", err, context.Canceled)
	t.wantAbsent("b")
}
