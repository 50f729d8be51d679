package ftp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// ErrServerClosed is what Serve returns after Shutdown or Close, and why
// transfers were then cancelled.
var ErrServerClosed = errors.New("ftp server closed")

// Server serves FTP. Only Driver is required; the fields must not change
// after the first Serve.
type Server struct {
	// Driver admits users.
	Driver Driver
	// Logger gets one record an event: login, logout, upload, download,
	// delete, rename, mkdir, refused. The message is the event's name.
	// nil: none.
	Logger *slog.Logger
	// Banner is the text of the 220 greeting. "": "FTP server ready."
	Banner string
	// MaxSessions is how many clients may be connected at a time; one more
	// is told 421. 0: no limit.
	MaxSessions int

	// LoginTimeout is how long a client may take to log in. 0: 30 s.
	LoginTimeout time.Duration
	// IdleTimeout ends a session that sends no command and has no transfer
	// running. 0: 5 minutes.
	IdleTimeout time.Duration
	// StallTimeout ends a transfer whose client neither sends nor takes a
	// byte; time that the store needs does not count. 0: 2 minutes.
	StallTimeout time.Duration
	// DataTimeout is how long a data connection may take to come about. 0: 30 s.
	DataTimeout time.Duration
	// KeepAlive is the interval of TCP keepalive on control and data
	// connections, with which networks do not forget a silent control
	// connection during a long transfer. 0: 30 s; negative: none.
	KeepAlive time.Duration

	// Passive are the ports of PASV and EPSV; the caller closes them after
	// Serve returned. nil: any free port.
	Passive *PassivePorts
	// PassiveHost chooses the IPv4 address that PASV tells. nil: the local
	// address of the control connection.
	PassiveHost *PassiveHost
	// ActiveMode allows PORT and EPRT.
	ActiveMode bool
	// DataPeer says where data connections may come from and go to.
	DataPeer DataPeer

	// TLS says how sessions are protected.
	TLS TLS
	// AllowPlaintext admits logins without TLS from public networks too. From
	// others (loopback, link-local, private and shared addresses) they are
	// admitted unless TLS is required.
	AllowPlaintext bool

	tickets tls.Config   // its keys seal all session tickets
	unclean atomic.Int64 // see UncleanUploads

	mu       sync.Mutex
	closed   bool
	serving  map[*serving]struct{}
	sessions int
}

// serving is one running Serve.
type serving struct {
	cancel context.CancelCauseFunc
	done   chan struct{}
	mu     sync.Mutex
	conns  map[net.Conn]struct{} // control connections
}

// Serve answers the clients that the listener accepts and closes it at the
// end. It may run for several listeners at once. It returns ErrServerClosed
// after Shutdown or Close, the cause of ctx when that ended, or why the
// listener failed; its sessions have then ended, with their transfers.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	return s.serve(ctx, listener, false)
}

// ServeTLS is Serve for implicit FTPS: TLS begins with the connection, and data
// connections are protected unless the client asks for something else.
func (s *Server) ServeTLS(ctx context.Context, listener net.Listener) error {
	return s.serve(ctx, listener, true)
}

func (s *Server) serve(ctx context.Context, listener net.Listener, implicit bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	run := &serving{cancel: cancel, done: make(chan struct{}), conns: make(map[net.Conn]struct{})}
	if !s.add(run) {
		return errors.Join(ErrServerClosed, listener.Close())
	}
	defer s.remove(run)

	closed := make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(closed)
		_ = listener.Close() // there is no one to tell, and acceptAll ends anyway
	})
	commands := newCommandSet()
	var sessions sync.WaitGroup
	err := acceptAll(ctx, listener, s.logger(), func(conn net.Conn) {
		sessions.Go(func() { s.serveConn(ctx, run, conn, commands, implicit) })
	})
	if err == nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		err = net.ErrClosed // by someone else
	}
	cancel(ErrServerClosed)
	sessions.Wait()
	<-closed
	return err
}

// Shutdown stops accepting, tells idle clients 421, cancels running transfers,
// whose uploads are suspended and whose clients get their reply, and waits
// until all is done. If ctx ends first the connections are cut and its
// error is returned; what is left then ends on its own.
func (s *Server) Shutdown(ctx context.Context) error {
	runs := s.stop()
	for _, run := range runs {
		select {
		case <-run.done:
		case <-ctx.Done():
			for _, run := range runs {
				run.cut()
			}
			return ctx.Err()
		}
	}
	return nil
}

// Close cuts all connections and waits for the sessions to end; their uploads
// are suspended.
func (s *Server) Close() error {
	runs := s.stop()
	for _, run := range runs {
		run.cut()
	}
	for _, run := range runs {
		<-run.done
	}
	return nil
}

func (s *Server) stop() []*serving {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	var runs []*serving
	for run := range s.serving {
		run.cancel(ErrServerClosed)
		runs = append(runs, run)
	}
	return runs
}

func (s *Server) add(run *serving) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if s.serving == nil {
		s.serving = make(map[*serving]struct{})
	}
	s.serving[run] = struct{}{}
	return true
}

func (s *Server) remove(run *serving) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.serving, run)
	close(run.done)
}

// admit counts a session, if there is room for it.
func (s *Server) admit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.MaxSessions > 0 && s.sessions >= s.MaxSessions {
		return false
	}
	s.sessions++
	return true
}

func (s *Server) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions--
}

// UncleanUploads is how many uploads were published though their TLS stream
// ended without close_notify, as TLS.LenientEOF allows.
func (s *Server) UncleanUploads() int64 { return s.unclean.Load() }

// serveConn runs one session.
func (s *Server) serveConn(ctx context.Context, run *serving, conn net.Conn, commands *commandSet, implicit bool) {
	run.track(conn)
	defer run.untrack(conn)
	control := newControl(conn)
	defer control.close()
	session, err := newSession(s, control, commands)
	if err != nil {
		s.logger().Error("refused", "reason", err.Error())
		return
	}
	if !s.admit() {
		session.event("refused", "reason", "too many sessions")
		if !implicit { // else it would cost a handshake to say so
			control.write(answer(421, "Too many sessions; try again later.").bytes())
		}
		return
	}
	defer s.release()
	s.keepAlive(conn)
	session.serve(ctx, implicit)
}

func (r *serving) track(conn net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns[conn] = struct{}{}
}

func (r *serving) untrack(conn net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, conn)
}

func (r *serving) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for conn := range r.conns {
		_ = conn.Close() // its session tells
	}
}

func (s *Server) logger() *slog.Logger {
	if s.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Logger
}

func (s *Server) loginTimeout() time.Duration { return cmp.Or(s.LoginTimeout, 30*time.Second) }
func (s *Server) idleTimeout() time.Duration  { return cmp.Or(s.IdleTimeout, 5*time.Minute) }
func (s *Server) stallTimeout() time.Duration { return cmp.Or(s.StallTimeout, 2*time.Minute) }
func (s *Server) dataTimeout() time.Duration  { return cmp.Or(s.DataTimeout, 30*time.Second) }
