package layer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"ftpbridge/backends"
)

// delay before the attempt that follows the given number of failed ones:
// exponential, between a half and all of it.
func (p RetryPolicy) delay(failed int) time.Duration {
	const maxDoublings = 16 // more would overflow
	delay := min(p.Delay<<min(failed-1, maxDoublings), p.MaxDelay)
	return delay/2 + rand.N(delay/2+1) //nolint:gosec // chance, not a secret
}

// attempts are those of one call.
type attempts struct {
	policy RetryPolicy
	failed int       // how many so far, with ErrBusy
	until  time.Time // no attempt begins later; set by the first failure
}

// again waits before the next attempt after one that ended in err. If there is
// to be none, it returns the error of the whole call.
func (a *attempts) again(ctx context.Context, err error) error {
	if !errors.Is(err, backends.ErrBusy) {
		return err
	}
	a.failed++
	if a.failed == 1 {
		a.until = time.Now().Add(a.policy.Time)
	}
	if a.failed >= a.policy.Attempts {
		return a.exhausted(err)
	}
	delay := a.policy.delay(a.failed)
	if time.Now().Add(delay).After(a.until) {
		return a.exhausted(err)
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w before another attempt after: %v", ctx.Err(), err) //nolint:errorlint // no longer the reason
	}
	return nil
}

func (a *attempts) exhausted(err error) error {
	if a.failed == 1 {
		return err
	}
	return fmt.Errorf("%w (%d attempts)", err, a.failed)
}

// rest is the policy for requests about the same call.
func (a *attempts) rest() RetryPolicy {
	policy := a.policy
	policy.Time = max(time.Until(a.until), 0)
	return policy
}

// repeat calls until it succeeds, fails for good, or the policy ends it.
func repeat[T any](ctx context.Context, policy RetryPolicy, call func() (T, error)) (T, error) {
	for a := (attempts{policy: policy}); ; {
		result, err := call()
		if err == nil {
			return result, nil
		}
		if err := a.again(ctx, err); err != nil {
			var none T
			return none, err
		}
	}
}

// repeatErr is repeat for calls that give only an error.
func repeatErr(ctx context.Context, policy RetryPolicy, call func() error) error {
	_, err := repeat(ctx, policy, func() (struct{}, error) { return struct{}{}, call() })
	return err
}
