package ftp

import (
	"errors"
	"fmt"
)

// What a Driver's and a FileSystem's errors satisfy, besides fs.ErrNotExist,
// fs.ErrExist, fs.ErrPermission, errors.ErrUnsupported and the context errors.
// The replies that they become are in reply_errors.go. One with a method
// RequestID() string tells the log which request to the store failed.
var (
	// ErrLogin: wrong name or password, or this user may not log in.
	ErrLogin = errors.New("login incorrect")
	// ErrIsDirectory: a file was asked for and this is a directory.
	ErrIsDirectory = errors.New("is a directory")
	// ErrNotEmpty: the directory has something in it.
	ErrNotEmpty = errors.New("directory not empty")
	// ErrName: the store cannot hold a file of this name.
	ErrName = errors.New("name not possible")
	// ErrChanged: the file was replaced while it was being used.
	ErrChanged = errors.New("changed meanwhile")
	// ErrBusy: the store is throttling or out of reach; later it may go.
	ErrBusy = errors.New("store busy")
	// ErrTooLarge: larger than the store or the configuration allows.
	ErrTooLarge = errors.New("too large")
	// ErrNoSpace: the store's space or quota is used up.
	ErrNoSpace = errors.New("no space left")
)

// RestartError refuses the offset of a REST command (RFC 3659, 5) and names
// the one that would work.
type RestartError struct {
	Offset int64 // bytes
}

func (e *RestartError) Error() string {
	return fmt.Sprintf("restart point not available; %d would work", e.Offset)
}
