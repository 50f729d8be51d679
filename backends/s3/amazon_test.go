package s3_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ftpbridge/backends/s3"
)

// amazon is a service to which all of Amazon's addresses lead, by TLS.
type amazon struct {
	addr   string
	caFile string
}

func startAmazon(t *testing.T, handler http.Handler) *amazon {
	t.Helper()
	clearEnvironment(t)
	server := httptest.NewUnstartedServer(handler)
	a := &amazon{}
	server.TLS, a.caFile = amazonCertificate(t)
	server.StartTLS()
	t.Cleanup(server.Close)
	a.addr = server.Listener.Addr().String()
	return a
}

// playAmazon is play at Amazon's own addresses: no endpoint is given.
func playAmazon(t *testing.T, answers ...http.HandlerFunc) (*amazon, *service) {
	t.Helper()
	svc := &service{answers: answers}
	t.Cleanup(func() {
		if got := len(svc.received()); got != len(answers) {
			t.Errorf("%d requests, want %d", got, len(answers))
		}
	})
	return startAmazon(t, svc), svc
}

// open opens the store, as all the world.
func (a *amazon) open(t *testing.T, cfg s3.Config) (*s3.Store, error) {
	t.Helper()
	cfg.CAFile = a.caFile
	store, err := s3.OpenDialing(t.Context(), cfg, func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, a.addr)
	})
	if err == nil {
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return store, err
}

func (a *amazon) mustOpen(t *testing.T, cfg s3.Config) *s3.Store {
	t.Helper()
	store, err := a.open(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// amazonCertificate is for the hosts that tests reach, and in a file.
func amazonCertificate(t *testing.T) (*tls.Config, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		DNSNames: []string{
			"*.s3.us-east-1.amazonaws.com", "*.s3.eu-north-1.amazonaws.com", "sts.eu-north-1.amazonaws.com",
			"*.s3express-use1-az4.us-east-1.amazonaws.com",
		},
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, file
}
