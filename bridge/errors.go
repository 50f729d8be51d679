package bridge

import (
	"errors"
	"io/fs"

	"ftpbridge/backends"
	"ftpbridge/ftp"
)

// meanings tells what a store's error means to an FTP client. Errors of io/fs,
// of the context and errors.ErrUnsupported mean the same to both.
var meanings = []struct{ store, client error }{
	{backends.ErrChanged, ftp.ErrChanged},
	{backends.ErrBusy, ftp.ErrBusy},
	{backends.ErrTooLarge, ftp.ErrTooLarge},
	{backends.ErrNoSpace, ftp.ErrNoSpace},
	{backends.ErrKey, ftp.ErrName},
	{backends.ErrConflict, ftp.ErrName},
	{backends.ErrNotEmpty, ftp.ErrNotEmpty},
}

// translated is an error with its meaning to the client: the text and the
// chain of the store's error stay for the log.
type translated struct{ cause, meaning error }

func (e *translated) Error() string   { return e.cause.Error() }
func (e *translated) Unwrap() []error { return []error{e.cause, e.meaning} }

// translate is where every error of a store passes on its way out.
func translate(err error) error {
	for _, m := range meanings {
		if errors.Is(err, m.store) {
			return &translated{cause: err, meaning: m.client}
		}
	}
	return err
}

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
