package s3_test

import (
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/s3"
)

var emptyListing = answer("<ListBucketResult><Name>scans</Name></ListBucketResult>")

func list(t *testing.T, store *s3.Store) error {
	t.Helper()
	for _, err := range store.List(t.Context(), "", backends.ListOptions{}) {
		if err != nil {
			return err
		}
	}
	return nil
}

func writeFile(t *testing.T, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// The authorities of the URL's file count besides those of the environment.
func TestAuthorities(t *testing.T) {
	clearEnvironment(t)
	server := httptest.NewUnstartedServer(emptyListing)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of those who do not trust it
	server.StartTLS()
	defer server.Close()
	itsOwn := writeFile(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	_, another := amazonCertificate(t)
	tests := map[string]struct {
		bundle, caFile string
		trusted        bool
	}{
		"file":            {caFile: itsOwn, trusted: true},
		"environment":     {bundle: itsOwn, trusted: true},
		"both":            {bundle: itsOwn, caFile: another, trusted: true},
		"both, other way": {bundle: another, caFile: itsOwn, trusted: true},
		"another":         {caFile: another},
		"none":            {},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("AWS_CA_BUNDLE", tt.bundle)
			store, err := s3.Open(t.Context(), s3.Config{
				Bucket: "scans", Endpoint: server.URL, PathStyle: true, CAFile: tt.caFile,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			err = list(t, store)
			if tt.trusted && err != nil || !tt.trusted && (err == nil || !strings.Contains(err.Error(), "certificate")) {
				t.Errorf("List: %v", err)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	clearEnvironment(t)
	const plain, encrypted = "http://127.0.0.1:1", "https://127.0.0.1:1"
	tests := map[string]struct {
		cfg  s3.Config
		env  map[string]string
		want string
	}{
		"missing authorities": {
			cfg: s3.Config{Endpoint: encrypted, CAFile: filepath.Join(t.TempDir(), "none.pem")}, want: "parameter ca_file: open",
		},
		"no authorities": {
			cfg: s3.Config{Endpoint: encrypted, CAFile: writeFile(t, []byte("hello"))}, want: "no certificate in PEM form",
		},
		"unsigned payload over TLS": {
			cfg: s3.Config{Endpoint: encrypted, UnsignedPayload: true}, want: "parameter unsigned_payload: over TLS",
		},
		"unsigned payload to Amazon": {
			cfg: s3.Config{Region: "eu-north-1", UnsignedPayload: true}, want: "parameter unsigned_payload: over TLS",
		},
		"customer's key in the open, by the environment": {
			cfg:  s3.Config{Encryption: s3.Encryption{CustomerKeyFile: writeFile(t, []byte(customerKey))}},
			env:  map[string]string{"AWS_ENDPOINT_URL_S3": plain},
			want: "parameter sse_c_key_file: the key would travel in clear text",
		},
		"directory bucket without region": {
			cfg: s3.Config{Bucket: "scans--use1-az4--x-s3", Experimental: true}, want: "add region=…",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			if tt.cfg.Bucket == "" {
				tt.cfg.Bucket = "scans"
			}
			store, err := s3.Open(t.Context(), tt.cfg)
			if err == nil {
				_ = store.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
		})
	}
}

func TestEndpointOfTheEnvironment(t *testing.T) {
	clearEnvironment(t)
	server := httptest.NewServer(emptyListing)
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL_S3", server.URL)
	store, err := s3.Open(t.Context(), s3.Config{Bucket: "scans", PathStyle: true, UnsignedPayload: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := list(t, store); err != nil {
		t.Error(err)
	}
}

func TestUniformParts(t *testing.T) {
	for _, uniform := range []bool{true, false} {
		store, _ := play(t, s3.Config{PartsUniform: uniform})
		if got := store.Info().PartsUniform; got != uniform {
			t.Errorf("PartsUniform of %t is %t", uniform, got)
		}
	}
}

// Proxies of the environment are read once in a process, so this one needs
// another: it runs itself again.
func TestProxyOfTheEnvironment(t *testing.T) {
	const host = "s3.store.example"
	if os.Getenv("HTTP_PROXY") != "" && os.Getenv("FTPBRIDGE_S3_TEST") == "behind a proxy" {
		clearEnvironment(t)
		store, err := s3.Open(t.Context(), s3.Config{Bucket: "scans", Endpoint: "http://" + host, PathStyle: true})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		if err := list(t, store); err != nil {
			t.Fatal(err)
		}
		return
	}
	asked := make(chan string, 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.RequestURI
		emptyListing(w, r)
	}))
	defer proxy.Close()
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxyOfTheEnvironment$")
	again.Env = append(os.Environ(), "HTTP_PROXY="+proxy.URL, "NO_PROXY=", "FTPBRIDGE_S3_TEST=behind a proxy")
	if out, err := again.CombinedOutput(); err != nil {
		t.Fatalf("behind the proxy: %v\n%s", err, out)
	}
	select {
	case uri := <-asked:
		if !strings.HasPrefix(uri, "http://"+host+"/scans?") {
			t.Errorf("the proxy was asked for %s", uri)
		}
	default:
		t.Error("the proxy was not asked")
	}
}

func TestStatTellsTheSumOfAllBytes(t *testing.T) {
	sum := backends.Checksum(data).Base64()
	tests := map[string]struct {
		header []string
		has    bool
	}{
		"of all bytes":     {[]string{"X-Amz-Checksum-Crc32c", sum, "X-Amz-Checksum-Type", "FULL_OBJECT"}, true},
		"of the parts":     {[]string{"X-Amz-Checksum-Crc32c", sum, "X-Amz-Checksum-Type", "COMPOSITE"}, false},
		"of parts, marked": {[]string{"X-Amz-Checksum-Crc32c", sum + "-3", "X-Amz-Checksum-Type", "FULL_OBJECT"}, false},
		"another kind":     {[]string{"X-Amz-Checksum-Crc64nvme", "AAAAAAAAAAA=", "X-Amz-Checksum-Type", "FULL_OBJECT"}, false},
		"none":             {nil, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store, svc := play(t, s3.Config{}, answer("", append([]string{"ETag", `"v1"`}, tt.header...)...))
			object, err := store.Stat(t.Context(), "a")
			if err != nil {
				t.Fatal(err)
			}
			if object.HasSum != tt.has || tt.has && object.Sum != backends.Checksum(data) {
				t.Errorf("object %+v", object)
			}
			wantHeader(t, svc.received()[0], map[string]string{"X-Amz-Checksum-Mode": "ENABLED"})
		})
	}
}

func TestSetMetadataOfWhatIsTooLarge(t *testing.T) {
	store, _ := play(t, s3.Config{}, answer("", "Content-Length", "8", "ETag", `"v1"`))
	store.SetSingleCopyMax(7)
	_, err := store.SetMetadata(t.Context(), "a", map[string]string{"mtime": "1"}, "")
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("SetMetadata: %v", err)
	}
}
