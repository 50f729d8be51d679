package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"ftpbridge/backends"
)

// errPrecondition is a condition that was not met; which one, the caller
// of the request knows.
var errPrecondition = errors.New("precondition failed")

// kinds are the contract's errors by the service's error codes.
// Amazon's: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
var kinds = map[string]error{
	"NoSuchBucket": backends.ErrNoBucket,
	"NoSuchKey":    fs.ErrNotExist,
	"NoSuchUpload": backends.ErrNoUpload,
	"NotFound":     fs.ErrNotExist, // of a HEAD request, which has no body

	"PreconditionFailed": errPrecondition,

	"AccessDenied":          fs.ErrPermission,
	"AllAccessDisabled":     fs.ErrPermission,
	"AccountProblem":        fs.ErrPermission,
	"ExpiredToken":          fs.ErrPermission,
	"InvalidAccessKeyId":    fs.ErrPermission,
	"InvalidObjectState":    fs.ErrPermission, // archived: to be restored first
	"InvalidToken":          fs.ErrPermission,
	"RequestTimeTooSkewed":  fs.ErrPermission,
	"SignatureDoesNotMatch": fs.ErrPermission,

	// A bucket of another region, see otherRegion.
	"AuthorizationHeaderMalformed":       backends.ErrNoBucket,
	"IllegalLocationConstraintException": backends.ErrNoBucket,
	"PermanentRedirect":                  backends.ErrNoBucket,
	"TemporaryRedirect":                  backends.ErrBusy,

	"BadDigest":                   backends.ErrChecksum,
	"InvalidDigest":               backends.ErrChecksum,
	"InvalidPart":                 backends.ErrChecksum, // another part than the one that was sent
	"XAmzContentChecksumMismatch": backends.ErrChecksum,
	"XAmzContentSHA256Mismatch":   backends.ErrChecksum,

	"EntityTooLarge":      backends.ErrTooLarge,
	"KeyTooLongError":     backends.ErrKey,
	"NotImplemented":      errors.ErrUnsupported,
	"MethodNotAllowed":    errors.ErrUnsupported,
	"InsufficientStorage": backends.ErrNoSpace,
	"QuotaExceeded":       backends.ErrNoSpace,

	"BandwidthLimitExceeded":     backends.ErrBusy,
	"ConditionalRequestConflict": backends.ErrBusy,
	"IncompleteBody":             backends.ErrBusy,
	"InternalError":              backends.ErrBusy,
	"OperationAborted":           backends.ErrBusy,
	"RequestTimeout":             backends.ErrBusy,
	"ServiceUnavailable":         backends.ErrBusy,
	"SlowDown":                   backends.ErrBusy,
	"Throttling":                 backends.ErrBusy, // of the token service

	// MinIO's own.
	"XMinioAdminBucketQuotaExceeded": backends.ErrNoSpace,
	"XMinioInvalidObjectName":        backends.ErrKey,
	"XMinioInvalidResourceName":      backends.ErrKey,
	"XMinioParentIsObject":           backends.ErrConflict,
	"XMinioStorageFull":              backends.ErrNoSpace,

	// versitygw's own.
	"ErrDirectoryNotEmpty":        backends.ErrNotEmpty,
	"DirectoryObjectContainsData": backends.ErrConflict,
	"ExistingObjectIsDirectory":   backends.ErrConflict,
	"XAdminUserNotFound":          fs.ErrPermission,
	"ObjectParentIsFile":          backends.ErrConflict,
}

// kindOfStatus is for answers whose code is not in the table: those without
// a body and those of proxies.
func kindOfStatus(status int) error {
	switch {
	case status == http.StatusNotFound:
		return fs.ErrNotExist
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fs.ErrPermission
	case status == http.StatusPreconditionFailed:
		return errPrecondition
	case status == http.StatusRequestEntityTooLarge:
		return backends.ErrTooLarge
	case status == http.StatusInsufficientStorage:
		return backends.ErrNoSpace
	case status == http.StatusMovedPermanently, status == http.StatusPermanentRedirect:
		return backends.ErrNoBucket
	case status == http.StatusRequestTimeout, status == http.StatusConflict,
		status == http.StatusTooManyRequests, status >= 500:
		return backends.ErrBusy
	default:
		return nil
	}
}

// storeError is what this package returns: the contract's error with a text
// for logs. It does not wrap the SDK's error, so that nobody can come to
// depend on it, and so that a timeout inside the SDK is not mistaken for the
// end of the caller's context.
type storeError struct {
	text    string
	kind    error  // nil if it is none of the contract's
	request string // the service's number of it; empty if it did not answer
}

func (e *storeError) Error() string     { return e.text }
func (e *storeError) Unwrap() error     { return e.kind }
func (e *storeError) RequestID() string { return e.request }

// failure turns an error of the SDK into one of the contract's: the one place
// where that is decided. Cond is what the request was conditional on.
func (s *Store) failure(ctx context.Context, op, key string, cond backends.Condition, err error) error {
	where := fmt.Sprintf("s3: %s s3://%s/%s", op, s.bucket, key)
	if errors.Is(err, backends.ErrKey) {
		return fmt.Errorf("%s: %w", where, err) // from checkKey
	}
	kind, answered := kindOf(err)
	if !answered && ctx.Err() != nil {
		return fmt.Errorf("%s: %w", where, ctx.Err())
	}
	switch {
	case errors.Is(kind, errPrecondition) && cond.Absent:
		kind = fs.ErrExist
	case errors.Is(kind, errPrecondition):
		kind = backends.ErrChanged
	case errors.Is(kind, fs.ErrNotExist) && cond.Version != "":
		kind = backends.ErrChanged // gone is another version, too
	}
	if region, other := s.otherRegion(err); other {
		return &storeError{kind: backends.ErrNoBucket, request: requestID(err), text: fmt.Sprintf(
			"%s: the bucket is in region %s, but %s is configured: set region=%[2]s in the URL (%[4]s)",
			where, region, s.client.Options().Region, detail(err))}
	}
	if kind == nil {
		return &storeError{text: fmt.Sprintf("%s: %s", where, detail(err)), request: requestID(err)}
	}
	return &storeError{text: fmt.Sprintf("%s: %v (%s)", where, kind, detail(err)), kind: kind, request: requestID(err)}
}

func requestID(err error) string {
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		return response.ServiceRequestID()
	}
	return ""
}

// kindOf classifies an error; answered tells whether the service decided.
func kindOf(err error) (kind error, answered bool) {
	if credErr, ok := errors.AsType[*credentialsError](err); ok {
		return credErr.kind(), false
	}
	response, responded := errors.AsType[*awshttp.ResponseError](err)
	if apiErr, ok := errors.AsType[smithy.APIError](err); ok {
		if kind, known := kinds[apiErr.ErrorCode()]; known {
			return kind, true
		}
		if responded {
			return kindOfStatus(response.HTTPStatusCode()), true
		}
		return nil, true
	}
	if responded && response.HTTPStatusCode() >= 300 {
		return kindOfStatus(response.HTTPStatusCode()), true
	}
	if responded || isNetworkError(err) {
		return backends.ErrBusy, false // an answer cut short, or none
	}
	return nil, false
}

func isNetworkError(err error) bool {
	if _, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		return true
	}
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, io.ErrUnexpectedEOF)
}

// detail is the service's own word with the request's number, which its
// support asks for, or the innermost cause that says something.
func detail(err error) string {
	if credErr, ok := errors.AsType[*credentialsError](err); ok {
		return credErr.Error()
	}
	if apiErr, ok := errors.AsType[smithy.APIError](err); ok {
		text := apiErr.ErrorCode()
		if message := apiErr.ErrorMessage(); message != "" {
			text += ": " + message
		}
		if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
			text = fmt.Sprintf("%d %s, request %s", response.HTTPStatusCode(), text, response.ServiceRequestID())
		}
		return text
	}
	// The rest without the SDK's account of its attempts.
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		return urlErr.Err.Error()
	}
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		return fmt.Sprintf("status %d, %v", response.HTTPStatusCode(), response.Err)
	}
	return err.Error()
}
