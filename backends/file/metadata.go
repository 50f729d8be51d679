package file

import (
	"context"
	"errors"
	"fmt"

	"ftpbridge/backends"
)

// SetMetadata implements backends.Store. The file itself, its date and so
// its version stay.
func (s *Store) SetMetadata(ctx context.Context, key string, change map[string]string, version string) (backends.Object, error) {
	obj, err := s.setMetadata(ctx, key, change, version)
	if err != nil {
		return backends.Object{}, fmt.Errorf("set metadata of %q: %w", key, err)
	}
	return obj, nil
}

func (s *Store) setMetadata(ctx context.Context, key string, change map[string]string, version string) (obj backends.Object, err error) {
	if err := ctx.Err(); err != nil {
		return backends.Object{}, err
	}
	loc, err := s.locate(key)
	if err != nil {
		return backends.Object{}, err
	}
	err = s.lock.with(func() (err error) {
		f, info, err := s.openFile(loc)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		if version != "" && version != versionOf(info) {
			return backends.ErrChanged
		}
		a, err := s.attributes(f, info)
		if err != nil {
			return readError(err)
		}
		a.Metadata = backends.MergeMetadata(a.Metadata, change)
		obj = a.object(key, info)
		return writeError(errors.Join(s.setAttributes(f, info, a), f.Sync()))
	})
	return obj, err
}
