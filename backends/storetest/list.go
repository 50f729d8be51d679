package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ftpbridge/backends"
)

func listTests() []test {
	return []test{
		{"List/empty store", nil, listEmpty},
		{"List/recursive", nil, listRecursive},
		{"List/by directory", nil, listByDirectory},
		{"List/prefix of a neighbour", nil, listNeighbour},
		{"List/part of a name", nil, listPartOfName},
		{"List/no match", nil, listNoMatch},
		{"List/marker", nil, listMarker},
		{"List/object and directory of one name", func(i backends.Info) bool { return i.ObjectAndDir }, listObjectAndDir},
		{"List/order", func(i backends.Info) bool { return i.Ordered }, listOrder},
		{"List/limit", nil, listLimit},
		{"List/many", nil, listMany},
		{"List/cancelled", nil, listCancelled},
		{"List/iterated twice", nil, listTwice},
	}
}

func listEmpty(t *T) {
	t.wantObjects("")
	t.wantKeys("")
}

func listRecursive(t *T) {
	for key, size := range map[string]int64{"a": 0, "b": 5, "d/e": 7, "d/f/g": 1000} {
		t.put(key, content(1, size))
	}
	t.wantObjects("", "a", "b", "d/e", "d/f/g")
	t.wantObjects("d/", "d/e", "d/f/g")
	for _, entry := range t.list("", backends.ListOptions{Recursive: true}) {
		if strings.HasSuffix(entry.Key, "/") {
			continue
		}
		obj := t.stat(entry.Key)
		if entry.Size != obj.Size || entry.Version != obj.Version {
			t.Errorf("List tells %+v, Stat %+v", entry, obj)
		}
		if off := entry.ModTime.Sub(obj.ModTime).Abs(); off.Seconds() > 1 {
			t.Errorf("%s: List tells %v, Stat %v", entry.Key, entry.ModTime, obj.ModTime)
		}
	}
}

func listByDirectory(t *T) {
	for _, key := range []string{"a", "d/e", "d/f", "d/g/h", "d/g/i", "j/k/l"} {
		t.put(key, []byte("12345"))
	}
	t.wantKeys("", "a", "d/", "j/")
	t.wantKeys("d/", t.marked("d/", "d/e", "d/f", "d/g/")...)
	t.wantKeys("j/", t.marked("j/", "j/k/")...)
	for _, entry := range t.list("", backends.ListOptions{}) {
		dir := strings.HasSuffix(entry.Key, "/")
		if dir && entry.Size != 0 || !dir && (entry.Size != 5 || entry.Version != t.stat(entry.Key).Version) {
			t.Errorf("got %+v", entry)
		}
	}
}

func listNeighbour(t *T) {
	for _, key := range []string{"a/x", "a/y", "a-b", "ab/x", "abc", "b"} {
		t.put(key, nil)
	}
	t.wantKeys("a/", t.marked("a/", "a/x", "a/y")...)
	t.wantObjects("a/", "a/x", "a/y")
	t.wantKeys("ab/", t.marked("ab/", "ab/x")...)
}

func listPartOfName(t *T) {
	for _, key := range []string{"dir/file1", "dir/file2", "dir/film/x", "dir/other", "dirt"} {
		t.put(key, nil)
	}
	t.wantKeys("dir/fil", "dir/file1", "dir/file2", "dir/film/")
	t.wantObjects("dir/fil", "dir/file1", "dir/file2", "dir/film/x")
	t.wantKeys("dir", "dir/", "dirt")
	t.wantKeys("dir/file1", "dir/file1")
	t.wantKeys("dir/film", "dir/film/")
}

func listNoMatch(t *T) {
	t.put("a/b", nil)
	for _, prefix := range []string{"b", "b/", "a/b/", "a/bc", "a/b/c/", "a//", "//", "../", "./"} {
		t.wantKeys(prefix)
		t.wantObjects(prefix)
	}
}

// listMarker: a marker is listed below its own prefix, and above it looks
// like any directory.
func listMarker(t *T) {
	t.put("d/", nil)
	t.wantKeys("", "d/")
	t.wantKeys("d/", "d/")
	t.wantKeys("d", "d/")
	t.wantObjects("", "d/")
	t.put("d/x", []byte("x"))
	t.wantKeys("", "d/")
	t.wantKeys("d/", "d/", "d/x")
	t.wantObjects("", "d/", "d/x")
	for _, entry := range t.list("", backends.ListOptions{Recursive: true}) {
		if entry.Key == "d/" && entry.Size != 0 {
			t.Errorf("got %+v", entry)
		}
	}
}

func listObjectAndDir(t *T) {
	t.put("a", []byte("object"))
	t.put("a/b", []byte("below"))
	t.wantKeys("", "a", "a/")
	t.wantKeys("a/", "a/b")
	t.wantObjects("", "a", "a/b")
	t.put("a!", nil) // between the two in the order of bytes
	t.wantOrder()
}

// wantOrder fails unless listings are in the order of bytes, if the store
// says that they are.
func (t *T) wantOrder() {
	t.Helper()
	for _, opts := range []backends.ListOptions{{}, {Recursive: true}} {
		for _, prefix := range []string{"", "a", "a/", "b"} {
			var got []string
			for _, entry := range t.list(prefix, opts) {
				got = append(got, entry.Key)
			}
			if t.info.Ordered && !slices.IsSorted(got) {
				t.Errorf("List %q %+v gave %q", prefix, opts, got)
			}
		}
	}
}

func listOrder(t *T) {
	keys := []string{
		"A", "a!", "a/b!", "a/b/c", "a/é", "a0", "a=b", "b-c/d", "b/c/d", "b/c0", "b0", "~", "é", "世", "😀",
	}
	for i := range keys {
		t.put(keys[(i*7+3)%len(keys)], nil) // in some other order
	}
	t.wantObjects("", keys...)
	t.wantOrder()
}

func listLimit(t *T) {
	for _, key := range []string{"a/1", "a/2", "a/3", "b/1", "c"} {
		t.put(key, nil)
	}
	for limit := 1; limit <= 5; limit++ {
		for _, recursive := range []bool{false, true} {
			all := len(t.list("", backends.ListOptions{Recursive: recursive}))
			got := len(t.list("", backends.ListOptions{Recursive: recursive, Limit: limit}))
			if want := min(limit, all); got != want {
				t.Errorf("Limit %d, recursive %t: %d entries, want %d", limit, recursive, got, want)
			}
		}
	}
	if got := t.list("none/", backends.ListOptions{Limit: 1}); len(got) != 0 {
		t.Errorf("Limit 1, no match: %v", got)
	}
}

// manyFiles and manyDirs are together more than two pages of a thousand, both
// as a directory and recursively.
const manyFiles, manyDirs = 1020, 1020

func (t *T) putMany() (keys []string) {
	t.Helper()
	for i := range manyFiles {
		keys = append(keys, fmt.Sprintf("many/f%04d", i))
	}
	for i := range manyDirs {
		keys = append(keys, fmt.Sprintf("many/d%04d/x", i))
	}
	const writers = 16
	together(writers, func(w int) {
		for i := w; i < len(keys); i += writers {
			if _, err := t.store.Put(t.Context(), keys[i], nil, backends.PutOptions{}); err != nil {
				t.Errorf("Put %q: %v", keys[i], err)
				return
			}
		}
	})
	t.put("many.neighbour", nil)
	return keys
}

// listMany is one subtest for all that needs several pages, because it
// takes a while to fill them. The objects are deleted in one call in the end.
func listMany(t *T) {
	keys := t.putMany()
	t.wantObjects("many/", keys...)
	names := keys[:manyFiles:manyFiles]
	for i := range manyDirs {
		names = append(names, fmt.Sprintf("many/d%04d/", i))
	}
	t.wantKeys("many/", t.marked("many/", names...)...)
	if got := len(t.list("many/", backends.ListOptions{Limit: 1500})); got != 1500 {
		t.Errorf("Limit 1500 gave %d entries", got)
	}
	for _, recursive := range []bool{false, true} {
		t.keepPages(backends.ListOptions{Recursive: recursive})
		t.stopEarly(backends.ListOptions{Recursive: recursive})
		t.cancelBetweenPages(backends.ListOptions{Recursive: recursive})
	}
	if err := t.store.Delete(t.Context(), backends.Condition{}, keys...); err != nil {
		t.Fatalf("Delete of %d objects: %v", len(keys), err)
	}
	for _, entry := range t.list("many/", backends.ListOptions{Recursive: true}) {
		if !strings.HasSuffix(entry.Key, "/") {
			t.Fatalf("%q is left", entry.Key)
		}
	}
	t.stat("many.neighbour")
}

// keepPages holds on to all pages: what comes later must not change them.
func (t *T) keepPages(opts backends.ListOptions) {
	t.Helper()
	var pages, copies [][]backends.Entry
	for page, err := range t.store.List(t.Context(), "many/", opts) {
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, page)
		copies = append(copies, slices.Clone(page))
	}
	for i := range pages {
		if !slices.Equal(pages[i], copies[i]) {
			t.Errorf("page %d changed after it was given", i+1)
		}
	}
}

func (t *T) stopEarly(opts backends.ListOptions) {
	t.Helper()
	for page, err := range t.store.List(t.Context(), "many/", opts) {
		if err != nil || len(page) == 0 || len(page) > manyFiles+manyDirs-1 {
			t.Errorf("the first page has %d entries, %v", len(page), err)
		}
		break
	}
}

func (t *T) cancelBetweenPages(opts backends.ListOptions) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var pages, failures int
	for _, err := range t.store.List(ctx, "many/", opts) {
		if err != nil {
			failures++
			t.wantError("page after the end of the context", err, context.Canceled)
			continue
		}
		pages++
		cancel()
	}
	if pages != 1 || failures != 1 {
		t.Errorf("after the end of the context: %d pages and %d errors in all, want 1 and 1", pages, failures)
	}
}

func listCancelled(t *T) {
	t.put("a", nil)
	steps := 0
	for page, err := range t.store.List(t.cancelled(), "", backends.ListOptions{}) {
		steps++
		t.wantError("List", err, context.Canceled)
		if len(page) > 0 {
			t.Errorf("an error with a page: %v", page)
		}
	}
	if steps != 1 {
		t.Errorf("%d steps, want one error", steps)
	}
}

// listTwice: a listing can be gone through again and then shows what is new.
func listTwice(t *T) {
	t.put("a", nil)
	listing := t.store.List(t.Context(), "", backends.ListOptions{})
	t.put("b", nil)
	for _, want := range []int{2, 3} {
		got := 0
		for page, err := range listing {
			if err != nil {
				t.Fatal(err)
			}
			got += len(page)
		}
		if got != want {
			t.Errorf("%d entries, want %d", got, want)
		}
		t.put("c", nil)
	}
}
