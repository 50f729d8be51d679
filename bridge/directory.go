package bridge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"ftpbridge/backends"
	"ftpbridge/ftp"
)

// markerType is the content type of the objects that stand for directories.
const markerType = "application/x-directory"

// Mkdir implements ftp.FileSystem with a marker, in two requests.
func (f *FileSystem) Mkdir(ctx context.Context, name string) error {
	if keyOf(name) == "" {
		return fs.ErrExist
	}
	key, err := writable(name)
	if err != nil {
		return err
	}
	switch _, err := f.StatDir(ctx, name); {
	case err == nil:
		return fmt.Errorf("make %s: %w", name, fs.ErrExist)
	case !isNotExist(err):
		return err
	}
	_, err = f.store.Put(ctx, key+"/", nil, backends.PutOptions{ContentType: markerType})
	if errors.Is(err, backends.ErrConflict) {
		return fmt.Errorf("make %s: %w", name, fs.ErrExist)
	}
	if err != nil {
		return fmt.Errorf("make %s: %w", name, translate(err))
	}
	return nil
}

// RemoveDir implements ftp.FileSystem. Where directories are not real, a file
// that another session stores between the look and the delete survives: only
// the marker is deleted.
func (f *FileSystem) RemoveDir(ctx context.Context, name string) error {
	key, err := readable(name)
	if err != nil {
		return err
	}
	if key == "" {
		return fs.ErrPermission
	}
	marker, err := f.emptyDirectory(ctx, key+"/")
	if err != nil {
		return fmt.Errorf("remove %s: %w", name, translate(err))
	}
	if err := f.store.Delete(ctx, backends.Condition{}, marker); err != nil {
		return fmt.Errorf("remove %s: %w", name, translate(err))
	}
	return nil
}

// emptyDirectory returns the marker of a directory that holds nothing else,
// else fs.ErrNotExist or ftp.ErrNotEmpty.
func (f *FileSystem) emptyDirectory(ctx context.Context, prefix string) (string, error) {
	exists := false
	for page, err := range f.store.List(ctx, prefix, backends.ListOptions{Limit: 2}) {
		if err != nil {
			return "", err
		}
		for _, e := range page {
			if e.Key != prefix {
				return "", ftp.ErrNotEmpty
			}
			exists = true
		}
	}
	if !exists {
		return "", fs.ErrNotExist
	}
	return prefix, nil
}

// Remove implements ftp.FileSystem in two requests, because a store's delete
// does not tell whether there was anything, and two more to keep directories.
func (f *FileSystem) Remove(ctx context.Context, name string) error {
	obj, err := f.statObject(ctx, name)
	if err != nil {
		return err
	}
	f.recent = recentStat{}
	if err := f.store.Delete(ctx, backends.Condition{}, obj.Key); err != nil {
		return fmt.Errorf("delete %s: %w", name, translate(err))
	}
	return translate(f.keepParent(ctx, obj.Key))
}
