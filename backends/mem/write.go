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

// Put implements backends.Store.
func (s *Store) Put(ctx context.Context, key string, data []byte, opts backends.PutOptions) (backends.Object, error) {
	if err := ctx.Err(); err != nil {
		return backends.Object{}, fmt.Errorf("put %q: %w", key, err)
	}
	if s.info.PutMax > 0 && int64(len(data)) > s.info.PutMax {
		return backends.Object{}, fmt.Errorf("put %q: %w", key, backends.ErrTooLarge)
	}
	if backends.Checksum(data) != opts.Checksum {
		return backends.Object{}, fmt.Errorf("put %q: %w", key, backends.ErrChecksum)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	obj, err := s.publish(key, newObject(slices.Clone(data), opts.Checksum, opts), opts.Condition)
	if err != nil {
		return backends.Object{}, fmt.Errorf("put %q: %w", key, err)
	}
	return obj, nil
}

// publish stores obj at key if everything allows it. The lock is held.
func (s *Store) publish(key string, obj object, cond backends.Condition) (backends.Object, error) {
	if err := s.checkKey(key); err != nil {
		return backends.Object{}, err
	}
	if strings.HasSuffix(key, "/") && obj.Size > 0 {
		return backends.Object{}, fmt.Errorf("directory marker with bytes: %w", backends.ErrKey)
	}
	if err := s.checkCondition(key, cond); err != nil {
		return backends.Object{}, err
	}
	if err := s.checkConflict(key); err != nil {
		return backends.Object{}, err
	}
	s.makeParents(key)
	return s.store(key, obj).describe(), nil
}

func (s *Store) checkCondition(key string, cond backends.Condition) error {
	if cond == (backends.Condition{}) {
		return nil
	}
	if !s.info.ConditionalWrites {
		return fmt.Errorf("conditional write: %w", errors.ErrUnsupported)
	}
	there, exists := s.objects[key]
	if cond.Absent && exists {
		return fs.ErrExist
	}
	if cond.Version != "" && there.Version != cond.Version {
		return backends.ErrChanged
	}
	return nil
}

// checkConflict refuses an object where a directory is, or the reverse, if the
// store cannot hold both.
func (s *Store) checkConflict(key string) error {
	if s.info.ObjectAndDir {
		return nil
	}
	if !strings.HasSuffix(key, "/") && s.anyBelow(key+"/", "") {
		return fmt.Errorf("%q is a directory: %w", key, backends.ErrConflict)
	}
	for dir := range parents(key + "/") {
		if name := strings.TrimSuffix(dir, "/"); name != key && s.has(name) {
			return fmt.Errorf("%q is an object: %w", name, backends.ErrConflict)
		}
	}
	return nil
}

// makeParents makes the directories above key where directories are real.
func (s *Store) makeParents(key string) {
	if !s.info.RealDirs {
		return
	}
	for dir := range parents(key) {
		if !s.has(dir) {
			s.store(dir, newObject(nil, 0, backends.PutOptions{}))
		}
	}
}

func (s *Store) has(key string) bool {
	_, ok := s.objects[key]
	return ok
}

// anyBelow tells whether a key other than except begins with prefix.
func (s *Store) anyBelow(prefix, except string) bool {
	at, _ := slices.BinarySearch(s.keys, prefix)
	for _, key := range s.keys[at:] {
		if !strings.HasPrefix(key, prefix) {
			return false
		}
		if key != except {
			return true
		}
	}
	return false
}

// parents yields the directories that hold key, the outermost first.
func parents(key string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i := range len(key) - 1 {
			if key[i] == '/' && !yield(key[:i+1]) {
				return
			}
		}
	}
}

// Copy implements backends.Store.
func (s *Store) Copy(ctx context.Context, key string, source backends.Source, cond backends.Condition) (backends.Object, error) {
	obj, err := s.copyObject(ctx, key, source, cond)
	if err != nil {
		return backends.Object{}, fmt.Errorf("copy %q to %q: %w", source.Key, key, err)
	}
	return obj, nil
}

func (s *Store) copyObject(ctx context.Context, key string, source backends.Source, cond backends.Condition) (backends.Object, error) {
	if err := ctx.Err(); err != nil {
		return backends.Object{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	obj, ok := s.objects[source.Key]
	if !ok {
		return backends.Object{}, fs.ErrNotExist
	}
	if source.Version != "" && source.Version != obj.Version {
		return backends.Object{}, backends.ErrChanged
	}
	if s.info.CopyMax > 0 && obj.Size > s.info.CopyMax {
		return backends.Object{}, backends.ErrTooLarge
	}
	return s.publish(key, obj, cond)
}

// Delete implements backends.Store.
func (s *Store) Delete(ctx context.Context, cond backends.Condition, keys ...string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	if cond.Absent || cond.Version != "" && len(keys) != 1 {
		return errors.New("delete: the condition must be a version, with one key")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, key := range keys {
		if err := s.deleteOne(key, cond); err != nil {
			errs = append(errs, fmt.Errorf("delete %q: %w", key, err))
		}
	}
	return errors.Join(errs...)
}

func (s *Store) deleteOne(key string, cond backends.Condition) error {
	if err := s.checkKey(key); err != nil {
		return err
	}
	if !s.has(key) {
		return nil
	}
	if err := s.checkCondition(key, cond); err != nil {
		return err
	}
	if s.info.RealDirs && strings.HasSuffix(key, "/") && s.anyBelow(key, key) {
		return backends.ErrNotEmpty
	}
	s.remove(key)
	return nil
}
