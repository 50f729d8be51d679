package ftp

import (
	"context"
	"errors"
	"io"
	"time"
)

// event records something that a user did.
func (s *session) event(name string, fields ...any) {
	s.server.logger().Info(name, s.identify(fields)...)
}

// logRecord records a fault of the server.
func (s *session) logRecord(name string, fields ...any) {
	s.server.logger().Error(name, s.identify(fields)...)
}

func (s *session) identify(fields []any) []any {
	all := []any{"session", s.id}
	if s.user != "" {
		all = append(all, "user", s.user)
	}
	all = append(all, "client_ip", s.peer.Addr().String(), "client_port", s.peer.Port())
	if s.tlsVersion != "" {
		all = append(all, "tls_version", s.tlsVersion)
	}
	return append(all, fields...)
}

// refusal is the reply to an error of a command that has no event of its own. It
// records what is not the client's doing.
func (s *session) refusal(ctx context.Context, verb, name string, err error) reply {
	err = jobError(ctx, err)
	r := replyFor(err)
	if r.code < 500 && outcome(err) == "failed" {
		fields := []any{"command", verb, "path", name, "reason", err.Error(), "reply", r.code}
		s.event("refused", append(fields, storeRequest(err)...)...)
	}
	return r
}

// fileEvent records a command on a path.
func (s *session) fileEvent(name, path string, err error, r reply, fields ...any) {
	all := []any{"path", path, "outcome", outcome(err), "reply", r.code}
	if err != nil {
		all = append(all, "reason", reason(err))
		all = append(all, storeRequest(err)...)
	}
	s.event(name, append(all, fields...)...)
}

// storeRequest names the request to the store that failed, if err tells it.
func storeRequest(err error) []any {
	told, ok := errors.AsType[interface {
		error
		RequestID() string
	}](err)
	if !ok || told.RequestID() == "" {
		return nil
	}
	return []any{"store_request_id", told.RequestID()}
}

// transferEvent records an upload or a download.
func (s *session) transferEvent(name, path string, t *transfer, err error, r reply, fields ...any) {
	all := []any{
		"bytes", t.moved.Load(),
		"offset", t.offset,
		"duration_ms", time.Since(t.begun).Milliseconds(),
	}
	if t.data != nil && !t.data.first.IsZero() {
		all = append(all, "first_byte_ms", t.data.first.Sub(t.begun).Milliseconds())
	}
	if t.unclean() {
		all = append(all, "close_notify", "missing")
	}
	s.fileEvent(name, path, err, r, append(all, fields...)...)
}

// outcome is ok, aborted (by the client or the network) or failed.
func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, errAborted), errors.Is(err, errControlLost), errors.Is(err, errDataLost),
		errors.Is(err, errNoData), errors.Is(err, errHandshake), errors.Is(err, errNotResumed), errors.Is(err, errNoCloseNotify), errors.Is(err, errStalled), errors.Is(err, errTooFew), errors.Is(err, ErrServerClosed):
		return "aborted"
	}
	return "failed"
}

func reason(err error) string {
	if err == nil || errors.Is(err, io.EOF) {
		return "closed by the client"
	}
	return err.Error()
}

// jobError tells why a job's call failed: if the job was cancelled, that.
func jobError(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
