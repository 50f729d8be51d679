package ftp

import (
	"context"
	"errors"
	"io/fs"
)

// Why a transfer or a session ended, besides what a FileSystem returns.
var (
	errAborted       = errors.New("aborted by the client")
	errControlLost   = errors.New("control connection lost")
	errDataLost      = errors.New("data connection lost")
	errNoData        = errors.New("no data connection")
	errHandshake     = errors.New("TLS handshake failed")
	errNotResumed    = errors.New("data connection did not resume a TLS session of its control connection")
	errNoCloseNotify = errors.New("TLS stream cut off without close_notify")
	errStalled       = errors.New("no data for too long")
	errTooFew        = errors.New("fewer bytes than announced by ALLO")
	errIdle          = errors.New("idle for too long")
	errLoginSlow     = errors.New("no login in time")
	errBadName       = errors.New("name with NUL, CR or LF, or not UTF-8")
	errThirdParty    = errors.New("active mode to somewhere else")
	errPanic         = errors.New("panic")
)

// errorReplies is the one place that turns errors into replies; the first that
// an error is counts. The words are fixed: what a store says is for the log.
func errorReplies() []errorReply {
	return []errorReply{
		{errAborted, answer(426, "Transfer aborted.")},
		{errControlLost, answer(426, "Control connection lost; transfer aborted.")},
		{ErrServerClosed, answer(426, "Aborted: the server is shutting down.")},
		{errNotResumed, answer(522, "Data connection refused: it must resume the TLS session of the control connection.")},
		{errHandshake, answer(425, "Cannot protect the data connection: TLS handshake failed.")},
		{errNoCloseNotify, answer(426, "TLS stream cut off without close_notify; not stored.")},
		{errNoData, answer(425, "Cannot open the data connection.")},
		{errStalled, answer(426, "No data for too long; transfer aborted.")},
		{errTooFew, answer(426, "Fewer bytes than ALLO announced; not stored.")},
		{errDataLost, answer(426, "Data connection lost; transfer aborted.")},
		{errPanic, lastAnswer(421, "Internal error; closing.")},

		{errBadName, answer(553, "File name not allowed.")},
		{ErrName, answer(553, "File name not allowed.")},
		{ErrLogin, answer(530, "Login incorrect.")},
		{ErrIsDirectory, answer(550, "Is a directory.")},
		{ErrNotEmpty, answer(550, "Directory not empty.")},
		{ErrChanged, answer(450, "File changed meanwhile.")},
		{ErrBusy, answer(450, "Store is busy; try again later.")},
		{ErrTooLarge, answer(552, "File too large.")},
		{ErrNoSpace, answer(452, "No space left.")},
		{errTreeTooLarge, answer(550, "Too much to list at once; list the directories one by one.")},
		{fs.ErrNotExist, answer(550, "No such file or directory.")},
		{fs.ErrExist, answer(550, "File exists.")},
		{fs.ErrPermission, answer(550, "Permission denied.")},
		{errors.ErrUnsupported, answer(550, "Not possible here.")},
		{context.Canceled, answer(426, "Aborted.")},
	}
}

type errorReply struct {
	err   error
	reply reply
}

// replyOr is the reply to an error, or success if there is none.
func replyOr(err error, success reply) reply {
	if err != nil {
		return replyFor(err)
	}
	return success
}

func replyFor(err error) reply {
	for _, e := range errorReplies() {
		if errors.Is(err, e.err) {
			return e.reply
		}
	}
	if argument, ok := errors.AsType[*argumentError](err); ok {
		return argument.reply
	}
	if restart, ok := errors.AsType[*RestartError](err); ok {
		return answerf(554, "Cannot restart there; REST %d would do.", restart.Offset)
	}
	return answer(451, "The store failed; try again later.")
}
