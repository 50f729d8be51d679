//go:build integration

package e2e_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"ftpbridge/test/servers"
)

const (
	testUser     = "scanner"
	testPassword = "correct horse battery"
	bucketName   = "inbox"
)

// stores are the real servers behind the bridge. Each call starts one with an
// empty bucket.
var stores = map[string]func(*testing.T) *bucket{
	"minio": func(t *testing.T) *bucket {
		return newBucket(t, servers.MinIO(t, servers.Options{}))
	},
	"versitygw": func(t *testing.T) *bucket {
		return newBucket(t, servers.VersityGW(t, servers.Options{}))
	},
}

// bucket is what the tests see of a store: through the store's own API.
type bucket struct {
	server *servers.Server
	name   string
	client *s3.Client
}

func newBucket(t *testing.T, server *servers.Server) *bucket {
	t.Helper()
	server.MakeBucket(t, bucketName)
	client := s3.New(s3.Options{
		BaseEndpoint: &server.Endpoint,
		UsePathStyle: true,
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider(server.AccessKey, server.SecretKey, ""),
	})
	return &bucket{server: server, name: bucketName, client: client}
}

// bridgeEnv configures ftpbridge for the bucket, listening on both IP versions.
func bridgeEnv(b *bucket) map[string]string {
	env := b.server.Environ()
	env["FTPBRIDGE_STORE"] = fmt.Sprintf("s3://%s?endpoint=%s&path_style=true&region=us-east-1", b.name, b.server.Endpoint)
	env["FTPBRIDGE_LISTEN"] = "127.0.0.1:0,[::1]:0"
	env["FTPBRIDGE_PASSIVE_PORTS"] = "0"
	env["FTPBRIDGE_USERNAME"] = testUser
	env["FTPBRIDGE_PASSWORD"] = testPassword
	env["FTPBRIDGE_PART_SIZE"] = "5MiB"
	env["FTPBRIDGE_LOG_FORMAT"] = "json"
	return env
}

func (b *bucket) put(t *testing.T, key string, content []byte) {
	t.Helper()
	_, err := b.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &b.name, Key: &key, Body: bytes.NewReader(content)})
	if err != nil {
		t.Fatal(err)
	}
}

// putAll makes objects of one byte, several at a time.
func (b *bucket) putAll(t *testing.T, dir string, names []string) {
	t.Helper()
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(16)
	for _, name := range names {
		key := dir + "/" + name
		var content []byte
		if !strings.HasSuffix(name, "/") {
			content = []byte("x")
		}
		group.Go(func() error {
			_, err := b.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.name, Key: &key, Body: bytes.NewReader(content)})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// numbered are n names in the order of a listing.
func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("file-%06d.txt", i)
	}
	return names
}

func (b *bucket) putFile(t *testing.T, key, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b.put(t, key, content)
}

func (b *bucket) open(t *testing.T, key string) io.ReadCloser {
	t.Helper()
	out, err := b.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	return out.Body
}

func (b *bucket) get(t *testing.T, key string) []byte {
	t.Helper()
	body := b.open(t, key)
	defer body.Close()
	content, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// sum is the SHA-256 of an object.
func (b *bucket) sum(t *testing.T, key string) string {
	t.Helper()
	body := b.open(t, key)
	defer body.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, body); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", hash.Sum(nil))
}

func (b *bucket) has(t *testing.T, key string) bool {
	t.Helper()
	_, err := b.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &b.name, Key: &key})
	if _, missing := errors.AsType[*types.NotFound](err); missing {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

func (b *bucket) keys(t *testing.T, prefix string) []string {
	t.Helper()
	var keys []string
	pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range page.Contents {
			keys = append(keys, aws.ToString(object.Key))
		}
	}
	return keys
}

// pending counts the uploads that were begun for exactly this key and are
// neither committed nor aborted.
func (b *bucket) pending(t *testing.T, key string) int {
	t.Helper()
	out, err := b.client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &b.name, Prefix: &key})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, upload := range out.Uploads {
		if aws.ToString(upload.Key) == key {
			n++
		}
	}
	return n
}

// awaitPending returns when the store knows of an upload for the key.
func (b *bucket) awaitPending(t *testing.T, key string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for b.pending(t, key) == 0 {
		select {
		case <-poll.C:
		case <-ctx.Done():
			t.Fatalf("no upload of %s begins", key)
		}
	}
}
