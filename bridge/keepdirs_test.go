package bridge_test

import (
	"slices"
	"testing"

	"ftpbridge/bridge"
)

func TestKeepDirs(t *testing.T) {
	remove := func(path string) func(*testing.T, *bridge.FileSystem) error {
		return func(t *testing.T, f *bridge.FileSystem) error { return f.Remove(t.Context(), path) }
	}
	rename := func(from, to string) func(*testing.T, *bridge.FileSystem) error {
		return func(t *testing.T, f *bridge.FileSystem) error { return f.Rename(t.Context(), from, to) }
	}
	tests := map[string]struct {
		keys      []string
		do        func(*testing.T, *bridge.FileSystem) error
		kept, not []string // what is left with and without KeepDirs
	}{
		"last file deleted":      {[]string{"d/1"}, remove("/d/1"), []string{"d/"}, nil},
		"last file renamed":      {[]string{"d/1"}, rename("/d/1", "/e/1"), []string{"d/", "e/1"}, []string{"e/1"}},
		"last directory renamed": {[]string{"d/s/1"}, rename("/d/s", "/e"), []string{"d/", "e/1"}, []string{"e/1"}},
		"another file is left":   {[]string{"d/1", "d/2"}, remove("/d/1"), []string{"d/2"}, []string{"d/2"}},
		"in the root":            {[]string{"1"}, remove("/1"), nil, nil},
		"has a marker":           {[]string{"d/", "d/1"}, remove("/d/1"), []string{"d/"}, []string{"d/"}},
	}
	for name, tt := range tests {
		for _, keep := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				store := memStore(nil)
				for _, key := range tt.keys {
					put(t, store, key, nil)
				}
				files := newFiles(t, store, func(cfg *bridge.Config) { cfg.KeepDirs = keep })
				if err := tt.do(t, files); err != nil {
					t.Fatal(err)
				}
				want := tt.not
				if keep {
					want = tt.kept
				}
				if got := keys(t, store); !slices.Equal(got, want) {
					t.Errorf("KeepDirs %v: left are %q, want %q", keep, got, want)
				}
			})
		}
	}
}
