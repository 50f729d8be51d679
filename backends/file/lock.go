package file

import (
	"errors"
	"os"
	"sync"
	"syscall"
)

// lock serialises what looks at a key and then changes it: among goroutines
// by a mutex, among processes by flock. It is held for a few system calls and
// never while data is written.
type lock struct {
	mu   sync.Mutex
	file *os.File
}

func openLock(root *os.Root, name string) (*lock, error) {
	f, err := root.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return &lock{file: f}, nil
}

func (l *lock) close() error { return l.file.Close() }

// with runs f while the lock is held.
func (l *lock) with(f func() error) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := flock(l.file, syscall.LOCK_EX); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, flock(l.file, syscall.LOCK_UN)) }()
	return f()
}

// flock locks or unlocks a whole file for this opening of it.
func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("flock", err)
		}
	}
}
