package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
	"ftpbridge/ftp"
)

func TestDownload(t *testing.T) {
	const size = 3*(1<<20) + 17
	data := randomBytes(t, size)
	store := memStore(nil)
	put(t, store, "f", data)
	put(t, store, "empty", nil)
	files := newFiles(t, store)
	tests := map[string]struct {
		path   string
		offset int64
		want   []byte
	}{
		"whole":         {"/f", 0, data},
		"from a byte":   {"/f", 12345, data[12345:]},
		"from the end":  {"/f", size, nil},
		"the last byte": {"/f", size - 1, data[size-1:]},
		"empty":         {"/empty", 0, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := files.Open(t.Context(), tt.path, tt.offset)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if got, want := d.Info().Size, tt.offset+int64(len(tt.want)); got != want {
				t.Errorf("size %d, want %d", got, want)
			}
			var got bytes.Buffer
			n, err := d.WriteTo(t.Context(), &got)
			if err != nil || n != int64(len(tt.want)) || !bytes.Equal(got.Bytes(), tt.want) {
				t.Errorf("WriteTo = %d, %v with %d bytes; want %d", n, err, got.Len(), len(tt.want))
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	store := memStore(nil)
	put(t, store, "dir/f", []byte("12345"))
	files := newFiles(t, store)
	for path, want := range map[string]error{
		"/":        ftp.ErrIsDirectory,
		"/dir":     fs.ErrNotExist,
		"/missing": fs.ErrNotExist,
	} {
		if _, err := files.Open(t.Context(), path, 0); !errors.Is(err, want) {
			t.Errorf("Open(%q): %v, want %v", path, err, want)
		}
	}
	_, err := files.Open(t.Context(), "/dir/f", 6)
	if _, ok := errors.AsType[*ftp.RestartError](err); !ok {
		t.Errorf("Open beyond the end: %v, want a RestartError", err)
	}
}

// unreliable describes a store whose bodies break after some bytes.
type unreliable struct {
	every   int64  // bytes of each body
	between func() // what happens before an object is opened again; may be nil
	refuse  error  // of every opening but the first

	opens int
	left  int64 // bytes of the open body
}

func (u *unreliable) around(store backends.Store) backends.Store {
	return layer.Intercept(store, func(_ context.Context, call *layer.Call, run func() error) error {
		switch call.Op {
		case layer.OpOpen:
			u.left = u.every
			if u.opens++; u.opens == 1 {
				return run()
			}
			if u.between != nil {
				u.between()
			}
			if u.refuse != nil {
				return u.refuse
			}
		case layer.OpRead:
			if u.left == 0 {
				return io.ErrUnexpectedEOF
			}
			call.Length = min(call.Length, u.left)
			u.left -= call.Length
		}
		return run()
	})
}

func TestDownloadReopensAfterABrokenConnection(t *testing.T) {
	data := randomBytes(t, 1000)
	inner := memStore(nil)
	put(t, inner, "f", data)
	from := &unreliable{every: 300}
	var got bytes.Buffer
	if _, err := download(t, from.around(inner), &got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), data) || from.opens != 4 {
		t.Errorf("got %d bytes in %d openings, want 1000 in 4", got.Len(), from.opens)
	}
}

func TestDownloadNeverSplicesTwoVersions(t *testing.T) {
	replacement := bytes.Repeat([]byte{'n'}, 1000)
	tests := map[string]func(backends.Store){
		"replaced": func(s backends.Store) { put(t, s, "f", replacement) },
		"deleted": func(s backends.Store) {
			if err := s.Delete(t.Context(), backends.Condition{}, "f"); err != nil {
				t.Error(err)
			}
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			data := bytes.Repeat([]byte{'o'}, 1000)
			inner := memStore(nil)
			put(t, inner, "f", data)
			from := &unreliable{every: 300, between: func() { change(inner) }}
			var got bytes.Buffer
			n, err := download(t, from.around(inner), &got)
			if !errors.Is(err, ftp.ErrChanged) {
				t.Errorf("WriteTo: %v, want ftp.ErrChanged", err)
			}
			if n != 300 || !bytes.Equal(got.Bytes(), data[:300]) {
				t.Errorf("%d bytes came, want the first 300 of the old version", n)
			}
		})
	}
}

// TestDownloadGivesUp: what the store answers is final; a store that is busy
// has been tried again below.
func TestDownloadGivesUp(t *testing.T) {
	for answer, want := range map[error]error{fs.ErrPermission: fs.ErrPermission, backends.ErrBusy: ftp.ErrBusy} {
		t.Run(answer.Error(), func(t *testing.T) {
			inner := memStore(nil)
			put(t, inner, "f", randomBytes(t, 1000))
			from := &unreliable{every: 300, refuse: answer}
			if n, err := download(t, from.around(inner), io.Discard); n != 300 || !errors.Is(err, want) {
				t.Errorf("WriteTo = %d, %v; want 300 and the store's answer", n, err)
			}
			if from.opens != 2 {
				t.Errorf("%d openings, want 2", from.opens)
			}
		})
	}
}

func TestDownloadReturnsTheClientsError(t *testing.T) {
	store := memStore(nil)
	put(t, store, "f", randomBytes(t, 1000))
	gone := errors.New("client gone")
	if _, err := download(t, store, failingWriter{gone}); !errors.Is(err, gone) {
		t.Errorf("WriteTo: %v, want the writer's error", err)
	}
}

type failingWriter struct{ err error }

func (f failingWriter) Write([]byte) (int, error) { return 0, f.err }

func download(t *testing.T, from backends.Store, w io.Writer) (int64, error) {
	t.Helper()
	d, err := newFiles(t, from).Open(t.Context(), "/f", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	return d.WriteTo(t.Context(), w)
}
