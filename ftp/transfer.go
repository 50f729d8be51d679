package ftp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

// suspendTimeout is what a FileSystem gets to put an interrupted upload away,
// since the context of the transfer is over by then.
const suspendTimeout = 10 * time.Second

// transfer is a command that moves data, with all that earlier commands have
// prepared for it.
type transfer struct {
	session *session
	verb    string
	name    string // as the client gave it
	source  dataSource
	offset  int64 // REST, bytes
	size    int64 // ALLO, bytes; 0: not announced, or not in bytes that are stored
	begun   time.Time
	protect bool // PROT P

	data  *dataConn    // nil before open
	moved atomic.Int64 // bytes over the data connection
}

// newTransfer takes what the session holds for its next transfer.
func (s *session) newTransfer(verb, name string) (*transfer, error) {
	if s.hashRange != nil {
		s.hashRange = nil
		return nil, badArgument(504, "RANG is for HASH only; use REST.")
	}
	t := &transfer{session: s, verb: verb, name: name, source: s.data, offset: s.restart, begun: time.Now(), protect: s.protectData}
	if s.binary {
		t.size = s.allocated
	}
	s.data, s.restart, s.allocated = nil, 0, 0
	switch {
	case t.source == nil:
		return nil, badArgument(425, "Use PASV or EPSV first.")
	case !t.protect && s.server.TLS.Mode == TLSRequired:
		t.source.drop()
		return nil, badArgument(521, "Data connections must be protected; send PROT P.")
	}
	return t, nil
}

// open sends the opening reply and brings the data connection about. In active
// mode it connects first, so that the client hears of a failure instead. TLS comes
// after the reply, for which many clients wait; the others' first bytes wait.
func (t *transfer) open(ctx context.Context, opening reply) error {
	active := t.source.active()
	if active {
		if err := t.connect(ctx); err != nil {
			return err
		}
	}
	t.announce(opening)
	if !active {
		if err := t.connect(ctx); err != nil {
			return err
		}
	}
	if !t.protect {
		return nil
	}
	return t.secure(ctx)
}

func (t *transfer) announce(opening reply) {
	t.session.jobReply(t.session.job, transferring, opening)
}

func (t *transfer) connect(ctx context.Context) error {
	server := t.session.server
	limited, cancel := context.WithTimeout(ctx, server.dataTimeout())
	defer cancel()
	conn, err := t.source.open(limited)
	switch {
	case ctx.Err() != nil:
		if err == nil {
			_ = conn.Close() // not needed any more
		}
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("%w: %w", errNoData, err)
	}
	server.keepAlive(conn)
	t.data = newDataConn(ctx, conn, server.stallTimeout(), &t.moved)
	if !t.protect && !t.expected(conn) { // a PROT came after PASV
		return fmt.Errorf("%w: %w", errNoData, errThirdParty)
	}
	return nil
}

// expected tells whether a connection in clear is from where it may be.
func (t *transfer) expected(conn net.Conn) bool {
	s := t.session
	peer, err := addrPort(conn.RemoteAddr())
	return err == nil && s.server.DataPeer.expected(s.peer.Addr(), false).Contains(plainAddr(peer.Addr()))
}

// secure puts TLS over the data connection.
func (t *transfer) secure(ctx context.Context) error {
	s := t.session
	limited, cancel := context.WithTimeout(ctx, s.server.dataTimeout())
	defer cancel()
	policy := s.server.TLS
	mustResume := policy.RequireReuse || s.server.DataPeer.BySession
	// Clients that must resume must have a ticket from each connection, as
	// early as they will look for it.
	err := t.data.protect(limited, s.tls.data(policy.Config()), mustResume)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("%w: %w", errHandshake, err)
	case mustResume && !t.data.tls.resumed():
		return errNotResumed
	}
	t.data.tls.lenient = policy.LenientEOF
	return nil
}

// unclean tells whether an upload ended without close_notify and was taken
// nevertheless.
func (t *transfer) unclean() bool {
	return t.data != nil && t.data.tls != nil && t.data.tls.unclean
}

// close frees the data connection, also one that was never used.
func (t *transfer) close() {
	if t.data != nil {
		_ = t.data.cut() // finished before, or there is nothing to lose
	}
	t.source.drop()
}

// why finds the reason behind an error: a cancelled context and a broken data
// connection make the store fail as well.
func (t *transfer) why(ctx context.Context, err error) error {
	if t.data != nil && t.data.err != nil && ctx.Err() == nil {
		return t.data.err
	}
	return jobError(ctx, err)
}

// upload receives the file and publishes it, if all of it came and the
// client is still there; else it is suspended.
func (t *transfer) upload(ctx context.Context, file File, opening reply) (Receipt, error) {
	if err := t.receive(ctx, file, opening); err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), suspendTimeout)
		defer cancel()
		if suspendErr := file.Suspend(ctx, err); suspendErr != nil {
			err = errors.Join(err, fmt.Errorf("suspend: %w", suspendErr))
		}
		return Receipt{}, err
	}
	receipt, err := file.Commit(ctx)
	if err != nil {
		return Receipt{}, t.why(ctx, err)
	}
	if t.unclean() {
		t.session.server.unclean.Add(1)
	}
	return receipt, nil
}

func (t *transfer) receive(ctx context.Context, file File, opening reply) error {
	if err := t.open(ctx, opening); err != nil {
		return err
	}
	n, err := file.ReadFrom(ctx, t.data)
	if err != nil {
		return t.why(ctx, err)
	}
	if err := t.session.stillThere(ctx); err != nil {
		return err
	}
	if n < t.least() {
		return fmt.Errorf("%w: %d of %d", errTooFew, n, t.size)
	}
	// A failure to close cannot take back the end of data that was read.
	_ = t.data.finish()
	return nil
}

// least is how many bytes must come. After REST a client may have announced
// the whole file, or the rest of it only.
func (t *transfer) least() int64 {
	if t.size < t.offset {
		return t.size
	}
	return t.size - t.offset
}

// download sends the file.
func (t *transfer) download(ctx context.Context, file Download, opening reply) error {
	if err := t.open(ctx, opening); err != nil {
		return err
	}
	if _, err := file.WriteTo(ctx, t.data); err != nil {
		return t.why(ctx, err)
	}
	return t.finish(ctx)
}

// finish closes the data connection after the last byte, which is how the
// client learns that there are no more.
func (t *transfer) finish(ctx context.Context) error {
	if err := t.data.finish(); err != nil {
		return t.why(ctx, fmt.Errorf("%w: %w", errDataLost, err))
	}
	return nil
}
