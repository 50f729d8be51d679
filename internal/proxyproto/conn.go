package proxyproto

import (
	"errors"
	"net"
	"time"
)

// errOwn is why a connection of the proxy itself is closed.
var errOwn = errors.New("connection of the proxy itself")

// namedConn is a connection with the addresses of a header.
type namedConn struct {
	net.Conn
	addresses
}

// withHeader reads the header of a connection. A connection of the proxy
// itself stays as it is.
func withHeader(conn net.Conn) (net.Conn, error) {
	if err := conn.SetReadDeadline(time.Now().Add(headerTimeout)); err != nil {
		return nil, err
	}
	ends, own, err := readHeader(conn)
	if err != nil {
		return nil, err
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return nil, err
	}
	if own {
		return conn, nil
	}
	return &namedConn{Conn: conn, addresses: ends}, nil
}

// RemoteAddr is the address of the client.
func (c *namedConn) RemoteAddr() net.Addr { return c.client }

// LocalAddr is the address that the client connected to.
func (c *namedConn) LocalAddr() net.Addr { return c.server }

// NetConn is the connection from the proxy.
func (c *namedConn) NetConn() net.Conn { return c.Conn }
