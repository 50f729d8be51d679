package bridge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sync/errgroup"

	"ftpbridge/backends"
	"ftpbridge/ftp"
)

// renameConcurrency is how many objects of a directory that is renamed are
// copied or deleted at once.
const renameConcurrency = 16

// Rename implements ftp.FileSystem: in one step where the store can, else by
// copies at the store followed by deletes. A rename that fails midway has
// lost nothing: no source is deleted before all copies are made.
func (f *FileSystem) Rename(ctx context.Context, from, to string) error {
	target, err := writable(to)
	if err != nil {
		return fmt.Errorf("rename to %s: %w", to, err)
	}
	f.recent = recentStat{}
	obj, err := f.statObject(ctx, from)
	switch {
	case err == nil:
		err = f.renameFile(ctx, obj, target)
	case isNotExist(err):
		err = f.renameDir(ctx, from, target)
	}
	if err != nil {
		return fmt.Errorf("rename %s to %s: %w", from, to, translate(err))
	}
	return nil
}

func (f *FileSystem) renameFile(ctx context.Context, obj backends.Object, target string) error {
	if obj.Key == target {
		return nil
	}
	if f.info.AtomicRename {
		if err := f.store.Rename(ctx, obj.Key, target); err != nil {
			return err
		}
		return f.keepParent(ctx, obj.Key)
	}
	if err := f.copyObject(ctx, obj.Key, obj.Version, target); err != nil {
		return err
	}
	if err := f.deleteCopied(ctx, obj.Key, obj.Version); err != nil {
		return err
	}
	return f.keepParent(ctx, obj.Key)
}

func (f *FileSystem) renameDir(ctx context.Context, from, target string) error {
	source, err := readable(from)
	if err != nil {
		return err
	}
	if source == "" {
		return fs.ErrPermission
	}
	source, target = source+"/", target+"/"
	if strings.HasPrefix(target, source) {
		return ftp.ErrName // a directory cannot move into itself
	}
	if f.info.AtomicDirRename {
		return f.store.Rename(ctx, source, target)
	}
	entries, err := f.entriesToRename(ctx, source)
	if err != nil {
		return err
	}
	missing, err := f.missingCopies(ctx, entries, source, target)
	if err != nil {
		return err
	}
	if err := f.moveEntries(ctx, entries, missing, source, target); err != nil {
		return err
	}
	return f.keepParent(ctx, strings.TrimSuffix(source, "/"))
}

// entriesToRename is all that is in a directory, or an error before anything
// is copied.
func (f *FileSystem) entriesToRename(ctx context.Context, prefix string) ([]backends.Entry, error) {
	var entries []backends.Entry
	for page, err := range f.store.List(ctx, prefix, backends.ListOptions{Recursive: true}) {
		if err != nil {
			return nil, err
		}
		entries = append(entries, page...)
		if len(entries) > f.renameMax {
			return nil, fmt.Errorf("more than %d objects to copy: %w", f.renameMax, fs.ErrPermission)
		}
	}
	if len(entries) == 0 {
		return nil, fs.ErrNotExist
	}
	return entries, nil
}

// moveEntries copies what is missing at the target and then deletes all entries.
func (f *FileSystem) moveEntries(ctx context.Context, entries, missing []backends.Entry, source, target string) error {
	err := each(ctx, missing, func(ctx context.Context, e backends.Entry) error {
		return f.copyObject(ctx, e.Key, e.Version, target+strings.TrimPrefix(e.Key, source))
	})
	if err != nil {
		return err
	}
	return each(ctx, entries, func(ctx context.Context, e backends.Entry) error {
		return f.deleteCopied(ctx, e.Key, e.Version)
	})
}

func (f *FileSystem) copyObject(ctx context.Context, key, version, target string) error {
	_, err := f.store.Copy(ctx, target, backends.Source{Key: key, Version: version}, backends.Condition{})
	return err
}

// deleteCopied deletes a source unless it was written again since it was
// copied: then the new content stays where it is.
func (f *FileSystem) deleteCopied(ctx context.Context, key, version string) error {
	cond := backends.Condition{}
	if f.info.ConditionalWrites {
		cond.Version = version
	}
	err := f.store.Delete(ctx, cond, key)
	if errors.Is(err, backends.ErrChanged) {
		return nil
	}
	return err
}

// each does something with every item, several at a time, and ends at the
// first error.
func each[T any](ctx context.Context, items []T, do func(context.Context, T) error) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(renameConcurrency)
	for _, item := range items {
		if groupCtx.Err() != nil {
			break
		}
		group.Go(func() error { return do(groupCtx, item) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err() // if it ended, not every item was begun
}
