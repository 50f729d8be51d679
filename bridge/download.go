package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ftpbridge/backends"
	"ftpbridge/ftp"
	"ftpbridge/internal/bufpool"
)

const (
	// largeCopy is the size in bytes of a download's copy buffer where memory
	// allows: reads of this size go past the HTTP client's own buffer.
	largeCopy = 1 << 20
	// reopenTries is how often a download reopens without having got a byte.
	reopenTries = 5
	// reopenDelay is the pause before the second such try; it doubles.
	reopenDelay = 200 * time.Millisecond
)

// download is one ftp.Download.
type download struct {
	fs     *FileSystem
	path   string
	object backends.Object
	offset int64 // of the next byte
	end    int64 // where to stop
	body   backends.Reader
}

// Open implements ftp.FileSystem in one request, which also starts the data.
func (f *FileSystem) Open(ctx context.Context, name string, offset int64) (ftp.Download, error) {
	d, err := f.openRange(ctx, name, offset, -1)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// openRange opens length bytes from offset on, or all if length is negative.
func (f *FileSystem) openRange(ctx context.Context, name string, offset, length int64) (*download, error) {
	key, err := readable(name)
	if err != nil {
		return nil, err
	}
	if key == "" {
		return nil, ftp.ErrIsDirectory
	}
	body, err := f.store.Open(ctx, key, offset, length, "")
	if errors.Is(err, backends.ErrRange) {
		return nil, fmt.Errorf("open %s: %w", name, &ftp.RestartError{Offset: 0})
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, translate(err))
	}
	d := &download{fs: f, path: name, object: body.Object(), offset: offset, body: body}
	d.end = d.object.Size
	if length >= 0 && length < d.end-offset {
		d.end = offset + length
	}
	return d, nil
}

func (d *download) Info() ftp.FileInfo { return fileInfo(d.path, d.object) }

// WriteTo implements ftp.Download. The version that Open found is the only
// one that is read, however often the store's connection breaks.
func (d *download) WriteTo(ctx context.Context, w io.Writer) (int64, error) {
	buf, err := d.buffer(ctx)
	if err != nil {
		return 0, err
	}
	defer buf.Free()
	var written int64
	for try := 0; d.offset < d.end; {
		n, readErr := d.body.Read(buf.Bytes())
		if n > 0 {
			try = 0
			m, err := w.Write(buf.Bytes()[:n])
			written += int64(m)
			d.offset += int64(m)
			if err != nil {
				return written, err
			}
		}
		if readErr == nil || d.offset >= d.end {
			continue
		}
		if try++; try > reopenTries {
			return written, fmt.Errorf("read %s at byte %d: %w", d.path, d.offset, translate(readErr))
		}
		if err := d.reopen(ctx, try); err != nil {
			return written, fmt.Errorf("reopen %s at byte %d: %w", d.path, d.offset, err)
		}
	}
	return written, nil
}

// buffer is a large one if that takes no waiting and the file needs it.
func (d *download) buffer(ctx context.Context) (*bufpool.Buffer, error) {
	if d.end-d.offset > bufpool.ChunkSize {
		if buf := d.fs.buffers.TryPart(largeCopy); buf != nil {
			return buf, nil
		}
	}
	return d.fs.buffers.Chunk(ctx)
}

// reopen goes on at the offset after a broken connection. An object that is
// gone or replaced is ftp.ErrChanged: never a splice of two versions. What the
// store cannot answer at the moment it tries again by itself.
func (d *download) reopen(ctx context.Context, try int) error {
	if err := pause(ctx, try); err != nil {
		return err
	}
	body, err := d.fs.store.Open(ctx, d.object.Key, d.offset, d.end-d.offset, d.object.Version)
	switch {
	case isNotExist(err):
		return fmt.Errorf("%w: %w", ftp.ErrChanged, err)
	case err != nil:
		return translate(err)
	}
	_ = d.body.Close() // broken: there is nothing to learn from its end
	d.body = body
	return nil
}

// pause waits before a try: not at all before the first, then longer and longer.
func pause(ctx context.Context, try int) error {
	if try == 1 {
		return ctx.Err()
	}
	timer := time.NewTimer(reopenDelay << (try - 2))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

func (d *download) Close() error { return d.body.Close() }
