package file

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"syscall"

	"ftpbridge/backends"
)

// createTemp makes a file to be written and then published. The caller
// closes and, if it is not published, removes it.
func (s *Store) createTemp() (*os.File, string, error) {
	name := tempDir + "/" + rand.Text()
	f, err := s.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, fileMode)
	return f, name, err
}

// seal gives a written file its date and attributes and makes it durable. Its
// version is then final.
func (s *Store) seal(f *os.File, name string, a attributes, sum *backends.CRC32C) (fs.FileInfo, attributes, error) {
	now := s.now()
	if err := s.root.Chtimes(name, now, now); err != nil {
		return nil, a, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, a, err
	}
	if sum != nil {
		a = a.withSum(*sum, info)
	}
	if err := s.setAttributes(f, info, a); err != nil {
		return nil, a, err
	}
	return info, a, f.Sync()
}

// publish moves a sealed file to its place, if the condition holds, and makes
// that durable. The file is still under its old name if publish fails, unless
// only the last step did.
func (s *Store) publish(name string, loc location, cond backends.Condition) error {
	var changed []string
	err := s.lock.with(func() error {
		old, err := s.replaceable(loc, cond)
		if err != nil {
			return err
		}
		changed, err = s.withParents(loc, func() error { return s.move(name, loc.path, cond) })
		if err != nil || old == nil {
			return err
		}
		return s.dropSidecar(versionOf(old))
	})
	if err != nil {
		return err
	}
	return s.syncDirs(append(changed, loc.parent())...)
}

// replaceable checks what is at loc before an object takes its place, and gives
// its description, or nil if there is nothing. The lock is held.
func (s *Store) replaceable(loc location, cond backends.Condition) (fs.FileInfo, error) {
	old, err := s.root.Stat(loc.path)
	if errors.Is(err, fs.ErrNotExist) {
		if cond.Version != "" {
			return nil, backends.ErrChanged
		}
		return nil, nil
	}
	switch {
	case err != nil:
		return nil, err
	case cond.Absent:
		return nil, fs.ErrExist
	case cond.Version != "" && cond.Version != versionOf(old):
		return nil, backends.ErrChanged
	case old.IsDir():
		return nil, fmt.Errorf("a directory is there: %w", backends.ErrConflict)
	}
	return old, nil
}

// move renames a file. If nothing may be there, it does so in a way that other
// programs, which do not know the lock, cannot come in between.
func (s *Store) move(from, to string, cond backends.Condition) error {
	if !cond.Absent {
		return s.root.Rename(from, to)
	}
	err := s.root.Link(from, to)
	if isAny(err, syscall.EPERM, syscall.ENOTSUP, syscall.EMLINK, syscall.ENOSYS) {
		return s.root.Rename(from, to) // a file system without links
	}
	if err != nil {
		return err
	}
	return s.root.Remove(from)
}

// withParents runs change, and again if it missed the directories above loc
// after it made them. It gives the directories that this changed. The lock is
// held, so that nobody removes them in between.
func (s *Store) withParents(loc location, change func() error) ([]string, error) {
	err := change()
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	changed, err := s.makeDirs(loc.parent())
	if err != nil {
		return nil, err
	}
	return changed, change()
}

// makeDirs makes a directory and those above it, as far as they are missing,
// and gives the directories in which it made one.
func (s *Store) makeDirs(dir string) ([]string, error) {
	if dir == "." {
		return nil, nil
	}
	var changed []string
	for i := range len(dir) + 1 {
		if i < len(dir) && dir[i] != '/' {
			continue
		}
		err := s.root.Mkdir(dir[:i], dirMode)
		if err == nil {
			changed = append(changed, path.Dir(dir[:i]))
		} else if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return changed, nil
}

// syncDirs makes what happened in directories durable. One that is gone again
// needs no sync.
func (s *Store) syncDirs(dirs ...string) error {
	synced := map[string]bool{}
	var errs []error
	for _, dir := range dirs {
		if synced[dir] {
			continue
		}
		synced[dir] = true
		if err := s.syncDir(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (s *Store) syncDir(dir string) error {
	f, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if isAny(err, syscall.EINVAL, syscall.ENOTSUP) {
		err = nil // a file system that has no such thing
	}
	return errors.Join(err, f.Close())
}
