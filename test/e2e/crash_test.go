//go:build integration

package e2e_test

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// TestKilledServerLeavesTheOldObject kills the program in the middle of an
// upload of several parts onto an existing object.
func TestKilledServerLeavesTheOldObject(t *testing.T) {
	for storeName, open := range stores {
		t.Run(storeName, func(t *testing.T) {
			bucket := open(t)
			bucket.put(t, "report.bin", []byte("old content"))
			bridge := start(t, bridgeEnv(bucket))
			session := dial(t, bridge.addr(t, "4"))
			data := session.store(t, "report.bin")
			if _, err := io.CopyN(data, rand.Reader, 3*partSize); err != nil {
				t.Fatal(err)
			}
			bucket.awaitPending(t, "report.bin")
			bridge.kill(t)
			if got := bucket.get(t, "report.bin"); string(got) != "old content" {
				t.Errorf("the object now holds %d other bytes", len(got))
			}
		})
	}
}

// TestUnusedPassivePortTouchesNothing announces an upload whose data connection
// is never opened.
func TestUnusedPassivePortTouchesNothing(t *testing.T) {
	for storeName, open := range stores {
		t.Run(storeName, func(t *testing.T) {
			bucket := open(t)
			bucket.put(t, "report.bin", []byte("old content"))
			env := bridgeEnv(bucket)
			env["FTPBRIDGE_DATA_TIMEOUT"] = "1s"
			bridge := start(t, env)
			session := dial(t, bridge.addr(t, "4"))
			session.command(t, "EPSV", "229")
			session.command(t, "STOR report.bin", "150")
			session.expect(t, "425")
			if got := bucket.get(t, "report.bin"); string(got) != "old content" {
				t.Errorf("the object now holds %q", got)
			}
			if keys := bucket.keys(t); len(keys) != 1 {
				t.Errorf("the bucket holds %q", keys)
			}
			if n := bucket.pending(t, "report.bin"); n != 0 {
				t.Errorf("%d uploads are pending", n)
			}
		})
	}
}

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
	s.command(t, "STOR "+name, "150")
	return data
}
