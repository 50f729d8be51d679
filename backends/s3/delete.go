package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"ftpbridge/backends"
)

// deleteBatch is the most keys of one DeleteObjects request.
const deleteBatch = 1000

// Delete implements backends.Store: one DeleteObject for one key, else one
// DeleteObjects for each 1,000.
func (s *Store) Delete(ctx context.Context, cond backends.Condition, keys ...string) error {
	if len(keys) == 1 {
		return s.deleteOne(ctx, cond, keys[0])
	}
	if cond != (backends.Condition{}) {
		return fmt.Errorf("s3: delete of %d keys under a condition: %w", len(keys), errors.ErrUnsupported)
	}
	var errs []error
	possible := make([]string, 0, len(keys))
	for _, key := range keys {
		if err := checkKey(key); err != nil {
			errs = append(errs, s.failure(ctx, "delete", key, cond, err))
			continue
		}
		possible = append(possible, key)
	}
	for batch := range slices.Chunk(possible, deleteBatch) {
		errs = append(errs, s.deleteMany(ctx, batch))
	}
	return errors.Join(errs...)
}

func (s *Store) deleteOne(ctx context.Context, cond backends.Condition, key string) error {
	if err := checkKey(key); err != nil {
		return s.failure(ctx, "delete", key, cond, err)
	}
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{
		Bucket:  &s.bucket,
		Key:     &key,
		IfMatch: optional(cond.Version),
	})
	if err == nil {
		return nil
	}
	if kind, _ := kindOf(err); errors.Is(kind, fs.ErrNotExist) {
		return nil
	}
	return s.failure(ctx, "delete", key, cond, err)
}

func (s *Store) deleteMany(ctx context.Context, keys []string) error {
	objects := make([]types.ObjectIdentifier, len(keys))
	for i := range keys {
		objects[i].Key = &keys[i]
	}
	out, err := s.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket:            &s.bucket,
		Delete:            &types.Delete{Objects: objects, Quiet: aws.Bool(true)},
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc32c, // the service demands one
	})
	if err != nil {
		return s.failure(ctx, "delete", fmt.Sprintf("%s and %d more", keys[0], len(keys)-1), backends.Condition{}, err)
	}
	var errs []error
	for _, failed := range out.Errors {
		if errors.Is(kinds[aws.ToString(failed.Code)], fs.ErrNotExist) {
			continue
		}
		errs = append(errs, s.failure(ctx, "delete", aws.ToString(failed.Key), backends.Condition{}, &smithy.GenericAPIError{
			Code:    aws.ToString(failed.Code),
			Message: aws.ToString(failed.Message),
		}))
	}
	return errors.Join(errs...)
}
