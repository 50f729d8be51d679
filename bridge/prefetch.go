package bridge

import (
	"context"
	"iter"
	"sync"
)

// prefetched yields what pages yields, and fetches the next page while the
// caller is at work on the last. No request is left running when it returns.
func prefetched[T any](ctx context.Context, pages func(context.Context) iter.Seq2[T, error]) iter.Seq2[T, error] {
	type result struct {
		page T
		err  error
	}
	return func(yield func(T, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var fetching sync.WaitGroup
		defer fetching.Wait()
		defer cancel()

		fetched := make(chan result)
		fetching.Go(func() {
			defer close(fetched)
			for page, err := range pages(ctx) {
				select {
				case fetched <- result{page, err}:
				case <-ctx.Done():
					return
				}
			}
		})
		for r := range fetched {
			if !yield(r.page, r.err) {
				return
			}
		}
		// Only the end of the caller's context can have cut the pages short
		// without an error among them.
		if err := ctx.Err(); err != nil {
			var none T
			yield(none, err)
		}
	}
}
