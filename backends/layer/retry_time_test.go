package layer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
	"ftpbridge/backends/mem"
)

// delays are the pauses between the attempts of a Stat that always fails, each
// of which takes some time, in a bubble with a clock of its own.
func delays(t *testing.T, policy layer.RetryPolicy, takes time.Duration) (pauses []time.Duration) {
	t.Helper()
	var ended time.Time
	store := layer.Intercept(mem.New(mem.Options{}), func(context.Context, *layer.Call, func() error) error {
		if !ended.IsZero() {
			pauses = append(pauses, time.Since(ended))
		}
		time.Sleep(takes) // of the bubble's time
		ended = time.Now()
		return backends.ErrBusy
	})
	_, err := layer.Retry(store, policy).Stat(t.Context(), "a")
	wantIs(t, "Stat", err, backends.ErrBusy)
	if want := fmt.Sprintf("(%d attempts)", len(pauses)+1); len(pauses) > 0 && !strings.HasSuffix(err.Error(), want) {
		t.Errorf("error %q does not end in %q", err, want)
	}
	if !time.Now().Equal(ended) {
		t.Errorf("it waited %v after the last attempt", time.Since(ended))
	}
	return pauses
}

func TestRetryBacksOff(t *testing.T) {
	const ms = time.Millisecond
	tests := map[string]struct {
		policy layer.RetryPolicy
		takes  time.Duration
		most   []time.Duration // each pause is between the half and all of it
	}{
		"doubling up to a limit": {
			layer.RetryPolicy{Attempts: 7, Delay: 100 * ms, MaxDelay: time.Second, Time: time.Hour},
			0,
			[]time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, time.Second, time.Second},
		},
		"slow attempts are not part of the pause": {
			layer.RetryPolicy{Attempts: 3, Delay: 100 * ms, MaxDelay: time.Second, Time: time.Hour},
			time.Minute,
			[]time.Duration{100 * ms, 200 * ms},
		},
		"time counts from the first failure": {
			layer.RetryPolicy{Attempts: 100, Delay: 100 * ms, MaxDelay: 100 * ms, Time: time.Minute},
			time.Minute,
			[]time.Duration{100 * ms},
		},
		"one attempt":  {layer.RetryPolicy{Attempts: 1, Delay: ms, MaxDelay: ms, Time: time.Hour}, 0, nil},
		"no attempts":  {layer.RetryPolicy{}, 0, nil},
		"no overflow":  {layer.RetryPolicy{Attempts: 80, Delay: time.Second, MaxDelay: time.Second, Time: time.Hour}, 0, repeated(time.Second, 79)},
		"without time": {layer.RetryPolicy{Attempts: 5, Delay: ms, MaxDelay: ms}, 0, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pauses := delays(t, tt.policy, tt.takes)
				if len(pauses) != len(tt.most) {
					t.Fatalf("pauses %v, want %d", pauses, len(tt.most))
				}
				for i, pause := range pauses {
					if pause < tt.most[i]/2 || pause > tt.most[i] {
						t.Errorf("pause %d is %v, want one between the half and all of %v", i+1, pause, tt.most[i])
					}
				}
			})
		})
	}
}

func repeated(d time.Duration, n int) []time.Duration {
	all := make([]time.Duration, n)
	for i := range all {
		all[i] = d
	}
	return all
}

// Callers that failed together must not come back together.
func TestRetryDiffersByChance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		policy := layer.RetryPolicy{Attempts: 50, Delay: time.Second, MaxDelay: time.Second, Time: time.Hour}
		seen := map[time.Duration]bool{}
		for _, pause := range delays(t, policy, 0) {
			seen[pause] = true
		}
		if len(seen) < 25 {
			t.Errorf("only %d different pauses of 49", len(seen))
		}
	})
}

func TestRetryEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner, _ := fixture(t)
		for name, tt := range retryCases {
			ctx, cancel := context.WithCancel(t.Context())
			below := &faulty{store: inner, faults: map[layer.Op]fault{
				tt.op: func(int, func() error) error {
					cancel()
					return backends.ErrBusy
				},
			}}
			err := tt.do(ctx, below.retried(), nil)
			if !errors.Is(err, context.Canceled) || errors.Is(err, backends.ErrBusy) {
				t.Errorf("%s: %v", name, err)
			}
			if got := below.count[tt.op]; got != 1 {
				t.Errorf("%s: %d attempts", name, got)
			}
		}
	})
}
