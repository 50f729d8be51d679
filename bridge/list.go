package bridge

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"strings"

	"ftpbridge/backends"
	"ftpbridge/ftp"
)

// List implements ftp.FileSystem: one request a page, each page handed on
// while the next is fetched, so that memory holds two at most. An implied directory that the store does not
// date gets the date of the session's begin, because clients hide directories of
// 1970. Keys that FTP cannot name are left out, and counted in the log.
func (f *FileSystem) List(ctx context.Context, dir string) iter.Seq2[[]ftp.FileInfo, error] {
	return func(yield func([]ftp.FileInfo, error) bool) {
		if _, err := readable(dir); err != nil {
			yield(nil, fmt.Errorf("list %s: %w", dir, err))
			return
		}
		prefix := dirPrefix(dir)
		exists := prefix == ""
		unnamed := 0
		var infos []ftp.FileInfo
		pages := prefetched(ctx, func(ctx context.Context) iter.Seq2[[]backends.Entry, error] {
			return f.store.List(ctx, prefix, backends.ListOptions{})
		})
		for page, err := range pages {
			if err != nil {
				yield(nil, fmt.Errorf("list %s: %w", dir, translate(err)))
				return
			}
			if len(page) == 0 {
				continue
			}
			exists = true
			infos = infos[:0]
			for _, e := range page {
				info, ok := f.entryInfo(prefix, e)
				if !ok {
					unnamed++
					continue
				}
				if info.Name != "" {
					infos = append(infos, info)
				}
			}
			if !yield(infos, nil) {
				return
			}
		}
		if !exists {
			yield(nil, fmt.Errorf("list %s: %w", dir, fs.ErrNotExist))
			return
		}
		if unnamed > 0 {
			f.log.WarnContext(ctx, "listing leaves out keys that FTP cannot name", "path", dir, "keys", unnamed)
		}
	}
}

// entryInfo is the line of an entry. Without a name it is none (the marker of
// the directory itself, our own records); not ok means FTP cannot name it.
func (f *FileSystem) entryInfo(prefix string, e backends.Entry) (ftp.FileInfo, bool) {
	if e.Key == prefix || hidden(e.Key) {
		return ftp.FileInfo{}, true
	}
	name, dir := strings.CutSuffix(strings.TrimPrefix(e.Key, prefix), "/")
	if !expressible(name) {
		return ftp.FileInfo{}, false
	}
	info := ftp.FileInfo{Name: name, Size: e.Size, ModTime: e.ModTime, Dir: dir}
	if dir && info.ModTime.IsZero() {
		info.ModTime = f.began
	}
	return info, true
}
