package s3_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"ftpbridge/backends/s3"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clearEnvironment keeps the SDK from what this machine has configured.
func clearEnvironment(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID":           "test",
		"AWS_SECRET_ACCESS_KEY":       "test-secret",
		"AWS_SESSION_TOKEN":           "",
		"AWS_PROFILE":                 "",
		"AWS_REGION":                  "",
		"AWS_DEFAULT_REGION":          "",
		"AWS_CA_BUNDLE":               "",
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_MAX_ATTEMPTS":            "2", // of no account for requests to the store
	} {
		t.Setenv(name, value)
	}
}

// request is what the service received.
type request struct {
	*http.Request
	body []byte
}

// service plays the part of S3: it gives the answers in turn.
type service struct {
	mu       sync.Mutex
	answers  []http.HandlerFunc
	requests []request
}

// play starts a service with the answers to the expected requests, and opens
// its bucket "scans". At the test's end all of them must have been asked for.
func play(t *testing.T, cfg s3.Config, answers ...http.HandlerFunc) (*s3.Store, *service) {
	t.Helper()
	svc := &service{answers: answers}
	store := openOn(t, cfg, svc)
	t.Cleanup(func() {
		if got := len(svc.received()); got != len(answers) {
			t.Errorf("%d requests, want %d", got, len(answers))
		}
	})
	return store, svc
}

// openOn opens the bucket "scans" of a service that handler plays.
func openOn(t *testing.T, cfg s3.Config, handler http.Handler) *s3.Store {
	t.Helper()
	clearEnvironment(t)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	cfg.Bucket, cfg.Endpoint, cfg.PathStyle = "scans", server.URL, true
	store, err := s3.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	n := len(s.requests)
	s.requests = append(s.requests, request{Request: r, body: body})
	s.mu.Unlock()
	if n >= len(s.answers) {
		refuse(http.StatusNotImplemented, "NotImplemented")(w, r)
		return
	}
	s.answers[n](w, r)
}

func (s *service) received() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// refuse answers with an error of the service.
func refuse(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Request-Id", "REQ1")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
	}
}

// answer succeeds with these header fields (name, value, …) and body.
func answer(body string, header ...string) http.HandlerFunc {
	return answerStatus(http.StatusOK, body, header...)
}

func answerStatus(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.Copy(w, bytes.NewBufferString(body))
	}
}

// hangUp loses the answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
