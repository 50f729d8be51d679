package bridge

import (
	"context"
	"strings"

	"ftpbridge/backends"
	"ftpbridge/ftp"
)

// missingCopies tells which entries of the source directory have no copy at the
// target yet. A target that is empty lacks all. One that is not is allowed only
// where repeating a rename completes one that was interrupted:
// while it copied (all that is at the target equals its source), or while it
// deleted (all that is left of the source has an equal copy). Anything else at
// the target is ftp.ErrNotEmpty.
func (f *FileSystem) missingCopies(ctx context.Context, entries []backends.Entry, source, target string) ([]backends.Entry, error) {
	copies, err := f.targetEntries(ctx, target)
	if err != nil {
		return nil, err
	}
	if len(copies) == 0 {
		return entries, nil
	}
	var missing []backends.Entry
	var pairs []entryPair
	copying := false
	for _, e := range entries {
		name := strings.TrimPrefix(e.Key, source)
		if c, ok := copies[name]; ok {
			pairs = append(pairs, entryPair{source: e, copy: c})
			continue
		}
		missing = append(missing, e)
		copying = copying || name != "" // the marker tells nothing
	}
	if copying && len(pairs) < len(copies) {
		return nil, ftp.ErrNotEmpty
	}
	return missing, f.allEqual(ctx, pairs)
}

// targetEntries is what lies below the target by its name there, without the
// directory's own marker, which counts as nothing.
func (f *FileSystem) targetEntries(ctx context.Context, target string) (map[string]backends.Entry, error) {
	copies := make(map[string]backends.Entry)
	for page, err := range f.store.List(ctx, target, backends.ListOptions{Recursive: true}) {
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			if e.Key != target {
				copies[strings.TrimPrefix(e.Key, target)] = e
			}
		}
		if len(copies) > f.renameMax {
			return nil, ftp.ErrNotEmpty
		}
	}
	return copies, nil
}

// entryPair is an entry of a directory being renamed, and what is at the target
// under its name.
type entryPair struct{ source, copy backends.Entry }

// allEqual is ftp.ErrNotEmpty if a pair is not two copies of the same bytes.
func (f *FileSystem) allEqual(ctx context.Context, pairs []entryPair) error {
	for _, p := range pairs {
		if p.source.Size != p.copy.Size {
			return ftp.ErrNotEmpty
		}
	}
	return each(ctx, pairs, func(ctx context.Context, p entryPair) error {
		if p.source.Version == p.copy.Version || p.source.Size == 0 {
			return nil // many stores derive the version from the content
		}
		equal, err := f.equalSums(ctx, p)
		if err == nil && !equal {
			err = ftp.ErrNotEmpty
		}
		return err
	})
}

// equalSums compares the checksums that the store keeps. Without one nothing
// is equal.
func (f *FileSystem) equalSums(ctx context.Context, p entryPair) (bool, error) {
	source, err := f.store.Stat(ctx, p.source.Key)
	if err != nil {
		return false, err
	}
	copied, err := f.store.Stat(ctx, p.copy.Key)
	if err != nil {
		return false, err
	}
	return source.HasSum && copied.HasSum && source.Sum == copied.Sum, nil
}
