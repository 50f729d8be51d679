package s3

import (
	"errors"
	"maps"
	"net"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"ftpbridge/backends"
)

// retryPolicies are for requests that a blind repetition would harm. If the
// answer to a conditional write is lost, its repetition meets the object that
// the first one wrote and reports a conflict that there is none of; the
// repetition of a completion finds no upload any more.
type retryPolicies struct {
	conditional func(*s3.Options)
	completion  func(*s3.Options)
}

// newRetryPolicies makes policies that repeat only what the service refused
// to do or what never left this machine.
func newRetryPolicies(attempts int) retryPolicies {
	refusals := maps.Clone(retry.DefaultThrottleErrorCodes)
	refusals["OperationAborted"] = struct{}{}
	conflicts := maps.Clone(refusals)
	// Another write was going on. After a completion this answer means that
	// the parts must be sent again, so it is no use to repeat that.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
	conflicts["ConditionalRequestConflict"] = struct{}{}
	return retryPolicies{
		conditional: retryOnly(attempts, conflicts),
		completion:  retryOnly(attempts, refusals),
	}
}

func retryOnly(attempts int, codes map[string]struct{}) func(*s3.Options) {
	retryer := retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.Retryables = []retry.IsErrorRetryable{
			retry.NoRetryCanceledError{},
			retry.RetryableErrorCode{Codes: codes},
			retry.IsErrorRetryableFunc(neverSent),
		}
	})
	return func(o *s3.Options) { o.Retryer = retryer }
}

// neverSent recognises a connection that could not be opened.
func neverSent(err error) aws.Ternary {
	opErr, ok := errors.AsType[*net.OpError](err)
	return aws.BoolTernary(ok && opErr.Op == "dial")
}

// options are those of a write under a condition.
func (p retryPolicies) options(cond backends.Condition) []func(*s3.Options) {
	if cond == (backends.Condition{}) {
		return nil
	}
	return []func(*s3.Options){p.conditional}
}
