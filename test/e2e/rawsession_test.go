//go:build integration

package e2e_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// rawSession is a control connection that is driven line by line, for what no
// client does of its own accord.
type rawSession struct {
	conn  net.Conn
	lines *bufio.Reader
}

func dial(t *testing.T, addr string) *rawSession {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	s := &rawSession{conn: conn, lines: bufio.NewReader(conn)}
	s.expect(t, "220")
	s.command(t, "USER "+testUser, "331")
	s.command(t, "PASS "+testPassword, "230")
	s.command(t, "TYPE I", "200")
	return s
}

// command sends a line and expects a reply of this code; it returns the text.
func (s *rawSession) command(t *testing.T, line, code string) string {
	t.Helper()
	if _, err := fmt.Fprintf(s.conn, "%s\r\n", line); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return s.expect(t, code)
}

func (s *rawSession) expect(t *testing.T, code string) string {
	t.Helper()
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			t.Fatalf("waiting for %s: %v", code, err)
		}
		if len(line) > 3 && line[3] == '-' || line[0] == ' ' {
			continue
		}
		if !strings.HasPrefix(line, code) {
			t.Fatalf("reply %q, want %s", line, code)
		}
		return strings.TrimSpace(line[3:])
	}
}

// store begins an upload and returns its data connection.
func (s *rawSession) store(t *testing.T, name string) net.Conn {
	t.Helper()
	return s.transfer(t, "STOR "+name)
}

// transfer begins one and returns its data connection.
func (s *rawSession) transfer(t *testing.T, line string) net.Conn {
	t.Helper()
	text := s.command(t, "EPSV", "229")
	var port int
	if _, err := fmt.Sscanf(text[strings.Index(text, "("):], "(|||%d|)", &port); err != nil {
		t.Fatalf("EPSV reply %q: %v", text, err)
	}
	host, _, _ := net.SplitHostPort(s.conn.RemoteAddr().String())
	data, err := net.DialTimeout("tcp", net.JoinHostPort(host, fmt.Sprint(port)), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = data.Close() })
	s.command(t, line, "150")
	return data
}
