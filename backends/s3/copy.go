package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/encoding/httpbinding"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/sync/errgroup"

	"ftpbridge/backends"
)

const (
	// copyPart is the usual size of a part of a copy in parts, bytes: large,
	// because each part is a request, and small enough for some to run at once.
	copyPart        = 256 << 20
	copyConcurrency = 8
	cleanupTimeout  = 10 * time.Second
)

// Copy implements backends.Store: one HeadObject, which pins the source's
// version and tells the properties that CopyObject would not keep, and one
// CopyObject; above 5 GiB a multipart upload of copied parts, eight at once. A
// copy onto itself, which S3 refuses, changes nothing, and a marker is put anew.
func (s *Store) Copy(
	ctx context.Context, key string, source backends.Source, cond backends.Condition,
) (backends.Object, error) {
	if err := checkKey(key); err != nil {
		return backends.Object{}, s.failure(ctx, "copy to", key, cond, err)
	}
	head, err := s.head(ctx, source.Key, source.Version)
	if err != nil {
		return backends.Object{}, s.failure(ctx, "copy", source.Key, backends.Condition{}, err)
	}
	from := headObject(source.Key, head)
	if source.Key == key {
		return s.copyOntoItself(from, cond)
	}
	if isMarker(key) && from.Size == 0 {
		// Nothing to copy, and not every service copies markers.
		return s.Put(ctx, key, nil, backends.PutOptions{
			ContentType: from.ContentType, Metadata: from.Metadata, Condition: cond,
		})
	}
	if from.Size > s.singleCopyMax {
		return s.copyInParts(ctx, key, from, head, cond)
	}
	copied := s.properties.ofCopy(head)
	out, err := s.client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket:                  &s.bucket,
		Key:                     &key,
		CopySource:              s.copySource(source.Key),
		CopySourceIfMatch:       &from.Version,
		IfMatch:                 optional(cond.Version),
		IfNoneMatch:             absent(cond),
		AnnotationDirective:     s.annotations(),
		StorageClass:            copied.class,
		ACL:                     copied.acl,
		ServerSideEncryption:    copied.encryption,
		SSEKMSKeyId:             copied.kmsKey,
		BucketKeyEnabled:        copied.bucketKey,
		WebsiteRedirectLocation: copied.redirect,
	})
	if err != nil {
		return backends.Object{}, s.copyFailure(ctx, key, from, cond, err)
	}
	object := from
	object.Key = key
	take(&object, out.CopyObjectResult)
	return object, nil
}

// copyOntoItself has nothing to do but to hold the condition.
func (s *Store) copyOntoItself(object backends.Object, cond backends.Condition) (backends.Object, error) {
	var err error
	switch {
	case cond.Absent:
		err = fs.ErrExist
	case cond.Version != "" && cond.Version != object.Version:
		err = backends.ErrChanged
	default:
		return object, nil
	}
	return backends.Object{}, fmt.Errorf("s3: copy s3://%s/%s onto itself: %w", s.bucket, object.Key, err)
}

// copyFailure tells a source that changed from a target that is taken: the
// service answers both in the same way.
func (s *Store) copyFailure(
	ctx context.Context, key string, from backends.Object, cond backends.Condition, err error,
) error {
	if kind, _ := kindOf(err); errors.Is(kind, errPrecondition) && cond.Absent {
		if _, headErr := s.head(ctx, from.Key, from.Version); headErr != nil {
			return s.failure(ctx, "copy", from.Key, backends.Condition{}, headErr)
		}
	}
	return s.failure(ctx, "copy to", key, cond, err)
}

// copyInParts copies what is too large for one request.
func (s *Store) copyInParts(
	ctx context.Context, key string, from backends.Object, head *s3.HeadObjectOutput, cond backends.Condition,
) (backends.Object, error) {
	target, err := s.createLike(ctx, key, from, head)
	if err != nil {
		return backends.Object{}, err
	}
	object, err := s.copyParts(ctx, target, from, cond)
	if err != nil {
		// The context may be what ended the copy; the parts cost money.
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		return backends.Object{}, errors.Join(err, target.Abort(cleanup))
	}
	object.ContentType, object.Metadata = from.ContentType, from.Metadata
	return object, nil
}

// createLike begins an upload with all that CopyObject would keep, and the
// storage class. It is not declared to have checksums: copied parts have none
// of ours, and their tags pin what is completed.
func (s *Store) createLike(
	ctx context.Context, key string, from backends.Object, head *s3.HeadObjectOutput,
) (*upload, error) {
	tags, err := s.tags(ctx, from.Key, head)
	if err != nil {
		return nil, err
	}
	copied := s.properties.ofCopy(head)
	out, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket:                  &s.bucket,
		Key:                     &key,
		CacheControl:            head.CacheControl,
		ContentDisposition:      head.ContentDisposition,
		ContentEncoding:         head.ContentEncoding,
		ContentLanguage:         head.ContentLanguage,
		ContentType:             head.ContentType,
		Metadata:                encodeMetadata(from.Metadata),
		Tagging:                 tags,
		StorageClass:            copied.class,
		ACL:                     copied.acl,
		ServerSideEncryption:    copied.encryption,
		SSEKMSKeyId:             copied.kmsKey,
		BucketKeyEnabled:        copied.bucketKey,
		WebsiteRedirectLocation: copied.redirect,
	}, expires(head))
	if err != nil {
		return nil, s.failure(ctx, "copy to", key, backends.Condition{}, err)
	}
	return &upload{store: s, key: key, id: aws.ToString(out.UploadId)}, nil
}

// tags of an object in the form of a query; none cost no request.
func (s *Store) tags(ctx context.Context, key string, head *s3.HeadObjectOutput) (*string, error) {
	if aws.ToInt32(head.TagCount) == 0 {
		return nil, nil
	}
	out, err := s.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		return nil, s.failure(ctx, "read tags of", key, backends.Condition{}, err)
	}
	query := url.Values{}
	for _, tag := range out.TagSet {
		query.Set(aws.ToString(tag.Key), aws.ToString(tag.Value))
	}
	return optional(query.Encode()), nil
}

func (s *Store) copyParts(
	ctx context.Context, target *upload, from backends.Object, cond backends.Condition,
) (backends.Object, error) {
	partSize := max(min(copyPart, s.singleCopyMax), (from.Size+partCount-1)/partCount)
	parts := make([]types.CompletedPart, (from.Size+partSize-1)/partSize)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(copyConcurrency)
	for i := range parts {
		group.Go(func() error {
			first := int64(i) * partSize
			last := min(first+partSize, from.Size) - 1
			number := partNumber(i + 1)
			out, err := s.client.UploadPartCopy(groupCtx, &s3.UploadPartCopyInput{
				Bucket:            &s.bucket,
				Key:               &target.key,
				UploadId:          &target.id,
				PartNumber:        number,
				CopySource:        s.copySource(from.Key),
				CopySourceIfMatch: &from.Version,
				CopySourceRange:   aws.String(fmt.Sprintf("bytes=%d-%d", first, last)),
			}, s.partRetries)
			if err != nil {
				return s.failure(groupCtx, "copy", from.Key, backends.Condition{}, err)
			}
			parts[i] = types.CompletedPart{PartNumber: number, ETag: out.CopyPartResult.ETag}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return backends.Object{}, err
	}
	return target.complete(ctx, &s3.CompleteMultipartUploadInput{}, parts, from.Size, cond)
}

// copySource names an object in a header, which the SDK does not escape.
func (s *Store) copySource(key string) *string {
	return aws.String(s.bucket + "/" + httpbinding.EscapePath(key, false))
}

// take notes what the service tells of a copy that it made.
func take(object *backends.Object, result *types.CopyObjectResult) {
	object.ModTime = aws.ToTime(result.LastModified)
	object.Version = aws.ToString(result.ETag)
}

// expires repeats the Expires field of a head as it is: the SDK's own parameter
// takes only dates, and others are stored, too.
func expires(head *s3.HeadObjectOutput) func(*s3.Options) {
	if head.ExpiresString == nil {
		return func(*s3.Options) {}
	}
	return s3.WithAPIOptions(smithyhttp.SetHeaderValue("Expires", *head.ExpiresString))
}
