package layer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"ftpbridge/backends"
)

// errNotOurs: what is at the key is not what the call makes.
var errNotOurs = errors.New("something else is there")

// unknown is the error of a call of which nobody knows what became: err is
// what it ended in, why is what looking for its effect ended in.
func unknown(ctx context.Context, err, why error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w while looking what became of it after: %v", ctx.Err(), err) //nolint:errorlint // no longer the reason
	}
	if errors.Is(err, backends.ErrBusy) {
		return fmt.Errorf("%w (what became of it is unknown: %v)", err, why) //nolint:errorlint // only to be read
	}
	return fmt.Errorf("%w: an answer was lost, then %v (whether that is the call's own doing is unknown: %v)",
		backends.ErrBusy, err, why) //nolint:errorlint // only to be read
}

// clockAllowance is how far the store's clock may be behind ours. S3 refuses
// requests beyond it.
const clockAllowance = 15 * time.Minute

// find is the object at key, errNotOurs if there is none.
func (r *retrying) find(ctx context.Context, key string) (backends.Object, error) {
	obj, err := r.Stat(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return backends.Object{}, errNotOurs
	}
	return obj, err
}

// findNew is find for an object that was made since.
func (r *retrying) findNew(ctx context.Context, key string, since time.Time) (backends.Object, error) {
	obj, err := r.find(ctx, key)
	if err == nil && isOlder(obj, since) {
		return backends.Object{}, errNotOurs
	}
	return obj, err
}

func isOlder(obj backends.Object, than time.Time) bool {
	return obj.ModTime.Before(than.Add(-clockAllowance))
}

// findPut finds what a Put of data made. A store that keeps no sum is asked for
// the bytes.
func (r *retrying) findPut(ctx context.Context, key string, data []byte, opts backends.PutOptions, since time.Time) (backends.Object, error) {
	obj, err := r.findNew(ctx, key, since)
	if err != nil {
		return backends.Object{}, err
	}
	if obj.Size != int64(len(data)) || !contains(obj.Metadata, opts.Metadata) {
		return backends.Object{}, errNotOurs
	}
	if obj.HasSum {
		if obj.Sum != opts.Checksum {
			return backends.Object{}, errNotOurs
		}
		return obj, nil
	}
	return obj, r.compare(ctx, obj, data)
}

// compare reads an object: it is errNotOurs if it does not hold data.
func (r *retrying) compare(ctx context.Context, obj backends.Object, data []byte) (err error) {
	body, err := r.Open(ctx, obj.Key, 0, -1, obj.Version)
	if isConflict(err) || errors.Is(err, fs.ErrNotExist) {
		return errNotOurs
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	const chunk = 64 << 10 // bytes
	buf := make([]byte, min(len(data), chunk))
	for len(data) > 0 {
		n, err := io.ReadFull(body, buf[:min(len(data), len(buf))])
		if err != nil {
			return err
		}
		if !bytes.Equal(buf[:n], data[:n]) {
			return errNotOurs
		}
		data = data[n:]
	}
	return nil
}

// errNoSum: the store does not tell enough to compare two objects.
var errNoSum = errors.New("the store keeps no sum of the object")

// findCopy finds what a Copy made: an object like its source.
func (r *retrying) findCopy(ctx context.Context, key string, source backends.Source, since time.Time) (backends.Object, error) {
	from, err := r.find(ctx, source.Key)
	if err != nil {
		return backends.Object{}, err
	}
	obj, err := r.findNew(ctx, key, since)
	switch {
	case err != nil:
		return backends.Object{}, err
	case obj.Size != from.Size:
		return backends.Object{}, errNotOurs
	case !obj.HasSum || !from.HasSum:
		return backends.Object{}, errNoSum
	case obj.Sum != from.Sum:
		return backends.Object{}, errNotOurs
	}
	return obj, nil
}

// findMetadata finds the object with the change made.
func (r *retrying) findMetadata(ctx context.Context, key string, change map[string]string) (backends.Object, error) {
	obj, err := r.find(ctx, key)
	if err == nil && !contains(obj.Metadata, change) {
		err = errNotOurs
	}
	return obj, err
}

// contains: all of part is in metadata.
func contains(metadata, part map[string]string) bool {
	for key, value := range part {
		if there, ok := metadata[key]; !ok || there != value {
			return false
		}
	}
	return true
}

// moved: what was at from is at to.
func (r *retrying) moved(ctx context.Context, from, to string) (bool, error) {
	left, err := r.exists(ctx, from)
	if err != nil || left {
		return false, err
	}
	return r.exists(ctx, to)
}

// exists tells of an object, or of a directory, implied ones included.
func (r *retrying) exists(ctx context.Context, key string) (bool, error) {
	if !strings.HasSuffix(key, "/") {
		_, err := r.find(ctx, key)
		if errors.Is(err, errNotOurs) {
			return false, nil
		}
		return err == nil, err
	}
	for _, err := range r.List(ctx, key, backends.ListOptions{Limit: 1}) {
		return err == nil, err
	}
	return false, nil
}
