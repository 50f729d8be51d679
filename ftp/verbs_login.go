package ftp

import (
	"context"
	"errors"
	"time"
)

// maxLoginFailures is how many wrong passwords a session may try.
const maxLoginFailures = 5

// userName is USER (RFC 959, 4.1.1). Any name is asked for its password.
func (s *session) userName(_ context.Context, name string) reply {
	if refusal, refused := s.loginPolicy(); refused {
		return refusal
	}
	s.forgetUser()
	s.user, s.named = name, true
	s.cwd, s.renameFrom, s.restart, s.allocated, s.hashRange = "/", "", 0, 0, nil
	return answer(331, "Password required.")
}

// reinitialize is REIN (RFC 959, 4.1.1): as if the client had just connected. A
// transfer before it has ended by then, as one before any command has.
func (s *session) reinitialize(context.Context, string) reply {
	s.forgetUser()
	s.dropData()
	s.parameters = initialParameters()
	return answer(220, s.banner())
}

// forgetUser ends the login, if there is one, and gives the time for another.
func (s *session) forgetUser() {
	if s.files != nil {
		s.logout(nil)
		s.loginFrom = time.Now()
	}
	s.user, s.named, s.files = "", false, nil
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
