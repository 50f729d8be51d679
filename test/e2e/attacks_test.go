//go:build integration

package e2e_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpbridge/test/servers"
)

// In these tests 127.0.0.1 is a balancer and 127.0.0.2 is not.
const (
	balancer = "127.0.0.1"
	stranger = "127.0.0.2"
	claimed  = "10.9.9.9" // by headers

	headerV1 = "PROXY TCP4 " + claimed + " 127.0.0.1 40000 21\r\n"
	headerV2 = "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x0a\x09\x09\x09\x7f\x00\x00\x01\x9c\x40\x00\x15"
	localV2  = "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"
)

// startAlone runs ftpbridge on a directory, with no other server.
func startAlone(t *testing.T, env map[string]string) *process {
	t.Helper()
	all := map[string]string{
		"FTPBRIDGE_STORE":         "file:" + t.TempDir(),
		"FTPBRIDGE_LISTEN":        "127.0.0.1:0",
		"FTPBRIDGE_PASSIVE_PORTS": "0",
		"FTPBRIDGE_USERNAME":      testUser,
		"FTPBRIDGE_PASSWORD":      testPassword,
		"FTPBRIDGE_LOG_FORMAT":    "json",
	}
	for name, value := range env {
		all[name] = value
	}
	return start(t, all)
}

// dialFrom connects from an address and sends something at once.
func dialFrom(t *testing.T, from, addr, text string) *rawSession {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 10 * time.Second}
	conn, err := dialer.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return &rawSession{conn: conn, lines: bufio.NewReader(conn)}
}

func (s *rawSession) login(t *testing.T) {
	t.Helper()
	s.command(t, "USER "+testUser, "331")
	s.command(t, "PASS "+testPassword, "230")
}

// protect puts TLS over the connection.
func (s *rawSession) protect(t *testing.T, config *tls.Config) {
	t.Helper()
	conn := tls.Client(s.conn, config)
	if err := conn.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.conn, s.lines = conn, bufio.NewReader(conn)
}

// rest is all that comes until the connection ends.
func (s *rawSession) rest() string {
	text, _ := io.ReadAll(s.lines) // FIN or RST
	return string(text)
}

// record is a line of the log.
type record struct {
	Level, Event, Path, Outcome, Reason string

	ClientIP   string `json:"client_ip"`
	TLSVersion string `json:"tls_version"`
}

// records ends the program and returns its log.
func (p *process) records(t *testing.T) []record {
	t.Helper()
	p.stop(t)
	var all []record
	for line := range strings.Lines(p.logged()) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, r)
	}
	return all
}

// events are the kinds of records that are about an address.
func events(records []record, ip string) []string {
	var kinds []string
	for _, r := range records {
		if r.ClientIP == ip {
			kinds = append(kinds, r.Event)
		}
	}
	return kinds
}

// TestHeaderFromStranger: nobody but the balancer can claim an address.
func TestHeaderFromStranger(t *testing.T) {
	for name, tt := range map[string]struct {
		header string
		logged []string // about the stranger
	}{
		"v1": {headerV1, []string{"login", "logout"}},
		"v2": {headerV2, nil}, // whose signature quits
	} {
		t.Run(name, func(t *testing.T) {
			p := startAlone(t, map[string]string{"FTPBRIDGE_PROXY_PROTOCOL_FROM": balancer})
			s := dialFrom(t, stranger, p.addrs[0], tt.header)
			s.expect(t, "220")
			if name == "v1" {
				s.expect(t, "500") // no such command
				s.login(t)
				s.command(t, "QUIT", "221")
			}
			if got := s.rest(); strings.Contains(got, "230") {
				t.Errorf("logged in by %q", got)
			}
			records := p.records(t)
			if got := events(records, claimed); len(got) > 0 {
				t.Errorf("records about the claimed address: %v", got)
			}
			if got := events(records, stranger); !slices.Equal(got, tt.logged) {
				t.Errorf("records about the stranger: %v, want %v", got, tt.logged)
			}
		})
	}
}

// TestMissingHeader: what comes from the balancer without one is not served.
func TestMissingHeader(t *testing.T) {
	p := startAlone(t, map[string]string{"FTPBRIDGE_PROXY_PROTOCOL_FROM": balancer})
	s := dialFrom(t, balancer, p.addrs[0], "USER "+testUser+"\r\nPASS "+testPassword+"\r\n")
	if got := s.rest(); got != "" {
		t.Errorf("served: %q", got)
	}
	if got := events(p.records(t), balancer); !slices.Equal(got, []string{"refused"}) {
		t.Errorf("records about the balancer: %v", got)
	}
}

// TestDataThroughBalancer: all data connections come from the balancer; its
// header tells whose they are.
func TestDataThroughBalancer(t *testing.T) {
	p := startAlone(t, map[string]string{"FTPBRIDGE_PROXY_PROTOCOL_FROM": balancer})
	s := dialFrom(t, balancer, p.addrs[0], headerV2)
	s.expect(t, "220")
	s.login(t)
	data := fmt.Sprintf("127.0.0.1:%d", s.extendedPassive(t))
	other := strings.Replace(headerV1, claimed, "10.9.9.8", 1)
	for _, thief := range []*rawSession{dialFrom(t, balancer, data, other), dialFrom(t, stranger, data, headerV1), dialFrom(t, balancer, data, "")} {
		if tcp, ok := thief.conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
		if got := thief.rest(); got != "" {
			t.Errorf("a thief got %q", got)
		}
	}
	upload := dialFrom(t, balancer, data, headerV1+"hello")
	s.command(t, "STOR file", "150")
	_ = upload.conn.Close()
	if text := s.expect(t, "226"); !strings.Contains(text, " 5 bytes") {
		t.Errorf("stored: %s", text)
	}
	s.command(t, "QUIT", "221")
	s.rest()
	records := p.records(t)
	for ip, want := range map[string][]string{
		claimed: {"login", "upload", "logout"}, "10.9.9.8": {"refused"}, stranger: {"refused"}, balancer: nil,
	} {
		if got := events(records, ip); !slices.Equal(got, want) {
			t.Errorf("records about %s: %v, want %v", ip, got, want)
		}
	}
}

func (s *rawSession) extendedPassive(t *testing.T) (port int) {
	t.Helper()
	text := s.command(t, "EPSV", "229")
	if _, err := fmt.Sscanf(text[strings.Index(text, "("):], "(|||%d|)", &port); err != nil {
		t.Fatalf("EPSV reply %q: %v", text, err)
	}
	return port
}

// TestHealthChecksAreQuiet, with and without the PROXY protocol, on ports for
// control and data.
func TestHealthChecksAreQuiet(t *testing.T) {
	p := startAlone(t, map[string]string{"FTPBRIDGE_PROXY_PROTOCOL_FROM": balancer})
	s := dialFrom(t, balancer, p.addrs[0], headerV1)
	s.expect(t, "220")
	s.login(t)
	dataPort := fmt.Sprintf("127.0.0.1:%d", s.extendedPassive(t))
	for _, check := range []struct{ from, addr, text, greeting string }{
		{balancer, p.addrs[0], "", ""},
		{balancer, p.addrs[0], "PROXY UNKNOWN\r\n", "220"},
		{balancer, p.addrs[0], localV2, "220"},
		{stranger, p.addrs[0], "", "220"},
		{balancer, dataPort, "", ""},
		{balancer, dataPort, "PROXY UNKNOWN\r\n", ""},
		{balancer, dataPort, localV2, ""},
	} {
		c := dialFrom(t, check.from, check.addr, check.text)
		if check.greeting != "" {
			c.expect(t, check.greeting)
			_ = c.conn.Close()
			continue
		}
		_ = c.conn.(*net.TCPConn).CloseWrite()
		if got := c.rest(); got != "" {
			t.Errorf("a health check got %q", got)
		}
	}
	s.command(t, "QUIT", "221")
	s.rest()
	var got []string
	for _, r := range p.records(t) {
		got = append(got, r.Event)
	}
	if want := []string{"listening", "login", "logout", "stopping"}; !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
}

// TestTLSDowngrade: with TLS_MODE=required nothing that would leave something in
// clear is done, and no password is read.
func TestTLSDowngrade(t *testing.T) {
	cert, key, config := servers.Certificate(t)
	config.ServerName = "localhost"
	p := startAlone(t, map[string]string{"FTPBRIDGE_TLS_CERT": cert, "FTPBRIDGE_TLS_KEY": key, "FTPBRIDGE_TLS_MODE": "required"})

	clear := dialFrom(t, stranger, p.addrs[0], "")
	clear.expect(t, "220")
	clear.command(t, "USER "+testUser, "530")
	clear.command(t, "PASS "+testPassword, "5")
	for _, line := range []string{"EPSV", "LIST", "STOR file", "PWD"} {
		clear.command(t, line, "530")
	}

	s := dialFrom(t, balancer, p.addrs[0], "")
	s.expect(t, "220")
	s.command(t, "AUTH TLS", "234")
	s.protect(t, config)
	s.login(t)
	s.command(t, "PBSZ 0", "200")
	s.command(t, "EPSV", "229")
	s.command(t, "STOR file", "521") // PROT C is the default (RFC 4217, 9)
	s.command(t, "PROT P", "200")
	s.command(t, "CCC", "53")
	if got := events(p.records(t), stranger); slices.Contains(got, "login") {
		t.Errorf("records about the one in clear: %v", got)
	}
}
