package all

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"ftpbridge/backends"
)

// checkPrefix is a place where nothing is stored.
const checkPrefix = ".ftpbridge/check/"

// Check tells whether the store answers, with one request: it lists a prefix
// under which nothing is stored, so it needs the permission to list and no
// other. The error wraps the driver's (backends.ErrNoBucket,
// fs.ErrPermission, backends.ErrBusy and so on) and names the remedy.
// It asks once: what to try again is for a layer of store.
func Check(ctx context.Context, store backends.Store) error {
	for _, err := range store.List(ctx, checkPrefix, backends.ListOptions{Limit: 1}) {
		if err != nil {
			return fmt.Errorf("%w: %s", err, remedy(err))
		}
		break
	}
	return nil
}

func remedy(err error) string {
	switch {
	case errors.Is(err, backends.ErrNoBucket):
		return "create it, or correct the bucket, region or endpoint"
	case errors.Is(err, fs.ErrPermission):
		return "supply other credentials, or allow these to list the store"
	case errors.Is(err, backends.ErrBusy):
		return "check the endpoint and the network, or try again later"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time: check the endpoint and the network"
	default:
		return "check the store's URL"
	}
}
