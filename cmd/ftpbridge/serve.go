package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"

	"ftpbridge/backends"
	"ftpbridge/backends/all"
	"ftpbridge/bridge"
	"ftpbridge/ftp"
	"ftpbridge/internal/bufpool"
	"ftpbridge/internal/certs"
	"ftpbridge/internal/config"
	"ftpbridge/internal/users"
)

const (
	// checkTimeout bounds the first request to the store.
	checkTimeout = 30 * time.Second
	// stopTimeout bounds a clean stop: what clients and the store get to take
	// note of the end of running transfers.
	stopTimeout = 20 * time.Second
)

func newServeCommand(environ []string) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Serve FTP until SIGINT or SIGTERM (the default command)",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd.Context(), environ, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
}

// serve serves until ctx ends, which is no error.
func serve(ctx context.Context, environ []string, stdout, stderr io.Writer) error {
	cfg, err := config.Load(environ)
	if err != nil {
		return err
	}
	return serveConfig(ctx, cfg, stdout, stderr)
}

func serveConfig(ctx context.Context, cfg config.Config, stdout, stderr io.Writer) error {
	user, err := newUser(cfg)
	if err != nil {
		return err
	}
	log := newLogger(stderr, cfg)
	s, err := open(ctx, cfg, user, log)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil // told to stop before the start
	}
	if err != nil {
		return err
	}
	if cfg.Demo {
		err = printDemo(stdout, cfg, s.control[0].Addr())
	}
	return errors.Join(err, s.run(ctx, log))
}

// service is all that serving needs: bound, opened and checked.
type service struct {
	control []controlPort
	passive *ftp.PassivePorts
	certs   *certs.Store // nil: no TLS
	store   backends.Store
	server  *ftp.Server
}

// open opens everything or nothing. It binds before it opens the store, so
// that a second instance does not even make a directory.
func open(ctx context.Context, cfg config.Config, user *users.User, log *slog.Logger) (*service, error) {
	s := new(service)
	var err error
	if s.certs, err = openCertificates(cfg, log); err != nil {
		return nil, err
	}
	if s.control, err = listen(ctx, cfg, log); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if s.passive, err = listenPassive(ctx, cfg, log); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if s.store, err = openStore(ctx, cfg, log); err != nil {
		return nil, errors.Join(err, s.close())
	}
	files := bridge.Config{
		Store:           s.store,
		Buffers:         bufpool.New(int64(cfg.TransferMemory)),
		PartSize:        int64(cfg.PartSize),
		PartConcurrency: cfg.PartConcurrency,
		RenameMax:       cfg.RenameMax,
		KeepDirs:        cfg.UserKeepDirs,
		Logger:          log,
	}
	s.server = &ftp.Server{
		Driver:         &driver{user: user, files: files},
		Logger:         log,
		Banner:         cfg.Banner,
		MaxSessions:    cfg.MaxSessions,
		LoginTimeout:   cfg.LoginTimeout,
		IdleTimeout:    cfg.IdleTimeout,
		StallTimeout:   cfg.StallTimeout,
		DataTimeout:    cfg.DataTimeout,
		KeepAlive:      cfg.TCPKeepalive,
		Passive:        s.passive,
		PassiveHost:    passiveHost(cfg.PassiveHost),
		ActiveMode:     cfg.ActiveMode,
		DataPeer:       dataPeer(cfg.DataPeer),
		TLS:            protection(cfg, s.certs),
		AllowPlaintext: cfg.AllowPlaintext,
	}
	if cfg.DataPeer.Any {
		log.Warn("data connections are accepted from anywhere", "remedy", "set "+config.Prefix+"DATA_PEER to address, cidr:… or tls")
	}
	return s, nil
}

// openStore opens the store and makes sure that it answers.
func openStore(ctx context.Context, cfg config.Config, log *slog.Logger) (backends.Store, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	store, err := all.Open(ctx, cfg.Store)
	if err != nil {
		return nil, config.NewProblems("STORE", err.Error())
	}
	if least := 4 * store.Info().PartMin; least > int64(cfg.TransferMemory) {
		err = config.NewProblems("TRANSFER_MEMORY", fmt.Sprintf("too little for the parts of this store; raise it to at least %v", config.Size(least)))
		return nil, errors.Join(err, store.Close())
	}
	if err := all.Check(ctx, stack(store, log, startRetries())); err != nil {
		return nil, errors.Join(storeProblem(err), store.Close())
	}
	return stack(store, log, servingRetries()), nil
}

// storeProblem tells what is wrong with the configuration from what may be
// right a moment later.
func storeProblem(err error) error {
	if errors.Is(err, backends.ErrNoBucket) || errors.Is(err, fs.ErrPermission) {
		return config.NewProblems("STORE", err.Error())
	}
	return fmt.Errorf("%sSTORE: %w", config.Prefix, err)
}

// run serves until ctx ends or a listener fails, then stops: transfers are
// cancelled, and sessions waited for. It closes everything.
func (s *service) run(ctx context.Context, log *slog.Logger) error {
	ended := make(chan error, len(s.control))
	for _, port := range s.control {
		log.Info("listening", "addr", port.Addr().String(), "implicit_tls", port.implicitTLS)
		serve := s.server.Serve
		if port.implicitTLS {
			serve = s.server.ServeTLS
		}
		go func() { ended <- serve(context.WithoutCancel(ctx), port.Listener) }()
	}
	unfollow := s.followCertificates(ctx)
	var failure error
	running := len(s.control)
	select {
	case <-ctx.Done():
	case failure = <-ended:
		running--
	}
	log.Info("stopping")
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := s.server.Shutdown(stopping); err != nil {
		failure = errors.Join(failure, fmt.Errorf("stop: %w", err))
	}
	for range running {
		if err := <-ended; !errors.Is(err, ftp.ErrServerClosed) {
			failure = errors.Join(failure, err)
		}
	}
	return errors.Join(failure, unfollow(), s.close())
}

// close closes what was opened and serves no more.
func (s *service) close() error {
	var errs []error
	for _, port := range s.control {
		if err := port.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if s.passive != nil {
		errs = append(errs, s.passive.Close())
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	return errors.Join(errs...)
}
