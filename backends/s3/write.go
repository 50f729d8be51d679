package s3

import (
	"bytes"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"ftpbridge/backends"
)

// Put implements backends.Store with one PutObject. The checksum goes in a
// header, so the body is sent as it is. ModTime is the service's date of the
// answer, which may differ from the one that it stores by a second. Where the
// service ignores the encryption that the URL wants it is
// errors.ErrUnsupported, with the object stored all the same.
func (s *Store) Put(ctx context.Context, key string, data []byte, opts backends.PutOptions) (backends.Object, error) {
	out, err := s.put(ctx, key, data, opts)
	if err != nil {
		return backends.Object{}, s.failure(ctx, "put", key, opts.Condition, err)
	}
	if err := s.checkEncrypted(key, out.ServerSideEncryption, out.SSECustomerAlgorithm); err != nil {
		return backends.Object{}, err
	}
	return backends.Object{
		Key:         key,
		Size:        int64(len(data)),
		ModTime:     serverTime(out.ResultMetadata),
		Version:     aws.ToString(out.ETag),
		ContentType: opts.ContentType,
		Metadata:    opts.Metadata,
		Sum:         opts.Checksum,
		HasSum:      true,
	}, nil
}

func (s *Store) put(ctx context.Context, key string, data []byte, opts backends.PutOptions) (*s3.PutObjectOutput, error) {
	check := checkContentKey
	if len(data) == 0 {
		check = checkKey
	}
	if err := check(key); err != nil {
		return nil, err
	}
	return s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:               &s.bucket,
		Key:                  &key,
		Body:                 bytes.NewReader(data),
		ChecksumCRC32C:       aws.String(opts.Checksum.Base64()),
		ContentType:          optional(opts.ContentType),
		Metadata:             encodeMetadata(opts.Metadata),
		IfMatch:              optional(opts.Condition.Version),
		IfNoneMatch:          absent(opts.Condition),
		StorageClass:         s.properties.class,
		ACL:                  s.properties.acl,
		Tagging:              s.properties.tags,
		ServerSideEncryption: s.properties.encryption,
		SSEKMSKeyId:          s.properties.kmsKey,
		BucketKeyEnabled:     s.properties.bucketKey,
	}, s.uploading...)
}

// serverTime is the date of the answer by the service's clock.
func serverTime(metadata middleware.Metadata) time.Time {
	t, _ := awsmiddleware.GetServerTime(metadata)
	return t
}
