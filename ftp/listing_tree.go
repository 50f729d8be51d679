package ftp

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// What LIST -R and NLST -R list at most, since one line of a client makes the
// server ask the store for each directory.
const (
	maxTreeEntries = 100_000
	maxTreeDirs    = 10_000 // that are known and not listed yet, which are kept in memory
	maxTreeDepth   = 64
)

var errTreeTooLarge = errors.New("too much below the directory")

// tree is a recursive listing under way, in the order of ls -R.
type tree struct {
	formatOf func(*listing) lineFormat
	emit     func([]byte) error

	dir     treeDir   // that is being listed
	entries int       // listed so far
	found   []treeDir // in dir
	rest    []treeDir // to be listed after it, the next one last
}

// treeDir is a directory in a tree.
type treeDir struct {
	path  string // absolute
	name  string // as the listing shows it
	depth int    // how far below the top
}

func (d treeDir) child(name string) treeDir {
	shown := name
	if d.name != "" {
		shown = strings.TrimSuffix(d.name, "/") + "/" + name
	}
	return treeDir{path: path.Join(d.path, name), name: shown, depth: d.depth + 1}
}

// writeTree gives the listing to emit, and then those of all directories in it
// and below.
func (s *session) writeTree(ctx context.Context, l *listing, name string, formatOf func(*listing) lineFormat, emit func([]byte) error) error {
	t := &tree{formatOf: formatOf, emit: emit, dir: treeDir{path: l.dir, name: l.as}}
	if l.whole {
		t.dir.name = cmp.Or(name, ".")
		if err := emit([]byte(t.dir.name + ":\r\n")); err != nil {
			return err
		}
	}
	if err := t.write(l); err != nil {
		return err
	}
	for len(t.rest) > 0 {
		last := len(t.rest) - 1
		t.dir, t.rest = t.rest[last], t.rest[:last]
		if err := s.writeTreeDir(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// writeTreeDir lists one directory under its heading. One that was deleted
// meanwhile is none.
func (s *session) writeTreeDir(ctx context.Context, t *tree) error {
	l, err := s.openDir(ctx, t.dir.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer l.stop()
	if err := t.emit([]byte("\r\n" + t.dir.name + ":\r\n")); err != nil {
		return err
	}
	return t.write(l)
}

// write lists one directory, and takes those that are in it for the next.
func (t *tree) write(l *listing) error {
	t.found = t.found[:0]
	format := t.formatOf(l)
	line := func(b []byte, e FileInfo) []byte {
		t.entries++
		if e.Dir {
			t.found = append(t.found, t.dir.child(e.Name))
		}
		return format(b, e)
	}
	err := l.write(line, func(lines []byte) error {
		if t.entries > maxTreeEntries || len(t.rest)+len(t.found) > maxTreeDirs || t.dir.depth > maxTreeDepth {
			return errTreeTooLarge
		}
		return t.emit(lines)
	})
	slices.Reverse(t.found)
	t.rest = append(t.rest, t.found...)
	return err
}
