package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"ftpbridge/backends"
)

// Open implements backends.Store with one GetObject. Where no byte is to be
// read it is one HeadObject instead, because S3 has no empty ranges and
// answers 416 to an offset that equals the size, which costs one request
// more where that cannot be known.
func (s *Store) Open(ctx context.Context, key string, offset, length int64, version string) (backends.Reader, error) {
	if length == 0 {
		return s.openNothing(ctx, key, offset, version)
	}
	if err := checkKey(key); err != nil {
		return nil, s.failure(ctx, "read", key, backends.Condition{}, err)
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{
		Bucket:  &s.bucket,
		Key:     &key,
		Range:   rangeHeader(offset, length),
		IfMatch: optional(version),
	})
	if size, unsatisfiable := sizeFrom416(err); unsatisfiable {
		if size >= 0 && offset > size {
			return nil, s.rangeError(key, offset, size)
		}
		return s.openNothing(ctx, key, offset, version)
	}
	if err != nil {
		return nil, s.failure(ctx, "read", key, backends.Condition{}, err)
	}
	size, err := sizeFromAnswer(out, offset)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("s3: read s3://%s/%s: %w", s.bucket, key, err), out.Body.Close())
	}
	return &reader{
		store: s,
		ctx:   ctx,
		body:  out.Body,
		object: backends.Object{
			Key:         key,
			Size:        size,
			ModTime:     aws.ToTime(out.LastModified),
			Version:     aws.ToString(out.ETag),
			ContentType: aws.ToString(out.ContentType),
			Metadata:    decodeMetadata(out.Metadata),
		},
	}, nil
}

// openNothing reads no byte at offset.
func (s *Store) openNothing(ctx context.Context, key string, offset int64, version string) (backends.Reader, error) {
	head, err := s.head(ctx, key, version)
	if err != nil {
		return nil, s.failure(ctx, "read", key, backends.Condition{}, err)
	}
	object := headObject(key, head)
	if offset > object.Size {
		return nil, s.rangeError(key, offset, object.Size)
	}
	return &reader{store: s, ctx: ctx, body: http.NoBody, object: object}, nil
}

func (s *Store) rangeError(key string, offset, size int64) error {
	return fmt.Errorf("s3: read s3://%s/%s: %w (%d of %d bytes)", s.bucket, key, backends.ErrRange, offset, size)
}

// rangeHeader is the Range of RFC 9110, 14.2, or nil for the whole object.
func rangeHeader(offset, length int64) *string {
	switch {
	case length > 0:
		return aws.String(fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))
	case offset > 0:
		return aws.String(fmt.Sprintf("bytes=%d-", offset))
	default:
		return nil
	}
}

// sizeFrom416 tells whether the range begins at or beyond the end, and the
// size if the answer has it ("bytes */123"), else -1.
func sizeFrom416(err error) (size int64, unsatisfiable bool) {
	response, ok := errors.AsType[*awshttp.ResponseError](err)
	if !ok || response.HTTPStatusCode() != http.StatusRequestedRangeNotSatisfiable {
		return 0, false
	}
	size, err = sizeOf(response.Response.Header.Get("Content-Range"))
	if err != nil {
		return -1, true
	}
	return size, true
}

// sizeFromAnswer is the size of the whole object. An answer that is not to
// the range that was asked for is an error: its bytes would be spliced.
func sizeFromAnswer(out *s3.GetObjectOutput, offset int64) (int64, error) {
	contentRange := aws.ToString(out.ContentRange)
	if contentRange == "" {
		if offset > 0 {
			return 0, errors.New("the service ignored the range")
		}
		return aws.ToInt64(out.ContentLength), nil
	}
	if !strings.HasPrefix(contentRange, fmt.Sprintf("bytes %d-", offset)) {
		return 0, fmt.Errorf("the service answered another range: %q", contentRange)
	}
	return sizeOf(contentRange)
}

// sizeOf reads the number after the slash of a Content-Range.
func sizeOf(contentRange string) (int64, error) {
	_, after, _ := strings.Cut(contentRange, "/")
	size, err := strconv.ParseInt(after, 10, 64)
	if err != nil || size < 0 {
		return 0, fmt.Errorf("malformed Content-Range %q", contentRange)
	}
	return size, nil
}

// reader is an answer's body. It holds the context of its request, which
// ends the body too, to tell that end from a lost connection.
type reader struct {
	store  *Store
	ctx    context.Context
	body   io.ReadCloser
	object backends.Object
}

func (r *reader) Object() backends.Object { return r.object }

func (r *reader) Close() error { return r.body.Close() }

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		// The transport may not have noticed, and give what has come already.
		return 0, r.store.failure(r.ctx, "read", r.object.Key, backends.Condition{}, err)
	}
	n, err := r.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = r.store.failure(r.ctx, "read", r.object.Key, backends.Condition{}, err)
	}
	return n, err
}
