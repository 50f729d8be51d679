package layer

import (
	"context"
	"errors"
	"time"

	"ftpbridge/backends"
)

func (r *retrying) Begin(ctx context.Context, key string, opts backends.PutOptions) (backends.Upload, error) {
	return r.upload(ctx, key, func() (backends.Upload, error) { return r.store.Begin(ctx, key, opts) })
}

func (r *retrying) Resume(ctx context.Context, key, id string) (backends.Upload, error) {
	return r.upload(ctx, key, func() (backends.Upload, error) { return r.store.Resume(ctx, key, id) })
}

func (r *retrying) upload(ctx context.Context, key string, call func() (backends.Upload, error)) (backends.Upload, error) {
	up, err := repeat(ctx, r.policy, call)
	if err != nil {
		return nil, err
	}
	return &retryingUpload{Upload: up, layer: r, key: key}, nil
}

type retryingUpload struct {
	backends.Upload
	layer *retrying
	key   string
}

func (u *retryingUpload) PutPart(ctx context.Context, number int, offset int64, data []byte, sum backends.CRC32C) (backends.Part, error) {
	return repeat(ctx, u.layer.policy, func() (backends.Part, error) {
		return u.Upload.PutPart(ctx, number, offset, data, sum)
	})
}

func (u *retryingUpload) Parts(ctx context.Context) ([]backends.Part, error) {
	return repeat(ctx, u.layer.policy, func() ([]backends.Part, error) { return u.Upload.Parts(ctx) })
}

func (u *retryingUpload) Abort(ctx context.Context) error {
	return repeatErr(ctx, u.layer.policy, func() error { return u.Upload.Abort(ctx) })
}

// Commit looks after every answer that was lost, also when no attempt is left.
func (u *retryingUpload) Commit(ctx context.Context, parts []backends.Part, sum backends.CRC32C, cond backends.Condition) (backends.Object, error) {
	began := time.Now()
	for a := (attempts{policy: u.layer.policy}); ; {
		obj, err := u.Upload.Commit(ctx, parts, sum, cond)
		if err == nil {
			return obj, nil
		}
		final := a.again(ctx, err)
		if a.failed == 0 {
			return backends.Object{}, final
		}
		found, findErr := u.findCommit(ctx, u.layer.within(a), parts, sum, began)
		switch {
		case findErr == nil:
			return found, nil
		case errors.Is(findErr, errPending):
			if final != nil {
				return backends.Object{}, final
			}
		case errors.Is(findErr, errNotOurs):
			return backends.Object{}, err
		default:
			return backends.Object{}, unknown(ctx, err, findErr)
		}
	}
}

// errPending: the upload is still there, so it is not published.
var errPending = errors.New("still pending")

// findCommit finds the object that a Commit published. Where the store keeps
// no sum, its size and a date after the Commit began must do: the upload is
// gone, and nobody but its owner ends one.
func (u *retryingUpload) findCommit(
	ctx context.Context, rest *retrying, parts []backends.Part, sum backends.CRC32C, began time.Time,
) (backends.Object, error) {
	_, err := repeat(ctx, rest.policy, func() ([]backends.Part, error) { return u.Upload.Parts(ctx) })
	if err == nil {
		return backends.Object{}, errPending
	}
	if !errors.Is(err, backends.ErrNoUpload) {
		return backends.Object{}, err
	}
	obj, err := rest.find(ctx, u.key)
	if err != nil {
		return backends.Object{}, err
	}
	size := int64(0)
	for _, part := range parts {
		size += part.Size
	}
	if obj.Size != size || obj.HasSum && obj.Sum != sum || !obj.HasSum && isOlder(obj, began) {
		return backends.Object{}, errNotOurs
	}
	return obj, nil
}
