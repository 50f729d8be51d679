package ftp

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// rawSocket gives access to the descriptor of a TCP connection, set so that
// urgent data stays in line: the Synch before an ABOR (RFC 959, 4.1.3) would
// otherwise lose its last byte. It is nil if there is no such connection below
// conn.
func rawSocket(conn net.Conn) syscall.RawConn {
	tcp := tcpBelow(conn)
	if tcp == nil {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	setErr := error(nil)
	err = raw.Control(func(fd uintptr) {
		setErr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_OOBINLINE, 1)
	})
	if err != nil || setErr != nil {
		return nil
	}
	return raw
}

// reuseAddress lets several connections leave from the same port.
func reuseAddress(_, _ string, raw syscall.RawConn) error {
	setErr := error(nil)
	err := raw.Control(func(fd uintptr) {
		setErr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	})
	return errors.Join(err, setErr)
}

// setLowWater lets reads wait until so many bytes have come, or the end
// (SO_RCVLOWAT); false if conn is no TCP connection.
func setLowWater(conn net.Conn, size int) bool {
	tcp := tcpBelow(conn)
	if tcp == nil {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	setErr := error(nil)
	err = raw.Control(func(fd uintptr) {
		setErr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, size)
	})
	return err == nil && setErr == nil
}

// readSocket reads without waiting.
func readSocket(fd uintptr, p []byte) (int, error) {
	for {
		n, err := syscall.Read(int(fd), p)
		if err != syscall.EINTR {
			return max(n, 0), err
		}
	}
}

// peerHungUp tells whether a FIN or a reset has arrived.
func peerHungUp(raw syscall.RawConn) bool {
	gone := true
	err := raw.Control(func(fd uintptr) {
		fds := []unix.PollFd{{
			Fd:     int32(fd), //nolint:gosec // descriptors are small
			Events: unix.POLLRDHUP,
		}}
		_, err := unix.Poll(fds, 0)
		gone = err == nil && fds[0].Revents != 0
	})
	return err != nil || gone
}
