package ftp

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"
)

// job is a command that calls the Driver or the FileSystem. It runs in its own
// goroutine while the session's reads on, so that it is cancelled when the
// control connection is lost, and a transfer can be aborted.
type job struct {
	transfer *transfer // nil: none
	cancel   context.CancelCauseFunc
	done     chan struct{} // closed when its last reply is written
	closing  bool          // the reply ended the session; valid after done

	// deaf is closed when the session has read all that it will during
	// this job; quit then tells whether QUIT was in it.
	deaf chan struct{}
	quit bool

	stage jobStage // guarded by session.replies
}

type jobStage int

const (
	working      jobStage = iota
	transferring          // its 1xx has been written
	answered              // its last reply has been written
)

// start runs work as the session's job.
func (s *session) start(ctx context.Context, t *transfer, work func(context.Context) reply) {
	ctx, cancel := context.WithCancelCause(ctx)
	j := &job{transfer: t, cancel: cancel, done: make(chan struct{}), deaf: make(chan struct{})}
	s.job = j
	s.control.setReadDeadline(time.Time{})
	go func() {
		defer cancel(nil)
		defer close(j.done)
		defer s.control.wake()
		r := s.guarded(ctx, work)
		j.closing = r.closing
		s.jobReply(j, answered, r)
	}()
}

// guarded keeps a panic from taking the process down.
func (s *session) guarded(ctx context.Context, work func(context.Context) reply) (r reply) {
	defer func() {
		if p := recover(); p != nil {
			r = replyFor(s.recovered(p))
		}
	}()
	return work(ctx)
}

// jobReply writes a reply of the job and enters the stage that it begins, in
// one step: what the client sends in answer meets the new stage.
func (s *session) jobReply(j *job, stage jobStage, r reply) {
	s.replies.Lock()
	defer s.replies.Unlock()
	j.stage = stage
	s.control.write(r.bytes())
}

func (s *session) stage() jobStage {
	s.replies.Lock()
	defer s.replies.Unlock()
	return s.job.stage
}

// accompany reads on while the job runs. It returns a command that may be
// answered meanwhile; ok is false when the job is over and no more runs.
func (s *session) accompany() (req request, ok bool) {
	j := s.job
	for over := false; !over && s.lost == nil && len(s.held) < maxHeld; {
		req, err := s.control.read()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded): // woken by the job's end, or by a shutdown that cancels it
			over = true
		case err != nil:
			s.lost = err
			if !s.holds("QUIT") {
				s.held = nil
				j.cancel(errControlLost)
			}
		case s.answerable(req):
			return req, true
		default:
			s.held = append(s.held, req)
			if req.verb == "ABOR" && j.transfer != nil {
				j.cancel(errAborted) // it gets its own reply after the transfer's
			}
		}
	}
	j.quit = s.holds("QUIT")
	close(j.deaf)
	<-j.done
	s.job = nil
	s.ending = s.ending || j.closing
	return request{}, false
}

// answerable tells whether a command may be answered while the job runs:
// between the replies of a transfer, and not before others that wait.
func (s *session) answerable(req request) bool {
	row := s.commands.byName[req.verb]
	return row != nil && row.inTransfer && req.arg == "" && len(s.held) == 0 && s.stage() == transferring
}

func (s *session) holds(verb string) bool {
	return slices.ContainsFunc(s.held, func(r request) bool { return r.verb == verb })
}

// stillThere tells, at the end of an upload's data, whether the client is: it
// has neither aborted nor dropped its control connection without a QUIT. Then the
// data may be cut short, for a killed program's connections end as if on
// purpose.
func (s *session) stillThere(ctx context.Context) error {
	if s.control.hungUp() {
		select {
		case <-s.job.deaf: // all that came before the end has been read
			if !s.job.quit {
				return errControlLost
			}
		case <-ctx.Done():
		}
	}
	return context.Cause(ctx) // nil unless it has ended
}
