package s3

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
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
	// files), and "us-east-1" where there is an Endpoint.
	Region string
	// Endpoint is the base URL of an S3-compatible service; if empty, the
	// environment's (AWS_ENDPOINT_URL_S3), else Amazon's.
	Endpoint string
	// PathStyle puts the bucket into the path instead of the host name.
	PathStyle bool
	// UnsignedPayload leaves the body out of the signature of uploads over
	// plain http too, as it always is over TLS. That saves reading the body
	// twice; the store still verifies its checksum.
	UnsignedPayload bool
}

// notYet are the parameters that are planned: naming one is refused as such
// instead of as a spelling mistake.
var notYet = []string{
	"acl", "external_id", "kms_key", "part_sizes", "role_arn", "sse", "state", "storage_class", "unsafe_conflicts",
}

var params = map[string]func(c *Config, value string) error{
	"region":           setRegion,
	"endpoint":         setEndpoint,
	"path_style":       func(c *Config, v string) error { return setBool(&c.PathStyle, v) },
	"unsigned_payload": func(c *Config, v string) error { return setBool(&c.UnsignedPayload, v) },
}

// ParseURL reads s3://bucket/prefix?region=…&endpoint=…&path_style=true&unsigned_payload=true.
// All that is wrong is reported at once, each error with the parameter and
// the remedy. An error never repeats the user information, which may be a
// secret.
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
	return cfg, errors.Join(append(errs, cfg.setParams(u.RawQuery)...)...)
}

func (c *Config) setParams(rawQuery string) []error {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return []error{errors.New("malformed parameters after the ?: write name=value pairs joined by &, and % as %25")}
	}
	var errs []error
	for _, name := range sortedKeys(query) {
		set, known := params[name]
		switch {
		case known && len(query[name]) > 1:
			errs = append(errs, fmt.Errorf("parameter %s is given more than once: keep one", name))
		case known:
			if err := set(c, query[name][0]); err != nil {
				errs = append(errs, fmt.Errorf("parameter %s: %w", name, err))
			}
		case slices.Contains(notYet, name):
			errs = append(errs, fmt.Errorf("parameter %s is not available yet: remove it", name))
		default:
			errs = append(errs, fmt.Errorf("unknown parameter %s: use one of %s", name, strings.Join(sortedKeys(params), ", ")))
		}
	}
	return errs
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

var regionName = regexp.MustCompile(`^[A-Za-z0-9-]{1,63}$`)

func setRegion(c *Config, value string) error {
	if !regionName.MatchString(value) {
		return fmt.Errorf("%q is not a region: write for example eu-central-1", value)
	}
	c.Region = value
	return nil
}

func setEndpoint(c *Config, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("want a base URL, for example https://s3.example.com:9000")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("want a base URL without user, parameters and fragment")
	}
	c.Endpoint = value
	return nil
}

func setBool(target *bool, value string) error {
	parsed, err := strconv.ParseBool(value)
	if err != nil {
		return fmt.Errorf("%q is not true or false", value)
	}
	*target = parsed
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
