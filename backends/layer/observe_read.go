package layer

import (
	"context"
	"errors"
	"io"
	"time"

	"ftpbridge/backends"
)

func (s *observed) Open(ctx context.Context, key string, offset, length int64, version string) (backends.Reader, error) {
	start := time.Now()
	body, err := s.store.Open(ctx, key, offset, length, version)
	o := Observation{Op: OpOpen, Key: key, Offset: offset, Err: err}
	if err != nil {
		s.ended(ctx, start, o)
		return nil, err
	}
	return &observedReader{Reader: body, layer: s, ctx: ctx, start: start, seen: o}, nil
}

// observedReader is the running read, so it holds its context.
type observedReader struct {
	backends.Reader
	layer *observed
	ctx   context.Context
	start time.Time // of Open
	seen  Observation
}

func (r *observedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if n > 0 && r.seen.Bytes == 0 {
		r.seen.FirstByte = time.Since(r.start)
	}
	r.seen.Bytes += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		r.seen.Err = err
	}
	return n, err
}

func (r *observedReader) Close() error {
	err := r.Reader.Close()
	if r.seen.Err == nil {
		r.seen.Err = err
	}
	r.layer.ended(r.ctx, r.start, r.seen)
	return err
}
