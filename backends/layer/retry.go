package layer

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"ftpbridge/backends"
)

// RetryPolicy bounds how often and how long one call is tried.
type RetryPolicy struct {
	Attempts int           // in all, the first one included
	Delay    time.Duration // before the second attempt; doubles with each
	MaxDelay time.Duration // what it doubles up to
	// Time after the first failure at which the last attempt may begin. How
	// long an attempt takes is for the store and the context to bound.
	Time time.Duration
}

// Retry is store with calls tried again that end in backends.ErrBusy:
// throttled, timed out, or answered and the answer lost. The delays between
// attempts are shortened by chance, by up to half, so that callers that failed
// together do not come back together. When a policy's bounds are reached, the
// last error is returned.
//
// This is the one place where calls are tried again, for all stores alike: the
// drivers do not (the contract says so), so that attempts do not multiply, and
// a layer below this one sees each of them. What a reader gives is not retried:
// its caller opens again at its offset.
//
// A call whose answer was lost may have been carried out. What is done then:
//
//   - Stat, Open, Resume, PutPart, Parts, Abort, SetMetadata, Delete, and Put
//     and Copy without a condition are repeated: twice is as good as once.
//   - Begin is repeated; an upload that it began unseen ends with Info.UploadLife.
//   - List goes on behind the last entry that it gave, which needs
//     Info.Ordered; without it only the first page is tried again.
//   - A conditional Put or Copy, or a pinned SetMetadata, is repeated, and if
//     the repetition is refused (fs.ErrExist, ErrChanged), it succeeds all the
//     same if what is there now is what the call makes, and of these minutes.
//     So rivals that must not both win have to write different bytes.
//   - Rename is repeated unless the source is gone and the target there. The
//     source must have existed, else another object at the target would pass
//     for it.
//   - Commit looks before it does anything else. An upload that is still
//     pending is not published, and Commit is repeated. One that is gone is
//     published if the object has its size and sum, or, where the store keeps
//     none, its size and a date of these minutes.
//
// Where it cannot be told what became of a call, the error is ErrBusy.
func Retry(store backends.Store, policy RetryPolicy) backends.Store {
	return &retrying{store: store, policy: policy}
}

type retrying struct {
	store  backends.Store
	policy RetryPolicy
}

func (r *retrying) Info() backends.Info { return r.store.Info() }

func (r *retrying) Close() error { return r.store.Close() }

func (r *retrying) Stat(ctx context.Context, key string) (backends.Object, error) {
	return repeat(ctx, r.policy, func() (backends.Object, error) {
		return r.store.Stat(ctx, key)
	})
}

func (r *retrying) Open(ctx context.Context, key string, offset, length int64, version string) (backends.Reader, error) {
	return repeat(ctx, r.policy, func() (backends.Reader, error) {
		return r.store.Open(ctx, key, offset, length, version)
	})
}

func (r *retrying) Delete(ctx context.Context, cond backends.Condition, keys ...string) error {
	return repeatErr(ctx, r.policy, func() error {
		return r.store.Delete(ctx, cond, keys...)
	})
}

func (r *retrying) Put(ctx context.Context, key string, data []byte, opts backends.PutOptions) (backends.Object, error) {
	began := time.Now()
	return r.repeatConditional(ctx,
		func() (backends.Object, error) { return r.store.Put(ctx, key, data, opts) },
		func(rest *retrying) (backends.Object, error) { return rest.findPut(ctx, key, data, opts, began) },
	)
}

func (r *retrying) Copy(ctx context.Context, key string, source backends.Source, cond backends.Condition) (backends.Object, error) {
	began := time.Now()
	return r.repeatConditional(ctx,
		func() (backends.Object, error) { return r.store.Copy(ctx, key, source, cond) },
		func(rest *retrying) (backends.Object, error) { return rest.findCopy(ctx, key, source, began) },
	)
}

func (r *retrying) SetMetadata(ctx context.Context, key string, change map[string]string, version string) (backends.Object, error) {
	return r.repeatConditional(ctx,
		func() (backends.Object, error) { return r.store.SetMetadata(ctx, key, change, version) },
		func(rest *retrying) (backends.Object, error) { return rest.findMetadata(ctx, key, change) },
	)
}

func (r *retrying) Rename(ctx context.Context, from, to string) error {
	for a := (attempts{policy: r.policy}); ; {
		err := r.store.Rename(ctx, from, to)
		if err == nil {
			return nil
		}
		if err := a.again(ctx, err); err != nil {
			return err
		}
		moved, lookErr := r.within(a).moved(ctx, from, to)
		if lookErr != nil {
			return unknown(ctx, err, lookErr)
		}
		if moved {
			return nil
		}
	}
}

// within is the layer with what a call has left of its time, for looking
// what became of it.
func (r *retrying) within(a attempts) *retrying {
	return &retrying{store: r.store, policy: a.rest()}
}

// repeatConditional repeats a write. If the repetition is refused, find looks
// whether an earlier attempt was carried out: its error is errNotOurs if
// something else is there.
func (r *retrying) repeatConditional(
	ctx context.Context, write func() (backends.Object, error), find func(rest *retrying) (backends.Object, error),
) (backends.Object, error) {
	for a := (attempts{policy: r.policy}); ; {
		obj, err := write()
		if err == nil {
			return obj, nil
		}
		if a.failed > 0 && isConflict(err) {
			found, findErr := find(r.within(a))
			switch {
			case findErr == nil:
				return found, nil
			case !errors.Is(findErr, errNotOurs):
				return backends.Object{}, unknown(ctx, err, findErr)
			}
		}
		if err := a.again(ctx, err); err != nil {
			return backends.Object{}, err
		}
	}
}

// isConflict: a condition was not met.
func isConflict(err error) bool {
	return errors.Is(err, fs.ErrExist) || errors.Is(err, backends.ErrChanged)
}
