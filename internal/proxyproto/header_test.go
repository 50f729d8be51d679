package proxyproto

import (
	"bufio"
	"bytes"
	"strings"
	"testing"

	"github.com/pires/go-proxyproto"
)

// FuzzHeader: reading ends with the header, whatever follows, and finds what
// the library finds in the same bytes.
func FuzzHeader(f *testing.F) {
	const signature = "\r\n\r\n\x00\r\nQUIT\n"
	for _, seed := range []string{
		"PROXY TCP4 192.0.2.7 203.0.113.1 40000 21\r\nUSER x\r\n", "PROXY UNKNOWN\r\n", "PROXY TCP6 ::1 ::2 1 2\r\n",
		signature + "\x21\x11\x00\x0c\xc0\x00\x02\x07\xcb\x00\x71\x01\x9c\x40\x00\x15USER x\r\n",
		signature + "\x20\x00\x00\x00", signature + "\x21\x31\x00\xd8" + strings.Repeat("x", 216), "USER scanner\r\n", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		ends, own, err := readHeader(r)
		if err != nil {
			return
		}
		if own != (ends.client == nil) || own != (ends.server == nil) {
			t.Errorf("own %t with the addresses %v", own, ends)
		}
		length := len(data) - r.Len()
		rest := bufio.NewReaderSize(bytes.NewReader(data), len(data)+16)
		header, err := proxyproto.Read(rest)
		if err != nil {
			t.Fatalf("the library refuses it: %v", err)
		}
		if want := len(data) - rest.Buffered(); length != want {
			t.Errorf("read %d bytes, want %d", length, want)
		}
		if client, server, _ := header.TCPAddrs(); !own && (client.String() != ends.client.String() || server.String() != ends.server.String()) {
			t.Errorf("addresses %v, want %v and %v", ends, client, server)
		}
	})
}
