package layer

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"ftpbridge/backends"
)

// Prefix is the part of store whose keys begin with prefix, as a Store of its
// own in which they are named without it. Closing it closes store. With the
// empty prefix it is store itself.
//
// The prefix usually ends in "/". Info.KeyMax is smaller by its length. The
// marker of the prefix itself ("p/" under "p/") has no name and does not show.
func Prefix(store backends.Store, prefix string) backends.Store {
	if prefix == "" {
		return store
	}
	return &prefixed{store: store, prefix: prefix}
}

type prefixed struct {
	store  backends.Store
	prefix string
}

// below is the key as the store below knows it.
func (p *prefixed) below(key string) (string, error) {
	if key == "" {
		return "", fmt.Errorf("empty key below %q: %w", p.prefix, backends.ErrKey)
	}
	return p.prefix + key, nil
}

// above is the object as it is named here.
func (p *prefixed) above(obj backends.Object) backends.Object {
	obj.Key = strings.TrimPrefix(obj.Key, p.prefix)
	return obj
}

func (p *prefixed) Info() backends.Info {
	info := p.store.Info()
	if info.KeyMax > 0 {
		info.KeyMax = max(info.KeyMax-len(p.prefix), 1)
	}
	return info
}

func (p *prefixed) Stat(ctx context.Context, key string) (backends.Object, error) {
	key, err := p.below(key)
	if err != nil {
		return backends.Object{}, err
	}
	obj, err := p.store.Stat(ctx, key)
	return p.above(obj), err
}

func (p *prefixed) Open(ctx context.Context, key string, offset, length int64, version string) (backends.Reader, error) {
	key, err := p.below(key)
	if err != nil {
		return nil, err
	}
	r, err := p.store.Open(ctx, key, offset, length, version)
	if err != nil {
		return nil, err
	}
	return prefixedReader{Reader: r, layer: p}, nil
}

type prefixedReader struct {
	backends.Reader
	layer *prefixed
}

func (r prefixedReader) Object() backends.Object { return r.layer.above(r.Reader.Object()) }

func (p *prefixed) List(ctx context.Context, prefix string, opts backends.ListOptions) iter.Seq2[[]backends.Entry, error] {
	limit := opts.Limit
	if limit > 0 && prefix == "" {
		opts.Limit++ // for the marker that does not show
	}
	if opts.After != "" {
		opts.After = p.prefix + opts.After
	}
	return func(yield func([]backends.Entry, error) bool) {
		listed := 0
		for page, err := range p.store.List(ctx, p.prefix+prefix, opts) {
			named := page[:0] // each page is the caller's own, and so ours
			for _, entry := range page {
				entry.Key = strings.TrimPrefix(entry.Key, p.prefix)
				if entry.Key != "" && (limit == 0 || listed < limit) {
					named = append(named, entry)
					listed++
				}
			}
			if err == nil && len(named) == 0 {
				continue
			}
			if !yield(named, err) {
				return
			}
		}
	}
}

func (p *prefixed) Put(ctx context.Context, key string, data []byte, opts backends.PutOptions) (backends.Object, error) {
	key, err := p.below(key)
	if err != nil {
		return backends.Object{}, err
	}
	obj, err := p.store.Put(ctx, key, data, opts)
	return p.above(obj), err
}

func (p *prefixed) Begin(ctx context.Context, key string, opts backends.PutOptions) (backends.Upload, error) {
	key, err := p.below(key)
	if err != nil {
		return nil, err
	}
	up, err := p.store.Begin(ctx, key, opts)
	if err != nil {
		return nil, err
	}
	return prefixedUpload{Upload: up, layer: p}, nil
}

func (p *prefixed) Resume(ctx context.Context, key, id string) (backends.Upload, error) {
	key, err := p.below(key)
	if err != nil {
		return nil, err
	}
	up, err := p.store.Resume(ctx, key, id)
	if err != nil {
		return nil, err
	}
	return prefixedUpload{Upload: up, layer: p}, nil
}

type prefixedUpload struct {
	backends.Upload
	layer *prefixed
}

func (u prefixedUpload) Commit(ctx context.Context, parts []backends.Part, sum backends.CRC32C, cond backends.Condition) (backends.Object, error) {
	obj, err := u.Upload.Commit(ctx, parts, sum, cond)
	return u.layer.above(obj), err
}

func (p *prefixed) Copy(ctx context.Context, key string, source backends.Source, cond backends.Condition) (backends.Object, error) {
	key, err := p.below(key)
	if err != nil {
		return backends.Object{}, err
	}
	if source.Key, err = p.below(source.Key); err != nil {
		return backends.Object{}, err
	}
	obj, err := p.store.Copy(ctx, key, source, cond)
	return p.above(obj), err
}

func (p *prefixed) SetMetadata(ctx context.Context, key string, change map[string]string, version string) (backends.Object, error) {
	key, err := p.below(key)
	if err != nil {
		return backends.Object{}, err
	}
	obj, err := p.store.SetMetadata(ctx, key, change, version)
	return p.above(obj), err
}

func (p *prefixed) Rename(ctx context.Context, from, to string) error {
	from, err := p.below(from)
	if err != nil {
		return err
	}
	to, err = p.below(to)
	if err != nil {
		return err
	}
	return p.store.Rename(ctx, from, to)
}

func (p *prefixed) Delete(ctx context.Context, cond backends.Condition, keys ...string) error {
	named := make([]string, len(keys))
	for i, key := range keys {
		var err error
		if named[i], err = p.below(key); err != nil {
			return err
		}
	}
	return p.store.Delete(ctx, cond, named...)
}

func (p *prefixed) Close() error { return p.store.Close() }
