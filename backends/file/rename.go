package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"ftpbridge/backends"
)

// Rename implements backends.Store, for objects and for directories.
func (s *Store) Rename(ctx context.Context, from, to string) error {
	if err := s.rename(ctx, from, to); err != nil {
		return fmt.Errorf("rename %q to %q: %w", from, to, err)
	}
	return nil
}

func (s *Store) rename(ctx context.Context, from, to string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	source, err := s.locate(from)
	if err != nil {
		return err
	}
	target, err := s.locate(to)
	if err != nil {
		return err
	}
	if source.dir != target.dir {
		return fmt.Errorf("an object and a directory: %w", backends.ErrKey)
	}
	if source.dir && from != to && strings.HasPrefix(to, from) {
		return fmt.Errorf("a directory into itself: %w", fs.ErrInvalid)
	}
	var changed []string
	err = s.lock.with(func() error {
		if err := s.renamable(source); err != nil {
			return err
		}
		old, err := s.overwritable(target)
		if err != nil {
			return writeError(err)
		}
		changed, err = s.withParents(target, func() error { return s.renameAt(source, target) })
		if err != nil || old == nil || from == to {
			return writeError(err)
		}
		return s.dropSidecar(versionOf(old))
	})
	if err != nil {
		return err
	}
	return writeError(s.syncDirs(append(changed, source.parent(), target.parent())...))
}

// renameAt is rename(2), which replaces an empty directory: os.Root.Rename
// refuses to.
func (s *Store) renameAt(source, target location) (err error) {
	from, err := s.root.Open(source.parent())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := s.root.Open(target.parent())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	return unix.Renameat(int(from.Fd()), path.Base(source.path), int(to.Fd()), path.Base(target.path))
}

// renamable checks what Rename shall move.
func (s *Store) renamable(source location) error {
	info, err := s.root.Stat(source.path)
	if err != nil {
		return readError(err)
	}
	if info.IsDir() != source.dir {
		return fs.ErrNotExist
	}
	return nil
}

// overwritable checks what Rename shall replace and gives its description, or
// nil if there is nothing. Whether a directory is empty shows in the rename.
func (s *Store) overwritable(target location) (fs.FileInfo, error) {
	old, err := s.root.Stat(target.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && old.IsDir() != target.dir {
		err = fmt.Errorf("an object and a directory: %w", backends.ErrConflict)
	}
	return old, err
}
