package ftp_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
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

// onceCache gives each session away once, as clients do that follow RFC 8446,
// C.4: they need a new ticket from every connection.
type onceCache struct {
	mu   sync.Mutex
	last *tls.ClientSessionState
}

func (o *onceCache) Get(string) (*tls.ClientSessionState, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	session := o.last
	o.last = nil
	return session, session != nil
}

// firstCache keeps the first session for ever.
type firstCache struct{ onceCache }

func (f *firstCache) Get(string) (*tls.ClientSessionState, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last, f.last != nil
}

func (f *firstCache) Put(_ string, session *tls.ClientSessionState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == nil {
		f.last = session
	}
}

func (o *onceCache) Put(_ string, session *tls.ClientSessionState) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = session
}

func TestTLSSessionReuse(t *testing.T) {
	caches := map[string]func() tls.ClientSessionCache{
		"the last session again and again": func() tls.ClientSessionCache { return tls.NewLRUClientSessionCache(0) },
		"each session once":                func() tls.ClientSessionCache { return new(onceCache) },
		"the first session only":           func() tls.ClientSessionCache { return new(firstCache) },
	}
	for versionName, version := range versions {
		for cacheName, cache := range caches {
			t.Run(versionName+", "+cacheName, func(t *testing.T) {
				server := &ftp.Server{Driver: fakeDriver{newFakeFiles()}, TLS: serverTLS()}
				server.TLS.RequireReuse = true
				server.TLS.Config().MaxVersion = version
				config := clientTLS()
				config.ClientSessionCache = cache()
				c := loginTLS(t, serve(t, server), "", config)
				resumed := 0
				for i := range 20 {
					var data *dataTLS
					if i%2 == 0 {
						data = c.epsvTLS("STOR a.txt")
						write(t, data, "x")
						if err := data.CloseWrite(); err != nil {
							t.Fatal(err)
						}
						data.readAll(t) // there the ticket of TLS 1.3 comes
					} else {
						data = c.epsvTLS("RETR a.txt")
						data.readAll(t)
					}
					c.want(226)
					if data.ConnectionState().DidResume {
						resumed++
					}
				}
				if resumed != 20 {
					t.Errorf("%d of 20 data connections resumed", resumed)
				}
				// The next control connection may resume as well, and its data
				// connections may go on from there.
				c = loginTLS(t, c.conn.RemoteAddr().String(), "", config)
				if !c.tls.ConnectionState().DidResume {
					t.Error("the second control connection did not resume")
				}
				c.put("b.txt", "x")
			})
		}
	}
}

// TestTLSTicketBeforeTheEnd: a client that must resume, each session once, may
// look for the ticket only before it closes an upload.
func TestTLSTicketBeforeTheEnd(t *testing.T) {
	server := &ftp.Server{Driver: fakeDriver{newFakeFiles()}, TLS: serverTLS()}
	server.TLS.RequireReuse = true
	config := clientTLS()
	config.ClientSessionCache = new(onceCache)
	c := loginTLS(t, serve(t, server), "", config)
	for range 3 {
		data := c.epsvTLS("STOR a.txt")
		write(t, data, "x")
		if err := data.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if n, err := data.Read(make([]byte, 1)); err == nil {
			t.Fatalf("%d bytes came", n)
		}
		data.Close()
		c.want(226)
	}
}

func TestTLSSessionReuseRequired(t *testing.T) {
	for versionName, version := range versions {
		t.Run(versionName, func(t *testing.T) {
			files := newFakeFiles()
			server := &ftp.Server{Driver: fakeDriver{files}, TLS: serverTLS()}
			server.TLS.RequireReuse = true
			server.TLS.Config().MaxVersion = version
			address := serve(t, server)
			c, other := loginTLS(t, address, "", clientTLS()), loginTLS(t, address, "", clientTLS())
			other.put("b.txt", "x") // by which it has a session for sure
			files.await(t)
			files.await(t)
			own := c.config
			for name, config := range map[string]*tls.Config{"no session": clientTLS(), "another client's session": other.config} {
				t.Run(name, func(t *testing.T) {
					c.config = config
					conn := c.epsv()
					c.do("STOR a.txt", 150)
					if data, err := c.tryData(conn); err == nil {
						_, _ = io.WriteString(data, "stolen")
						data.Close()
					}
					contains(t, c.want(522), "resume")
					wantSuspended(t, files, "data connection did not resume")
				})
			}
			c.config = own
			c.put("a.txt", "mine")
		})
	}
}

// TestTLSClientThatNeverReads uploads as clients do that only write, and close
// the socket with what the server has sent unread: then the system resets the
// connection, and what was on its way is lost. So nothing must have been sent.
func TestTLSClientThatNeverReads(t *testing.T) {
	files := newFakeFiles()
	c := connectTLS(t, &ftp.Server{Driver: fakeDriver{files}, TLS: serverTLS()}, explicitTLS)
	c.login()
	closed := make(chan struct{})
	files.onReadFrom = func(context.Context) error {
		<-closed
		return nil
	}
	want := bytes.Repeat([]byte("0123456789abcdef"), 25<<10) // more than fits the server's window
	conn := c.epsv()
	c.do("STOR a.txt", 150)
	data := c.tlsData(&recordConn{Conn: conn})
	write(t, data, string(want))
	data.Close()
	close(closed)
	c.want(226)
	if got, _ := files.get("/a.txt"); !bytes.Equal(got, want) {
		t.Fatalf("%d bytes stored, want %d", len(got), len(want))
	}
}

// recordConn takes no more from the socket than one record, as OpenSSL does.
type recordConn struct {
	net.Conn
	header []byte
	body   int
}

func (r *recordConn) Read(p []byte) (int, error) {
	if r.body > 0 {
		n, err := r.Conn.Read(p[:min(len(p), r.body)])
		r.body -= n
		return n, err
	}
	n, err := r.Conn.Read(p[:min(len(p), 5-len(r.header))])
	r.header = append(r.header, p[:n]...)
	if len(r.header) == 5 {
		r.body, r.header = int(r.header[3])<<8|int(r.header[4]), nil
	}
	return n, err
}

// tlsEnds are the ways in which an upload over TLS ends.
var tlsEnds = map[string]struct {
	end             func(t *testing.T, data *dataTLS)
	strict, lenient string // what becomes of it: empty if it is published
}{
	"close_notify": {
		func(_ *testing.T, data *dataTLS) { data.Close() }, "", "",
	},
	"close_notify and a silent socket": {
		func(t *testing.T, data *dataTLS) {
			if err := data.CloseWrite(); err != nil {
				t.Fatal(err)
			}
		}, "", "",
	},
	"closed without close_notify": {
		func(_ *testing.T, data *dataTLS) { data.socket.Close() },
		"TLS stream cut off without close_notify", "",
	},
	"cut within a record": {
		func(t *testing.T, data *dataTLS) {
			write(t, data.socket, "\x17\x03\x03\x01\x00half")
			data.socket.Close()
		}, "data connection lost", "data connection lost",
	},
	"cut within a header": {
		func(t *testing.T, data *dataTLS) {
			write(t, data.socket, "\x17\x03")
			data.socket.Close()
		}, "data connection lost", "data connection lost",
	},
	"a forged record": {
		func(t *testing.T, data *dataTLS) {
			write(t, data.socket, "\x15\x03\x03\x00\x02\x01\x00") // close_notify in clear
			data.socket.Close()
		}, "data connection lost", "data connection lost",
	},
	"reset": {
		func(t *testing.T, data *dataTLS) { reset(t, data.socket.Conn.(*net.TCPConn)) },
		"data connection lost", "data connection lost",
	},
}

func TestTLSUploadEnds(t *testing.T) {
	for versionName, version := range versions {
		for _, lenient := range []bool{false, true} {
			for name, tt := range tlsEnds {
				t.Run(fmt.Sprintf("%s, lenient %v, %s", versionName, lenient, name), func(t *testing.T) {
					var log syncBuffer
					files := newFakeFiles()
					server := &ftp.Server{
						Driver: fakeDriver{files}, TLS: serverTLS(), Logger: slog.New(slog.NewTextHandler(&log, nil)),
					}
					server.TLS.LenientEOF = lenient
					server.TLS.Config().MaxVersion = version
					c := connectTLS(t, server, explicitTLS)
					c.login()
					data := c.epsvTLS("STOR a.txt")
					write(t, data, "x")
					files.await(t)
					tt.end(t, data)
					cause := tt.strict
					if lenient {
						cause = tt.lenient
					}
					if cause != "" {
						c.want(426)
						wantSuspended(t, files, cause)
					} else {
						c.want(226)
					}
					unclean := cause != tt.strict // only lenience has published it
					if got := server.UncleanUploads() == 1; got != unclean {
						t.Errorf("counted as unclean: %v", got)
					}
					c.do("QUIT", 221)
					c.wantEnd()
					if got := strings.Contains(log.String(), "close_notify=missing"); got != unclean {
						t.Errorf("log: %s", &log)
					}
					contains(t, log.String(), `tls_version="`+versionName)
				})
			}
		}
	}
}

func TestTLSFailedDownloadHasNoEnd(t *testing.T) {
	files := newFakeFiles()
	files.put("/a.txt", []byte("abc"))
	files.onWriteTo = func(context.Context) error { return ftp.ErrChanged }
	c := connectTLS(t, &ftp.Server{Driver: fakeDriver{files}, TLS: serverTLS()}, explicitTLS)
	c.login()
	data := c.epsvTLS("RETR a.txt")
	if text, _ := io.ReadAll(data); string(text) != "ab" {
		t.Errorf("received %q", text)
	}
	if !data.socket.ended.Load() {
		t.Error("half a file was passed off as whole by close_notify")
	}
	c.want(450)
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
