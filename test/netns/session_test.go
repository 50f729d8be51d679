//go:build integration

package netns_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// session is a control connection.
type session struct {
	network *network
	host    string // where the server seems to be
	conn    net.Conn
	lines   *bufio.Reader
}

func (n *network) login(t *testing.T, host string) *session {
	t.Helper()
	conn := n.dial(t, host, controlPort)
	if err := conn.SetDeadline(time.Now().Add(2 * patience)); err != nil {
		t.Fatal(err)
	}
	s := &session{network: n, host: host, conn: conn, lines: bufio.NewReader(conn)}
	s.expect(t, "220 ")
	s.send(t, "USER scanner", "331 ")
	s.send(t, "PASS hunter2", "230 ")
	s.send(t, "TYPE I", "200 ")
	return s
}

func (s *session) send(t *testing.T, command, reply string) string {
	t.Helper()
	if _, err := fmt.Fprintf(s.conn, "%s\r\n", command); err != nil {
		t.Fatal(err)
	}
	return s.expect(t, reply)
}

func (s *session) expect(t *testing.T, beginning string) string {
	t.Helper()
	line, err := s.lines.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, beginning) {
		t.Fatalf("read %q, %v; want %q", line, err, beginning)
	}
	return line
}

// store begins an upload.
func (s *session) store(t *testing.T, name string) net.Conn {
	t.Helper()
	reply := s.send(t, "EPSV", "229 ")
	var port int
	if _, err := fmt.Sscanf(reply[strings.Index(reply, "("):], "(|||%d|)", &port); err != nil {
		t.Fatalf("%s: %v", reply, err)
	}
	data := s.network.dial(t, s.host, port)
	s.send(t, "STOR "+name, "150 ")
	return data
}
