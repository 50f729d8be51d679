package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"ftpbridge/backends"
)

// Delete implements backends.Store. A marker's key removes the directory.
func (s *Store) Delete(ctx context.Context, cond backends.Condition, keys ...string) error {
	if cond.Absent || cond.Version != "" && len(keys) != 1 {
		return errors.New("delete: the condition must be a version, with one key")
	}
	var changed []string
	var errs []error
	for _, key := range keys {
		if err := ctx.Err(); err != nil {
			errs = append(errs, fmt.Errorf("delete %q: %w", key, err))
			break
		}
		loc, err := s.locate(key)
		if err == nil {
			err = s.lock.with(func() error { return s.remove(loc, cond) })
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("delete %q: %w", key, classify(err)))
			continue
		}
		changed = append(changed, loc.parent())
	}
	if err := s.syncDirs(changed...); err != nil {
		errs = append(errs, fmt.Errorf("delete: %w", classify(err)))
	}
	return errors.Join(errs...)
}

// remove takes away what is at loc. The lock is held.
func (s *Store) remove(loc location, cond backends.Condition) error {
	old, err := s.root.Stat(loc.path)
	if err != nil {
		if errors.Is(readError(err), fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if old.IsDir() != loc.dir {
		return nil // something else of that name
	}
	if cond.Version != "" && versionOf(old) != cond.Version {
		return backends.ErrChanged
	}
	if loc.dir {
		link, err := s.root.Lstat(loc.path)
		if err != nil {
			return err
		}
		if !link.IsDir() {
			return fmt.Errorf("a symbolic link to a directory: %w", fs.ErrPermission)
		}
	}
	if err := s.root.Remove(loc.path); err != nil {
		return err
	}
	return s.dropSidecar(versionOf(old))
}
