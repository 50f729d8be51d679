package ftp

import (
	"context"
	"errors"
	"io/fs"
)

// modified is MDTM (RFC 3659, 3). With a time before the name, which is how old
// clients set it, it sets the time, unless there is a file whose name has that form.
func (s *session) modified(ctx context.Context, arg string) reply {
	info, err := s.statFile(ctx, arg)
	if errors.Is(err, fs.ErrNotExist) {
		if file, parseErr := parseMFMT(arg); parseErr == nil {
			return s.setModTime(ctx, "MDTM", file, answer(213, "Time set."))
		}
	}
	switch {
	case err != nil:
		return s.refusal(ctx, "MDTM", arg, err)
	case info.ModTime.IsZero():
		return answer(550, "Time not known.")
	}
	return answer(213, factTime(info.ModTime))
}

// modifyTime is MFMT (draft-somers-ftp-mfxx, 3).
func (s *session) modifyTime(ctx context.Context, arg string) reply {
	file, err := parseMFMT(arg)
	if err != nil {
		return replyFor(err)
	}
	return s.setModTime(ctx, "MFMT", file, answerf(213, "Modify=%s; %s", factTime(file.time), file.name))
}

// modifyFact is MFF (draft-somers-ftp-mfxx, 5).
func (s *session) modifyFact(ctx context.Context, arg string) reply {
	file, err := parseMFF(arg)
	if err != nil {
		return replyFor(err)
	}
	return s.setModTime(ctx, "MFF", file, answerf(213, "Modify=%s; %s", factTime(file.time), file.name))
}

// siteTime is SITE UTIME.
func (s *session) siteTime(ctx context.Context, arg string) reply {
	file, err := parseUTIME(arg)
	if err != nil {
		return replyFor(err)
	}
	return s.setModTime(ctx, "SITE UTIME", file, answer(200, "Time set."))
}

// setModTime sets the time of a file. Where that cannot be, an error would make
// clients take the upload before it for failed.
func (s *session) setModTime(ctx context.Context, verb string, file timedName, done reply) reply {
	path, err := resolvePath(s.cwd, file.name)
	if err == nil {
		err = s.files.SetModTime(ctx, path, file.time)
	}
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return answer(202, "No effect: the time of this file cannot be set.")
	case err != nil:
		return s.refusal(ctx, verb, file.name, err)
	}
	return done
}
