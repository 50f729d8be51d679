// Package s3 is a store in Amazon S3 or a service that speaks its protocol.
//
// Every upload carries CRC-32C sums that the service verifies: of the body
// for a single Put; of each part and of the whole object for an upload in
// parts. A Version is an ETag, so it tells contents apart, not writes: writing
// the same bytes again in the same way keeps it.
//
// The SDK retries throttling and lost connections where a repetition does no
// harm. A request that must take effect only once, conditional or publishing,
// is repeated only when it certainly had no effect.
package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"ftpbridge/backends"
)

// Amazon's limits:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
const (
	putMax    = 5 << 30
	partMin   = 5 << 20
	partMax   = 5 << 30
	partCount = 10_000
	objectMax = partCount * partMax // 48.8 TiB
	keyMax    = 1024
	// singleCopyMax is the largest object of one CopyObject request.
	singleCopyMax = 5 << 30
)

// Store is one bucket. It implements backends.Store.
type Store struct {
	client    *s3.Client
	transport *http.Transport
	bucket    string

	uploading []func(*s3.Options) // for requests that carry an object's bytes
	retries   retryPolicies

	singleCopyMax int64 // smaller in tests
}

// Open prepares the client. It makes no request to the store.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	client, transport, err := newClient(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	s := &Store{
		client:        client,
		transport:     transport,
		bucket:        cfg.Bucket,
		retries:       newRetryPolicies(client.Options().Retryer.MaxAttempts()),
		singleCopyMax: singleCopyMax,
	}
	if cfg.UnsignedPayload {
		s.uploading = append(s.uploading, s3.WithAPIOptions(v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware))
	}
	return s, nil
}

// Info implements backends.Store.
func (s *Store) Info() backends.Info {
	return backends.Info{
		Name:              "s3",
		PutMax:            putMax,
		ObjectMax:         objectMax,
		CopyMax:           objectMax,
		KeyMax:            keyMax,
		PartMin:           partMin,
		PartMax:           partMax,
		PartAlign:         1,
		PartCount:         partCount,
		Ordered:           true,
		ConditionalWrites: true,
		ObjectAndDir:      true,
	}
}

// Stat implements backends.Store with one HeadObject. It tells no checksum:
// asking for it would take the permission to decrypt.
func (s *Store) Stat(ctx context.Context, key string) (backends.Object, error) {
	head, err := s.head(ctx, key, "")
	if err != nil {
		return backends.Object{}, s.failure(ctx, "stat", key, backends.Condition{}, err)
	}
	return headObject(key, head), nil
}

func (s *Store) head(ctx context.Context, key, version string) (*s3.HeadObjectOutput, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	return s.client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket:  &s.bucket,
		Key:     &key,
		IfMatch: optional(version),
	})
}

func headObject(key string, head *s3.HeadObjectOutput) backends.Object {
	return backends.Object{
		Key:         key,
		Size:        aws.ToInt64(head.ContentLength),
		ModTime:     aws.ToTime(head.LastModified),
		Version:     aws.ToString(head.ETag),
		ContentType: aws.ToString(head.ContentType),
		Metadata:    decodeMetadata(head.Metadata),
	}
}

// Rename implements backends.Store: S3 cannot.
func (s *Store) Rename(context.Context, string, string) error {
	return fmt.Errorf("s3: rename: %w", errors.ErrUnsupported)
}

// Close implements backends.Store.
func (s *Store) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// checkKey refuses what no service should be asked: their answers differ, and
// an empty key would name the bucket itself.
func checkKey(key string) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: empty", backends.ErrKey)
	case len(key) > keyMax:
		return fmt.Errorf("%w: %d bytes, at most %d", backends.ErrKey, len(key), keyMax)
	case !utf8.ValidString(key):
		return fmt.Errorf("%w: not UTF-8", backends.ErrKey)
	default:
		return nil
	}
}

// checkContentKey is checkKey for an object that holds bytes.
func checkContentKey(key string) error {
	if isMarker(key) {
		return fmt.Errorf("%w: a directory marker holds no bytes", backends.ErrKey)
	}
	return checkKey(key)
}

func isMarker(key string) bool { return strings.HasSuffix(key, "/") }

// optional is the SDK's form of a parameter that may be left out.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// absent is the If-None-Match header of a condition.
func absent(cond backends.Condition) *string {
	if !cond.Absent {
		return nil
	}
	return aws.String("*")
}
