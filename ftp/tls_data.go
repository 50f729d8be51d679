package ftp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
)

// flushSize is from how many bytes on records are written to the socket.
const flushSize = 64 << 10

// dataTLS is TLS over a data connection.
type dataTLS struct {
	conn    *tls.Conn
	records *recordBuffer

	// What an upload without close_notify comes to.
	lenient bool
	unclean bool // its end was taken for good nevertheless
}

// protectData makes the handshake, as the server whoever connected (RFC 4217,
// 7). If ctx ends first the socket is closed.
//
// A ticket for the client's next connection, which TLS 1.3 sends with the
// handshake, stays in the buffer until there is something else to send, unless
// eager is set. For a client that only writes does not read it, and when it
// closes its socket with input unread the system resets the connection and drops
// the end of the file.
func protectData(ctx context.Context, socket *stallConn, config *tls.Config, eager bool) (*dataTLS, error) {
	records := &recordBuffer{stallConn: socket, handshake: true}
	if !eager {
		config = records.withholdTicket(config)
	}
	conn := tls.Server(records, config)
	err := conn.HandshakeContext(ctx)
	if err == nil {
		err = records.flush()
	}
	records.handshake = false
	if err != nil {
		_ = records.flush() // an alert that tells the client why, if there still is one
		return nil, err
	}
	return &dataTLS{conn: conn, records: records}, nil
}

func (d *dataTLS) resumed() bool { return d.conn.ConnectionState().DidResume }

// Read returns io.EOF at a close_notify, and also at the bare end of the
// connection between two records if that is tolerated.
func (d *dataTLS) Read(p []byte) (int, error) {
	n, err := d.conn.Read(p)
	// TLS itself takes both ends for the same, but asks the socket for more
	// only as long as it has seen no close_notify.
	if errors.Is(err, io.EOF) && d.records.ended {
		if !d.lenient {
			return n, errNoCloseNotify
		}
		d.unclean = true
	}
	return n, err
}

func (d *dataTLS) Write(p []byte) (int, error) {
	n, err := d.conn.Write(p)
	if err == nil {
		err = d.records.flush()
	}
	return n, err
}

// end sends close_notify, after all that is still in the buffer.
func (d *dataTLS) end() error {
	err := d.conn.CloseWrite()
	return errors.Join(err, d.records.flush())
}

// recordBuffer lies between TLS and the socket and gathers what TLS writes
// record by record, so that the socket gets it in larger pieces.
type recordBuffer struct {
	*stallConn
	pending   []byte
	handshake bool // it goes on: what is written must reach the client before an answer comes
	ticket    bool // the last record that is written in the handshake is a ticket
	ended     bool // the client has closed its side
}

// withholdTicket has the buffer told of a ticket of TLS 1.3.
func (b *recordBuffer) withholdTicket(config *tls.Config) *tls.Config {
	config = config.Clone()
	seal := config.WrapSession
	config.WrapSession = func(state tls.ConnectionState, session *tls.SessionState) ([]byte, error) {
		b.ticket = state.Version >= tls.VersionTLS13
		return seal(state, session)
	}
	return config
}

func (b *recordBuffer) Read(p []byte) (int, error) {
	if b.handshake {
		if err := b.flush(); err != nil {
			return 0, err
		}
	}
	n, err := b.stallConn.Read(p)
	b.ended = b.ended || errors.Is(err, io.EOF)
	return n, err
}

func (b *recordBuffer) Write(p []byte) (int, error) {
	b.pending = append(b.pending, p...)
	if len(b.pending) < flushSize || b.handshake {
		return len(p), nil
	}
	return len(p), b.flush()
}

// flush writes what is pending; in the handshake all but the ticket.
func (b *recordBuffer) flush() error {
	ready := len(b.pending)
	if b.handshake && b.ticket {
		ready = lastRecord(b.pending)
	}
	if ready == 0 {
		return nil
	}
	_, err := b.stallConn.Write(b.pending[:ready])
	b.pending = append(b.pending[:0], b.pending[ready:]...)
	return err
}

// lastRecord is where the last of some whole records begins.
func lastRecord(records []byte) (at int) {
	for next := 0; next+recordHeader <= len(records); {
		at = next
		next += recordHeader + int(records[at+3])<<8 + int(records[at+4])
	}
	return at
}
