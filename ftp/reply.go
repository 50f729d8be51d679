package ftp

import (
	"fmt"
	"strconv"
	"strings"
)

// reply is what a command is answered (RFC 959, 4.2). The zero value is no
// answer, for a handler that has written its own.
type reply struct {
	code    int
	lines   []string // more than one make a multi-line reply
	closing bool     // the session ends after it
}

func answer(code int, text string) reply { return reply{code: code, lines: []string{text}} }

func answerf(code int, format string, args ...any) reply {
	return answer(code, fmt.Sprintf(format, args...))
}

// lastAnswer is a reply that ends the session.
func lastAnswer(code int, text string) reply {
	return reply{code: code, lines: []string{text}, closing: true}
}

// bytes is the reply as it is sent.
func (r reply) bytes() []byte {
	b := make([]byte, 0, 80)
	for i, line := range r.lines {
		switch {
		case i == len(r.lines)-1:
			b = strconv.AppendInt(b, int64(r.code), 10)
			b = append(b, ' ')
		case i == 0:
			b = strconv.AppendInt(b, int64(r.code), 10)
			b = append(b, '-')
		}
		b = append(append(b, line...), '\r', '\n')
	}
	return b
}

// quoted is a path as 257 shows it (RFC 959, appendix II).
func quoted(path string) string { return `"` + strings.ReplaceAll(path, `"`, `""`) + `"` }
