package ftp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
)

// TLSMode says whether sessions may or must be protected (RFC 4217).
type TLSMode int

const (
	// TLSOff refuses AUTH.
	TLSOff TLSMode = iota
	// TLSOptional lets clients protect the session and data connections.
	TLSOptional
	// TLSRequired allows no login, no transfer and no CCC without protection.
	TLSRequired
)

// TLS says how a Server protects connections.
type TLS struct {
	Mode TLSMode
	// Config is asked at every handshake, so that what it returns may
	// change: certificates, client CAs, versions. The server works on a
	// copy, in which it sets what concerns ALPN and session tickets.
	// Required unless Mode is TLSOff.
	Config func() *tls.Config
	// RequireReuse refuses protected data connections that do not resume a
	// TLS session of their control connection, which nobody else can. It takes
	// session tickets: clients that know only session IDs cannot resume.
	RequireReuse bool
	// LenientEOF publishes uploads whose TLS stream ended, between two
	// records, without the close_notify that tells the end from a cut. Old
	// clients never send one.
	LenientEOF bool
}

// Protocol names of ALPN (RFC 7301). A client that offers others only is
// refused: another protocol's request was led here (ALPACA).
func controlProtocols() []string { return []string{"ftp"} }
func dataProtocols() []string    { return []string{"ftp", "ftp-data"} }

// tlsSession is what the TLS sessions of one control connection and its data
// connections have in common. Its name is in every ticket, so that a resumed
// session proves that it is the same client: only that can know the secret.
type tlsSession struct {
	tickets *tls.Config // seals tickets; outlives certificates
	name    string
}

// ticketMark begins the entry of a ticket that holds the name.
const ticketMark = "ftp session "

// control is the configuration of the handshake of a control connection. It
// may resume the session of an earlier one and then keeps that one's name, for
// clients that go on to use the older tickets.
func (s *tlsSession) control(base *tls.Config) *tls.Config {
	config := base.Clone()
	config.NextProtos = controlProtocols()
	resumed := ""
	config.UnwrapSession = func(ticket []byte, state tls.ConnectionState) (*tls.SessionState, error) {
		session, name, err := s.open(ticket, state)
		resumed = name
		return session, err
	}
	config.WrapSession = func(state tls.ConnectionState, session *tls.SessionState) ([]byte, error) {
		// Before that it is a name that anyone may have overheard.
		if state.DidResume && resumed != "" {
			s.name = resumed
		}
		return s.seal(state, session)
	}
	return config
}

// data is the configuration for data connections, which resume nothing but
// sessions of this control connection.
func (s *tlsSession) data(base *tls.Config) *tls.Config {
	config := base.Clone()
	config.NextProtos = dataProtocols()
	config.UnwrapSession = func(ticket []byte, state tls.ConnectionState) (*tls.SessionState, error) {
		session, name, err := s.open(ticket, state)
		if name != s.name {
			return nil, err
		}
		return session, err
	}
	config.WrapSession = s.seal
	return config
}

// seal makes a ticket.
func (s *tlsSession) seal(state tls.ConnectionState, session *tls.SessionState) ([]byte, error) {
	session.Extra = append(session.Extra, []byte(ticketMark+s.name))
	return s.tickets.EncryptTicket(state, session)
}

// open returns the session of a ticket and its name; nil for one that is not
// ours or too old.
func (s *tlsSession) open(ticket []byte, state tls.ConnectionState) (*tls.SessionState, string, error) {
	session, err := s.tickets.DecryptTicket(ticket, state)
	if err != nil || session == nil {
		return nil, "", err
	}
	for _, entry := range slices.Backward(session.Extra) {
		if name, ok := strings.CutPrefix(string(entry), ticketMark); ok {
			return session, name, nil
		}
	}
	return nil, "", nil
}

// protect puts TLS over the control connection, within the time to log in. If
// it fails the connection is closed.
func (s *session) protect(ctx context.Context) error {
	ctx, cancel := context.WithDeadline(ctx, s.loginFrom.Add(s.server.loginTimeout()))
	defer cancel()
	shared := &tlsSession{tickets: &s.server.tickets, name: s.id}
	state, err := s.control.protect(ctx, shared.control(s.server.TLS.Config()))
	if err != nil {
		return fmt.Errorf("%w: %w", errHandshake, err)
	}
	s.tls, s.tlsVersion = shared, tls.VersionName(state.Version)
	return nil
}

// handshakeFailed records it, unless the client did not even try, as health
// checks do.
func (s *session) handshakeFailed(err error) {
	if !errors.Is(err, io.EOF) {
		s.event("refused", "reason", err.Error())
	}
}

// sharedAddresses is the space between customers and their provider (RFC 6598),
// which clouds also give to containers.
var sharedAddresses = netip.MustParsePrefix("100.64.0.0/10")

// private tells whether an address is of no public network: loopback, link-local
// (RFC 3927, RFC 4291), private (RFC 1918, RFC 4193) or shared (RFC 6598).
func private(addr netip.Addr) bool {
	addr = addr.Unmap()
	return addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.IsPrivate() || sharedAddresses.Contains(addr)
}

// loginPolicy refuses a login whose password would pass in clear where it must
// not.
func (s *session) loginPolicy() (refusal reply, refused bool) {
	switch {
	case s.control.protected():
		return reply{}, false
	case s.server.TLS.Mode == TLSRequired:
		refusal = answer(530, "TLS required; send AUTH TLS first.")
	case !s.server.AllowPlaintext && !private(s.peer.Addr()):
		refusal = answer(530, "No login in clear text from your network; send AUTH TLS first.")
	default:
		return reply{}, false
	}
	s.event("refused", "reason", "login in clear text", "reply", refusal.code)
	return refusal, true
}
