package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"ftpbridge/backends"
)

// Put implements backends.Store. When it returns nil the object is durable.
func (s *Store) Put(ctx context.Context, key string, data []byte, opts backends.PutOptions) (backends.Object, error) {
	obj, err := s.put(ctx, key, data, opts)
	if err != nil {
		return backends.Object{}, fmt.Errorf("put %q: %w", key, writeError(err))
	}
	return obj, nil
}

func (s *Store) put(ctx context.Context, key string, data []byte, opts backends.PutOptions) (backends.Object, error) {
	if err := ctx.Err(); err != nil {
		return backends.Object{}, err
	}
	loc, err := s.locate(key)
	if err != nil {
		return backends.Object{}, err
	}
	sum := backends.Checksum(data)
	if sum != opts.Checksum {
		return backends.Object{}, backends.ErrChecksum
	}
	if loc.dir {
		if len(data) > 0 {
			return backends.Object{}, fmt.Errorf("a directory holds no bytes: %w", backends.ErrKey)
		}
		return s.putDir(key, loc, attributesOf(opts), opts.Condition)
	}
	return s.writeObject(key, loc, opts.Condition, func(f *os.File) (attributes, *backends.CRC32C, error) {
		_, err := f.Write(data)
		return attributesOf(opts), &sum, err
	})
}

// writeObject publishes at key what fill writes into a new file. Fill also
// tells the attributes and, if it is known, the sum.
func (s *Store) writeObject(
	key string, loc location, cond backends.Condition,
	fill func(*os.File) (attributes, *backends.CRC32C, error),
) (obj backends.Object, err error) {
	f, name, err := s.createTemp()
	if err != nil {
		return obj, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	a, sum, err := fill(f)
	if err != nil {
		return obj, errors.Join(err, s.root.Remove(name))
	}
	info, a, err := s.seal(f, name, a, sum)
	if err != nil {
		return obj, errors.Join(err, s.root.Remove(name))
	}
	if err := s.publish(name, loc, cond); err != nil {
		return obj, errors.Join(err, s.discard(name, info))
	}
	return a.object(key, info), nil
}

// discard removes a sealed file that was not published. It may be gone.
func (s *Store) discard(name string, info fs.FileInfo) error {
	err := s.root.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, s.dropSidecar(versionOf(info)))
}

// putDir makes the directory at loc, or gives the one there new attributes.
func (s *Store) putDir(key string, loc location, a attributes, cond backends.Condition) (obj backends.Object, err error) {
	var changed []string
	err = s.lock.with(func() (err error) {
		old, err := s.root.Stat(loc.path)
		exists := err == nil
		switch {
		case exists && cond.Absent:
			return fs.ErrExist
		case cond.Version != "" && (!exists || versionOf(old) != cond.Version):
			return backends.ErrChanged
		case exists && !old.IsDir():
			return fmt.Errorf("an object is there: %w", backends.ErrConflict)
		}
		if changed, err = s.makeDirs(loc.path); err != nil {
			return err
		}
		f, info, err := s.openFile(loc)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		if err := s.setAttributes(f, info, a); err != nil {
			return err
		}
		obj = a.object(key, info)
		return f.Sync()
	})
	if err != nil {
		return backends.Object{}, err
	}
	return obj, s.syncDirs(changed...)
}

// copyStep is how many bytes Copy moves between looks at its context.
const copyStep = 256 << 20

// Copy implements backends.Store. Where the file system can share blocks
// between files, it takes no time and no space.
func (s *Store) Copy(ctx context.Context, key string, source backends.Source, cond backends.Condition) (backends.Object, error) {
	obj, err := s.copy(ctx, key, source, cond)
	if err != nil {
		return backends.Object{}, fmt.Errorf("copy %q to %q: %w", source.Key, key, err)
	}
	return obj, nil
}

func (s *Store) copy(ctx context.Context, key string, source backends.Source, cond backends.Condition) (obj backends.Object, err error) {
	loc, err := s.locate(key)
	if err != nil {
		return obj, err
	}
	from, old, err := s.openObject(ctx, source.Key)
	if err != nil {
		return obj, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if source.Version != "" && source.Version != old.Version {
		return obj, backends.ErrChanged
	}
	a := attributes{ContentType: old.ContentType, Metadata: old.Metadata}
	if loc.dir {
		if old.Size > 0 {
			return obj, fmt.Errorf("a directory holds no bytes: %w", backends.ErrKey)
		}
		obj, err = s.putDir(key, loc, a, cond)
		return obj, writeError(err)
	}
	obj, err = s.writeObject(key, loc, cond, func(f *os.File) (attributes, *backends.CRC32C, error) {
		sum := &old.Sum
		if !old.HasSum {
			sum = nil
		}
		return a, sum, copyAll(ctx, f, from, old)
	})
	return obj, writeError(err)
}

// copyAll copies the whole of an object, which must not change meanwhile.
func copyAll(ctx context.Context, to, from *os.File, old backends.Object) error {
	for left := old.Size; left > 0; left -= copyStep {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.CopyN(to, from, min(left, copyStep)); err != nil {
			if errors.Is(err, io.EOF) {
				return backends.ErrChanged
			}
			return err
		}
	}
	info, err := from.Stat()
	if err == nil && !info.IsDir() && versionOf(info) != old.Version {
		err = backends.ErrChanged
	}
	return err
}
