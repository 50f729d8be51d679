package file

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"ftpbridge/backends"
)

func TestURL(t *testing.T) {
	tests := map[string]struct {
		url  string
		want string // the directory, or
		err  string // a part of the error
	}{
		"absolute":         {"file:/srv/data", "/srv/data", ""},
		"with no host":     {"file:///srv/data", "/srv/data", ""},
		"relative":         {"file:./data", "./data", ""},
		"bare":             {"file:data", "data", ""},
		"parent":           {"file:../data", "../data", ""},
		"encoded":          {"file:/srv/my%20data%3F", "/srv/my data?", ""},
		"encoded relative": {"file:./my%20data%23", "./my data#", ""},
		"space":            {"file:/srv/my data", "/srv/my data", ""},
		"host":             {"file://srv/data", "", "has no host"},
		"user":             {"file://me@/data", "", "has no host"},
		"parameter":        {"file:/srv?x=1", "", "has no parameters"},
		"empty parameters": {"file:/srv?", "", "has no parameters"},
		"fragment":         {"file:/srv#x", "", "has no parameters"},
		"nothing":          {"file:", "", "needs a directory"},
		"malformed":        {"file:./100%25%", "", "%25"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			u, err := url.Parse(tt.url)
			if err != nil {
				t.Fatal(err)
			}
			got, err := dirOf(u)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %q, %v; want an error with %q", got, err, tt.err)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestOpenURLMakesTheDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "dir")
	store, err := OpenURL(t.Context(), &url.URL{Scheme: "file", Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		t.Errorf("%v, %v", info, err)
	}
}

func TestOpenOfAFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	writeFile(t, name, "x")
	for _, dir := range []string{name, filepath.Join(name, "below")} {
		if _, err := Open(dir); !errors.Is(err, backends.ErrConflict) {
			t.Errorf("Open(%q): %v", dir, err)
		}
	}
}

// A directory that vanishes under a running store must not look empty of one
// object only.
func TestDirectoryVanishes(t *testing.T) {
	store, dir := newStore(t)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	_, putErr := store.Put(t.Context(), "a", nil, backends.PutOptions{})
	_, beginErr := store.Begin(t.Context(), "a", backends.PutOptions{})
	for what, err := range map[string]error{"Put": putErr, "Begin": beginErr} {
		if !errors.Is(err, backends.ErrNoBucket) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Two stores over one directory are as two processes: their file locks
// exclude each other.
func TestAbsentAcrossStores(t *testing.T) {
	first, dir := newStore(t)
	stores := []*Store{first, openAgain(t, dir)}
	for round := range 10 {
		key := fmt.Sprintf("object%d", round)
		old := put(t, first, key+".pinned", "old")
		for _, cond := range []backends.Condition{{Absent: true}, {Version: old.Version}} {
			target := key
			if cond.Version != "" {
				target += ".pinned"
			}
			var wins atomic.Int32
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					_, err := stores[i%2].Put(t.Context(), target, nil, backends.PutOptions{Condition: cond})
					if err == nil {
						wins.Add(1)
					} else if !errors.Is(err, fs.ErrExist) && !errors.Is(err, backends.ErrChanged) {
						t.Errorf("Put: %v", err)
					}
				})
			}
			wg.Wait()
			if wins.Load() != 1 {
				t.Errorf("%d won under %+v", wins.Load(), cond)
			}
		}
	}
}

// A program that does not know the lock may make the file just before Absent
// publishes one: that must not replace it.
func TestAbsentDoesNotReplaceForeignFiles(t *testing.T) {
	store, dir := newStore(t)
	writeFile(t, filepath.Join(dir, tempDir, "new"), "new")
	writeFile(t, filepath.Join(dir, "a"), "foreign")
	err := store.move(tempDir+"/new", "a", backends.Condition{Absent: true})
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("move: %v", err)
	}
	if got := read(t, store, "a"); got != "foreign" {
		t.Errorf("there is now %q", got)
	}
}

// Another process must not get the lock while this one holds it.
func TestLockExcludesOtherProcesses(t *testing.T) {
	first, dir := newStore(t)
	other := openAgain(t, dir).lock.file // an opening of its own, as another process has
	err := first.lock.with(func() error {
		if err := flock(other, syscall.LOCK_EX|syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
			t.Errorf("locked twice: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := flock(other, syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Errorf("still locked: %v", err)
	}
}

func TestErrors(t *testing.T) {
	pathError := func(err error) error {
		return fmt.Errorf("context: %w", &fs.PathError{Op: "open", Path: "x", Err: err})
	}
	tests := map[string]struct {
		err   error
		read  error
		write error
	}{
		"ENOENT":       {syscall.ENOENT, fs.ErrNotExist, backends.ErrNoBucket},
		"ENOTDIR":      {syscall.ENOTDIR, fs.ErrNotExist, backends.ErrConflict},
		"ELOOP":        {syscall.ELOOP, fs.ErrNotExist, syscall.ELOOP},
		"EISDIR":       {syscall.EISDIR, syscall.EISDIR, backends.ErrConflict},
		"EEXIST":       {syscall.EEXIST, fs.ErrExist, fs.ErrExist},
		"ENOTEMPTY":    {syscall.ENOTEMPTY, backends.ErrNotEmpty, backends.ErrNotEmpty},
		"ENOSPC":       {syscall.ENOSPC, backends.ErrNoSpace, backends.ErrNoSpace},
		"EDQUOT":       {syscall.EDQUOT, backends.ErrNoSpace, backends.ErrNoSpace},
		"EFBIG":        {syscall.EFBIG, backends.ErrTooLarge, backends.ErrTooLarge},
		"ENAMETOOLONG": {syscall.ENAMETOOLONG, backends.ErrKey, backends.ErrKey},
		"EACCES":       {syscall.EACCES, fs.ErrPermission, fs.ErrPermission},
		"EROFS":        {syscall.EROFS, fs.ErrPermission, fs.ErrPermission},
		"EMFILE":       {syscall.EMFILE, backends.ErrBusy, backends.ErrBusy},
		"EIO":          {syscall.EIO, backends.ErrBusy, backends.ErrBusy},
		"escape":       {errors.New("path escapes from parent"), fs.ErrPermission, fs.ErrPermission},
		"closed":       {fs.ErrClosed, fs.ErrClosed, fs.ErrClosed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if err := readError(pathError(tt.err)); !errors.Is(err, tt.read) {
				t.Errorf("reading: %v, want %v", err, tt.read)
			}
			if err := writeError(pathError(tt.err)); !errors.Is(err, tt.write) {
				t.Errorf("writing: %v, want %v", err, tt.write)
			}
		})
	}
	if errors.Is(classify(pathError(syscall.ENOTEMPTY)), fs.ErrExist) {
		t.Error("ENOTEMPTY still counts as fs.ErrExist")
	}
	if err := errors.Join(readError(nil), writeError(nil)); err != nil {
		t.Errorf("no error became %v", err)
	}
	plain := errors.New("plain")
	if err := writeError(plain); err.Error() != "plain" {
		t.Errorf("an error of no path became %v", err)
	}
}
