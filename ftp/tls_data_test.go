package ftp_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"ftpbridge/ftp"
)

// versions are those that clients of today speak.
var versions = map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13}

func TestTLSTransfers(t *testing.T) {
	for _, p := range []protection{explicitTLS, implicitTLS} {
		for name, version := range versions {
			for _, reuse := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %s, reuse %v", p, name, reuse), func(t *testing.T) {
					files := newFakeFiles()
					server := &ftp.Server{Driver: fakeDriver{files}, ActiveMode: true, TLS: serverTLS()}
					server.TLS.RequireReuse = reuse
					server.TLS.Config().MaxVersion = version
					c := connectTLS(t, server, p)
					c.login()
					if got := c.tls.ConnectionState().Version; got != version {
						t.Fatalf("version %x", got)
					}
					c.put("a.txt", "hello")
					if got, _ := files.get("/a.txt"); string(got) != "hello" {
						t.Errorf("stored %q", got)
					}
					if got := c.get("a.txt"); got != "hello" {
						t.Errorf("received %q", got)
					}
					data := c.epsvTLS("LIST")
					contains(t, data.readAll(t), "a.txt")
					c.want(226)

					// Active: the client connects nowhere, but is TLS's client.
					listener := listen(t, "127.0.0.1:0")
					c.do(fmt.Sprintf("EPRT |1|127.0.0.1|%d|", listener.Addr().(*net.TCPAddr).Port), 200)
					c.send("RETR a.txt\r\n")
					conn, err := listener.Accept()
					if err != nil {
						t.Fatal(err)
					}
					defer conn.Close()
					c.want(150)
					if got := c.tlsData(conn).readAll(t); got != "hello" {
						t.Errorf("received %q in active mode", got)
					}
					c.want(226)
				})
			}
		}
	}
}

// TestTLSHandshakeBeforeTheReply: some clients make it as soon as they are
// connected, before they send the command.
func TestTLSHandshakeBeforeTheReply(t *testing.T) {
	files := newFakeFiles()
	c := connectTLS(t, &ftp.Server{Driver: fakeDriver{files}, TLS: serverTLS()}, explicitTLS)
	c.login()
	data := &dataTLS{Conn: tls.Client(c.epsv(), c.config)}
	done := make(chan error, 1)
	go func() { done <- data.Handshake() }()
	c.do("STOR a.txt", 150)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	write(t, data, "early")
	data.Close()
	c.want(226)
	if got, _ := files.get("/a.txt"); string(got) != "early" {
		t.Errorf("stored %q", got)
	}
}

func TestTLSDataNotMade(t *testing.T) {
	files := newFakeFiles()
	server := &ftp.Server{Driver: fakeDriver{files}, TLS: serverTLS(), DataTimeout: 500 * time.Millisecond}
	c := connectTLS(t, server, explicitTLS)
	c.login()
	for name, begin := range map[string]func(conn net.Conn){
		"in clear": func(conn net.Conn) { write(t, conn, "not a handshake") },
		"silent":   func(net.Conn) {},
		"closed":   func(conn net.Conn) { conn.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			conn := c.epsv()
			c.do("STOR a.txt", 150)
			begin(conn)
			contains(t, c.want(425), "TLS handshake failed")
			wantSuspended(t, files, "TLS handshake failed")
		})
	}
	c.put("a.txt", "still well")
}

func TestTLSListingStreams(t *testing.T) {
	files := newFakeFiles()
	files.put("/a", nil)
	files.put("/b", nil)
	release := make(chan struct{})
	files.onList = func(_ context.Context, piece int) error {
		if piece == 1 {
			<-release
		}
		return nil
	}
	c := connectTLS(t, &ftp.Server{Driver: fakeDriver{files}, TLS: serverTLS()}, explicitTLS)
	c.login()
	data := c.epsvTLS("NLST")
	first := make([]byte, 3)
	if _, err := io.ReadFull(data, first); err != nil || string(first) != "a\r\n" {
		t.Fatalf("first line %q, %v", first, err)
	}
	close(release)
	if got := data.readAll(t); got != "b\r\n" {
		t.Errorf("rest %q", got)
	}
	c.want(226)
}

// TestTLSStall: the stall timer is the socket's, where a record makes no
// difference, in both directions.
func TestTLSStall(t *testing.T) {
	files := newFakeFiles()
	files.put("/big", make([]byte, 64<<20))
	server := &ftp.Server{Driver: fakeDriver{files}, TLS: serverTLS(), StallTimeout: 400 * time.Millisecond}
	c := connectTLS(t, server, explicitTLS)
	c.login()

	c.epsvTLS("RETR big")
	contains(t, c.want(426), "No data for too long")

	data := c.epsvTLS("RETR big")
	slow := time.NewTicker(50 * time.Millisecond)
	defer slow.Stop()
	for range 12 { // longer than the timeout, but never still
		<-slow.C
		if _, err := io.CopyN(io.Discard, data, 2<<20); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := io.Copy(io.Discard, data); err != nil || n != 40<<20 {
		t.Errorf("the rest: %d bytes, %v", n, err)
	}
	c.want(226)

	files.put("/big", nil)
	data = c.epsvTLS("STOR a.txt")
	write(t, data, "x")
	files.await(t)
	contains(t, c.want(426), "No data for too long")
	wantSuspended(t, files, "no data for too long")
}

func TestTLSAbort(t *testing.T) {
	files := newFakeFiles()
	c := connectTLS(t, &ftp.Server{Driver: fakeDriver{files}, TLS: serverTLS()}, explicitTLS)
	c.login()
	data := c.epsvTLS("STOR a.txt")
	write(t, data, "x")
	files.await(t)
	c.do("NOOP", 200)
	c.do("STAT", 211)
	c.do("ABOR", 426)
	c.want(226)
	wantSuspended(t, files, "aborted by the client")

	c.epsv() // while TLS is waited for
	c.do("STOR a.txt", 150)
	c.do("ABOR", 426)
	c.want(226)
	wantSuspended(t, files, "aborted by the client")
	c.put("a.txt", "still well")
}

func TestTLSControlLost(t *testing.T) {
	for name, lose := range map[string]func(c *client){
		"closed":                       func(c *client) { c.conn.Close() },
		"close_notify, socket open":    func(c *client) { _ = c.tls.CloseWrite() },
		"reset":                        func(c *client) { reset(c.t, c.conn) },
		"socket's end, no more to say": func(c *client) { _ = c.conn.CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			files := newFakeFiles()
			c := connectTLS(t, &ftp.Server{Driver: fakeDriver{files}, TLS: serverTLS()}, explicitTLS)
			c.login()
			data := c.epsvTLS("STOR a.txt")
			write(t, data, "x")
			files.await(t)
			lose(c)
			wantSuspended(t, files, "control connection lost")
			data.Close()
		})
	}
}

// TestTLSDataPeer: where data connections may come from, and what they must
// show.
func TestTLSDataPeer(t *testing.T) {
	const elsewhere = "127.0.0.2"
	for name, tt := range map[string]struct {
		peer    ftp.DataPeer
		protect bool
		resume  bool
		ok      bool
	}{
		"own address only":                  {ftp.DataPeer{}, true, true, false},
		"within a network":                  {ftp.DataPeer{Networks: prefixes("127.0.0.0/8")}, false, false, true},
		"within another network":            {ftp.DataPeer{Networks: prefixes("127.0.0.0/31")}, false, false, false},
		"anywhere":                          {ftp.DataPeer{Any: true}, false, false, true},
		"by session, resumed":               {ftp.DataPeer{BySession: true}, true, true, true},
		"by session, not resumed":           {ftp.DataPeer{BySession: true}, true, false, false},
		"by session, in clear":              {ftp.DataPeer{BySession: true}, false, false, false},
		"by session, in clear after PASV":   {ftp.DataPeer{BySession: true}, true, true, false},
		"by session, protected after PASV":  {ftp.DataPeer{BySession: true}, false, false, false},
		"within a network, protected, same": {ftp.DataPeer{Networks: prefixes("127.0.0.0/8")}, true, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			files := newFakeFiles()
			server := &ftp.Server{
				Driver: fakeDriver{files}, TLS: serverTLS(), DataPeer: tt.peer, DataTimeout: 500 * time.Millisecond,
			}
			c := connectTLS(t, server, explicitTLS)
			c.login()
			if !tt.protect {
				c.do("PROT C", 200)
			}
			if !tt.resume {
				c.config = clientTLS()
			}
			conn := dial(t, c.epsvAddress(), elsewhere)
			protect := tt.protect
			switch {
			case strings.HasSuffix(name, "in clear after PASV"):
				c.do("PROT C", 200)
				protect = false
			case strings.HasSuffix(name, "protected after PASV"):
				c.do("PROT P", 200)
				protect = true
			}
			c.do("STOR a.txt", 150)
			if !protect {
				_, _ = io.WriteString(conn, "x") // the server may have closed it
				conn.Close()
			} else if data, err := c.tryData(conn); err == nil {
				_, _ = io.WriteString(data, "x")
				data.Close()
			}
			reply := c.reply()
			if ok := strings.HasPrefix(reply, "226"); ok != tt.ok {
				t.Errorf("reply %q", reply)
			}
			if _, ok := files.get("/a.txt"); ok != tt.ok {
				t.Errorf("published: %v", ok)
			}
		})
	}
}
