// Package servers starts real object stores for tests, on loopback, with
// their data in the test's temporary directory. They end with the test. Their
// binaries are those of test/tools; a missing one fails the test.
package servers

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"
)

// Options of a server.
type Options struct {
	TLS bool // serve https, under a certificate authority of the server's own
}

// Server is a running object store that speaks the S3 protocol.
type Server struct {
	Endpoint  string // base URL, without a final slash
	AccessKey string
	SecretKey string
	CAFile    string // PEM file of the certificate authority; empty without TLS

	dataDir string // its directories are the buckets
}

const (
	accessKey = "ftpbridge-test"
	secretKey = "ftpbridge-test-secret" // of servers that live as long as a test
	kmsKey    = "a secret key of exactly 32 bytes"
)

// KMSKey is the ID of the key that a MinIO server encrypts with when asked to.
const KMSKey = "ftpbridge-test-key"

// MinIO starts a MinIO server and waits until it answers.
func MinIO(t testing.TB, opts Options) *Server {
	t.Helper()
	return start(t, opts, "minio", func(d dirs, addr string) command {
		return command{
			args: []string{"server", d.data, "--quiet", "--address", addr, "--certs-dir", d.certs},
			env: []string{
				"MINIO_ROOT_USER=" + accessKey, "MINIO_ROOT_PASSWORD=" + secretKey,
				"MINIO_UPDATE=off", "MINIO_BROWSER=off",
				"MINIO_KMS_SECRET_KEY=" + KMSKey + ":" + base64.StdEncoding.EncodeToString([]byte(kmsKey)),
			},
		}
	})
}

// VersityGW starts a Versity S3 gateway over a directory and waits until it
// answers. Where the file system has no user xattrs, it keeps its metadata
// in a directory beside the data.
func VersityGW(t testing.TB, opts Options) *Server {
	t.Helper()
	return start(t, opts, "versitygw", func(d dirs, addr string) command {
		args := []string{"--access", accessKey, "--secret", secretKey, "--port", addr, "--quiet"}
		if opts.TLS {
			args = append(args, "--cert", filepath.Join(d.certs, certFile), "--key", filepath.Join(d.certs, keyFile))
		}
		args = append(args, "posix")
		if !hasUserXattrs(t, d.data) {
			args = append(args, "--sidecar", d.sidecar)
		}
		return command{args: append(args, d.data)}
	})
}

// MakeBucket creates an empty bucket.
func (s *Server) MakeBucket(t testing.TB, name string) {
	t.Helper()
	if err := os.Mkdir(s.BucketDir(name), 0o755); err != nil {
		t.Fatalf("make bucket: %v", err)
	}
}

// BucketDir is the directory that holds a bucket, for both servers take a
// directory in their data for one. VersityGW takes the files in it for objects.
func (s *Server) BucketDir(bucket string) string { return filepath.Join(s.dataDir, bucket) }

// Environ is what a process needs in its environment, besides the endpoint,
// so that the AWS SDK's default chain finds this server's credentials and
// certificate authority, and no others that this machine may have.
func (s *Server) Environ() map[string]string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID":           s.AccessKey,
		"AWS_SECRET_ACCESS_KEY":       s.SecretKey,
		"AWS_SESSION_TOKEN":           "",
		"AWS_PROFILE":                 "",
		"AWS_REGION":                  "us-east-1",
		"AWS_CA_BUNDLE":               s.CAFile,
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_EC2_METADATA_DISABLED":   "true",
	}
}

// Setenv puts Environ into the environment of the test.
func (s *Server) Setenv(t testing.TB) {
	t.Helper()
	for name, value := range s.Environ() {
		t.Setenv(name, value)
	}
}
