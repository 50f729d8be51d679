package layer

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"time"

	"ftpbridge/backends"
)

// Observation tells of one finished call; what the method does not have is zero.
type Observation struct {
	Op   Op
	Key  string // what was read or written; List's prefix; Delete's first key
	From string // what Copy and Rename read
	// Number is that of the part, of List's page (from 1), or of Delete's keys.
	Number int
	Offset int64 // Open, PutPart; bytes from the object's start
	Bytes  int64 // of content: what Put and PutPart brought, what the body gave
	// Duration is that of the call; for Open it ends with the body's Close, and
	// for a page of List it leaves out what the caller took before.
	Duration  time.Duration
	FirstByte time.Duration // Open: until the first byte came; 0 if none did
	Err       error         // Open: also what a Read ended in
}

// Outcome sorts a call for logs and metrics.
func (o Observation) Outcome() Outcome { return outcomeOf(o.Err) }

// Outcome is how a call ended.
type Outcome string

// The outcomes. What is missing or in conflict is an answer that a caller may
// well expect, and a cancelled call is its own doing: none is a failure.
const (
	OutcomeOK        Outcome = "ok"
	OutcomeMissing   Outcome = "missing"   // no such object or upload
	OutcomeConflict  Outcome = "conflict"  // a condition was not met, or other things are in the way
	OutcomeCancelled Outcome = "cancelled" // the caller's context ended
	OutcomeBusy      Outcome = "busy"      // throttled, timed out or out of reach
	OutcomeRefused   Outcome = "refused"   // not allowed, not possible, no bucket, no space
	OutcomeFailed    Outcome = "failed"    // anything else
)

// outcomes by error, the worst first: a Delete of several keys joins errors.
var outcomes = []struct {
	err     error
	outcome Outcome
}{
	{context.Canceled, OutcomeCancelled},
	{context.DeadlineExceeded, OutcomeCancelled},
	{backends.ErrChecksum, OutcomeFailed},
	{backends.ErrBusy, OutcomeBusy},
	{fs.ErrPermission, OutcomeRefused},
	{backends.ErrNoBucket, OutcomeRefused},
	{backends.ErrNoSpace, OutcomeRefused},
	{backends.ErrTooLarge, OutcomeRefused},
	{backends.ErrKey, OutcomeRefused},
	{errors.ErrUnsupported, OutcomeRefused},
	{backends.ErrChanged, OutcomeConflict},
	{backends.ErrRange, OutcomeConflict},
	{backends.ErrNotEmpty, OutcomeConflict},
	{backends.ErrConflict, OutcomeConflict},
	{fs.ErrExist, OutcomeConflict},
	{backends.ErrNoUpload, OutcomeMissing},
	{fs.ErrNotExist, OutcomeMissing},
}

func outcomeOf(err error) Outcome {
	if err == nil {
		return OutcomeOK
	}
	for _, o := range outcomes {
		if errors.Is(err, o.err) {
			return o.outcome
		}
	}
	return OutcomeFailed
}

// Observer is told of every finished call, in the goroutine that made it, so
// it must be quick. It may be called from several at once. ctx is the call's.
type Observer func(ctx context.Context, o Observation)

// Observe is store with every call told to observer when it has ended: all
// methods of Store and Upload that can make a request. Open has ended when its
// body is closed, List with each of its pages. It costs no memory per call,
// but for the body's.
func Observe(store backends.Store, observer Observer) backends.Store {
	return &observed{store: store, observer: observer}
}

type observed struct {
	store    backends.Store
	observer Observer
}

// ended tells the observer of a call that began at start.
func (s *observed) ended(ctx context.Context, start time.Time, o Observation) {
	o.Duration = time.Since(start)
	s.observer(ctx, o)
}

func (s *observed) Info() backends.Info { return s.store.Info() }

func (s *observed) Close() error { return s.store.Close() }

func (s *observed) Stat(ctx context.Context, key string) (backends.Object, error) {
	start := time.Now()
	obj, err := s.store.Stat(ctx, key)
	s.ended(ctx, start, Observation{Op: OpStat, Key: key, Err: err})
	return obj, err
}

// List tells of an empty listing as of one page.
func (s *observed) List(ctx context.Context, prefix string, opts backends.ListOptions) iter.Seq2[[]backends.Entry, error] {
	return func(yield func([]backends.Entry, error) bool) {
		o := Observation{Op: OpList, Key: prefix}
		start := time.Now()
		for page, err := range s.store.List(ctx, prefix, opts) {
			o.Number++
			o.Err = err
			s.ended(ctx, start, o)
			if !yield(page, err) {
				return
			}
			start = time.Now()
		}
		if o.Number == 0 {
			o.Number = 1
			s.ended(ctx, start, o)
		}
	}
}

func (s *observed) Put(ctx context.Context, key string, data []byte, opts backends.PutOptions) (backends.Object, error) {
	start := time.Now()
	obj, err := s.store.Put(ctx, key, data, opts)
	s.ended(ctx, start, Observation{Op: OpPut, Key: key, Bytes: int64(len(data)), Err: err})
	return obj, err
}

func (s *observed) Copy(ctx context.Context, key string, source backends.Source, cond backends.Condition) (backends.Object, error) {
	start := time.Now()
	obj, err := s.store.Copy(ctx, key, source, cond)
	s.ended(ctx, start, Observation{Op: OpCopy, Key: key, From: source.Key, Err: err})
	return obj, err
}

func (s *observed) SetMetadata(ctx context.Context, key string, change map[string]string, version string) (backends.Object, error) {
	start := time.Now()
	obj, err := s.store.SetMetadata(ctx, key, change, version)
	s.ended(ctx, start, Observation{Op: OpSetMetadata, Key: key, Err: err})
	return obj, err
}

func (s *observed) Rename(ctx context.Context, from, to string) error {
	start := time.Now()
	err := s.store.Rename(ctx, from, to)
	s.ended(ctx, start, Observation{Op: OpRename, Key: to, From: from, Err: err})
	return err
}

func (s *observed) Delete(ctx context.Context, cond backends.Condition, keys ...string) error {
	o := Observation{Op: OpDelete, Number: len(keys)}
	if len(keys) > 0 {
		o.Key = keys[0]
	}
	start := time.Now()
	o.Err = s.store.Delete(ctx, cond, keys...)
	s.ended(ctx, start, o)
	return o.Err
}
