package ftp

import (
	"context"
	"strings"
)

// auth is AUTH (RFC 4217, 4). SSL and TLS-P, names from before the RFC, protect
// data connections as well.
func (s *session) auth(ctx context.Context, mechanism string) reply {
	protectData := false
	switch strings.ToUpper(strings.TrimSpace(mechanism)) {
	case "TLS", "TLS-C":
	case "SSL", "TLS-P":
		protectData = true
	default:
		return answer(504, "Security mechanism not known; use TLS.")
	}
	switch {
	case s.server.TLS.Mode == TLSOff:
		return answer(502, "No TLS here.")
	case s.control.protected():
		return answer(503, "TLS is on already.")
	case s.control.pending() || len(s.held) > 0:
		// Someone on the way may have put it there, to have it executed as
		// if the client had sent it under TLS (CVE-2011-1575).
		s.event("refused", "reason", "commands in clear text after AUTH", "reply", 503)
		return lastAnswer(503, "Nothing may follow AUTH before its reply.")
	}
	s.forgetUser() // whoever it was has not proved it under this protection (RFC 2228, 3)
	s.dropData()
	s.parameters = initialParameters()
	s.reply(answer(234, "Begin TLS now."))
	if err := s.protect(ctx); err != nil {
		s.handshakeFailed(err)
		return reply{closing: true}
	}
	s.sized, s.protectData = false, protectData
	return reply{}
}

// tlsFeature is a line of FEAT where there is TLS.
func tlsFeature(feature string) func(*session) string {
	return func(s *session) string {
		if s.server.TLS.Mode == TLSOff && !s.control.protected() {
			return ""
		}
		return feature
	}
}

// bufferSize is PBSZ, which TLS needs no other value for than 0 (RFC 4217, 8).
func (s *session) bufferSize(_ context.Context, arg string) reply {
	if _, err := parseNumber[int64](strings.TrimSpace(arg)); err != nil {
		return answer(501, "Syntax: PBSZ 0")
	}
	if !s.control.protected() {
		return answer(503, "Send AUTH TLS first.")
	}
	s.sized = true
	return answer(200, "PBSZ=0")
}

// protection is PROT (RFC 4217, 9).
func (s *session) protection(_ context.Context, level string) reply {
	level = strings.ToUpper(strings.TrimSpace(level))
	switch {
	case !s.sized:
		return answer(503, "Send PBSZ 0 first.")
	case level == "P":
		s.protectData = true
		return answer(200, "Data connections are protected.")
	case level == "C" && s.server.TLS.Mode == TLSRequired:
		return answer(534, "Data connections must be protected.")
	case level == "C":
		s.protectData = false
		return answer(200, "Data connections are in clear.")
	case level == "S" || level == "E":
		return answer(536, "Protection level not supported; use P.")
	}
	return answer(504, "Protection level not known; use P.")
}

// clearControl is CCC (RFC 4217, 6), for networks that must read PORT and PASV.
// Data connections stay as they are.
func (s *session) clearControl(context.Context, string) reply {
	switch {
	case !s.control.protected():
		return answer(533, "The control connection is in clear.")
	case s.server.TLS.Mode == TLSRequired:
		return answer(534, "The control connection must stay protected.")
	}
	s.reply(answer(200, "In clear from now on."))
	if err := s.control.clear(); err != nil {
		return reply{closing: true}
	}
	return reply{}
}
