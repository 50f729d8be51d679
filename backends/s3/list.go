package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"ftpbridge/backends"
)

// pageMax is the most entries of one answer.
const pageMax = 1000

// List implements backends.Store with one ListObjectsV2 for each page of up
// to 1,000 entries.
func (s *Store) List(
	ctx context.Context, prefix string, opts backends.ListOptions,
) iter.Seq2[[]backends.Entry, error] {
	return func(yield func([]backends.Entry, error) bool) {
		if opts.After != "" && !s.Info().Ordered {
			yield(nil, fmt.Errorf("s3: list from a key on: %w", errors.ErrUnsupported))
			return
		}
		listable := s.listable(prefix)
		input := s3.ListObjectsV2Input{
			Bucket: &s.bucket,
			Prefix: &listable,
			// Keys may hold characters that XML 1.0 cannot.
			EncodingType: types.EncodingTypeUrl,
		}
		if !opts.Recursive {
			input.Delimiter = aws.String("/")
		}
		input.StartAfter = startAfter(prefix, opts)
		for left := opts.Limit; ; {
			if opts.Limit > 0 && listable == prefix {
				input.MaxKeys = aws.Int32(int32(min(left, pageMax)))
			}
			page, err := s.listPage(ctx, &input)
			if err != nil {
				yield(nil, err)
				return
			}
			if listable != prefix {
				page = slices.DeleteFunc(page, func(e backends.Entry) bool { return !strings.HasPrefix(e.Key, prefix) })
			}
			if opts.Limit > 0 {
				page = page[:min(left, len(page))]
			}
			if len(page) > 0 && !yield(page, nil) {
				return
			}
			left -= len(page)
			if input.ContinuationToken == nil || opts.Limit > 0 && left <= 0 {
				return
			}
		}
	}
}

// startAfter is the key behind which the listing begins. A directory that was
// listed is left behind with all that is in it, else it would come again.
func startAfter(prefix string, opts backends.ListOptions) *string {
	if !opts.Recursive && len(opts.After) > len(prefix) && strings.HasSuffix(opts.After, "/") {
		return aws.String(opts.After + string(utf8.MaxRune))
	}
	return optional(opts.After)
}

// listPage asks for one page and points input at the next, if there is one.
func (s *Store) listPage(ctx context.Context, input *s3.ListObjectsV2Input) ([]backends.Entry, error) {
	prefix := aws.ToString(input.Prefix)
	out, err := s.client.ListObjectsV2(ctx, input)
	if err != nil {
		return nil, s.failure(ctx, "list", prefix, backends.Condition{}, err)
	}
	page, err := entries(out)
	if err != nil {
		return nil, fmt.Errorf("s3: list s3://%s/%s: %w", s.bucket, prefix, err)
	}
	input.ContinuationToken = nil
	if aws.ToBool(out.IsTruncated) {
		input.ContinuationToken = out.NextContinuationToken
	}
	return page, nil
}

// entries merges the objects and the directories of a page, which the
// service sorts each for themselves.
func entries(out *s3.ListObjectsV2Output) ([]backends.Entry, error) {
	if out.Name == nil && out.MaxKeys == nil && out.KeyCount == nil {
		// A web page, say: the SDK reads any XML as an empty listing.
		return nil, errors.New("the answer is no listing: the endpoint is not an S3 service")
	}
	decode := func(key *string) (string, error) {
		if out.EncodingType != types.EncodingTypeUrl {
			return aws.ToString(key), nil // not every service encodes
		}
		return url.QueryUnescape(aws.ToString(key))
	}
	page := make([]backends.Entry, 0, len(out.Contents)+len(out.CommonPrefixes))
	for _, object := range out.Contents {
		key, err := decode(object.Key)
		if err != nil {
			return nil, err
		}
		page = append(page, backends.Entry{
			Key:     key,
			Size:    aws.ToInt64(object.Size),
			ModTime: aws.ToTime(object.LastModified),
			Version: aws.ToString(object.ETag),
		})
	}
	for _, directory := range out.CommonPrefixes {
		key, err := decode(directory.Prefix)
		if err != nil {
			return nil, err
		}
		page = append(page, backends.Entry{Key: key})
	}
	slices.SortFunc(page, func(a, b backends.Entry) int { return cmp.Compare(a.Key, b.Key) })
	return page, nil
}
