package ftp_test

import (
	"crypto/tls"
	"io"
	"sync"
	"testing"
	"time"

	"ftpbridge/ftp"
)

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
