package layer

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"ftpbridge/backends"
)

// Op names the method that a Call is of.
type Op string

// The calls that a Hook sees: all methods of Store, Upload and Reader but
// those that touch nothing (Info, ID, Object).
const (
	OpStat        Op = "Stat"
	OpOpen        Op = "Open"
	OpRead        Op = "Read"        // of the Reader that Open returned
	OpCloseReader Op = "CloseReader" // the same
	OpList        Op = "List"        // one call a page
	OpPut         Op = "Put"
	OpBegin       Op = "Begin"
	OpResume      Op = "Resume"
	OpPutPart     Op = "PutPart"
	OpParts       Op = "Parts"
	OpCommit      Op = "Commit"
	OpAbort       Op = "Abort"
	OpCopy        Op = "Copy"
	OpSetMetadata Op = "SetMetadata"
	OpRename      Op = "Rename"
	OpDelete      Op = "Delete"
	OpClose       Op = "Close"
)

// Call describes one call; fields that the method does not have are zero.
type Call struct {
	Op     Op
	Key    string   // what is read or written; List's prefix; Delete's first key
	Keys   []string // all keys of Delete
	From   string   // what Copy and Rename read
	Number int      // of the part, or of List's page, from 1
	Offset int64    // Open, Read, PutPart; bytes from the object's start
	// Length is how many bytes: what Put and PutPart bring, what Open and Read
	// ask for. A hook may lower that of Read before it runs it.
	Length    int64
	Listing   backends.ListOptions // List
	Options   backends.PutOptions  // Put, Begin
	Parts     []backends.Part      // Commit
	Condition backends.Condition   // Put, Commit, Copy, SetMetadata, Delete
}

// String is a line for transcripts, such as `PutPart "a.txt" 2 16 bytes at 16`.
func (c *Call) String() string {
	switch c.Op {
	case OpOpen, OpRead:
		return fmt.Sprintf("%s %q at %d", c.Op, c.Key, c.Offset)
	case OpList:
		return fmt.Sprintf("%s %q page %d", c.Op, c.Key, c.Number)
	case OpPut:
		return fmt.Sprintf("%s %q %d bytes", c.Op, c.Key, c.Length)
	case OpPutPart:
		return fmt.Sprintf("%s %q %d %d bytes at %d", c.Op, c.Key, c.Number, c.Length, c.Offset)
	case OpCommit:
		return fmt.Sprintf("%s %q %d parts", c.Op, c.Key, len(c.Parts))
	case OpCopy, OpRename:
		return fmt.Sprintf("%s %q from %q", c.Op, c.Key, c.From)
	case OpDelete:
		return fmt.Sprintf("%s %q", c.Op, c.Keys)
	case OpClose:
		return string(c.Op)
	default:
		return fmt.Sprintf("%s %q", c.Op, c.Key)
	}
}

// Hook stands around every call: it calls run, once, to let the call happen,
// and what it returns is the call's error. So it may record the call, wait,
// fail it without running it, or run it and fail it all the same: a reply
// that was lost. If it returns nil although run failed, run's error counts.
//
// Hooks may be called from several goroutines at once. ctx is the call's own;
// that of a Read is Open's.
type Hook func(ctx context.Context, call *Call, run func() error) error

// errNotRun is the error of a call that the hook neither ran nor failed.
var errNotRun = errors.New("the hook did not run the call")

// Intercept is store with hook around every call. It is for tests: to count
// and to record calls, and to inject faults.
func Intercept(store backends.Store, hook Hook) backends.Store {
	return &intercepted{store: store, hook: hook}
}

type intercepted struct {
	store backends.Store
	hook  Hook
}

// around runs f under the hook. On an error the result is what f gave all the
// same; callers of a Store do not look at it.
func around[T any](ctx context.Context, hook Hook, call *Call, f func() (T, error)) (T, error) {
	var result T
	runErr := errNotRun
	err := hook(ctx, call, func() error {
		result, runErr = f()
		return runErr
	})
	if err == nil {
		err = runErr
	}
	return result, err
}

// aroundErr is around for calls that give only an error.
func aroundErr(ctx context.Context, hook Hook, call *Call, f func() error) error {
	_, err := around(ctx, hook, call, func() (struct{}, error) { return struct{}{}, f() })
	return err
}

func (s *intercepted) Info() backends.Info { return s.store.Info() }

func (s *intercepted) Stat(ctx context.Context, key string) (backends.Object, error) {
	return around(ctx, s.hook, &Call{Op: OpStat, Key: key}, func() (backends.Object, error) {
		return s.store.Stat(ctx, key)
	})
}

// List calls the hook around the first page's request. Whether there is
// another page shows only when it has come, so for each later one the hook
// stands between its arrival and the caller.
func (s *intercepted) List(ctx context.Context, prefix string, opts backends.ListOptions) iter.Seq2[[]backends.Entry, error] {
	return func(yield func([]backends.Entry, error) bool) {
		next, stop := iter.Pull2(s.store.List(ctx, prefix, opts))
		defer stop()
		for number := 1; ; number++ {
			page, pageErr, more := []backends.Entry(nil), error(nil), true
			if number > 1 {
				if page, pageErr, more = next(); !more {
					return
				}
			}
			call := &Call{Op: OpList, Key: prefix, Listing: opts, Number: number}
			err := aroundErr(ctx, s.hook, call, func() error {
				if number == 1 {
					page, pageErr, more = next()
				}
				return pageErr
			})
			if err != nil {
				yield(nil, err)
				return
			}
			if !more || !yield(page, nil) {
				return
			}
		}
	}
}

func (s *intercepted) Put(ctx context.Context, key string, data []byte, opts backends.PutOptions) (backends.Object, error) {
	call := &Call{Op: OpPut, Key: key, Length: int64(len(data)), Options: opts, Condition: opts.Condition}
	return around(ctx, s.hook, call, func() (backends.Object, error) {
		return s.store.Put(ctx, key, data, opts)
	})
}

func (s *intercepted) Copy(ctx context.Context, key string, source backends.Source, cond backends.Condition) (backends.Object, error) {
	call := &Call{Op: OpCopy, Key: key, From: source.Key, Condition: cond}
	return around(ctx, s.hook, call, func() (backends.Object, error) {
		return s.store.Copy(ctx, key, source, cond)
	})
}

func (s *intercepted) SetMetadata(ctx context.Context, key string, change map[string]string, version string) (backends.Object, error) {
	call := &Call{Op: OpSetMetadata, Key: key, Condition: backends.Condition{Version: version}}
	return around(ctx, s.hook, call, func() (backends.Object, error) {
		return s.store.SetMetadata(ctx, key, change, version)
	})
}

func (s *intercepted) Rename(ctx context.Context, from, to string) error {
	return aroundErr(ctx, s.hook, &Call{Op: OpRename, Key: to, From: from}, func() error {
		return s.store.Rename(ctx, from, to)
	})
}

func (s *intercepted) Delete(ctx context.Context, cond backends.Condition, keys ...string) error {
	call := &Call{Op: OpDelete, Keys: keys, Condition: cond}
	if len(keys) > 0 {
		call.Key = keys[0]
	}
	return aroundErr(ctx, s.hook, call, func() error {
		return s.store.Delete(ctx, cond, keys...)
	})
}

func (s *intercepted) Close() error {
	return aroundErr(context.Background(), s.hook, &Call{Op: OpClose}, s.store.Close)
}
