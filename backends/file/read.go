package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"ftpbridge/backends"
)

// Stat implements backends.Store.
func (s *Store) Stat(ctx context.Context, key string) (backends.Object, error) {
	f, obj, err := s.openObject(ctx, key)
	if err != nil {
		return backends.Object{}, fmt.Errorf("stat %q: %w", key, err)
	}
	if err := f.Close(); err != nil {
		return backends.Object{}, fmt.Errorf("stat %q: %w", key, err)
	}
	return obj, nil
}

// openObject opens what is at key. The caller closes it.
func (s *Store) openObject(ctx context.Context, key string) (*os.File, backends.Object, error) {
	if err := ctx.Err(); err != nil {
		return nil, backends.Object{}, err
	}
	loc, err := s.locate(key)
	if err != nil {
		return nil, backends.Object{}, err
	}
	f, info, err := s.openFile(loc)
	if err != nil {
		return nil, backends.Object{}, err
	}
	obj, err := s.describe(key, f, info)
	if err != nil {
		return nil, backends.Object{}, errors.Join(readError(err), f.Close())
	}
	return f, obj, nil
}

// openFile opens the file or directory at loc. It does not wait for the other
// end of a FIFO, which is no object.
func (s *Store) openFile(loc location) (*os.File, fs.FileInfo, error) {
	f, err := s.root.OpenFile(loc.path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, readError(err)
	}
	info, err := f.Stat()
	if err == nil && (info.IsDir() != loc.dir || !loc.dir && !info.Mode().IsRegular()) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, nil, errors.Join(readError(err), f.Close())
	}
	return f, info, nil
}

// Open implements backends.Store. What is open stays as it is when the object
// is replaced or deleted.
func (s *Store) Open(ctx context.Context, key string, offset, length int64, version string) (backends.Reader, error) {
	f, obj, err := s.openObject(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", key, err)
	}
	r, err := newReader(ctx, f, obj, offset, length, version)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %q at %d: %w", key, offset, err), f.Close())
	}
	return r, nil
}

// reader is the running read, so it holds its context.
type reader struct {
	ctx    context.Context
	file   *os.File
	left   int64 // bytes to come
	object backends.Object
}

func newReader(ctx context.Context, f *os.File, obj backends.Object, offset, length int64, version string) (*reader, error) {
	if version != "" && version != obj.Version {
		return nil, backends.ErrChanged
	}
	if offset < 0 || offset > obj.Size {
		return nil, fmt.Errorf("of %d bytes: %w", obj.Size, backends.ErrRange)
	}
	r := &reader{ctx: ctx, file: f, left: obj.Size - offset, object: obj}
	if length >= 0 {
		r.left = min(r.left, length)
	}
	if r.left == 0 {
		return r, nil
	}
	_, err := f.Seek(offset, io.SeekStart)
	return r, readError(err)
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if r.left == 0 {
		return 0, io.EOF
	}
	n, err := r.file.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	if errors.Is(err, io.EOF) {
		// Another program has cut the file since it was opened.
		return n, io.ErrUnexpectedEOF
	}
	return n, readError(err)
}

func (r *reader) Close() error            { return r.file.Close() }
func (r *reader) Object() backends.Object { return r.object }
