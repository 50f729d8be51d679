package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"
	"unicode/utf8"

	"ftpbridge/backends"
)

// pageSize is how many entries are read and given at a time.
const pageSize = 1000

// List implements backends.Store. Pages come as the directory is read, in its
// own order; memory does not grow with its size. What changes meanwhile may
// or may not show.
func (s *Store) List(ctx context.Context, prefix string, opts backends.ListOptions) iter.Seq2[[]backends.Entry, error] {
	return func(yield func([]backends.Entry, error) bool) {
		if opts.After != "" {
			yield(nil, fmt.Errorf("list %q after %q: %w", prefix, opts.After, errors.ErrUnsupported))
			return
		}
		l := &listing{ctx: ctx, store: s, opts: opts, yield: yield}
		err := l.run(prefix)
		if err == nil {
			err = l.flush()
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, fmt.Errorf("list %q: %w", prefix, err))
		}
	}
}

// errStopped ends a listing of which the caller has seen enough.
var errStopped = errors.New("listing stopped")

// listing is a running one, so it holds its context.
type listing struct {
	ctx   context.Context
	store *Store
	opts  backends.ListOptions
	yield func([]backends.Entry, error) bool
	page  []backends.Entry
	given int // entries of earlier pages
}

// run lists the directory that the prefix names, or in which its last part is
// the beginning of names.
func (l *listing) run(prefix string) error {
	if err := l.ctx.Err(); err != nil {
		return err
	}
	dir, names := "", prefix
	if slash := strings.LastIndexByte(prefix, '/'); slash >= 0 {
		dir, names = prefix[:slash+1], prefix[slash+1:]
	}
	if dir == "" {
		return l.dir("", names, nil)
	}
	loc, err := l.store.locate(dir)
	if err != nil {
		return nil //nolint:nilerr // no key is like that
	}
	info, err := l.store.root.Stat(loc.path)
	if err != nil || !info.IsDir() {
		return ignoreMissing(err)
	}
	if names == "" {
		if err := l.add(backends.Entry{Key: dir, ModTime: info.ModTime()}); err != nil {
			return err
		}
	}
	return l.dir(dir, names, nil)
}

// dir lists one directory, whose key is "" or ends in "/". Above are the
// directories in which it was found.
func (l *listing) dir(key, names string, above []fs.FileInfo) (err error) {
	f, err := l.store.root.Open(strings.TrimSuffix("./"+key, "/"))
	if err != nil {
		return ignoreMissing(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	self, err := f.Stat()
	if err != nil {
		return readError(err)
	}
	above = append(above[:len(above):len(above)], self)
	for {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		infos, err := f.Readdir(pageSize)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return ignoreMissing(err)
		}
		for _, info := range infos {
			if !strings.HasPrefix(info.Name(), names) || !utf8.ValidString(info.Name()) {
				continue
			}
			if err := l.file(key+info.Name(), info, above); err != nil {
				return err
			}
		}
	}
}

// file lists what was found in a directory, and what is below it.
func (l *listing) file(key string, info fs.FileInfo, above []fs.FileInfo) error {
	if info.Name() == ownDir {
		return nil
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		var err error
		if info, err = l.store.root.Stat(key); err != nil {
			return nil //nolint:nilerr // leads nowhere, or out of the directory
		}
	}
	if info.Mode().IsRegular() {
		return l.add(backends.Entry{Key: key, Size: info.Size(), ModTime: info.ModTime(), Version: versionOf(info)})
	}
	if !info.IsDir() {
		return nil
	}
	key += "/"
	if err := l.add(backends.Entry{Key: key, ModTime: info.ModTime()}); err != nil {
		return err
	}
	if !l.opts.Recursive || isAbove(info, above) {
		return nil
	}
	return l.dir(key, "", above)
}

// isAbove tells whether a symbolic link leads back to where it was found.
func isAbove(info fs.FileInfo, above []fs.FileInfo) bool {
	for _, dir := range above {
		if os.SameFile(info, dir) {
			return true
		}
	}
	return false
}

func (l *listing) add(entry backends.Entry) error {
	l.page = append(l.page, entry)
	full := l.opts.Limit > 0 && l.given+len(l.page) == l.opts.Limit
	if !full && len(l.page) < pageSize {
		return nil
	}
	if err := l.flush(); err != nil {
		return err
	}
	if full {
		return errStopped
	}
	return l.ctx.Err()
}

// flush gives the page to the caller.
func (l *listing) flush() error {
	if len(l.page) == 0 {
		return nil
	}
	l.given += len(l.page)
	if !l.yield(l.page, nil) {
		return errStopped
	}
	l.page = nil // that one is the caller's now
	return nil
}

// ignoreMissing is for what is not there, vanished while it was listed or
// leads out of the directory: it is no match.
func ignoreMissing(err error) error {
	if isEscape(err) || errors.Is(readError(err), fs.ErrNotExist) {
		return nil
	}
	return readError(err)
}
