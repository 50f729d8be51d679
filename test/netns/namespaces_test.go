//go:build integration

// Package netns_test runs the program in networks that the tests make
// themselves, of Linux network namespaces. It needs root, and the programs ip,
// nft and conntrack.
package netns_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The addresses in a network: a client behind a router, which hides it behind
// its own outer address, and a server.
const (
	clientAddr     = "10.77.1.2"
	routerInside   = "10.77.1.1"
	routerOutside  = "10.77.2.1"
	serverAddr     = "10.77.2.2"
	natRules       = "table ip nat { chain out { type nat hook postrouting priority srcnat; oifname outside masquerade; }; }"
	timeoutSetting = "net.netfilter.nf_conntrack_tcp_timeout_established="
)

// network is one router between a client and a server, each a namespace.
type network struct{ client, router, server string }

// newNetwork makes a network whose router forgets connections that were idle
// for so many seconds, and removes it with the test.
func newNetwork(t *testing.T, forgetsAfter int) *network {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("network namespaces need root; run this test as root")
	}
	n := &network{client: namespace(t, "client"), router: namespace(t, "router"), server: namespace(t, "server")}
	for _, line := range []string{
		"ip -n ROUTER link add inside type veth peer name eth0 netns CLIENT",
		"ip -n ROUTER link add outside type veth peer name eth0 netns SERVER",
		"ip -n CLIENT address add " + clientAddr + "/24 dev eth0",
		"ip -n ROUTER address add " + routerInside + "/24 dev inside",
		"ip -n ROUTER address add " + routerOutside + "/24 dev outside",
		"ip -n SERVER address add " + serverAddr + "/24 dev eth0",
		"ip -n CLIENT link set eth0 up",
		"ip -n ROUTER link set inside up",
		"ip -n ROUTER link set outside up",
		"ip -n SERVER link set eth0 up",
		"ip -n CLIENT route add default via " + routerInside,
		"ip netns exec ROUTER sysctl -q -w net.ipv4.ip_forward=1",
		"ip netns exec ROUTER nft " + natRules,
		// What was forgotten is not picked up again in mid-stream.
		"ip netns exec ROUTER sysctl -q -w net.netfilter.nf_conntrack_tcp_loose=0",
		"ip netns exec ROUTER sysctl -q -w " + timeoutSetting + fmt.Sprint(forgetsAfter),
	} {
		line = strings.NewReplacer("CLIENT", n.client, "ROUTER", n.router, "SERVER", n.server).Replace(line)
		run(t, strings.Fields(line)...)
	}
	return n
}

// namespace makes a namespace, named after the process so that several can run.
func namespace(t *testing.T, role string) string {
	t.Helper()
	name := fmt.Sprintf("ftpbridge-%d-%s", os.Getpid(), role)
	run(t, "ip", "netns", "add", name)
	t.Cleanup(func() { run(t, "ip", "netns", "delete", name) })
	return name
}

func run(t *testing.T, args ...string) string {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// dial connects from the client, without keepalive of its own.
func (n *network) dial(t *testing.T, host string, port int) net.Conn {
	t.Helper()
	conn, err := n.tryDial(t, net.JoinHostPort(host, fmt.Sprint(port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func (n *network) tryDial(t *testing.T, addr string) (net.Conn, error) {
	t.Helper()
	return within(n.client, func() (net.Conn, error) {
		dialer := net.Dialer{KeepAlive: -1}
		return dialer.DialContext(t.Context(), "tcp4", addr)
	})
}

// listen listens beside the server, and accepts without a keepalive.
func (n *network) listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := within(n.server, func() (net.Listener, error) {
		config := net.ListenConfig{KeepAlive: -1}
		return config.Listen(t.Context(), "tcp4", serverAddr+":0")
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

// within calls open in a namespace: a socket stays in that of the thread which
// made it.
func within[T any](namespace string, open func() (T, error)) (made T, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		var file *os.File
		if file, err = os.Open(filepath.Join("/run/netns", namespace)); err != nil {
			return
		}
		defer file.Close()
		if err = unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err == nil {
			made, err = open()
		}
	}()
	<-done
	return made, err
}

// remembers tells whether the router still knows a connection of the client.
func (n *network) remembers(t *testing.T, conn net.Conn) bool {
	t.Helper()
	_, port, err := net.SplitHostPort(conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	entry := regexp.MustCompile(`(?m)^tcp .* ESTABLISHED src=` + regexp.QuoteMeta(clientAddr) + ` dst=\S+ sport=` + port + ` `)
	return entry.MatchString(run(t, "ip", "netns", "exec", n.router, "conntrack", "-L", "-p", "tcp"))
}
