package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ftpbridge/test/servers"
)

// protected begins TLS on a control connection.
func (c *client) protected(t *testing.T, config *tls.Config) *client {
	t.Helper()
	conn := tls.Client(c.Conn, config)
	if err := conn.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &client{conn, bufio.NewReader(conn)}
}

// authenticated begins TLS by AUTH.
func authenticated(t *testing.T, addr string, config *tls.Config) *client {
	t.Helper()
	c := dial(t, addr)
	c.expect(t, "220 ")
	c.send(t, "AUTH TLS", "234 ")
	return c.protected(t, config)
}

func (c *client) login(t *testing.T, want string) {
	t.Helper()
	c.send(t, "USER scanner", "331 ")
	c.send(t, "PASS hunter2", want)
}

// passive asks for a data connection and opens it.
func (c *client) passive(t *testing.T) net.Conn {
	t.Helper()
	reply := c.send(t, "EPSV", "229 ")
	var port int
	if _, err := fmt.Sscanf(reply[strings.Index(reply, "("):], "(|||%d|)", &port); err != nil {
		t.Fatalf("%s: %v", reply, err)
	}
	return dial(t, fmt.Sprintf("127.0.0.1:%d", port)).Conn
}

func trusting(t *testing.T) (environ []string, config *tls.Config) {
	t.Helper()
	cert, key, config := servers.Certificate(t)
	config.ServerName = "localhost"
	return []string{"FTPBRIDGE_TLS_CERT=" + cert, "FTPBRIDGE_TLS_KEY=" + key}, config
}

func TestTLSByAUTH(t *testing.T) {
	environ, config := trusting(t)
	s := startProgram(t, 1, fileStore(t.TempDir(), environ...))
	authenticated(t, s.addrs[0], config).login(t, "230 ")
	if got := login(t, s.addrs[0], "scanner", "hunter2"); got != "230" {
		t.Errorf("login without TLS, which is optional: %s", got)
	}
}

func TestTLSKeyWithItsCertificate(t *testing.T) {
	cert, key, config := servers.Certificate(t)
	config.ServerName = "localhost"
	both := filepath.Join(t.TempDir(), "both.pem")
	var content []byte
	for _, path := range []string{key, cert} {
		part, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content = append(content, part...)
	}
	if err := os.WriteFile(both, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s := startProgram(t, 1, fileStore(t.TempDir(), "FTPBRIDGE_TLS_CERT="+both))
	authenticated(t, s.addrs[0], config).login(t, "230 ")
}

func TestImplicitTLS(t *testing.T) {
	environ, config := trusting(t)
	s := startProgram(t, 2, fileStore(t.TempDir(), append(environ, "FTPBRIDGE_IMPLICIT_TLS_LISTEN=127.0.0.1:0", "FTPBRIDGE_TLS_MODE=off")...))
	c := dial(t, s.addrs[1]).protected(t, config)
	c.expect(t, "220 ")
	c.login(t, "230 ")
	plain := dial(t, s.addrs[0])
	plain.expect(t, "220 ")
	plain.send(t, "AUTH TLS", "5")
}

func TestTLSRequired(t *testing.T) {
	environ, config := trusting(t)
	s := startProgram(t, 1, fileStore(t.TempDir(), append(environ, "FTPBRIDGE_TLS_MODE=required")...))
	c := dial(t, s.addrs[0])
	c.expect(t, "220 ")
	c.send(t, "USER scanner", "530 ")
	authenticated(t, s.addrs[0], config).login(t, "230 ")
}

func TestTLSMinVersion(t *testing.T) {
	environ, config := trusting(t)
	s := startProgram(t, 1, fileStore(t.TempDir(), append(environ, "FTPBRIDGE_TLS_MIN_VERSION=1.3")...))
	config.MaxVersion = tls.VersionTLS12
	c := dial(t, s.addrs[0])
	c.expect(t, "220 ")
	c.send(t, "AUTH TLS", "234 ")
	if err := tls.Client(c.Conn, config).HandshakeContext(t.Context()); err == nil {
		t.Error("a client of TLS 1.2 was admitted")
	}
}

func TestTLSClientCA(t *testing.T) {
	environ, config := trusting(t)
	ca, _, _ := servers.Certificate(t)
	s := startProgram(t, 1, fileStore(t.TempDir(), append(environ, "FTPBRIDGE_TLS_CLIENT_CA="+ca)...))
	c := authenticated(t, s.addrs[0], config) // in TLS 1.3 the client learns of it later
	if _, err := c.lines.ReadByte(); err == nil {
		t.Error("a client without a certificate was admitted")
	}
}

func TestTLSSessionReuse(t *testing.T) {
	for required, want := range map[string]string{"required": "5", "optional": "226 "} {
		environ, config := trusting(t)
		s := startProgram(t, 1, fileStore(t.TempDir(), append(environ, "FTPBRIDGE_TLS_SESSION_REUSE="+required)...))
		c := authenticated(t, s.addrs[0], config)
		c.login(t, "230 ")
		c.send(t, "PBSZ 0", "200 ")
		c.send(t, "PROT P", "200 ")
		data := tls.Client(c.passive(t), config)
		c.send(t, "STOR file", "150 ")
		_ = data.HandshakeContext(t.Context()) // refused, or refused by the reply
		_ = data.Close()
		c.expect(t, want)
	}
}

func TestTLSEOF(t *testing.T) {
	for rule, want := range map[string]string{"strict": "426 ", "lenient": "226 "} {
		environ, config := trusting(t)
		s := startProgram(t, 1, fileStore(t.TempDir(), append(environ, "FTPBRIDGE_TLS_EOF="+rule)...))
		c := authenticated(t, s.addrs[0], config)
		c.login(t, "230 ")
		c.send(t, "PBSZ 0", "200 ")
		c.send(t, "PROT P", "200 ")
		socket := c.passive(t)
		data := tls.Client(socket, config)
		c.send(t, "STOR file", "150 ")
		if _, err := io.WriteString(data, "hello"); err != nil {
			t.Fatal(err)
		}
		if err := socket.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		c.expect(t, want)
	}
}

// TestCertificateIsReplaced without a restart.
func TestCertificateIsReplaced(t *testing.T) {
	cert, key, config := servers.Certificate(t)
	config.ServerName = "localhost"
	s := startProgram(t, 1, fileStore(t.TempDir(), "FTPBRIDGE_TLS_CERT="+cert, "FTPBRIDGE_TLS_KEY="+key))
	authenticated(t, s.addrs[0], config)

	newCert, newKey, newConfig := servers.Certificate(t)
	newConfig.ServerName = "localhost"
	for from, to := range map[string]string{newCert: cert, newKey: key} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	for event := range s.events {
		if event == "certificates" {
			break
		}
	}
	authenticated(t, s.addrs[0], newConfig)
}

func TestBadCertificates(t *testing.T) {
	cert, key, _ := servers.Certificate(t)
	_, otherKey, _ := servers.Certificate(t)
	tests := map[string]struct {
		environ []string
		want    string
	}{
		"no such file":       {[]string{"FTPBRIDGE_TLS_CERT=/nowhere.pem"}, "FTPBRIDGE_TLS_CERT: "},
		"without key":        {[]string{"FTPBRIDGE_TLS_CERT=" + cert}, "FTPBRIDGE_TLS_CERT: "},
		"key of another":     {[]string{"FTPBRIDGE_TLS_CERT=" + cert, "FTPBRIDGE_TLS_KEY=" + otherKey}, "FTPBRIDGE_TLS_CERT: "},
		"no client CA":       {[]string{"FTPBRIDGE_TLS_CERT=" + cert, "FTPBRIDGE_TLS_KEY=" + key, "FTPBRIDGE_TLS_CLIENT_CA=" + key}, "FTPBRIDGE_TLS_CLIENT_CA: "},
		"one of two is good": {[]string{"FTPBRIDGE_TLS_CERT=" + cert + ",/nowhere.pem", "FTPBRIDGE_TLS_KEY=" + key + "," + key}, "FTPBRIDGE_TLS_CERT: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := command(t, fileStore(t.TempDir(), tt.environ...))
			lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
			if code != 2 || stdout != "" || slices.ContainsFunc(lines, func(line string) bool { return !strings.HasPrefix(line, tt.want) }) {
				t.Errorf("exit code %d, stdout %q, stderr %q; want 2 and lines of %s", code, stdout, stderr, tt.want)
			}
		})
	}
}
