package bridge

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"time"

	"ftpbridge/backends"
	"ftpbridge/ftp"
)

// recentFor is how long one answer about a file may serve the next question.
const recentFor = 2 * time.Second

// recentStat is the last answer about a file, for the one question that
// follows: clients ask SIZE and then MDTM, and the second need cost no request.
type recentStat struct {
	path string
	info ftp.FileInfo
	at   time.Time
}

// take returns the answer about the path if it is recent, once.
func (r *recentStat) take(name string) (ftp.FileInfo, bool) {
	answer := *r
	*r = recentStat{}
	return answer.info, answer.path == name && time.Since(answer.at) < recentFor
}

// StatFile implements ftp.FileSystem in one request, or none if it answered
// for the same path just before.
func (f *FileSystem) StatFile(ctx context.Context, name string) (ftp.FileInfo, error) {
	if info, ok := f.recent.take(name); ok {
		return info, nil
	}
	obj, err := f.statObject(ctx, name)
	if err != nil {
		return ftp.FileInfo{}, err
	}
	info := fileInfo(name, obj)
	f.recent = recentStat{path: name, info: info, at: time.Now()}
	return info, nil
}

func (f *FileSystem) statObject(ctx context.Context, name string) (backends.Object, error) {
	key, err := readable(name)
	if err != nil {
		return backends.Object{}, err
	}
	if key == "" {
		return backends.Object{}, ftp.ErrIsDirectory
	}
	obj, err := f.store.Stat(ctx, key)
	if err != nil {
		return backends.Object{}, fmt.Errorf("stat %s: %w", name, translate(err))
	}
	return obj, nil
}

// StatDir implements ftp.FileSystem. The root always exists; any other
// directory costs one request: it exists if a key is below it.
func (f *FileSystem) StatDir(ctx context.Context, name string) (ftp.FileInfo, error) {
	info := ftp.FileInfo{Name: path.Base(name), ModTime: f.began, Dir: true}
	key, err := readable(name)
	if err != nil {
		return ftp.FileInfo{}, err
	}
	if key == "" {
		return info, nil
	}
	prefix := key + "/"
	for page, err := range f.store.List(ctx, prefix, backends.ListOptions{Limit: 1}) {
		if err != nil {
			return ftp.FileInfo{}, fmt.Errorf("look into %s: %w", name, translate(err))
		}
		if len(page) == 0 {
			continue
		}
		if date := directoryDate(prefix, page); !date.IsZero() {
			info.ModTime = date
		}
		return info, nil
	}
	return ftp.FileInfo{}, fmt.Errorf("look into %s: %w", name, fs.ErrNotExist)
}

// directoryDate is the date of a directory's marker, else the newest date that
// the page knows, else zero.
func directoryDate(prefix string, page []backends.Entry) time.Time {
	var newest time.Time
	for _, e := range page {
		if e.Key == prefix && !e.ModTime.IsZero() {
			return e.ModTime
		}
		if e.ModTime.After(newest) {
			newest = e.ModTime
		}
	}
	return newest
}

func fileInfo(name string, obj backends.Object) ftp.FileInfo {
	return ftp.FileInfo{Name: path.Base(name), Size: obj.Size, ModTime: modTime(obj)}
}
