//go:build integration

package netns_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"
)

const (
	forgetsAfter = 4 // seconds
	chunk        = 100 * time.Millisecond
	patience     = time.Minute // with a machine that is busy
)

// TestUploadOutlastsTheRouter uploads for longer than the router remembers
// connections on which nothing is sent, as a control connection is then. The
// router answers what comes later with a reset. So without keepalive the 226
// is lost.
func TestUploadOutlastsTheRouter(t *testing.T) {
	for name, tt := range map[string]struct {
		keepalive string
		arrives   bool
	}{
		"keepalive":         {"1s", true},
		"without keepalive": {"1h", false},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNetwork(t, forgetsAfter)
			server := n.serve(t, "FTPBRIDGE_TCP_KEEPALIVE="+tt.keepalive)
			c := n.login(t, serverAddr)
			data := c.store(t, "scan.pdf")
			idle := n.idle(t) // from now on, as the control connection

			deadline := time.After(patience)
			pace := time.NewTicker(chunk)
			defer pace.Stop()
			sent := 0
			for n.remembers(t, idle) || !tt.arrives && n.remembers(t, c.conn) {
				if _, err := data.Write(make([]byte, 1024)); err != nil {
					t.Fatal(err)
				}
				sent += 1024
				select {
				case <-pace.C:
				case <-deadline:
					t.Fatalf("the router forgets nothing:\n%s", run(t, "ip", "netns", "exec", n.router, "conntrack", "-L"))
				}
			}
			if got := n.remembers(t, c.conn); got != tt.arrives {
				t.Errorf("the router remembers the control connection: %t", got)
			}
			if err := data.Close(); err != nil {
				t.Fatal(err)
			}
			server.await(t, "upload")
			if tt.arrives {
				c.expect(t, fmt.Sprintf("226 Stored %d bytes", sent))
				return
			}
			server.await(t, "logout") // the 226 met the router
			if err := c.conn.SetReadDeadline(time.Now()); err != nil {
				t.Fatal(err)
			}
			if line, err := c.lines.ReadString('\n'); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("read %q, %v; want nothing", line, err)
			}
		})
	}
}

// idle is a connection on which nothing is ever sent.
func (n *network) idle(t *testing.T) net.Conn {
	t.Helper()
	listener := n.listen(t)
	conn := n.dial(t, serverAddr, listener.Addr().(*net.TCPAddr).Port)
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { accepted.Close() })
	return conn
}
