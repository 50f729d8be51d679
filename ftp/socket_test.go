package ftp

import (
	"crypto/tls"
	"net"
	"testing"
)

type wrappedConn struct{ net.Conn }

func (w wrappedConn) NetConn() net.Conn { return w.Conn }

func TestTCPBelow(t *testing.T) {
	socket := new(net.TCPConn)
	pipe, _ := net.Pipe()
	for name, tt := range map[string]struct {
		conn net.Conn
		want *net.TCPConn
	}{
		"socket":             {socket, socket},
		"TLS":                {tls.Server(socket, nil), socket},
		"TLS over a wrapper": {tls.Server(wrappedConn{socket}, nil), socket},
		"pipe":               {pipe, nil},
		"wrapped pipe":       {wrappedConn{pipe}, nil},
	} {
		if got := tcpBelow(tt.conn); got != tt.want {
			t.Errorf("%s: %p, want %p", name, got, tt.want)
		}
	}
}
