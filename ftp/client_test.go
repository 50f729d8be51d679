package ftp_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"ftpbridge/ftp"
)

// testTimeout is when a test that waits in vain gives up.
const testTimeout = 20 * time.Second

// serve runs the server on a loopback address until the test ends.
func serve(t *testing.T, server *ftp.Server) (address string) {
	t.Helper()
	return serveOn(t, server, listen(t, "127.0.0.1:0"))
}

func serveOn(t *testing.T, server *ftp.Server, listener net.Listener) (address string) {
	t.Helper()
	return run(t, server, listener, server.Serve)
}

func run(t *testing.T, server *ftp.Server, listener net.Listener, serve func(context.Context, net.Listener) error) (address string) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- serve(context.Background(), listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := <-done; !errors.Is(err, ftp.ErrServerClosed) {
			t.Errorf("Serve = %v, want %v", err, ftp.ErrServerClosed)
		}
	})
	return listener.Addr().String()
}

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

// serveFake serves a fakeFiles and connects a client that is logged in.
func serveFake(t *testing.T) (*fakeFiles, *client) {
	t.Helper()
	files := newFakeFiles()
	address := serve(t, &ftp.Server{Driver: fakeDriver{files}, ActiveMode: true})
	return files, login(t, address)
}

// client is the client's end of a control connection.
type client struct {
	t    *testing.T
	conn *net.TCPConn
	out  io.Writer // conn, or TLS over it
	in   *bufio.Reader

	tls         *tls.Conn   // nil: in clear
	config      *tls.Config // for TLS on control and data connections
	protectData bool
}

// connect dials from a local IP, or from any if that is "".
func connect(t *testing.T, address, localIP string) *client {
	t.Helper()
	c := &client{t: t, conn: dial(t, address, localIP)}
	c.out, c.in = c.conn, bufio.NewReader(c.conn)
	return c
}

func dial(t *testing.T, address, localIP string) *net.TCPConn {
	t.Helper()
	dialer := net.Dialer{Timeout: testTimeout}
	if localIP != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(localIP)}
	}
	conn, err := dialer.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(testTimeout)); err != nil {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// login connects and logs in.
func login(t *testing.T, address string) *client {
	t.Helper()
	c := connect(t, address, "")
	c.want(220)
	c.login()
	return c
}

func (c *client) login() {
	c.t.Helper()
	c.do("USER user", 331)
	c.do("PASS pass", 230)
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.out, text); err != nil {
		c.t.Fatalf("send %q: %v", text, err)
	}
}

// reply reads a whole reply, lines joined by "\n".
func (c *client) reply() string {
	c.t.Helper()
	var lines []string
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			c.t.Fatalf("reply after %q: %v", lines, err)
		}
		line, ok := strings.CutSuffix(line, "\r\n")
		if !ok {
			c.t.Fatalf("reply line without CRLF: %q", line)
		}
		lines = append(lines, line)
		if len(line) >= 4 && line[3] == ' ' && line[:3] == lines[0][:3] {
			return strings.Join(lines, "\n")
		}
	}
}

// want reads a reply and checks its code.
func (c *client) want(code int) string {
	c.t.Helper()
	r := c.reply()
	if !strings.HasPrefix(r, strconv.Itoa(code)) {
		c.t.Fatalf("reply %q, want code %d", r, code)
	}
	return r
}

// do sends a command and checks the code of its reply.
func (c *client) do(command string, code int) string {
	c.t.Helper()
	c.send(command + "\r\n")
	r := c.reply()
	if !strings.HasPrefix(r, strconv.Itoa(code)) {
		c.t.Fatalf("%s: reply %q, want code %d", command, r, code)
	}
	return r
}

// wantEnd checks that the server has closed the connection.
func (c *client) wantEnd() {
	c.t.Helper()
	if line, err := c.in.ReadString('\n'); err == nil {
		c.t.Fatalf("reply %q, want the end", line)
	} else if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		c.t.Fatal("the connection is still open")
	}
}

// epsv opens a data connection.
func (c *client) epsv() *net.TCPConn {
	c.t.Helper()
	return dial(c.t, c.epsvAddress(), "")
}

func (c *client) epsvAddress() string {
	c.t.Helper()
	var port int
	if _, err := fmt.Sscanf(c.do("EPSV", 229), "229 Entering Extended Passive Mode (|||%d|)", &port); err != nil {
		c.t.Fatal(err)
	}
	host, _, err := net.SplitHostPort(c.conn.RemoteAddr().String())
	if err != nil {
		c.t.Fatal(err)
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

func readAll(t *testing.T, conn net.Conn) string {
	t.Helper()
	data, err := io.ReadAll(conn)
	if err != nil {
		t.Fatalf("data connection: %v", err)
	}
	return string(data)
}

func write(t *testing.T, conn net.Conn, data string) {
	t.Helper()
	if _, err := io.WriteString(conn, data); err != nil {
		t.Fatalf("data connection: %v", err)
	}
}

// wantClosed checks that the server has closed a connection without a byte.
func wantClosed(t *testing.T, conn net.Conn) {
	t.Helper()
	n, err := conn.Read(make([]byte, 1))
	if ne, ok := errors.AsType[net.Error](err); err == nil || ok && ne.Timeout() {
		t.Errorf("the connection is still open: %d bytes, %v", n, err)
	}
}

// reset closes a connection so that its peer sees an error, not the end.
func reset(t *testing.T, conn *net.TCPConn) {
	t.Helper()
	if err := conn.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
