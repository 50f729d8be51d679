package ftp

import "net/netip"

// DataPeer says which addresses a data connection may come from and, by PORT
// and EPRT, go to. The zero value is the client's own address only: that of
// its control connection.
type DataPeer struct {
	// Networks are those whose addresses count as equal, for clients that
	// reach the server by several: both connections come from the same one.
	Networks []netip.Prefix
	// BySession accepts protected data connections from any address if they
	// resume a TLS session of their control connection.
	BySession bool
	// Any accepts data connections from anywhere: whoever connects first
	// gets, or sends, the file.
	Any bool
}

// equals are the addresses that count as the client's own.
func (d DataPeer) equals(client netip.Addr) netip.Prefix {
	client = plainAddr(client)
	for _, network := range d.Networks {
		if network.Contains(client) {
			return network
		}
	}
	return netip.PrefixFrom(client, client.BitLen())
}

// expected are the addresses from which the client's next data connection may
// come.
func (d DataPeer) expected(client netip.Addr, protected bool) netip.Prefix {
	if d.Any || d.BySession && protected {
		return netip.PrefixFrom(plainAddr(client), 0).Masked()
	}
	return d.equals(client)
}
