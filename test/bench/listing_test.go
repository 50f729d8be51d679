package bench_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"ftpbridge/backends"
	"ftpbridge/backends/mem"
)

const pageSize = 1000 // keys, as S3 gives them

// BenchmarkListingHeap prints the peak of the heap during a listing: what is in
// use, garbage not counted, beyond what was before.
func BenchmarkListingHeap(b *testing.B) {
	for _, keys := range []int{10, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(keys), func(b *testing.B) {
			var peak int64
			for b.Loop() {
				peak = max(peak, listingHeap(b, keys))
			}
			b.ReportMetric(float64(peak)/kib, "peak-KiB")
		})
	}
}

// TestListingHeapDoesNotGrow: a listing holds a few pages, however many come.
func TestListingHeapDoesNotGrow(t *testing.T) {
	short, long := listingHeap(t, 5*pageSize), listingHeap(t, 100*pageSize)
	if long > short+mib {
		t.Errorf("listing 100 pages takes %d KiB, 5 pages %d KiB", long/kib, short/kib)
	}
}

// listingHeap has a session list a directory of so many keys, and returns the
// peak of the heap in bytes.
func listingHeap(tb testing.TB, keys int) int64 {
	tb.Helper()
	store := &syntheticStore{Store: mem.New(mem.Options{}), keys: keys}
	session := logIn(tb, store)
	store.base = liveHeap()
	conn := session.dataConn(tb)
	defer conn.Close()
	session.command(tb, "LIST", "150")
	if _, err := io.CopyBuffer(onlyWriter{io.Discard}, struct{ io.Reader }{conn}, session.data); err != nil {
		tb.Fatal(err)
	}
	session.expect(tb, "226")
	return store.peak.Load()
}

// syntheticStore lists keys that it makes up page by page, and looks at the heap
// at each.
type syntheticStore struct {
	backends.Store
	keys int
	base int64
	peak atomic.Int64
}

func (s *syntheticStore) List(
	context.Context, string, backends.ListOptions,
) iter.Seq2[[]backends.Entry, error] {
	return func(yield func([]backends.Entry, error) bool) {
		for from := 0; from < s.keys; from += pageSize {
			page := make([]backends.Entry, min(pageSize, s.keys-from))
			for i := range page {
				page[i] = backends.Entry{
					Key:     fmt.Sprintf("a-name-of-some-length-%09d.txt", from+i),
					Size:    int64(i),
					ModTime: time.Unix(int64(from), 0),
					Version: fmt.Sprintf("\"%032x\"", from+i),
				}
			}
			s.peak.Store(max(s.peak.Load(), liveHeap()-s.base))
			if !yield(page, nil) {
				return
			}
		}
	}
}

// liveHeap is what the heap holds without garbage, in bytes.
func liveHeap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
