package ftp_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"testing"

	"ftpbridge/ftp"
)

// listedFiles is a FileSystem of directories only, which a test makes up.
type listedFiles struct {
	*fakeFiles
	list func(ctx context.Context, dir string, yield func([]ftp.FileInfo, error) bool)
}

func (f listedFiles) List(ctx context.Context, dir string) iter.Seq2[[]ftp.FileInfo, error] {
	return func(yield func([]ftp.FileInfo, error) bool) { f.list(ctx, dir, yield) }
}

// serveListed serves such files and connects a client that is logged in.
func serveListed(t *testing.T, list func(ctx context.Context, dir string, yield func([]ftp.FileInfo, error) bool)) (*fakeFiles, *client) {
	t.Helper()
	files := newFakeFiles()
	return files, login(t, serve(t, &ftp.Server{Driver: fakeDriver{listedFiles{files, list}}}))
}

func entries(n int, dir bool) []ftp.FileInfo {
	list := make([]ftp.FileInfo, n)
	for i := range list {
		list[i] = ftp.FileInfo{Name: fmt.Sprint(i), Dir: dir, ModTime: fakeTime}
	}
	return list
}

// TestListingAborted aborts a listing that waits for its second piece.
func TestListingAborted(t *testing.T) {
	for _, command := range []string{"LIST", "NLST", "MLSD", "LIST -R", "NLST *", "LIST [0-9]"} {
		t.Run(command, func(t *testing.T) {
			var files *fakeFiles
			files, c := serveListed(t, func(ctx context.Context, dir string, yield func([]ftp.FileInfo, error) bool) {
				if dir != "/" {
					yield(nil, fs.ErrNotExist)
					return
				}
				if yield(entries(1, false), nil) {
					files.events <- "asked for more"
					yield(nil, waitForEnd(ctx))
				}
				files.events <- "ended"
			})
			data := c.epsv()
			c.do(command, 150)
			if got := files.await(t); got != "asked for more" {
				t.Errorf("event %q", got)
			}
			c.do("ABOR", 426)
			c.want(226)
			if got := files.await(t); got != "ended" {
				t.Errorf("event %q", got)
			}
			data.Close()
			c.do("NOOP", 200)
		})
	}
}

// TestEndlessListing aborts a listing that the client does not read, and cuts
// one off: both end the work of the store.
func TestEndlessListing(t *testing.T) {
	for _, command := range []string{"LIST", "NLST *", "MLSD", "LIST -R"} {
		t.Run(command, func(t *testing.T) {
			var files *fakeFiles
			files, c := serveListed(t, func(_ context.Context, _ string, yield func([]ftp.FileInfo, error) bool) {
				piece := entries(1000, false)
				for yield(piece[:], nil) {
				}
				files.events <- "stopped"
			})
			data := c.epsv()
			c.do(command, 150)
			if _, err := io.ReadFull(data, make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
			c.do("ABOR", 426)
			c.want(226)
			if got := files.await(t); got != "stopped" {
				t.Errorf("event %q", got)
			}
			data = c.epsv()
			c.do(command, 150)
			reset(t, data)
			c.want(426)
			if got := files.await(t); got != "stopped" {
				t.Errorf("event %q", got)
			}
		})
	}
}

func TestMatchingListingStreams(t *testing.T) {
	var files *fakeFiles
	files, c := serveListed(t, func(_ context.Context, _ string, yield func([]ftp.FileInfo, error) bool) {
		_ = yield([]ftp.FileInfo{{Name: "a.txt"}, {Name: "b.csv"}}, nil) &&
			files.await(t) == "release" &&
			yield([]ftp.FileInfo{{Name: "c.txt"}}, nil) &&
			yield([]ftp.FileInfo{{Name: "d.csv"}}, nil)
	})
	data := c.epsv()
	c.do("NLST *.csv", 150)
	first := make([]byte, 7)
	if _, err := io.ReadFull(data, first); err != nil || string(first) != "b.csv\r\n" {
		t.Fatalf("first line %q, %v", first, err)
	}
	files.events <- "release"
	if got := readAll(t, data); got != "d.csv\r\n" {
		t.Errorf("rest %q", got)
	}
	c.want(226)
}

func TestRecursiveListingIsBounded(t *testing.T) {
	tests := map[string]struct {
		list  func(dir string) []ftp.FileInfo
		lists int // that it must not reach
	}{
		"entries": {
			func(dir string) []ftp.FileInfo {
				if dir == "/" {
					return entries(9_000, true)
				}
				return entries(1_000, false)
			}, 200,
		},
		"directories": {
			func(dir string) []ftp.FileInfo {
				if dir == "/" {
					return entries(10_001, true)
				}
				return nil
			}, 2,
		},
		"depth": {func(string) []ftp.FileInfo { return entries(1, true) }, 200},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			lists := 0
			_, c := serveListed(t, func(_ context.Context, dir string, yield func([]ftp.FileInfo, error) bool) {
				lists++
				yield(tt.list(dir), nil)
			})
			data := c.epsv()
			c.do("NLST -R", 150)
			readAll(t, data)
			c.want(550) // what came must not pass for all
			if lists >= tt.lists {
				t.Errorf("%d directories were listed", lists)
			}
			c.do("NOOP", 200)
		})
	}
}

func TestRecursiveListingFails(t *testing.T) {
	tests := map[string]struct {
		err  error
		want int
	}{
		"deleted meanwhile": {fs.ErrNotExist, 226},
		"store fails":       {ftp.ErrBusy, 450},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, c := serveListed(t, func(_ context.Context, dir string, yield func([]ftp.FileInfo, error) bool) {
				switch dir {
				case "/":
					yield(entries(2, true), nil)
				case "/0":
					yield(nil, tt.err)
				}
			})
			data := c.epsv()
			c.do("NLST -R", 150)
			got := readAll(t, data)
			c.want(tt.want)
			if want := ".:\r\n0\r\n1\r\n\r\n./1:\r\n"; tt.want == 226 && got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
