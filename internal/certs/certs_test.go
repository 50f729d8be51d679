package certs_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ftpbridge/internal/certs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testTimeout is when a test that waits in vain gives up.
const testTimeout = 20 * time.Second

// issued is a certificate in PEM, with its key.
type issued struct {
	certificate, key []byte
	leaf             *x509.Certificate
	signer           *ecdsa.PrivateKey
}

// issue makes a certificate for a name; without a parent it signs itself.
func issue(t *testing.T, name string, parent *issued) issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: name},
		DNSNames:     []string{name},
		NotAfter:     time.Now().Add(time.Hour),
		IsCA:         parent == nil, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	by, signer := template, key
	if parent != nil {
		by, signer = parent.leaf, parent.signer
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return issued{
		certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
		leaf:        leaf,
		signer:      key,
	}
}

func (c issued) pair(t *testing.T) tls.Certificate {
	t.Helper()
	pair, err := tls.X509KeyPair(c.certificate, c.key)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// save writes the files of a pair.
func (c issued) save(t *testing.T, dir string) certs.Pair {
	t.Helper()
	pair := certs.Pair{Certificate: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key")}
	write(t, pair.Certificate, c.certificate)
	write(t, pair.Key, c.key)
	return pair
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// shown is the name of the certificate that a server with this configuration
// shows to a client, or the first error of either.
func shown(t *testing.T, config *tls.Config, client *tls.Config) (string, error) {
	t.Helper()
	serverEnd, clientEnd := net.Pipe()
	served := make(chan error, 1)
	go func() {
		server := tls.Server(serverEnd, config)
		served <- server.HandshakeContext(t.Context())
		_, _ = io.Copy(io.Discard, server) // until the client has closed
		serverEnd.Close()
	}()
	client = client.Clone()
	client.InsecureSkipVerify = true
	conn := tls.Client(clientEnd, client)
	err := conn.HandshakeContext(t.Context())
	if err != nil {
		clientEnd.Close()
		return "", fmt.Errorf("%w; server: %w", err, <-served)
	}
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	err = <-served
	clientEnd.Close()
	return conn.ConnectionState().PeerCertificates[0].Subject.CommonName, err
}

func TestServerNames(t *testing.T) {
	config, err := certs.Load(certs.Files{Certificates: []certs.Pair{
		issue(t, "a.example.com", nil).save(t, t.TempDir()),
		issue(t, "b.example.com", nil).save(t, t.TempDir()),
	}})
	if err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[string]string{
		"a.example.com": "a.example.com", "b.example.com": "b.example.com",
		"c.example.com": "a.example.com", "": "a.example.com",
	} {
		if got, err := shown(t, config, &tls.Config{ServerName: asked}); got != want || err != nil {
			t.Errorf("asked for %q: %q, %v, want %q", asked, got, err, want)
		}
	}
}

func TestVersions(t *testing.T) {
	pair := issue(t, "a.example.com", nil).save(t, t.TempDir())
	for _, tt := range []struct {
		least, client uint16
		ok            bool
	}{
		{0, tls.VersionTLS11, false},
		{0, tls.VersionTLS12, true},
		{0, tls.VersionTLS13, true},
		{tls.VersionTLS10, tls.VersionTLS10, true},
		{tls.VersionTLS11, tls.VersionTLS10, false},
		{tls.VersionTLS11, tls.VersionTLS11, true},
		{tls.VersionTLS13, tls.VersionTLS12, false},
		{tls.VersionTLS13, tls.VersionTLS13, true},
	} {
		config, err := certs.Load(certs.Files{Certificates: []certs.Pair{pair}, MinVersion: tt.least})
		if err != nil {
			t.Fatal(err)
		}
		_, err = shown(t, config, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tt.client})
		if (err == nil) != tt.ok {
			t.Errorf("least %x, client's %x: %v", tt.least, tt.client, err)
		}
	}
}

// TestCipherSuites: what exchanges keys by RSA is only for servers that speak
// what devices of that time do.
func TestCipherSuites(t *testing.T) {
	pair := issue(t, "a.example.com", nil).save(t, t.TempDir())
	for least, want := range map[uint16]bool{tls.VersionTLS10: true, tls.VersionTLS12: false} {
		config, err := certs.Load(certs.Files{Certificates: []certs.Pair{pair}, MinVersion: least})
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Contains(config.CipherSuites, tls.TLS_RSA_WITH_AES_128_CBC_SHA); got != want {
			t.Errorf("least %x: RSA key exchange %v", least, got)
		}
		for _, broken := range []uint16{tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA} {
			if slices.Contains(config.CipherSuites, broken) {
				t.Errorf("least %x: %s is on", least, tls.CipherSuiteName(broken))
			}
		}
	}
}

func TestClientCertificates(t *testing.T) {
	ca, stranger := issue(t, "ca", nil), issue(t, "stranger", nil)
	caPath := filepath.Join(t.TempDir(), "ca.pem")
	write(t, caPath, ca.certificate)
	config, err := certs.Load(certs.Files{
		Certificates: []certs.Pair{issue(t, "a.example.com", nil).save(t, t.TempDir())},
		ClientCAs:    []string{caPath},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		shows []tls.Certificate
		ok    bool
	}{
		"none":     {nil, false},
		"stranger": {[]tls.Certificate{stranger.pair(t)}, false},
		"signed":   {[]tls.Certificate{issue(t, "device 7", &ca).pair(t)}, true},
	} {
		if _, err := shown(t, config, &tls.Config{Certificates: tt.shows}); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	good := issue(t, "a.example.com", nil).save(t, t.TempDir())
	other := issue(t, "b.example.com", nil).save(t, t.TempDir())
	empty := filepath.Join(t.TempDir(), "empty.pem")
	write(t, empty, nil)
	for name, tt := range map[string]struct {
		files certs.Files
		want  []string
	}{
		"none":        {certs.Files{}, []string{"no certificate"}},
		"missing":     {certs.Files{Certificates: []certs.Pair{{"/nowhere.crt", "/nowhere.key"}}}, []string{"/nowhere.crt"}},
		"wrong key":   {certs.Files{Certificates: []certs.Pair{{good.Certificate, other.Key}}}, []string{good.Certificate, other.Key}},
		"several":     {certs.Files{Certificates: []certs.Pair{{empty, empty}}, ClientCAs: []string{empty}}, []string{"certificate " + empty, "client CA " + empty}},
		"CA is a key": {certs.Files{Certificates: []certs.Pair{good}, ClientCAs: []string{good.Key}}, []string{"client CA " + good.Key}},
	} {
		_, err := certs.Load(tt.files)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q lacks %q", name, err, want)
			}
		}
	}
}

// outcomes is a log handler that passes on what became of reloads.
type outcomes struct {
	slog.Handler
	seen chan string
}

func (o outcomes) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "outcome" {
			o.seen <- a.Value.String()
		}
		return true
	})
	return nil
}

func (o outcomes) await(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-o.seen:
		if got != want {
			t.Fatalf("reload %s, want %s", got, want)
		}
	case <-time.After(testTimeout):
		t.Fatal("no reload")
	}
}

// watched opens a Store that follows its files until the test ends.
func watched(t *testing.T, pair certs.Pair) (*certs.Store, outcomes) {
	t.Helper()
	seen := outcomes{slog.DiscardHandler, make(chan string, 100)}
	store, err := certs.Open(certs.Files{Certificates: []certs.Pair{pair}}, slog.New(enabled{seen}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- store.Watch(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Watch: %v", err)
		}
	})
	return store, seen
}

type enabled struct{ outcomes }

func (enabled) Enabled(context.Context, slog.Level) bool { return true }

func wantShown(t *testing.T, store *certs.Store, want string) {
	t.Helper()
	if got, err := shown(t, store.Config(), &tls.Config{}); got != want || err != nil {
		t.Errorf("shown: %q, %v, want %q", got, err, want)
	}
}

func TestReload(t *testing.T) {
	dir := t.TempDir()
	pair := issue(t, "first", nil).save(t, dir)
	store, reloads := watched(t, pair)
	wantShown(t, store, "first")

	issue(t, "second", nil).save(t, dir)
	reloads.await(t, "ok")
	wantShown(t, store, "second")

	write(t, pair.Certificate, []byte("no certificate"))
	reloads.await(t, "failed")
	wantShown(t, store, "second")

	if err := os.Remove(pair.Certificate); err != nil {
		t.Fatal(err)
	}
	reloads.await(t, "failed")
	wantShown(t, store, "second")

	third := issue(t, "third", nil).save(t, t.TempDir()) // renamed into place
	for from, to := range map[string]string{third.Certificate: pair.Certificate, third.Key: pair.Key} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	for reload := "failed"; reload != "ok"; { // it may see one before the other
		select {
		case reload = <-reloads.seen:
		case <-time.After(testTimeout):
			t.Fatal("no reload")
		}
	}
	wantShown(t, store, "third")
}

// TestReloadKubernetes changes a mounted secret as the kubelet does: a new
// directory, then the link ..data renamed onto the old one.
func TestReloadKubernetes(t *testing.T) {
	dir := t.TempDir()
	issue(t, "first", nil).save(t, filepath.Join(dir, "..2026_01"))
	for link, target := range map[string]string{"..data": "..2026_01", "tls.crt": "..data/tls.crt", "tls.key": "..data/tls.key"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	store, reloads := watched(t, certs.Pair{Certificate: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key")})
	wantShown(t, store, "first")

	issue(t, "second", nil).save(t, filepath.Join(dir, "..2026_02"))
	if err := os.Symlink("..2026_02", filepath.Join(dir, "..data_tmp")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "..2026_01")); err != nil {
		t.Fatal(err)
	}
	reloads.await(t, "ok")
	wantShown(t, store, "second")
}

// TestReloadAfterOpen: a change between Open and Watch is not lost.
func TestReloadAfterOpen(t *testing.T) {
	dir := t.TempDir()
	pair := issue(t, "first", nil).save(t, dir)
	seen := outcomes{slog.DiscardHandler, make(chan string, 100)}
	store, err := certs.Open(certs.Files{Certificates: []certs.Pair{pair}}, slog.New(enabled{seen}))
	if err != nil {
		t.Fatal(err)
	}
	issue(t, "second", nil).save(t, dir)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- store.Watch(ctx) }()
	seen.await(t, "ok")
	wantShown(t, store, "second")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
