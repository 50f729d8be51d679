package s3_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/s3"
)

// customerKey is the base64 and the MD5 sum of "0123456789abcdef" written twice.
const (
	customerKey    = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	customerKeyMD5 = "hRasmdxgYDKV3nvbahU1MA=="
)

func customerKeyFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sse.key")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestCustomerKeyGoesWithTheRequestsThatNeedIt(t *testing.T) {
	const own, source = "X-Amz-Server-Side-Encryption-Customer-", "X-Amz-Copy-Source-Server-Side-Encryption-Customer-"
	for name, content := range map[string]string{
		"raw":    "0123456789abcdef0123456789abcdef",
		"base64": customerKey + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			cfg := s3.Config{Encryption: s3.Encryption{CustomerKeyFile: customerKeyFile(t, content)}}
			for _, req := range every(t, cfg, own+"Algorithm", "AES256") {
				query := req.URL.Query()
				want := map[string]string{}
				without := req.Method == http.MethodDelete || query.Has("list-type") || query.Has("delete") || query.Has("tagging")
				for _, prefix := range []string{own, source} {
					if without || prefix == source && req.Header.Get("X-Amz-Copy-Source") == "" {
						want[prefix+"Algorithm"], want[prefix+"Key"], want[prefix+"Key-Md5"] = "", "", ""
						continue
					}
					want[prefix+"Algorithm"], want[prefix+"Key"], want[prefix+"Key-Md5"] = "AES256", customerKey, customerKeyMD5
				}
				wantHeader(t, req, want)
			}
		})
	}
}

func TestCustomerKeyThatIsNone(t *testing.T) {
	clearEnvironment(t)
	const secret = "s3cret-of-the-wrong-length"
	tests := map[string]struct{ file, endpoint, want string }{
		"missing":     {filepath.Join(t.TempDir(), "none"), "https://127.0.0.1:1", "none"},
		"wrong":       {customerKeyFile(t, secret), "https://127.0.0.1:1", "32 bytes, as they are or in base64"},
		"empty":       {customerKeyFile(t, ""), "https://127.0.0.1:1", "openssl rand -base64 32"},
		"in the open": {customerKeyFile(t, customerKey), "http://127.0.0.1:1", "use an https:// endpoint"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := s3.Open(t.Context(), s3.Config{
				Bucket: "scans", Endpoint: tt.endpoint, Encryption: s3.Encryption{CustomerKeyFile: tt.file},
			})
			if err == nil || !strings.Contains(err.Error(), "parameter sse_c_key_file") || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Open: %v", err)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("error %q tells the secret", err)
			}
		})
	}
}

// A service that takes the wish to encrypt and ignores it must be found out.
func TestEncryptionThatIsIgnored(t *testing.T) {
	for name, encryption := range map[string]s3.Encryption{
		"sse=AES256":     {Algorithm: "AES256"},
		"sse=aws:kms":    {Algorithm: "aws:kms"},
		"sse_c_key_file": {CustomerKeyFile: customerKeyFile(t, customerKey)},
	} {
		t.Run(name, func(t *testing.T) {
			other := "AES256"
			if encryption.Algorithm == "AES256" {
				other = ""
			}
			weaker := []string{"X-Amz-Server-Side-Encryption", other}
			aws, _ := playAmazon(t, echo(stored, weaker...), created, echo(stored, weaker...))
			store := aws.mustOpen(t, s3.Config{Bucket: "scans", Region: "eu-north-1", Encryption: encryption})
			_, putErr := store.Put(t.Context(), "a", data, sealed)
			upload, err := store.Begin(t.Context(), "a", backends.PutOptions{})
			if err != nil {
				t.Fatal(err)
			}
			_, partErr := upload.PutPart(t.Context(), 1, 0, data, sealed.Checksum)
			for op, err := range map[string]error{"Put": putErr, "PutPart": partErr} {
				if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "the service ignores") ||
					!strings.Contains(err.Error(), name) {
					t.Errorf("%s: %v", op, err)
				}
			}
		})
	}
}
