package mem

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"ftpbridge/backends"
)

// Rename implements backends.Store, as far as Info.AtomicRename and
// Info.AtomicDirRename say.
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
	dir := strings.HasSuffix(from, "/")
	if !s.info.AtomicRename || dir && !s.info.AtomicDirRename {
		return errors.ErrUnsupported
	}
	if err := s.checkKey(to); err != nil {
		return err
	}
	if dir != strings.HasSuffix(to, "/") {
		return fmt.Errorf("an object and a directory: %w", backends.ErrKey)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if dir {
		return s.renameDir(from, to)
	}
	obj, ok := s.objects[from]
	if !ok {
		return fs.ErrNotExist
	}
	if err := s.checkConflict(to); err != nil {
		return err
	}
	s.remove(from)
	s.makeParents(to)
	s.store(to, obj)
	return nil
}

func (s *Store) renameDir(from, to string) error {
	if !s.anyBelow(from, "") {
		return fs.ErrNotExist
	}
	if from == to {
		return nil
	}
	if strings.HasPrefix(to, from) {
		return fmt.Errorf("a directory into itself: %w", fs.ErrInvalid)
	}
	if s.anyBelow(to, to) {
		return backends.ErrNotEmpty
	}
	if err := s.checkConflict(to); err != nil {
		return err
	}
	first, _ := slices.BinarySearch(s.keys, from)
	last, _ := slices.BinarySearch(s.keys, after(from))
	moving := slices.Clone(s.keys[first:last])
	for _, key := range moving {
		if name := to + strings.TrimPrefix(key, from); s.checkKey(name) != nil {
			return fmt.Errorf("%q: %w", name, backends.ErrKey)
		}
	}
	s.makeParents(to)
	for _, key := range moving {
		obj := s.objects[key]
		s.remove(key)
		s.store(to+strings.TrimPrefix(key, from), obj)
	}
	return nil
}
