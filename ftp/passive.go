package ftp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// passiveWait is how long PASV and EPSV wait for a free port.
const passiveWait = 5 * time.Second

var errNoPort = errors.New("no passive port free")

// PassivePorts are the ports on which data connections arrive. A port is
// held for a client's address from PASV or EPSV to the connection, and by one
// address at a time only once; clients of different addresses share it. A
// connection goes to the session that waits for its address, others are
// closed.
type PassivePorts struct {
	ports  []*passivePort
	log    *slog.Logger
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu    sync.Mutex
	freed chan struct{} // closed when a reservation ends, if anyone waits
}

type passivePort struct {
	listener net.Listener
	number   uint16
	waiting  map[netip.Addr]*reservation
}

// ListenPassive binds all ports from first to last, of IPv4 and IPv6, so that
// a port in use shows at the start. Logger gets a "refused" record for each
// connection that nobody waits for; it may be nil. The end of ctx does not
// close the ports.
func ListenPassive(ctx context.Context, first, last uint16, logger *slog.Logger) (*PassivePorts, error) {
	if first == 0 || last < first {
		return nil, fmt.Errorf("no port range: %d-%d", first, last)
	}
	var listeners []net.Listener
	for number := int(first); number <= int(last); number++ {
		listener, err := listenData(ctx, ":"+strconv.Itoa(number))
		if err != nil {
			for _, l := range listeners {
				err = errors.Join(err, l.Close())
			}
			return nil, err
		}
		listeners = append(listeners, listener)
	}
	return newPassivePorts(ctx, logger, listeners...)
}

// listenData listens without a keepalive of its own: transfers set theirs.
func listenData(ctx context.Context, address string) (net.Listener, error) {
	config := net.ListenConfig{KeepAlive: -1}
	return config.Listen(ctx, "tcp", address)
}

// newPassivePorts takes over the listeners.
func newPassivePorts(ctx context.Context, logger *slog.Logger, listeners ...net.Listener) (*PassivePorts, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p := &PassivePorts{log: logger, cancel: cancel}
	for _, listener := range listeners {
		local, err := addrPort(listener.Addr())
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		port := &passivePort{listener: listener, number: local.Port(), waiting: make(map[netip.Addr]*reservation)}
		p.ports = append(p.ports, port)
		p.done.Go(func() {
			deliver := func(conn net.Conn) { p.deliver(port, conn) }
			if err := acceptAll(ctx, listener, logger, deliver); err != nil {
				logger.Error("accept", "listener", listener.Addr().String(), "reason", err.Error())
			}
		})
	}
	return p, nil
}

// Close frees the ports. Connections that were handed over stay.
func (p *PassivePorts) Close() error {
	p.cancel()
	var err error
	for _, port := range p.ports {
		err = errors.Join(err, port.listener.Close())
	}
	p.done.Wait()
	return err
}

// deliver gives a connection to the session that waits for its address.
func (p *PassivePorts) deliver(port *passivePort, conn net.Conn) {
	peer, err := addrPort(conn.RemoteAddr())
	if err == nil && p.claim(port, plainAddr(peer.Addr()), conn) {
		return
	}
	p.log.Info("refused", "client_ip", peer.Addr().String(), "client_port", peer.Port(),
		"reason", "no session waits for a data connection from this address")
	_ = conn.Close() // a stranger's
}

func (p *PassivePorts) claim(port *passivePort, client netip.Addr, conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := port.waiting[client]
	if r == nil {
		return false
	}
	r.conn <- conn // has room: a reservation gets one connection
	p.free(r)
	return true
}

// free ends a reservation. The lock is held.
func (p *PassivePorts) free(r *reservation) {
	if r.port.waiting[r.client] != r {
		return
	}
	delete(r.port.waiting, r.client)
	if p.freed != nil {
		close(p.freed)
		p.freed = nil
	}
}

// reserve holds a port for a client, chosen at random so that it cannot be
// foretold. If all are held for this address it waits, then fails.
func (p *PassivePorts) reserve(ctx context.Context, client netip.Addr) (*reservation, error) {
	timer := time.NewTimer(passiveWait)
	defer timer.Stop()
	for {
		r, freed := p.tryReserve(plainAddr(client))
		if r != nil {
			return r, nil
		}
		select {
		case <-freed:
		case <-timer.C:
			return nil, errNoPort
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// tryReserve returns a reservation, or what to wait for.
func (p *PassivePorts) tryReserve(client netip.Addr) (*reservation, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	start := rand.IntN(len(p.ports)) //nolint:gosec // seeded by the system; and the address is checked too
	for i := range p.ports {
		port := p.ports[(start+i)%len(p.ports)]
		if port.waiting[client] == nil {
			r := &reservation{pool: p, port: port, client: client, conn: make(chan net.Conn, 1)}
			port.waiting[client] = r
			return r, nil
		}
	}
	if p.freed == nil {
		p.freed = make(chan struct{})
	}
	return nil, p.freed
}

// reservation is a port held for one connection from one address.
type reservation struct {
	pool   *PassivePorts
	port   *passivePort
	client netip.Addr
	conn   chan net.Conn
	own    bool // the pool was made for this reservation only
}

// reserveAny makes a port for this client alone, on the local address.
func reserveAny(ctx context.Context, local, client netip.Addr, logger *slog.Logger) (*reservation, error) {
	listener, err := listenData(ctx, netip.AddrPortFrom(local, 0).String())
	if err != nil {
		return nil, err
	}
	pool, err := newPassivePorts(ctx, logger, listener)
	if err != nil {
		return nil, err
	}
	r, err := pool.reserve(ctx, client)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	r.own = true
	return r, nil
}

func (r *reservation) open(ctx context.Context) (net.Conn, error) {
	select {
	case conn := <-r.conn:
		return conn, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (*reservation) active() bool { return false }

func (r *reservation) drop() {
	r.pool.mu.Lock()
	r.pool.free(r)
	r.pool.mu.Unlock()
	if r.own {
		_ = r.pool.Close() // its listener only
	}
	select {
	case conn := <-r.conn:
		_ = conn.Close() // nobody wants it any more
	default:
	}
}
