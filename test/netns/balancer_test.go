//go:build integration

package netns_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBehindHAProxy reaches the server by a balancer on the router, which tells
// the client's address and checks the server's health.
func TestBehindHAProxy(t *testing.T) {
	for _, version := range []string{"send-proxy", "send-proxy-v2"} {
		t.Run(version, func(t *testing.T) {
			n := newNetwork(t, forgetsAfter)
			server := n.serve(t, "FTPBRIDGE_PROXY_PROTOCOL_FROM="+routerOutside)
			n.balance(t, version)
			c := n.login(t, routerInside)
			if reply := c.send(t, "PASV", "227 "); !strings.Contains(reply, "("+strings.ReplaceAll(routerInside, ".", ",")+",") {
				t.Errorf("PASV: %s; want the balancer's address", reply)
			}
			data := c.store(t, "scan.pdf")
			if _, err := data.Write([]byte("hello")); err != nil {
				t.Fatal(err)
			}
			data.Close()
			c.expect(t, "226 Stored 5 bytes")
			c.send(t, "QUIT", "221 ")
			for _, event := range []string{"login", "upload", "logout"} {
				if r := server.next(t); r.Event != event || r.ClientIP != clientAddr {
					t.Errorf("record %+v, want %s of %s", r, event, clientAddr)
				}
			}
		})
	}
}

// balance starts HAProxy on the router, and waits until it relays.
func (n *network) balance(t *testing.T, version string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	config := fmt.Sprintf(`
defaults
  timeout connect 5s
listen ftp
  mode tcp
  bind %[1]s:%[2]d
  bind %[1]s:50000-50009
  timeout client 1m
  timeout server 1m
  server ftpbridge %[3]s %[4]s check port %[2]d check-send-proxy inter 100ms
`, routerInside, controlPort, serverAddr, version)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ip", "netns", "exec", n.router, "haproxy", "-db", "-f", file)
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it is killed
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	pace := time.NewTicker(chunk)
	defer pace.Stop()
	for deadline := time.After(patience); ; {
		conn, err := n.tryDial(t, net.JoinHostPort(routerInside, fmt.Sprint(controlPort)))
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-pace.C:
		case <-ended:
			t.Fatalf("HAProxy ended:\n%s", log.String())
		case <-deadline:
			t.Fatalf("HAProxy does not listen: %v", err)
		}
	}
}
