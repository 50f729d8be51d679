package s3

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // the protocol wants it to recognise the key
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Encryption at rest, by the service: with keys of its own or of the key
// management service, or with the customer's.
type Encryption struct {
	// Algorithm is AES256, aws:kms or aws:kms:dsse; if empty, the bucket's default.
	Algorithm types.ServerSideEncryption
	// KMSKey is the ID, ARN or alias of a key; if empty, the account's default.
	KMSKey string
	// BucketKey switches the bucket key, which saves requests to the key
	// management service, on or off; if nil, as the bucket's default is.
	BucketKey *bool
	// CustomerKeyFile holds a key that goes with every request: 32 bytes, as
	// they are or in base64.
	CustomerKeyFile string
}

func setEncryption(c *Config, value string) error {
	usable := []types.ServerSideEncryption{
		types.ServerSideEncryptionAes256, types.ServerSideEncryptionAwsKms, types.ServerSideEncryptionAwsKmsDsse,
	}
	if !slices.Contains(usable, types.ServerSideEncryption(value)) {
		return fmt.Errorf("%q is unknown: use one of %s", value, joined(usable))
	}
	c.Encryption.Algorithm = types.ServerSideEncryption(value)
	return nil
}

func (e Encryption) check() []error {
	var errs []error
	if e.KMSKey != "" && !isKMS(e.Algorithm) {
		errs = append(errs, errors.New("parameter kms_key: goes with sse=aws:kms or sse=aws:kms:dsse: add one of them, or remove it"))
	}
	if e.BucketKey != nil && e.Algorithm != types.ServerSideEncryptionAwsKms {
		errs = append(errs, errors.New("parameter bucket_key: goes with sse=aws:kms: add that, or remove it"))
	}
	if e.CustomerKeyFile != "" && e.Algorithm != "" {
		errs = append(errs, errors.New("parameters sse and sse_c_key_file exclude each other: keep one"))
	}
	return errs
}

func isKMS(algorithm types.ServerSideEncryption) bool {
	return algorithm == types.ServerSideEncryptionAwsKms || algorithm == types.ServerSideEncryptionAwsKmsDsse
}

// checkEncrypted compares what the service says of a new object, or part of
// one, with what the URL wants: some services take the wish and ignore it.
func (s *Store) checkEncrypted(key string, algorithm types.ServerSideEncryption, customerAlgorithm *string) error {
	var ignored string
	switch {
	case s.properties.encryption != "" && algorithm != s.properties.encryption:
		ignored = "sse=" + string(s.properties.encryption)
	case s.customerKey && customerAlgorithm == nil:
		ignored = "the key of sse_c_key_file"
	default:
		return nil
	}
	return fmt.Errorf("s3: store s3://%s/%s: the service ignores %s: remove it, or use a service that encrypts: %w",
		s.bucket, key, ignored, errors.ErrUnsupported)
}

// customerKeyLength is that of AES-256, in bytes.
const customerKeyLength = 32

// readCustomerKey never tells what it read.
func readCustomerKey(file string) ([]byte, error) {
	content, err := os.ReadFile(file) //nolint:gosec // a file that the operator names
	if err != nil {
		return nil, fmt.Errorf("parameter sse_c_key_file: %w", err)
	}
	if len(content) == customerKeyLength {
		return content, nil
	}
	key, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(content)))
	if err != nil || len(key) != customerKeyLength {
		return nil, fmt.Errorf("parameter sse_c_key_file: %s does not hold %d bytes, as they are or in base64: "+
			"make a key by `openssl rand -base64 %[2]d`", file, customerKeyLength)
	}
	return key, nil
}

// customerKeyUse tells which objects of a request are under the customer's key.
type customerKeyUse struct{ object, copySource bool }

var customerKeyUses = map[string]customerKeyUse{
	"CompleteMultipartUpload": {object: true},
	"CopyObject":              {object: true, copySource: true},
	"CreateMultipartUpload":   {object: true},
	"GetObject":               {object: true},
	"HeadObject":              {object: true},
	"ListParts":               {object: true},
	"PutObject":               {object: true},
	"UploadPart":              {object: true},
	"UploadPartCopy":          {object: true, copySource: true},
}

// withCustomerKey puts the key into the header of the requests that need it.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
func withCustomerKey(key []byte) func(*middleware.Stack) error {
	sum := md5.Sum(key) //nolint:gosec // see above
	fields := map[string]string{
		"Algorithm": "AES256",
		"Key":       base64.StdEncoding.EncodeToString(key),
		"Key-MD5":   base64.StdEncoding.EncodeToString(sum[:]),
	}
	set := middleware.BuildMiddlewareFunc("CustomerKey", func(
		ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler,
	) (middleware.BuildOutput, middleware.Metadata, error) {
		use := customerKeyUses[awsmiddleware.GetOperationName(ctx)]
		if request, ok := in.Request.(*smithyhttp.Request); ok {
			for name, value := range fields {
				if use.object {
					request.Header.Set("X-Amz-Server-Side-Encryption-Customer-"+name, value)
				}
				if use.copySource {
					request.Header.Set("X-Amz-Copy-Source-Server-Side-Encryption-Customer-"+name, value)
				}
			}
		}
		return next.HandleBuild(ctx, in)
	})
	return func(stack *middleware.Stack) error { return stack.Build.Add(set, middleware.After) }
}
