package layer_test

import (
	"errors"
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
	"ftpbridge/backends/mem"
	"ftpbridge/backends/storetest"
)

func put(t *testing.T, store backends.Store, key string) {
	t.Helper()
	if _, err := store.Put(t.Context(), key, nil, backends.PutOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestPrefixKeepsTheContract(t *testing.T) {
	tests := map[string]func(*backends.Info){
		"implied directories": func(i *backends.Info) { i.PartMin = 1024 },
		"real directories": func(i *backends.Info) {
			i.RealDirs, i.ObjectAndDir, i.AtomicRename, i.AtomicDirRename = true, false, true, true
			i.PartMin = 1024
		},
	}
	for name, adjust := range tests {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) backends.Store {
				store := mem.New(mem.Options{Adjust: adjust})
				put(t, store, "p/") // shows up in no listing
				put(t, store, "neighbour")
				put(t, store, "p.neighbour")
				return layer.Prefix(store, "p/")
			})
		})
	}
}

func TestPrefixSeparates(t *testing.T) {
	store := mem.New(mem.Options{})
	below := layer.Prefix(store, "p/")
	put(t, below, "a")
	put(t, store, "q/a")
	put(t, store, "a")

	if obj, err := store.Stat(t.Context(), "p/a"); err != nil || obj.Key != "p/a" {
		t.Errorf("Stat from above: %+v, %v", obj, err)
	}
	if err := below.Delete(t.Context(), backends.Condition{}, "a"); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a", "q/a"} {
		if _, err := store.Stat(t.Context(), key); err != nil {
			t.Errorf("%q outside of the prefix: %v", key, err)
		}
	}
}

func TestPrefixOfNothingIsTheStore(t *testing.T) {
	store := mem.New(mem.Options{})
	if layer.Prefix(store, "") != backends.Store(store) {
		t.Error("the empty prefix made a layer")
	}
}

// The empty key must not become the key of the prefix itself.
func TestPrefixRefusesTheEmptyKey(t *testing.T) {
	store := layer.Prefix(mem.New(mem.Options{}), "p/")
	if _, err := store.Resume(t.Context(), "", "id"); !errors.Is(err, backends.ErrKey) {
		t.Errorf("Resume: %v", err)
	}
	if err := store.Rename(t.Context(), "", "a"); !errors.Is(err, backends.ErrKey) {
		t.Errorf("Rename from: %v", err)
	}
	if err := store.Rename(t.Context(), "a", ""); !errors.Is(err, backends.ErrKey) {
		t.Errorf("Rename to: %v", err)
	}
}
