package storetest_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/mem"
	"ftpbridge/backends/storetest"
)

// Each of these stores breaks one promise.
type (
	trusting     struct{ backends.Store } // does not verify a checksum
	careless     struct{ backends.Store } // ignores Put's condition
	splicing     struct{ backends.Store } // ignores the version of Open
	lenient      struct{ backends.Store } // takes an offset beyond the end
	shortSighted struct{ backends.Store } // lists one page
	unlimited    struct{ backends.Store } // ignores Limit
	restarting   struct{ backends.Store } // ignores After
	sweeping     struct{ backends.Store } // deletes what is below a marker
	pedantic     struct{ backends.Store } // finds fault with a missing key in Delete
	forgetful    struct{ backends.Store } // loses metadata in Copy
	unpinned     struct{ backends.Store } // copies any version
	deaf         struct{ backends.Store } // ignores the context of Put and List
	credulous    struct{ backends.Store } // does not verify the sum of Commit
	premature    struct{ backends.Store } // publishes before Commit
)

func (s trusting) Put(ctx context.Context, key string, data []byte, opts backends.PutOptions) (backends.Object, error) {
	opts.Checksum = backends.Checksum(data)
	return s.Store.Put(ctx, key, data, opts)
}

func (s careless) Put(ctx context.Context, key string, data []byte, opts backends.PutOptions) (backends.Object, error) {
	opts.Condition = backends.Condition{}
	return s.Store.Put(ctx, key, data, opts)
}

func (s splicing) Open(ctx context.Context, key string, offset, length int64, _ string) (backends.Reader, error) {
	return s.Store.Open(ctx, key, offset, length, "")
}

func (s lenient) Open(ctx context.Context, key string, offset, length int64, version string) (backends.Reader, error) {
	if r, err := s.Store.Open(ctx, key, offset, length, version); !errors.Is(err, backends.ErrRange) {
		return r, err
	}
	return s.Store.Open(ctx, key, 0, 0, version)
}

func (s shortSighted) List(ctx context.Context, prefix string, opts backends.ListOptions) iter.Seq2[[]backends.Entry, error] {
	return func(yield func([]backends.Entry, error) bool) {
		for page, err := range s.Store.List(ctx, prefix, opts) {
			yield(page, err)
			return
		}
	}
}

func (s unlimited) List(ctx context.Context, prefix string, opts backends.ListOptions) iter.Seq2[[]backends.Entry, error] {
	opts.Limit = 0
	return s.Store.List(ctx, prefix, opts)
}

func (s restarting) List(ctx context.Context, prefix string, opts backends.ListOptions) iter.Seq2[[]backends.Entry, error] {
	opts.After = ""
	return s.Store.List(ctx, prefix, opts)
}

func (s sweeping) Delete(ctx context.Context, cond backends.Condition, keys ...string) error {
	for _, key := range keys {
		if !strings.HasSuffix(key, "/") {
			continue
		}
		for page, err := range s.List(ctx, key, backends.ListOptions{Recursive: true}) {
			if err != nil {
				return err
			}
			for _, entry := range page {
				keys = append(keys, entry.Key)
			}
		}
	}
	return s.Store.Delete(ctx, cond, keys...)
}

func (s pedantic) Delete(ctx context.Context, cond backends.Condition, keys ...string) error {
	for _, key := range keys {
		if _, err := s.Stat(ctx, key); err != nil {
			return err
		}
	}
	return s.Store.Delete(ctx, cond, keys...)
}

func (s forgetful) Copy(ctx context.Context, key string, source backends.Source, cond backends.Condition) (backends.Object, error) {
	r, err := s.Open(ctx, source.Key, 0, -1, source.Version)
	if err != nil {
		return backends.Object{}, err
	}
	data := make([]byte, r.Object().Size)
	_, err = r.Read(data)
	if len(data) == 0 {
		err = nil
	}
	if err := errors.Join(err, r.Close()); err != nil {
		return backends.Object{}, err
	}
	return s.Put(ctx, key, data, backends.PutOptions{Checksum: backends.Checksum(data), Condition: cond})
}

func (s unpinned) Copy(ctx context.Context, key string, source backends.Source, cond backends.Condition) (backends.Object, error) {
	source.Version = ""
	return s.Store.Copy(ctx, key, source, cond)
}

func (s deaf) Put(ctx context.Context, key string, data []byte, opts backends.PutOptions) (backends.Object, error) {
	return s.Store.Put(context.WithoutCancel(ctx), key, data, opts)
}

func (s deaf) List(ctx context.Context, prefix string, opts backends.ListOptions) iter.Seq2[[]backends.Entry, error] {
	return s.Store.List(context.WithoutCancel(ctx), prefix, opts)
}

func (s credulous) Begin(ctx context.Context, key string, opts backends.PutOptions) (backends.Upload, error) {
	up, err := s.Store.Begin(ctx, key, opts)
	return credulousUpload{up}, err
}

type credulousUpload struct{ backends.Upload }

func (u credulousUpload) Commit(ctx context.Context, parts []backends.Part, _ backends.CRC32C, cond backends.Condition) (backends.Object, error) {
	sum := backends.CRC32C(0)
	for _, part := range parts {
		sum = sum.Append(part.Sum, part.Size)
	}
	return u.Upload.Commit(ctx, parts, sum, cond)
}

func (s premature) Begin(ctx context.Context, key string, opts backends.PutOptions) (backends.Upload, error) {
	if _, err := s.Put(ctx, key, nil, backends.PutOptions{}); err != nil {
		return nil, err
	}
	return s.Store.Begin(ctx, key, opts)
}

// TestFaultsAreNoticed runs the suite on stores that break a promise. Known
// makes it a failure if the subtests named here pass, or any other fails.
func TestFaultsAreNoticed(t *testing.T) {
	const why = "broken on purpose"
	tests := map[string]struct {
		breakIt func(backends.Store) backends.Store
		noticed storetest.Known
	}{
		"checksum": {
			func(s backends.Store) backends.Store { return trusting{s} },
			storetest.Known{"Put/wrong checksum": why},
		},
		"condition": {
			func(s backends.Store) backends.Store { return careless{s} },
			storetest.Known{
				"Put/absent": why, "Put/version": why, "Put/simultaneous absent": why, "Put/simultaneous version": why,
				"Directories/marker absent": why,
			},
		},
		"pinned version": {
			func(s backends.Store) backends.Store { return splicing{s} },
			storetest.Known{"Open/pinned and changed": why},
		},
		"range": {
			func(s backends.Store) backends.Store { return lenient{s} },
			storetest.Known{"Open/offset beyond the end": why, "Open/empty object": why},
		},
		"pages": {
			func(s backends.Store) backends.Store { return shortSighted{s} },
			storetest.Known{"List/many": why},
		},
		"limit": {
			func(s backends.Store) backends.Store { return unlimited{s} },
			storetest.Known{"List/many": why, "List/limit": why, "List/after": why},
		},
		"after": {
			func(s backends.Store) backends.Store { return restarting{s} },
			storetest.Known{"List/after": why},
		},
		"marker": {
			func(s backends.Store) backends.Store { return sweeping{s} },
			storetest.Known{"Delete/marker with content below": why, "Directories/object of the same name": why},
		},
		"missing key": {
			func(s backends.Store) backends.Store { return pedantic{s} },
			storetest.Known{
				"Delete/missing": why, "Delete/several": why, "Delete/version of a missing object": why,
				"Delete/directory without its slash": why, "Delete/object by a marker's key": why,
			},
		},
		"metadata of copies": {
			func(s backends.Store) backends.Store { return forgetful{s} },
			storetest.Known{
				"Copy/object": why, "Copy/empty object": why, "Copy/object of several parts": why,
				"Copy/overwrites": why, "Copy/onto itself": why,
			},
		},
		"pinned copy": {
			func(s backends.Store) backends.Store { return unpinned{s} },
			storetest.Known{"Copy/changed source": why},
		},
		"context": {
			func(s backends.Store) backends.Store { return deaf{s} },
			storetest.Known{"Put/cancelled": why, "List/cancelled": why, "List/many": why},
		},
		"sum of the whole": {
			func(s backends.Store) backends.Store { return credulous{s} },
			storetest.Known{"Upload/wrong sum of the whole": why},
		},
		"whole or nothing": {
			func(s backends.Store) backends.Store { return premature{s} },
			storetest.Known{
				"Pending/nothing shows before Commit": why, "Pending/old object until Commit": why,
				"Pending/abort": why, "Pending/abort twice": why, "Pending/use after abort": why,
				"Pending/cancelled": why, "Pending/marker": why,
				"Upload/wrong sum of the whole": why,
				"Upload/absent":                 why, "Upload/version": why, "Upload/stale part": why, "Upload/simultaneous absent": why,
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(*testing.T) backends.Store {
				return tt.breakIt(mem.New(mem.Options{Adjust: func(i *backends.Info) { i.PartMin = 1024 }}))
			}, tt.noticed)
		})
	}
}
