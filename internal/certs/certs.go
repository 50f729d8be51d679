// Package certs keeps a TLS configuration in step with the files that it is
// made of.
package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
)

// Files are what a server's TLS configuration is made of, all PEM.
type Files struct {
	// Certificates are offered by the server name that the client asks for
	// (SNI); the first is for those that ask for none or for another.
	Certificates []Pair
	// ClientCAs, if there are any, sign the certificates that clients then
	// must show.
	ClientCAs []string
	// MinVersion is the oldest version of TLS to speak. 0: TLS 1.2. Before
	// 1.2 the cipher suites of its time are offered as well.
	MinVersion uint16
}

// Pair is the files of a certificate, with those between it and its root, and of
// its key. They may be one and the same.
type Pair struct{ Certificate, Key string }

// paths are all the files.
func (f Files) paths() []string {
	paths := slices.Clone(f.ClientCAs)
	for _, pair := range f.Certificates {
		paths = append(paths, pair.Certificate, pair.Key)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// Load reads the files. The error names those that cannot be used.
func Load(files Files) (*tls.Config, error) {
	config := &tls.Config{MinVersion: files.MinVersion}
	if config.MinVersion == 0 {
		config.MinVersion = tls.VersionTLS12
	}
	if config.MinVersion < tls.VersionTLS12 {
		config.CipherSuites = oldCipherSuites()
	}
	var problems []error
	for _, pair := range files.Certificates {
		certificate, err := tls.LoadX509KeyPair(pair.Certificate, pair.Key)
		if err != nil {
			problems = append(problems, fmt.Errorf("certificate %s with key %s: %w", pair.Certificate, pair.Key, err))
		}
		config.Certificates = append(config.Certificates, certificate)
	}
	if len(files.Certificates) == 0 {
		problems = append(problems, errors.New("no certificate"))
	}
	if len(files.ClientCAs) > 0 {
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs = x509.NewCertPool()
	}
	for _, path := range files.ClientCAs {
		pem, err := os.ReadFile(path) //nolint:gosec // the operator names the file
		if err == nil && !config.ClientCAs.AppendCertsFromPEM(pem) {
			err = errors.New("no certificate in PEM")
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("client CA %s: %w", path, err))
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return config, nil
}

// oldCipherSuites are those that are sound and, for devices that know no
// others, those that exchange keys by RSA. RC4 and 3DES stay off.
func oldCipherSuites() []uint16 {
	var suites []uint16
	for _, suite := range tls.CipherSuites() {
		suites = append(suites, suite.ID)
	}
	return append(suites,
		tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA)
}

// Store is a TLS configuration that follows its files.
type Store struct {
	files   Files
	log     *slog.Logger
	seen    map[string]state // how the files were when they were read last; Watch's
	current atomic.Pointer[tls.Config]
}

// Open reads the files for the first time. Watch, which may run once, follows
// them.
func Open(files Files, log *slog.Logger) (*Store, error) {
	s := &Store{files: files, log: log, seen: files.look()}
	config, err := Load(files)
	if err != nil {
		return nil, err
	}
	s.current.Store(config)
	return s, nil
}

// Config is the last configuration that could be read whole. It must not be
// changed.
func (s *Store) Config() *tls.Config { return s.current.Load() }

// reload takes over what the files hold now; files that cannot be used change
// nothing.
func (s *Store) reload() {
	config, err := Load(s.files)
	if err != nil {
		s.log.Error("certificates", "outcome", "failed", "reason", err.Error(), "kept", s.describe())
		return
	}
	s.current.Store(config)
	s.log.Info("certificates", "outcome", "ok", "now", s.describe())
}

// describe tells the certificates in use apart: names and the day they end.
func (s *Store) describe() []string {
	var all []string
	for _, certificate := range s.Config().Certificates {
		leaf := certificate.Leaf
		all = append(all, fmt.Sprintf("%s until %s", leaf.Subject.CommonName, leaf.NotAfter.UTC().Format("2006-01-02")))
	}
	return all
}
