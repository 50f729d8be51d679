package certs

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// settle is how long files must rest before they are read: certificate
	// and key change one after the other.
	settle = 200 * time.Millisecond
	// lookInterval is how often the files are looked at without a notice,
	// for file systems that give none.
	lookInterval = time.Minute
)

// Watch follows the files until ctx ends: what they hold after a change is used
// from the next handshake on; what cannot be used is logged, and the last good
// configuration stays. It watches directories, so that files that are renamed
// into place and the "..data" links of Kubernetes are noticed.
func (s *Store) Watch(ctx context.Context) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil { // the system has only so many
		s.log.Warn("certificates", "reason", fmt.Sprintf("no notice of changes, which are looked for every minute instead: %v", err))
		s.follow(ctx, nil, nil)
		return nil
	}
	for directory := range s.directories() {
		if err := watcher.Add(directory); err != nil {
			s.log.Warn("certificates", "reason", fmt.Sprintf("no notice of changes in %s: %v", directory, err))
		}
	}
	s.follow(ctx, watcher.Events, watcher.Errors)
	return watcher.Close()
}

func (s *Store) follow(ctx context.Context, events <-chan fsnotify.Event, failures <-chan error) {
	looks := time.NewTicker(lookInterval)
	defer looks.Stop()
	rest := time.NewTimer(settle) // for what has changed before
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-events:
			rest.Reset(settle)
		case err := <-failures: // an overflow: something has changed
			s.log.Warn("certificates", "reason", err.Error())
			rest.Reset(settle)
		case <-looks.C:
			rest.Reset(settle)
		case <-rest.C:
			s.reloadChanged()
		}
	}
}

// reloadChanged reads the files if they are not as they were.
func (s *Store) reloadChanged() {
	if now := s.files.look(); !maps.Equal(s.seen, now) {
		s.seen = now
		s.reload()
	}
}

// directories are those of the files and, where a file is a link, of what it
// leads to.
func (s *Store) directories() map[string]bool {
	directories := make(map[string]bool)
	for _, path := range s.files.paths() {
		directories[filepath.Dir(path)] = true
		if real, err := filepath.EvalSymlinks(path); err == nil {
			directories[filepath.Dir(real)] = true
		}
	}
	return directories
}

// state tells one content of a file from another.
type state struct {
	real     string // where links lead
	size     int64
	modified time.Time
}

// look is the state of all files; one that is missing has none.
func (f Files) look() map[string]state {
	states := make(map[string]state)
	for _, path := range f.paths() {
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			continue
		}
		if info, err := os.Stat(real); err == nil {
			states[path] = state{real, info.Size(), info.ModTime()}
		}
	}
	return states
}
