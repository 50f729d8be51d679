package s3_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
	"ftpbridge/backends/s3"
)

// The SDK's own attempts would multiply with those of the layer.
func TestAttemptsAreTheLayersAlone(t *testing.T) {
	slowDown := refuse(http.StatusServiceUnavailable, "SlowDown")
	gone := refuse(http.StatusNotFound, "NoSuchUpload")
	part := backends.Part{Number: 1, Size: int64(len(data)), Tag: `"p1"`, Sum: sealed.Checksum, HasSum: true}
	taken := sealed
	taken.Condition.Absent = true
	published := answer("", "Content-Length", fmt.Sprint(len(data)), "ETag", `"v1"`,
		"Last-Modified", time.Now().UTC().Format(http.TimeFormat),
		"X-Amz-Checksum-Crc32c", sealed.Checksum.Base64(), "X-Amz-Checksum-Type", "FULL_OBJECT")
	put := func(t *testing.T, store backends.Store, opts backends.PutOptions) error {
		_, err := store.Put(t.Context(), "a", data, opts)
		return err
	}
	commit := func(t *testing.T, store backends.Store) error {
		up, err := store.Resume(t.Context(), "a", "id1")
		if err != nil {
			return err
		}
		_, err = up.Commit(t.Context(), []backends.Part{part}, sealed.Checksum, backends.Condition{})
		return err
	}
	tests := map[string]struct {
		do      func(t *testing.T, store backends.Store) error
		answers []http.HandlerFunc // no more requests than these are made
		want    error
	}{
		"throttled": {
			func(t *testing.T, store backends.Store) error { return put(t, store, sealed) },
			[]http.HandlerFunc{slowDown, hangUp, refuse(500, "InternalError")},
			backends.ErrBusy,
		},
		"throttled, then stored": {
			func(t *testing.T, store backends.Store) error { return put(t, store, sealed) },
			[]http.HandlerFunc{slowDown, stored},
			nil,
		},
		"absent, the answer lost": {
			func(t *testing.T, store backends.Store) error { return put(t, store, taken) },
			[]http.HandlerFunc{hangUp, refuse(412, "PreconditionFailed"), published},
			nil,
		},
		"absent, then taken": {
			func(t *testing.T, store backends.Store) error { return put(t, store, taken) },
			[]http.HandlerFunc{slowDown, refuse(412, "PreconditionFailed"), answer("", "Content-Length", "5", "ETag", `"v2"`)},
			fs.ErrExist,
		},
		"commit, the answer lost": {commit, []http.HandlerFunc{hangUp, gone, published}, nil},
		"commit, not published":   {commit, []http.HandlerFunc{hangUp, gone, refuse(404, "NoSuchKey")}, backends.ErrBusy},
		"commit, refused":         {commit, []http.HandlerFunc{refuse(400, "BadDigest")}, backends.ErrChecksum},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store, _ := play(t, s3.Config{}, tt.answers...)
			retried := layer.Retry(store, layer.RetryPolicy{Attempts: 3, Delay: time.Microsecond, MaxDelay: time.Microsecond, Time: time.Minute})
			if err := tt.do(t, retried); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// A clock that is wrong is set right by the service's answer, for good.
func TestClockIsCorrected(t *testing.T) {
	now := time.Now().Add(time.Hour)
	tooSkewed := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
		refuse(http.StatusForbidden, "RequestTimeTooSkewed")(w, r)
	}
	date := now.UTC().Format(http.TimeFormat)
	deleted := answerStatus(http.StatusNoContent, "", "Date", date)
	store, svc := play(t, s3.Config{}, tooSkewed, deleted, deleted)
	for range 2 {
		if err := store.Delete(t.Context(), backends.Condition{}, "a"); err != nil {
			t.Fatal(err)
		}
	}
	for i, req := range svc.received()[1:] {
		signed, err := time.Parse("20060102T150405Z", req.Header.Get("X-Amz-Date"))
		if off := signed.Sub(now).Abs(); err != nil || off > 10*time.Minute {
			t.Errorf("request %d is signed for %v (%v), want %v", i+2, signed, err, now)
		}
	}
}

// One part that fails must not begin a large copy anew.
func TestPartOfACopyIsTriedAgain(t *testing.T) {
	var begun, parts atomic.Int32
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		switch {
		case r.Method == http.MethodHead:
			answer("", "Content-Length", "10", "ETag", `"v1"`)(w, r)
		case query.Has("uploads"):
			begun.Add(1)
			answer("<InitiateMultipartUploadResult><UploadId>id1</UploadId></InitiateMultipartUploadResult>")(w, r)
		case query.Has("partNumber") && parts.Add(1) == 1:
			refuse(http.StatusServiceUnavailable, "SlowDown")(w, r)
		case query.Has("partNumber"):
			answer(`<CopyPartResult><ETag>"p"</ETag></CopyPartResult>`)(w, r)
		default:
			answer(`<CompleteMultipartUploadResult><ETag>"v2"</ETag></CompleteMultipartUploadResult>`)(w, r)
		}
	})
	store := openOn(t, s3.Config{}, handler)
	store.SetSingleCopyMax(5)
	if _, err := store.Copy(t.Context(), "b", backends.Source{Key: "a"}, backends.Condition{}); err != nil {
		t.Fatal(err)
	}
	if begun.Load() != 1 || parts.Load() != 3 {
		t.Errorf("%d uploads and %d requests for parts, want 1 and 3", begun.Load(), parts.Load())
	}
}

func TestErrorsTellTheRequest(t *testing.T) {
	store, _ := play(t, s3.Config{}, refuse(http.StatusForbidden, "AccessDenied"), hangUp)
	for _, want := range []string{"REQ1", ""} {
		err := fmt.Errorf("wrapped: %w", store.Delete(t.Context(), backends.Condition{}, "a"))
		if got := backends.RequestID(err); got != want {
			t.Errorf("RequestID(%v) = %q, want %q", err, got, want)
		}
	}
}
