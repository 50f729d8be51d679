package ftp

import (
	"context"
	"crypto/tls"
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
// bytes and keeps its own failure, so that it can be told from the store's.
type dataConn struct {
	socket *stallConn
	tls    *dataTLS      // over the socket; nil: in clear
	moved  *atomic.Int64 // bytes of the file
	first  time.Time     // when the first byte had moved
	err    error         // of the socket or of TLS
	free   func()        // ends the watch over the context
}

// newDataConn takes over conn, which ctx closes when it ends.
func newDataConn(ctx context.Context, conn net.Conn, stall time.Duration, moved *atomic.Int64) *dataConn {
	d := &dataConn{socket: &stallConn{Conn: conn, stall: stall}, moved: moved}
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		_ = conn.Close() // the transfer ends with the cause of ctx
	})
	d.free = func() {
		if !stop() {
			<-closed
		}
	}
	return d
}

// protect puts TLS over the connection.
func (d *dataConn) protect(ctx context.Context, config *tls.Config, eagerTicket bool) (err error) {
	d.tls, err = protectData(ctx, d.socket, config, eagerTicket)
	return err
}

// Read reads straight from the socket, or what TLS makes of it.
func (d *dataConn) Read(p []byte) (n int, err error) {
	if d.tls != nil {
		n, err = d.tls.Read(p)
	} else {
		n, err = d.socket.Read(p)
	}
	d.count(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = d.fail(err)
	}
	return n, err
}

// Write returns when the socket has taken all, or with an error.
func (d *dataConn) Write(p []byte) (n int, err error) {
	if d.tls != nil {
		n, err = d.tls.Write(p)
	} else {
		n, err = d.socket.Write(p)
	}
	d.count(n)
	if err != nil {
		err = d.fail(err)
	}
	return n, err
}

func (d *dataConn) count(n int) {
	if n > 0 && d.moved.Add(int64(n)) == int64(n) {
		d.first = time.Now()
	}
}

func (d *dataConn) fail(err error) error {
	kind := errDataLost
	switch {
	case errors.Is(err, errNoCloseNotify):
		kind = errNoCloseNotify
	case errors.Is(err, os.ErrDeadlineExceeded):
		kind = errStalled
	}
	if err != kind { //nolint:errorlint // only what says no more is left out
		err = fmt.Errorf("%w: %w", kind, err)
	}
	d.err = err
	return err
}

// finish ends the connection as one that has served its purpose: what was
// written is still delivered, and TLS says that this is the end.
func (d *dataConn) finish() error {
	if d.tls == nil {
		return d.cut()
	}
	err := d.tls.end()
	return errors.Join(err, d.cut())
}

// cut closes the connection; the peer of a TLS stream sees that it is not at
// its end. Only the first call of cut or finish does anything.
func (d *dataConn) cut() error {
	if d.free == nil {
		return nil
	}
	err := d.socket.Close()
	d.free()
	d.free = nil
	return err
}
