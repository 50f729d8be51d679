package servers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The names that MinIO wants in its directory of certificates.
const (
	certFile = "public.crt"
	keyFile  = "private.key"
)

// Certificate makes a certificate for loopback: its file, that of its key, and
// the configuration of a client that trusts it.
func Certificate(t testing.TB) (cert, key string, client *tls.Config) {
	t.Helper()
	dir := t.TempDir()
	cert, client = makeCertificate(t, dir)
	return cert, filepath.Join(dir, keyFile), client
}

// makeCertificate writes a certificate for loopback and its key into dir. It
// signs itself, so it is its own authority: the file to trust, and the
// configuration of a client that does.
func makeCertificate(t testing.TB, dir string) (caFile string, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "ftpbridge test server"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	caFile = filepath.Join(dir, certFile)
	writePEM(t, caFile, "CERTIFICATE", der)
	writePEM(t, filepath.Join(dir, keyFile), "PRIVATE KEY", keyDER)

	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return caFile, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

func writePEM(t testing.TB, path, kind string, der []byte) {
	t.Helper()
	block := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(path, block, 0o600); err != nil {
		t.Fatal(err)
	}
}
