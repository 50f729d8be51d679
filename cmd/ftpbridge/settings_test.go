package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// client is a control connection, line by line.
type client struct {
	net.Conn
	lines *bufio.Reader
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	// Shorter than any default timeout of the server.
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &client{conn, bufio.NewReader(conn)}
}

// expect reads one reply, which must begin so.
func (c *client) expect(t *testing.T, beginning string) string {
	t.Helper()
	line, err := c.lines.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, beginning) {
		t.Fatalf("read %q, %v; want %q", line, err, beginning)
	}
	return strings.TrimSpace(line)
}

// send sends a command and expects its reply.
func (c *client) send(t *testing.T, command, beginning string) string {
	t.Helper()
	if _, err := fmt.Fprintf(c, "%s\r\n", command); err != nil {
		t.Fatal(err)
	}
	return c.expect(t, beginning)
}

func loggedIn(t *testing.T, addr string) *client {
	t.Helper()
	c := dial(t, addr)
	c.expect(t, "220 ")
	c.send(t, "USER scanner", "331 ")
	c.send(t, "PASS hunter2", "230 ")
	return c
}

// TestSettingsReachTheServer: each variable alone changes what it says.
func TestSettingsReachTheServer(t *testing.T) {
	// Long enough for a mistaken timeout not to end the test well.
	const long = "1h"
	timeouts := func(short string) []string {
		var environ []string
		for _, name := range []string{"LOGIN", "IDLE", "STALL", "DATA"} {
			value := long
			if name == short {
				value = "50ms"
			}
			environ = append(environ, "FTPBRIDGE_"+name+"_TIMEOUT="+value)
		}
		return environ
	}
	tests := map[string]struct {
		environ []string
		check   func(t *testing.T, addr string)
	}{
		"BANNER": {[]string{"FTPBRIDGE_BANNER=Acme files"}, func(t *testing.T, addr string) {
			dial(t, addr).expect(t, "220 Acme files\r\n")
		}},
		"BANNER by default": {nil, func(t *testing.T, addr string) {
			dial(t, addr).expect(t, "220 ftpbridge ready\r\n")
		}},
		"MAX_SESSIONS": {[]string{"FTPBRIDGE_MAX_SESSIONS=1"}, func(t *testing.T, addr string) {
			dial(t, addr).expect(t, "220 ")
			dial(t, addr).expect(t, "421 ")
		}},
		"PASSIVE_HOST": {[]string{"FTPBRIDGE_PASSIVE_HOST=203.0.113.7"}, func(t *testing.T, addr string) {
			if reply := loggedIn(t, addr).send(t, "PASV", "227 "); !strings.Contains(reply, "(203,0,113,7,") {
				t.Errorf("PASV: %s", reply)
			}
		}},
		"PASSIVE_HOST by default": {nil, func(t *testing.T, addr string) {
			if reply := loggedIn(t, addr).send(t, "PASV", "227 "); !strings.Contains(reply, "(127,0,0,1,") {
				t.Errorf("PASV: %s", reply)
			}
		}},
		"ACTIVE_MODE": {[]string{"FTPBRIDGE_ACTIVE_MODE=false"}, func(t *testing.T, addr string) {
			loggedIn(t, addr).send(t, "PORT 127,0,0,1,200,200", "5")
		}},
		"ACTIVE_MODE by default": {nil, func(t *testing.T, addr string) {
			loggedIn(t, addr).send(t, "PORT 127,0,0,1,200,200", "200 ")
		}},
		"LOGIN_TIMEOUT": {timeouts("LOGIN"), func(t *testing.T, addr string) {
			c := dial(t, addr)
			c.expect(t, "220 ")
			c.expect(t, "421 ")
		}},
		"IDLE_TIMEOUT": {timeouts("IDLE"), func(t *testing.T, addr string) {
			loggedIn(t, addr).expect(t, "421 ")
		}},
		"DATA_TIMEOUT": {timeouts("DATA"), func(t *testing.T, addr string) {
			c := loggedIn(t, addr)
			c.send(t, "EPSV", "229 ")
			c.send(t, "STOR file", "150 ")
			c.expect(t, "425 ")
		}},
		"STALL_TIMEOUT": {timeouts("STALL"), func(t *testing.T, addr string) {
			c := loggedIn(t, addr)
			var port int
			reply := c.send(t, "EPSV", "229 ")
			if _, err := fmt.Sscanf(reply[strings.Index(reply, "("):], "(|||%d|)", &port); err != nil {
				t.Fatal(err)
			}
			dial(t, fmt.Sprintf("127.0.0.1:%d", port))
			c.send(t, "STOR file", "150 ")
			c.expect(t, "4")
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.check(t, startProgram(t, 1, fileStore(t.TempDir(), tt.environ...)).addrs[0])
		})
	}
}

// TestPassivePortsReachTheServer asks for a data connection on the only port
// of the range.
func TestPassivePortsReachTheServer(t *testing.T) {
	port := freePort(t)
	s := startProgram(t, 1, fileStore(t.TempDir(), fmt.Sprintf("FTPBRIDGE_PASSIVE_PORTS=%d", port)))
	want := fmt.Sprintf("(|||%d|)", port)
	if reply := loggedIn(t, s.addrs[0]).send(t, "EPSV", "229 "); !strings.Contains(reply, want) {
		t.Errorf("EPSV: %s, want %s", reply, want)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
