package mem

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ftpbridge/backends"
)

// pending is an upload that is neither committed nor aborted.
type pending struct {
	key   string
	opts  backends.PutOptions
	parts map[int]part
}

type part struct {
	backends.Part
	data []byte
}

// upload is a caller's handle of a pending upload.
type upload struct {
	store   *Store
	key, id string
}

// Begin implements backends.Store.
func (s *Store) Begin(ctx context.Context, key string, opts backends.PutOptions) (backends.Upload, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("begin %q: %w", key, err)
	}
	if err := s.checkKey(key); err != nil {
		return nil, fmt.Errorf("begin %q: %w", key, err)
	}
	if strings.HasSuffix(key, "/") {
		return nil, fmt.Errorf("begin %q: directory marker with bytes: %w", key, backends.ErrKey)
	}
	opts.Metadata = maps.Clone(opts.Metadata)
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.next("u")
	s.uploads[id] = &pending{key: key, opts: opts, parts: map[int]part{}}
	return &upload{store: s, key: key, id: id}, nil
}

// Resume implements backends.Store.
func (s *Store) Resume(ctx context.Context, key, id string) (backends.Upload, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("resume %q: %w", key, err)
	}
	return &upload{store: s, key: key, id: id}, nil
}

func (u *upload) ID() string { return u.id }

// with runs f on the pending upload under the store's lock.
func (u *upload) with(ctx context.Context, what string, f func(*pending) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s %q: %w", what, u.key, err)
	}
	u.store.mu.Lock()
	defer u.store.mu.Unlock()
	p, ok := u.store.uploads[u.id]
	if !ok || p.key != u.key {
		return fmt.Errorf("%s %q: %w", what, u.key, backends.ErrNoUpload)
	}
	if err := f(p); err != nil {
		return fmt.Errorf("%s %q: %w", what, u.key, err)
	}
	return nil
}

func (u *upload) PutPart(ctx context.Context, number int, offset int64, data []byte, sum backends.CRC32C) (backends.Part, error) {
	var stored backends.Part
	err := u.with(ctx, "put part of", func(p *pending) error {
		if err := u.store.checkPart(number, int64(len(data))); err != nil {
			return fmt.Errorf("part %d: %w", number, err)
		}
		if backends.Checksum(data) != sum {
			return fmt.Errorf("part %d: %w", number, backends.ErrChecksum)
		}
		stored = backends.Part{
			Number: number, Offset: offset, Size: int64(len(data)),
			Tag: u.store.next("t"), Sum: sum, HasSum: true,
		}
		p.parts[number] = part{Part: stored, data: slices.Clone(data)}
		return nil
	})
	return stored, err
}

func (s *Store) checkPart(number int, size int64) error {
	if number < 1 || s.info.PartCount > 0 && number > s.info.PartCount {
		return fmt.Errorf("number beyond %d: %w", s.info.PartCount, backends.ErrTooLarge)
	}
	if s.info.PartMax > 0 && size > s.info.PartMax {
		return backends.ErrTooLarge
	}
	return nil
}

func (u *upload) Parts(ctx context.Context) ([]backends.Part, error) {
	var held []backends.Part
	err := u.with(ctx, "list parts of", func(p *pending) error {
		for _, number := range slices.Sorted(maps.Keys(p.parts)) {
			held = append(held, p.parts[number].Part)
		}
		return nil
	})
	return held, err
}

func (u *upload) Commit(ctx context.Context, parts []backends.Part, sum backends.CRC32C, cond backends.Condition) (backends.Object, error) {
	var obj backends.Object
	err := u.with(ctx, "commit", func(p *pending) error {
		data, err := u.store.join(p, parts)
		if err != nil {
			return err
		}
		if backends.Checksum(data) != sum {
			return backends.ErrChecksum
		}
		obj, err = u.store.publish(u.key, newObject(data, sum, p.opts), cond)
		if err != nil {
			return err
		}
		delete(u.store.uploads, u.id)
		return nil
	})
	return obj, err
}

// join is the bytes of the parts, if they are held and as the limits demand.
func (s *Store) join(p *pending, parts []backends.Part) ([]byte, error) {
	if len(parts) == 0 {
		return nil, errors.New("no parts")
	}
	var data []byte
	for i, want := range parts {
		held := p.parts[want.Number]
		if want.Number != i+1 || held.Tag != want.Tag {
			return nil, fmt.Errorf("part %d is not held as given: %w", want.Number, backends.ErrChanged)
		}
		if i < len(parts)-1 {
			if err := s.checkInner(held.Size, p.parts[1].Size); err != nil {
				return nil, fmt.Errorf("part %d of %d bytes: %w", want.Number, held.Size, err)
			}
		}
		data = append(data, held.data...)
	}
	if s.info.ObjectMax > 0 && int64(len(data)) > s.info.ObjectMax {
		return nil, backends.ErrTooLarge
	}
	return data, nil
}

// checkInner applies the limits that all parts but the last have.
func (s *Store) checkInner(size, first int64) error {
	if size < s.info.PartMin {
		return fmt.Errorf("below the minimum of %d", s.info.PartMin)
	}
	if s.info.PartAlign > 1 && size%s.info.PartAlign != 0 {
		return fmt.Errorf("not a multiple of %d", s.info.PartAlign)
	}
	if s.info.PartsUniform && size != first {
		return fmt.Errorf("not the size of the first, %d", first)
	}
	return nil
}

func (u *upload) Abort(ctx context.Context) error {
	err := u.with(ctx, "abort", func(*pending) error {
		delete(u.store.uploads, u.id)
		return nil
	})
	if errors.Is(err, backends.ErrNoUpload) {
		return nil
	}
	return err
}
