package file

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"ftpbridge/backends"
)

// These tests hold what is special to a directory: other programs use it, too.

func newStore(t *testing.T) (*Store, string) {
	t.Helper()
	dir := t.TempDir()
	store := openTest(t, dir, false)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store, dir
}

func put(t *testing.T, store *Store, key, content string) backends.Object {
	t.Helper()
	obj, err := store.Put(t.Context(), key, []byte(content), backends.PutOptions{
		ContentType: "text/plain", Checksum: backends.Checksum([]byte(content)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return obj
}

func read(t *testing.T, store *Store, key string) string {
	t.Helper()
	r, err := store.Open(t.Context(), key, 0, -1, "")
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func list(t *testing.T, store *Store, prefix string, opts backends.ListOptions) []string {
	t.Helper()
	var keys []string
	for page, err := range store.List(t.Context(), prefix, opts) {
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range page {
			keys = append(keys, entry.Key)
		}
	}
	slices.Sort(keys)
	return keys
}

func wantKeys(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
}

func writeFile(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func symlink(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

func TestObjectsAreFiles(t *testing.T) {
	store, dir := newStore(t)
	put(t, store, "a/b.txt", "content")
	if got, err := os.ReadFile(filepath.Join(dir, "a", "b.txt")); err != nil || string(got) != "content" {
		t.Errorf("the file holds %q, %v", got, err)
	}
	writeFile(t, filepath.Join(dir, "a", "foreign"), "by hand")
	if got := read(t, store, "a/foreign"); got != "by hand" {
		t.Errorf("read %q", got)
	}
	if obj, err := store.Stat(t.Context(), "a/foreign"); err != nil || obj.HasSum || obj.Size != 7 {
		t.Errorf("Stat of a foreign file: %+v, %v", obj, err)
	}
	if _, err := store.Copy(t.Context(), "copy", backends.Source{Key: "a/foreign"}, backends.Condition{}); err != nil {
		t.Fatal(err)
	}
	if obj, err := store.Stat(t.Context(), "copy"); err != nil || obj.HasSum || obj.Size != 7 {
		t.Errorf("Stat of a copy of it: %+v, %v", obj, err)
	}
}

// An edit in place keeps the attributes, but not the sum and the version.
func TestForeignEdit(t *testing.T) {
	store, dir := newStore(t)
	old := put(t, store, "a", "content")
	f, err := os.OpenFile(filepath.Join(dir, "a"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("CONTENT")
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	obj, err := store.Stat(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if obj.HasSum || obj.Version == old.Version || obj.ContentType != "text/plain" {
		t.Errorf("after the edit: %+v", obj)
	}
	if _, err := store.Open(t.Context(), "a", 0, -1, old.Version); !errors.Is(err, backends.ErrChanged) {
		t.Errorf("Open of the old version: %v", err)
	}
}

// A file that gets shorter while it is read must not look complete.
func TestCutWhileRead(t *testing.T) {
	store, dir := newStore(t)
	put(t, store, "a", "0123456789")
	r, err := store.Open(t.Context(), "a", 0, -1, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "a"), 4); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if string(got) != "0123" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %q, %v", got, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestOwnAreaIsHidden(t *testing.T) {
	store, dir := newStore(t)
	put(t, store, "a", "x")
	put(t, store, ".ftpbridge/records", "the caller's")
	put(t, store, ".ftpbridge-files", "a neighbour")

	wantKeys(t, list(t, store, "", backends.ListOptions{}), ".ftpbridge-files", ".ftpbridge/", "a")
	wantKeys(t, list(t, store, ".ftpbridge-file", backends.ListOptions{}), ".ftpbridge-files")
	for _, prefix := range []string{".ftpbridge-file/", ".ftpbridge-file/tmp/", ".ftpbridge-file/l"} {
		wantKeys(t, list(t, store, prefix, backends.ListOptions{Recursive: true}))
	}
	for _, key := range []string{".ftpbridge-file", ".ftpbridge-file/", ".ftpbridge-file/x", ".ftpbridge-file/tmp/x", ".ftpbridge-file/lock", "sub/.ftpbridge-file/x"} {
		_, putErr := store.Put(t.Context(), key, nil, backends.PutOptions{})
		_, statErr := store.Stat(t.Context(), key)
		_, beginErr := store.Begin(t.Context(), key, backends.PutOptions{})
		_, copyErr := store.Copy(t.Context(), key, backends.Source{Key: "a"}, backends.Condition{})
		_, sourceErr := store.Copy(t.Context(), "b", backends.Source{Key: key}, backends.Condition{})
		for what, err := range map[string]error{
			"Put": putErr, "Stat": statErr, "Begin": beginErr, "Copy to": copyErr, "Copy from": sourceErr,
			"Rename to":   store.Rename(t.Context(), "a", key),
			"Rename from": store.Rename(t.Context(), key, "b"),
			"Delete":      store.Delete(t.Context(), backends.Condition{}, key),
		} {
			if !errors.Is(err, backends.ErrKey) {
				t.Errorf("%s %q: %v", what, key, err)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, ownDir, "lock")); err != nil {
		t.Error(err)
	}
}

func TestSymlinksInside(t *testing.T) {
	store, dir := newStore(t)
	put(t, store, "real/file", "content")
	symlink(t, "file", filepath.Join(dir, "real", "link"))
	symlink(t, "real", filepath.Join(dir, "dirlink"))
	symlink(t, "nowhere", filepath.Join(dir, "dangling"))
	symlink(t, "..", filepath.Join(dir, "real", "up")) // a loop

	if got := read(t, store, "dirlink/link"); got != "content" {
		t.Errorf("read %q", got)
	}
	wantKeys(t, list(t, store, "", backends.ListOptions{}), "dirlink/", "real/")
	wantKeys(
		t, list(t, store, "real/", backends.ListOptions{Recursive: true}),
		"real/", "real/file", "real/link",
		"real/up/", "real/up/dirlink/", "real/up/real/",
	)
	put(t, store, "dirlink/new", "through the link")
	if got := read(t, store, "real/new"); got != "through the link" {
		t.Errorf("read %q", got)
	}
	put(t, store, "real/link", "replaces the link, not its target")
	if got := read(t, store, "real/file"); got != "content" {
		t.Errorf("read %q", got)
	}
	if _, err := store.Put(t.Context(), "dirlink", nil, backends.PutOptions{}); !errors.Is(err, backends.ErrConflict) {
		t.Errorf("Put over a link to a directory: %v", err)
	}
	if err := store.Delete(t.Context(), backends.Condition{}, "dirlink/"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Delete of a link to a directory: %v", err)
	}
}

func TestSymlinksThatLeaveAreRefused(t *testing.T) {
	store, dir := newStore(t)
	outside := t.TempDir()
	writeFile(t, filepath.Join(outside, "secret"), "secret")
	symlink(t, filepath.Join(outside, "secret"), filepath.Join(dir, "absolute"))
	symlink(t, outside, filepath.Join(dir, "dir"))
	relative, err := filepath.Rel(dir, outside)
	if err != nil {
		t.Fatal(err)
	}
	symlink(t, relative, filepath.Join(dir, "updir"))

	wantKeys(t, list(t, store, "", backends.ListOptions{}))
	wantKeys(t, list(t, store, "dir/", backends.ListOptions{}))
	for _, key := range []string{"absolute", "dir/secret", "updir/secret"} {
		_, openErr := store.Open(t.Context(), key, 0, -1, "")
		_, statErr := store.Stat(t.Context(), key)
		_, putErr := store.Put(t.Context(), key, nil, backends.PutOptions{})
		for what, err := range map[string]error{"Open": openErr, "Stat": statErr, "Put": putErr} {
			if !errors.Is(err, fs.ErrPermission) {
				t.Errorf("%s %q: %v", what, key, err)
			}
		}
	}
	if err := store.Delete(t.Context(), backends.Condition{}, "dir/secret"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Delete: %v", err)
	}
	if got, err := os.ReadFile(filepath.Join(outside, "secret")); err != nil || string(got) != "secret" {
		t.Errorf("outside there is now %q, %v", got, err)
	}
}

func TestWhatIsNoObjectDoesNotShow(t *testing.T) {
	store, dir := newStore(t)
	put(t, store, "a", "x")
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "not\xffutf8"), "x")
	wantKeys(t, list(t, store, "", backends.ListOptions{Recursive: true}), "a")
	if _, err := store.Open(t.Context(), "fifo", 0, -1, ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of a FIFO: %v", err)
	}
}

// The version must differ even where the file system gives a new file the
// inode of the old one within one tick of its clock.
func TestVersionAfterDeleteAndPut(t *testing.T) {
	store, _ := newStore(t)
	seen := map[string]bool{}
	for range 50 {
		version := put(t, store, "a", "same").Version
		if seen[version] {
			t.Fatalf("version %q came again", version)
		}
		seen[version] = true
		if err := store.Delete(t.Context(), backends.Condition{}, "a"); err != nil {
			t.Fatal(err)
		}
	}
}

// So the date is the store's own, later than any that it gave before.
func TestDatesIncrease(t *testing.T) {
	store, _ := newStore(t)
	newest := time.Now().Add(time.Hour).UnixNano()
	store.lastTime.Store(newest)
	for i := range int64(3) {
		obj := put(t, store, "a", "same")
		if got := obj.ModTime.UnixNano(); got != newest+1+i {
			t.Errorf("write %d has the date %d, want %d", i, got, newest+1+i)
		}
	}
}

// Metadata that an extended attribute cannot hold goes to a sidecar.
func TestLargeMetadata(t *testing.T) {
	store, dir := newStore(t)
	large := string(bytes.Repeat([]byte("metadata"), 20_000))
	_, err := store.Put(t.Context(), "a", nil, backends.PutOptions{Metadata: map[string]string{"large": large}})
	if err != nil {
		t.Fatal(err)
	}
	put(t, store, "b", "small")
	if _, err := store.SetMetadata(t.Context(), "b", map[string]string{"large": large}, ""); err != nil {
		t.Fatal(err)
	}
	if obj, err := store.Stat(t.Context(), "b"); err != nil || obj.Metadata["large"] != large {
		t.Errorf("enlarged to %d bytes, %v; want %d", len(obj.Metadata["large"]), err, len(large))
	}
	wantOwnFiles(t, dir, 2)
	if err := store.Rename(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	obj, err := store.Stat(t.Context(), "b")
	if err != nil || obj.Metadata["large"] != large {
		t.Errorf("metadata of %d bytes, %v; want %d", len(obj.Metadata["large"]), err, len(large))
	}
	if err := store.Delete(t.Context(), backends.Condition{}, "b"); err != nil {
		t.Fatal(err)
	}
	wantOwnFiles(t, dir, 0)
}

// wantOwnFiles fails unless so many sidecars are in the driver's own area and
// nothing else, pending uploads and temporary files, is left.
func wantOwnFiles(t *testing.T, dir string, sidecars int) {
	t.Helper()
	for name, want := range map[string]int{tempDir: 0, uploadsDir: 0, attributesDir: sidecars} {
		entries, err := os.ReadDir(filepath.Join(dir, name))
		if err != nil || len(entries) != want {
			t.Errorf("%s holds %d files, %v; want %d", name, len(entries), err, want)
		}
	}
}

// Whatever happens to objects, as many sidecars are left as objects.
func TestSidecarsFollowTheirObjects(t *testing.T) {
	dir := t.TempDir()
	store := openTest(t, dir, true)
	defer store.Close()
	ctx := t.Context()
	put(t, store, "a", "1")
	put(t, store, "a", "2")
	put(t, store, "b", "3")
	wantOwnFiles(t, dir, 2)
	_, refused := store.Put(ctx, "a", nil, backends.PutOptions{Condition: backends.Condition{Absent: true}})
	if !errors.Is(refused, fs.ErrExist) {
		t.Errorf("Put: %v", refused)
	}
	wantOwnFiles(t, dir, 2)
	if err := store.Rename(ctx, "a", "b"); err != nil {
		t.Fatal(err)
	}
	wantOwnFiles(t, dir, 1)
	if _, err := store.Copy(ctx, "d/c", backends.Source{Key: "b"}, backends.Condition{}); err != nil {
		t.Fatal(err)
	}
	if err := store.Rename(ctx, "d/", "e/"); err != nil {
		t.Fatal(err)
	}
	if obj, err := store.Stat(ctx, "e/c"); err != nil || obj.ContentType != "text/plain" || !obj.HasSum {
		t.Errorf("after the renames: %+v, %v", obj, err)
	}
	wantOwnFiles(t, dir, 2)
	if err := store.Delete(ctx, backends.Condition{}, "b", "e/c"); err != nil {
		t.Fatal(err)
	}
	wantOwnFiles(t, dir, 0)
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	store := openTest(t, dir, false)
	begin := func() backends.Upload {
		up, err := store.Begin(t.Context(), "a", backends.PutOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return up
	}
	age := func(name string, by time.Duration) {
		at := time.Now().Add(-by)
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	young, old := begin(), begin()
	age(logPath(young.ID()), uploadLife-time.Hour)
	age(logPath(old.ID()), uploadLife+time.Hour)
	writeFile(t, filepath.Join(dir, tempDir, "young"), "x")
	writeFile(t, filepath.Join(dir, tempDir, "old"), "x")
	age(tempDir+"/young", tempLife-time.Hour)
	age(tempDir+"/old", tempLife+time.Hour)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}

	again := openTest(t, dir, false)
	defer again.Close()
	for name, want := range map[string]bool{
		tempDir + "/young": true, tempDir + "/old": false,
		logPath(young.ID()): true, dataPath(young.ID()): true,
		logPath(old.ID()): false, dataPath(old.ID()): false,
	} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s: %v, should be there: %t", name, err, want)
		}
	}
}
