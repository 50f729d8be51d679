//go:build !linux

package ftp

import (
	"errors"
	"net"
	"syscall"
)

// plainSocket has no implementation here: sessions keep a buffer while idle.
func plainSocket(net.Conn) syscall.RawConn { return nil }

func readSocket(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }

func peerHungUp(syscall.RawConn) bool { return false }
