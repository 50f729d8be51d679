package ftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// dataSource is where the next data connection will come from: the client
// (passive) or the server (active).
type dataSource interface {
	// open returns the connection, once.
	open(ctx context.Context) (net.Conn, error)
	// active tells that open connects rather than waits, and so tells
	// before the transfer begins whether it can.
	active() bool
	// drop frees what is held; it may follow open.
	drop()
}

// dataConn is a data connection that a transfer reads or writes. It counts
// bytes, ends a stall, and keeps its own failure, so that it can be told from
// the store's.
type dataConn struct {
	conn  net.Conn
	stall time.Duration // how long one Read or Write may move nothing
	moved *atomic.Int64 // bytes
	first time.Time     // when the first byte had moved
	err   error         // errStalled or errDataLost
	free  func()        // ends the watch over the context
}

// newDataConn takes over conn, which ctx closes when it ends.
func newDataConn(ctx context.Context, conn net.Conn, stall time.Duration, moved *atomic.Int64) *dataConn {
	d := &dataConn{conn: conn, stall: stall, moved: moved}
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		_ = d.conn.Close() // the transfer ends with the cause of ctx
	})
	d.free = func() {
		if !stop() {
			<-closed
		}
	}
	return d
}

// Read reads straight from the socket.
func (d *dataConn) Read(p []byte) (int, error) {
	if err := d.conn.SetReadDeadline(time.Now().Add(d.stall)); err != nil {
		return 0, d.fail(err)
	}
	n, err := d.conn.Read(p)
	d.count(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = d.fail(err)
	}
	return n, err
}

// Write fails with a stall only if not one byte could be moved in time.
func (d *dataConn) Write(p []byte) (int, error) {
	written := 0
	for {
		if err := d.conn.SetWriteDeadline(time.Now().Add(d.stall)); err != nil {
			return written, d.fail(err)
		}
		n, err := d.conn.Write(p[written:])
		d.count(n)
		written += n
		if errors.Is(err, os.ErrDeadlineExceeded) && n > 0 {
			continue
		}
		if err != nil {
			err = d.fail(err)
		}
		return written, err
	}
}

func (d *dataConn) count(n int) {
	if n > 0 && d.moved.Add(int64(n)) == int64(n) {
		d.first = time.Now()
	}
}

func (d *dataConn) fail(err error) error {
	kind := errDataLost
	if errors.Is(err, os.ErrDeadlineExceeded) {
		kind = errStalled
	}
	d.err = fmt.Errorf("%w: %w", kind, err)
	return d.err
}

// close ends the connection; what was written is still delivered. Only the
// first call does anything.
func (d *dataConn) close() error {
	if d.free == nil {
		return nil
	}
	err := d.conn.Close()
	d.free()
	d.free = nil
	return err
}
