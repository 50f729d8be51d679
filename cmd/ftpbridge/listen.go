package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"syscall"

	"ftpbridge/ftp"
	"ftpbridge/internal/config"
)

// listen binds the addresses. With an error it returns those that it bound, for
// the caller to close.
func listen(ctx context.Context, addresses config.Addresses) ([]net.Listener, error) {
	var listeners []net.Listener
	var problems config.Problems
	for _, address := range addresses {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err != nil {
			problems = append(problems, config.NewProblems("LISTEN", address+" "+bindProblem(err))...)
			continue
		}
		listeners = append(listeners, listener)
	}
	if len(problems) > 0 {
		return listeners, problems
	}
	return listeners, nil
}

// listenPassive binds the ports for data connections; nil for any free one.
func listenPassive(ctx context.Context, ports config.PortRange, log *slog.Logger) (*ftp.PassivePorts, error) {
	if ports.Any() {
		return nil, nil
	}
	passive, err := ftp.ListenPassive(ctx, ports.First, ports.Last, log)
	if err == nil {
		return passive, nil
	}
	address := ports.String()
	if failed, ok := errors.AsType[*net.OpError](err); ok && failed.Addr != nil {
		address = failed.Addr.String()
	}
	return nil, config.NewProblems("PASSIVE_PORTS", address+" "+bindProblem(err))
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
