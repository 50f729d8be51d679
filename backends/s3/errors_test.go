package s3_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/s3"
)

// contractErrors are all that an error can be classified as.
var contractErrors = []error{
	fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, errors.ErrUnsupported, context.Canceled, context.DeadlineExceeded,
	backends.ErrChanged, backends.ErrRange, backends.ErrNoBucket, backends.ErrNoUpload, backends.ErrChecksum,
	backends.ErrBusy, backends.ErrTooLarge, backends.ErrNoSpace, backends.ErrKey, backends.ErrNotEmpty, backends.ErrConflict,
}

func TestErrorsAreClassifiedOnce(t *testing.T) {
	tests := map[string]struct {
		answer http.HandlerFunc
		want   error // nil: none of the contract's
	}{
		"no bucket":           {refuse(404, "NoSuchBucket"), backends.ErrNoBucket},
		"denied":              {refuse(403, "AccessDenied"), fs.ErrPermission},
		"unknown key ID":      {refuse(403, "InvalidAccessKeyId"), fs.ErrPermission},
		"expired":             {refuse(400, "ExpiredToken"), fs.ErrPermission},
		"other region":        {refuse(301, "PermanentRedirect"), backends.ErrNoBucket},
		"other region signed": {refuse(400, "AuthorizationHeaderMalformed"), backends.ErrNoBucket},
		"full":                {refuse(507, "XMinioStorageFull"), backends.ErrNoSpace},
		"not implemented":     {refuse(501, "NotImplemented"), errors.ErrUnsupported},
		"unknown code 400":    {refuse(400, "Strange"), nil},
		"unknown code 404":    {refuse(404, "Strange"), fs.ErrNotExist},
		"unknown code 503":    {refuse(503, "Strange"), backends.ErrBusy},
		"proxy's 401":         {bare(401), fs.ErrPermission},
		"proxy's 404":         {bare(404), fs.ErrNotExist},
		"proxy's 413":         {bare(413), backends.ErrTooLarge},
		"proxy's 502":         {bare(502), backends.ErrBusy},
		"not S3":              {answer("<html>hello</html>"), nil},
		"lost answer":         {hangUp, backends.ErrBusy},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store, _ := play(t, s3.Config{}, tt.answer)
			err := firstError(t, store)
			for _, target := range contractErrors {
				if is, want := errors.Is(err, target), errors.Is(tt.want, target); is != want {
					t.Errorf("%v: is %v: %t, want %t", err, target, is, want)
				}
			}
		})
	}
}

func firstError(t *testing.T, store *s3.Store) error {
	t.Helper()
	for _, err := range store.List(t.Context(), "in/", backends.ListOptions{}) {
		if err != nil {
			return err
		}
	}
	t.Fatal("no error")
	return nil
}

func TestErrorTextsSayWhatAndWhere(t *testing.T) {
	store, _ := play(t, s3.Config{}, refuse(http.StatusForbidden, "AccessDenied"))
	err := firstError(t, store)
	for _, want := range []string{"list s3://scans/in/", "403 AccessDenied: no", "request REQ1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
}

func TestUnreachable(t *testing.T) {
	clearEnvironment(t)
	store, err := s3.Open(t.Context(), s3.Config{Bucket: "scans", Endpoint: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	err = firstError(t, store)
	if !errors.Is(err, backends.ErrBusy) || !strings.Contains(err.Error(), "127.0.0.1:1: connect: connection refused") {
		t.Errorf("List: %v", err)
	}
}

func TestNoCredentials(t *testing.T) {
	clearEnvironment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	store, err := s3.Open(t.Context(), s3.Config{Bucket: "scans", Endpoint: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	err = firstError(t, store)
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") {
		t.Errorf("List: %v", err)
	}
}

func TestCredentialsOutOfReachAreTemporary(t *testing.T) {
	clearEnvironment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/role")
	store, err := s3.Open(t.Context(), s3.Config{Bucket: "scans", Endpoint: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	err = firstError(t, store)
	if !errors.Is(err, backends.ErrBusy) || !strings.Contains(err.Error(), "get credentials") {
		t.Errorf("List: %v", err)
	}
}

func TestTheCallersEndIsNotTheStores(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	store, _ := play(t, s3.Config{}, func(http.ResponseWriter, *http.Request) {
		cancel()
		<-release
	})
	defer close(release)
	_, err := store.Stat(ctx, "a")
	if !errors.Is(err, context.Canceled) || errors.Is(err, backends.ErrBusy) {
		t.Errorf("Stat: %v", err)
	}
}
