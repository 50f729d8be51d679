package main

import (
	"context"
	"log/slog"
	"slices"

	"ftpbridge/ftp"
	"ftpbridge/internal/certs"
	"ftpbridge/internal/config"
)

// openCertificates reads the certificates; nil if none are configured.
func openCertificates(cfg config.Config, log *slog.Logger) (*certs.Store, error) {
	if len(cfg.TLSCert) == 0 {
		return nil, nil
	}
	keys := cfg.TLSKey
	if len(keys) == 0 {
		keys = cfg.TLSCert
	}
	files := certs.Files{MinVersion: cfg.TLSMinVersion.ID()}
	for i, certificate := range cfg.TLSCert {
		files.Certificates = append(files.Certificates, certs.Pair{Certificate: certificate, Key: keys[i]})
	}
	if _, err := certs.Load(files); err != nil {
		return nil, config.NewProblems("TLS_CERT", err.Error())
	}
	files.ClientCAs = slices.Clone(cfg.TLSClientCA)
	store, err := certs.Open(files, log)
	if err != nil {
		return nil, config.NewProblems("TLS_CLIENT_CA", err.Error())
	}
	return store, nil
}

// protection is the TLS of the server.
func protection(cfg config.Config, store *certs.Store) ftp.TLS {
	if store == nil {
		return ftp.TLS{}
	}
	modes := map[config.TLSMode]ftp.TLSMode{
		config.TLSOff: ftp.TLSOff, config.TLSOptional: ftp.TLSOptional, config.TLSRequired: ftp.TLSRequired,
	}
	return ftp.TLS{
		Mode:         modes[cfg.TLSMode],
		Config:       store.Config,
		RequireReuse: cfg.TLSSessionReuse == config.ReuseRequired,
		LenientEOF:   cfg.TLSEOF == config.EOFLenient,
	}
}

// followCertificates uses changed certificates from then on, until the
// function that it returns is called.
func (s *service) followCertificates(ctx context.Context) (stop func() error) {
	if s.certs == nil {
		return func() error { return nil }
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- s.certs.Watch(ctx) }()
	return func() error {
		cancel()
		return <-ended
	}
}
