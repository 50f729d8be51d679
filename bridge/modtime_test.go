package bridge_test

import (
	"errors"
	"io/fs"
	"testing"
	"time"

	"ftpbridge/backends"
	"ftpbridge/ftp"
)

func TestSetModTime(t *testing.T) {
	store := memStore(nil)
	put(t, store, "f", []byte("content"))
	files := newFiles(t, store)
	want := time.Date(1999, 12, 31, 23, 59, 58, 0, time.UTC)
	if _, err := files.StatFile(t.Context(), "/f"); err != nil { // an answer that must not be remembered
		t.Fatal(err)
	}
	if err := files.SetModTime(t.Context(), "/f", want); err != nil {
		t.Fatal(err)
	}
	info, err := files.StatFile(t.Context(), "/f")
	if err != nil || !info.ModTime.Equal(want) {
		t.Errorf("StatFile tells %v, %v; want %v", info.ModTime, err, want)
	}
	if err := files.SetModTime(t.Context(), "/missing", want); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("SetModTime of a missing file: %v", err)
	}
	if err := files.SetModTime(t.Context(), "/", want); !errors.Is(err, ftp.ErrIsDirectory) {
		t.Errorf("SetModTime of the root: %v", err)
	}
}

func TestModTimeOfOtherPrograms(t *testing.T) {
	tests := map[string]struct {
		mtime string
		want  time.Time // zero: the store's date
	}{
		"seconds":          {"1700000000", time.Unix(1_700_000_000, 0)},
		"rclone":           {"1700000000.250000000", time.Unix(1_700_000_000, 250_000_000)},
		"before 1970":      {"-86400", time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)},
		"a date":           {"2023-11-14", time.Time{}},
		"beyond all years": {"1e18", time.Time{}},
		"not a number":     {"NaN", time.Time{}},
		"infinite":         {"-Inf", time.Time{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store := memStore(nil)
			obj, err := store.Put(t.Context(), "f", nil, backends.PutOptions{Metadata: map[string]string{"mtime": tt.mtime}})
			if err != nil {
				t.Fatal(err)
			}
			want := tt.want
			if want.IsZero() {
				want = obj.ModTime
			}
			info, err := newFiles(t, store).StatFile(t.Context(), "/f")
			if err != nil || !info.ModTime.Equal(want) {
				t.Errorf("StatFile tells %v, %v; want %v", info.ModTime, err, want)
			}
		})
	}
}
