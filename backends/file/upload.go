package file

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strings"
	"sync"

	"ftpbridge/backends"
)

// upload is one handle of a pending upload; there may be others, in this and
// in other processes. It keeps no file open.
type upload struct {
	store *Store
	key   string
	loc   location
	id    string

	mu  sync.Mutex
	log uploadLog
}

// validUploadID tells whether an id could be one of ours, and so no path.
func validUploadID(id string) bool {
	return id != "" && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// Begin implements backends.Store.
func (s *Store) Begin(ctx context.Context, key string, opts backends.PutOptions) (backends.Upload, error) {
	u, err := s.begin(ctx, key, opts)
	if err != nil {
		return nil, fmt.Errorf("begin %q: %w", key, writeError(err))
	}
	return u, nil
}

func (s *Store) begin(ctx context.Context, key string, opts backends.PutOptions) (*upload, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	loc, err := s.locate(key)
	if err != nil {
		return nil, err
	}
	if loc.dir {
		return nil, fmt.Errorf("a directory holds no bytes: %w", backends.ErrKey)
	}
	u := &upload{store: s, key: key, loc: loc, id: rand.Text()}
	// The log comes first and goes last, so that no data is without one.
	log, err := s.root.OpenFile(logPath(u.id), os.O_CREATE|os.O_EXCL|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	err = u.start(log, beginRecord{Key: key, ContentType: opts.ContentType, Metadata: opts.Metadata})
	if err := errors.Join(err, log.Close(), s.syncDirs(uploadsDir)); err != nil {
		return nil, errors.Join(err, s.removeUpload(u.id))
	}
	return u, nil
}

func (u *upload) start(log *os.File, begin beginRecord) error {
	data, err := u.store.root.OpenFile(dataPath(u.id), os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode)
	if err != nil {
		return err
	}
	return errors.Join(data.Close(), u.log.appendLog(log, logRecord{Begin: &begin}), log.Sync())
}

// Resume implements backends.Store. It touches nothing.
func (s *Store) Resume(ctx context.Context, key, id string) (backends.Upload, error) {
	err := ctx.Err()
	if err == nil && !validUploadID(id) {
		err = backends.ErrNoUpload
	}
	loc, locErr := s.locate(key)
	if err := errors.Join(err, locErr); err != nil {
		return nil, fmt.Errorf("resume %q: %w", key, err)
	}
	return &upload{store: s, key: key, loc: loc, id: id}, nil
}

// ID implements backends.Upload.
func (u *upload) ID() string { return u.id }

// with runs f while the upload is locked and its log read to the end.
func (u *upload) with(ctx context.Context, f func(log *os.File) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.store.withLog(u.id, func(log *os.File) error {
		if err := u.log.follow(log); err != nil {
			return err
		}
		if u.log.begin == nil || u.log.begin.Key != u.key {
			return backends.ErrNoUpload
		}
		return f(log)
	})
}

// PutPart implements backends.Upload. When it returns nil the part is durable.
func (u *upload) PutPart(ctx context.Context, number int, offset int64, data []byte, sum backends.CRC32C) (backends.Part, error) {
	part, err := u.putPart(ctx, number, offset, data, sum)
	if err != nil {
		return backends.Part{}, fmt.Errorf("put part %d of %q: %w", number, u.key, writeError(err))
	}
	return part, nil
}

func (u *upload) putPart(ctx context.Context, number int, offset int64, data []byte, sum backends.CRC32C) (part backends.Part, err error) {
	if number < 1 || offset < 0 {
		return part, fmt.Errorf("at %d: no such part", offset)
	}
	if backends.Checksum(data) != sum {
		return part, backends.ErrChecksum
	}
	record := partRecord{Number: number, Tag: rand.Text(), Offset: offset, Size: int64(len(data)), Sum: sum.Base64()}
	var file *os.File
	err = u.with(ctx, func(log *os.File) error {
		if file, err = u.store.root.OpenFile(dataPath(u.id), os.O_WRONLY, 0); err != nil {
			return goneUpload(err)
		}
		return u.write(log, file, record, data)
	})
	if file == nil {
		return part, err
	}
	// The disk works outside of the lock, for several parts at once.
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return part, err
	}
	err = u.with(ctx, func(log *os.File) error {
		if err := u.log.appendLog(log, logRecord{Part: &record}); err != nil {
			return err
		}
		if u.log.parts[number] != record {
			return fmt.Errorf("another writer was there: %w", backends.ErrChanged)
		}
		return log.Sync()
	})
	return record.part(), err
}

// write announces a part and writes it into the data.
func (u *upload) write(log, data *os.File, record partRecord, content []byte) error {
	before := len(u.log.parts)
	if err := u.log.appendLog(log, logRecord{Write: &record}); err != nil {
		return err
	}
	if len(u.log.parts) < before {
		// A part must be gone from the log before its bytes are.
		if err := log.Sync(); err != nil {
			return err
		}
	}
	_, err := data.WriteAt(content, record.Offset)
	return err
}

// Parts implements backends.Upload.
func (u *upload) Parts(ctx context.Context) ([]backends.Part, error) {
	var parts []backends.Part
	err := u.with(ctx, func(*os.File) error {
		_, err := u.store.root.Lstat(dataPath(u.id))
		parts = u.log.held()
		return goneUpload(err)
	})
	if err != nil {
		return nil, fmt.Errorf("list parts of %q: %w", u.key, classify(err))
	}
	return parts, nil
}

// goneUpload is for the data of an upload that ended without its log: a crash
// in a Commit.
func goneUpload(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return backends.ErrNoUpload
	}
	return err
}

// Commit implements backends.Upload. When it returns nil the object is durable.
// After a refusal the upload is pending as before.
func (u *upload) Commit(ctx context.Context, parts []backends.Part, sum backends.CRC32C, cond backends.Condition) (backends.Object, error) {
	var obj backends.Object
	err := u.with(ctx, func(*os.File) (err error) {
		obj, err = u.commit(parts, sum, cond)
		return err
	})
	if err != nil {
		return backends.Object{}, fmt.Errorf("commit %q: %w", u.key, writeError(err))
	}
	return obj, nil
}

func (u *upload) commit(parts []backends.Part, sum backends.CRC32C, cond backends.Condition) (obj backends.Object, err error) {
	size, err := u.check(parts, sum)
	if err != nil {
		return obj, err
	}
	s := u.store
	data, err := s.root.OpenFile(dataPath(u.id), os.O_RDWR, 0)
	if err != nil {
		return obj, goneUpload(err)
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	if err := data.Truncate(size); err != nil {
		return obj, err
	}
	a := attributes{ContentType: u.log.begin.ContentType, Metadata: u.log.begin.Metadata}
	info, a, err := s.seal(data, dataPath(u.id), a, &sum)
	if err != nil {
		return obj, err
	}
	// From here on there is no pending upload, whatever happens: nothing may
	// write to a file that could be published.
	name := tempDir + "/" + u.id
	if err := s.root.Rename(dataPath(u.id), name); err != nil {
		return obj, err
	}
	if err := s.publish(name, u.loc, cond); err != nil {
		return obj, errors.Join(err, u.takeBack(name, info))
	}
	return a.object(u.key, info), s.root.Remove(logPath(u.id))
}

// check holds the parts that shall be published against those in the log. It
// gives the size of the object.
func (u *upload) check(parts []backends.Part, sum backends.CRC32C) (int64, error) {
	if len(parts) == 0 {
		return 0, errors.New("no parts")
	}
	size, whole := int64(0), backends.CRC32C(0)
	for i, given := range parts {
		held := u.log.parts[given.Number].part()
		if given.Number != i+1 || given.Tag != held.Tag || held.Offset != size {
			return 0, fmt.Errorf("part %d is not held as given: %w", given.Number, backends.ErrChanged)
		}
		size += held.Size
		whole = whole.Append(held.Sum, held.Size)
	}
	if whole != sum {
		return 0, backends.ErrChecksum
	}
	return size, nil
}

// takeBack makes the upload pending again after publishing it was refused.
func (u *upload) takeBack(name string, info fs.FileInfo) error {
	err := u.store.root.Rename(name, dataPath(u.id))
	return errors.Join(ignoreGone(err), u.store.dropSidecar(versionOf(info)))
}

// Abort implements backends.Upload.
func (u *upload) Abort(ctx context.Context) error {
	err := u.with(ctx, func(*os.File) error {
		return u.store.removeFiles(u.id)
	})
	if err != nil && !errors.Is(err, backends.ErrNoUpload) {
		return fmt.Errorf("abort upload of %q: %w", u.key, classify(err))
	}
	return nil
}

// removeUpload drops an upload of whatever key.
func (s *Store) removeUpload(id string) error {
	err := s.withLog(id, func(*os.File) error { return s.removeFiles(id) })
	if errors.Is(err, backends.ErrNoUpload) {
		return nil
	}
	return err
}

func (s *Store) removeFiles(id string) error {
	return errors.Join(ignoreGone(s.root.Remove(dataPath(id))), ignoreGone(s.root.Remove(logPath(id))))
}

// splitLines are the lines that are not empty.
func splitLines(b []byte) iter.Seq[[]byte] {
	return bytes.FieldsFuncSeq(b, func(r rune) bool { return r == '\n' })
}
