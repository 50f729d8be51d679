package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
	"ftpbridge/bridge"
	"ftpbridge/ftp"
	"ftpbridge/internal/bufpool"
)

// recorder stands around the calls of a store: it records those that are
// requests, and can refuse some.
type recorder struct {
	fail map[layer.Op]error

	mu    sync.Mutex
	calls []layer.Op
}

func (r *recorder) around(store backends.Store) backends.Store {
	return layer.Intercept(store, func(_ context.Context, call *layer.Call, run func() error) error {
		if call.Op == layer.OpRead || call.Op == layer.OpCloseReader {
			return run()
		}
		r.mu.Lock()
		r.calls = append(r.calls, call.Op)
		r.mu.Unlock()
		if err := r.fail[call.Op]; err != nil {
			return err
		}
		return run()
	})
}

func TestUploadOfEverySize(t *testing.T) {
	whole := []layer.Op{layer.OpPut}
	inParts := func(n int) []layer.Op {
		calls := append([]layer.Op{layer.OpBegin}, slices.Repeat([]layer.Op{layer.OpPutPart}, n)...)
		return append(calls, layer.OpCommit)
	}
	tests := map[string]struct {
		size  int
		calls []layer.Op
	}{
		"nothing":          {0, whole},
		"one byte":         {1, whole},
		"chunk - 1":        {bufpool.ChunkSize - 1, whole},
		"chunk":            {bufpool.ChunkSize, whole},
		"chunk + 1":        {bufpool.ChunkSize + 1, whole},
		"part - 1":         {partSize - 1, whole},
		"part":             {partSize, whole},
		"part + 1":         {partSize + 1, inParts(2)},
		"three parts":      {3 * partSize, inParts(3)},
		"three parts + 1":  {3*partSize + 1, inParts(4)},
		"many small parts": {20*partSize + 12345, inParts(21)},
	}
	readers := map[string]func([]byte) io.Reader{
		"whole reads":       func(b []byte) io.Reader { return bytes.NewReader(b) },
		"halved reads":      func(b []byte) io.Reader { return iotest.HalfReader(bytes.NewReader(b)) },
		"EOF with the data": func(b []byte) io.Reader { return iotest.DataErrReader(bytes.NewReader(b)) },
	}
	for name, tt := range tests {
		for kind, reader := range readers {
			t.Run(name+"/"+kind, func(t *testing.T) {
				data := randomBytes(t, tt.size)
				inner, calls := memStore(nil), &recorder{}
				f := create(t, newFiles(t, calls.around(inner)), "/file.pdf")
				n, err := f.ReadFrom(t.Context(), reader(data))
				if n != int64(tt.size) || err != nil {
					t.Fatalf("ReadFrom = %d, %v; want %d", n, err, tt.size)
				}
				if got := keys(t, inner); len(got) > 0 {
					t.Fatalf("visible before Commit: %q", got)
				}
				receipt, err := f.Commit(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if got := get(t, inner, "file.pdf"); !bytes.Equal(got, data) {
					t.Error("the store holds other bytes")
				}
				obj, err := inner.Stat(t.Context(), "file.pdf")
				if err != nil {
					t.Fatal(err)
				}
				want := ftp.Receipt{
					Path: "/file.pdf", Size: int64(tt.size), Version: obj.Version,
					Checksum: "crc32c=" + backends.Checksum(data).String(),
				}
				if receipt != want {
					t.Errorf("receipt %+v, want %+v", receipt, want)
				}
				if obj.ContentType != "application/pdf" {
					t.Errorf("content type %q", obj.ContentType)
				}
				if !slices.Equal(calls.calls, tt.calls) {
					t.Errorf("store calls %q, want %q", calls.calls, tt.calls)
				}
			})
		}
	}
}

func TestUploadInTinyParts(t *testing.T) {
	store := memStore(func(info *backends.Info) { info.PartMin = 1 })
	buffers := bufpool.New(budget)
	files := bridge.New(bridge.Config{Store: store, Buffers: buffers, PartSize: 7, PartConcurrency: 4})
	data := randomBytes(t, 1000)
	f := create(t, files, "/f")
	if _, err := f.ReadFrom(t.Context(), bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(get(t, store, "f"), data) {
		t.Error("the store holds other bytes")
	}
}

func TestFailedUploadKeepsTheOldObject(t *testing.T) {
	broken := errors.New("connection broken")
	several := 5*partSize + 1
	tests := map[string]struct {
		size   int
		broken error              // how the client's data ends; nil: well
		fail   map[layer.Op]error // calls of the store that fail
		want   error              // that ReadFrom or Commit tells
	}{
		"client breaks off at once":   {0, broken, nil, broken},
		"client breaks off early":     {10, broken, nil, broken},
		"client breaks off at a part": {partSize, broken, nil, broken},
		"client breaks off late":      {several, broken, nil, broken},
		"store refuses the object":    {10, nil, map[layer.Op]error{layer.OpPut: backends.ErrNoSpace}, ftp.ErrNoSpace},
		"store refuses an upload":     {several, nil, map[layer.Op]error{layer.OpBegin: backends.ErrBusy}, ftp.ErrBusy},
		"store refuses a part":        {several, nil, map[layer.Op]error{layer.OpPutPart: backends.ErrBusy}, ftp.ErrBusy},
		"store refuses to commit":     {several, nil, map[layer.Op]error{layer.OpCommit: backends.ErrTooLarge}, ftp.ErrTooLarge},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			old := []byte("old content")
			inner := memStore(nil)
			put(t, inner, "f", old)
			calls := &recorder{fail: tt.fail}
			data := io.Reader(bytes.NewReader(randomBytes(t, tt.size)))
			if tt.broken != nil {
				data = io.MultiReader(data, iotest.ErrReader(tt.broken))
			}
			f := create(t, newFiles(t, calls.around(inner)), "/f")
			_, err := f.ReadFrom(t.Context(), data)
			if err != nil {
				suspend(t, f, err)
			} else {
				_, err = f.Commit(t.Context())
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if got := get(t, inner, "f"); !bytes.Equal(got, old) {
				t.Errorf("the object now holds %d other bytes", len(got))
			}
			began := slices.Contains(calls.calls, layer.OpBegin) && tt.fail[layer.OpBegin] == nil
			if aborted := slices.Contains(calls.calls, layer.OpAbort); aborted != began {
				t.Errorf("aborted = %v, begun = %v", aborted, began)
			}
		})
	}
}

// TestRefusedPartEndsTheReading has a client that would send for ever.
func TestRefusedPartEndsTheReading(t *testing.T) {
	calls := &recorder{fail: map[layer.Op]error{layer.OpPutPart: backends.ErrNoSpace}}
	f := create(t, newFiles(t, calls.around(memStore(nil))), "/f")
	_, err := f.ReadFrom(t.Context(), endless{})
	if !errors.Is(err, ftp.ErrNoSpace) {
		t.Errorf("ReadFrom: %v, want ftp.ErrNoSpace", err)
	}
	suspend(t, f, err)
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestUploadBeyondTheLargest(t *testing.T) {
	few := memStore(func(info *backends.Info) { info.PartCount = 3 })
	t.Run("as it comes", func(t *testing.T) {
		f := create(t, newFiles(t, few), "/f")
		_, err := f.ReadFrom(t.Context(), bytes.NewReader(randomBytes(t, 3*partSize+1)))
		if !errors.Is(err, ftp.ErrTooLarge) {
			t.Errorf("ReadFrom: %v, want ftp.ErrTooLarge", err)
		}
		suspend(t, f, err)
	})
	t.Run("exactly the largest", func(t *testing.T) {
		data := randomBytes(t, 3*partSize)
		store(t, newFiles(t, few), "/f", data)
		if !bytes.Equal(get(t, few, "f"), data) {
			t.Error("the store holds other bytes")
		}
	})
	t.Run("announced", func(t *testing.T) {
		// Parts may grow to a quarter of the budget.
		files := newFiles(t, few)
		if _, err := files.Create(t.Context(), "/f", ftp.CreateOptions{Size: 3 * budget / 4}); err != nil {
			t.Errorf("Create of the largest: %v", err)
		}
		_, err := files.Create(t.Context(), "/f", ftp.CreateOptions{Size: 3*budget/4 + 1})
		if !errors.Is(err, ftp.ErrTooLarge) {
			t.Errorf("Create beyond the largest: %v, want ftp.ErrTooLarge", err)
		}
	})
}

func TestCreateRefuses(t *testing.T) {
	files := newFiles(t, memStore(nil))
	for path, want := range map[string]error{
		"/":              ftp.ErrName,
		"/.ftpbridge/x":  ftp.ErrName,
		"/bell\a":        ftp.ErrName,
		"/not\xffutf-8":  ftp.ErrName,
		"/..":            ftp.ErrName,
		"/.ftpbridge2/x": nil,
	} {
		if _, err := files.Create(t.Context(), path, ftp.CreateOptions{}); !errors.Is(err, want) {
			t.Errorf("Create(%q): %v, want %v", path, err, want)
		}
	}
	_, err := files.Create(t.Context(), "/f", ftp.CreateOptions{Offset: 5})
	if restart, ok := errors.AsType[*ftp.RestartError](err); !ok || restart.Offset != 0 {
		t.Errorf("Create at an offset: %v, want a RestartError that names 0", err)
	}
}

func TestUniqueNames(t *testing.T) {
	inner := memStore(nil)
	put(t, inner, "dir/taken.tar.gz", []byte("old"))
	put(t, inner, ".profile", []byte("old"))
	tests := map[string]string{ // name to the pattern of what it becomes
		"/dir/free.pdf":     `^/dir/free\.pdf$`,
		"/dir/taken.tar.gz": `^/dir/taken\.tar_\d{8}T\d{6}Z_[a-z2-7]{4}\.gz$`,
		"/.profile":         `^/\.profile_\d{8}T\d{6}Z_[a-z2-7]{4}$`,
	}
	for name, pattern := range tests {
		f, err := newFiles(t, inner).Create(t.Context(), name, ftp.CreateOptions{Unique: true})
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(pattern).MatchString(f.Path()) {
			t.Errorf("%s becomes %s, want %s", name, f.Path(), pattern)
		}
		if _, err := f.ReadFrom(t.Context(), strings.NewReader("new")); err != nil {
			t.Fatal(err)
		}
		if receipt, err := f.Commit(t.Context()); err != nil || receipt.Path != f.Path() {
			t.Errorf("Commit = %+v, %v", receipt, err)
		}
		if got := get(t, inner, f.Path()[1:]); string(got) != "new" {
			t.Errorf("%s holds %q", f.Path(), got)
		}
	}
	if got := get(t, inner, ".profile"); string(got) != "old" {
		t.Errorf("the old file now holds %q", got)
	}
}

func TestUniqueNameThatIsTakenMeanwhile(t *testing.T) {
	for name, tt := range map[string]struct {
		size int
		err  error
	}{
		"small":    {10, nil}, // stored under another name
		"in parts": {3 * partSize, fs.ErrExist},
	} {
		inner := memStore(nil)
		f, err := newFiles(t, inner).Create(t.Context(), "/f", ftp.CreateOptions{Unique: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.ReadFrom(t.Context(), bytes.NewReader(randomBytes(t, tt.size))); err != nil {
			t.Fatal(err)
		}
		put(t, inner, "f", []byte("rival"))
		receipt, err := f.Commit(t.Context())
		if !errors.Is(err, tt.err) {
			t.Errorf("%s: Commit: %v, want %v", name, err, tt.err)
		}
		if err == nil && (receipt.Path == "/f" || len(get(t, inner, receipt.Path[1:])) != tt.size) {
			t.Errorf("%s: stored as %s", name, receipt.Path)
		}
		if got := get(t, inner, "f"); string(got) != "rival" {
			t.Errorf("the rival's file now holds %d other bytes", len(got))
		}
	}
}

func TestMDTMAfterSIZECostsNothing(t *testing.T) {
	inner := memStore(nil)
	put(t, inner, "f", []byte("1"))
	calls := &recorder{}
	files := newFiles(t, calls.around(inner))
	for range 2 {
		if _, err := files.StatFile(t.Context(), "/f"); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(calls.calls, []layer.Op{layer.OpStat}) {
		t.Errorf("store calls %q, want one Stat", calls.calls)
	}
	if err := files.Rename(t.Context(), "/f", "/g"); err != nil {
		t.Fatal(err)
	}
	if _, err := files.StatFile(t.Context(), "/f"); err == nil {
		t.Error("the old name is still known after the rename")
	}
}
