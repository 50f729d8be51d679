package s3_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/s3"
)

const regionHeader = "X-Amz-Bucket-Region"

// bare is an answer to HEAD, which has no body.
func bare(status int, header ...string) http.HandlerFunc { return answerStatus(status, "", header...) }

func TestOpenFindsTheRegion(t *testing.T) {
	tests := map[string]http.HandlerFunc{
		"allowed":     bare(200, regionHeader, "eu-north-1"),
		"denied":      bare(403, regionHeader, "eu-north-1"),
		"elsewhere":   bare(301, regionHeader, "eu-north-1", "Location", "/elsewhere"),
		"bad request": bare(400, regionHeader, "eu-north-1"),
	}
	for name, head := range tests {
		t.Run(name, func(t *testing.T) {
			aws, svc := playAmazon(t, head, bare(404))
			store := aws.mustOpen(t, s3.Config{Bucket: "scans"})
			_, _ = store.Stat(t.Context(), "a")
			asked, stat := svc.received()[0], svc.received()[1]
			if asked.Method != http.MethodHead || asked.Host != "scans.s3.us-east-1.amazonaws.com" || asked.URL.Path != "/" {
				t.Errorf("asked %s %s%s", asked.Method, asked.Host, asked.URL.Path)
			}
			if got := asked.Header.Get("Authorization"); got != "" {
				t.Errorf("asked with credentials: %s", got)
			}
			if stat.Host != "scans.s3.eu-north-1.amazonaws.com" || !strings.Contains(stat.Header.Get("Authorization"), "/eu-north-1/s3/") {
				t.Errorf("stat at %s, %s", stat.Host, stat.Header.Get("Authorization"))
			}
		})
	}
}

func TestOpenTellsWhyItFindsNoRegion(t *testing.T) {
	tests := map[string]struct {
		answer http.HandlerFunc
		kind   error
		text   string
	}{
		"no bucket": {bare(404), backends.ErrNoBucket, "s3://scans"},
		"not told":  {bare(403), nil, "add region=…"},
		"lost":      {hangUp, backends.ErrBusy, "find the region of s3://scans/"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			aws := startAmazon(t, tt.answer) // however often it is asked
			_, err := aws.open(t, s3.Config{Bucket: "scans"})
			if err == nil || tt.kind != nil && !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Open: %v", err)
			}
		})
	}
}

func TestAGivenRegionIsNotAskedFor(t *testing.T) {
	for name, set := range map[string]func(*testing.T, *s3.Config){
		"by the URL":         func(_ *testing.T, cfg *s3.Config) { cfg.Region = "eu-north-1" },
		"by the environment": func(t *testing.T, _ *s3.Config) { t.Setenv("AWS_REGION", "eu-north-1") },
	} {
		t.Run(name, func(t *testing.T) {
			aws, _ := playAmazon(t)
			cfg := s3.Config{Bucket: "scans"}
			set(t, &cfg)
			aws.mustOpen(t, cfg)
		})
	}
}

func TestAnotherRegionIsNamed(t *testing.T) {
	malformed := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `<Error><Code>AuthorizationHeaderMalformed</Code>
			<Message>the region 'us-east-1' is wrong; expecting 'eu-north-1'</Message><Region>eu-north-1</Region></Error>`)
	}
	redirect := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(regionHeader, "eu-north-1")
		w.Header().Set("Location", "/elsewhere") // not to be followed
		refuse(http.StatusMovedPermanently, "PermanentRedirect")(w, r)
	}
	list := func(t *testing.T, store *s3.Store) error { return firstError(t, store) }
	stat := func(t *testing.T, store *s3.Store) error {
		_, err := store.Stat(t.Context(), "a")
		return err
	}
	tests := map[string]struct {
		call   func(*testing.T, *s3.Store) error
		answer http.HandlerFunc
	}{
		"list, redirected":        {list, redirect},
		"list, signature refused": {list, malformed},
		"stat, redirected":        {stat, bare(301, regionHeader, "eu-north-1")},
		"stat, signature refused": {stat, bare(400, regionHeader, "eu-north-1")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			aws, _ := playAmazon(t, tt.answer)
			err := tt.call(t, aws.mustOpen(t, s3.Config{Bucket: "scans", Region: "us-east-1"}))
			const want = "the bucket is in region eu-north-1, but us-east-1 is configured: set region=eu-north-1"
			if !errors.Is(err, backends.ErrNoBucket) || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

// A bad request in the right region, or one that says more, is no matter of
// the region.
func TestOtherRefusalsAreNotTakenForAnotherRegion(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"right region": bare(400, regionHeader, "us-east-1"),
		"not told":     bare(400),
		"denied":       bare(403, regionHeader, "eu-north-1"),
	} {
		t.Run(name, func(t *testing.T) {
			aws, _ := playAmazon(t, answer)
			_, err := aws.mustOpen(t, s3.Config{Bucket: "scans", Region: "us-east-1"}).Stat(t.Context(), "a")
			if err == nil || errors.Is(err, backends.ErrNoBucket) || strings.Contains(err.Error(), "configured") {
				t.Errorf("Stat: %v", err)
			}
		})
	}
}
