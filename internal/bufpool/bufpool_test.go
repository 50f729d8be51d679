package bufpool_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"ftpbridge/internal/bufpool"
)

const mib = 1 << 20

func TestPartWaitsForTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := bufpool.New(64 * mib) // 48 MiB for parts
		var held []*bufpool.Buffer
		for range 3 {
			held = append(held, part(t, pool, 16*mib))
		}
		if pool.TryPart(1) != nil {
			t.Fatal("TryPart gave a byte beyond the budget")
		}

		got := make(chan *bufpool.Buffer)
		go func() { got <- part(t, pool, 16*mib) }()
		synctest.Wait()
		select {
		case <-got:
			t.Fatal("Part did not wait though the budget is used up")
		default:
		}
		held[0].Free()
		(<-got).Free()
		for _, b := range held[1:] {
			b.Free()
		}
		if n := pool.InUse(); n != 0 {
			t.Errorf("InUse = %d after all was freed", n)
		}
	})
}

func TestPartsAreServedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := bufpool.New(64 * mib)
		all := part(t, pool, 48*mib)

		large, small := make(chan *bufpool.Buffer, 1), make(chan *bufpool.Buffer, 1)
		go func() { large <- part(t, pool, 32*mib) }()
		synctest.Wait()
		go func() { small <- part(t, pool, 32*mib) }()
		synctest.Wait()

		all.Free()
		synctest.Wait()
		select {
		case <-small:
			t.Fatal("the one that came later was served first")
		case b := <-large:
			b.Free()
		}
		(<-small).Free()
	})
}

func TestWaitEndsWithTheContext(t *testing.T) {
	pool := bufpool.New(64 * mib)
	all := part(t, pool, 48*mib)
	defer all.Free()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pool.Part(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Part with an ended context: %v, want context.Canceled", err)
	}
}

func TestPartBeyondTheBudgetIsAnError(t *testing.T) {
	if _, err := bufpool.New(64*mib).Part(t.Context(), 49*mib); err == nil {
		t.Error("Part gave more than the share of parts")
	}
}

func TestChunksDoNotWaitForParts(t *testing.T) {
	pool := bufpool.New(64 * mib)
	all := part(t, pool, 48*mib)
	defer all.Free()
	chunk, err := pool.Chunk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(chunk.Bytes()) != bufpool.ChunkSize {
		t.Errorf("chunk of %d bytes, want %d", len(chunk.Bytes()), bufpool.ChunkSize)
	}
	chunk.Free()
}

func TestBuffersOfOtherSizesMakeRoom(t *testing.T) {
	pool := bufpool.New(64 * mib)
	for _, size := range []int64{48 * mib, 24 * mib, 12 * mib, 48 * mib} {
		b := part(t, pool, size)
		if int64(len(b.Bytes())) != size {
			t.Errorf("buffer of %d bytes, want %d", len(b.Bytes()), size)
		}
		b.Free()
	}
	if total := pool.Allocated(); total > 64*mib {
		t.Errorf("%d bytes are held in all, beyond the budget", total)
	}
}

func TestManyUsersStayInBudget(t *testing.T) {
	pool := bufpool.New(4 * mib)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for range 50 {
				b := part(t, pool, int64(1+i%3)*mib)
				b.Bytes()[0] = byte(i)
				if total := pool.Allocated(); total > 4*mib {
					t.Errorf("%d bytes held, budget %d", total, 4*mib)
				}
				b.Free()
			}
		})
	}
	wg.Wait()
}

func part(t *testing.T, pool *bufpool.Pool, size int64) *bufpool.Buffer {
	t.Helper()
	b, err := pool.Part(context.Background(), size)
	if err != nil {
		t.Error(err)
	}
	return b
}
