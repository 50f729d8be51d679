package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// The balancer of these tests is 127.0.0.1; 127.0.0.2 is somebody else.
const balancerRule = "FTPBRIDGE_PROXY_PROTOCOL_FROM=127.0.0.1"

// connect connects from an address and sends a PROXY header, if any.
func connect(t *testing.T, from, addr, header string) *client {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := dialer.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, header); err != nil {
		t.Fatal(err)
	}
	return &client{conn, bufio.NewReader(conn)}
}

// header is what a balancer says that a client reached at 203.0.113.1.
func header(client string) string { return "PROXY TCP4 " + client + " 203.0.113.1 40000 21\r\n" }

// port is the port of a reply to PASV.
func port(t *testing.T, reply string) int {
	t.Helper()
	var host [4]int
	var high, low int
	_, err := fmt.Sscanf(reply[strings.Index(reply, "("):], "(%d,%d,%d,%d,%d,%d)", &host[0], &host[1], &host[2], &host[3], &high, &low)
	if err != nil {
		t.Fatalf("%s: %v", reply, err)
	}
	return high<<8 + low
}

// TestBehindBalancer: data connections must come through the balancer from the
// same client, on a port of a range as on any.
func TestBehindBalancer(t *testing.T) {
	for _, ports := range []string{"0", fmt.Sprint(freePort(t))} {
		t.Run("ports "+ports, func(t *testing.T) {
			s := startProgram(t, 1, fileStore(t.TempDir(), balancerRule, "FTPBRIDGE_PASSIVE_PORTS="+ports))
			c := connect(t, "127.0.0.1", s.addrs[0], header("10.1.2.3"))
			c.expect(t, "220 ")
			c.login(t, "230 ")
			reply := c.send(t, "PASV", "227 ")
			if !strings.Contains(reply, "(203,0,113,1,") {
				t.Errorf("PASV: %s; want the address that the client connected to", reply)
			}
			dataAddr := fmt.Sprintf("127.0.0.1:%d", port(t, reply))
			for _, stranger := range []*client{
				connect(t, "127.0.0.1", dataAddr, header("10.1.2.4")),
				connect(t, "127.0.0.1", dataAddr, "PROXY UNKNOWN\r\n"),
				connect(t, "127.0.0.2", dataAddr, header("10.1.2.3")),
			} {
				if got, _ := io.ReadAll(stranger.lines); len(got) > 0 {
					t.Errorf("a stranger read %q", got)
				}
			}
			data := connect(t, "127.0.0.1", dataAddr, header("10.1.2.3")+"hello")
			c.send(t, "STOR file", "150 ")
			data.Close()
			c.expect(t, "226 ")
			c.send(t, "SIZE file", "213 5")
		})
	}
}

// TestActiveBehindBalancer: the address that the client connected to is not one
// that data connections could come from.
func TestActiveBehindBalancer(t *testing.T) {
	s := startProgram(t, 1, fileStore(t.TempDir(), balancerRule))
	c := connect(t, "127.0.0.1", s.addrs[0], header("127.0.0.3"))
	c.expect(t, "220 ")
	c.login(t, "230 ")
	listener, err := net.Listen("tcp", "127.0.0.3:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, number, _ := net.SplitHostPort(listener.Addr().String())
	c.send(t, "EPRT |1|127.0.0.3|"+number+"|", "200 ")
	c.send(t, "STOR file", "150 ")
	data, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	data.Close()
	c.expect(t, "226 ")
}

// TestHeaderFeedsRules: whether a login in clear is allowed depends on it.
func TestHeaderFeedsRules(t *testing.T) {
	s := startProgram(t, 1, fileStore(t.TempDir(), balancerRule))
	c := connect(t, "127.0.0.1", s.addrs[0], header("203.0.113.9"))
	c.expect(t, "220 ")
	c.send(t, "USER scanner", "530 ")

	allowed := startProgram(t, 1, fileStore(t.TempDir(), balancerRule, "FTPBRIDGE_ALLOW_PLAINTEXT=true"))
	c = connect(t, "127.0.0.1", allowed.addrs[0], header("203.0.113.9"))
	c.expect(t, "220 ")
	c.login(t, "230 ")
}

func TestHeaderBeforeTLS(t *testing.T) {
	environ, config := trusting(t)
	s := startProgram(t, 2, fileStore(t.TempDir(), append(environ, balancerRule, "FTPBRIDGE_IMPLICIT_TLS_LISTEN=127.0.0.1:0")...))
	c := connect(t, "127.0.0.1", s.addrs[1], header("203.0.113.9")).protected(t, config)
	c.expect(t, "220 ")
	c.login(t, "230 ")
}

// TestHealthChecks: the balancer is greeted on its own behalf.
func TestHealthChecks(t *testing.T) {
	s := startProgram(t, 1, fileStore(t.TempDir(), balancerRule))
	connect(t, "127.0.0.1", s.addrs[0], "PROXY UNKNOWN\r\n").expect(t, "220 ")
	connect(t, "127.0.0.1", s.addrs[0], "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00").expect(t, "220 ")
}

func TestDataPeerNetworks(t *testing.T) {
	for rule, want := range map[string]string{"address": "425 ", "cidr:127.0.0.0/8": "226 ", "any": "226 "} {
		t.Run(rule, func(t *testing.T) {
			s := startProgram(t, 1, fileStore(t.TempDir(), "FTPBRIDGE_DATA_PEER="+rule, "FTPBRIDGE_DATA_TIMEOUT=1s"))
			c := loggedIn(t, s.addrs[0])
			data := connect(t, "127.0.0.2", fmt.Sprintf("127.0.0.1:%d", port(t, c.send(t, "PASV", "227 "))), "")
			c.send(t, "STOR file", "150 ")
			data.Close()
			c.expect(t, want)
		})
	}
}

func TestPassiveHostByNetwork(t *testing.T) {
	s := startProgram(t, 1, fileStore(t.TempDir(), balancerRule, "FTPBRIDGE_PASSIVE_HOST=10.1.0.0/16=10.0.0.1,0.0.0.0/0=192.0.2.1"))
	for client, want := range map[string]string{"10.1.2.3": "(10,0,0,1,", "10.2.2.3": "(192,0,2,1,"} {
		c := connect(t, "127.0.0.1", s.addrs[0], header(client))
		c.expect(t, "220 ")
		c.login(t, "230 ")
		if reply := c.send(t, "PASV", "227 "); !strings.Contains(reply, want) {
			t.Errorf("PASV of %s: %s", client, reply)
		}
	}
}

func TestPassiveHostByName(t *testing.T) {
	s := startProgram(t, 1, fileStore(t.TempDir(), "FTPBRIDGE_LISTEN=127.0.0.2:0", "FTPBRIDGE_PASSIVE_HOST=localhost"))
	if reply := loggedIn(t, s.addrs[0]).send(t, "PASV", "227 "); !strings.Contains(reply, "(127,0,0,1,") {
		t.Errorf("PASV: %s", reply)
	}
}
