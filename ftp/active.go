package ftp

import (
	"context"
	"net"
	"net/netip"
)

// activeSource connects to the client (PORT, EPRT).
type activeSource struct {
	from, to netip.AddrPort
}

func (a activeSource) open(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(a.from), KeepAlive: -1}
	return dialer.DialContext(ctx, "tcp", a.to.String())
}

func (activeSource) active() bool { return true }

func (activeSource) drop() {}

// activeTarget checks the address that a client asked to be connected to: its
// own, and a port that is not a service's, lest the server attack others on
// its behalf (RFC 2577).
func activeTarget(control, asked netip.AddrPort) (netip.AddrPort, error) {
	if plainAddr(asked.Addr()) != plainAddr(control.Addr()) {
		return netip.AddrPort{}, badArgument(501, "Only your own address is allowed.")
	}
	if asked.Port() < 1024 {
		return netip.AddrPort{}, badArgument(504, "Only ports from 1024 on are allowed.")
	}
	return netip.AddrPortFrom(control.Addr(), asked.Port()), nil
}

// plainAddr is the form in which addresses are compared.
func plainAddr(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }
