package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"

	"ftpbridge/backends"
)

func concurrencyTests() []test {
	return []test{
		{"Concurrency/readers see whole versions", nil, concurrentReaders},
		{"Concurrency/different keys", nil, concurrentKeys},
		{"Concurrency/directory removed meanwhile", func(i backends.Info) bool { return i.RealDirs }, concurrentDirs},
	}
}

// concurrentReaders overwrites an object by objects of other sizes, each of one
// repeated byte, while others read it.
func concurrentReaders(t *T) {
	const writes, readers = 20, 4
	version := func(i int) []byte { return filler(i, 30_000+i) }
	t.put("a", version(0))
	done := make(chan struct{})
	together(readers+1, func(i int) {
		if i == readers {
			defer close(done)
			for n := 1; n <= writes; n++ {
				if _, err := t.store.Put(t.Context(), "a", version(n), sealed(version(n), backends.PutOptions{})); err != nil {
					t.Errorf("write %d: %v", n, err)
				}
			}
			return
		}
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
			}
			r, err := t.store.Open(t.Context(), "a", 0, -1, "")
			if err != nil {
				t.Errorf("Open: %v", err)
				return
			}
			var got bytes.Buffer
			_, err = got.ReadFrom(r)
			if err := errors.Join(err, r.Close()); err != nil {
				t.Errorf("Read: %v", err)
				return
			}
			n := got.Len() - 30_000
			if n < 0 || n > writes || !bytes.Equal(got.Bytes(), version(n)) || r.Object().Size != int64(got.Len()) {
				t.Errorf("read %d bytes that are no version, of %+v", got.Len(), r.Object())
				return
			}
		}
	})
	t.wantContent("a", version(writes))
}

func concurrentKeys(t *T) {
	const workers = 16
	together(workers, func(i int) {
		for round := range 3 {
			key, data := fmt.Sprintf("dir/%02d", i), filler(i*10+round, 5000)
			if _, err := t.store.Put(t.Context(), key, data, sealed(data, backends.PutOptions{})); err != nil {
				t.Errorf("Put %s: %v", key, err)
				return
			}
			if got, err := readRange(t.Context(), t.store, key, 0, -1, ""); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s: read %s, %v", key, brief(got), err)
			}
			if i%2 == 0 {
				continue
			}
			if err := t.store.Delete(t.Context(), backends.Condition{}, key); err != nil {
				t.Errorf("Delete %s: %v", key, err)
			}
			if _, err := t.store.Stat(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s after its Delete: %v", key, err)
			}
		}
	})
	if got := len(t.keys("dir/", backends.ListOptions{})); got != len(t.marked("dir/"))+workers/2 {
		t.Errorf("%d objects are left", got)
	}
}

// concurrentDirs: a Put makes its directory however often that is removed.
func concurrentDirs(t *T) {
	const workers, rounds = 4, 20
	together(2*workers, func(i int) {
		for range rounds {
			if i >= workers {
				err := t.store.Delete(t.Context(), backends.Condition{}, "d/e/", "d/")
				if err != nil && !errors.Is(err, backends.ErrNotEmpty) {
					t.Errorf("Delete of the directories: %v", err)
				}
				continue
			}
			key := fmt.Sprintf("d/e/%d", i)
			if _, err := t.store.Put(t.Context(), key, nil, backends.PutOptions{}); err != nil {
				t.Errorf("Put: %v", err)
			}
			if err := t.store.Delete(t.Context(), backends.Condition{}, key); err != nil {
				t.Errorf("Delete: %v", err)
			}
		}
	})
}
