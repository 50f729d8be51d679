package backends_test

import (
	"errors"
	"fmt"
	"testing"

	"ftpbridge/backends"
)

type requestError string

func (requestError) Error() string       { return "refused" }
func (e requestError) RequestID() string { return string(e) }

func TestRequestID(t *testing.T) {
	tests := map[string]struct {
		err  error
		want string
	}{
		"no error":      {nil, ""},
		"another error": {backends.ErrBusy, ""},
		"told":          {requestError("R1"), "R1"},
		"wrapped":       {fmt.Errorf("put: %w", requestError("R1")), "R1"},
		"joined":        {errors.Join(backends.ErrBusy, requestError("R1")), "R1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := backends.RequestID(tt.err); got != tt.want {
				t.Errorf("RequestID(%v) = %q, want %q", tt.err, got, tt.want)
			}
		})
	}
}
