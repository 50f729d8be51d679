package file

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"syscall"

	"github.com/pkg/xattr"

	"ftpbridge/backends"
)

// attributeName is the extended attribute that holds a file's attributes.
const attributeName = "user.ftpbridge"

// attributes are what a file does not tell by itself.
type attributes struct {
	ContentType string            `json:"content_type,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	// Sum is the base64 CRC-32C of the bytes that the file had when it was
	// of this date (Unix nanoseconds) and size.
	Sum     string `json:"crc32c,omitempty"`
	ModTime int64  `json:"mtime,omitempty"`
	Size    int64  `json:"size,omitempty"`
}

func attributesOf(opts backends.PutOptions) attributes {
	return attributes{ContentType: opts.ContentType, Metadata: maps.Clone(opts.Metadata)}
}

// withSum adds the sum of the content that info describes.
func (a attributes) withSum(sum backends.CRC32C, info fs.FileInfo) attributes {
	a.Sum, a.ModTime, a.Size = sum.Base64(), info.ModTime().UnixNano(), info.Size()
	return a
}

// sum is the CRC-32C of the file that info describes, if it is known.
func (a attributes) sum(info fs.FileInfo) (backends.CRC32C, bool) {
	if a.Sum == "" || a.ModTime != info.ModTime().UnixNano() || a.Size != info.Size() {
		return 0, false
	}
	sum, err := backends.ParseCRC32C(a.Sum)
	return sum, err == nil
}

// versionOf names the content of a file, or a directory.
func versionOf(info fs.FileInfo) string {
	inode := info.Sys().(*syscall.Stat_t).Ino
	if info.IsDir() {
		return fmt.Sprintf("d%x", inode)
	}
	return fmt.Sprintf("%x-%x-%x", inode, info.ModTime().UnixNano(), info.Size())
}

// sidecar is the path of the attributes of a file without extended ones. It
// is named by the version, so that it is right before, during and after any
// rename of the file, and wrong as soon as the file is another.
func sidecar(version string) string { return attributesDir + "/" + version }

// setAttributes stores the attributes of an open file. They do not change its
// date, and are not yet durable unless they are in a sidecar.
func (s *Store) setAttributes(f *os.File, info fs.FileInfo, a attributes) error {
	record, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if !s.sidecars && xattr.FSet(f, attributeName, record) == nil {
		return nil
	}
	// Not supported there, or more than fits; a full disk shows now, too.
	if err := s.writeSidecar(versionOf(info), record); err != nil {
		return err
	}
	// What fitted before must not hide it.
	err = xattr.FRemove(f, attributeName)
	if errors.Is(err, xattr.ENOATTR) || isAny(err, syscall.ENOTSUP, syscall.EPERM) {
		return nil
	}
	return err
}

// attributes reads those of an open file; one that was made by others has none.
func (s *Store) attributes(f *os.File, info fs.FileInfo) (attributes, error) {
	record, err := xattr.FGet(f, attributeName)
	if err != nil {
		record, err = s.root.ReadFile(sidecar(versionOf(info)))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return attributes{}, nil
	}
	if err != nil {
		return attributes{}, err
	}
	return parseAttributes(record), nil
}

// parseAttributes reads a record. One that is not ours tells nothing.
func parseAttributes(record []byte) attributes {
	var a attributes
	if json.Unmarshal(record, &a) != nil {
		return attributes{}
	}
	return a
}

// dropSidecar forgets the attributes of a file that is gone.
func (s *Store) dropSidecar(version string) error {
	err := s.root.Remove(sidecar(version))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// writeSidecar stores attributes durably, all or nothing.
func (s *Store) writeSidecar(version string, record []byte) error {
	f, name, err := s.createTemp()
	if err != nil {
		return err
	}
	_, err = f.Write(record)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, s.root.Remove(name))
	}
	if err := s.root.Rename(name, sidecar(version)); err != nil {
		return errors.Join(err, s.root.Remove(name))
	}
	return s.syncDirs(attributesDir)
}

// describe is the object of an open file.
func (s *Store) describe(key string, f *os.File, info fs.FileInfo) (backends.Object, error) {
	a, err := s.attributes(f, info)
	if err != nil {
		return backends.Object{}, err
	}
	return a.object(key, info), nil
}

func (a attributes) object(key string, info fs.FileInfo) backends.Object {
	obj := backends.Object{
		Key:         key,
		ModTime:     info.ModTime(),
		Version:     versionOf(info),
		ContentType: a.ContentType,
		Metadata:    a.Metadata,
	}
	if info.IsDir() {
		return obj
	}
	obj.Size = info.Size()
	obj.Sum, obj.HasSum = a.sum(info)
	return obj
}
