package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"ftpbridge/backends"
)

// regionHeader names a bucket's region in nearly every answer, refusals
// included.
const regionHeader = "X-Amz-Bucket-Region"

// findRegion asks Amazon for the bucket's region, with one HeadBucket that
// needs no credentials.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
func (s *Store) findRegion(ctx context.Context, shared aws.Config) (string, error) {
	if isDirectoryBucket(s.bucket) {
		return "", errors.New("the region of a directory bucket cannot be asked for: add region=… to the URL")
	}
	shared.Region = defaultRegion
	shared.Credentials = aws.AnonymousCredentials{}
	out, err := s3.NewFromConfig(shared).HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &s.bucket})
	if err == nil {
		return aws.ToString(out.BucketRegion), nil
	}
	response, answered := errors.AsType[*awshttp.ResponseError](err)
	if !answered {
		return "", s.failure(ctx, "find the region of", "", backends.Condition{}, err)
	}
	if region := response.Response.Header.Get(regionHeader); region != "" {
		return region, nil
	}
	if response.HTTPStatusCode() == http.StatusNotFound {
		return "", fmt.Errorf("%w s3://%s: correct the name, or add region=… if it is in China or a government's region",
			backends.ErrNoBucket, s.bucket)
	}
	return "", fmt.Errorf("%w; add region=… to the URL",
		s.failure(ctx, "find the region of", "", backends.Condition{}, err))
}

// otherRegionCodes are what a bucket of another region makes the service
// answer; the last two are of HEAD requests, which have no body to tell more.
var otherRegionCodes = []string{
	"AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect", "BadRequest", "MovedPermanently",
}

var expectedRegion = regexp.MustCompile(`expecting '([A-Za-z0-9-]+)'`)

// otherRegion is the bucket's region, if it is not the one that was asked.
func (s *Store) otherRegion(err error) (string, bool) {
	apiErr, ok := errors.AsType[smithy.APIError](err)
	if !ok || !slices.Contains(otherRegionCodes, apiErr.ErrorCode()) {
		return "", false
	}
	region := ""
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		region = response.Response.Header.Get(regionHeader)
	}
	if match := expectedRegion.FindStringSubmatch(apiErr.ErrorMessage()); region == "" && match != nil {
		region = match[1]
	}
	return region, region != "" && region != s.client.Options().Region
}
