package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
	"ftpbridge/backends/mem"
	"ftpbridge/internal/config"
)

// slowDown is a store's error that tells the request.
type slowDown struct{}

func (slowDown) Error() string     { return "slow down" }
func (slowDown) Unwrap() error     { return backends.ErrBusy }
func (slowDown) RequestID() string { return "REQ7" }

// busyOnce is a store whose first request fails.
func busyOnce() backends.Store {
	calls := 0
	return layer.Intercept(mem.New(mem.Options{}), func(_ context.Context, _ *layer.Call, run func() error) error {
		if calls++; calls == 1 {
			return fmt.Errorf("put: %w", slowDown{})
		}
		return run()
	})
}

func TestStackTriesAgainAndLogsEachAttempt(t *testing.T) {
	tests := map[slog.Level][]map[string]any{
		slog.LevelDebug: {
			{"event": "store", "op": "Put", "key": "a", "bytes": 7., "outcome": "busy", "reason": "put: slow down", "store_request_id": "REQ7"},
			{"event": "store", "op": "Put", "key": "a", "bytes": 7., "outcome": "ok"},
			{"event": "store", "op": "Open", "key": "a", "offset": 2., "outcome": "ok"},
			{"event": "store", "op": "Copy", "key": "b", "from": "a", "outcome": "ok"},
			{"event": "store", "op": "List", "key": "none/", "number": 1., "outcome": "ok"},
		},
		slog.LevelInfo: nil,
	}
	for level, want := range tests {
		t.Run(level.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var logged bytes.Buffer
				store := stack(busyOnce(), newLogger(&logged, config.Config{LogLevel: level}), servingRetries())
				data := []byte("content")
				if _, err := store.Put(t.Context(), "a", data, backends.PutOptions{Checksum: backends.Checksum(data)}); err != nil {
					t.Fatal(err)
				}
				body, err := store.Open(t.Context(), "a", 2, -1, "")
				if err != nil {
					t.Fatal(err)
				}
				if err := body.Close(); err != nil {
					t.Fatal(err)
				}
				if _, err := store.Copy(t.Context(), "b", backends.Source{Key: "a"}, backends.Condition{}); err != nil {
					t.Fatal(err)
				}
				for _, err := range store.List(t.Context(), "none/", backends.ListOptions{}) {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, records(t, logged.String())); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// records are the lines of a log but for what differs from run to run.
func records(t *testing.T, log string) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(log) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		if _, ok := record["duration_ms"]; !ok {
			t.Errorf("no duration: %s", line)
		}
		for _, name := range []string{"time", "level", "duration_ms"} {
			delete(record, name)
		}
		all = append(all, record)
	}
	return all
}
