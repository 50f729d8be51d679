// Package s3 is a store in Amazon S3 or a service that speaks its protocol.
//
// Every upload carries CRC-32C sums that the service verifies: of the body
// for a single Put; of each part and of the whole object for an upload in
// parts. A Version is an ETag, so it tells contents apart, not writes: writing
// the same bytes again in the same way keeps it, unless they are encrypted under
// a KMS or customer's key.
//
// A request is made once: what to try again, and when, is for layer.Retry. Only
// the parts of a large copy are tried again here, by the SDK.
package s3

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

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

	uploading   []func(*s3.Options) // for requests that carry an object's bytes
	partRetries func(*s3.Options)   // for those that copy a part
	properties  properties          // of new objects
	customerKey bool                // goes with the requests that need it
	uniform     bool                // all parts but the last are of one size

	singleCopyMax int64 // smaller in tests
}

// Open prepares the client. It makes no request to the store, but for the one
// that finds the bucket's region if neither the configuration nor the
// environment tells it.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	return open(ctx, cfg, dialer.DialContext)
}

func open(ctx context.Context, cfg Config, dial dialFunc) (*Store, error) {
	s := &Store{
		bucket:        cfg.Bucket,
		properties:    configured(cfg),
		customerKey:   cfg.Encryption.CustomerKeyFile != "",
		uniform:       cfg.PartsUniform,
		singleCopyMax: singleCopyMax,
		partRetries:   newPartRetries(),
	}
	if err := s.connect(ctx, cfg, dial); err != nil {
		if s.transport != nil {
			s.transport.CloseIdleConnections()
		}
		return nil, fmt.Errorf("s3: %w", err)
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
		PartsUniform:      s.uniform,
		Ordered:           !isDirectoryBucket(s.bucket),
		ConditionalWrites: true,
		AtomicRename:      isDirectoryBucket(s.bucket),
		ObjectAndDir:      true,
	}
}

// Stat implements backends.Store with one HeadObject. Of an object under a KMS
// key it takes the permission to decrypt, because it asks for the checksum.
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
		Bucket:       &s.bucket,
		Key:          &key,
		IfMatch:      optional(version),
		ChecksumMode: types.ChecksumModeEnabled,
	})
}

func headObject(key string, head *s3.HeadObjectOutput) backends.Object {
	sum, hasSum := storedSum(head.ChecksumCRC32C, head.ChecksumType)
	return backends.Object{
		Key:         key,
		Size:        aws.ToInt64(head.ContentLength),
		ModTime:     aws.ToTime(head.LastModified),
		Version:     aws.ToString(head.ETag),
		ContentType: aws.ToString(head.ContentType),
		Metadata:    decodeMetadata(head.Metadata),
		Sum:         sum,
		HasSum:      hasSum,
	}
}

// storedSum is the CRC-32C of all bytes, if that is what the service keeps: of
// an object made of parts it can also keep the sum of the parts' sums.
func storedSum(sum *string, kind types.ChecksumType) (crc backends.CRC32C, ok bool) {
	if sum == nil || kind != types.ChecksumTypeFullObject {
		return 0, false
	}
	crc, err := backends.ParseCRC32C(aws.ToString(sum))
	return crc, err == nil
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
