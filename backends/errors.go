package backends

import "errors"

// What a driver's errors satisfy besides fs.ErrNotExist (no such object),
// fs.ErrExist (Condition.Absent not met), fs.ErrPermission (the store refuses
// the credentials or the action), errors.ErrUnsupported and the context errors.
var (
	// ErrChanged: the object is another version than the one asked for.
	ErrChanged = errors.New("object changed")
	// ErrRange: the offset lies beyond the object's end.
	ErrRange = errors.New("offset beyond the end of the object")
	// ErrNoBucket: the bucket, container or directory is missing.
	ErrNoBucket = errors.New("no such bucket")
	// ErrNoUpload: the pending upload is gone: committed, aborted or expired.
	ErrNoUpload = errors.New("no such pending upload")
	// ErrChecksum: the store received other bytes than were sent.
	ErrChecksum = errors.New("checksum mismatch")
	// ErrBusy: throttled, timed out or unreachable; later it may go.
	ErrBusy = errors.New("store busy or unreachable")
	// ErrTooLarge: beyond a size limit of the store.
	ErrTooLarge = errors.New("too large for the store")
	// ErrNoSpace: the store's space or quota is used up.
	ErrNoSpace = errors.New("no space left in the store")
	// ErrKey: the store cannot hold such a key (too long, forbidden bytes).
	ErrKey = errors.New("key not possible in the store")
	// ErrNotEmpty: the directory has something in it.
	ErrNotEmpty = errors.New("directory not empty")
	// ErrConflict: a directory is where an object should go, or the reverse,
	// in a store that cannot hold both.
	ErrConflict = errors.New("object and directory of one name")
)

// RequestID is the store's own number of the request that failed, which its
// support asks for and its logs hold, or "" if err tells none. Drivers tell it
// by a method RequestID() string of their errors.
func RequestID(err error) string {
	if e, ok := errors.AsType[requestError](err); ok {
		return e.RequestID()
	}
	return ""
}

type requestError interface {
	error
	RequestID() string
}
