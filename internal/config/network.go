package config

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Networks are networks of IP addresses.
type Networks []netip.Prefix

// UnmarshalText reads a comma-separated list of networks and single addresses.
func (n *Networks) UnmarshalText(text []byte) error {
	var list Networks
	for item := range strings.SplitSeq(string(text), ",") {
		network, err := parseNetwork(strings.TrimSpace(item))
		if err != nil {
			return err
		}
		list = append(list, network)
	}
	*n = list
	return nil
}

func (n Networks) String() string {
	var items []string
	for _, network := range n {
		items = append(items, network.String())
	}
	return strings.Join(items, ",")
}

// parseNetwork reads "10.0.0.0/8", or one address.
func parseNetwork(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	if err != nil || network.Addr().Is4In6() {
		return netip.Prefix{}, errors.New("not a network")
	}
	return network.Masked(), nil
}

// DataPeer says where data connections may come from, besides the client's own
// address: one of its fields, or none.
type DataPeer struct {
	Networks Networks // addresses in one of them count as equal
	TLS      bool     // from anywhere if the TLS session is the client's
	Any      bool     // from anywhere
}

const networksPrefix = "cidr:"

// UnmarshalText reads "address", "tls", "any" or "cidr:10.0.0.0/8,…".
func (d *DataPeer) UnmarshalText(text []byte) error {
	switch string(text) {
	case "address":
		*d = DataPeer{}
	case "tls":
		*d = DataPeer{TLS: true}
	case "any":
		*d = DataPeer{Any: true}
	default:
		list, ok := strings.CutPrefix(string(text), networksPrefix)
		if !ok {
			return errors.New("not a rule for data connections")
		}
		*d = DataPeer{}
		return d.Networks.UnmarshalText([]byte(list))
	}
	return nil
}

func (d DataPeer) String() string {
	switch {
	case d.TLS:
		return "tls"
	case d.Any:
		return "any"
	case len(d.Networks) > 0:
		return networksPrefix + d.Networks.String()
	default:
		return "address"
	}
}

// PassiveHost is what PASV tells: an address, the address of a DNS name, or an
// address for each of several networks of clients. The zero value is the
// address that the client connected to.
type PassiveHost struct {
	Addr     netip.Addr
	Name     string
	Networks []PassiveNetwork
}

// PassiveNetwork is the address that the clients of one network are told.
type PassiveNetwork struct {
	Clients netip.Prefix
	Addr    netip.Addr
}

// UnmarshalText reads "203.0.113.7", "ftp.example.com" or
// "10.0.0.0/8=10.1.2.3,0.0.0.0/0=203.0.113.7".
func (h *PassiveHost) UnmarshalText(text []byte) error {
	if strings.Contains(string(text), "=") {
		networks, err := parsePassiveNetworks(string(text))
		*h = PassiveHost{Networks: networks}
		return err
	}
	if addr, err := parsePassiveAddr(string(text)); err == nil {
		*h = PassiveHost{Addr: addr}
		return nil
	}
	if !isHostName(string(text)) {
		return errors.New("neither an address nor a name")
	}
	*h = PassiveHost{Name: string(text)}
	return nil
}

func parsePassiveNetworks(text string) ([]PassiveNetwork, error) {
	var networks []PassiveNetwork
	for item := range strings.SplitSeq(text, ",") {
		clients, host, _ := strings.Cut(item, "=")
		network, err := parseNetwork(strings.TrimSpace(clients))
		if err != nil || !network.Addr().Is4() {
			return nil, errors.New("not an IPv4 network")
		}
		addr, err := parsePassiveAddr(strings.TrimSpace(host))
		if err != nil {
			return nil, err
		}
		networks = append(networks, PassiveNetwork{Clients: network, Addr: addr})
	}
	return networks, nil
}

// parsePassiveAddr reads an address that PASV can tell: it has room for IPv4
// only.
func parsePassiveAddr(text string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(text)
	if err != nil || !addr.Is4() || addr.IsUnspecified() || addr.IsMulticast() {
		return netip.Addr{}, errors.New("not an IPv4 address of a host")
	}
	return addr, nil
}

// isHostName tells whether text may be a name in DNS. One whose last label
// begins with a digit is taken for a wrong address.
func isHostName(text string) bool {
	labels := strings.Split(strings.TrimSuffix(text, "."), ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, hostNameCharacters) != "" {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(text) <= 253 && (last[0] < '0' || last[0] > '9')
}

const hostNameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

func (h PassiveHost) String() string {
	switch {
	case h.Addr.IsValid():
		return h.Addr.String()
	case h.Name != "":
		return h.Name
	}
	var items []string
	for _, network := range h.Networks {
		items = append(items, fmt.Sprintf("%v=%v", network.Clients, network.Addr))
	}
	return strings.Join(items, ",")
}
