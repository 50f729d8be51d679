package ftp

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"syscall"
	"time"
)

const (
	acceptBackoff      = 5 * time.Millisecond
	acceptBackoffLimit = time.Second
)

// acceptAll gives every connection to handle, until the listener is closed or
// ctx ends (nil), or it fails for good. While the process or the system is
// short of something it waits and goes on.
func acceptAll(ctx context.Context, listener net.Listener, log *slog.Logger, handle func(net.Conn)) error {
	backoff := acceptBackoff
	for {
		conn, err := listener.Accept()
		switch {
		case err == nil:
			backoff = acceptBackoff
			handle(conn)
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			return nil //nolint:nilerr // the ordinary end
		case passing(err):
			log.Error("accept", "listener", listener.Addr().String(), "reason", err.Error(), "retry_ms", backoff.Milliseconds())
			if !pause(ctx, backoff) {
				return nil
			}
			backoff = min(2*backoff, acceptBackoffLimit)
		default:
			return err
		}
	}
}

// passing tells whether accepting may work again later.
func passing(err error) bool {
	for _, errno := range []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// pause waits; false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
