package ftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// hashFile is HASH (draft-bryan-ftpext-hash, 3). RANG counts for it once.
func (s *session) hashFile(ctx context.Context, name string) reply {
	part := wholeFile()
	if s.hashRange != nil {
		part, s.hashRange = *s.hashRange, nil
	}
	sum, n, err := s.sum(ctx, name, s.hash, part)
	if err != nil {
		return s.sumRefusal(ctx, "HASH", name, err)
	}
	// The last byte, not the one after it; an empty range has no way to be told.
	last := max(part.offset, part.offset+n-1)
	return answerf(213, "%s %d-%d %x %s", s.hash, part.offset, last, sum, name)
}

// selectHash is OPTS HASH, which shows the algorithm or selects another.
func (s *session) selectHash(name string) reply {
	if name != "" {
		selected := HashAlgorithm(strings.ToUpper(name))
		if !slices.Contains(hashAlgorithms(), selected) {
			return answer(501, "Unknown algorithm; the selection is not changed.")
		}
		s.hash = selected
	}
	return answer(200, string(s.hash))
}

func (s *session) hashFeature() string {
	var names strings.Builder
	for _, algorithm := range hashAlgorithms() {
		names.WriteString(string(algorithm))
		if algorithm == s.hash {
			names.WriteByte('*')
		}
		names.WriteByte(';')
	}
	return "HASH " + strings.TrimSuffix(names.String(), ";")
}

// rangeOfHash is RANG (draft-bryan-ftp-range), for HASH only. FEAT does not list
// it, since there it would promise ranges of transfers too.
func (s *session) rangeOfHash(_ context.Context, arg string) reply {
	part, err := parseRANG(arg)
	if err != nil {
		return replyFor(err)
	}
	s.hashRange = part
	if part == nil {
		return answer(350, "Range is the whole file again.")
	}
	return answerf(350, "Range is %d to %d.", part.offset, part.offset+part.length-1)
}

// checksum is XCRC and the like, which no standard describes.
func checksum(verb string, algorithm HashAlgorithm) func(*session, context.Context, string) reply {
	return func(s *session, ctx context.Context, arg string) reply {
		meanings, err := parseSum(arg)
		if err != nil {
			return replyFor(err)
		}
		var sum []byte
		for _, asked := range meanings {
			sum, _, err = s.sum(ctx, asked.name, algorithm, asked.byteRange)
			if !errors.Is(err, fs.ErrNotExist) {
				break
			}
		}
		if err != nil {
			return s.sumRefusal(ctx, verb, arg, err)
		}
		return answer(250, fmt.Sprintf("%X", sum))
	}
}

func (s *session) sum(ctx context.Context, name string, algorithm HashAlgorithm, part byteRange) (sum []byte, n int64, err error) {
	path, err := resolvePath(s.cwd, name)
	if err != nil {
		return nil, 0, err
	}
	return s.files.Hash(ctx, path, algorithm, part.offset, part.length)
}

func (s *session) sumRefusal(ctx context.Context, verb, name string, err error) reply {
	if _, ok := errors.AsType[*RestartError](err); ok {
		return answer(501, "The range begins after the end of the file.")
	}
	return s.refusal(ctx, verb, name, err)
}
