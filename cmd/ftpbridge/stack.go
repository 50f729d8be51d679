package main

import (
	"context"
	"log/slog"
	"time"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
)

// stack puts the layers over a store. Retries are outermost, so that each
// attempt is observed: what shows is what the store was asked for.
func stack(store backends.Store, log *slog.Logger, retries layer.RetryPolicy) backends.Store {
	store = layer.Observe(store, logCalls(log))
	return layer.Retry(store, retries)
}

// servingRetries end before clients give up: they wait 15 to 30 s for the
// reply to an upload.
func servingRetries() layer.RetryPolicy {
	return layer.RetryPolicy{Attempts: 8, Delay: 100 * time.Millisecond, MaxDelay: 5 * time.Second, Time: 20 * time.Second}
}

// startRetries are few: somebody may be waiting to learn what is wrong.
func startRetries() layer.RetryPolicy {
	return layer.RetryPolicy{Attempts: 3, Delay: 100 * time.Millisecond, MaxDelay: time.Second, Time: 5 * time.Second}
}

// logCalls logs every call to the store, at level debug.
func logCalls(log *slog.Logger) layer.Observer {
	return func(ctx context.Context, o layer.Observation) {
		if !log.Enabled(ctx, slog.LevelDebug) {
			return
		}
		attrs := []slog.Attr{
			slog.String("op", string(o.Op)),
			slog.String("key", o.Key),
			slog.String("outcome", string(o.Outcome())),
			slog.Int64("duration_ms", o.Duration.Milliseconds()),
		}
		if o.From != "" {
			attrs = append(attrs, slog.String("from", o.From))
		}
		if o.Number != 0 {
			attrs = append(attrs, slog.Int("number", o.Number))
		}
		if o.Offset != 0 {
			attrs = append(attrs, slog.Int64("offset", o.Offset))
		}
		if o.Bytes != 0 {
			attrs = append(attrs, slog.Int64("bytes", o.Bytes))
		}
		if o.FirstByte != 0 {
			attrs = append(attrs, slog.Int64("first_byte_ms", o.FirstByte.Milliseconds()))
		}
		if o.Err != nil {
			attrs = append(attrs, slog.String("reason", o.Err.Error()))
		}
		if id := backends.RequestID(o.Err); id != "" {
			attrs = append(attrs, slog.String("store_request_id", id))
		}
		log.LogAttrs(ctx, slog.LevelDebug, "store", attrs...)
	}
}
