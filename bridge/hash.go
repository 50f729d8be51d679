package bridge

import (
	"context"
	"encoding/binary"
	"fmt"

	"ftpbridge/ftp"
)

// Hash implements ftp.FileSystem: from the checksum that the store keeps where
// that is the one asked for, in one request, else by reading.
func (f *FileSystem) Hash(ctx context.Context, name string, a ftp.HashAlgorithm, offset, length int64) ([]byte, int64, error) {
	if a == ftp.HashCRC32C && offset == 0 && length < 0 {
		obj, err := f.statObject(ctx, name)
		if err != nil {
			return nil, 0, err
		}
		if obj.HasSum {
			return binary.BigEndian.AppendUint32(nil, uint32(obj.Sum)), obj.Size, nil
		}
	}
	d, err := f.openRange(ctx, name, offset, length)
	if err != nil {
		return nil, 0, err
	}
	sum := a.New()
	n, err := d.WriteTo(ctx, sum)
	if closeErr := d.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("hash %s: %w", name, translate(closeErr))
	}
	if err != nil {
		return nil, n, err
	}
	return sum.Sum(nil), n, nil
}
