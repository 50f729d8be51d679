package bridge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"ftpbridge/backends"
	"ftpbridge/internal/bufpool"
)

// partUpload sends the parts of one pending upload, several at a time. The
// first part that fails ends the others.
type partUpload struct {
	pending backends.Upload
	sending *errgroup.Group
	ctx     context.Context // of the parts in flight; ends with the first error
	cancel  context.CancelCauseFunc

	next   int   // number of the next part
	offset int64 // bytes given to send so far

	mu    sync.Mutex
	parts []backends.Part
}

// abortTimeout bounds the clean-up after a commit that failed, which must
// go on even if the session is over.
const abortTimeout = 10 * time.Second

var errDropped = errors.New("upload dropped")

func newPartUpload(ctx context.Context, pending backends.Upload, concurrency int) *partUpload {
	ctx, cancel := context.WithCancelCause(ctx)
	sending, ctx := errgroup.WithContext(ctx)
	sending.SetLimit(concurrency)
	return &partUpload{pending: pending, sending: sending, ctx: ctx, cancel: cancel, next: 1}
}

// send puts the first n bytes of buf on their way as the next part and takes
// over the buffer. It waits while as many parts as allowed are in flight.
func (p *partUpload) send(buf *bufpool.Buffer, n int, sum backends.CRC32C) {
	number, offset := p.next, p.offset
	p.next++
	p.offset += int64(n)
	p.sending.Go(func() error {
		defer buf.Free()
		part, err := p.pending.PutPart(p.ctx, number, offset, buf.Bytes()[:n], sum)
		if err != nil {
			return fmt.Errorf("part %d: %w", number, err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.parts = append(p.parts, part)
		return nil
	})
}

// failed is the reason why the upload cannot end well any more, or nil.
func (p *partUpload) failed() error { return context.Cause(p.ctx) }

// wait returns when all parts are at the store or one has failed.
func (p *partUpload) wait() error { return p.sending.Wait() }

// commit publishes the parts, or drops them.
func (p *partUpload) commit(ctx context.Context, sum backends.CRC32C, cond backends.Condition) (backends.Object, error) {
	defer p.cancel(nil)
	obj, err := p.pending.Commit(ctx, p.inOrder(), sum, cond)
	if err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
		defer cancel()
		return backends.Object{}, errors.Join(err, p.pending.Abort(ctx))
	}
	return obj, nil
}

// abort ends the parts in flight and drops what the store holds.
func (p *partUpload) abort(ctx context.Context) error {
	p.cancel(errDropped)
	_ = p.sending.Wait() // the parts' errors are of no interest any more
	if err := p.pending.Abort(ctx); err != nil {
		return fmt.Errorf("abort the pending upload: %w", translate(err))
	}
	return nil
}

// inOrder is the parts by number; each was sent once and none is missing.
func (p *partUpload) inOrder() []backends.Part {
	ordered := make([]backends.Part, len(p.parts))
	for _, part := range p.parts {
		ordered[part.Number-1] = part
	}
	return ordered
}
