package ftp

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
)

// size is SIZE (RFC 3659, 4), exact in every TYPE since bytes are kept as
// they are.
func (s *session) size(ctx context.Context, name string) reply {
	info, err := s.statFile(ctx, name)
	if err != nil {
		return s.refusal(ctx, "SIZE", name, err)
	}
	return answer(213, strconv.FormatInt(info.Size, 10))
}

// remove is DELE.
func (s *session) remove(ctx context.Context, name string) reply {
	file, err := resolvePath(s.cwd, name)
	if err == nil {
		err = jobError(ctx, s.files.Remove(ctx, file))
	}
	r := replyOr(err, answer(250, "File deleted."))
	s.fileEvent("delete", file, err, r)
	return r
}

// renameOld is RNFR.
func (s *session) renameOld(ctx context.Context, name string) reply {
	from, err := resolvePath(s.cwd, name)
	if err == nil {
		_, err = s.stat(ctx, from)
	}
	if err != nil {
		return s.refusal(ctx, "RNFR", name, err)
	}
	s.renameFrom = from
	return answer(350, "Now send RNTO.")
}

// renameNew is RNTO.
func (s *session) renameNew(ctx context.Context, name string) reply {
	from := s.renameFrom
	if from == "" {
		return answer(503, "Send RNFR first.")
	}
	s.renameFrom = ""
	to, err := resolvePath(s.cwd, name)
	if err == nil {
		err = jobError(ctx, s.files.Rename(ctx, from, to))
	}
	r := replyOr(err, answer(250, "Renamed."))
	s.fileEvent("rename", from, err, r, "to", to)
	return r
}

// statFile describes a file that a client named.
func (s *session) statFile(ctx context.Context, name string) (FileInfo, error) {
	file, err := resolvePath(s.cwd, name)
	if err != nil {
		return FileInfo{}, err
	}
	return s.files.StatFile(ctx, file)
}

// stat describes a file or, if there is none, a directory.
func (s *session) stat(ctx context.Context, path string) (FileInfo, error) {
	info, err := s.files.StatFile(ctx, path)
	if errors.Is(err, ErrIsDirectory) || errors.Is(err, fs.ErrNotExist) {
		info, err = s.files.StatDir(ctx, path)
	}
	return info, err
}
