// Package mem is a Store in memory, for tests.
//
// It keeps every promise of the contract under one lock: writes are atomic,
// conditional and visible at once, uploads verify every sum. Its limits and
// abilities are those of S3 unless Options say otherwise, and what they say is
// what the store does: with RealDirs directories stay, without ObjectAndDir
// conflicts are refused, and so on. What it holds ends with the process.
package mem

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"ftpbridge/backends"
)

// Options shape a store; the zero value is that of New's description.
type Options struct {
	// Adjust changes the limits and abilities that the store tells and
	// keeps, for example to parts of a few bytes; nil leaves them.
	Adjust func(*backends.Info)
	// PageSize is how many entries a page of a listing holds; 0 means 1000.
	PageSize int
}

// Store is a backends.Store in memory.
type Store struct {
	info     backends.Info
	pageSize int

	mu      sync.Mutex
	objects map[string]object
	keys    []string // of objects, sorted
	uploads map[string]*pending
	serial  int // of versions, tags and upload ids
}

// object is immutable once stored, so that readers need no lock.
type object struct {
	backends.Object
	data []byte
}

// New makes an empty store with the limits of S3, conditional writes and
// ordered listings, in which "a" and "a/b" can be stored together.
func New(opts Options) *Store {
	info := backends.Info{
		Name:              "mem",
		PutMax:            5 << 30,
		ObjectMax:         5 << 40,
		CopyMax:           5 << 40,
		KeyMax:            1024,
		PartMin:           5 << 20,
		PartMax:           5 << 30,
		PartAlign:         1,
		PartCount:         10_000,
		Ordered:           true,
		ConditionalWrites: true,
		ObjectAndDir:      true,
	}
	if opts.Adjust != nil {
		opts.Adjust(&info)
	}
	pageSize := opts.PageSize
	if pageSize == 0 {
		pageSize = 1000
	}
	return &Store{
		info:     info,
		pageSize: pageSize,
		objects:  map[string]object{},
		uploads:  map[string]*pending{},
	}
}

// Info implements backends.Store.
func (s *Store) Info() backends.Info { return s.info }

// Close implements backends.Store. The content stays.
func (s *Store) Close() error { return nil }

// Stat implements backends.Store.
func (s *Store) Stat(ctx context.Context, key string) (backends.Object, error) {
	obj, err := s.get(ctx, key)
	if err != nil {
		return backends.Object{}, fmt.Errorf("stat %q: %w", key, err)
	}
	return obj.describe(), nil
}

// get finds the object at key for reading.
func (s *Store) get(ctx context.Context, key string) (object, error) {
	if err := ctx.Err(); err != nil {
		return object{}, err
	}
	if err := s.checkKey(key); err != nil {
		return object{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	obj, ok := s.objects[key]
	if !ok {
		return object{}, fs.ErrNotExist
	}
	return obj, nil
}

// describe is the object's description with a map of the caller's own.
func (o object) describe() backends.Object {
	d := o.Object
	d.Metadata = maps.Clone(d.Metadata)
	return d
}

// checkKey refuses keys that the store cannot hold.
func (s *Store) checkKey(key string) error {
	if key == "" || !utf8.ValidString(key) {
		return backends.ErrKey
	}
	if s.info.KeyMax > 0 && len(key) > s.info.KeyMax {
		return backends.ErrKey
	}
	if !s.info.ObjectAndDir && !fs.ValidPath(strings.TrimSuffix(key, "/")) {
		return backends.ErrKey // no path of a directory tree
	}
	return nil
}

// newObject makes what store puts at a key. It takes over data.
func newObject(data []byte, sum backends.CRC32C, opts backends.PutOptions) object {
	return object{
		Object: backends.Object{
			Size:        int64(len(data)),
			ContentType: opts.ContentType,
			Metadata:    maps.Clone(opts.Metadata),
			Sum:         sum,
			HasSum:      true,
		},
		data: data,
	}
}

// store puts obj at key under a new version. The lock is held and the key
// allowed.
func (s *Store) store(key string, obj object) object {
	obj.Key = key
	obj.Version = s.next("v")
	obj.ModTime = time.Now()
	if _, ok := s.objects[key]; !ok {
		at, _ := slices.BinarySearch(s.keys, key)
		s.keys = slices.Insert(s.keys, at, key)
	}
	s.objects[key] = obj
	return obj
}

// remove takes the object away from key. The lock is held.
func (s *Store) remove(key string) {
	at, ok := slices.BinarySearch(s.keys, key)
	if !ok {
		return
	}
	s.keys = slices.Delete(s.keys, at, at+1)
	delete(s.objects, key)
}

// next is a name that was not used before. The lock is held.
func (s *Store) next(kind string) string {
	s.serial++
	return kind + strconv.Itoa(s.serial)
}
