// Package file is a Store in a local directory.
//
// Objects are files that other programs can use: the key "a/b.txt" is the file
// a/b.txt. Each is written beside, made durable (fsync of the file and of
// its directory) and put in its place by one rename, so that nobody ever
// sees a part of one. Directories are real: they are made on demand, stay when
// emptied, and Put of "d/" makes one. Writes are conditional, serialised among
// processes by a file lock. An object's version is its inode, modification
// time and size, so a change by another program is a new version, too.
//
// Content type, metadata and CRC-32C are kept in the extended attribute
// user.ftpbridge, or in a file of the driver's own where that is not possible.
// A sum counts only as long as date and size are those of when it was taken.
//
// No path leaves the directory: symbolic links are followed inside it and refused
// when they lead out. What is no regular file or directory does not show.
// The directory must be one file system, because renames do not cross two.
//
// The driver's own files are in ".ftpbridge-file" in the directory: temporary
// files, pending uploads, attributes. Keys with a segment of this name are
// refused (ErrKey) and no listing shows it. All others, those in ".ftpbridge/"
// among them, are the caller's.
package file

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"ftpbridge/backends"
)

// Modes of what the store makes; the umask narrows them.
const (
	fileMode = 0o640
	dirMode  = 0o750
	ownMode  = 0o700 // of the driver's own directories
)

// uploadLife is how long an upload may stay pending without a new part.
const uploadLife = 7 * 24 * time.Hour

// keyMax leaves a quarter of the longest path that programs can open
// (PATH_MAX, 4096) for that of the directory.
const keyMax = 3072

// Store is a backends.Store in a directory.
type Store struct {
	info backends.Info
	root *os.Root
	lock *lock
	// sidecars keeps attributes out of extended ones even where those work.
	sidecars bool
	lastTime atomic.Int64 // newest date given to a file, Unix nanoseconds
}

// OpenURL opens the directory of a URL such as file:/srv/data or
// file:./relative, as Open does. Special characters are percent-encoded.
func OpenURL(_ context.Context, u *url.URL) (backends.Store, error) {
	dir, err := dirOf(u)
	if err != nil {
		return nil, err
	}
	return Open(dir)
}

func dirOf(u *url.URL) (string, error) {
	if u.Host != "" || u.User != nil {
		return "", errors.New("a file: URL has no host: write file:/dir or file:./dir")
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", errors.New("a file: URL has no parameters: write ? as %3F and # as %23 if they belong to the name")
	}
	dir := u.Path
	if u.Opaque != "" {
		var err error
		if dir, err = url.PathUnescape(u.Opaque); err != nil {
			return "", errors.New("malformed file: URL: write % as %25")
		}
	}
	if dir == "" {
		return "", errors.New("a file: URL needs a directory: write file:/dir or file:./dir")
	}
	return dir, nil
}

// Open opens the directory, which it makes if it is missing. What a crash left
// behind there is removed: temporary files after a day, pending uploads
// after Info.UploadLife.
func Open(dir string) (*Store, error) {
	return open(dir, false)
}

func open(dir string, sidecars bool) (*Store, error) {
	s, err := openDir(dir, sidecars)
	if err != nil {
		return nil, fmt.Errorf("open directory %q: %w", dir, err)
	}
	return s, nil
}

func openDir(dir string, sidecars bool) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, dirMode); err != nil { //nolint:gosec // the operator says where
		return nil, writeError(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, writeError(err)
	}
	s := &Store{info: info(), root: root, sidecars: sidecars}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(writeError(err), root.Close())
	}
	return s, nil
}

// prepare makes the driver's own area and clears it of leftovers.
func (s *Store) prepare() error {
	for _, dir := range []string{ownDir, tempDir, uploadsDir, attributesDir} {
		if err := s.root.Mkdir(dir, ownMode); err != nil && !os.IsExist(err) {
			return err
		}
	}
	if err := s.sweep(time.Now()); err != nil {
		return err
	}
	var err error
	s.lock, err = openLock(s.root, ownDir+"/lock")
	return err
}

func info() backends.Info {
	return backends.Info{
		Name:              "file",
		KeyMax:            keyMax,
		PartAlign:         1,
		UploadLife:        uploadLife,
		ConditionalWrites: true,
		AtomicRename:      true,
		AtomicDirRename:   true,
		RealDirs:          true,
	}
}

// Info implements backends.Store.
func (s *Store) Info() backends.Info { return s.info }

// Close implements backends.Store.
func (s *Store) Close() error {
	return errors.Join(s.lock.close(), s.root.Close())
}

// now is the date for a file that is written. No two are the same, so that two
// versions differ even if the file system gives both the same inode.
func (s *Store) now() time.Time {
	for {
		last := s.lastTime.Load()
		next := max(time.Now().UnixNano(), last+1)
		if s.lastTime.CompareAndSwap(last, next) {
			return time.Unix(0, next)
		}
	}
}
