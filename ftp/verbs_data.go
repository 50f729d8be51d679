package ftp

import (
	"context"
	"errors"
	"net/netip"
	"strings"
)

// dataType is TYPE (RFC 959, 4.1.2). A and I differ in nothing but ALLO, for
// bytes are kept as they come.
func (s *session) dataType(_ context.Context, arg string) reply {
	binary, err := parseTYPE(arg)
	if err != nil {
		return replyFor(err)
	}
	s.binary = binary
	if binary {
		return answer(200, "TYPE is I.")
	}
	return answer(200, "TYPE is A.")
}

// mode is MODE.
func (s *session) mode(_ context.Context, arg string) reply {
	switch strings.ToUpper(strings.TrimSpace(arg)) {
	case "S":
		return answer(200, "MODE is S.")
	case "B", "C":
		return answer(504, "Mode not supported; use S.")
	}
	return answer(501, "Syntax: MODE S")
}

// structure is STRU. Devices stop at a refusal of R and then send plain files.
func (s *session) structure(_ context.Context, arg string) reply {
	switch strings.ToUpper(strings.TrimSpace(arg)) {
	case "F":
		return answer(200, "STRU is F.")
	case "R":
		return answer(200, "STRU R is treated as F.")
	case "P":
		return answer(504, "Structure not supported; use F.")
	}
	return answer(501, "Syntax: STRU F")
}

// passive is PASV (RFC 959, 4.1.2).
func (s *session) passive(ctx context.Context, _ string) reply {
	host := s.local.Addr()
	switch {
	case s.epsvAll:
		return answer(501, "Only EPSV after EPSV ALL.")
	case !host.Is4():
		return answer(425, "No PASV over IPv6; use EPSV.")
	}
	told, err := s.server.PassiveHost.addr(ctx, plainAddr(s.peer.Addr()))
	if err != nil {
		return s.noPort(err)
	}
	if told.IsValid() {
		host = told
	}
	port, err := s.reserve(ctx)
	if err != nil {
		return s.noPort(err)
	}
	h := host.As4()
	return answerf(227, "Entering Passive Mode (%d,%d,%d,%d,%d,%d)", h[0], h[1], h[2], h[3], port>>8, port&0xff)
}

// extendedPassive is EPSV (RFC 2428, 3).
func (s *session) extendedPassive(ctx context.Context, arg string) reply {
	asked, err := parseEPSV(arg)
	if err != nil {
		return replyFor(err)
	}
	if asked.all {
		s.epsvAll = true
		return answer(200, "EPSV ALL: nothing but EPSV from now on.")
	}
	family := 1
	if !s.local.Addr().Is4() {
		family = 2
	}
	if asked.protocol != 0 && asked.protocol != family {
		return answerf(522, "Network protocol not supported, use (%d)", family)
	}
	port, err := s.reserve(ctx)
	if err != nil {
		return s.noPort(err)
	}
	return answerf(229, "Entering Extended Passive Mode (|||%d|)", port)
}

// reserve gets a port for the next data connection, in place of the last one.
func (s *session) reserve(ctx context.Context) (port uint16, err error) {
	s.dropData()
	var r *reservation
	peers := s.server.DataPeer.expected(s.peer.Addr(), s.protectData)
	if pool := s.server.Passive; pool != nil {
		r, err = pool.reserve(ctx, s.bound, peers)
	} else {
		r, err = reserveAny(ctx, PassiveConfig{Logger: s.server.Logger}, s.bound, peers)
	}
	if err != nil {
		return 0, err
	}
	s.data = r
	return r.port.number, nil
}

func (s *session) noPort(err error) reply {
	s.event("refused", "reason", err.Error(), "reply", 425)
	return answer(425, "No port free for a data connection; try again later.")
}

// port is PORT (RFC 959, 4.1.2).
func (s *session) port(_ context.Context, arg string) reply {
	return s.connectTo("PORT", arg, parsePort)
}

// extendedPort is EPRT (RFC 2428, 2).
func (s *session) extendedPort(_ context.Context, arg string) reply {
	return s.connectTo("EPRT", arg, parseEPRT)
}

func (s *session) connectTo(verb, arg string, parse func(string) (netip.AddrPort, error)) reply {
	switch {
	case s.epsvAll:
		return answer(501, "Only EPSV after EPSV ALL.")
	case !s.server.ActiveMode:
		return answer(502, "Active mode is off; use PASV or EPSV.")
	}
	asked, err := parse(arg)
	if err != nil {
		return replyFor(err)
	}
	target, err := activeTarget(s.peer, asked, s.server.DataPeer)
	if err != nil {
		r := replyFor(err)
		s.event("refused", "reason", errors.Join(errThirdParty, err).Error(), "reply", r.code)
		return r
	}
	s.dropData()
	s.data = activeSource{from: s.bound, to: target}
	return answerf(200, "%s OK.", verb)
}

func (s *session) activeFeature() string {
	if s.server.ActiveMode {
		return "EPRT"
	}
	return ""
}
