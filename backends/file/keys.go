package file

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"ftpbridge/backends"
)

// The driver's own area in the directory.
const (
	ownDir        = ".ftpbridge-file"
	tempDir       = ownDir + "/tmp"        // files that are being written
	uploadsDir    = ownDir + "/uploads"    // pending uploads
	attributesDir = ownDir + "/attributes" // of files without extended ones
)

// location is a key as a path in the directory.
type location struct {
	path string // without a final "/"
	dir  bool   // the key is a marker
}

// locate checks a key: ErrKey if a directory tree cannot have such a path.
func (s *Store) locate(key string) (location, error) {
	name, dir := strings.CutSuffix(key, "/")
	switch {
	case !fs.ValidPath(name) || name == "." || strings.ContainsRune(name, 0):
		return location{}, fmt.Errorf("not a path in a directory: %w", backends.ErrKey)
	case len(key) > s.info.KeyMax:
		return location{}, fmt.Errorf("longer than %d bytes: %w", s.info.KeyMax, backends.ErrKey)
	case isOwn(name):
		return location{}, fmt.Errorf("reserved for the store itself: %w", backends.ErrKey)
	}
	return location{path: name, dir: dir}, nil
}

// isOwn tells whether a path is in the driver's own area. The name is taken at
// every level, because a symbolic link can lead up again.
func isOwn(name string) bool {
	return slices.Contains(strings.Split(name, "/"), ownDir)
}

// parent is the path of the directory that holds the location.
func (l location) parent() string { return path.Dir(l.path) }
