package s3

import (
	"bytes"
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"ftpbridge/backends"
)

// upload is a multipart upload. It implements backends.Upload.
type upload struct {
	store *Store
	key   string
	id    string
	// properties are those given to Begin; a resumed upload does not know
	// them, the service does.
	properties backends.PutOptions
}

// Begin implements backends.Store. The upload is declared to have a CRC-32C
// over the whole object, so that no part without one is accepted and the
// service checks their sum at the end.
func (s *Store) Begin(ctx context.Context, key string, opts backends.PutOptions) (backends.Upload, error) {
	out, err := s.create(ctx, key, opts)
	if err != nil {
		return nil, s.failure(ctx, "begin upload of", key, backends.Condition{}, err)
	}
	return &upload{store: s, key: key, id: aws.ToString(out.UploadId), properties: opts}, nil
}

func (s *Store) create(ctx context.Context, key string, opts backends.PutOptions) (*s3.CreateMultipartUploadOutput, error) {
	if err := checkContentKey(key); err != nil {
		return nil, err
	}
	return s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket:               &s.bucket,
		Key:                  &key,
		ChecksumAlgorithm:    types.ChecksumAlgorithmCrc32c,
		ChecksumType:         types.ChecksumTypeFullObject,
		ContentType:          optional(opts.ContentType),
		Metadata:             encodeMetadata(opts.Metadata),
		StorageClass:         s.properties.class,
		ACL:                  s.properties.acl,
		Tagging:              s.properties.tags,
		ServerSideEncryption: s.properties.encryption,
		SSEKMSKeyId:          s.properties.kmsKey,
		BucketKeyEnabled:     s.properties.bucketKey,
	})
}

// Resume implements backends.Store. It makes no request.
func (s *Store) Resume(_ context.Context, key, id string) (backends.Upload, error) {
	return &upload{store: s, key: key, id: id}, nil
}

func (u *upload) ID() string { return u.id }

func (u *upload) PutPart(
	ctx context.Context, number int, offset int64, data []byte, sum backends.CRC32C,
) (backends.Part, error) {
	out, err := u.store.client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket:         &u.store.bucket,
		Key:            &u.key,
		UploadId:       &u.id,
		PartNumber:     partNumber(number),
		Body:           bytes.NewReader(data),
		ChecksumCRC32C: aws.String(sum.Base64()),
	}, u.store.uploading...)
	if err != nil {
		return backends.Part{}, u.failure(ctx, "upload part of", backends.Condition{}, err)
	}
	// Not every service confirms it at the beginning of the upload.
	if err := u.store.checkEncrypted(u.key, out.ServerSideEncryption, out.SSECustomerAlgorithm); err != nil {
		return backends.Part{}, err
	}
	return backends.Part{
		Number: number,
		Offset: offset,
		Size:   int64(len(data)),
		Tag:    aws.ToString(out.ETag),
		Sum:    sum,
		HasSum: true,
	}, nil
}

// Parts implements backends.Upload. The service does not keep offsets: they
// follow from the sizes as far as the numbers have no gap, and are -1 after it.
func (u *upload) Parts(ctx context.Context) ([]backends.Part, error) {
	pages := s3.NewListPartsPaginator(u.store.client, &s3.ListPartsInput{
		Bucket:   &u.store.bucket,
		Key:      &u.key,
		UploadId: &u.id,
	})
	var parts []backends.Part
	var end int64
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, u.failure(ctx, "list parts of", backends.Condition{}, err)
		}
		for _, p := range page.Parts {
			part := backends.Part{
				Number: int(aws.ToInt32(p.PartNumber)),
				Offset: end,
				Size:   aws.ToInt64(p.Size),
				Tag:    aws.ToString(p.ETag),
			}
			if part.Sum, err = backends.ParseCRC32C(aws.ToString(p.ChecksumCRC32C)); err == nil {
				part.HasSum = true
			}
			if part.Number != len(parts)+1 {
				part.Offset = -1
			}
			end += part.Size
			parts = append(parts, part)
		}
	}
	return parts, nil
}

// Commit implements backends.Upload. The service checks the parts' tags and
// sums, the sum and the size of the whole, and the condition.
func (u *upload) Commit(
	ctx context.Context, parts []backends.Part, sum backends.CRC32C, cond backends.Condition,
) (backends.Object, error) {
	input := s3.CompleteMultipartUploadInput{
		ChecksumCRC32C: aws.String(sum.Base64()),
		ChecksumType:   types.ChecksumTypeFullObject,
	}
	completed := make([]types.CompletedPart, len(parts))
	var size int64
	for i, part := range parts {
		completed[i] = types.CompletedPart{
			PartNumber:     partNumber(part.Number),
			ETag:           aws.String(part.Tag),
			ChecksumCRC32C: aws.String(part.Sum.Base64()),
		}
		size += part.Size
	}
	object, err := u.complete(ctx, &input, completed, size, cond)
	if err != nil {
		return backends.Object{}, err
	}
	object.Sum, object.HasSum = sum, true
	return object, nil
}

func (u *upload) complete(
	ctx context.Context, input *s3.CompleteMultipartUploadInput, parts []types.CompletedPart, size int64, cond backends.Condition,
) (backends.Object, error) {
	input.Bucket = &u.store.bucket
	input.Key = &u.key
	input.UploadId = &u.id
	input.MultipartUpload = &types.CompletedMultipartUpload{Parts: parts}
	input.MpuObjectSize = &size
	input.IfMatch = optional(cond.Version)
	input.IfNoneMatch = absent(cond)
	out, err := u.store.client.CompleteMultipartUpload(ctx, input)
	if err != nil {
		return backends.Object{}, u.failure(ctx, "complete upload of", cond, err)
	}
	return backends.Object{
		Key:         u.key,
		Size:        size,
		ModTime:     serverTime(out.ResultMetadata),
		Version:     aws.ToString(out.ETag),
		ContentType: u.properties.ContentType,
		Metadata:    u.properties.Metadata,
	}, nil
}

func (u *upload) Abort(ctx context.Context) error {
	_, err := u.store.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
		Bucket:   &u.store.bucket,
		Key:      &u.key,
		UploadId: &u.id,
	})
	if err == nil {
		return nil
	}
	if kind, _ := kindOf(err); errors.Is(kind, backends.ErrNoUpload) {
		return nil
	}
	return u.failure(ctx, "abort upload of", backends.Condition{}, err)
}

func (u *upload) failure(ctx context.Context, op string, cond backends.Condition, err error) error {
	return u.store.failure(ctx, op, u.key, cond, err)
}

func partNumber(n int) *int32 {
	return aws.Int32(int32(n)) //nolint:gosec // at most Info.PartCount
}
