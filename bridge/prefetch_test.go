package bridge

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
)

func TestPrefetchedYieldsAll(t *testing.T) {
	broken := errors.New("broken")
	tests := map[string]struct {
		pages []int
		err   error
	}{
		"no page":              {nil, nil},
		"pages":                {[]int{1, 2, 3}, nil},
		"error after pages":    {[]int{1, 2}, broken},
		"error as first thing": {nil, broken},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []int
			var last error
			for page, err := range prefetched(t.Context(), pagesOf(tt.pages, tt.err, nil)) {
				if last = err; err == nil {
					got = append(got, page)
				}
			}
			if !slices.Equal(got, tt.pages) || !errors.Is(last, tt.err) {
				t.Errorf("got %v, %v; want %v, %v", got, last, tt.pages, tt.err)
			}
		})
	}
}

func TestPrefetchedFetchesOnePageAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetched := 0
		handled := 0
		for range prefetched(t.Context(), pagesOf([]int{1, 2, 3, 4}, nil, &fetched)) {
			handled++
			synctest.Wait()
			if want := min(handled+1, 4); fetched != want {
				t.Errorf("%d pages fetched while page %d is handled, want %d", fetched, handled, want)
			}
		}
	})
}

func TestPrefetchedStopsWithItsCaller(t *testing.T) {
	fetched := 0
	for range prefetched(t.Context(), pagesOf([]int{1, 2, 3, 4}, nil, &fetched)) {
		break
	}
	if fetched > 2 { // no goroutine is left that could count on
		t.Errorf("%d pages fetched for a caller that took one", fetched)
	}
}

func TestPrefetchedTellsTheEndOfTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range prefetched(ctx, pagesOf([]int{1, 2, 3, 4}, nil, nil)) {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("the listing ended with %v, want context.Canceled", last)
	}
}

// pagesOf yields pages and then err, if any, and counts the pages.
func pagesOf(pages []int, err error, fetched *int) func(context.Context) iter.Seq2[int, error] {
	return func(context.Context) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			for _, page := range pages {
				if fetched != nil {
					*fetched++
				}
				if !yield(page, nil) {
					return
				}
			}
			if err != nil {
				yield(0, err)
			}
		}
	}
}
