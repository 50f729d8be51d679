package s3_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ftpbridge/backends/s3"
)

func parse(t *testing.T, rawURL string) (s3.Config, error) {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatalf("url.Parse: %v", err)
	}
	return s3.ParseURL(u)
}

func TestParseURL(t *testing.T) {
	tests := map[string]s3.Config{
		"s3://scans":      {Bucket: "scans"},
		"s3://scans/":     {Bucket: "scans"},
		"s3://scans/in":   {Bucket: "scans", Prefix: "in/"},
		"s3://scans/a/b/": {Bucket: "scans", Prefix: "a/b/"},
		"s3://a.b-c/x%20y%23%C3%BC/?region=eu-central-1": {Bucket: "a.b-c", Prefix: "x y#ü/", Region: "eu-central-1"},
		"s3://scans?endpoint=https://s3.example.com:9000/base&path_style=true&unsigned_payload=1": {
			Bucket: "scans", Endpoint: "https://s3.example.com:9000/base", PathStyle: true, UnsignedPayload: true,
		},
		"s3://scans?endpoint=http%3A%2F%2F127.0.0.1%3A9000&path_style=false": {Bucket: "scans", Endpoint: "http://127.0.0.1:9000"},
	}
	for rawURL, want := range tests {
		t.Run(rawURL, func(t *testing.T) {
			got, err := parse(t, rawURL)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseURLRefuses(t *testing.T) {
	tests := map[string]struct {
		rawURL string
		want   []string // texts that the error holds
	}{
		"no slashes":          {"s3:scans", []string{"s3://bucket/prefix"}},
		"no bucket":           {"s3:///prefix", []string{"bucket is missing"}},
		"upper case":          {"s3://Scans", []string{`"Scans"`, "lower-case"}},
		"underscore":          {"s3://my_scans", []string{`"my_scans"`}},
		"too short":           {"s3://ab", []string{`"ab"`}},
		"hyphen at the end":   {"s3://scans-", []string{`"scans-"`}},
		"two periods":         {"s3://sc..ans", []string{`"sc..ans"`}},
		"IP address":          {"s3://192.168.0.1", []string{"no IP address"}},
		"port":                {"s3://scans:9000/in", []string{`"scans:9000"`}},
		"fragment":            {"s3://scans/a#b", []string{"%23"}},
		"empty segment":       {"s3://scans/a//b", []string{"empty"}},
		"only slashes":        {"s3://scans//", []string{"empty"}},
		"dots":                {"s3://scans/a/../b", []string{".."}},
		"control character":   {"s3://scans/a%0Ab", []string{"control characters"}},
		"not UTF-8":           {"s3://scans/a%FFb", []string{"UTF-8"}},
		"bad region":          {"s3://scans?region=eu/1", []string{"parameter region", `"eu/1"`}},
		"bad endpoint":        {"s3://scans?endpoint=s3.example.com", []string{"parameter endpoint", "https://"}},
		"user in endpoint":    {"s3://scans?endpoint=https://k:s3cret@e.example", []string{"parameter endpoint", "without user"}},
		"query in endpoint":   {"s3://scans?endpoint=https://e.example?a", []string{"parameter endpoint", "without user"}},
		"bad boolean":         {"s3://scans?path_style=yes", []string{"parameter path_style", `"yes"`, "true or false"}},
		"given twice":         {"s3://scans?region=a&region=b", []string{"parameter region", "more than once"}},
		"not yet":             {"s3://scans?sse=aws:kms&kms_key=x", []string{"parameter sse is not available yet", "parameter kms_key is not"}},
		"unknown":             {"s3://scans?regoin=x", []string{"unknown parameter regoin", "endpoint, path_style, region, unsigned_payload"}},
		"malformed query":     {"s3://scans?region=%zz", []string{"malformed parameters"}},
		"credentials":         {"s3://AKIA:s3cret@scans", []string{"credentials do not belong in the URL", "AWS_ACCESS_KEY_ID"}},
		"all that is wrong":   {"s3://K:s3cret@X?foo=1&acl=2", []string{"credentials", `"X"`, "unknown parameter foo", "parameter acl"}},
		"secret of one piece": {"s3://s3cret@scans", []string{"credentials"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parse(t, tt.rawURL)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error %q tells the secret", err)
			}
		})
	}
}

func TestOpenWantsARegion(t *testing.T) {
	clearEnvironment(t)
	if _, err := s3.Open(t.Context(), s3.Config{Bucket: "scans"}); err == nil || !strings.Contains(err.Error(), "region=") {
		t.Errorf("Open without a region: %v", err)
	}
	t.Setenv("AWS_REGION", "eu-west-1")
	store, err := s3.Open(t.Context(), s3.Config{Bucket: "scans"})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

func FuzzParseURL(f *testing.F) {
	f.Add("s3://scans/in?region=eu-central-1")
	f.Add("s3://k:s@scans//..?endpoint=http://x&path_style=t")
	f.Fuzz(func(t *testing.T, rawURL string) {
		u, err := url.Parse(rawURL)
		if err != nil {
			return
		}
		cfg, err := s3.ParseURL(u)
		if err != nil {
			return
		}
		if len(cfg.Bucket) < 3 || strings.HasPrefix(cfg.Prefix, "/") || strings.Contains(cfg.Prefix, "//") ||
			cfg.Prefix != "" && !strings.HasSuffix(cfg.Prefix, "/") {
			t.Errorf("ParseURL(%q) = %+v", rawURL, cfg)
		}
	})
}
