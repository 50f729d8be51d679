package s3_test

import (
	"net/url"
	"os"
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
		"s3://scans?region=&endpoint=&sse=&experimental=":                    {Bucket: "scans"},
		"s3://scans?ca_file=/etc/ca.pem&part_sizes=uniform&requester_pays=true": {
			Bucket: "scans", CAFile: "/etc/ca.pem", PartsUniform: true, RequesterPays: true,
		},
		"s3://scans?role_arn=arn:aws-cn:iam::123456789012:role/x/y&external_id=a%2Bb": {
			Bucket: "scans", RoleARN: "arn:aws-cn:iam::123456789012:role/x/y", ExternalID: "a+b",
		},
		"s3://scans?storage_class=STANDARD_IA&acl=bucket-owner-full-control&tags=dept=a%26b%20c,kind=x=y,empty=": {
			Bucket: "scans", StorageClass: "STANDARD_IA", ACL: "bucket-owner-full-control",
			Tags: "dept=a%26b+c&empty=&kind=x%3Dy",
		},
		"s3://scans?storage_class=COLD&endpoint=https://s3.example.com": {
			Bucket: "scans", StorageClass: "COLD", Endpoint: "https://s3.example.com",
		},
		"s3://scans?sse=AES256": {Bucket: "scans", Encryption: s3.Encryption{Algorithm: "AES256"}},
		"s3://scans?sse=aws:kms&kms_key=alias/scans&bucket_key=false": {
			Bucket: "scans", Encryption: s3.Encryption{Algorithm: "aws:kms", KMSKey: "alias/scans", BucketKey: new(false)},
		},
		"s3://scans?sse=aws:kms:dsse":                     {Bucket: "scans", Encryption: s3.Encryption{Algorithm: "aws:kms:dsse"}},
		"s3://scans?sse_c_key_file=/run/sse.key":          {Bucket: "scans", Encryption: s3.Encryption{CustomerKeyFile: "/run/sse.key"}},
		"s3://scans--use1-az4--x-s3/in?experimental=true": {Bucket: "scans--use1-az4--x-s3", Prefix: "in/", Experimental: true},
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
		"not yet":             {"s3://scans?state=s3://x&unsafe_conflicts=true", []string{"parameter state is not available yet", "parameter unsafe_conflicts is not"}},
		"unknown":             {"s3://scans?regoin=x", []string{"unknown parameter regoin", "region, requester_pays, role_arn"}},
		"malformed query":     {"s3://scans?region=%zz", []string{"malformed parameters"}},
		"credentials":         {"s3://AKIA:s3cret@scans", []string{"credentials do not belong in the URL", "AWS_ACCESS_KEY_ID"}},
		"all that is wrong":   {"s3://K:s3cret@X?foo=1&acl=2", []string{"credentials", `"X"`, "unknown parameter foo", "parameter acl"}},
		"secret of one piece": {"s3://s3cret@scans", []string{"credentials"}},

		"unknown encryption":       {"s3://scans?sse=aws:fsx", []string{"parameter sse:", "AES256, aws:kms, aws:kms:dsse"}},
		"KMS key without KMS":      {"s3://scans?sse=AES256&kms_key=x", []string{"parameter kms_key:", "sse=aws:kms"}},
		"bucket key without KMS":   {"s3://scans?bucket_key=true", []string{"parameter bucket_key:", "sse=aws:kms"}},
		"bucket key, two layers":   {"s3://scans?bucket_key=true&sse=aws:kms:dsse", []string{"parameter bucket_key:"}},
		"bucket key, no boolean":   {"s3://scans?bucket_key=on&sse=aws:kms", []string{"parameter bucket_key:", `"on"`}},
		"two encryptions":          {"s3://scans?sse=AES256&sse_c_key_file=x", []string{"sse and sse_c_key_file exclude each other"}},
		"unknown class":            {"s3://scans?storage_class=COLD", []string{"parameter storage_class:", `"COLD"`, "STANDARD_IA"}},
		"malformed class":          {"s3://scans?storage_class=standard&endpoint=https://e.example", []string{"parameter storage_class:", `"standard"`}},
		"unknown ACL":              {"s3://scans?acl=public", []string{"parameter acl:", `"public"`, "bucket-owner-full-control"}},
		"tag without value":        {"s3://scans?tags=a=b,c", []string{"parameter tags:", `"c" is not key=value`}},
		"tag without key":          {"s3://scans?tags==b", []string{"parameter tags:"}},
		"tag of Amazon":            {"s3://scans?tags=aws:x=b", []string{"parameter tags:", "aws:"}},
		"tag given twice":          {"s3://scans?tags=a=b,a=c", []string{"parameter tags:", "more than once"}},
		"long tag key":             {"s3://scans?tags=" + strings.Repeat("ü", 129) + "=b", []string{"parameter tags:", "too long"}},
		"long tag value":           {"s3://scans?tags=a=" + strings.Repeat("b", 257), []string{"parameter tags:", "too long"}},
		"many tags":                {"s3://scans?tags=a=,b=,c=,d=,e=,f=,g=,h=,i=,j=,k=", []string{"parameter tags:", "11 tags"}},
		"unknown part sizes":       {"s3://scans?part_sizes=even", []string{"parameter part_sizes:", "uniform"}},
		"no role":                  {"s3://scans?role_arn=scans", []string{"parameter role_arn:", "arn:aws:iam::"}},
		"external ID without role": {"s3://scans?external_id=x", []string{"parameter external_id:", "role_arn"}},
		"directory bucket":         {"s3://scans--use1-az4--x-s3", []string{"not been proven", "experimental=true"}},
		"directory bucket's limits": {
			"s3://scans--use1-az4--x-s3?experimental=true&acl=private&path_style=true&requester_pays=true&tags=a=b&sse=AES256",
			[]string{"acl: directory", "path_style: directory", "requester_pays: directory", "tags: directory", "sse: directory"},
		},
		"experimental, nothing is": {"s3://scans?experimental=true", []string{"parameter experimental:", "--x-s3"}},
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

func TestEveryParameterIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/backends.md")
	if err != nil {
		t.Fatal(err)
	}
	_, err = parse(t, "s3://scans?unknown=x")
	_, names, _ := strings.Cut(err.Error(), "use one of ")
	var missing []string
	for name := range strings.SplitSeq(names, ", ") {
		if !strings.Contains(string(page), "\n| `"+name+"` |") {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 || !strings.Contains(names, "region") {
		t.Errorf("docs/backends.md has no row for %q", missing)
	}
}
