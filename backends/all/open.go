// Package all opens every kind of store that this program was built with.
// A new kind is one more case in Open.
package all

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"ftpbridge/backends"
	"ftpbridge/backends/file"
	"ftpbridge/backends/layer"
	"ftpbridge/backends/s3"
)

const knownSchemes = "file, s3"

// Open opens the store that a STORE URL names. It makes no request to the
// store: Check does; only the region of an s3 bucket is asked for if nothing
// tells it (backends.ErrNoBucket, backends.ErrBusy). The error says what is wrong and the remedy, and never
// repeats a part of the URL that could be a secret. The caller closes the
// store.
func Open(ctx context.Context, rawURL string) (backends.Store, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errors.New("malformed URL: want for example s3://bucket/prefix?region=eu-central-1 or file:/srv/data, " +
			"with %, # and ? in names written as %25, %23 and %3F")
	}
	switch u.Scheme {
	case "file":
		return file.OpenURL(ctx, u)
	case "s3":
		return openS3(ctx, u)
	case "gs", "azblob":
		return nil, fmt.Errorf("stores of kind %q are not available yet: use one of %s", u.Scheme, knownSchemes)
	case "":
		return nil, fmt.Errorf("the URL has no scheme: begin it with one of %s and a colon, for example file:/srv/data", knownSchemes)
	default:
		return nil, fmt.Errorf("unknown kind of store %q: use one of %s", u.Scheme, knownSchemes)
	}
}

func openS3(ctx context.Context, u *url.URL) (backends.Store, error) {
	cfg, err := s3.ParseURL(u)
	if err != nil {
		return nil, err
	}
	store, err := s3.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return layer.Prefix(store, cfg.Prefix), nil
}
