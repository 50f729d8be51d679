package ftp

import (
	"context"
	"errors"
)

// maxLoginFailures is how many wrong passwords a session may try.
const maxLoginFailures = 5

// userName is USER (RFC 959, 4.1.1). Any name is asked for its password.
func (s *session) userName(_ context.Context, name string) reply {
	if s.files != nil {
		s.logout(nil)
	}
	s.user, s.named, s.files = name, true, nil
	s.cwd, s.renameFrom, s.restart, s.allocated = "/", "", 0, 0
	return answer(331, "Password required.")
}

// password is PASS. A refusal never says whether the user exists.
func (s *session) password(ctx context.Context, password string) reply {
	if !s.named {
		return answer(503, "Send USER first.")
	}
	s.named = false
	files, err := s.server.Driver.Login(ctx, Client{Session: s.id, Addr: s.peer}, s.user, password)
	switch {
	case err == nil:
		s.files = files
		s.event("login", "outcome", "ok")
		return answer(230, "Logged in.")
	case errors.Is(err, ErrLogin):
		s.failures++
		r := replyFor(ErrLogin)
		r.closing = s.failures == maxLoginFailures
		s.event("login", "outcome", "refused", "reason", err.Error(), "reply", r.code)
		return r
	}
	s.event("login", "outcome", "failed", "reason", err.Error(), "reply", 421)
	return lastAnswer(421, "Login is not possible now; try again later.")
}

// account is ACCT, which no user of ours has.
func (s *session) account(context.Context, string) reply {
	return answer(202, "No account needed.")
}

// quit is QUIT. During a transfer it waits for its end.
func (s *session) quit(context.Context, string) reply {
	return lastAnswer(221, "Goodbye.")
}

func (s *session) logout(cause error) {
	s.event("logout", "reason", reason(cause))
}
