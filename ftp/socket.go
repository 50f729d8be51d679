package ftp

import (
	"cmp"
	"net"
	"time"
)

// tcpBelow is the TCP connection that conn is or that lies below it; nil: none.
func tcpBelow(conn net.Conn) *net.TCPConn {
	for {
		switch c := conn.(type) {
		case *net.TCPConn:
			return c
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

// keepAlive sets TCP keepalive where the connection has it.
func (s *Server) keepAlive(conn net.Conn) {
	tcp := tcpBelow(conn)
	if tcp == nil {
		return
	}
	interval := cmp.Or(s.KeepAlive, 30*time.Second)
	// A failure shows at the connection's next use.
	_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: interval > 0, Idle: interval, Interval: interval, Count: 4})
}
