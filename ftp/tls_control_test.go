package ftp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"ftpbridge/ftp"
)

// TestTLSOrders: what clients send before USER and after it.
func TestTLSOrders(t *testing.T) {
	for name, commands := range map[string]string{
		"PBSZ and PROT after login":    "AUTH TLS,USER user,PASS pass,PBSZ 0,PROT P",
		"PBSZ and PROT before USER":    "AUTH TLS,PBSZ 0,PROT P,USER user,PASS pass",
		"between USER and PASS":        "AUTH TLS,USER user,PBSZ 0,PROT P,PASS pass",
		"FEAT and OPTS before":         "FEAT,AUTH TLS,OPTS UTF8 ON,USER user,PASS pass,FEAT,PBSZ 0,PROT P",
		"AUTH SSL, nothing else":       "AUTH SSL,USER user,PASS pass",
		"AUTH TLS-P, nothing else":     "auth tls-p,USER user,PASS pass",
		"AUTH of something else first": "AUTH GSSAPI,AUTH TLS,USER user,PASS pass,PBSZ 0,PROT P",
		"AUTH after a login":           "USER user,PASS pass,AUTH TLS,USER user,PASS pass,PBSZ 0,PROT P",
		"CCC at the end":               "AUTH TLS,USER user,PASS pass,PBSZ 0,PROT P,CCC",
		"PROT P, C and P":              "AUTH TLS,USER user,PASS pass,PBSZ 0,PROT P,PROT C,PROT P",
	} {
		t.Run(name, func(t *testing.T) {
			files := newFakeFiles()
			c := connectTLS(t, &ftp.Server{Driver: fakeDriver{files}, TLS: serverTLS()}, inClear)
			for command := range strings.SplitSeq(commands, ",") {
				c.send(command + "\r\n")
				reply := c.reply()
				if strings.HasPrefix(reply, "5") && command != "AUTH GSSAPI" {
					t.Fatalf("%s: %q", command, reply)
				}
				c.heed("", reply)
			}
			c.protectData = true
			c.put("a.txt", "hello")
			if got := c.get("a.txt"); got != "hello" {
				t.Errorf("received %q", got)
			}
		})
	}
}

func TestTLSPolicy(t *testing.T) {
	for _, tt := range []struct {
		mode ftp.TLSMode
		p    protection
		// Pairs of a command and its code.
		says []string
	}{
		{ftp.TLSOff, inClear, []string{"AUTH TLS 502", "USER user 331"}},
		{ftp.TLSOff, implicitTLS, []string{"USER user 331", "PASS pass 230", "PBSZ 0 200", "PROT C 200", "CCC 200"}},
		{ftp.TLSOptional, inClear, []string{"USER user 331", "PASS pass 230", "PROT P 503"}},
		{ftp.TLSRequired, inClear, []string{"SYST 215", "FEAT 211", "USER user 530", "PASS pass 503", "AUTH TLS 234"}},
		{ftp.TLSRequired, explicitTLS, []string{"USER user 331", "PASS pass 230", "CCC 534", "PROT C 534"}},
		{ftp.TLSRequired, implicitTLS, []string{"USER user 331", "PASS pass 230", "CCC 534", "PROT C 534"}},
	} {
		t.Run(fmt.Sprintf("mode %d, %s", tt.mode, tt.p), func(t *testing.T) {
			server := &ftp.Server{Driver: fakeDriver{newFakeFiles()}, TLS: serverTLS()}
			server.TLS.Mode = tt.mode
			c := connectTLS(t, server, tt.p)
			for _, say := range tt.says {
				at := strings.LastIndexByte(say, ' ')
				c.send(say[:at] + "\r\n")
				if reply := c.reply(); !strings.HasPrefix(reply, say[at+1:]) {
					t.Errorf("%s: %q", say, reply)
				}
			}
		})
	}
}

func TestTLSRequiredForData(t *testing.T) {
	files := newFakeFiles()
	server := &ftp.Server{Driver: fakeDriver{files}, ActiveMode: true, TLS: serverTLS()}
	server.TLS.Mode = ftp.TLSRequired
	c := connectTLS(t, server, inClear)
	c.do("AUTH TLS", 234)
	c.handshake(clientTLS())
	c.login()
	for _, command := range []string{"STOR a.txt", "RETR a.txt", "LIST"} {
		c.epsvAddress()
		contains(t, c.do(command, 521), "PROT P")
	}
	files.none(t)
	c.do("PBSZ 0", 200)
	c.do("PROT P", 200)
	c.put("a.txt", "hello")
}

// peerListener gives each connection another peer.
type peerListener struct {
	net.Listener
	peer string
}

func (l peerListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return peerConn{conn, &net.TCPAddr{IP: net.ParseIP(l.peer), Port: 5000}}, nil
}

type peerConn struct {
	net.Conn
	peer net.Addr
}

func (c peerConn) RemoteAddr() net.Addr { return c.peer }
func (c peerConn) NetConn() net.Conn    { return c.Conn }

func TestPlaintextLogin(t *testing.T) {
	for peer, private := range map[string]bool{
		"127.0.0.1": true, "10.1.2.3": true, "172.31.0.1": true, "192.168.1.1": true, "169.254.1.1": true,
		"100.64.0.1": true, "100.127.255.255": true, "::1": true, "fd00::1": true, "fe80::1": true, "::ffff:10.0.0.1": true,
		"8.8.8.8": false, "172.32.0.1": false, "100.63.0.1": false, "100.128.0.1": false, "203.0.113.5": false,
		"2001:db8::1": false, "::ffff:8.8.8.8": false,
	} {
		for _, allow := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, allowed %v", peer, allow), func(t *testing.T) {
				server := &ftp.Server{Driver: fakeDriver{newFakeFiles()}, TLS: serverTLS(), AllowPlaintext: allow}
				c := connect(t, serveOn(t, server, peerListener{listen(t, "127.0.0.1:0"), peer}), "")
				c.want(220)
				if private || allow {
					c.login()
					return
				}
				contains(t, c.do("USER user", 530), "AUTH TLS")
				c.do("PASS pass", 503)
				c.authTLS(clientTLS())
				c.login()
				c.do("CCC", 200)
				c.clear()
				c.do("PWD", 257)
				c.do("USER user", 530) // the next password would be in clear
			})
		}
	}
}

// heldConn holds back what is written.
type heldConn struct {
	net.Conn
	holding bool
	held    []byte
}

func (h *heldConn) Write(p []byte) (int, error) {
	if !h.holding {
		return h.Conn.Write(p)
	}
	h.held = append(h.held, p...)
	return len(p), nil
}

// TestTLSClearControl: clients leave TLS each in their own way.
func TestTLSClearControl(t *testing.T) {
	for name, leave := range map[string]func(c *client, below *heldConn){
		"close_notify, then commands": func(c *client, _ *heldConn) {
			c.clear()
			c.send("PWD\r\n")
		},
		"close_notify and a command at once": func(c *client, below *heldConn) {
			below.holding = true
			c.clear()
			c.send(string(below.held) + "PWD\r\n")
		},
		"no close_notify": func(c *client, _ *heldConn) {
			c.readClear()
			c.send("PWD\r\n")
		},
		"no close_notify, byte by byte": func(c *client, _ *heldConn) {
			c.readClear()
			for _, b := range "PWD\r\n" {
				c.send(string(b))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := connectTLS(t, &ftp.Server{Driver: fakeDriver{newFakeFiles()}, TLS: serverTLS()}, inClear)
			c.do("AUTH TLS", 234)
			below := &heldConn{Conn: c.conn}
			c.handshakeOver(below, clientTLS())
			c.do("PBSZ 0", 200)
			c.do("PROT P", 200)
			c.protectData = true
			c.login()
			c.do("CCC", 200)
			leave(c, below)
			c.want(257)
			c.put("a.txt", "hello") // data connections stay protected
			c.do("QUIT", 221)
			c.wantEnd()
		})
	}
}

func TestTLSClearControlAndGone(t *testing.T) {
	var log syncBuffer
	server := &ftp.Server{Driver: fakeDriver{newFakeFiles()}, TLS: serverTLS(), Logger: slog.New(slog.NewTextHandler(&log, nil))}
	c := connectTLS(t, server, explicitTLS)
	c.login()
	c.do("CCC", 200)
	c.clear()
	if err := c.conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.wantEnd()
	if err := server.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	contains(t, log.String(), `msg=logout`, `reason="closed by the client"`)
}

// TestTLSProtocols: a client that offers another protocol was led here.
func TestTLSProtocols(t *testing.T) {
	for _, tt := range []struct {
		control, data []string
		want          string // what remains possible
	}{
		{nil, nil, "all"},
		{[]string{"ftp"}, []string{"ftp"}, "all"},
		{[]string{"x-ftp-ng", "ftp"}, []string{"ftp-data"}, "all"},
		{[]string{"http/1.1"}, nil, "nothing"},
		{[]string{"h2", "http/1.1"}, nil, "nothing"},
		{[]string{"ftp-data"}, nil, "nothing"},
		{nil, []string{"http/1.1"}, "control"},
	} {
		t.Run(fmt.Sprint(tt.control, tt.data), func(t *testing.T) {
			c := connectTLS(t, &ftp.Server{Driver: fakeDriver{newFakeFiles()}, TLS: serverTLS()}, inClear)
			config := clientTLS()
			config.NextProtos = tt.control
			c.do("AUTH TLS", 234)
			if tt.want == "nothing" {
				if err := tls.Client(c.conn, config).Handshake(); err == nil {
					t.Error("the handshake was made")
				}
				return
			}
			c.handshake(config)
			c.do("PBSZ 0", 200)
			c.do("PROT P", 200)
			c.login()
			c.config = clientTLS()
			c.config.NextProtos = tt.data
			conn := c.epsv()
			c.do("LIST", 150)
			data, err := c.tryData(conn)
			if (err == nil) != (tt.want == "all") {
				t.Errorf("data connection: %v", err)
			}
			if err != nil {
				c.want(425)
				return
			}
			data.readAll(t)
			c.want(226)
		})
	}
}

func TestTLSClientCertificate(t *testing.T) {
	trusted, stranger := newCertificate("device 7"), newCertificate("stranger")
	for versionName, version := range versions {
		server := &ftp.Server{Driver: fakeDriver{newFakeFiles()}, TLS: serverTLS()}
		server.TLS.RequireReuse = true
		config := server.TLS.Config()
		config.MaxVersion = version
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AddCert(trusted.Leaf)
		address := serve(t, server)
		for name, tt := range map[string]struct {
			shown []tls.Certificate
			ok    bool
		}{
			"trusted": {[]tls.Certificate{trusted}, true}, "stranger": {[]tls.Certificate{stranger}, false}, "none": {nil, false},
		} {
			t.Run(versionName+", "+name, func(t *testing.T) {
				client := clientTLS()
				client.Certificates = tt.shown
				if tt.ok {
					c := loginTLS(t, address, "", client)
					c.put("a.txt", "hello")
					if got := c.get("a.txt"); got != "hello" {
						t.Errorf("received %q", got)
					}
					return
				}
				c := connect(t, address, "")
				c.want(220)
				c.do("AUTH TLS", 234)
				conn := tls.Client(c.conn, client)
				_ = conn.Handshake() // in TLS 1.3 the refusal comes after it
				if _, err := io.ReadAll(conn); err == nil {
					t.Error("the session goes on")
				}
			})
		}
	}
}

func TestTLSShutdown(t *testing.T) {
	server := &ftp.Server{Driver: fakeDriver{newFakeFiles()}, TLS: serverTLS()}
	idle := connectTLS(t, server, explicitTLS)
	midway := connect(t, idle.conn.RemoteAddr().String(), "")
	midway.want(220)
	midway.do("AUTH TLS", 234)
	if err := server.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	idle.want(421)
	idle.wantEnd()
	midway.wantEnd()
}

func TestTLSTimeouts(t *testing.T) {
	server := &ftp.Server{
		Driver: fakeDriver{newFakeFiles()}, TLS: serverTLS(), LoginTimeout: time.Second, IdleTimeout: 50 * time.Millisecond,
	}
	explicit, implicit := serve(t, server), serveTLS(t, server)
	t.Run("handshake after AUTH", func(t *testing.T) {
		c := connect(t, explicit, "")
		c.want(220)
		c.do("AUTH TLS", 234)
		c.wantEnd()
	})
	t.Run("implicit handshake", func(t *testing.T) {
		connect(t, implicit, "").wantEnd()
	})
	t.Run("idle", func(t *testing.T) {
		c := loginTLS(t, explicit, "", clientTLS())
		c.send("NO") // no command yet
		c.want(421)
		c.wantEnd()
	})
}

func TestTLSImplicitMaxSessions(t *testing.T) {
	server := &ftp.Server{Driver: fakeDriver{newFakeFiles()}, TLS: serverTLS(), MaxSessions: 1}
	first := connectTLS(t, server, implicitTLS)
	connect(t, first.conn.RemoteAddr().String(), "").wantEnd()
	first.do("NOOP", 200)
}

func TestTLSConnectAndCloseIsQuiet(t *testing.T) {
	var log syncBuffer
	server := &ftp.Server{Driver: fakeDriver{newFakeFiles()}, TLS: serverTLS(), Logger: slog.New(slog.NewTextHandler(&log, nil))}
	c := connect(t, serveTLS(t, server), "")
	if err := c.conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.wantEnd()
	if err := server.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := log.String(); got != "" {
		t.Errorf("log: %s", got)
	}
}

// TestAttacks plays what attackers send; none of it may reach the Driver or the
// files.
func TestAttacks(t *testing.T) {
	hello := clientHello(t)
	for name, tt := range map[string]struct {
		implicit bool
		says     string // in clear, at once
		want     []int  // codes of the replies before the end
	}{
		"commands behind AUTH":              {false, "AUTH TLS\r\nUSER user\r\nPASS pass\r\nMKD evil\r\n", []int{220, 503}},
		"half a command behind AUTH":        {false, "AUTH TLS\r\nMKD ev", []int{220, 503}},
		"an empty line behind AUTH":         {false, "AUTH TLS\r\n\r\n", []int{220, 503}},
		"a handshake behind AUTH":           {false, "AUTH TLS\r\n" + hello, []int{220, 503}},
		"commands before and behind AUTH":   {false, "USER user\r\nPASS wrong\r\nAUTH TLS\r\nMKD evil\r\n", []int{220, 331, 530, 503}},
		"HTTP GET":                          {false, "GET / HTTP/1.1\r\nHost: ftp.example.com\r\n\r\nMKD evil\r\n", []int{220, 500}},
		"HTTP POST with commands inside":    {false, "POST / HTTP/1.1\r\nHost: x\r\n\r\nUSER user\r\nPASS pass\r\nMKD evil\r\n", []int{220, 500}},
		"HTTP/2":                            {false, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nMKD evil\r\n", []int{220, 500}},
		"an HTTP header after a login":      {false, "USER user\r\nPASS pass\r\nCookie: a\r\nMKD evil\r\n", []int{220, 331, 230, 500}},
		"commands in clear on implicit TLS": {true, "USER user\r\nPASS pass\r\nMKD evil\r\n", nil},
		"HTTP on implicit TLS":              {true, "GET / HTTP/1.1\r\n\r\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			files := newFakeFiles()
			server := &ftp.Server{Driver: fakeDriver{files}, TLS: serverTLS()}
			begin := serve
			if tt.implicit {
				begin = serveTLS
			}
			c := connect(t, begin(t, server), "")
			c.send(tt.says)
			for _, code := range tt.want {
				c.want(code)
			}
			wantNothingMore(t, c)
			if _, err := files.StatDir(context.Background(), "/evil"); err == nil {
				t.Error("an injected command was executed")
			}
		})
	}
}

// TestHTTPWithinTLS: a browser that was led here makes a good handshake (ALPACA).
func TestHTTPWithinTLS(t *testing.T) {
	files := newFakeFiles()
	c := connectTLS(t, &ftp.Server{Driver: fakeDriver{files}, TLS: serverTLS()}, implicitTLS)
	c.send("POST /upload HTTP/1.1\r\nUSER user\r\nPASS pass\r\nMKD evil\r\n")
	c.want(500)
	c.wantEnd()
	if _, err := files.StatDir(context.Background(), "/evil"); err == nil {
		t.Error("a command within the request was executed")
	}
}

func TestTLSDowngrade(t *testing.T) {
	c := connectTLS(t, &ftp.Server{Driver: fakeDriver{newFakeFiles()}, TLS: serverTLS()}, inClear)
	c.do("AUTH TLS", 234)
	config := clientTLS()
	config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if err := tls.Client(c.conn, config).Handshake(); err == nil {
		t.Error("TLS 1.1 was spoken")
	}
	wantNothingMore(t, c)
}

// wantNothingMore reads up to the end: an alert of TLS may come, and no reply.
func wantNothingMore(t *testing.T, c *client) {
	t.Helper()
	rest, err := io.ReadAll(c.in)
	if len(rest) > 0 && rest[0] != 21 || len(rest) > 7 {
		t.Errorf("the server says %q", rest)
	}
	if err != nil && strings.Contains(err.Error(), "timeout") {
		t.Error("the connection is still open")
	}
}

// clientHello is the first flight of a handshake.
func clientHello(t *testing.T) string {
	t.Helper()
	near, far := net.Pipe()
	go func() {
		_ = tls.Client(near, clientTLS()).Handshake() // ends with the pipe
		near.Close()
	}()
	hello := make([]byte, 4096)
	n, err := far.Read(hello)
	if err != nil {
		t.Fatal(err)
	}
	far.Close()
	return string(hello[:n])
}
