package ftp

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"strings"
	"time"
)

// listChunk is about how many bytes of listing are written at a time.
const listChunk = 64 << 10

// lineFormat appends the line of one entry.
type lineFormat func([]byte, FileInfo) []byte

// list is LIST (RFC 959, 4.1.3).
func (s *session) list(ctx context.Context, t *transfer) reply {
	return s.sendListing(ctx, t, splitListOptions(t.name), unixLines())
}

func unixLines() lineFormat {
	now := time.Now()
	return func(b []byte, e FileInfo) []byte { return appendUnix(b, e, now) }
}

// nameList is NLST. A file is listed by the name that the client gave, so that
// it can be asked for by it.
func (s *session) nameList(ctx context.Context, t *transfer) reply {
	return s.sendListing(ctx, t, splitListOptions(t.name), appendName)
}

// machineList is MLSD (RFC 3659, 7), for directories only.
func (s *session) machineList(ctx context.Context, t *transfer) reply {
	return s.sendListing(ctx, t, t.name, s.facts.appendFacts)
}

// sendListing looks at the first piece before the transfer begins, so that a
// missing directory is told instead, and sends each piece as it comes.
func (s *session) sendListing(ctx context.Context, t *transfer, name string, format lineFormat) reply {
	l, err := s.openListing(ctx, name)
	if err != nil {
		return s.refusal(ctx, t.verb, name, err)
	}
	defer l.stop()
	if l.file {
		switch t.verb {
		case "MLSD":
			return answer(501, "Not a directory.")
		case "NLST":
			l.first[0].Name = name
		}
	}
	err = t.open(ctx, answer(150, "Here comes the listing."))
	if err == nil {
		err = l.write(format, func(lines []byte) error {
			_, err := t.data.Write(lines)
			return err
		})
	}
	if err == nil {
		err = t.finish(ctx)
	}
	if err != nil {
		return s.refusal(ctx, t.verb, name, t.why(ctx, err))
	}
	return answer(226, "Listing sent.")
}

// listOnControl is STAT with a path: a listing within the reply.
func (s *session) listOnControl(ctx context.Context, arg string) reply {
	l, err := s.openListing(ctx, splitListOptions(arg))
	if err != nil {
		return s.refusal(ctx, "STAT", arg, err)
	}
	defer l.stop()
	s.control.write([]byte("213-Status follows:\r\n"))
	err = l.write(unixLines(), func(lines []byte) error {
		s.control.write(lines)
		return ctx.Err()
	})
	if err != nil {
		// A last line of 213 would pass this off as the whole listing.
		s.logRecord("listing", "path", arg, "reason", jobError(ctx, err).Error())
		return lastAnswer(421, "Listing failed; closing the connection.")
	}
	return answer(213, "End")
}

// machineStat is MLST (RFC 3659, 7).
func (s *session) machineStat(ctx context.Context, name string) reply {
	path, err := resolvePath(s.cwd, name)
	if err != nil {
		return replyFor(err)
	}
	info, err := s.stat(ctx, path)
	if err != nil {
		return s.refusal(ctx, "MLST", path, err)
	}
	line := s.facts.appendFacts([]byte{' '}, named(info, path))
	return reply{code: 250, lines: []string{"Listing " + path, strings.TrimSuffix(string(line), "\r\n"), "End"}}
}

func (s *session) factFeature() string { return s.facts.feature() }

// listing is what is in a directory, or one file. The first piece has been
// fetched.
type listing struct {
	file  bool
	first []FileInfo
	next  func() ([]FileInfo, error, bool)
	stop  func()
}

func (s *session) openListing(ctx context.Context, name string) (*listing, error) {
	path, err := resolvePath(s.cwd, name)
	if err != nil {
		return nil, err
	}
	l := &listing{}
	l.next, l.stop = iter.Pull2(s.files.List(ctx, path))
	l.first, err, _ = l.next()
	if err == nil {
		return l, nil
	}
	l.stop()
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	info, err := s.files.StatFile(ctx, path)
	if err != nil {
		return nil, err
	}
	return &listing{
		file:  true,
		first: []FileInfo{baseNamed(info, path)},
		next:  func() ([]FileInfo, error, bool) { return nil, nil, false },
		stop:  func() {},
	}, nil
}

// write gives the formatted lines to emit, those of each piece before it asks
// for the next one.
func (l *listing) write(format lineFormat, emit func([]byte) error) error {
	var lines []byte
	piece, ok := l.first, true
	for ok {
		for _, entry := range piece {
			lines = format(lines, entry)
			if len(lines) < listChunk {
				continue
			}
			if err := emit(lines); err != nil {
				return err
			}
			lines = lines[:0]
		}
		if len(lines) > 0 {
			if err := emit(lines); err != nil {
				return err
			}
			lines = lines[:0]
		}
		var err error
		if piece, err, ok = l.next(); err != nil {
			return err
		}
	}
	return nil
}
