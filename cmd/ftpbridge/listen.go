package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"syscall"

	"ftpbridge/ftp"
	"ftpbridge/internal/config"
	"ftpbridge/internal/proxyproto"
)

// controlPort is where sessions begin.
type controlPort struct {
	net.Listener
	implicitTLS bool
}

// listen binds the control ports. With an error it returns those that it bound,
// for the caller to close.
func listen(ctx context.Context, cfg config.Config, log *slog.Logger) ([]controlPort, error) {
	plain, problems := listenOn(ctx, "LISTEN", cfg.Listen)
	protected, more := listenOn(ctx, "IMPLICIT_TLS_LISTEN", cfg.ImplicitTLSListen)
	var ports []controlPort
	for i, listener := range slices.Concat(plain, protected) {
		listener = behindProxies(cfg, log, listener, false)
		ports = append(ports, controlPort{Listener: listener, implicitTLS: i >= len(plain)})
	}
	if problems = append(problems, more...); len(problems) > 0 {
		return ports, problems
	}
	return ports, nil
}

// listenOn binds the addresses of a variable.
func listenOn(ctx context.Context, name string, addresses config.Addresses) (listeners []net.Listener, problems config.Problems) {
	for _, address := range addresses {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err != nil {
			problems = append(problems, config.NewProblems(name, address+" "+bindProblem(err))...)
			continue
		}
		listeners = append(listeners, listener)
	}
	return listeners, problems
}

// listenPassive binds the ports for data connections.
func listenPassive(ctx context.Context, cfg config.Config, log *slog.Logger) (*ftp.PassivePorts, error) {
	ports := cfg.PassivePorts
	passive, err := ftp.ListenPassive(ctx, ftp.PassiveConfig{
		First:  ports.First,
		Last:   ports.Last,
		Wrap:   func(l net.Listener) net.Listener { return behindProxies(cfg, log, l, true) },
		Logger: log,
	})
	if err == nil {
		return passive, nil
	}
	address := ports.String()
	if failed, ok := errors.AsType[*net.OpError](err); ok && failed.Addr != nil {
		address = failed.Addr.String()
	}
	return nil, config.NewProblems("PASSIVE_PORTS", address+" "+bindProblem(err))
}

// behindProxies lets a listener learn the addresses of clients from the proxies
// before it, if there are any. Those may check the health of a control port, but
// have no data to send.
func behindProxies(cfg config.Config, log *slog.Logger, listener net.Listener, data bool) net.Listener {
	if len(cfg.ProxyProtocolFrom) == 0 {
		return listener
	}
	return proxyproto.Listen(listener, proxyproto.Config{From: cfg.ProxyProtocolFrom, RefuseOwn: data, Logger: log})
}

// bindProblem tells why an address cannot be listened on, and the remedy.
func bindProblem(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "is in use; stop the program that has it, or choose another"
	case errors.Is(err, syscall.EACCES):
		return "needs a privilege; choose a port from 1024 on, or grant CAP_NET_BIND_SERVICE"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "is not an address of this machine; choose one that is, or none as in :2121"
	default:
		return fmt.Sprintf("cannot be listened on (%v); choose another", err)
	}
}
