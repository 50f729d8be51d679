package ftp

import (
	"bytes"
	"strings"
	"testing"
)

// scanAll cuts input, given in pieces of at most size bytes, into lines.
func scanAll(input []byte, size int) (lines []string) {
	var s lineScanner
	s.reset(make([]byte, maxLine+1))
	for len(input) > 0 {
		piece := input[:min(size, len(input))]
		n, complete := s.scan(piece)
		input = input[n:]
		if !complete {
			continue
		}
		line := string(s.line)
		if s.tooLong {
			line = "too long"
		}
		lines = append(lines, line)
		s.reset(s.line[:cap(s.line)])
	}
	return lines
}

func TestLineScanner(t *testing.T) {
	full := strings.Repeat("x", maxLine)
	for input, want := range map[string]string{
		"A\r\nB\nC":                    "A|B",
		"\r\n\n":                       "|",
		"A\rB\r\r\n":                   "A\rB\r",
		"\xff\xf4\xff\xf2ABOR\r\n":     "ABOR",
		"A\xff\xfb\x01\xff\xfe\nB\n":   "AB",
		"A\xff\xffB\n":                 "A\xffB",
		"A\xff\nB\n":                   "AB", // a code of two bytes, whatever the second is
		full + "\r\nA\n":               full + "|A",
		full + "\nA\n":                 full + "|A",
		full + "x\r\nA\n":              "too long|A",
		full + "\r\r\nA\n":             "too long|A",
		full + full + full + "\r\nA\n": "too long|A",
	} {
		for _, size := range []int{1, 2, 3, len(input)} {
			if got := strings.Join(scanAll([]byte(input), size), "|"); got != want {
				t.Errorf("scan of %.20q in pieces of %d = %.40q, want %.40q", input, size, got, want)
			}
		}
	}
}

// FuzzLineScanner checks that the lines do not depend on how the input is cut.
func FuzzLineScanner(f *testing.F) {
	f.Add([]byte("USER a\r\n\xff\xf4\xff\xf2ABOR\r\nNOOP\n"), uint16(1))
	f.Add([]byte("A\xff\xff\r\r\n"), uint16(2))
	f.Fuzz(func(t *testing.T, input []byte, size uint16) {
		whole := scanAll(input, max(len(input), 1))
		pieces := scanAll(input, int(size)+1)
		if strings.Join(whole, "\n") != strings.Join(pieces, "\n") {
			t.Errorf("whole %q, in pieces %q", whole, pieces)
		}
		for _, line := range whole {
			if len(line) > maxLine || strings.Contains(line, "\n") {
				t.Errorf("line %q", line)
			}
		}
		if len(whole) > bytes.Count(input, []byte("\n")) {
			t.Errorf("%d lines of %q", len(whole), input)
		}
	})
}
