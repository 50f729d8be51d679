//go:build !linux

package ftp

import (
	"errors"
	"net"
	"syscall"
)

// rawSocket has no implementation here: a lost control connection shows only
// when it is read.
func rawSocket(net.Conn) syscall.RawConn { return nil }

// reuseAddress does nothing: where another connection has the port, any is used.
func reuseAddress(_, _ string, _ syscall.RawConn) error { return nil }

// setLowWater does nothing: reads return what there is.
func setLowWater(net.Conn, int) bool { return false }

func readSocket(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }

func peerHungUp(syscall.RawConn) bool { return false }
