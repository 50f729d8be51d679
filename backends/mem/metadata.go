package mem

import (
	"context"
	"fmt"
	"io/fs"

	"ftpbridge/backends"
)

// SetMetadata implements backends.Store; the version stays.
func (s *Store) SetMetadata(ctx context.Context, key string, change map[string]string, version string) (backends.Object, error) {
	obj, err := s.setMetadata(ctx, key, change, version)
	if err != nil {
		return backends.Object{}, fmt.Errorf("set metadata of %q: %w", key, err)
	}
	return obj.describe(), nil
}

func (s *Store) setMetadata(ctx context.Context, key string, change map[string]string, version string) (object, error) {
	if err := ctx.Err(); err != nil {
		return object{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	obj, ok := s.objects[key]
	if !ok {
		return object{}, fs.ErrNotExist
	}
	if version != "" && version != obj.Version {
		return object{}, backends.ErrChanged
	}
	obj.Metadata = backends.MergeMetadata(obj.Metadata, change)
	s.objects[key] = obj
	return obj, nil
}
