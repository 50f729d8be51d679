// Package bufpool is the one memory budget of all transfers: what is handed
// out and what lies ready for use again never exceed it together.
package bufpool

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/semaphore"
)

// ChunkSize is the size in bytes of the buffers that Chunk gives.
const ChunkSize = 64 << 10

// Pool hands out buffers within a budget. A quarter of it is for chunks,
// with which every transfer begins, and three quarters for parts, so that
// transfers that wait for a part can never starve those that only begin.
//
// Whoever waits is served first come, first served. To stay free of deadlock
// no caller may wait for a part while it holds one that it cannot give back
// without that wait.
type Pool struct {
	chunks, parts *share
	budget        int64
}

// New returns a pool of budget bytes.
func New(budget int64) *Pool {
	return &Pool{chunks: newShare(budget / 4), parts: newShare(budget - budget/4), budget: budget}
}

// MaxPart is the largest part in bytes that Part gives: a quarter of the
// budget, so that one upload always has one part to fill and others in flight.
func (p *Pool) MaxPart() int64 { return p.budget / 4 }

// Chunk waits for a buffer of ChunkSize bytes, or for the end of ctx.
func (p *Pool) Chunk(ctx context.Context) (*Buffer, error) { return p.chunks.get(ctx, ChunkSize) }

// Part waits for a contiguous buffer of size bytes, or for the end of ctx.
func (p *Pool) Part(ctx context.Context, size int64) (*Buffer, error) { return p.parts.get(ctx, size) }

// TryPart returns a buffer of size bytes if that takes no waiting, else nil.
func (p *Pool) TryPart(size int64) *Buffer { return p.parts.try(size) }

// InUse is how many bytes are handed out now.
func (p *Pool) InUse() int64 {
	used, _ := p.sum()
	return used
}

// Allocated is how many bytes are handed out or lie ready: never more than
// the budget.
func (p *Pool) Allocated() int64 {
	used, idle := p.sum()
	return used + idle
}

func (p *Pool) sum() (used, idle int64) {
	for _, s := range []*share{p.chunks, p.parts} {
		s.mu.Lock()
		used += s.used
		idle += s.idle
		s.mu.Unlock()
	}
	return used, idle
}

// Buffer is one piece of the budget, until Free.
type Buffer struct {
	data  []byte
	owner *share
}

// Bytes is the whole buffer; what it holds at first is undefined.
func (b *Buffer) Bytes() []byte { return b.data }

// Free gives the buffer back. It is called once, and nothing may use the
// bytes afterwards.
func (b *Buffer) Free() {
	b.owner.put(b.data)
	b.data = nil
}

// share is a part of the budget with its free lists.
type share struct {
	size    int64
	waiting *semaphore.Weighted // counts the bytes that are handed out, in order of arrival

	mu   sync.Mutex
	used int64              // bytes handed out
	idle int64              // bytes on the free lists
	free map[int64][][]byte // by size
}

func newShare(size int64) *share {
	return &share{size: size, waiting: semaphore.NewWeighted(size), free: make(map[int64][][]byte)}
}

func (s *share) get(ctx context.Context, size int64) (*Buffer, error) {
	if size > s.size {
		return nil, fmt.Errorf("a buffer of %d bytes is beyond the memory budget's share of %d", size, s.size)
	}
	if err := s.waiting.Acquire(ctx, size); err != nil {
		return nil, fmt.Errorf("wait for %d bytes of the memory budget: %w", size, err)
	}
	return s.take(size), nil
}

func (s *share) try(size int64) *Buffer {
	if !s.waiting.TryAcquire(size) {
		return nil
	}
	return s.take(size)
}

// take needs size bytes acquired. Idle buffers of other sizes make room, so
// that memory on the free lists counts as well.
func (s *share) take(size int64) *Buffer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used += size
	if list := s.free[size]; len(list) > 0 {
		data := list[len(list)-1]
		s.free[size] = list[:len(list)-1]
		s.idle -= size
		return &Buffer{data: data, owner: s}
	}
	for other, list := range s.free {
		for len(list) > 0 && s.used+s.idle > s.size {
			list[len(list)-1] = nil
			list = list[:len(list)-1]
			s.idle -= other
		}
		s.free[other] = list
	}
	return &Buffer{data: make([]byte, size), owner: s}
}

func (s *share) put(data []byte) {
	size := int64(cap(data))
	s.mu.Lock()
	s.used -= size
	s.idle += size
	s.free[size] = append(s.free[size], data)
	s.mu.Unlock()
	s.waiting.Release(size)
}
