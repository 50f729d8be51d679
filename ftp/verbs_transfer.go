package ftp

import (
	"context"
	"fmt"
)

// restartAt is REST (RFC 3659, 5). Whether the offset will do shows at the
// transfer; until then it outlives TYPE, PASV and the like.
func (s *session) restartAt(_ context.Context, arg string) reply {
	offset, err := parseREST(arg)
	if err != nil {
		return replyFor(err)
	}
	s.restart = offset
	return answerf(350, "Restarting at %d.", offset)
}

// allocate is ALLO: how many bytes the next upload will have.
func (s *session) allocate(_ context.Context, arg string) reply {
	size, err := parseALLO(arg)
	if err != nil {
		return replyFor(err)
	}
	s.allocated = size
	return answer(200, "OK.")
}

// abort is ABOR. A transfer has been aborted, and answered, when it is
// executed.
func (s *session) abort(context.Context, string) reply {
	s.dropData()
	return answer(226, "Aborted.")
}

// store is STOR.
func (s *session) store(ctx context.Context, t *transfer) reply {
	path, receipt, err := s.upload(ctx, t)
	if err != nil {
		r := replyFor(err)
		s.transferEvent("upload", path, t, err, r)
		return r
	}
	text := fmt.Sprintf("Stored %d bytes", receipt.Size)
	if receipt.Path != path {
		text += " as " + receipt.Path
	}
	if receipt.Checksum != "" {
		text += ", " + receipt.Checksum
	}
	r := answer(226, text)
	s.transferEvent("upload", receipt.Path, t, nil, r, "checksum", receipt.Checksum, "version", receipt.Version)
	return r
}

func (s *session) upload(ctx context.Context, t *transfer) (path string, receipt Receipt, err error) {
	path, err = resolvePath(s.cwd, t.name)
	if err != nil {
		return "", Receipt{}, err
	}
	file, err := s.files.Create(ctx, path, CreateOptions{Offset: t.offset, Size: t.size})
	if err != nil {
		return path, Receipt{}, t.why(ctx, err)
	}
	receipt, err = t.upload(ctx, file, answer(150, "Ready for "+t.name))
	return path, receipt, err
}

// retrieve is RETR.
func (s *session) retrieve(ctx context.Context, t *transfer) reply {
	path, err := s.download(ctx, t)
	r := replyOr(err, answerf(226, "Sent %d bytes.", t.moved.Load()))
	s.transferEvent("download", path, t, err, r)
	return r
}

func (s *session) download(ctx context.Context, t *transfer) (path string, err error) {
	path, err = resolvePath(s.cwd, t.name)
	if err != nil {
		return "", err
	}
	file, err := s.files.Open(ctx, path, t.offset)
	if err != nil {
		return path, t.why(ctx, err)
	}
	// Clients that cannot ask for the size read it here, for what will come.
	opening := answerf(150, "Sending %s (%d bytes)", t.name, file.Info().Size-t.offset)
	err = t.download(ctx, file, opening)
	if closeErr := file.Close(); err == nil && closeErr != nil {
		s.logRecord("close", "path", path, "reason", closeErr.Error())
	}
	return path, err
}
