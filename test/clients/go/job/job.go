// Package job reads the command line that all scripted clients of the
// end-to-end tests share:
//
//	HOST PORT USER PASSWORD active|passive JOB NAME...
//
// With FTPS=explicit or implicit in the environment the session is protected, by
// the TLS version FTPS_VERSION, and the server must be known to the authority in
// the file FTPS_CA.
package job

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
)

// Login is where and as whom to log in.
type Login struct {
	Addr, User, Password string
	Active               bool
	TLS                  *tls.Config // nil without protection
	ImplicitTLS          bool
}

// Jobs do what they are named for with two names: that of the source and that
// of the target. Where a job has only one, the second is empty.
type Jobs map[string]func(first, second string) error

// Run logs in by open and does the job of the command line.
func Run(open func(Login) (Jobs, func() error, error)) {
	if err := run(open, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(open func(Login) (Jobs, func() error, error), args []string) error {
	if len(args) < 7 {
		return errors.New("too few arguments: want HOST PORT USER PASSWORD active|passive JOB NAME")
	}
	config, err := protection(args[0])
	if err != nil {
		return err
	}
	jobs, closeClient, err := open(Login{
		Addr: net.JoinHostPort(args[0], args[1]), User: args[2], Password: args[3], Active: args[4] == "active",
		TLS: config, ImplicitTLS: os.Getenv("FTPS") == "implicit",
	})
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	do, ok := jobs[args[5]]
	if !ok {
		return fmt.Errorf("unknown job %s", args[5])
	}
	names := append(args[6:], "")
	if err := do(names[0], names[1]); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", args[5], err), closeClient())
	}
	return closeClient()
}

// protection is the configuration of a client that resumes sessions, on data
// connections too.
func protection(host string) (*tls.Config, error) {
	if os.Getenv("FTPS") == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(os.Getenv("FTPS_CA"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	version := map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[os.Getenv("FTPS_VERSION")]
	return &tls.Config{
		ServerName: host, RootCAs: roots, MinVersion: version, MaxVersion: version,
		ClientSessionCache: tls.NewLRUClientSessionCache(0),
	}, nil
}
