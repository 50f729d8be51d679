package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"ftpbridge/backends"
	"ftpbridge/ftp"
	"ftpbridge/internal/bufpool"
)

// upload is one ftp.File. What fits the first part is sent whole by Commit, in
// one request; anything longer goes to the store part by part while it comes.
type upload struct {
	fs       *FileSystem
	path     string
	key      string
	options  backends.PutOptions
	unique   bool // another name will do
	schedule schedule

	// whole and its buffer are the file as long as it fits the first part.
	buffer *bufpool.Buffer
	whole  []byte
	parts  *partUpload // else the parts

	size int64
	sum  backends.CRC32C
}

// Create implements ftp.FileSystem without any request to the store, but for
// one to find a unique name.
func (f *FileSystem) Create(ctx context.Context, name string, opts ftp.CreateOptions) (ftp.File, error) {
	if opts.Unique {
		unique, err := f.uniqueName(ctx, name)
		if err != nil {
			return nil, err
		}
		name = unique
	}
	key, err := writable(name)
	if err != nil {
		return nil, err
	}
	if opts.Offset > 0 {
		return nil, &ftp.RestartError{Offset: 0}
	}
	schedule := f.schedule.forSize(opts.Size)
	if largest := schedule.maxSize(); opts.Size > largest {
		return nil, fmt.Errorf("%d bytes announced, %d possible: %w", opts.Size, largest, ftp.ErrTooLarge)
	}
	u := &upload{
		fs:       f,
		path:     name,
		key:      key,
		options:  backends.PutOptions{ContentType: contentType(name)},
		schedule: schedule,
		unique:   opts.Unique,
	}
	if opts.Unique && f.info.ConditionalWrites {
		u.options.Condition.Absent = true // another may take the name meanwhile
	}
	return u, nil
}

func (u *upload) Path() string { return u.path }

// ReadFrom implements ftp.File. When it returns without error, all parts but
// those of a file that Commit sends whole are at the store.
func (u *upload) ReadFrom(ctx context.Context, r io.Reader) (int64, error) {
	src := &source{r: r}
	eof, err := u.readFirstPart(ctx, src)
	if err != nil {
		return src.read, err
	}
	if !eof {
		// A file of exactly the first part's size is still stored whole:
		// one more byte decides.
		if eof, err = src.peek(); err != nil {
			return src.read, err
		}
	}
	if eof && int64(len(u.whole)) <= u.putMax() {
		return src.read, nil
	}
	err = u.sendParts(ctx, src)
	return src.read, err
}

func (u *upload) putMax() int64 {
	if u.fs.info.PutMax > 0 {
		return u.fs.info.PutMax
	}
	return u.schedule.first
}

// readFirstPart fills whole with up to one part. It begins in a small buffer:
// a part's memory is taken only by uploads that need it.
func (u *upload) readFirstPart(ctx context.Context, src *source) (eof bool, err error) {
	chunk, err := u.fs.buffers.Chunk(ctx)
	if err != nil {
		return false, err
	}
	u.buffer = chunk
	first := u.schedule.partSize(1)
	space := chunk.Bytes()[:min(first, bufpool.ChunkSize)]
	n, eof, err := src.fill(space, &u.sum)
	u.whole = space[:n]
	u.size = int64(n)
	if eof || err != nil || first <= bufpool.ChunkSize {
		return eof, err
	}

	part, err := u.fs.buffers.Part(ctx, first)
	if err != nil {
		return false, err
	}
	head := copy(part.Bytes(), u.whole)
	chunk.Free()
	u.buffer = part
	n, eof, err = src.fill(part.Bytes()[head:first], &u.sum)
	u.whole = part.Bytes()[:head+n]
	u.size = int64(len(u.whole))
	return eof, err
}

// sendParts sends whole as the first part, and what else comes in the others.
// Memory for a part is waited for only while all others are on their way.
func (u *upload) sendParts(ctx context.Context, src *source) error {
	pending, err := u.fs.store.Begin(ctx, u.key, u.options)
	if err != nil {
		return translate(err)
	}
	u.parts = newPartUpload(ctx, pending, u.fs.partConcurrency)
	src.failed = u.parts.failed
	u.parts.send(u.buffer, len(u.whole), u.sum)
	u.buffer, u.whole = nil, nil

	for number, eof := 2, false; !eof; number++ {
		if u.schedule.count > 0 && number > u.schedule.count {
			return u.refuseMore(src)
		}
		buf, err := u.fs.buffers.Part(ctx, u.schedule.partSize(number))
		if err != nil {
			return err
		}
		var sum backends.CRC32C
		var n int
		n, eof, err = src.fill(buf.Bytes(), &sum)
		if err != nil || n == 0 {
			buf.Free()
			if err != nil {
				return err
			}
			break
		}
		u.size += int64(n)
		u.sum = u.sum.Append(sum, int64(n))
		u.parts.send(buf, n, sum)
	}
	return translate(u.parts.wait())
}

// refuseMore ends an upload that used the last part the store allows.
func (u *upload) refuseMore(src *source) error {
	eof, err := src.peek()
	if err != nil {
		return err
	}
	if !eof {
		return fmt.Errorf("more than %d bytes: %w", u.size, ftp.ErrTooLarge)
	}
	return translate(u.parts.wait())
}

// Commit implements ftp.File with the one request that publishes.
func (u *upload) Commit(ctx context.Context) (ftp.Receipt, error) {
	obj, err := u.publish(ctx)
	if err != nil {
		return ftp.Receipt{}, fmt.Errorf("publish %s: %w", u.path, translate(err))
	}
	u.fs.recent = recentStat{}
	return ftp.Receipt{
		Path:     u.path,
		Size:     u.size,
		Checksum: "crc32c=" + u.sum.String(),
		Version:  obj.Version,
	}, nil
}

func (u *upload) publish(ctx context.Context) (backends.Object, error) {
	if u.parts != nil {
		return u.parts.commit(ctx, u.sum, u.options.Condition)
	}
	defer u.freeBuffer()
	options := u.options
	options.Checksum = u.sum
	obj, err := u.fs.store.Put(ctx, u.key, u.whole, options)
	for range uniqueTries {
		if !u.unique || !errors.Is(err, fs.ErrExist) {
			break
		}
		// Another upload took the name meanwhile.
		u.path = numbered(u.path, time.Now())
		u.key = keyOf(u.path)
		obj, err = u.fs.store.Put(ctx, u.key, u.whole, options)
	}
	return obj, err
}

// uniqueTries bounds the search for a name that nobody takes first.
const uniqueTries = 3

// Suspend implements ftp.File: what the store holds of it is dropped.
func (u *upload) Suspend(ctx context.Context, _ error) error {
	u.freeBuffer()
	if u.parts == nil {
		return nil
	}
	return u.parts.abort(ctx)
}

func (u *upload) freeBuffer() {
	if u.buffer != nil {
		u.buffer.Free()
		u.buffer, u.whole = nil, nil
	}
}

// source reads the client's data into the buffers that go to the store.
type source struct {
	r    io.Reader
	read int64 // bytes
	// failed, if not nil, tells of a part that the store refused: reading
	// on would be in vain.
	failed func() error

	peeked    [1]byte
	hasPeeked bool
}

// fill reads until buf is full or the data ends, and adds to sum as it goes.
func (s *source) fill(buf []byte, sum *backends.CRC32C) (n int, eof bool, err error) {
	if s.hasPeeked && len(buf) > 0 {
		buf[0] = s.peeked[0]
		s.hasPeeked = false
		*sum = sum.Update(buf[:1])
		n = 1
	}
	for n < len(buf) {
		if s.failed != nil {
			if err := s.failed(); err != nil {
				return n, false, translate(err)
			}
		}
		got, err := s.r.Read(buf[n:])
		*sum = sum.Update(buf[n : n+got])
		n += got
		s.read += int64(got)
		if errors.Is(err, io.EOF) {
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}

// peek tells whether the data has ended, keeping the byte that it had to read.
func (s *source) peek() (eof bool, err error) {
	for !s.hasPeeked {
		n, err := s.r.Read(s.peeked[:])
		s.hasPeeked = n == 1
		s.read += int64(n)
		if err == nil || s.hasPeeked {
			continue
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		return false, err
	}
	return false, nil
}
