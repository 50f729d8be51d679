// Package backends is the contract between ftpbridge and an object store.
//
// A Store speaks of keys, ranges, parts and copies, never of files, so that
// a driver says exactly what its cloud can do and no more. The limits and
// abilities that differ between clouds are data (Info); an operation that a
// store cannot do returns errors.ErrUnsupported. Package storetest is the same
// contract as tests, and every driver passes it.
package backends

import (
	"context"
	"io"
	"iter"
	"time"
)

// Store is one place for objects: a bucket, a container or a directory.
//
// Keys are UTF-8, relative ("a/b.txt"), never empty. A key that ends in "/"
// is a directory marker: it holds no bytes.
//
// Every method may be called from any goroutine, and ends soon after its
// context does. Drivers classify each error once: what they return satisfies
// errors.Is against the errors of this package and of io/fs. They do not try
// again after ErrBusy, except within a call of many requests that would
// otherwise begin anew (a copy in parts): layer.Retry does.
//
// Reads follow writes: after Put, Commit, Copy, Rename or Delete returned nil,
// every later call on every replica sees the change.
type Store interface {
	// Info tells the limits and abilities of the store. It makes no request
	// and always returns the same value.
	Info() Info

	// Stat describes the object at key. A directory that is only implied by
	// other keys is not an object: Stat of it is fs.ErrNotExist.
	Stat(ctx context.Context, key string) (Object, error)

	// Open reads length bytes of the object from offset on; a negative
	// length means up to the end, and a range that passes the end is cut
	// there. An offset equal to the size gives no bytes, one beyond it is
	// ErrRange. If version is not empty, the object must still be that
	// version, else ErrChanged (or fs.ErrNotExist if it is gone).
	// Reading is one request that is not retried: a caller that loses the
	// stream opens again at its offset, pinned to Object().Version.
	Open(ctx context.Context, key string, offset, length int64, version string) (Reader, error)

	// List yields the entries whose keys begin with prefix, page by page, one
	// request a page and none before the iteration begins. Keys that hold a
	// "/" after the prefix appear once, as the directory up to that "/",
	// unless opts.Recursive. The order is that of the keys' bytes where
	// Info.Ordered says so; a marker of the prefix itself then comes first.
	// An error ends the iteration. Each slice is the caller's own. No matching key is
	// no error.
	List(ctx context.Context, prefix string, opts ListOptions) iter.Seq2[[]Entry, error]

	// Put stores data as the whole object at key, in one request, at most
	// Info.PutMax bytes. The object is visible when Put returns nil, and
	// never in part. The store verifies opts.Checksum. If Put fails with an
	// error other than a refusal, the object may or may not be stored.
	// Data is not used after Put returned.
	Put(ctx context.Context, key string, data []byte, opts PutOptions) (Object, error)

	// Begin starts an upload in parts. Nothing is visible at key before
	// Commit; an upload that is neither committed nor aborted stays pending
	// at the store for Info.UploadLife.
	Begin(ctx context.Context, key string, opts PutOptions) (Upload, error)

	// Resume takes up the pending upload that Begin started under this key,
	// in this or another process. It may make no request: an unknown id can
	// show only at the first use, as ErrNoUpload.
	Resume(ctx context.Context, key, id string) (Upload, error)

	// Copy makes the object at key a copy of the source, at the store,
	// without moving the bytes through the caller. Content type, metadata,
	// tags and class are kept. Visible when it returns nil, never in part.
	// If source.Version is not empty and the source is another version:
	// ErrChanged.
	Copy(ctx context.Context, key string, source Source, cond Condition) (Object, error)

	// SetMetadata sets the given user metadata of the object at key; its bytes
	// and all else about it stay. If version is not empty and another one is
	// there: ErrChanged. A store that does it by a copy gives the object a new
	// ModTime; above Info.CopyMax such a store returns errors.ErrUnsupported.
	SetMetadata(ctx context.Context, key string, change map[string]string, version string) (Object, error)

	// Rename moves the object from one key to another in one atomic step,
	// replacing what was there. If both keys end in "/" it moves the whole
	// directory, which needs Info.AtomicDirRename; the target must then not
	// exist or be empty, else ErrNotEmpty. Stores that cannot do it return
	// errors.ErrUnsupported, having changed nothing.
	Rename(ctx context.Context, from, to string) error

	// Delete removes the objects at the keys. One that is missing is no
	// error. A non-empty cond.Version may be given with one key only: another
	// version there is ErrChanged and stays. Deleting a marker never
	// deletes what is below it: where directories are real, one that is not
	// empty is ErrNotEmpty. If several fail, the errors are joined and the
	// others are deleted.
	Delete(ctx context.Context, cond Condition, keys ...string) error

	// Close frees connections. No call may be running or follow.
	Close() error
}

// Upload is a pending upload in parts. PutPart may be called from several
// goroutines at once unless Info.PartsSerial; after Commit or Abort
// returned nil nothing else may be called.
type Upload interface {
	// ID names the upload to Resume. It may be a secret (a session URL).
	ID() string

	// PutPart stores one part. Number counts from 1, offset is the
	// part's first byte in the object, sum its CRC-32C, which the store
	// verifies (ErrChecksum if it differs). All parts but the last are
	// between Info.PartMin and Info.PartMax bytes. Sending a number again
	// replaces the part. Data is not used after PutPart returned.
	PutPart(ctx context.Context, number int, offset int64, data []byte, sum CRC32C) (Part, error)

	// Parts lists the parts that the store holds, by number.
	Parts(ctx context.Context) ([]Part, error)

	// Commit publishes the object made of exactly these parts, which are in
	// order and without gaps, whose sum over all bytes is sum. One attempt:
	// after an error that is not a refusal the object may be published.
	Commit(ctx context.Context, parts []Part, sum CRC32C, cond Condition) (Object, error)

	// Abort drops the upload and frees its parts. Aborting one that the
	// store no longer knows is no error.
	Abort(ctx context.Context) error
}

// Reader is the open body of an object's range.
type Reader interface {
	io.ReadCloser
	// Object describes the whole object, as the store told it with the body.
	Object() Object
}

// Object describes one object.
type Object struct {
	Key     string
	Size    int64     // bytes
	ModTime time.Time // when the store took it
	// Version changes whenever the bytes do; opaque, not empty. Where it is
	// derived from the content, equal bytes can have an equal version.
	Version     string
	ContentType string
	// Metadata is the user metadata; keys are lower case.
	Metadata map[string]string
	// Sum is the CRC-32C of all bytes, where the store keeps one and HasSum.
	Sum    CRC32C
	HasSum bool
}

// ListOptions shape a listing.
type ListOptions struct {
	Recursive bool // every key, not only those of one directory
	// Limit, if not 0, ends the listing after so many entries and asks the
	// store for no more than that: the cheap way to see whether there is any.
	Limit int
	// After, if not empty, leaves out all entries whose keys do not come after
	// it in the order of bytes: how a listing that broke off goes on. It needs
	// Info.Ordered, else it is errors.ErrUnsupported.
	After string
}

// Entry is one line of a listing.
type Entry struct {
	// Key is the object's key, or the directory's with its final "/".
	Key     string
	Size    int64     // bytes; 0 for a directory
	ModTime time.Time // zero for a directory that the store does not date
	Version string    // empty for a directory
}

// Part is one stored part of a pending upload.
type Part struct {
	Number int
	Offset int64 // of its first byte in the object
	Size   int64 // bytes
	Tag    string
	Sum    CRC32C
	HasSum bool
}

// Source names what Copy reads.
type Source struct {
	Key     string
	Version string // if not empty, the only version that may be read
}

// PutOptions are the properties of a new object.
type PutOptions struct {
	ContentType string
	Metadata    map[string]string
	// Checksum of the data for Put, which the store verifies. Begin ignores
	// it: there the sums travel with the parts and with Commit.
	Checksum CRC32C
	// Condition that Put must meet. Begin ignores it: Commit has its own.
	Condition Condition
}

// Condition restricts a write to what is at the key now. The zero value is
// no condition. It needs Info.ConditionalWrites.
type Condition struct {
	// Absent: nothing may be at the key, else fs.ErrExist.
	Absent bool
	// Version: this version must be at the key, else ErrChanged.
	Version string
}
