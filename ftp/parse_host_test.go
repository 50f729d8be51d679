package ftp

import (
	"strings"
	"testing"
)

func TestValidHost(t *testing.T) {
	for _, host := range []string{"ftp.example.com", "ftp.example.com.", "FTP", "xn--bcher-kva.example", "192.0.2.1", "[2001:db8::1]", "a_b", strings.Repeat("a", 63)} {
		if !validHost(host) {
			t.Errorf("%q is refused", host)
		}
	}
	for _, host := range []string{"", ".", "a..b", "a b", "2001:db8::1", "[192.0.2.1]", "[::1", "::1]", "[]", "[fe80::1%eth0]", "a/b", "bücher", strings.Repeat("a", 64), strings.Repeat("a.", 127) + "com"} {
		if validHost(host) {
			t.Errorf("%q is accepted", host)
		}
	}
}

func FuzzValidHost(f *testing.F) {
	f.Add("ftp.example.com")
	f.Add("[2001:db8::1%eth0]")
	f.Fuzz(func(t *testing.T, host string) {
		if validHost(host) && (host == "" || len(host) > 300 || strings.ContainsAny(host, " /\\\r\n\x00")) {
			t.Errorf("%q is accepted", host)
		}
	})
}
