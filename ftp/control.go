package ftp

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// controlWriteTimeout ends a session whose client takes no replies.
const controlWriteTimeout = 30 * time.Second

// control is a control connection: commands in, replies out. One goroutine
// reads; any may write or wake.
//
// Thousands of sessions are idle at any time, so a session owns a buffer
// only from the moment that its client has sent something until that is used up.
type control struct {
	socket net.Conn        // as it was accepted
	state  syscall.RawConn // of the socket, to see a hang-up; nil if that cannot be seen
	plain  syscall.RawConn // of the socket, to wait without a buffer; nil if something lies between
	in     io.Reader       // the socket, or TLS over it
	out    io.Writer       // the same, but for the end of TLS
	tls    *controlTLS     // nil: in clear

	scanner lineScanner
	first   [1]byte // what a read without a buffer waits for
	buffer  *controlBuffer
	unread  []byte // of buffer.input
}

type controlBuffer struct {
	input [2048]byte
	line  [maxLine + 1]byte
}

var controlBuffers = sync.Pool{New: func() any { return new(controlBuffer) }}

func newControl(conn net.Conn) *control {
	c := &control{socket: conn, state: rawSocket(conn), in: conn, out: conn}
	c.plain = c.readable()
	return c
}

// readable is the socket if nothing keeps bytes that were read from it.
func (c *control) readable() syscall.RawConn {
	if _, ok := c.socket.(*net.TCPConn); ok {
		return c.state
	}
	return nil
}

// request is one command line.
type request struct {
	verb    string // in upper case
	arg     string // as sent, without the one space before it
	tooLong bool   // the line was over maxLine and was not kept
}

// read returns the next command. os.ErrDeadlineExceeded leaves what has been
// read so far for the next call; other errors are the end of the connection.
func (c *control) read() (request, error) {
	for {
		if len(c.unread) == 0 {
			if err := c.fill(); err != nil {
				return request{}, err
			}
		}
		n, complete := c.scanner.scan(c.unread)
		c.unread = c.unread[n:]
		if !complete {
			continue
		}
		req := request{tooLong: true}
		if !c.scanner.tooLong {
			req = parseRequest(string(c.scanner.line))
		}
		c.scanner.reset(c.buffer.line[:])
		return req, nil
	}
}

// fill waits for input.
func (c *control) fill() error {
	n, err := c.receive()
	if n == 0 && c.tls != nil && c.tls.ending {
		n, err = c.leaveTLS(err)
	}
	if n > 0 { // an error comes again
		c.unread = c.buffer.input[:n]
		return nil
	}
	c.giveBack()
	return err
}

// receive reads into the buffer, which it takes when there is something.
func (c *control) receive() (n int, err error) {
	switch {
	case c.plain != nil:
		return c.receivePlain()
	case c.buffer != nil:
		return c.in.Read(c.buffer.input[:])
	}
	if n, err = c.in.Read(c.first[:]); n > 0 {
		c.borrow()
		c.buffer.input[0] = c.first[0]
	}
	return n, err
}

func (c *control) receivePlain() (n int, err error) {
	var readErr error
	err = c.plain.Read(func(fd uintptr) bool {
		c.borrow()
		n, readErr = readSocket(fd, c.buffer.input[:])
		if errors.Is(readErr, syscall.EAGAIN) {
			c.giveBack()
			return false
		}
		return true
	})
	if err == nil {
		err = os.NewSyscallError("read", readErr)
	}
	if err == nil && n == 0 {
		err = io.EOF
	}
	return n, err
}

func (c *control) borrow() {
	if c.buffer == nil {
		c.buffer = controlBuffers.Get().(*controlBuffer)
		c.scanner.reset(c.buffer.line[:])
	}
}

// giveBack returns the buffer unless it holds the beginning of a line.
func (c *control) giveBack() {
	if c.buffer != nil && !c.scanner.midLine() {
		controlBuffers.Put(c.buffer)
		c.buffer, c.scanner.line = nil, nil
	}
}

// wake makes a read that waits return os.ErrDeadlineExceeded.
func (c *control) wake() { c.setReadDeadline(time.Unix(1, 0)) }

// setReadDeadline may fail only on a closed connection, which the next read
// tells as well.
func (c *control) setReadDeadline(t time.Time) { _ = c.socket.SetReadDeadline(t) }

// write sends text. After an error the connection is closed, so that the next
// read fails.
func (c *control) write(text []byte) {
	err := c.socket.SetWriteDeadline(time.Now().Add(controlWriteTimeout))
	if err == nil {
		_, err = c.out.Write(text)
	}
	if err != nil {
		_ = c.socket.Close() // what follows fails and tells
	}
}

// hungUp tells whether the client has closed its side, even if there is input
// that has not been read yet.
func (c *control) hungUp() bool { return c.state != nil && peerHungUp(c.state) }

// close ends the connection, TLS with a close_notify; an error has no one left
// to be told to.
func (c *control) close() {
	if c.tls != nil {
		_ = c.tls.conn.Close()
	}
	_ = c.socket.Close()
}
