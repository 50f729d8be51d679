package ftp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

// controlTLS is TLS over a control connection.
type controlTLS struct {
	conn    *tls.Conn
	records *recordReader
	ending  bool // CCC: what is sent is in clear, what comes may still be TLS
}

func (c *control) protected() bool { return c.tls != nil && !c.tls.ending }

// pending tells whether the client has sent more than has been executed.
func (c *control) pending() bool { return len(c.unread) > 0 || c.scanner.midLine() }

// protect puts TLS over the connection. If that fails, or ctx ends first, the
// connection is closed.
func (c *control) protect(ctx context.Context, config *tls.Config) (tls.ConnectionState, error) {
	records := &recordReader{Conn: c.socket}
	conn := tls.Server(records, config)
	_ = c.socket.SetDeadline(time.Time{}) // of an earlier read or write; ctx limits this
	// In a goroutine of its own, since the stack that a handshake needs
	// would be the session's for as long as it lasts.
	done := make(chan error, 1)
	go func() { done <- conn.HandshakeContext(ctx) }()
	if err := <-done; err != nil {
		_ = c.socket.Close()
		return tls.ConnectionState{}, err
	}
	c.giveBack()
	c.scanner.telnet = telnetText
	c.tls = &controlTLS{conn: conn, records: records}
	c.in, c.out, c.plain = conn, conn, nil
	return conn.ConnectionState(), nil
}

// clear ends the protection (CCC). The client ends its side when it likes to;
// until then fill reads TLS.
func (c *control) clear() error {
	_ = c.socket.SetWriteDeadline(time.Now().Add(controlWriteTimeout)) // a failure shows at once
	err := c.tls.conn.CloseWrite()
	c.out, c.tls.ending, c.tls.records.ending = c.socket, true, true
	return err
}

// leaveTLS goes on in clear after the client's last record, or returns the
// error of a read that has another reason. It reads what came instead of a
// record, if anything did.
func (c *control) leaveTLS(err error) (n int, _ error) {
	if !errors.Is(err, io.EOF) {
		return 0, err
	}
	clearText := c.tls.records.clearText()
	c.tls, c.in, c.plain = nil, c.socket, c.readable()
	if len(clearText) == 0 {
		return c.receive()
	}
	c.borrow()
	return copy(c.buffer.input[:], clearText), nil
}

// recordReader gives TLS one record at a time, so that what follows the last
// one, in clear after CCC, is still in the socket.
type recordReader struct {
	net.Conn
	header [recordHeader]byte // of the next record
	have   int                // bytes of it
	body   int                // bytes of the record that are still to be read
	ending bool               // clear text may come instead of a record: that is the end
	clear  bool               // it came; header has its first bytes
}

// recordHeader is the size of type, version and length (RFC 8446, 5.1).
const recordHeader = 5

// Types of TLS records (RFC 8446, B.1). No command begins with such a byte.
const (
	firstRecordType = 20
	lastRecordType  = 24
)

func (r *recordReader) Read(p []byte) (int, error) {
	if r.clear {
		return 0, io.EOF
	}
	if r.body > 0 {
		n, err := r.Conn.Read(p[:min(len(p), r.body)])
		r.body -= n
		return n, err
	}
	n, err := r.Conn.Read(p[:min(len(p), len(r.header)-r.have)])
	r.have += copy(r.header[r.have:], p[:n])
	if r.ending && r.have > 0 && (r.header[0] < firstRecordType || r.header[0] > lastRecordType) {
		r.clear = true
		return 0, io.EOF
	}
	if r.have == len(r.header) {
		r.have, r.body = 0, int(r.header[3])<<8|int(r.header[4])
	}
	return n, err
}

// clearText is what came instead of a record.
func (r *recordReader) clearText() []byte {
	if !r.clear {
		return nil
	}
	return r.header[:r.have]
}
