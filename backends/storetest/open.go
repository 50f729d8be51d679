package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"ftpbridge/backends"
)

func statTests() []test {
	return []test{
		{"Stat/missing", nil, statMissing},
		{"Stat/implied directory", func(i backends.Info) bool { return !i.RealDirs }, statImplied},
		{"Stat/below an object", nil, statBelowObject},
		{"Stat/cancelled", nil, statCancelled},
	}
}

func statMissing(t *T) {
	t.put("abc", nil)
	for _, key := range []string{"missing", "ab", "abcd", "abc/", "no/such/dir/file", "no/such/dir/"} {
		t.wantAbsent(key)
	}
}

func statImplied(t *T) {
	t.put("dir/file", nil)
	t.wantAbsent("dir")
	t.wantAbsent("dir/")
}

func statBelowObject(t *T) {
	t.put("a", nil)
	t.wantAbsent("a/b")
	t.wantAbsent("a/")
}

func statCancelled(t *T) {
	t.put("a", nil)
	_, err := t.store.Stat(t.cancelled(), "a")
	t.wantError("Stat", err, context.Canceled)
}

func openTests() []test {
	return []test{
		{"Open/ranges", nil, openRanges},
		{"Open/object", nil, openObject},
		{"Open/empty object", nil, openEmpty},
		{"Open/offset beyond the end", nil, openBeyond},
		{"Open/missing", nil, openMissing},
		{"Open/directory", nil, openDirectory},
		{"Open/pinned", nil, openPinned},
		{"Open/pinned and changed", nil, openPinnedChanged},
		{"Open/pinned and gone", nil, openPinnedGone},
		{"Open/overwritten while read", nil, openOverwritten},
		{"Open/closed early", nil, openClosedEarly},
		{"Open/cancelled", nil, openCancelled},
		{"Open/cancelled in the body", nil, openCancelledBody},
	}
}

func openRanges(t *T) {
	const size = 10_000
	data := content(2, size)
	version := t.put("a", data).Version
	for _, offset := range []int64{0, 1, size / 2, size - 1, size} {
		for _, length := range []int64{-1, 0, 1, 5000, size - 1, size, size + 1, 1 << 40} {
			what := fmt.Sprintf("offset %d, length %d", offset, length)
			want := data[offset:]
			if length >= 0 {
				want = want[:min(length, int64(len(want)))]
			}
			r, err := t.store.Open(t.Context(), "a", offset, length, version)
			if err != nil {
				t.Errorf("%s: %v", what, err)
				continue
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %d bytes, %v; want %d bytes", what, len(got), err, len(want))
			}
			if obj := r.Object(); obj.Key != "a" || obj.Size != size || obj.Version != version {
				t.Errorf("%s: Object() is %+v", what, obj)
			}
			if err := r.Close(); err != nil {
				t.Errorf("%s: Close: %v", what, err)
			}
		}
	}
}

func openObject(t *T) {
	opts := backends.PutOptions{ContentType: "text/plain", Metadata: map[string]string{"k": "v"}}
	t.putWith("a", []byte("0123456789"), opts)
	r, err := t.store.Open(t.Context(), "a", 3, 4, "")
	if err != nil {
		t.Fatal(err)
	}
	obj := r.Object()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	stat := t.stat("a")
	sameObject(t, "Open and Stat", obj, stat)
	if obj.ContentType != "text/plain" || obj.Metadata["k"] != "v" {
		t.Errorf("Open tells %+v", obj)
	}
	if off := obj.ModTime.Sub(stat.ModTime).Abs(); off.Seconds() > 1 {
		t.Errorf("Open tells %v, Stat %v", obj.ModTime, stat.ModTime)
	}
}

func openEmpty(t *T) {
	t.put("empty", nil)
	for _, length := range []int64{-1, 0, 10} {
		got, err := readRange(t.Context(), t.store, "empty", 0, length, "")
		if err != nil || len(got) > 0 {
			t.Errorf("length %d: %q, %v", length, got, err)
		}
	}
	_, err := readRange(t.Context(), t.store, "empty", 1, -1, "")
	t.wantError("offset 1", err, backends.ErrRange)
}

func openBeyond(t *T) {
	t.put("a", []byte("0123456789"))
	for _, offset := range []int64{11, 12, 1 << 40} {
		for _, length := range []int64{-1, 0, 1} {
			_, err := readRange(t.Context(), t.store, "a", offset, length, "")
			t.wantError(fmt.Sprintf("offset %d, length %d", offset, length), err, backends.ErrRange)
		}
	}
}

func openMissing(t *T) {
	for _, offset := range []int64{0, 5} {
		_, err := readRange(t.Context(), t.store, "a", offset, -1, "")
		t.wantError("Open", err, fs.ErrNotExist)
	}
}

func openDirectory(t *T) {
	t.put("dir/file", nil)
	_, err := readRange(t.Context(), t.store, "dir", 0, -1, "")
	t.wantError("Open of a directory without its slash", err, fs.ErrNotExist)
}

func openPinned(t *T) {
	obj := t.put("a", []byte("0123456789"))
	got, err := readRange(t.Context(), t.store, "a", 5, -1, obj.Version)
	if err != nil || string(got) != "56789" {
		t.Errorf("got %q, %v", got, err)
	}
	got, err = readRange(t.Context(), t.store, "a", 0, -1, t.stat("a").Version)
	if err != nil || string(got) != "0123456789" {
		t.Errorf("with the version of Stat: got %q, %v", got, err)
	}
	got, err = readRange(t.Context(), t.store, "a", 0, -1, t.list("a", backends.ListOptions{})[0].Version)
	if err != nil || string(got) != "0123456789" {
		t.Errorf("with the version of List: got %q, %v", got, err)
	}
}

// openPinnedChanged also holds that a change tells before a range does: who
// reopens at an offset must not take a shorter new object for his own fault.
func openPinnedChanged(t *T) {
	old := t.put("a", []byte("0123456789"))
	t.put("a", []byte("abc"))
	for _, offset := range []int64{0, 2, 3, 5, 10} {
		_, err := readRange(t.Context(), t.store, "a", offset, -1, old.Version)
		t.wantError(fmt.Sprintf("offset %d", offset), err, backends.ErrChanged)
	}
}

func openPinnedGone(t *T) {
	old := t.put("a", []byte("0123456789"))
	t.delete("a")
	_, err := readRange(t.Context(), t.store, "a", 2, -1, old.Version)
	t.wantError("Open", err, fs.ErrNotExist)
}

// bodySize is more than connections keep in buffers.
const bodySize = 4 << 20

// openOverwritten: the old object whole, or an error, but never a splice.
func openOverwritten(t *T) {
	old := content(3, bodySize)
	t.put("a", old)
	r, err := t.store.Open(t.Context(), "a", 0, -1, "")
	if err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 1000)
	if _, err := io.ReadFull(r, head); err != nil {
		t.Fatal(err)
	}
	t.put("a", content(4, bodySize))
	rest, err := io.ReadAll(r)
	if err == nil && !bytes.Equal(append(head, rest...), old) {
		t.Error("read a mixture without an error")
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func openClosedEarly(t *T) {
	data := content(5, bodySize)
	t.put("a", data)
	r, err := t.store.Open(t.Context(), "a", 0, -1, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	t.wantContent("a", data)
}

func openCancelled(t *T) {
	t.put("a", []byte("x"))
	_, err := readRange(t.cancelled(), t.store, "a", 0, -1, "")
	t.wantError("Open", err, context.Canceled)
}

func openCancelledBody(t *T) {
	t.put("a", content(6, bodySize))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := t.store.Open(ctx, "a", 0, -1, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = io.ReadAll(r)
	t.wantError("Read", err, context.Canceled)
	if err := r.Close(); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v", err)
	}
}
