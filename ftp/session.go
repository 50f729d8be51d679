package ftp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"sync"
	"time"
)

// maxHeld is how many commands a session keeps for after a running job.
// When that many wait it stops reading, and TCP slows the client down.
const maxHeld = 16

// session is one client's control connection. Its own goroutine reads
// commands and answers those that need nothing but the session's state; what
// calls the Driver or the FileSystem runs as a job beside it.
type session struct {
	server   *Server
	commands *commandSet
	control  *control
	id       string
	peer     netip.AddrPort // of the control connection, as are all addresses
	local    netip.AddrPort
	bound    netip.Addr // of the socket; not local's where a proxy told that

	// The user. files is nil before login.
	user      string
	named     bool // by a USER that waits for its PASS
	failures  int
	files     FileSystem
	loginFrom time.Time // when the time to log in began

	// Protection by TLS, also of a login to come.
	tls         *tlsSession // nil: none so far
	tlsVersion  string      // for the log
	sized       bool        // by PBSZ, without which there is no PROT
	protectData bool        // PROT P

	parameters
	data dataSource // from PASV, EPSV, PORT or EPRT; nil: none

	job    *job
	held   []request // for after the job
	lost   error     // why nothing more can be read
	ending bool      // a reply said so

	replies sync.Mutex // held to write a reply, and guards job.stage
}

// parameters are what commands set for later ones. A job may change them, and
// while one runs nothing else does.
type parameters struct {
	cwd        string
	binary     bool // TYPE I
	facts      factSet
	hash       HashAlgorithm // of HASH
	hashRange  *byteRange    // RANG; nil: none
	renameFrom string
	restart    int64 // REST, bytes
	allocated  int64 // ALLO, bytes
	epsvAll    bool
}

func initialParameters() parameters {
	return parameters{cwd: "/", facts: allFacts, hash: HashSHA256}
}

func newSession(server *Server, control *control, commands *commandSet) (*session, error) {
	peer, err := addrPort(control.socket.RemoteAddr())
	if err != nil {
		return nil, fmt.Errorf("address of the client: %w", err)
	}
	local, err := addrPort(control.socket.LocalAddr())
	if err != nil {
		return nil, fmt.Errorf("local address: %w", err)
	}
	bound := local
	if tcp := tcpBelow(control.socket); tcp != nil {
		if bound, err = addrPort(tcp.LocalAddr()); err != nil {
			return nil, fmt.Errorf("address of the socket: %w", err)
		}
	}
	return &session{
		server:     server,
		commands:   commands,
		control:    control,
		id:         rand.Text()[:13],
		peer:       peer,
		local:      local,
		bound:      bound.Addr(),
		loginFrom:  time.Now(),
		parameters: initialParameters(),
	}, nil
}

// addrPort is a TCP address, an IPv4 one never mapped into IPv6.
func addrPort(addr net.Addr) (netip.AddrPort, error) {
	ap, err := netip.ParseAddrPort(addr.String())
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), err
}

// serve runs the session to its end. An implicit one begins with TLS.
func (s *session) serve(ctx context.Context, implicit bool) {
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(woken)
		s.control.wake()
	})
	err := s.converse(ctx, implicit)
	if s.job != nil {
		s.job.cancel(err)
		<-s.job.done
	}
	s.dropData()
	if !stop() {
		<-woken
	}
	if s.files != nil {
		s.logout(err)
	}
}

// converse executes commands until the session ends, and returns why.
func (s *session) converse(ctx context.Context, implicit bool) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = s.recovered(p)
			s.reply(replyFor(err))
		}
	}()
	if implicit {
		if err := s.protect(ctx); err != nil {
			s.handshakeFailed(err)
			return err
		}
		s.sized, s.protectData = true, true
	}
	s.reply(answer(220, s.banner()))
	for {
		req, err := s.next(ctx)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			s.reply(answer(421, "Server is shutting down."))
			return err
		case errors.Is(err, errIdle), errors.Is(err, errLoginSlow):
			s.reply(answer(421, "Timeout; closing the connection."))
			return err
		default:
			return err
		}
		s.execute(ctx, req)
		if s.ending {
			return nil
		}
	}
}

func (s *session) banner() string {
	if s.server.Banner != "" {
		return s.server.Banner
	}
	return "FTP server ready."
}

// next returns the command to execute now, or why there will be none.
func (s *session) next(ctx context.Context) (request, error) {
	if s.job != nil {
		if req, ok := s.accompany(); ok {
			return req, nil
		}
		if s.ending {
			return request{}, io.EOF
		}
	}
	if ctx.Err() != nil {
		return request{}, context.Cause(ctx)
	}
	if len(s.held) > 0 {
		req := s.held[0]
		s.held = s.held[1:]
		return req, nil
	}
	if s.lost != nil {
		return request{}, s.lost
	}

	deadline, timeout := time.Now().Add(s.server.idleTimeout()), errIdle
	if s.files == nil {
		deadline, timeout = s.loginFrom.Add(s.server.loginTimeout()), errLoginSlow
	}
	s.control.setReadDeadline(deadline)
	if ctx.Err() != nil { // its wake may have come before the deadline was set
		return request{}, context.Cause(ctx)
	}
	req, err := s.control.read()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		if ctx.Err() != nil {
			return request{}, context.Cause(ctx)
		}
		return request{}, timeout
	}
	return req, err
}

// execute answers a command or starts its job.
func (s *session) execute(ctx context.Context, req request) {
	row, refusal := s.commands.admit(req, s.files != nil)
	switch {
	case refusal.code != 0:
		if refusal.closing {
			s.event("refused", "reason", "no FTP: "+req.verb, "reply", refusal.code)
		}
		s.reply(refusal)
	case row.run != nil && (row.job == nil || req.arg == ""):
		s.reply(row.run(s, ctx, req.arg))
	case row.transfer != nil:
		t, err := s.newTransfer(row.name, req.arg)
		if err != nil {
			s.reply(replyFor(err))
			return
		}
		s.start(ctx, t, func(ctx context.Context) reply {
			defer t.close()
			return row.transfer(s, ctx, t)
		})
	default:
		s.start(ctx, nil, func(ctx context.Context) reply { return row.job(s, ctx, req.arg) })
	}
}

// reply writes a reply that is not a job's.
func (s *session) reply(r reply) {
	s.replies.Lock()
	defer s.replies.Unlock()
	s.control.write(r.bytes())
	s.ending = s.ending || r.closing
}

// dropData forgets the data connection that a command prepared.
func (s *session) dropData() {
	if s.data != nil {
		s.data.drop()
		s.data = nil
	}
}

// recovered turns a panic into an error and its record.
func (s *session) recovered(p any) error {
	s.logRecord("panic", "reason", fmt.Sprint(p), "stack", string(debug.Stack()))
	return fmt.Errorf("%w: %v", errPanic, p)
}
