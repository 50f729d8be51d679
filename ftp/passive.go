package ftp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	// passiveWait is how long PASV and EPSV wait for a free port.
	passiveWait = 5 * time.Second
	// rebindInterval is how often ports that were in use are tried again.
	rebindInterval = time.Minute
)

var errNoPort = errors.New("no passive port free")

// PassiveConfig says on which ports data connections arrive.
type PassiveConfig struct {
	// First and Last are the ends of the range. Both 0: any free port of
	// the control connection's address, another for each data connection.
	First, Last uint16
	// Wrap, if set, is laid around each listener. The connections that it
	// accepts know their addresses without waiting, and have a method
	// NetConn() net.Conn that gives the one below.
	Wrap func(net.Listener) net.Listener
	// Logger gets a "refused" record for each connection that nobody waits
	// for, and a warning about ports in use. nil: none.
	Logger *slog.Logger
}

// PassivePorts are the ports on which data connections arrive. A port is
// held for a client's address from PASV or EPSV to the connection, and by one
// address at a time only once; clients of different addresses share it. A
// connection goes to the session that waits for its address, others are
// closed.
type PassivePorts struct {
	config PassiveConfig
	log    *slog.Logger
	ctx    context.Context // of accepting
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu      sync.Mutex
	ports   []*passivePort
	missing []uint16      // in use by others when they were last tried
	tried   time.Time     // when that was
	freed   chan struct{} // closed when a reservation ends, if anyone waits
	closed  bool
}

type passivePort struct {
	listener net.Listener
	number   uint16
	waiting  []*reservation // for peers that do not overlap
}

// ListenPassive binds all ports of the range, of IPv4 and IPv6. Those that are
// in use are left out, with a warning, and tried again when PASV or EPSV
// needs a port, at most once a minute; it fails only if none is free. The end of
// ctx does not close the ports.
func ListenPassive(ctx context.Context, config PassiveConfig) (*PassivePorts, error) {
	p := newPassivePorts(ctx, config)
	if p.any() {
		return p, nil
	}
	if config.First == 0 || config.Last < config.First {
		return nil, fmt.Errorf("no port range: %d-%d", config.First, config.Last)
	}
	for number := int(config.First); number <= int(config.Last); number++ {
		p.missing = append(p.missing, uint16(number)) //nolint:gosec // between two of that size
	}
	err := p.bindMissing(ctx)
	if len(p.ports) == 0 {
		return nil, errors.Join(err, p.Close())
	}
	if err != nil {
		p.log.Warn("passive ports in use", "ports", fmt.Sprint(p.missing), "reason", err.Error(),
			"remedy", "keep them from outgoing connections by the sysctl net.ipv4.ip_local_reserved_ports, or choose others")
	}
	return p, nil
}

func newPassivePorts(ctx context.Context, config PassiveConfig) *PassivePorts {
	p := &PassivePorts{config: config, log: config.Logger}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return p
}

func (p *PassivePorts) any() bool { return p.config.First == 0 && p.config.Last == 0 }

// bindMissing binds what it can of the missing ports and returns why it could
// not bind the first of those that remain. The lock is held, or nobody else
// knows p.
func (p *PassivePorts) bindMissing(ctx context.Context) (failure error) {
	p.tried = time.Now()
	p.missing = slices.DeleteFunc(p.missing, func(number uint16) bool {
		err := p.bind(ctx, ":"+strconv.Itoa(int(number)))
		if failure == nil {
			failure = err
		}
		return err == nil
	})
	return failure
}

// bind opens one more port.
func (p *PassivePorts) bind(ctx context.Context, address string) error {
	// Without a keepalive of the listener's own: transfers set theirs.
	listenConfig := net.ListenConfig{KeepAlive: -1}
	listener, err := listenConfig.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return p.add(listener)
}

// add takes over a listener.
func (p *PassivePorts) add(listener net.Listener) error {
	local, err := addrPort(listener.Addr())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if p.config.Wrap != nil {
		listener = p.config.Wrap(listener)
	}
	port := &passivePort{listener: listener, number: local.Port()}
	p.ports = append(p.ports, port)
	p.done.Go(func() {
		deliver := func(conn net.Conn) { p.deliver(port, conn) }
		if err := acceptAll(p.ctx, listener, p.log, deliver); err != nil {
			p.log.Error("accept", "listener", listener.Addr().String(), "reason", err.Error())
		}
	})
	return nil
}

// Close frees the ports. Connections that were handed over stay.
func (p *PassivePorts) Close() error {
	p.cancel()
	p.mu.Lock()
	p.closed = true
	var err error
	for _, port := range p.ports {
		err = errors.Join(err, port.listener.Close())
	}
	p.mu.Unlock()
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
	for _, r := range port.waiting {
		if r.peers.Contains(client) {
			r.conn <- conn // has room: a reservation gets one connection
			p.free(r)
			return true
		}
	}
	return false
}

// free ends a reservation. The lock is held.
func (p *PassivePorts) free(r *reservation) {
	i := slices.Index(r.port.waiting, r)
	if i < 0 {
		return
	}
	r.port.waiting = slices.Delete(r.port.waiting, i, i+1)
	if p.freed != nil {
		close(p.freed)
		p.freed = nil
	}
}

// reserve holds a port for a connection from one of peers. If all are held for
// these it waits, then fails. Where any port will do it is opened on local.
func (p *PassivePorts) reserve(ctx context.Context, local netip.Addr, peers netip.Prefix) (*reservation, error) {
	if p.any() {
		return reserveAny(ctx, p.config, local, peers)
	}
	timer := time.NewTimer(passiveWait)
	defer timer.Stop()
	for {
		r, freed := p.tryReserve(ctx, peers)
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

// tryReserve returns a reservation, or what to wait for. The port is chosen at
// random so that it cannot be foretold.
func (p *PassivePorts) tryReserve(ctx context.Context, peers netip.Prefix) (*reservation, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.missing) > 0 && !p.closed && time.Since(p.tried) >= rebindInterval {
		_ = p.bindMissing(ctx) // told at the start; the ports that there are will do
	}
	start := rand.IntN(len(p.ports)) //nolint:gosec // seeded by the system; and the address is checked too
	for i := range p.ports {
		port := p.ports[(start+i)%len(p.ports)]
		if !slices.ContainsFunc(port.waiting, func(r *reservation) bool { return r.peers.Overlaps(peers) }) {
			r := &reservation{pool: p, port: port, peers: peers, conn: make(chan net.Conn, 1)}
			port.waiting = append(port.waiting, r)
			return r, nil
		}
	}
	if p.freed == nil {
		p.freed = make(chan struct{})
	}
	return nil, p.freed
}

// reserveAny opens a port for this reservation alone, by a pool of its own.
func reserveAny(ctx context.Context, config PassiveConfig, local netip.Addr, peers netip.Prefix) (*reservation, error) {
	pool := newPassivePorts(ctx, config)
	if err := pool.bind(ctx, netip.AddrPortFrom(local, 0).String()); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	r, _ := pool.tryReserve(ctx, peers) // its only port is free
	r.own = true
	return r, nil
}

// reservation is a port held for one connection from one of peers.
type reservation struct {
	pool  *PassivePorts
	port  *passivePort
	peers netip.Prefix
	conn  chan net.Conn
	own   bool // the pool was made for this reservation only
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
