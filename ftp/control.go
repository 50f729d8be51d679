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
	conn    net.Conn
	raw     syscall.RawConn // to wait without a buffer; nil if conn is no plain socket
	scanner lineScanner
	buffer  *controlBuffer
	unread  []byte // of buffer.input
}

type controlBuffer struct {
	input [2048]byte
	line  [maxLine + 1]byte
}

var controlBuffers = sync.Pool{New: func() any { return new(controlBuffer) }}

func newControl(conn net.Conn) *control {
	return &control{conn: conn, raw: plainSocket(conn)}
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
	var n int
	var err error
	if c.raw == nil {
		c.borrow()
		n, err = c.conn.Read(c.buffer.input[:])
	} else {
		var readErr error
		err = c.raw.Read(func(fd uintptr) bool {
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
	}
	if err != nil {
		c.giveBack()
		return err
	}
	c.unread = c.buffer.input[:n]
	return nil
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
func (c *control) setReadDeadline(t time.Time) { _ = c.conn.SetReadDeadline(t) }

// write sends text. After an error the connection is closed, so that the next
// read fails.
func (c *control) write(text []byte) {
	err := c.conn.SetWriteDeadline(time.Now().Add(controlWriteTimeout))
	if err == nil {
		_, err = c.conn.Write(text)
	}
	if err != nil {
		c.close()
	}
}

// hungUp tells whether the client has closed its side, even if there is input
// that has not been read yet.
func (c *control) hungUp() bool { return c.raw != nil && peerHungUp(c.raw) }

// close ends the connection; an error has no one left to be told to.
func (c *control) close() { _ = c.conn.Close() }
