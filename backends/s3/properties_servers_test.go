//go:build integration

package s3_test

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"ftpbridge/backends"
	"ftpbridge/backends/s3"
	"ftpbridge/test/servers"
)

// scans is the bucket of these tests.
const scans = "scans"

// startBucket starts a server with the bucket, empty, and the environment for it.
func startBucket(t *testing.T, start func(testing.TB, servers.Options) *servers.Server, opts servers.Options) *servers.Server {
	t.Helper()
	server := start(t, opts)
	server.MakeBucket(t, scans)
	server.Setenv(t)
	return server
}

// openBucket opens the bucket with these parameters of its URL besides the endpoint.
func openBucket(t *testing.T, server *servers.Server, params string) *s3.Store {
	t.Helper()
	store := openURL(t, "s3://"+scans+"?"+params+"&endpoint="+url.QueryEscape(server.Endpoint))
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

const partSize = 5 << 20

// threeParts is what an upload brings here.
var threeParts = bytes.Repeat([]byte("0123456789abcdef"), (2*partSize+160)/16)

// uploadInParts stores threeParts.
func uploadInParts(t *testing.T, store *s3.Store, key string) {
	t.Helper()
	upload, err := store.Begin(t.Context(), key, backends.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var parts []backends.Part
	for offset := 0; offset < len(threeParts); offset += partSize {
		content := threeParts[offset:min(offset+partSize, len(threeParts))]
		part, err := upload.PutPart(t.Context(), len(parts)+1, int64(offset), content, backends.Checksum(content))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part)
	}
	if listed, err := upload.Parts(t.Context()); err != nil || len(listed) != len(parts) {
		t.Fatalf("Parts: %d, %v; want %d", len(listed), err, len(parts))
	}
	if _, err := upload.Commit(t.Context(), parts, backends.Checksum(threeParts), backends.Condition{}); err != nil {
		t.Fatal(err)
	}
}

// makeEveryWay stores threeParts in each way that the store has.
func makeEveryWay(t *testing.T, store *s3.Store) (keys []string) {
	t.Helper()
	_, err := store.Put(t.Context(), "put", threeParts, backends.PutOptions{Checksum: backends.Checksum(threeParts)})
	if err != nil {
		t.Fatal(err)
	}
	uploadInParts(t, store, "uploaded")
	for _, from := range []string{"put", "uploaded"} {
		key := "copy of " + from
		if _, err := store.Copy(t.Context(), key, backends.Source{Key: from}, backends.Condition{}); err != nil {
			t.Fatal(err)
		}
		if _, err := store.SetMetadata(t.Context(), key, map[string]string{"mtime": "1"}, ""); err != nil {
			t.Fatal(err)
		}
	}
	store.SetSingleCopyMax(partSize)
	if _, err := store.Copy(t.Context(), "copied in parts", backends.Source{Key: "put"}, backends.Condition{}); err != nil {
		t.Fatal(err)
	}
	return []string{"put", "uploaded", "copy of put", "copy of uploaded", "copied in parts"}
}

func wantRange(t *testing.T, store *s3.Store, key string, offset, length int64, want []byte) {
	t.Helper()
	r, err := store.Open(t.Context(), key, offset, length, "")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s from %d on: %d bytes that differ (%v)", key, offset, len(got), err)
	}
}

// wantReadable: all of the objects can be read, and their sums are told but for
// those copied in parts.
func wantReadable(t *testing.T, store *s3.Store, keys []string) {
	t.Helper()
	for _, key := range keys {
		wantRange(t, store, key, 0, -1, threeParts)
		wantRange(t, store, key, partSize-3, 6, threeParts[partSize-3:partSize+3])
		object, err := store.Stat(t.Context(), key)
		if err != nil || object.Size != int64(len(threeParts)) {
			t.Errorf("Stat of %s: %+v, %v", key, object, err)
		}
		if told := object.HasSum && object.Sum == backends.Checksum(threeParts); told != (key != "copied in parts") {
			t.Errorf("sum of %s: %+v", key, object)
		}
	}
}

func TestSumsAreKept(t *testing.T) {
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			store := openBucket(t, startBucket(t, start, servers.Options{}), "")
			wantReadable(t, store, makeEveryWay(t, store))
		})
	}
}

func TestEncryption(t *testing.T) {
	tests := map[string]struct {
		params string
		want   string // what the server tells of each object
	}{
		"own keys":       {"sse=AES256", "AES256 "},
		"KMS":            {"sse=aws:kms&kms_key=" + servers.KMSKey, "aws:kms arn:aws:kms:" + servers.KMSKey},
		"customer's key": {"sse_c_key_file=" + url.QueryEscape(customerKeyFile(t, customerKey)), "refused without the key"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			server := startBucket(t, servers.MinIO, servers.Options{TLS: true})
			store := openBucket(t, server, tt.params)
			keys := makeEveryWay(t, store)
			wantReadable(t, store, keys)
			for _, key := range keys {
				if got := encryptionOf(client(t, server), t, key); got != tt.want {
					t.Errorf("%s is encrypted: %s, want %s", key, got, tt.want)
				}
			}
		})
	}
	t.Run("key of the source stays", func(t *testing.T) {
		server := startBucket(t, servers.MinIO, servers.Options{TLS: true})
		if _, err := openBucket(t, server, tests["KMS"].params).Put(t.Context(), "a", data, sealed); err != nil {
			t.Fatal(err)
		}
		store := openBucket(t, server, "")
		if _, err := store.Copy(t.Context(), "b", backends.Source{Key: "a"}, backends.Condition{}); err != nil {
			t.Fatal(err)
		}
		if _, err := store.SetMetadata(t.Context(), "a", map[string]string{"mtime": "1"}, ""); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"a", "b"} {
			if got := encryptionOf(client(t, server), t, key); got != tests["KMS"].want {
				t.Errorf("%s is encrypted: %s", key, got)
			}
		}
	})
	t.Run("ignored", func(t *testing.T) { // by this server always
		server := startBucket(t, servers.VersityGW, servers.Options{TLS: true})
		for _, tt := range tests {
			_, err := openBucket(t, server, tt.params).Put(t.Context(), "a", data, sealed)
			if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "ignores") {
				t.Errorf("Put with %s: %v", tt.params, err)
			}
		}
	})
}

func encryptionOf(direct *sdk.Client, t *testing.T, key string) string {
	t.Helper()
	head, err := direct.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: aws.String(scans), Key: &key})
	if err != nil {
		return "refused without the key"
	}
	return string(head.ServerSideEncryption) + " " + aws.ToString(head.SSEKMSKeyId)
}

func TestSetMetadataKeepsAllElse(t *testing.T) {
	const key = "in/a b+%ü"
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			server := startBucket(t, start, servers.Options{})
			direct := client(t, server)
			_, err := direct.PutObject(t.Context(), &sdk.PutObjectInput{
				Bucket: aws.String(scans), Key: aws.String(key), Body: bytes.NewReader(data),
				ChecksumAlgorithm: types.ChecksumAlgorithmCrc32c, StorageClass: types.StorageClassReducedRedundancy,
				ContentType: aws.String("application/pdf"), ContentDisposition: aws.String("inline"),
				ContentEncoding: aws.String("zstd"), ContentLanguage: aws.String("de"), CacheControl: aws.String("no-store"),
				Expires: aws.Time(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)), WebsiteRedirectLocation: aws.String("/there"),
				Tagging:  aws.String("dept=a%2Bb%20c&kind=scan"),
				Metadata: map[string]string{"user": "=?UTF-8?B?w7w=?=", "mtime": "1"},
			})
			if err != nil {
				t.Fatal(err)
			}
			want := describe(t, direct, key)
			store := openBucket(t, server, "")
			if _, err := store.SetMetadata(t.Context(), key, map[string]string{"mtime": "2", "place": "Köln"}, ""); err != nil {
				t.Fatal(err)
			}
			want["meta mtime"], want["meta place"] = "2", "=?UTF-8?B?S8O2bG4=?="
			if diff := cmp.Diff(want, describe(t, direct, key)); diff != "" {
				t.Error(diff)
			}
			wantRange(t, store, key, 0, -1, data)
		})
	}
}

// describe is all that a server tells of an object, but for its date.
func describe(t *testing.T, direct *sdk.Client, key string) map[string]string {
	t.Helper()
	head, err := direct.HeadObject(t.Context(), &sdk.HeadObjectInput{
		Bucket: aws.String(scans), Key: &key, ChecksumMode: types.ChecksumModeEnabled,
	})
	if err != nil {
		t.Fatal(err)
	}
	tagging, err := direct.GetObjectTagging(t.Context(), &sdk.GetObjectTaggingInput{Bucket: aws.String(scans), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{
		"type":        aws.ToString(head.ContentType),
		"disposition": aws.ToString(head.ContentDisposition),
		"encoding":    aws.ToString(head.ContentEncoding),
		"language":    aws.ToString(head.ContentLanguage),
		"cache":       aws.ToString(head.CacheControl),
		"expires":     aws.ToString(head.ExpiresString),
		"redirect":    aws.ToString(head.WebsiteRedirectLocation),
		"class":       string(head.StorageClass),
		"sum":         aws.ToString(head.ChecksumCRC32C),
	}
	for name, value := range head.Metadata {
		all["meta "+name] = value
	}
	for _, tag := range tagging.TagSet {
		all["tag "+aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return all
}

func TestNewObjectsHaveTagsAndClass(t *testing.T) {
	classes := map[string]string{"minio": "REDUCED_REDUNDANCY", "versitygw": "STANDARD"} // the latter has no other
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			server := startBucket(t, start, servers.Options{})
			store := openBucket(t, server, "storage_class=REDUCED_REDUNDANCY&tags=dept=a%2Bb%20c,kind=scan&acl=private")
			for _, key := range makeEveryWay(t, store) {
				got := describe(t, client(t, server), key)
				if got["class"] != classes[name] || got["tag dept"] != "a+b c" || got["tag kind"] != "scan" {
					t.Errorf("%s: %v", key, got)
				}
			}
		})
	}
}

// MinIO gives credentials for any role to those who have an account.
func TestRole(t *testing.T) {
	server := startBucket(t, servers.MinIO, servers.Options{TLS: true})
	t.Setenv("AWS_ENDPOINT_URL_STS", server.Endpoint)
	store := openBucket(t, server, "role_arn=arn:aws:iam::123456789012:role/scans&external_id=x")
	if _, err := store.Put(t.Context(), "a", data, sealed); err != nil {
		t.Fatal(err)
	}
	wantRange(t, store, "a", 0, -1, data)
}
