package bridge_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"ftpbridge/backends"
	"ftpbridge/bridge"
	"ftpbridge/ftp"
)

func TestListShowsWhatFTPCanName(t *testing.T) {
	store := memStore(nil)
	for _, key := range []string{
		"top.txt", "a/x.txt", "a/Ä ö.txt", "a/sub/deep.txt", "a/sub/deep2.txt", "a/made/", "ab/neighbour.txt",
		"a//empty segment", "a/./dot", "a/../dots", "a/line\nbreak", "a/bell\a", ".ftpbridge/uploads/x", "a/.ftpbridge/fine",
	} {
		put(t, store, key, nil)
	}
	tests := map[string]struct {
		dir  string
		want []string
		err  error
	}{
		"root":             {"/", []string{"a/", "ab/", "top.txt"}, nil},
		"directory":        {"/a", []string{".ftpbridge/", "made/", "sub/", "x.txt", "Ä ö.txt"}, nil},
		"marker only":      {"/a/made", nil, nil},
		"missing":          {"/nowhere", nil, fs.ErrNotExist},
		"a file":           {"/top.txt", nil, fs.ErrNotExist},
		"prefix of a name": {"/to", nil, fs.ErrNotExist},
		"our own":          {"/.ftpbridge", nil, fs.ErrNotExist},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := list(t, newFiles(t, store), tt.dir)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("listing %q, want %q", got, tt.want)
			}
		})
	}
}

func TestListHandsOnEachPageBeforeTheNext(t *testing.T) {
	store := memStore(nil) // three entries a page
	for i := range 10 {
		put(t, store, fmt.Sprintf("dir/%02d", i), nil)
	}
	pages := 0
	for infos, err := range newFiles(t, store).List(t.Context(), "/dir") {
		if err != nil {
			t.Fatal(err)
		}
		if len(infos) > 3 {
			t.Errorf("piece of %d entries", len(infos))
		}
		pages++
	}
	if pages != 4 {
		t.Errorf("%d pieces, want one for each of 4 pages", pages)
	}
}

// list collects a listing, directories with a final "/".
func list(t *testing.T, files *bridge.FileSystem, dir string) ([]string, error) {
	t.Helper()
	var names []string
	for infos, err := range files.List(t.Context(), dir) {
		if err != nil {
			return names, err
		}
		for _, info := range infos {
			if info.ModTime.Year() < 2020 {
				t.Errorf("%s is dated %s", info.Name, info.ModTime)
			}
			if info.Dir {
				info.Name += "/"
			}
			names = append(names, info.Name)
		}
	}
	return names, nil
}

func TestStat(t *testing.T) {
	store := memStore(nil)
	put(t, store, "dir/file.txt", []byte("12345"))
	put(t, store, "both", []byte("1"))
	put(t, store, "both/inside", nil)
	files := newFiles(t, store)
	tests := map[string]struct {
		path      string
		file, dir error
	}{
		"file":           {"/dir/file.txt", nil, fs.ErrNotExist},
		"directory":      {"/dir", fs.ErrNotExist, nil},
		"root":           {"/", ftp.ErrIsDirectory, nil},
		"missing":        {"/nothing", fs.ErrNotExist, fs.ErrNotExist},
		"file and dir":   {"/both", nil, nil},
		"our own":        {"/.ftpbridge", fs.ErrNotExist, fs.ErrNotExist},
		"not UTF-8":      {"/\xff", fs.ErrNotExist, fs.ErrNotExist},
		"above the root": {"/../dir/file.txt", nil, fs.ErrNotExist},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := files.StatFile(t.Context(), tt.path); !errors.Is(err, tt.file) {
				t.Errorf("StatFile: %v, want %v", err, tt.file)
			}
			info, err := files.StatDir(t.Context(), tt.path)
			if !errors.Is(err, tt.dir) {
				t.Errorf("StatDir: %v, want %v", err, tt.dir)
			}
			if err == nil && (!info.Dir || info.ModTime.Year() < 2020) {
				t.Errorf("StatDir tells %+v", info)
			}
		})
	}
}

func TestMkdirAndRemoveDir(t *testing.T) {
	type step struct {
		do   string // "mkdir" or "rmdir"
		path string
		want error
	}
	tests := map[string][]step{
		"make and remove":          {{"mkdir", "/new", nil}, {"rmdir", "/new", nil}, {"rmdir", "/new", fs.ErrNotExist}},
		"make twice":               {{"mkdir", "/new", nil}, {"mkdir", "/new", fs.ErrExist}},
		"make an implied one":      {{"mkdir", "/full", fs.ErrExist}},
		"make below nothing":       {{"mkdir", "/x/y/z", nil}, {"rmdir", "/x", ftp.ErrNotEmpty}},
		"make the root":            {{"mkdir", "/", fs.ErrExist}},
		"make our own":             {{"mkdir", "/.ftpbridge", ftp.ErrName}, {"mkdir", "/.ftpbridge/x", ftp.ErrName}},
		"make a control character": {{"mkdir", "/a\ab", ftp.ErrName}},
		"make not UTF-8":           {{"mkdir", "/a\xff", ftp.ErrName}},
		"remove a full one":        {{"rmdir", "/full", ftp.ErrNotEmpty}},
		"remove a file":            {{"rmdir", "/full/file", fs.ErrNotExist}},
		"remove a missing one":     {{"rmdir", "/ful", fs.ErrNotExist}},
		"remove the root":          {{"rmdir", "/", fs.ErrPermission}},
		"neighbour's prefix":       {{"mkdir", "/ful", nil}, {"rmdir", "/ful", nil}},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			store := memStore(nil)
			put(t, store, "full/file", nil)
			files := newFiles(t, store)
			for _, s := range steps {
				do := files.Mkdir
				if s.do == "rmdir" {
					do = files.RemoveDir
				}
				if err := do(t.Context(), s.path); !errors.Is(err, s.want) {
					t.Errorf("%s %q: %v, want %v", s.do, s.path, err, s.want)
				}
			}
			if got := get(t, store, "full/file"); len(got) != 0 {
				t.Error("the neighbour's file changed")
			}
		})
	}
}

func TestRemove(t *testing.T) {
	store := memStore(nil)
	put(t, store, "dir/file", nil)
	put(t, store, "dir/other", nil)
	files := newFiles(t, store)
	for path, want := range map[string]error{
		"/":         ftp.ErrIsDirectory,
		"/dir":      fs.ErrNotExist,
		"/missing":  fs.ErrNotExist,
		"/dir/file": nil,
	} {
		if err := files.Remove(t.Context(), path); !errors.Is(err, want) {
			t.Errorf("Remove(%q): %v, want %v", path, err, want)
		}
	}
	if got := keys(t, store); !slices.Equal(got, []string{"dir/other"}) {
		t.Errorf("left are %q", got)
	}
}

func TestRename(t *testing.T) {
	tests := map[string]struct {
		keys     []string
		from, to string
		want     []string // nil: as before
		err      error
	}{
		"file":                      {[]string{"a"}, "/a", "/b", []string{"b"}, nil},
		"file onto a file":          {[]string{"a", "b"}, "/a", "/b", []string{"b"}, nil},
		"file onto itself":          {[]string{"a"}, "/a", "/a", []string{"a"}, nil},
		"file into a new directory": {[]string{"a"}, "/a", "/new/dir/a", []string{"new/dir/a"}, nil},
		"missing":                   {[]string{"a"}, "/x", "/b", nil, fs.ErrNotExist},
		"to our own":                {[]string{"a"}, "/a", "/.ftpbridge/a", nil, ftp.ErrName},
		"to the root":               {[]string{"a"}, "/a", "/", nil, ftp.ErrName},
		"directory": {
			[]string{"d/", "d/1", "d/2", "d/s/3", "d/s/4", "da/5"},
			"/d", "/e",
			[]string{"da/5", "e/", "e/1", "e/2", "e/s/3", "e/s/4"},
			nil,
		},
		"directory onto an empty one":   {[]string{"d/1", "e/"}, "/d", "/e", []string{"e/", "e/1"}, nil},
		"directory onto a full one":     {[]string{"d/1", "e/2"}, "/d", "/e", nil, ftp.ErrNotEmpty},
		"directory into itself":         {[]string{"d/1"}, "/d", "/d/e", nil, ftp.ErrName},
		"directory beside its namesake": {[]string{"d/1"}, "/d", "/da", []string{"da/1"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store := memStore(nil)
			for _, key := range tt.keys {
				var content []byte
				if !strings.HasSuffix(key, "/") {
					content = []byte(key)
				}
				put(t, store, key, content)
			}
			want := tt.want
			if want == nil {
				want = tt.keys
			}
			if err := newFiles(t, store).Rename(t.Context(), tt.from, tt.to); !errors.Is(err, tt.err) {
				t.Errorf("Rename: %v, want %v", err, tt.err)
			}
			if got := keys(t, store); !slices.Equal(got, want) {
				t.Errorf("now there are %q, want %q", got, want)
			}
		})
	}
}

func TestRepeatedRenameCompletesAnInterruptedOne(t *testing.T) {
	tests := map[string]struct {
		source, target map[string]string // content by name
		err            error
	}{
		"while it copied": {
			map[string]string{"": "", "1": "one", "2": "two", "3": "three"},
			map[string]string{"": "", "2": "two"},
			nil,
		},
		"while it deleted": {
			map[string]string{"3": "three"},
			map[string]string{"": "", "1": "one", "2": "two", "3": "three"},
			nil,
		},
		"while it deleted, marker left": {
			map[string]string{"": "", "3": "three"},
			map[string]string{"": "", "1": "one", "2": "two", "3": "three"},
			nil,
		},
		"other content": {
			map[string]string{"1": "one", "2": "two"},
			map[string]string{"1": "eno"},
			ftp.ErrNotEmpty,
		},
		"something else beside": {
			map[string]string{"1": "one", "2": "two"},
			map[string]string{"1": "one", "x": "foreign"},
			ftp.ErrNotEmpty,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store := memStore(nil)
			all := map[string]string{}
			for name, content := range tt.target {
				put(t, store, "e/"+name, []byte(content))
				all[name] = content
			}
			for name, content := range tt.source {
				put(t, store, "d/"+name, []byte(content))
				all[name] = content
			}
			before := keys(t, store)
			err := newFiles(t, store).Rename(t.Context(), "/d", "/e")
			if !errors.Is(err, tt.err) {
				t.Fatalf("Rename: %v, want %v", err, tt.err)
			}
			after := keys(t, store)
			if err != nil {
				if !slices.Equal(after, before) {
					t.Errorf("a refused rename changed %q to %q", before, after)
				}
				return
			}
			if len(after) != len(all) {
				t.Errorf("now there are %q, want %d", after, len(all))
			}
			for name, content := range all {
				if got := get(t, store, "e/"+name); string(got) != content {
					t.Errorf("e/%s holds %q, want %q", name, got, content)
				}
			}
		})
	}
}

func TestRenameOfAHugeDirectoryIsRefusedBeforeAnyCopy(t *testing.T) {
	store := memStore(nil)
	for i := range 6 {
		put(t, store, fmt.Sprintf("d/%05d", i), nil)
	}
	files := newFiles(t, store, func(cfg *bridge.Config) { cfg.RenameMax = 5 })
	if err := files.Rename(t.Context(), "/d", "/e"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Rename: %v, want fs.ErrPermission", err)
	}
	for page, err := range store.List(t.Context(), "e/", backends.ListOptions{}) {
		if err != nil || len(page) > 0 {
			t.Fatalf("copies were made: %d, %v", len(page), err)
		}
	}
}
