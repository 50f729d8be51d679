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
		ports := newPassivePorts(ctx, PassiveConfig{First: 50000, Last: 50000})
		if err := ports.add(silentListener{make(chan struct{})}); err != nil {
			t.Fatal(err)
		}
		defer ports.Close()
		client := netip.MustParsePrefix("192.0.2.1/32")
		reserve := func(ctx context.Context, peers netip.Prefix) (*reservation, error) {
			return ports.reserve(ctx, netip.Addr{}, peers)
		}
		first, err := reserve(ctx, client)
		if err != nil {
			t.Fatal(err)
		}

		begun := time.Now()
		if _, err := reserve(ctx, client); !errors.Is(err, errNoPort) {
			t.Errorf("second reservation: %v", err)
		}
		if waited := time.Since(begun); waited != passiveWait {
			t.Errorf("it failed after %v, want %v", waited, passiveWait)
		}
		if _, err := reserve(ctx, netip.MustParsePrefix("192.0.2.2/32")); err != nil {
			t.Errorf("reservation of another address: %v", err)
		}

		time.AfterFunc(passiveWait/2, first.drop)
		if _, err := reserve(ctx, client); err != nil {
			t.Errorf("reservation of a port that became free: %v", err)
		}

		ended, cancel := context.WithCancelCause(ctx)
		cause := errors.New("enough")
		time.AfterFunc(time.Second, func() { cancel(cause) })
		if _, err := reserve(ended, client); !errors.Is(err, cause) {
			t.Errorf("cancelled reservation: %v", err)
		}
	})
}

// listenRange binds two ports that follow each other; the second is in use and
// freed by the function that is returned.
func listenRange(t *testing.T) (ports *PassivePorts, second uint16, free func()) {
	t.Helper()
	for range 50 {
		used, err := net.Listen("tcp", ":0")
		if err != nil {
			t.Fatal(err)
		}
		free = func() { used.Close() }
		t.Cleanup(free)
		second = used.Addr().(*net.TCPAddr).AddrPort().Port()
		ports, err = ListenPassive(t.Context(), PassiveConfig{First: second - 1, Last: second})
		if err == nil {
			return ports, second, free
		}
	}
	t.Fatal("no free port before one in use")
	return nil, 0, nil
}

func TestPassivePortInUseIsTriedAgain(t *testing.T) {
	ports, second, free := listenRange(t)
	defer ports.Close()
	reserve := func() (reserved []uint16) {
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			if r, err := ports.reserve(ctx, netip.Addr{}, netip.MustParsePrefix("192.0.2.1/32")); err == nil {
				defer r.drop()
				reserved = append(reserved, r.port.number)
			}
		}
		return reserved
	}
	if got := reserve(); len(got) != 1 || got[0] != second-1 {
		t.Errorf("while %d is in use these were reserved: %d", second, got)
	}
	free()
	if got := reserve(); len(got) != 1 {
		t.Errorf("tried again before its time: %d", got)
	}
	ports.mu.Lock()
	ports.tried = ports.tried.Add(-rebindInterval)
	ports.mu.Unlock()
	if got := reserve(); len(got) != 2 {
		t.Errorf("after %d became free these were reserved: %d", second, got)
	}
}

func TestPassiveHostName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		var answer []netip.Addr
		asked := 0
		host := &PassiveHost{Name: "ftp.example.com", Lookup: func(_ context.Context, name string) ([]netip.Addr, error) {
			asked++
			if len(answer) == 0 || name != "ftp.example.com" {
				return nil, errors.New("no answer")
			}
			return answer, nil
		}}
		for i, step := range []struct {
			answer []netip.Addr
			wait   time.Duration // after it
			want   netip.Addr
			asked  int
		}{
			{nil, 0, netip.Addr{}, 1},
			{[]netip.Addr{second, first}, hostLife - 1, first, 2}, // one of several, always the same
			{[]netip.Addr{second}, 1, first, 2},                   // kept for its time
			{[]netip.Addr{second}, hostLife, second, 3},
			{nil, 0, second, 4}, // the last good one
		} {
			answer = step.answer
			got, err := host.addr(t.Context(), first)
			if got != step.want || (err == nil) != step.want.IsValid() || asked != step.asked {
				t.Errorf("step %d: %v, %v after %d questions, want %v after %d", i, got, err, asked, step.want, step.asked)
			}
			<-time.After(step.wait) // by the clock of the bubble
		}
	})
}

func TestDataPeer(t *testing.T) {
	networks := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/64")}
	for _, tt := range []struct {
		peer      DataPeer
		protected bool
		client    string
		want      string
	}{
		{DataPeer{}, true, "10.1.2.3", "10.1.2.3/32"},
		{DataPeer{}, false, "::ffff:10.1.2.3", "10.1.2.3/32"},
		{DataPeer{}, false, "fe80::1%eth0", "fe80::1/128"},
		{DataPeer{Networks: networks}, false, "10.1.2.3", "10.0.0.0/8"},
		{DataPeer{Networks: networks}, false, "11.1.2.3", "11.1.2.3/32"},
		{DataPeer{Networks: networks}, false, "2001:db8::5", "2001:db8::/64"},
		{DataPeer{BySession: true}, true, "10.1.2.3", "0.0.0.0/0"},
		{DataPeer{BySession: true}, false, "10.1.2.3", "10.1.2.3/32"},
		{DataPeer{Any: true}, false, "2001:db8::5", "::/0"},
	} {
		if got := tt.peer.expected(netip.MustParseAddr(tt.client), tt.protected); got.String() != tt.want {
			t.Errorf("%+v, protected %v: %s may connect from %s, want %s", tt.peer, tt.protected, tt.client, got, tt.want)
		}
	}
	// PORT never leads further than the addresses that count as equal.
	for _, tt := range []struct {
		peer  DataPeer
		asked string
		ok    bool
	}{
		{DataPeer{}, "10.1.2.3:5000", true},
		{DataPeer{}, "10.1.2.4:5000", false},
		{DataPeer{Networks: networks}, "10.9.9.9:5000", true},
		{DataPeer{Networks: networks}, "11.1.1.1:5000", false},
		{DataPeer{Networks: networks}, "10.9.9.9:500", false},
		{DataPeer{Any: true}, "10.1.2.4:5000", false},
		{DataPeer{BySession: true}, "10.1.2.4:5000", false},
	} {
		got, err := activeTarget(netip.MustParseAddrPort("10.1.2.3:7"), netip.MustParseAddrPort(tt.asked), tt.peer)
		if (err == nil) != tt.ok || tt.ok && got.String() != tt.asked {
			t.Errorf("%+v: PORT to %s = %v, %v", tt.peer, tt.asked, got, err)
		}
	}
}
