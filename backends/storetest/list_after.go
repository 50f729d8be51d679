package storetest

import (
	"errors"
	"fmt"
	"slices"

	"ftpbridge/backends"
)

func listAfterTests() []test {
	ordered := func(i backends.Info) bool { return i.Ordered }
	return []test{
		{"List/after", ordered, listAfter},
		{"List/after unsupported", func(i backends.Info) bool { return !i.Ordered }, listAfterUnsupported},
	}
}

// listAfter goes on behind every entry of a listing, and behind keys that are
// none.
func listAfter(t *T) {
	for _, key := range []string{"a!b", "a/1", "a/2/x", "a/3", "a0", "b/1", "c", "ü/1", "ü/2"} {
		t.put(key, nil)
	}
	t.put("a/", nil)
	for _, prefix := range []string{"", "a", "a/"} {
		for _, recursive := range []bool{false, true} {
			var all []string
			for _, entry := range t.list(prefix, backends.ListOptions{Recursive: recursive}) {
				all = append(all, entry.Key)
			}
			for _, after := range append(slices.Clone(all), "A", "a", "a/2", "a/2/y", "b", "b/1", "ü/1", "世") {
				want := slices.DeleteFunc(slices.Clone(all), func(key string) bool { return key <= after })
				t.wantAfter(prefix, backends.ListOptions{Recursive: recursive, After: after}, want)
				t.wantAfter(prefix, backends.ListOptions{Recursive: recursive, After: after, Limit: 1}, want[:min(1, len(want))])
			}
		}
	}
}

func (t *T) wantAfter(prefix string, opts backends.ListOptions, want []string) {
	t.Helper()
	var got []string
	for _, entry := range t.list(prefix, opts) {
		got = append(got, entry.Key)
	}
	t.compareKeys(fmt.Sprintf("List %+v", opts), prefix, got, want)
}

func listAfterUnsupported(t *T) {
	t.put("a", nil)
	t.put("b", nil)
	for page, err := range t.store.List(t.Context(), "", backends.ListOptions{After: "a"}) {
		if len(page) > 0 || !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("List after a key: %v, %v", page, err)
		}
	}
}
