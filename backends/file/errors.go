package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"ftpbridge/backends"
)

// readError classifies what reading met: what is not there as an object is
// fs.ErrNotExist, whatever is there instead.
func readError(err error) error {
	if isAny(err, syscall.ENOTDIR, syscall.ELOOP) {
		return classified(fs.ErrNotExist, err)
	}
	return classify(err)
}

// writeError classifies what writing met. Directories are made on demand, so
// something missing is the store's own directory.
func writeError(err error) error {
	switch {
	case isAny(err, syscall.ENOTDIR, syscall.EISDIR):
		return classified(backends.ErrConflict, err)
	case isAny(err, syscall.ENOENT):
		return classified(backends.ErrNoBucket, err)
	}
	return classify(err)
}

func classify(err error) error {
	switch {
	case err == nil:
		return nil
	case isAny(err, syscall.ENOSPC, syscall.EDQUOT):
		return classified(backends.ErrNoSpace, err)
	case isAny(err, syscall.EFBIG):
		return classified(backends.ErrTooLarge, err)
	case isAny(err, syscall.ENAMETOOLONG, syscall.EINVAL, syscall.EILSEQ):
		return classified(backends.ErrKey, err)
	case isAny(err, syscall.ENOTEMPTY):
		return classified(backends.ErrNotEmpty, err)
	case isAny(err, syscall.EROFS), isEscape(err):
		return classified(fs.ErrPermission, err)
	case isAny(err, syscall.EMFILE, syscall.ENFILE, syscall.EIO, syscall.ESTALE):
		return classified(backends.ErrBusy, err)
	}
	return err
}

// classified is an error of the contract that tells its cause. The cause
// itself is no longer in the chain: ENOTEMPTY, for one, also counts as
// fs.ErrExist.
func classified(as, cause error) error {
	return fmt.Errorf("%w (%s)", as, cause.Error())
}

func isAny(err error, errnos ...syscall.Errno) bool {
	errno, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return false
	}
	for _, e := range errnos {
		if errno == e {
			return true
		}
	}
	return false
}

// isEscape tells whether os.Root refused a path that leads out. Its error has
// no name; it is the only one there that is no errno.
func isEscape(err error) bool {
	_, isPath := errors.AsType[*fs.PathError](err)
	_, isLink := errors.AsType[*os.LinkError](err)
	_, isErrno := errors.AsType[syscall.Errno](err)
	return (isPath || isLink) && !isErrno && !errors.Is(err, fs.ErrClosed)
}
