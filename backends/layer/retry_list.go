package layer

import (
	"context"
	"iter"

	"ftpbridge/backends"
)

// List tries again where the listing broke off. Each page that comes is a
// success, which gives the next one all attempts anew.
func (r *retrying) List(ctx context.Context, prefix string, opts backends.ListOptions) iter.Seq2[[]backends.Entry, error] {
	return func(yield func([]backends.Entry, error) bool) {
		l := listing{store: r.store, prefix: prefix, opts: opts, yield: yield}
		ordered := r.Info().Ordered
		for a := (attempts{policy: r.policy}); ; {
			before := l.pages
			err := l.run(ctx)
			if err == nil {
				return
			}
			if l.pages > before {
				a = attempts{policy: r.policy}
			}
			if l.pages == 0 || ordered {
				err = a.again(ctx, err)
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// listing is what is left of a listing.
type listing struct {
	store  backends.Store
	prefix string
	opts   backends.ListOptions
	yield  func([]backends.Entry, error) bool
	pages  int // given so far
}

// run gives what is left, up to an error of the store.
func (l *listing) run(ctx context.Context) error {
	for page, err := range l.store.List(ctx, l.prefix, l.opts) {
		if err != nil {
			return err
		}
		if len(page) == 0 {
			continue
		}
		// The slice is the caller's as soon as it has it.
		count, last := len(page), page[len(page)-1].Key
		if !l.yield(page, nil) {
			return nil
		}
		l.pages++
		l.opts.After = last
		if l.opts.Limit > 0 {
			l.opts.Limit -= count // the listing below ends when none is left
		}
	}
	return nil
}
