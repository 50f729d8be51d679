package mem

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"ftpbridge/backends"
)

// Open implements backends.Store.
func (s *Store) Open(ctx context.Context, key string, offset, length int64, version string) (backends.Reader, error) {
	obj, err := s.get(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", key, err)
	}
	if version != "" && obj.Version != version {
		return nil, fmt.Errorf("open %q: %w", key, backends.ErrChanged)
	}
	if offset < 0 || offset > obj.Size {
		return nil, fmt.Errorf("open %q at %d of %d: %w", key, offset, obj.Size, backends.ErrRange)
	}
	body := obj.data[offset:]
	if length >= 0 && length < int64(len(body)) {
		body = body[:length]
	}
	return &reader{ctx: ctx, body: bytes.NewReader(body), object: obj.describe()}, nil
}

// reader is the running read, so it holds its context.
type reader struct {
	ctx    context.Context
	body   *bytes.Reader
	object backends.Object
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.body.Read(p)
}

func (r *reader) Close() error            { return nil }
func (r *reader) Object() backends.Object { return r.object }

// List implements backends.Store. Each page is a look at the store as it is
// then, after the last key of the page before.
func (s *Store) List(ctx context.Context, prefix string, opts backends.ListOptions) iter.Seq2[[]backends.Entry, error] {
	return func(yield func([]backends.Entry, error) bool) {
		if opts.After != "" && !s.info.Ordered {
			yield(nil, fmt.Errorf("list %q after %q: %w", prefix, opts.After, errors.ErrUnsupported))
			return
		}
		next, listed := max(prefix, opts.After), 0
		for {
			if err := ctx.Err(); err != nil {
				yield(nil, fmt.Errorf("list %q: %w", prefix, err))
				return
			}
			size := s.pageSize
			if opts.Limit > 0 {
				size = min(size, opts.Limit-listed)
			}
			var page []backends.Entry
			page, next = s.page(prefix, next, opts, size)
			if len(page) > 0 && !yield(page, nil) {
				return
			}
			listed += len(page)
			if next == "" || listed == opts.Limit {
				return
			}
		}
	}
}

// page gives up to size entries from the key next on, and the key from which
// the following page goes on, or "" if there is none.
func (s *Store) page(prefix, next string, opts backends.ListOptions, size int) ([]backends.Entry, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var page []backends.Entry
	at, _ := slices.BinarySearch(s.keys, next)
	for at < len(s.keys) && strings.HasPrefix(s.keys[at], prefix) {
		key := s.keys[at]
		if len(page) == size {
			return page, key
		}
		obj := s.objects[key]
		entry := backends.Entry{Key: key, Size: obj.Size, ModTime: obj.ModTime, Version: obj.Version}
		at++
		if slash := strings.IndexByte(key[len(prefix):], '/'); slash >= 0 && !opts.Recursive {
			entry = backends.Entry{Key: key[:len(prefix)+slash+1]}
			at, _ = slices.BinarySearch(s.keys, after(entry.Key))
		}
		if entry.Key > opts.After {
			page = append(page, entry)
		}
	}
	return page, ""
}

// after is the first key beyond all that begin with dir, which ends in "/":
// "0" follows "/".
func after(dir string) string { return dir[:len(dir)-1] + "0" }
