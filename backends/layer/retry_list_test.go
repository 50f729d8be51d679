package layer_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
	"ftpbridge/backends/mem"
)

// listed are objects, and directories with several of them, on pages of two.
var listed = []string{"a", "b/1", "b/2", "b/3", "c", "d/1", "e", "f/1", "f/2", "g", "h"}

func pagedStore(t *testing.T, adjust func(*backends.Info)) *mem.Store {
	t.Helper()
	store := mem.New(mem.Options{PageSize: 2, Adjust: adjust})
	for _, key := range listed {
		put(t, store, key)
	}
	return store
}

// listKeys is a listing up to its first error.
func listKeys(listing iter.Seq2[[]backends.Entry, error]) (keys []string, err error) {
	for page, err := range listing {
		if err != nil {
			return keys, err
		}
		for _, entry := range page {
			keys = append(keys, entry.Key)
		}
		clear(page) // it is ours
	}
	return keys, nil
}

// breaking makes each page but every third fail, so that each listing below
// gives at most one page.
func breaking(n int, run func() error) error {
	if n%3 != 0 {
		return backends.ErrBusy
	}
	return run()
}

func TestRetryGoesOnWithAListing(t *testing.T) {
	for _, recursive := range []bool{false, true} {
		for _, prefix := range []string{"", "b/", "f", "none"} {
			for _, limit := range []int{0, 1, 2, 3, 5, 100} {
				opts := backends.ListOptions{Recursive: recursive, Limit: limit}
				t.Run(fmt.Sprintf("%q %+v", prefix, opts), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						inner := pagedStore(t, nil)
						want, err := listKeys(inner.List(t.Context(), prefix, opts))
						if err != nil {
							t.Fatal(err)
						}
						below := &faulty{store: inner, faults: map[layer.Op]fault{layer.OpList: breaking}}
						got, err := listKeys(below.retried().List(t.Context(), prefix, opts))
						if err != nil || !slices.Equal(got, want) {
							t.Errorf("got %q, %v; want %q", got, err, want)
						}
					})
				})
			}
		}
	}
}

// Progress gives a listing all attempts anew, but only progress does.
func TestRetryEndsAListingThatStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		below := &faulty{store: pagedStore(t, nil), faults: map[layer.Op]fault{
			layer.OpList: func(n int, run func() error) error {
				if n > 2 {
					return backends.ErrBusy
				}
				return run()
			},
		}}
		got, err := listKeys(below.retried().List(t.Context(), "", backends.ListOptions{Recursive: true}))
		wantIs(t, "List", err, backends.ErrBusy)
		if want := listed[:4]; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		below.wantCalls(t, "List List"+strings.Repeat(" List", policy.Attempts))
	})
}

func TestRetryOfAnUnorderedListing(t *testing.T) {
	unordered := func(i *backends.Info) { i.Ordered = false }
	tests := map[string]struct {
		fails int // number of the page, counted over all
		calls string
		want  error
	}{
		"first page": {1, "List List List List List List List", nil},
		"later page": {2, "List List", backends.ErrBusy},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				below := &faulty{store: pagedStore(t, unordered), faults: map[layer.Op]fault{
					layer.OpList: func(n int, run func() error) error {
						if n == tt.fails {
							return backends.ErrBusy
						}
						return run()
					},
				}}
				_, err := listKeys(below.retried().List(t.Context(), "", backends.ListOptions{Recursive: true}))
				wantIs(t, "List", err, tt.want)
				below.wantCalls(t, tt.calls)
			})
		})
	}
}

// A caller that has seen enough must not be called again.
func TestRetryStopsAListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		below := &faulty{store: pagedStore(t, nil), faults: map[layer.Op]fault{layer.OpList: breaking}}
		steps := 0
		for range below.retried().List(context.WithoutCancel(t.Context()), "", backends.ListOptions{}) {
			steps++
			break
		}
		if steps != 1 {
			t.Errorf("%d steps", steps)
		}
		below.wantCalls(t, "List List List")
	})
}
