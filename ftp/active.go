package ftp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// activePort is the port that data connections come from (RFC 959, 3.2), which
// the clients' firewalls let in.
const activePort = 20

// activeSource connects to the client (PORT, EPRT).
type activeSource struct {
	from netip.Addr
	to   netip.AddrPort
}

// open connects from activePort, or from any port if the system does not grant
// that or the pair of ports was in use a moment ago.
func (a activeSource) open(ctx context.Context) (net.Conn, error) {
	conn, err := a.dial(ctx, activePort)
	for _, errno := range []syscall.Errno{syscall.EACCES, syscall.EPERM, syscall.EADDRINUSE, syscall.EADDRNOTAVAIL} {
		if errors.Is(err, errno) {
			return a.dial(ctx, 0)
		}
	}
	return conn, err
}

func (a activeSource) dial(ctx context.Context, from uint16) (net.Conn, error) {
	addr := a.from
	if addr.Is4() != a.to.Addr().Is4() {
		addr = netip.Addr{} // the client is of another IP version than the proxy
	}
	local := net.TCPAddrFromAddrPort(netip.AddrPortFrom(addr, from))
	dialer := net.Dialer{LocalAddr: local, KeepAlive: -1, Control: reuseAddress}
	return dialer.DialContext(ctx, "tcp", a.to.String())
}

func (activeSource) active() bool { return true }

func (activeSource) drop() {}

// activeTarget checks the address that a client asked to be connected to: its
// own, or one that counts as equal, and a port that is not a service's, lest the
// server attack others on its behalf (RFC 2577).
func activeTarget(control, asked netip.AddrPort, peer DataPeer) (netip.AddrPort, error) {
	addr := plainAddr(asked.Addr())
	if !peer.equals(control.Addr()).Contains(addr) {
		return netip.AddrPort{}, badArgument(501, "Only your own address is allowed.")
	}
	if asked.Port() < 1024 {
		return netip.AddrPort{}, badArgument(504, "Only ports from 1024 on are allowed.")
	}
	if addr == plainAddr(control.Addr()) {
		addr = control.Addr() // with its zone
	}
	return netip.AddrPortFrom(addr, asked.Port()), nil
}

// plainAddr is the form in which addresses are compared.
func plainAddr(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }
