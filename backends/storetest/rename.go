package storetest

import (
	"context"
	"errors"
	"io/fs"

	"ftpbridge/backends"
)

func renameTests() []test {
	objects := func(i backends.Info) bool { return i.AtomicRename }
	dirs := func(i backends.Info) bool { return i.AtomicDirRename }
	return []test{
		{"Rename/unsupported", func(i backends.Info) bool { return !i.AtomicRename }, renameUnsupported},
		{"Rename/directory unsupported", func(i backends.Info) bool { return !i.AtomicDirRename }, renameDirUnsupported},
		{"Rename/object", objects, renameObject},
		{"Rename/replaces", objects, renameReplaces},
		{"Rename/onto itself", objects, renameItself},
		{"Rename/missing", objects, renameMissing},
		{"Rename/cancelled", objects, renameCancelled},
		{"Rename/conflict", func(i backends.Info) bool { return i.AtomicRename && !i.ObjectAndDir }, renameConflict},
		{"Rename/directory", dirs, renameDir},
		{"Rename/directory onto an empty one", dirs, renameDirOntoEmpty},
		{"Rename/directory onto a full one", dirs, renameDirOntoFull},
		{"Rename/directory into itself", dirs, renameDirIntoItself},
		{"Rename/directory onto itself", dirs, renameDirItself},
		{"Rename/directory missing", dirs, renameDirMissing},
	}
}

func renameUnsupported(t *T) {
	t.put("a", []byte("x"))
	t.wantError("Rename", t.store.Rename(t.Context(), "a", "b"), errors.ErrUnsupported)
	t.wantObjects("", "a")
}

func renameDirUnsupported(t *T) {
	t.put("d/x", nil)
	t.wantError("Rename", t.store.Rename(t.Context(), "d/", "e/"), errors.ErrUnsupported)
	t.wantObjects("", "d/x")
}

func (t *T) rename(from, to string) {
	t.Helper()
	if err := t.store.Rename(t.Context(), from, to); err != nil {
		t.Fatalf("Rename %q to %q: %v", from, to, err)
	}
}

func renameObject(t *T) {
	t.putWith("a", []byte("content"), copied)
	t.rename("a", "new/dir/b")
	t.wantAbsent("a")
	t.wantContent("new/dir/b", []byte("content"))
	t.wantProperties("new/dir/b", copied)
	t.wantObjects("", "new/dir/b")
}

func renameReplaces(t *T) {
	t.put("a", []byte("new"))
	old := t.put("b", []byte("old"))
	t.rename("a", "b")
	t.wantContent("b", []byte("new"))
	if t.stat("b").Version == old.Version {
		t.Errorf("the version is still %q", old.Version)
	}
	t.wantObjects("", "b")
}

func renameItself(t *T) {
	t.put("a", []byte("same"))
	t.rename("a", "a")
	t.wantContent("a", []byte("same"))
}

func renameMissing(t *T) {
	t.put("b", []byte("old"))
	t.put("d/x", nil)
	for _, from := range []string{"missing", "no/such/file", "d"} {
		t.wantError("Rename "+from, t.store.Rename(t.Context(), from, "b"), fs.ErrNotExist)
	}
	t.wantContent("b", []byte("old"))
	t.wantObjects("", "b", "d/x")
}

func renameCancelled(t *T) {
	t.put("a", nil)
	t.wantError("Rename", t.store.Rename(t.cancelled(), "a", "b"), context.Canceled)
	t.wantObjects("", "a")
}

func renameConflict(t *T) {
	t.put("a", nil)
	t.put("b", nil)
	t.put("d/x", nil)
	t.wantError("onto a directory", t.store.Rename(t.Context(), "a", "d"), backends.ErrConflict)
	t.wantError("below an object", t.store.Rename(t.Context(), "a", "b/c"), backends.ErrConflict)
	t.wantError("below itself", t.store.Rename(t.Context(), "a", "a/c"), backends.ErrConflict)
	if t.info.AtomicDirRename {
		t.wantError("directory onto an object", t.store.Rename(t.Context(), "d/", "a/"), backends.ErrConflict)
	}
	t.wantObjects("", "a", "b", "d/x")
}

func renameDir(t *T) {
	t.putWith("d/x", []byte("x"), copied)
	t.put("d/sub/y", []byte("y"))
	t.put("d/empty/", nil)
	t.put("dx", []byte("neighbour"))
	t.rename("d/", "new/e/")
	t.wantObjects("", "dx", "new/e/empty/", "new/e/sub/y", "new/e/x")
	t.wantContent("new/e/x", []byte("x"))
	t.wantProperties("new/e/x", copied)
	t.wantContent("new/e/sub/y", []byte("y"))
	t.wantAbsent("d/x")
}

func renameDirOntoEmpty(t *T) {
	t.put("d/x", []byte("x"))
	t.put("e/", nil)
	t.rename("d/", "e/")
	t.wantContent("e/x", []byte("x"))
	t.wantAbsent("d/x")
}

func renameDirOntoFull(t *T) {
	t.put("d/x", []byte("x"))
	t.put("e/y", []byte("y"))
	t.wantError("Rename", t.store.Rename(t.Context(), "d/", "e/"), backends.ErrNotEmpty)
	t.wantObjects("", "d/x", "e/y")
}

func renameDirIntoItself(t *T) {
	t.put("d/x", nil)
	t.wantError("Rename", t.store.Rename(t.Context(), "d/", "d/sub/e/"), fs.ErrInvalid)
	t.wantContent("d/x", nil)
}

func renameDirItself(t *T) {
	t.put("d/x", nil)
	t.rename("d/", "d/")
	t.wantObjects("", "d/x")
}

func renameDirMissing(t *T) {
	t.put("a", nil)
	for _, from := range []string{"missing/", "a/", "no/such/dir/"} {
		t.wantError("Rename "+from, t.store.Rename(t.Context(), from, "e/"), fs.ErrNotExist)
	}
	t.wantObjects("", "a")
}
