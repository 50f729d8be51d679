//go:build integration

package servers_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"testing"

	"go.uber.org/goleak"

	"ftpbridge/test/servers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServersAnswer(t *testing.T) {
	starts := map[string]func(testing.TB, servers.Options) *servers.Server{
		"minio":     servers.MinIO,
		"versitygw": servers.VersityGW,
	}
	for name, start := range starts {
		for mode, opts := range map[string]servers.Options{"plain": {}, "tls": {TLS: true}} {
			t.Run(name+"/"+mode, func(t *testing.T) {
				server := start(t, opts)
				server.MakeBucket(t, "bucket")
				// Both let nobody in without credentials, whether the bucket is
				// there or not: that the bucket works is shown where there is a client.
				response, err := clientFor(t, server).Get(server.Endpoint + "/bucket/")
				if err != nil {
					t.Fatal(err)
				}
				if err := response.Body.Close(); err != nil {
					t.Fatal(err)
				}
				if response.StatusCode != http.StatusForbidden {
					t.Errorf("anonymous listing: %s, want 403", response.Status)
				}
			})
		}
	}
}

func clientFor(t *testing.T, server *servers.Server) *http.Client {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	if server.CAFile != "" {
		pem, err := os.ReadFile(server.CAFile)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: transport}
}
