package ftp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"sync"
	"testing"
	"time"

	"ftpbridge/ftp"
)

// fakeDriver admits "user" with "pass".
type fakeDriver struct{ files ftp.FileSystem }

func (d fakeDriver) Login(_ context.Context, _ ftp.Client, user, password string) (ftp.FileSystem, error) {
	switch {
	case user == "broken":
		return nil, errors.New("directory server is down")
	case user != "user":
		return nil, fmt.Errorf("%w: no such user", ftp.ErrLogin)
	case password != "pass":
		return nil, fmt.Errorf("%w: wrong password", ftp.ErrLogin)
	}
	return d.files, nil
}

// fakeFiles is a FileSystem in memory whose calls a test can hold up or make fail.
type fakeFiles struct {
	events chan string // what happened to uploads

	// Called, if set, by the method of that name.
	onStat     func(ctx context.Context, path string) error
	onList     func(ctx context.Context, piece int) error
	onReadFrom func(ctx context.Context) error // before the first read
	onCommit   func(ctx context.Context) error
	onWriteTo  func(ctx context.Context) error // before the last byte
	onRename   func(ctx context.Context) error

	mu    sync.Mutex
	files map[string][]byte
	dirs  []string
}

func newFakeFiles() *fakeFiles {
	return &fakeFiles{events: make(chan string, 100), files: make(map[string][]byte), dirs: []string{"/"}}
}

func (f *fakeFiles) put(path string, data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[path] = data
}

func (f *fakeFiles) get(path string) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, ok := f.files[path]
	return data, ok
}

// await returns the next event.
func (f *fakeFiles) await(t *testing.T) string {
	t.Helper()
	select {
	case event := <-f.events:
		return event
	case <-time.After(testTimeout):
		t.Fatal("no event of the file system")
		return ""
	}
}

// none fails if there was an event.
func (f *fakeFiles) none(t *testing.T) {
	t.Helper()
	select {
	case event := <-f.events:
		t.Fatalf("unexpected event of the file system: %s", event)
	default:
	}
}

var fakeTime = time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)

func (f *fakeFiles) StatFile(ctx context.Context, name string) (ftp.FileInfo, error) {
	if f.onStat != nil {
		if err := f.onStat(ctx, name); err != nil {
			return ftp.FileInfo{}, err
		}
	}
	data, ok := f.get(name)
	if !ok {
		return ftp.FileInfo{}, fs.ErrNotExist
	}
	return ftp.FileInfo{Name: path.Base(name), Size: int64(len(data)), ModTime: fakeTime}, nil
}

func (f *fakeFiles) StatDir(_ context.Context, name string) (ftp.FileInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.dirs, name) {
		return ftp.FileInfo{}, fs.ErrNotExist
	}
	return ftp.FileInfo{Name: path.Base(name), ModTime: fakeTime, Dir: true}, nil
}

// List yields one entry a piece.
func (f *fakeFiles) List(ctx context.Context, dir string) iter.Seq2[[]ftp.FileInfo, error] {
	return func(yield func([]ftp.FileInfo, error) bool) {
		if _, err := f.StatDir(ctx, dir); err != nil {
			yield(nil, err)
			return
		}
		f.mu.Lock()
		var names []string
		for name := range f.files {
			if path.Dir(name) == dir {
				names = append(names, name)
			}
		}
		f.mu.Unlock()
		slices.Sort(names)
		for i, name := range names {
			if f.onList != nil {
				if err := f.onList(ctx, i); err != nil {
					yield(nil, err)
					return
				}
			}
			info, err := f.StatFile(ctx, name)
			if !yield([]ftp.FileInfo{info}, err) {
				return
			}
		}
	}
}

func (f *fakeFiles) Open(_ context.Context, name string, offset int64) (ftp.Download, error) {
	data, ok := f.get(name)
	switch {
	case !ok:
		return nil, fs.ErrNotExist
	case offset > int64(len(data)):
		return nil, &ftp.RestartError{Offset: int64(len(data))}
	}
	info := ftp.FileInfo{Name: path.Base(name), Size: int64(len(data)), ModTime: fakeTime}
	return &fakeDownload{files: f, info: info, rest: data[offset:]}, nil
}

type fakeDownload struct {
	files *fakeFiles
	info  ftp.FileInfo
	rest  []byte
}

func (d *fakeDownload) Info() ftp.FileInfo { return d.info }
func (d *fakeDownload) Close() error       { return nil }

func (d *fakeDownload) WriteTo(ctx context.Context, w io.Writer) (int64, error) {
	if d.files.onWriteTo == nil {
		n, err := w.Write(d.rest)
		return int64(n), err
	}
	cut := len(d.rest) - 1
	n, err := w.Write(d.rest[:cut])
	if err == nil {
		err = d.files.onWriteTo(ctx)
	}
	if err != nil {
		return int64(n), err
	}
	last, err := w.Write(d.rest[cut:])
	return int64(n + last), err
}

func (f *fakeFiles) Create(_ context.Context, name string, opts ftp.CreateOptions) (ftp.File, error) {
	if name == "/" {
		return nil, ftp.ErrIsDirectory
	}
	data, _ := f.get(name)
	if opts.Offset > int64(len(data)) {
		return nil, &ftp.RestartError{Offset: int64(len(data))}
	}
	return &fakeUpload{files: f, path: name, data: slices.Clone(data[:opts.Offset])}, nil
}

func (u *fakeUpload) Path() string { return u.path }

type fakeUpload struct {
	files *fakeFiles
	path  string
	data  []byte
	done  bool
}

func (u *fakeUpload) ReadFrom(ctx context.Context, r io.Reader) (int64, error) {
	if u.files.onReadFrom != nil {
		if err := u.files.onReadFrom(ctx); err != nil {
			return 0, err
		}
	}
	var buffer bytes.Buffer
	for {
		n, err := io.CopyN(&buffer, r, 1)
		switch {
		case err == nil:
			if buffer.Len() == 1 {
				u.files.events <- "read " + u.path
			}
			continue
		case errors.Is(err, io.EOF):
			u.data = append(u.data, buffer.Bytes()...)
			return int64(buffer.Len()), nil
		}
		return int64(buffer.Len()) + n, fmt.Errorf("store: %w", err)
	}
}

func (u *fakeUpload) Commit(ctx context.Context) (ftp.Receipt, error) {
	u.end()
	if u.files.onCommit != nil {
		if err := u.files.onCommit(ctx); err != nil {
			u.files.events <- "commit failed " + u.path
			return ftp.Receipt{}, err
		}
	}
	u.files.put(u.path, u.data)
	u.files.events <- "commit " + u.path
	return ftp.Receipt{Path: u.path, Size: int64(len(u.data)), Checksum: "crc32c=00000000", Version: "1"}, nil
}

func (u *fakeUpload) Suspend(ctx context.Context, cause error) error {
	u.end()
	if ctx.Err() != nil {
		cause = fmt.Errorf("with a context that is over: %w", cause)
	}
	u.files.events <- fmt.Sprintf("suspend %s: %v", u.path, cause)
	return nil
}

func (u *fakeUpload) end() {
	if u.done {
		panic("second end of an upload")
	}
	u.done = true
}

func (f *fakeFiles) Mkdir(_ context.Context, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.Contains(f.dirs, name) {
		return fs.ErrExist
	}
	f.dirs = append(f.dirs, name)
	return nil
}

func (f *fakeFiles) Remove(_ context.Context, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.files[name]; !ok {
		return fs.ErrNotExist
	}
	delete(f.files, name)
	return nil
}

func (f *fakeFiles) RemoveDir(_ context.Context, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.Index(f.dirs, name)
	if i < 0 {
		return fs.ErrNotExist
	}
	f.dirs = slices.Delete(f.dirs, i, i+1)
	return nil
}

func (f *fakeFiles) Rename(ctx context.Context, from, to string) error {
	if f.onRename != nil {
		if err := f.onRename(ctx); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[to] = f.files[from]
	delete(f.files, from)
	return nil
}

// SetModTime is what a store that cannot does; the real one is tested with
// the bridge.
func (f *fakeFiles) SetModTime(context.Context, string, time.Time) error {
	return errors.ErrUnsupported
}

func (f *fakeFiles) Hash(_ context.Context, name string, a ftp.HashAlgorithm, offset, length int64) ([]byte, int64, error) {
	data, ok := f.get(name)
	if !ok {
		return nil, 0, fs.ErrNotExist
	}
	data = data[min(offset, int64(len(data))):]
	if length >= 0 {
		data = data[:min(length, int64(len(data)))]
	}
	sum := a.New()
	sum.Write(data)
	return sum.Sum(nil), int64(len(data)), nil
}
