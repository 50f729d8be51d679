package ftp_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ftpbridge/ftp"
)

// newCertificate makes a certificate that signs itself.
func newCertificate(name string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: name},
		DNSNames:     []string{name},
		NotAfter:     time.Now().Add(time.Hour),
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// serverTLS lets clients choose.
func serverTLS() ftp.TLS {
	config := &tls.Config{Certificates: []tls.Certificate{newCertificate("ftp.example.com")}}
	return ftp.TLS{Mode: ftp.TLSOptional, Config: func() *tls.Config { return config }}
}

// clientTLS keeps sessions, to resume them on the next connection.
func clientTLS() *tls.Config {
	return &tls.Config{
		ServerName:         "ftp.example.com",
		InsecureSkipVerify: true, // who the server is does not matter here
		ClientSessionCache: tls.NewLRUClientSessionCache(0),
	}
}

// protection is how a session begins.
type protection string

const (
	inClear     protection = "in clear"
	explicitTLS protection = "explicit TLS"
	implicitTLS protection = "implicit TLS"
)

// serveTLS runs the server for implicit TLS until the test ends.
func serveTLS(t *testing.T, server *ftp.Server) (address string) {
	t.Helper()
	return run(t, server, listen(t, "127.0.0.1:0"), server.ServeTLS)
}

// connectTLS serves one client, up to the point where it may log in, with data
// connections protected unless all is in clear.
func connectTLS(t *testing.T, server *ftp.Server, p protection) *client {
	t.Helper()
	var c *client
	if p == implicitTLS {
		c = connect(t, serveTLS(t, server), "")
		c.handshake(clientTLS())
		c.protectData = true
	} else {
		c = connect(t, serve(t, server), "")
	}
	c.want(220)
	if p == explicitTLS {
		c.authTLS(clientTLS())
	}
	return c
}

// loginTLS connects and logs in by explicit TLS.
func loginTLS(t *testing.T, address, localIP string, config *tls.Config) *client {
	t.Helper()
	c := connect(t, address, localIP)
	c.want(220)
	c.authTLS(config)
	c.login()
	return c
}

// authTLS protects the session and its data connections.
func (c *client) authTLS(config *tls.Config) {
	c.t.Helper()
	c.do("AUTH TLS", 234)
	c.handshake(config)
	c.do("PBSZ 0", 200)
	c.do("PROT P", 200)
	c.protectData = true
}

func (c *client) handshake(config *tls.Config) {
	c.t.Helper()
	c.handshakeOver(c.conn, config)
}

func (c *client) handshakeOver(conn net.Conn, config *tls.Config) {
	c.t.Helper()
	c.config = config
	c.tls = tls.Client(conn, config)
	if err := c.tls.Handshake(); err != nil {
		c.t.Fatalf("handshake of the control connection: %v", err)
	}
	c.out, c.in = c.tls, bufio.NewReader(c.tls)
}

// heed does what a reply of the server about TLS makes a client do.
func (c *client) heed(command, reply string) {
	c.t.Helper()
	switch reply {
	case "234 Begin TLS now.":
		c.handshake(clientTLS())
		c.protectData = command == "AUTH SSL"
	case "200 Data connections are protected.":
		c.protectData = true
	case "200 Data connections are in clear.":
		c.protectData = false
	case "200 In clear from now on.":
		c.clear()
	}
}

// clear ends TLS on both sides of the control connection.
func (c *client) clear() {
	c.t.Helper()
	if err := c.tls.CloseWrite(); err != nil {
		c.t.Fatal(err)
	}
	c.readClear()
}

// readClear reads the end of TLS and goes on in clear.
func (c *client) readClear() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.in); err != nil || len(rest) > 0 {
		c.t.Fatalf("the end of TLS: %q, %v", rest, err)
	}
	c.tls, c.out, c.in = nil, c.conn, bufio.NewReader(c.conn)
	if err := c.conn.SetDeadline(time.Now().Add(testTimeout)); err != nil { // CloseWrite has let it pass
		c.t.Fatal(err)
	}
}

// protect is a data connection as the session has agreed on.
func (c *client) protect(conn net.Conn) net.Conn {
	c.t.Helper()
	if !c.protectData {
		return conn
	}
	return c.tlsData(conn)
}

// dataTLS is a client's end of a protected data connection.
type dataTLS struct {
	*tls.Conn
	socket *endConn
}

// tlsData makes the handshake of a data connection.
func (c *client) tlsData(conn net.Conn) *dataTLS {
	c.t.Helper()
	d, err := c.tryData(conn)
	if err != nil {
		c.t.Fatalf("handshake of a data connection: %v", err)
	}
	return d
}

func (c *client) tryData(conn net.Conn) (*dataTLS, error) {
	socket := &endConn{Conn: conn}
	d := &dataTLS{Conn: tls.Client(socket, c.config), socket: socket}
	return d, d.Handshake()
}

// endConn tells whether the end of a connection was read: TLS does not look
// for that after a close_notify.
type endConn struct {
	net.Conn
	ended atomic.Bool
}

func (e *endConn) Read(p []byte) (int, error) {
	n, err := e.Conn.Read(p)
	if errors.Is(err, io.EOF) {
		e.ended.Store(true)
	}
	return n, err
}

// readAll reads up to the close_notify that must be there.
func (d *dataTLS) readAll(t *testing.T) string {
	t.Helper()
	text := readAll(t, d.Conn)
	if d.socket.ended.Load() {
		t.Error("the server has closed the connection without close_notify")
	}
	return text
}

// epsvTLS opens a protected data connection, whose handshake comes after the
// 150 to a command.
func (c *client) epsvTLS(command string) *dataTLS {
	c.t.Helper()
	conn := c.epsv()
	c.do(command, 150)
	return c.tlsData(conn)
}

// put stores a file and returns its data connection, which is closed.
func (c *client) put(name, text string) *dataTLS {
	c.t.Helper()
	data := c.epsvTLS("STOR " + name)
	write(c.t, data, text)
	data.Close()
	c.want(226)
	return data
}

// get fetches a file.
func (c *client) get(name string) string {
	c.t.Helper()
	data := c.epsvTLS("RETR " + name)
	text := data.readAll(c.t)
	data.Close()
	c.want(226)
	return text
}

// contains fails the test unless text has all these words.
func contains(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q lacks %q", text, word)
		}
	}
}

func prefixes(list ...string) (networks []netip.Prefix) {
	for _, text := range list {
		networks = append(networks, netip.MustParsePrefix(text))
	}
	return networks
}
