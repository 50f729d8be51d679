package s3

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// newClockRetryer is that of all requests. What fails is tried again by
// layer.Retry, for all stores alike, and attempts must not multiply. It leaves
// one case to the SDK: if the service refuses a request because this machine's
// clock is wrong, its answer tells the time to sign with.
func newClockRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 2
		o.Retryables = []retry.IsErrorRetryable{
			retry.NoRetryCanceledError{},
			retry.RetryableError{}, // how the SDK marks it
		}
	})
}

// newPartRetries lets the SDK try a request again as it usually does. It is for
// the parts of a large copy: one that fails must not begin the copy anew.
func newPartRetries() func(*s3.Options) {
	retryer := retry.NewStandard()
	return func(o *s3.Options) { o.Retryer = retryer }
}
