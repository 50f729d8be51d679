package s3

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/encoding/httpbinding"

	"ftpbridge/backends"
)

// Directory buckets (S3 Express One Zone) differ from the others:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-differences.html

// isDirectoryBucket: the ending is theirs alone.
func isDirectoryBucket(bucket string) bool { return strings.HasSuffix(bucket, "--x-s3") }

// checkDirectoryBucket finds parameters that the kind of bucket does not take.
func (c *Config) checkDirectoryBucket() []error {
	if !isDirectoryBucket(c.Bucket) {
		if c.Experimental {
			return []error{errors.New("parameter experimental: is for directory buckets, whose names end in --x-s3: remove it")}
		}
		return nil
	}
	var errs []error
	if !c.Experimental {
		errs = append(errs, fmt.Errorf("bucket %q is a directory bucket, which has not been proven yet: "+
			"add experimental=true to use it all the same", c.Bucket))
	}
	for name, given := range map[string]bool{
		"acl": c.ACL != "", "path_style": c.PathStyle, "requester_pays": c.RequesterPays, "tags": c.Tags != "",
		"sse": c.Encryption.Algorithm != "", "sse_c_key_file": c.Encryption.CustomerKeyFile != "",
	} {
		if given {
			errs = append(errs, fmt.Errorf("parameter %s: directory buckets do not take it: remove it", name))
		}
	}
	return errs
}

// Rename implements backends.Store with one RenameObject in directory
// buckets, and one HeadObject if both keys are the same. Other buckets cannot,
// and neither can it rename directories. The SDK marks the request, so that
// its repetition does no harm.
func (s *Store) Rename(ctx context.Context, from, to string) error {
	if !isDirectoryBucket(s.bucket) || isMarker(from) || isMarker(to) {
		return fmt.Errorf("s3: rename: %w", errors.ErrUnsupported)
	}
	for _, key := range []string{from, to} {
		if err := checkKey(key); err != nil {
			return s.failure(ctx, "rename", key, backends.Condition{}, err)
		}
	}
	if from == to {
		_, err := s.Stat(ctx, from)
		return err
	}
	_, err := s.client.RenameObject(ctx, &s3.RenameObjectInput{
		Bucket:       &s.bucket,
		Key:          &to,
		RenameSource: new("/" + httpbinding.EscapePath(from, false)),
	})
	if err != nil {
		return s.failure(ctx, "rename", from, backends.Condition{}, err)
	}
	return nil
}

// listable is the prefix to ask for: a directory bucket lists only whole
// directories.
func (s *Store) listable(prefix string) string {
	if !isDirectoryBucket(s.bucket) {
		return prefix
	}
	return prefix[:strings.LastIndex(prefix, "/")+1]
}

// annotations are what directory buckets refuse to copy; elsewhere they are
// copied.
func (s *Store) annotations() types.AnnotationDirective {
	if isDirectoryBucket(s.bucket) {
		return types.AnnotationDirectiveExclude
	}
	return ""
}
