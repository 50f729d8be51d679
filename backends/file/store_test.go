package file

import (
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/storetest"
)

func TestStore(t *testing.T) {
	for name, sidecars := range map[string]bool{"extended attributes": false, "sidecars": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait for the disk
			storetest.Run(t, func(t *testing.T) backends.Store {
				return openTest(t, t.TempDir(), sidecars)
			}, storetest.Reopen(func(t *testing.T, store backends.Store) backends.Store {
				return openTest(t, store.(*Store).root.Name(), sidecars)
			}))
		})
	}
}

func openTest(t *testing.T, dir string, sidecars bool) *Store {
	t.Helper()
	store, err := open(dir, sidecars)
	if err != nil {
		t.Fatal(err)
	}
	return store
}
