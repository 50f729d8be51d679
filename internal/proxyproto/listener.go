// Package proxyproto learns the addresses of clients behind a balancer from the
// PROXY protocol, versions 1 and 2, that the balancer speaks at the beginning
// of each connection.
//
// https://www.haproxy.org/download/3.4/doc/proxy-protocol.txt
package proxyproto

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// headerTimeout is how long a header may take to come. Proxies send it with
// the first packet.
const headerTimeout = 5 * time.Second

// Config says who speaks the PROXY protocol.
type Config struct {
	// From are the networks of the proxies. Their connections must begin with
	// a header within 5 seconds, else they are closed; on others none is
	// looked for, so that nobody else can claim an address.
	From []netip.Prefix
	// RefuseOwn closes connections that the proxies make on their own behalf,
	// such as health checks, for listeners where they have no business.
	// Otherwise they are accepted under the proxy's own address.
	RefuseOwn bool
	// Logger gets a "refused" record for each connection that is closed, at
	// level debug if it may be a health check. nil: none.
	Logger *slog.Logger
}

// Listen accepts the connections of a listener, with the addresses that
// headers tell: the client's, and the one that it connected to. A connection
// whose header is still to come holds up no other. Closing it closes the
// listener.
func Listen(inner net.Listener, config Config) net.Listener {
	l := &listener{Listener: inner, config: config, arrived: make(chan arrival)}
	if l.config.Logger == nil {
		l.config.Logger = slog.New(slog.DiscardHandler)
	}
	l.ctx, l.close = context.WithCancel(context.Background())
	l.running.Go(l.acceptAll)
	return l
}

type listener struct {
	net.Listener
	config  Config
	arrived chan arrival
	ctx     context.Context // of the listener's life
	close   context.CancelFunc
	running sync.WaitGroup
}

// arrival is a result of Accept.
type arrival struct {
	conn net.Conn
	err  error
}

// Accept waits for the next connection that is past its header. Errors are
// those of the listener below.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case a := <-l.arrived:
		return a.conn, a.err
	case <-l.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close stops accepting and closes connections whose header is still to come.
func (l *listener) Close() error {
	l.close()
	err := l.Listener.Close()
	l.running.Wait()
	return err
}

func (l *listener) acceptAll() {
	defer l.close()
	for {
		conn, err := l.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err == nil && l.fromProxy(conn):
			l.running.Go(func() { l.introduce(conn) })
		case !l.deliver(arrival{conn, err}):
			return
		}
	}
}

// deliver waits for Accept to take the result; false if it never will.
func (l *listener) deliver(a arrival) bool {
	select {
	case l.arrived <- a:
		return true
	case <-l.ctx.Done():
		if a.conn != nil {
			_ = a.conn.Close() // nobody has seen it
		}
		return false
	}
}

func (l *listener) fromProxy(conn net.Conn) bool {
	peer, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	addr := peer.Addr().WithZone("")
	return err == nil && slices.ContainsFunc(l.config.From, func(network netip.Prefix) bool { return network.Contains(addr) })
}

// introduce reads the header of a proxy's connection.
func (l *listener) introduce(conn net.Conn) {
	closed := make(chan struct{})
	unwatch := context.AfterFunc(l.ctx, func() {
		defer close(closed)
		_ = conn.Close()
	})
	named, err := withHeader(conn)
	if !unwatch() {
		<-closed
		return
	}
	if err == nil && l.config.RefuseOwn && named == conn {
		err = errOwn
	}
	if err != nil {
		l.refused(conn, err)
		_ = conn.Close()
		return
	}
	l.deliver(arrival{conn: named})
}

func (l *listener) refused(conn net.Conn, err error) {
	level := slog.LevelInfo
	if errors.Is(err, errSilent) || errors.Is(err, errOwn) {
		level = slog.LevelDebug
	}
	peer, _ := netip.ParseAddrPort(conn.RemoteAddr().String()) // fromProxy has read it
	l.config.Logger.Log(l.ctx, level, "refused", "client_ip", peer.Addr().String(), "client_port", peer.Port(), "reason", err.Error())
}
