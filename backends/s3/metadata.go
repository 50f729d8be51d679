package s3

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"ftpbridge/backends"
)

// SetMetadata implements backends.Store with one HeadObject and one CopyObject
// onto itself, which is the only way that S3 has: all that the head tells is
// sent again, the tags stay by themselves. In a bucket with versioning it is
// another version. Above 5 GiB it is not supported.
func (s *Store) SetMetadata(
	ctx context.Context, key string, change map[string]string, version string,
) (backends.Object, error) {
	head, err := s.head(ctx, key, version)
	if err != nil {
		return backends.Object{}, s.failure(ctx, "set metadata of", key, backends.Condition{Version: version}, err)
	}
	object := headObject(key, head)
	if object.Size > s.singleCopyMax {
		return backends.Object{}, fmt.Errorf("s3: set metadata of s3://%s/%s: above %d bytes: %w",
			s.bucket, key, s.singleCopyMax, errors.ErrUnsupported)
	}
	metadata := backends.MergeMetadata(object.Metadata, change)
	pinned := backends.Condition{Version: object.Version}
	copied := s.properties.ofCopy(head)
	out, err := s.client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket:                    &s.bucket,
		Key:                       &key,
		CopySource:                s.copySource(key),
		CopySourceIfMatch:         &object.Version,
		IfMatch:                   &object.Version, // else what came meanwhile would be lost
		MetadataDirective:         types.MetadataDirectiveReplace,
		TaggingDirective:          types.TaggingDirectiveCopy,
		AnnotationDirective:       s.annotations(),
		CacheControl:              head.CacheControl,
		ContentDisposition:        head.ContentDisposition,
		ContentEncoding:           head.ContentEncoding,
		ContentLanguage:           head.ContentLanguage,
		ContentType:               head.ContentType,
		Metadata:                  encodeMetadata(metadata),
		StorageClass:              copied.class,
		ACL:                       copied.acl,
		ServerSideEncryption:      copied.encryption,
		SSEKMSKeyId:               copied.kmsKey,
		BucketKeyEnabled:          copied.bucketKey,
		WebsiteRedirectLocation:   copied.redirect,
		ObjectLockMode:            head.ObjectLockMode,
		ObjectLockRetainUntilDate: head.ObjectLockRetainUntilDate,
		ObjectLockLegalHoldStatus: head.ObjectLockLegalHoldStatus,
	}, expires(head))
	if err != nil {
		return backends.Object{}, s.failure(ctx, "set metadata of", key, pinned, err)
	}
	object.Metadata = metadata
	take(&object, out.CopyObjectResult)
	return object, nil
}

// encodeMetadata makes values fit for header fields. Anything but plain
// ASCII goes as encoded words of RFC 2047, which is what Amazon stores and
// returns for it in any case, and which other services take as they are.
func encodeMetadata(metadata map[string]string) map[string]string {
	if len(metadata) == 0 {
		return nil
	}
	encoded := make(map[string]string, len(metadata))
	for key, value := range metadata {
		encoded[key] = encodeValue(value)
	}
	return encoded
}

func encodeValue(value string) string {
	if isPlain(value) {
		return value
	}
	// An encoded word is at most 75 bytes long and holds whole characters.
	const wordBytes = 45
	var words []string
	for value != "" {
		end := min(wordBytes, len(value))
		for end < len(value) && end > 1 && !utf8.RuneStart(value[end]) {
			end--
		}
		words = append(words, "=?UTF-8?B?"+base64.StdEncoding.EncodeToString([]byte(value[:end]))+"?=")
		value = value[end:]
	}
	return strings.Join(words, " ")
}

// isPlain: the value survives as a header field and is not mistaken for an
// encoded word.
func isPlain(value string) bool {
	special := func(r rune) bool { return r < ' ' || r > '~' }
	return !strings.ContainsFunc(value, special) && strings.TrimSpace(value) == value && !strings.Contains(value, "=?")
}

// decodeMetadata undoes encodeMetadata, and reads what other programs wrote
// in the same way; a value that is no valid encoding stays as it is.
func decodeMetadata(metadata map[string]string) map[string]string {
	if len(metadata) == 0 {
		return nil
	}
	var decoder mime.WordDecoder
	decoded := make(map[string]string, len(metadata))
	for key, value := range metadata {
		if text, err := decoder.DecodeHeader(value); err == nil {
			value = text
		}
		decoded[strings.ToLower(key)] = value
	}
	return decoded
}
