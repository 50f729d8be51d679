package ftp

import (
	"context"
	"path"
)

// workingDir is PWD (RFC 959, 4.1.3).
func (s *session) workingDir(context.Context, string) reply {
	return answer(257, quoted(s.cwd)+" is the current directory.")
}

// changeDir is CWD.
func (s *session) changeDir(ctx context.Context, name string) reply {
	dir, err := resolvePath(s.cwd, name)
	if err != nil {
		return replyFor(err)
	}
	if _, err := s.files.StatDir(ctx, dir); err != nil {
		return s.refusal(ctx, "CWD", dir, err)
	}
	s.cwd = dir
	return answer(250, "Directory changed to "+s.cwd)
}

// changeUp is CDUP. The parent of a directory that exists needs no look.
func (s *session) changeUp(context.Context, string) reply {
	s.cwd = path.Dir(s.cwd)
	return answer(250, "Directory changed to "+s.cwd)
}

// makeDir is MKD. Clients take a 550 with "exists" for success.
func (s *session) makeDir(ctx context.Context, name string) reply {
	dir, err := resolvePath(s.cwd, name)
	if err == nil {
		err = jobError(ctx, s.files.Mkdir(ctx, dir))
	}
	r := replyOr(err, answer(257, quoted(dir)+" created."))
	s.fileEvent("mkdir", dir, err, r)
	return r
}

// removeDir is RMD.
func (s *session) removeDir(ctx context.Context, name string) reply {
	dir, err := resolvePath(s.cwd, name)
	if err == nil {
		err = jobError(ctx, s.files.RemoveDir(ctx, dir))
	}
	r := replyOr(err, answer(250, "Directory removed."))
	s.fileEvent("delete", dir, err, r)
	return r
}

// available is AVBL (draft-peterson-streamlined-ftp-command-extensions): a
// bucket has no size that could be used up.
func (s *session) available(context.Context, string) reply {
	return answer(550, "Free space is not limited here, and so not known.")
}
