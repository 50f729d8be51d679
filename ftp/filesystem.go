package ftp

import (
	"context"
	"io"
	"iter"
	"net/netip"
	"time"
)

// Driver admits users. It is all that a program must bring to serve FTP.
type Driver interface {
	// Login checks the credentials and returns the files that this user
	// sees. A refusal is ErrLogin, which the client sees as 530; any other
	// error is a failure of the server and answered 421.
	Login(ctx context.Context, client Client, user, password string) (FileSystem, error)
}

// Client is who is at the other end of a control connection.
type Client struct {
	Session string         // id of the session, as in the logs
	Addr    netip.AddrPort // of the control connection
}

// FileSystem is what one session sees. Paths are absolute, cleaned and
// slash-separated ("/" is the user's home) and free of NUL, CR and LF. At most
// one call of a session runs at a time, but for those that a File or a
// Download documents; all end soon after their context does.
//
// Errors satisfy errors.Is against the errors of this package and of io/fs; what
// is anything else counts as a passing failure of the store (451).
type FileSystem interface {
	// StatFile describes the file at path. A directory is ErrIsDirectory or
	// fs.ErrNotExist, whichever takes no further request to find out.
	StatFile(ctx context.Context, path string) (FileInfo, error)

	// StatDir describes the directory at path; a file is fs.ErrNotExist.
	StatDir(ctx context.Context, path string) (FileInfo, error)

	// List yields what is in the directory, in pieces as the store gives
	// them, so that the first line leaves before the last is known. A
	// missing directory is fs.ErrNotExist, told at the first step. An error
	// ends the listing. The slice is valid until the next step.
	List(ctx context.Context, path string) iter.Seq2[[]FileInfo, error]

	// Open starts to read the file at offset (RFC 3659, 5). An offset
	// beyond its end is a RestartError.
	Open(ctx context.Context, path string, offset int64) (Download, error)

	// Create prepares an upload. It touches nothing that is stored.
	Create(ctx context.Context, path string, opts CreateOptions) (File, error)

	// Mkdir makes a directory. One that exists is fs.ErrExist, and so is a
	// file of that name where the store cannot hold both.
	Mkdir(ctx context.Context, path string) error

	// Remove deletes a file.
	Remove(ctx context.Context, path string) error

	// RemoveDir deletes an empty directory, else ErrNotEmpty.
	RemoveDir(ctx context.Context, path string) error

	// Rename moves a file, replacing what is there, or a directory with all
	// that is in it, onto a name that is free or an empty directory.
	Rename(ctx context.Context, from, to string) error

	// SetModTime sets the modification time that StatFile tells, to the
	// second. errors.ErrUnsupported where it cannot be kept.
	SetModTime(ctx context.Context, path string, t time.Time) error

	// Hash returns the sum of length bytes of the file from offset on, or of
	// all from there if length is negative, and how many bytes that were. A
	// range that passes the end is cut there; an offset beyond it is a
	// RestartError.
	Hash(ctx context.Context, path string, a HashAlgorithm, offset, length int64) (sum []byte, n int64, err error)
}

// CreateOptions tell what the client announced of its upload.
type CreateOptions struct {
	// Offset is where the data belongs in the file (REST); 0: a new file.
	// An offset that cannot be continued from is a RestartError.
	Offset int64
	// Size is how many bytes will come (ALLO); 0: unknown.
	Size int64
	// Unique asks for a name like the given one that no file has (STOU).
	Unique bool
}

// File is an upload: ReadFrom once, then exactly one of Commit and Suspend.
// Nothing shows at its path before Commit returned nil, and then all of it.
type File interface {
	// Path is where the file will be; it differs from what Create was given
	// if that asked for a unique name.
	Path() string

	// ReadFrom stores what r gives up to io.EOF and returns how many bytes
	// that were. It reads straight into the buffers that go to the store, in
	// pieces as large as r will fill, and stops reading while memory is short.
	ReadFrom(ctx context.Context, r io.Reader) (int64, error)

	// Commit publishes the file. After an error nothing is published, but
	// for an error that says otherwise; the upload is over either way.
	Commit(ctx context.Context) (Receipt, error)

	// Suspend ends an upload that must not be published; cause says why.
	Suspend(ctx context.Context, cause error) error
}

// Receipt tells of a published upload.
type Receipt struct {
	Path     string // where it is; not always where it was asked to be
	Size     int64  // bytes of the whole file
	Checksum string // "crc32c=0a1b2c3d", empty if not known for the whole file
	Version  string // the store's name for this content
}

// Download is an open file.
type Download interface {
	// Info describes the whole file.
	Info() FileInfo
	// WriteTo copies from the offset to the end and returns how many bytes
	// w took. It reopens a broken store connection; ErrChanged if the file
	// was replaced meanwhile. An error of w is returned as it is.
	WriteTo(ctx context.Context, w io.Writer) (int64, error)
	// Close must be called once.
	Close() error
}

// FileInfo describes a file or a directory.
type FileInfo struct {
	Name    string // last element of the path
	Size    int64  // bytes; 0 for directories
	ModTime time.Time
	Dir     bool
}
