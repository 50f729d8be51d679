package ftp

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// hostLife is how long the address of a name is used before it is asked
	// for again.
	hostLife = time.Minute
	// hostTimeout bounds the question.
	hostTimeout = 5 * time.Second
)

// PassiveHost chooses the address that PASV tells, for servers that clients
// reach by another address than the one the connection arrives at. It has one
// of its fields.
type PassiveHost struct {
	// Addr is told to all.
	Addr netip.Addr
	// Networks: the first that has the client's address decides; clients of
	// none are told the local address of their control connection.
	Networks []PassiveNetwork
	// Name is a DNS name. It is asked for again once a minute, when PASV
	// needs it; while that fails the last good address is told.
	Name string
	// Lookup asks for the IPv4 addresses of Name. nil: the system's resolver.
	Lookup func(ctx context.Context, name string) ([]netip.Addr, error)

	mu    sync.Mutex
	last  netip.Addr // good answer for Name
	asked time.Time
}

// PassiveNetwork is the address that clients of a network are told.
type PassiveNetwork struct {
	Clients netip.Prefix
	Addr    netip.Addr
}

// addr is the address to tell a client; zero if that is the local one.
func (h *PassiveHost) addr(ctx context.Context, client netip.Addr) (netip.Addr, error) {
	if h == nil {
		return netip.Addr{}, nil
	}
	for _, network := range h.Networks {
		if network.Clients.Contains(client) {
			return network.Addr, nil
		}
	}
	if h.Name != "" {
		return h.resolve(ctx)
	}
	return h.Addr, nil
}

// resolve is the address of Name. Only one session asks at a time; the others
// go on with the last good answer if there is one.
func (h *PassiveHost) resolve(ctx context.Context) (netip.Addr, error) {
	h.mu.Lock()
	last := h.last
	if last.IsValid() && time.Since(h.asked) < hostLife {
		h.mu.Unlock()
		return last, nil
	}
	h.asked = time.Now()
	h.mu.Unlock()

	found, err := h.lookup(ctx)
	if err != nil {
		if last.IsValid() {
			return last, nil
		}
		return netip.Addr{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = found
	return found, nil
}

func (h *PassiveHost) lookup(ctx context.Context) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, hostTimeout)
	defer cancel()
	lookup := h.Lookup
	if lookup == nil {
		lookup = func(ctx context.Context, name string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip4", name)
		}
	}
	addrs, err := lookup(ctx, h.Name)
	switch {
	case err != nil:
		return netip.Addr{}, fmt.Errorf("address of the passive host: %w", err)
	case len(addrs) == 0:
		return netip.Addr{}, fmt.Errorf("address of the passive host: %s has none", h.Name)
	}
	// The order changes from answer to answer; this one stays.
	return slices.MinFunc(addrs, netip.Addr.Compare).Unmap(), nil
}
