package ftp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// silentListener never gets a connection.
type silentListener struct{ closed chan struct{} }

func (l silentListener) Accept() (net.Conn, error) {
	<-l.closed
	return nil, net.ErrClosed
}
func (l silentListener) Close() error { close(l.closed); return nil }
func (l silentListener) Addr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:50000"))
}

func TestReserveWaitsForAFreePort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		ports, err := newPassivePorts(ctx, nil, silentListener{make(chan struct{})})
		if err != nil {
			t.Fatal(err)
		}
		defer ports.Close()
		client := netip.MustParseAddr("192.0.2.1")
		first, err := ports.reserve(ctx, client)
		if err != nil {
			t.Fatal(err)
		}

		begun := time.Now()
		if _, err := ports.reserve(ctx, client); !errors.Is(err, errNoPort) {
			t.Errorf("second reservation: %v", err)
		}
		if waited := time.Since(begun); waited != passiveWait {
			t.Errorf("it failed after %v, want %v", waited, passiveWait)
		}
		if _, err := ports.reserve(ctx, netip.MustParseAddr("::ffff:192.0.2.2")); err != nil {
			t.Errorf("reservation of another address: %v", err)
		}

		time.AfterFunc(passiveWait/2, first.drop)
		if _, err := ports.reserve(ctx, client); err != nil {
			t.Errorf("reservation of a port that became free: %v", err)
		}

		ended, cancel := context.WithCancelCause(ctx)
		cause := errors.New("enough")
		time.AfterFunc(time.Second, func() { cancel(cause) })
		if _, err := ports.reserve(ended, client); !errors.Is(err, cause) {
			t.Errorf("cancelled reservation: %v", err)
		}
	})
}
