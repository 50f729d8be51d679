package all_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/all"
)

// listing is a store that can only be listed.
type listing struct {
	backends.Store
	err   error
	calls []string
}

func (l *listing) List(
	_ context.Context, prefix string, opts backends.ListOptions,
) iter.Seq2[[]backends.Entry, error] {
	return func(yield func([]backends.Entry, error) bool) {
		l.calls = append(l.calls, fmt.Sprintf("%s limit %d", prefix, opts.Limit))
		if l.err != nil {
			yield(nil, l.err)
		}
	}
}

func TestCheckIsOneListing(t *testing.T) {
	store := &listing{}
	if err := all.Check(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	if len(store.calls) != 1 || store.calls[0] != ".ftpbridge/check/ limit 1" {
		t.Errorf("calls: %q", store.calls)
	}
}

func TestCheckNamesTheRemedy(t *testing.T) {
	tests := map[string]struct {
		err    error
		remedy string
	}{
		"no bucket": {backends.ErrNoBucket, "create it"},
		"denied":    {fs.ErrPermission, "credentials"},
		"busy":      {backends.ErrBusy, "network"},
		"late":      {context.DeadlineExceeded, "in time"},
		"other":     {errors.New("strange"), "store's URL"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := all.Check(t.Context(), &listing{err: fmt.Errorf("list x: %w", tt.err)})
			if !errors.Is(err, tt.err) || !strings.HasPrefix(err.Error(), "list x: ") || !strings.Contains(err.Error(), tt.remedy) {
				t.Errorf("Check: %v", err)
			}
		})
	}
}
