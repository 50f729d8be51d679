package ftp

import (
	"errors"
	"net"
	"os"
	"time"
)

// stallConn ends a Read or a Write that moves nothing for too long.
type stallConn struct {
	net.Conn
	stall time.Duration

	gathering bool // the socket wakes us for gatherSize bytes or the end only
	slow      bool // the client brings too little for that
}

const (
	// gatherSize is how many bytes the socket gathers for a read into a large
	// buffer: fewer wake-ups and system calls make a fast upload cheaper.
	gatherSize = 1 << 20
	// gatherTime is how long that may take, before a client counts as slow.
	gatherTime = time.Second
)

// Read returns what has come, or, into a buffer of gatherSize or more, waits a
// little for as much.
func (c *stallConn) Read(p []byte) (int, error) {
	if len(p) >= gatherSize && !c.slow && !c.gathering {
		c.gathering = setLowWater(c.Conn, gatherSize)
		c.slow = !c.gathering
	}
	if c.gathering {
		n, err := c.readWithin(p, min(gatherTime, c.stall))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		c.gathering, c.slow = false, true
		if !setLowWater(c.Conn, 1) {
			return n, err
		}
	}
	return c.readWithin(p, c.stall)
}

func (c *stallConn) readWithin(p []byte, limit time.Duration) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write fails with a timeout only if not one byte could be moved in time.
func (c *stallConn) Write(p []byte) (int, error) {
	written := 0
	for {
		if err := c.SetWriteDeadline(time.Now().Add(c.stall)); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(p[written:])
		written += n
		if n == 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return written, err
		}
	}
}
