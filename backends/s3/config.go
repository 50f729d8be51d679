package s3

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Config says which bucket to use and how to reach it. It holds no
// credentials: those come from the SDK's default chain (environment, shared
// files, web identity, container and instance roles).
type Config struct {
	Bucket string
	// Prefix is empty or ends in "/". The Store does not apply it: whoever
	// opens the Store puts a prefix layer over it.
	Prefix string
	// Region of the bucket; if empty, the environment's (AWS_REGION, shared
	// files); if that is empty too, "us-east-1" where there is an endpoint,
	// else the one that Amazon names when asked for the bucket.
	Region string
	// Endpoint is the base URL of an S3-compatible service; if empty, the
	// environment's (AWS_ENDPOINT_URL_S3), else Amazon's.
	Endpoint string
	// PathStyle puts the bucket into the path instead of the host name.
	PathStyle bool
	// CAFile is a PEM file of authorities to trust besides the system's, or
	// besides those of AWS_CA_BUNDLE.
	CAFile string
	// UnsignedPayload leaves the body out of the signature of uploads over
	// plain http too, as it always is over TLS. That saves reading the body
	// twice; the store still verifies its checksum.
	UnsignedPayload bool

	// RoleARN is a role to assume; ExternalID goes with the request for it.
	RoleARN, ExternalID string
	// RequesterPays agrees to be charged for every request.
	RequesterPays bool

	// StorageClass, ACL (a canned one), Tags (in the form of a query) and
	// Encryption are those of new objects; if empty, the bucket's defaults.
	StorageClass types.StorageClass
	ACL          types.ObjectCannedACL
	Tags         string
	Encryption   Encryption

	// PartsUniform is for services that want all parts but the last of one size.
	PartsUniform bool
	// Experimental allows what has not been proven on the real service:
	// directory buckets.
	Experimental bool
}

// ParseURL reads s3://bucket/prefix?parameter=value&…; the parameters are
// those of the table params. All that is wrong is reported at once, each error
// with the parameter and the remedy. An error never repeats the user
// information, which may be a secret.
func ParseURL(u *url.URL) (Config, error) {
	if u.Opaque != "" {
		return Config{}, errors.New("write the bucket after two slashes: s3://bucket/prefix")
	}
	cfg := Config{Bucket: u.Host}
	var errs []error
	if u.User != nil {
		errs = append(errs, errors.New("credentials do not belong in the URL: remove them up to the @ and set "+
			"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a role or shared file"))
	}
	if u.Fragment != "" {
		errs = append(errs, errors.New("the URL has a #: write it as %23"))
	}
	if err := checkBucket(u.Host); err != nil {
		errs = append(errs, err)
	}
	var err error
	if cfg.Prefix, err = parsePrefix(u.Path); err != nil {
		errs = append(errs, err)
	}
	errs = append(errs, cfg.setParams(u.RawQuery)...)
	errs = append(errs, cfg.checkCombinations()...)
	return cfg, errors.Join(errs...)
}

// bucketName is Amazon's rule for general purpose buckets, but for the ban
// of adjacent periods and of IP addresses.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func checkBucket(name string) error {
	if name == "" {
		return errors.New("the bucket is missing: write s3://bucket/prefix")
	}
	_, notIP := netip.ParseAddr(name)
	if !bucketName.MatchString(name) || strings.Contains(name, "..") || notIP == nil {
		return fmt.Errorf("bucket %q is not a bucket name: it has 3 to 63 lower-case letters, digits, hyphens and single periods, "+
			"with a letter or digit at both ends, and is no IP address", name)
	}
	return nil
}

// parsePrefix makes "/a/b" or "/a/b/" into "a/b/".
func parsePrefix(path string) (string, error) {
	trimmed := strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if trimmed == "" && len(path) <= 1 {
		return "", nil
	}
	for segment := range strings.SplitSeq(trimmed, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return "", fmt.Errorf("prefix %q has an empty, . or .. segment: remove it", path)
		}
		if strings.ContainsFunc(segment, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }) {
			return "", fmt.Errorf("prefix %q holds control characters or is not UTF-8: use another", path)
		}
	}
	return trimmed + "/", nil
}
