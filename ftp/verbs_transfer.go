package ftp

import (
	"context"
	"crypto/rand"
	"fmt"
	"path"
	"strings"
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
	return s.receive(ctx, t, false)
}

// storeUnique is STOU (RFC 959, 4.1.3): STOR under a name that no file has.
// Without an argument the name is ours.
func (s *session) storeUnique(ctx context.Context, t *transfer) reply {
	if strings.TrimSpace(t.name) == "" {
		t.name = "upload_" + t.begun.UTC().Format("20060102T150405Z") + "_" + strings.ToLower(rand.Text()[:6])
	}
	return s.receive(ctx, t, true)
}

func (s *session) receive(ctx context.Context, t *transfer, unique bool) reply {
	path, receipt, err := s.upload(ctx, t, unique)
	if err != nil {
		r := replyFor(err)
		s.transferEvent("upload", path, t, err, r)
		return r
	}
	text := fmt.Sprintf("Stored %d bytes", receipt.Size)
	if unique || receipt.Path != path {
		text += " as " + s.shortest(receipt.Path)
	}
	if receipt.Checksum != "" {
		text += ", " + receipt.Checksum
	}
	r := answer(226, text)
	s.transferEvent("upload", receipt.Path, t, nil, r, "checksum", receipt.Checksum, "version", receipt.Version)
	return r
}

func (s *session) upload(ctx context.Context, t *transfer, unique bool) (path string, receipt Receipt, err error) {
	path, err = resolvePath(s.cwd, t.name)
	if err != nil {
		return "", Receipt{}, err
	}
	file, err := s.files.Create(ctx, path, CreateOptions{Offset: t.offset, Size: t.size, Unique: unique})
	if err != nil {
		return path, Receipt{}, t.why(ctx, err)
	}
	opening := answer(150, "Ready for "+t.name)
	if unique {
		opening = answer(150, "FILE: "+s.shortest(file.Path())) // these words exactly (RFC 1123, 4.1.2.9)
	}
	receipt, err = t.upload(ctx, file, opening)
	return path, receipt, err
}

// shortest is the path as the client would name the file from where it is.
func (s *session) shortest(file string) string {
	if dir, name := path.Split(file); path.Clean(dir) == s.cwd {
		return name
	}
	return file
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
