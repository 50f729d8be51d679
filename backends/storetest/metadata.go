package storetest

import (
	"io/fs"

	"ftpbridge/backends"
)

func metadataTests() []test {
	return []test{
		{"SetMetadata/adds and replaces", nil, setMetadata},
		{"SetMetadata/object without any", nil, setMetadataFirst},
		{"SetMetadata/missing", nil, setMetadataMissing},
		{"SetMetadata/changed", nil, setMetadataChanged},
		{"SetMetadata/pinned to the version before", nil, setMetadataPinned},
	}
}

// setMtime sets one metadata key and returns the object as the store tells it.
func (t *T) setMtime(key, value, version string) backends.Object {
	t.Helper()
	obj, err := t.store.SetMetadata(t.Context(), key, map[string]string{"mtime": value}, version)
	if err != nil {
		t.Fatalf("SetMetadata of %q: %v", key, err)
	}
	return obj
}

func setMetadata(t *T) {
	data := content(31, 100_000)
	t.putWith("a", data, copied)
	_, err := t.store.SetMetadata(t.Context(), "a", map[string]string{"mtime": "1800000000", "place": "Köln"}, "")
	if err != nil {
		t.Fatalf("SetMetadata: %v", err)
	}
	want := copied
	want.Metadata = map[string]string{"mtime": "1800000000", "user": "Jürgen", "place": "Köln"}
	t.wantProperties("a", want)
	t.wantContent("a", data)
	t.wantObjects("", "a")
}

func setMetadataFirst(t *T) {
	t.put("a", []byte("content"))
	obj := t.setMtime("a", "1", "")
	sameObject(t, "SetMetadata and Stat", obj, t.stat("a"))
	if got := t.stat("a").Metadata["mtime"]; got != "1" {
		t.Errorf("mtime is %q, want 1", got)
	}
}

func setMetadataMissing(t *T) {
	_, err := t.store.SetMetadata(t.Context(), "a", map[string]string{"mtime": "1"}, "")
	t.wantError("SetMetadata of a missing object", err, fs.ErrNotExist)
}

func setMetadataChanged(t *T) {
	old := t.put("a", []byte("old"))
	t.put("a", []byte("new content"))
	_, err := t.store.SetMetadata(t.Context(), "a", map[string]string{"mtime": "1"}, old.Version)
	t.wantError("SetMetadata of another version", err, backends.ErrChanged)
	if got, set := t.stat("a").Metadata["mtime"]; set {
		t.Errorf("mtime is %q, want none", got)
	}
}

func setMetadataPinned(t *T) {
	obj := t.put("a", []byte("content"))
	t.setMtime("a", "1", obj.Version)
	t.wantContent("a", []byte("content"))
}
