//go:build integration

package s3_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"ftpbridge/backends"
	"ftpbridge/test/servers"
)

var starts = map[string]func(testing.TB, servers.Options) *servers.Server{
	"minio":     servers.MinIO,
	"versitygw": servers.VersityGW,
}

// client is the SDK's own, to prepare and look at what the driver does not.
func client(t *testing.T, server *servers.Server) *sdk.Client {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sdk.NewFromConfig(cfg, func(o *sdk.Options) {
		o.BaseEndpoint, o.UsePathStyle = &server.Endpoint, true
	})
}

func TestCopyInPartsKeepsProperties(t *testing.T) {
	const partSize = 5 << 20
	content := bytes.Repeat([]byte("0123456789abcdef"), (2*partSize+100)/16)
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			server := start(t, servers.Options{})
			server.MakeBucket(t, "copies")
			server.Setenv(t)
			direct := client(t, server)
			_, err := direct.PutObject(t.Context(), &sdk.PutObjectInput{
				Bucket: aws.String("copies"), Key: aws.String("from/a b+%ü"), Body: bytes.NewReader(content),
				ContentType: aws.String("application/pdf"), ContentDisposition: aws.String("inline"),
				CacheControl: aws.String("no-store"), Tagging: aws.String("dept=a%2Bb%20c&kind=scan"),
				StorageClass: types.StorageClassStandard, Metadata: map[string]string{"mtime": "1700000000"},
			})
			if err != nil {
				t.Fatal(err)
			}
			store := openURL(t, "s3://copies?endpoint="+url.QueryEscape(server.Endpoint))
			defer store.Close()
			store.SetSingleCopyMax(partSize)
			object, err := store.Copy(t.Context(), "to", backends.Source{Key: "from/a b+%ü"}, backends.Condition{})
			if err != nil {
				t.Fatal(err)
			}
			r, err := store.Open(t.Context(), "to", 0, -1, object.Version)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
				t.Errorf("the copy's content differs (%v)", err)
			}
			for key, parts := range map[string]*int32{"from/a b+%ü": nil, "to": aws.Int32(3)} {
				t.Run(key, func(t *testing.T) { wantProperties(t, direct, key, parts) })
			}
		})
	}
}

// wantProperties: the object at key has them, and was made of so many parts.
func wantProperties(t *testing.T, direct *sdk.Client, key string, parts *int32) {
	t.Helper()
	head, err := direct.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: aws.String("copies"), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	tagging, err := direct.GetObjectTagging(t.Context(), &sdk.GetObjectTaggingInput{Bucket: aws.String("copies"), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{
		"type":        aws.ToString(head.ContentType),
		"disposition": aws.ToString(head.ContentDisposition),
		"cache":       aws.ToString(head.CacheControl),
		"mtime":       head.Metadata["mtime"],
	}
	for _, tag := range tagging.TagSet {
		got["tag "+aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	want := map[string]string{
		"type": "application/pdf", "disposition": "inline", "cache": "no-store", "mtime": "1700000000",
		"tag dept": "a+b c", "tag kind": "scan",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if parts != nil && !bytes.HasSuffix([]byte(aws.ToString(head.ETag)), fmt.Appendf(nil, "-%d\"", *parts)) {
		t.Errorf("ETag %s, want one of %d parts", aws.ToString(head.ETag), *parts)
	}
}

// The signature leaves the body out here; its checksum still guards it.
func TestUnsignedPayloadIsVerified(t *testing.T) {
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			server := start(t, servers.Options{})
			server.MakeBucket(t, "unsigned")
			server.Setenv(t)
			store := openURL(t, "s3://unsigned?unsigned_payload=true&endpoint="+url.QueryEscape(server.Endpoint))
			defer store.Close()

			if _, err := store.Put(t.Context(), "a", data, sealed); err != nil {
				t.Fatal(err)
			}
			wrong := backends.PutOptions{Checksum: sealed.Checksum + 1}
			if _, err := store.Put(t.Context(), "a", data, wrong); !errors.Is(err, backends.ErrChecksum) {
				t.Errorf("Put with a wrong sum: %v", err)
			}
			upload, err := store.Begin(t.Context(), "b", backends.PutOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := upload.PutPart(t.Context(), 1, 0, data, wrong.Checksum); !errors.Is(err, backends.ErrChecksum) {
				t.Errorf("PutPart with a wrong sum: %v", err)
			}
			part, err := upload.PutPart(t.Context(), 1, 0, data, sealed.Checksum)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := upload.Commit(t.Context(), []backends.Part{part}, sealed.Checksum, backends.Condition{}); err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{"a", "b"} {
				if object, err := store.Stat(t.Context(), key); err != nil || object.Size != int64(len(data)) {
					t.Errorf("Stat %s: %+v, %v", key, object, err)
				}
			}
		})
	}
}
