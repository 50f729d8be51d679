package ftp

import "bytes"

// maxLine is how long a command line may be, in bytes without its end.
const maxLine = 4096

// Telnet codes (RFC 854) that clients send on a control connection.
const (
	telnetWill = 251 // WILL, WONT, DO and DONT are followed by an option
	telnetDont = 254
	telnetIAC  = 255 // begins each code; twice, it is the byte 255
)

type telnetState int

const (
	telnetText   telnetState = iota
	telnetCode               // after IAC
	telnetOption             // after IAC WILL, WONT, DO or DONT
)

// lineScanner cuts what a client sends into lines and takes out the Telnet
// codes. It keeps its place between calls.
type lineScanner struct {
	line    []byte // what there is of the line; emptied by its owner
	tooLong bool   // the line passed maxLine; the rest is being skipped
	telnet  telnetState
}

// scan reads input up to the end of a line, at most, and returns how many bytes
// that took and whether the line is complete. A line ends with LF; a CR
// before it is not part of the line.
func (s *lineScanner) scan(input []byte) (n int, complete bool) {
	for i, b := range input {
		switch s.telnet {
		case telnetCode:
			s.telnet = telnetText
			switch {
			case b == telnetIAC:
				s.add(b)
			case b >= telnetWill && b <= telnetDont:
				s.telnet = telnetOption
			}
		case telnetOption:
			s.telnet = telnetText
		default:
			switch b {
			case telnetIAC:
				s.telnet = telnetCode
			case '\n':
				s.line = bytes.TrimSuffix(s.line, []byte("\r"))
				s.tooLong = s.tooLong || len(s.line) > maxLine
				return i + 1, true
			default:
				s.add(b)
			}
		}
	}
	return len(input), false
}

// add appends to the line, which may hold maxLine bytes and a final CR.
func (s *lineScanner) add(b byte) {
	if len(s.line) > maxLine {
		s.tooLong = true
		return
	}
	s.line = append(s.line, b)
}

// reset makes ready for the next line, to be gathered in buffer.
func (s *lineScanner) reset(buffer []byte) {
	s.line, s.tooLong = buffer[:0], false
}

// midLine tells whether a line has begun and not ended.
func (s *lineScanner) midLine() bool { return len(s.line) > 0 || s.tooLong }
