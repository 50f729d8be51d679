package layer

import (
	"context"
	"time"

	"ftpbridge/backends"
)

func (s *observed) Begin(ctx context.Context, key string, opts backends.PutOptions) (backends.Upload, error) {
	start := time.Now()
	up, err := s.store.Begin(ctx, key, opts)
	return s.upload(ctx, start, OpBegin, key, up, err)
}

func (s *observed) Resume(ctx context.Context, key, id string) (backends.Upload, error) {
	start := time.Now()
	up, err := s.store.Resume(ctx, key, id)
	return s.upload(ctx, start, OpResume, key, up, err)
}

func (s *observed) upload(ctx context.Context, start time.Time, op Op, key string, up backends.Upload, err error) (backends.Upload, error) {
	s.ended(ctx, start, Observation{Op: op, Key: key, Err: err})
	if err != nil {
		return nil, err
	}
	return &observedUpload{Upload: up, layer: s, key: key}, nil
}

type observedUpload struct {
	backends.Upload
	layer *observed
	key   string
}

func (u *observedUpload) PutPart(ctx context.Context, number int, offset int64, data []byte, sum backends.CRC32C) (backends.Part, error) {
	start := time.Now()
	part, err := u.Upload.PutPart(ctx, number, offset, data, sum)
	u.layer.ended(ctx, start, Observation{
		Op: OpPutPart, Key: u.key, Number: number, Offset: offset, Bytes: int64(len(data)), Err: err,
	})
	return part, err
}

func (u *observedUpload) Parts(ctx context.Context) ([]backends.Part, error) {
	start := time.Now()
	parts, err := u.Upload.Parts(ctx)
	u.layer.ended(ctx, start, Observation{Op: OpParts, Key: u.key, Err: err})
	return parts, err
}

func (u *observedUpload) Commit(ctx context.Context, parts []backends.Part, sum backends.CRC32C, cond backends.Condition) (backends.Object, error) {
	start := time.Now()
	obj, err := u.Upload.Commit(ctx, parts, sum, cond)
	u.layer.ended(ctx, start, Observation{Op: OpCommit, Key: u.key, Err: err})
	return obj, err
}

func (u *observedUpload) Abort(ctx context.Context) error {
	start := time.Now()
	err := u.Upload.Abort(ctx)
	u.layer.ended(ctx, start, Observation{Op: OpAbort, Key: u.key, Err: err})
	return err
}
