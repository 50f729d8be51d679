package ftp

import (
	"net/netip"
	"strings"
)

// validHost tells whether arg is a DNS name, an IPv4 address, or an IPv6 address
// in brackets (RFC 7151, 3.1).
func validHost(arg string) bool {
	if inner, ok := strings.CutPrefix(arg, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return ok && err == nil && addr.Is6() && addr.Zone() == ""
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(arg, "."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, hostBytes) != "" {
			return false
		}
	}
	return len(arg) <= 253
}

const hostBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
