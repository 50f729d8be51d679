package ftp

import (
	"context"
	"errors"
	"io/fs"
	"strings"
)

// list is LIST (RFC 959, 4.1.3).
func (s *session) list(ctx context.Context, t *transfer) reply {
	return s.listNamed(ctx, t, parseList(t.name), unixLines)
}

// nameList is NLST.
func (s *session) nameList(ctx context.Context, t *transfer) reply {
	asked := parseList(t.name)
	if asked.long {
		return s.listNamed(ctx, t, asked, unixLines)
	}
	return s.listNamed(ctx, t, asked, (*listing).names)
}

func (s *session) listNamed(ctx context.Context, t *transfer, asked listRequest, formatOf func(*listing) lineFormat) reply {
	l, err := s.openListing(ctx, asked.name)
	if err != nil {
		return s.refusal(ctx, t.verb, asked.name, err)
	}
	return s.sendListing(ctx, t, l, func(emit func([]byte) error) error {
		if asked.recursive {
			return s.writeTree(ctx, l, asked.name, formatOf, emit)
		}
		return l.write(formatOf(l), emit)
	})
}

// machineList is MLSD (RFC 3659, 7), for directories only, and without options
// and patterns.
func (s *session) machineList(ctx context.Context, t *transfer) reply {
	dir, err := resolvePath(s.cwd, t.name)
	if err != nil {
		return replyFor(err)
	}
	l, err := s.openDir(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := s.files.StatFile(ctx, dir); err == nil {
			return answer(501, "Not a directory.")
		}
	}
	if err != nil {
		return s.refusal(ctx, t.verb, dir, err)
	}
	return s.sendListing(ctx, t, l, func(emit func([]byte) error) error {
		return l.write(s.facts.appendFacts, emit)
	})
}

// sendListing sends over the data connection what write gives to emit, each
// piece as it comes. The first is there before the transfer begins, so that a
// missing directory is told instead.
func (s *session) sendListing(ctx context.Context, t *transfer, l *listing, write func(emit func([]byte) error) error) reply {
	defer l.stop()
	err := t.open(ctx, answer(150, "Here comes the listing."))
	if err == nil {
		err = write(func(lines []byte) error {
			_, err := t.data.Write(lines)
			return err
		})
	}
	if err == nil {
		err = t.finish(ctx)
	}
	if err != nil {
		return s.refusal(ctx, t.verb, l.dir, t.why(ctx, err))
	}
	return answer(226, "Listing sent.")
}

// listOnControl is STAT with a path: a listing within the reply, of which no
// line begins as a reply does.
func (s *session) listOnControl(ctx context.Context, arg string) reply {
	l, err := s.openListing(ctx, parseList(arg).name)
	if err != nil {
		return s.refusal(ctx, "STAT", arg, err)
	}
	defer l.stop()
	s.control.write([]byte("213-Status follows:\r\n"))
	err = l.write(unixLines(l), func(lines []byte) error {
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
