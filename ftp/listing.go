package ftp

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path"
)

// listChunk is about how many bytes of a listing are written at a time.
const listChunk = 64 << 10

// listing is what is in a directory, or what of it a pattern matches, or one
// file. The first piece has been fetched. stop must be called once.
type listing struct {
	dir   string // where the entries are, absolute
	whole bool   // all of dir, rather than entries that the client named
	as    string // dir as the client wrote it before their names, slash included

	first []FileInfo
	next  func() ([]FileInfo, error, bool)
	stop  func()
}

// openListing finds what a name of LIST, NLST and STAT means: a directory, a
// file, or a pattern of names in a directory. A pattern with an asterisk or a
// question mark is not looked up as a name before.
func (s *session) openListing(ctx context.Context, name string) (*listing, error) {
	full, err := resolvePath(s.cwd, name)
	if err != nil {
		return nil, err
	}
	dir, base := path.Split(name)
	if isPattern(base) && !mayBeName(base) {
		return s.openMatching(ctx, dir, base)
	}
	l, err := s.openDir(ctx, full)
	if errors.Is(err, fs.ErrNotExist) {
		l, err = s.openFile(ctx, full, name)
	}
	if errors.Is(err, fs.ErrNotExist) && isPattern(base) {
		return s.openMatching(ctx, dir, base)
	}
	return l, err
}

// openDir is the listing of a directory.
func (s *session) openDir(ctx context.Context, dir string) (*listing, error) {
	return pull(s.files.List(ctx, dir), listing{dir: dir, whole: true})
}

// openMatching is the listing of what a pattern matches. To match nothing is no error.
func (s *session) openMatching(ctx context.Context, as, pattern string) (*listing, error) {
	dir, err := resolvePath(s.cwd, as)
	if err != nil {
		return nil, err
	}
	return pull(onlyMatching(s.files.List(ctx, dir), pattern), listing{dir: dir, as: as})
}

// openFile is the listing of one file.
func (s *session) openFile(ctx context.Context, file, name string) (*listing, error) {
	info, err := s.files.StatFile(ctx, file)
	if err != nil {
		return nil, err
	}
	as, _ := path.Split(path.Clean(name))
	piece := []FileInfo{named(info, path.Base(file))}
	one := func(yield func([]FileInfo, error) bool) { yield(piece, nil) }
	return pull(one, listing{dir: path.Dir(file), as: as})
}

// pull fetches the first piece.
func pull(pieces iter.Seq2[[]FileInfo, error], l listing) (*listing, error) {
	var err error
	l.next, l.stop = iter.Pull2(pieces)
	if l.first, err, _ = l.next(); err != nil {
		l.stop()
		return nil, err
	}
	return &l, nil
}

// names is the format of NLST: with the directory that the client named before
// each name, so that the client can ask for the file by its line.
func (l *listing) names() lineFormat {
	return func(b []byte, e FileInfo) []byte {
		return append(append(append(b, l.as...), e.Name...), '\r', '\n')
	}
}

// write gives the formatted lines to emit, those of each piece before it asks
// for the next one.
func (l *listing) write(format lineFormat, emit func([]byte) error) error {
	var lines []byte
	piece, ok := l.first, true
	for ok {
		for i, entry := range piece {
			lines = format(lines, entry)
			if len(lines) < listChunk && i < len(piece)-1 {
				continue
			}
			if err := emit(lines); err != nil {
				return err
			}
			lines = lines[:0]
		}
		var err error
		if piece, err, ok = l.next(); err != nil {
			return err
		}
	}
	return nil
}
