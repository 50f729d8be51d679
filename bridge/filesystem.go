// Package bridge makes an object store look like the files of an FTP session:
// it translates paths to keys, keys to directories, and the straight streams of
// FTP to parts, ranges and copies.
package bridge

import (
	"cmp"
	"log/slog"
	"time"

	"ftpbridge/backends"
	"ftpbridge/ftp"
	"ftpbridge/internal/bufpool"
)

// Config is what all sessions on one store share.
type Config struct {
	// Store tries again by itself what it is busy for (layer.Retry).
	Store   backends.Store
	Buffers *bufpool.Pool
	// PartSize is the size in bytes of an upload's first part. Smaller ones
	// than the store allows are raised to that.
	PartSize int64
	// PartConcurrency is how many parts of one upload are in flight.
	PartConcurrency int
	// RenameMax is how many objects a directory may hold to be renamed where
	// each of them must be copied. 0: 10,000.
	RenameMax int
	// KeepDirs leaves a directory in place when its last file is deleted or
	// renamed, where it was only implied by that.
	KeepDirs bool
	Logger   *slog.Logger
}

// FileSystem is what one session sees of a store. It keeps nothing between
// calls but the last answer about a file.
type FileSystem struct {
	store           backends.Store
	info            backends.Info
	buffers         *bufpool.Pool
	schedule        schedule
	partConcurrency int
	renameMax       int
	keepDirs        bool
	log             *slog.Logger
	began           time.Time
	recent          recentStat
}

var _ ftp.FileSystem = (*FileSystem)(nil)

// New returns the files of a new session.
func New(cfg Config) *FileSystem {
	info := cfg.Store.Info()
	concurrency := max(cfg.PartConcurrency, 1)
	if info.PartsSerial {
		concurrency = 1
	}
	return &FileSystem{
		store:           cfg.Store,
		info:            info,
		buffers:         cfg.Buffers,
		schedule:        newSchedule(info, cfg.PartSize, cfg.Buffers.MaxPart()),
		partConcurrency: concurrency,
		renameMax:       cmp.Or(cfg.RenameMax, 10_000),
		keepDirs:        cfg.KeepDirs,
		log:             cfg.Logger,
		began:           time.Now(),
	}
}
