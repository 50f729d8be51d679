package bridge

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"ftpbridge/backends"
	"ftpbridge/ftp"
)

// mtimeKey is the metadata in which the modification time that a client set
// is kept, in seconds since 1970; rclone uses the same.
const mtimeKey = "mtime"

// SetModTime implements ftp.FileSystem. The time is kept beside the object's
// own date, so listings show it only where the store lists metadata; StatFile
// always does. On S3 it costs a copy of the object onto itself, and is
// errors.ErrUnsupported above the largest single copy.
func (f *FileSystem) SetModTime(ctx context.Context, name string, t time.Time) error {
	key, err := readable(name)
	if err != nil {
		return err
	}
	if key == "" {
		return ftp.ErrIsDirectory
	}
	f.recent = recentStat{}
	change := map[string]string{mtimeKey: strconv.FormatInt(t.Unix(), 10)}
	if _, err := f.store.SetMetadata(ctx, key, change, ""); err != nil {
		return fmt.Errorf("set the time of %s: %w", name, translate(err))
	}
	return nil
}

// modTime is the time that a client set, else the store's date.
func modTime(obj backends.Object) time.Time {
	seconds, err := strconv.ParseFloat(obj.Metadata[mtimeKey], 64)
	// Years beyond 9999 and NaN do not fit the replies.
	if err != nil || !(math.Abs(seconds) < 253_402_300_800) {
		return obj.ModTime
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC()
}
