package bridge

import (
	"context"
	"fmt"
	"strings"

	"ftpbridge/backends"
)

// keepParent leaves a marker for the directory of a key that is gone, if it is
// the last thing that was in it and the user's directories shall stay.
func (f *FileSystem) keepParent(ctx context.Context, key string) error {
	slash := strings.LastIndexByte(key, '/')
	if !f.keepDirs || f.info.RealDirs || slash < 0 {
		return nil
	}
	dir := key[:slash+1]
	for page, err := range f.store.List(ctx, dir, backends.ListOptions{Limit: 1}) {
		if err != nil {
			return fmt.Errorf("look into %s: %w", dir, err)
		}
		if len(page) > 0 {
			return nil
		}
	}
	if _, err := f.store.Put(ctx, dir, nil, backends.PutOptions{ContentType: markerType}); err != nil {
		return fmt.Errorf("keep %s: %w", dir, err)
	}
	return nil
}
