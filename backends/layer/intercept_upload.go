package layer

import (
	"context"

	"ftpbridge/backends"
)

func (s *intercepted) Begin(ctx context.Context, key string, opts backends.PutOptions) (backends.Upload, error) {
	return s.upload(ctx, &Call{Op: OpBegin, Key: key, Options: opts}, func() (backends.Upload, error) {
		return s.store.Begin(ctx, key, opts)
	})
}

func (s *intercepted) Resume(ctx context.Context, key, id string) (backends.Upload, error) {
	return s.upload(ctx, &Call{Op: OpResume, Key: key}, func() (backends.Upload, error) {
		return s.store.Resume(ctx, key, id)
	})
}

func (s *intercepted) upload(ctx context.Context, call *Call, f func() (backends.Upload, error)) (backends.Upload, error) {
	up, err := around(ctx, s.hook, call, f)
	if err != nil {
		return nil, err
	}
	return &interceptedUpload{Upload: up, hook: s.hook, key: call.Key}, nil
}

type interceptedUpload struct {
	backends.Upload
	hook Hook
	key  string
}

func (u *interceptedUpload) PutPart(ctx context.Context, number int, offset int64, data []byte, sum backends.CRC32C) (backends.Part, error) {
	call := &Call{Op: OpPutPart, Key: u.key, Number: number, Offset: offset, Length: int64(len(data))}
	return around(ctx, u.hook, call, func() (backends.Part, error) {
		return u.Upload.PutPart(ctx, number, offset, data, sum)
	})
}

func (u *interceptedUpload) Parts(ctx context.Context) ([]backends.Part, error) {
	return around(ctx, u.hook, &Call{Op: OpParts, Key: u.key}, func() ([]backends.Part, error) {
		return u.Upload.Parts(ctx)
	})
}

func (u *interceptedUpload) Commit(ctx context.Context, parts []backends.Part, sum backends.CRC32C, cond backends.Condition) (backends.Object, error) {
	call := &Call{Op: OpCommit, Key: u.key, Parts: parts, Condition: cond}
	return around(ctx, u.hook, call, func() (backends.Object, error) {
		return u.Upload.Commit(ctx, parts, sum, cond)
	})
}

func (u *interceptedUpload) Abort(ctx context.Context) error {
	return aroundErr(ctx, u.hook, &Call{Op: OpAbort, Key: u.key}, func() error {
		return u.Upload.Abort(ctx)
	})
}
