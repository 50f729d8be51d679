package bridge_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"testing"

	"go.uber.org/goleak"

	"ftpbridge/backends"
	"ftpbridge/backends/mem"
	"ftpbridge/bridge"
	"ftpbridge/ftp"
	"ftpbridge/internal/bufpool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	kib = 1 << 10
	// partSize is small, so that a few hundred kilobytes are many parts, and
	// larger than a chunk, so that both kinds of buffers are used.
	partSize = 100 * kib
	budget   = 8 << 20
)

// memStore is a store in memory with parts of partSize.
func memStore(adjust func(*backends.Info)) *mem.Store {
	return mem.New(mem.Options{
		PageSize: 3,
		Adjust: func(info *backends.Info) {
			info.PartMin = partSize
			if adjust != nil {
				adjust(info)
			}
		},
	})
}

// newFiles is a session's files on the store. After the test all transfer
// memory must be given back.
func newFiles(t *testing.T, store backends.Store, adjust ...func(*bridge.Config)) *bridge.FileSystem {
	t.Helper()
	buffers := bufpool.New(budget)
	t.Cleanup(func() {
		if n := buffers.InUse(); n != 0 {
			t.Errorf("%d bytes of transfer memory were not given back", n)
		}
	})
	cfg := bridge.Config{
		Store:           store,
		Buffers:         buffers,
		PartSize:        partSize,
		PartConcurrency: 3,
		Logger:          slog.New(slog.DiscardHandler),
	}
	for _, f := range adjust {
		f(&cfg)
	}
	return bridge.New(cfg)
}

func put(t *testing.T, store backends.Store, key string, data []byte) backends.Object {
	t.Helper()
	obj, err := store.Put(t.Context(), key, data, backends.PutOptions{Checksum: backends.Checksum(data)})
	if err != nil {
		t.Fatal(err)
	}
	return obj
}

func get(t *testing.T, store backends.Store, key string) []byte {
	t.Helper()
	body, err := store.Open(t.Context(), key, 0, -1, "")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// keys is all that the store holds.
func keys(t *testing.T, store backends.Store) []string {
	t.Helper()
	var all []string
	for page, err := range store.List(t.Context(), "", backends.ListOptions{Recursive: true}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			all = append(all, e.Key)
		}
	}
	return all
}

func randomBytes(t *testing.T, n int) []byte {
	t.Helper()
	data := make([]byte, n)
	if _, err := rand.Read(data); err != nil {
		t.Fatal(err)
	}
	return data
}

func create(t *testing.T, files *bridge.FileSystem, name string) ftp.File {
	t.Helper()
	f, err := files.Create(t.Context(), name, ftp.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func store(t *testing.T, files *bridge.FileSystem, name string, data []byte) ftp.Receipt {
	t.Helper()
	f := create(t, files, name)
	if _, err := f.ReadFrom(t.Context(), bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	receipt, err := f.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

// suspend ends an upload that failed.
func suspend(t *testing.T, f ftp.File, cause error) {
	t.Helper()
	if err := f.Suspend(context.WithoutCancel(t.Context()), cause); err != nil {
		t.Errorf("Suspend: %v", err)
	}
}
