package s3

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// params are the parameters of the URL. docs/backends.md has the same table
// for users.
var params = map[string]func(c *Config, value string) error{
	"acl":              setACL,
	"bucket_key":       setBucketKey,
	"ca_file":          func(c *Config, v string) error { c.CAFile = v; return nil },
	"endpoint":         setEndpoint,
	"experimental":     func(c *Config, v string) error { return setBool(&c.Experimental, v) },
	"external_id":      func(c *Config, v string) error { c.ExternalID = v; return nil },
	"kms_key":          func(c *Config, v string) error { c.Encryption.KMSKey = v; return nil },
	"part_sizes":       setPartSizes,
	"path_style":       func(c *Config, v string) error { return setBool(&c.PathStyle, v) },
	"region":           setRegion,
	"requester_pays":   func(c *Config, v string) error { return setBool(&c.RequesterPays, v) },
	"role_arn":         setRoleARN,
	"sse":              setEncryption,
	"sse_c_key_file":   func(c *Config, v string) error { c.Encryption.CustomerKeyFile = v; return nil },
	"storage_class":    setStorageClass,
	"tags":             setTags,
	"unsigned_payload": func(c *Config, v string) error { return setBool(&c.UnsignedPayload, v) },
}

// notYet are the parameters that are planned: naming one is refused as such
// instead of as a spelling mistake.
var notYet = []string{"state", "unsafe_conflicts"}

// setParams reads the parameters. An empty value means the default, because
// templates render what is not set so.
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
		case known && query[name][0] != "":
			if err := set(c, query[name][0]); err != nil {
				errs = append(errs, fmt.Errorf("parameter %s: %w", name, err))
			}
		case known:
		case slices.Contains(notYet, name):
			errs = append(errs, fmt.Errorf("parameter %s is not available yet: remove it", name))
		default:
			errs = append(errs, fmt.Errorf("unknown parameter %s: use one of %s", name, strings.Join(sortedKeys(params), ", ")))
		}
	}
	return errs
}

// checkCombinations finds parameters that make no sense together.
func (c *Config) checkCombinations() []error {
	errs := c.Encryption.check()
	if c.ExternalID != "" && c.RoleARN == "" {
		errs = append(errs, errors.New("parameter external_id: goes with role_arn: add that, or remove it"))
	}
	if c.StorageClass != "" && c.Endpoint == "" && !slices.Contains(c.StorageClass.Values(), c.StorageClass) {
		errs = append(errs, fmt.Errorf("parameter storage_class: Amazon has no class %q: use one of %s",
			c.StorageClass, joined(c.StorageClass.Values())))
	}
	return append(errs, c.checkDirectoryBucket()...)
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

// roleARN leaves the account open: compatible services have none.
var roleARN = regexp.MustCompile(`^arn:[^:]+:iam::[^:]*:role/.`)

func setRoleARN(c *Config, value string) error {
	if !roleARN.MatchString(value) {
		return fmt.Errorf("%q is not the ARN of a role: write for example arn:aws:iam::123456789012:role/scans", value)
	}
	c.RoleARN = value
	return nil
}

var storageClass = regexp.MustCompile(`^[A-Z0-9_-]+$`)

func setStorageClass(c *Config, value string) error {
	if !storageClass.MatchString(value) {
		return fmt.Errorf("%q is not a storage class: write for example STANDARD_IA", value)
	}
	c.StorageClass = types.StorageClass(value)
	return nil
}

func setACL(c *Config, value string) error {
	acl := types.ObjectCannedACL(value)
	if !slices.Contains(acl.Values(), acl) {
		return fmt.Errorf("%q is not a canned ACL: use one of %s", value, joined(acl.Values()))
	}
	c.ACL = acl
	return nil
}

// Amazon's limits:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
const (
	tagsMax     = 10
	tagKeyMax   = 128 // characters
	tagValueMax = 256 // characters
)

// setTags reads key=value pairs joined by commas, which tags cannot hold.
func setTags(c *Config, value string) error {
	query := url.Values{}
	for pair := range strings.SplitSeq(value, ",") {
		key, value, found := strings.Cut(pair, "=")
		switch {
		case !found || key == "":
			return fmt.Errorf("%q is not key=value: write for example dept=scans,kind=inbox", pair)
		case strings.HasPrefix(key, "aws:"):
			return fmt.Errorf("key %q begins with aws:, which is Amazon's own: use another", key)
		case query.Has(key):
			return fmt.Errorf("key %q is given more than once: keep one", key)
		case utf8.RuneCountInString(key) > tagKeyMax || utf8.RuneCountInString(value) > tagValueMax:
			return fmt.Errorf("tag %q is too long: a key has at most %d characters, a value %d", key, tagKeyMax, tagValueMax)
		}
		query.Set(key, value)
	}
	if len(query) > tagsMax {
		return fmt.Errorf("%d tags are too many: an object has at most %d", len(query), tagsMax)
	}
	c.Tags = query.Encode()
	return nil
}

func setPartSizes(c *Config, value string) error {
	if value != "uniform" {
		return fmt.Errorf("%q is unknown: write uniform, or remove it for parts that grow", value)
	}
	c.PartsUniform = true
	return nil
}

func setBucketKey(c *Config, value string) error {
	c.Encryption.BucketKey = aws.Bool(false)
	return setBool(c.Encryption.BucketKey, value)
}

func setBool(target *bool, value string) error {
	parsed, err := strconv.ParseBool(value)
	if err != nil {
		return fmt.Errorf("%q is not true or false", value)
	}
	*target = parsed
	return nil
}

func joined[S ~string](values []S) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	return strings.Join(texts, ", ")
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
