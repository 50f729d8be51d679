package layer

import (
	"context"
	"errors"

	"ftpbridge/backends"
)

// Open's hook may fail it after it ran; the body that nobody gets is closed.
func (s *intercepted) Open(ctx context.Context, key string, offset, length int64, version string) (backends.Reader, error) {
	call := &Call{Op: OpOpen, Key: key, Offset: offset, Length: length}
	body, err := around(ctx, s.hook, call, func() (backends.Reader, error) {
		return s.store.Open(ctx, key, offset, length, version)
	})
	if err != nil {
		if body != nil {
			err = errors.Join(err, body.Close())
		}
		return nil, err
	}
	return &interceptedReader{Reader: body, ctx: ctx, hook: s.hook, key: key, offset: offset}, nil
}

// interceptedReader is the running read, so it holds its context.
type interceptedReader struct {
	backends.Reader
	ctx    context.Context
	hook   Hook
	key    string
	offset int64
}

func (r *interceptedReader) Read(p []byte) (int, error) {
	call := &Call{Op: OpRead, Key: r.key, Offset: r.offset, Length: int64(len(p))}
	n, err := around(r.ctx, r.hook, call, func() (int, error) {
		return r.Reader.Read(p[:min(call.Length, int64(len(p)))])
	})
	r.offset += int64(n)
	return n, err
}

func (r *interceptedReader) Close() error {
	call := &Call{Op: OpCloseReader, Key: r.key, Offset: r.offset}
	return aroundErr(r.ctx, r.hook, call, r.Reader.Close)
}
