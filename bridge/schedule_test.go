package bridge

import (
	"math"
	"testing"

	"ftpbridge/backends"
)

const (
	mib = 1 << 20
	gib = 1 << 30
)

var s3Limits = backends.Info{PartMin: 5 * mib, PartMax: 5 * gib, PartCount: 10_000, ObjectMax: 50_000 * gib}

func TestMaxSizeIsTheSumOfAllParts(t *testing.T) {
	tests := map[string]struct {
		info              backends.Info
		partSize, maxPart int64
		unknown           int64 // largest upload of unknown length
		announced         int64 // largest with ALLO
	}{
		"S3 at the defaults": {s3Limits, 8 * mib, 64 * mib, 504_000 * mib, 640_000 * mib},
		"a small budget":     {s3Limits, 8 * mib, 16 * mib, 152_000 * mib, 160_000 * mib},
		"part below minimum": {s3Limits, 1 * mib, 5 * mib, 50_000 * mib, 50_000 * mib},
		"store's object limit": {
			backends.Info{PartCount: 10_000, ObjectMax: 7 * gib}, 8 * mib, 64 * mib, 7 * gib, 7 * gib,
		},
		"no limits":     {backends.Info{}, 8 * mib, 64 * mib, math.MaxInt64, math.MaxInt64},
		"uniform parts": {backends.Info{PartCount: 10_000, PartsUniform: true}, 8 * mib, 64 * mib, 80_000 * mib, 640_000 * mib},
		"aligned parts": {backends.Info{PartCount: 10, PartAlign: 3 * mib}, 8 * mib, 64 * mib, 90 * mib, 630 * mib},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSchedule(tt.info, tt.partSize, tt.maxPart)
			if got := s.maxSize(); got != tt.unknown {
				t.Errorf("unknown length: %d MiB, want %d", got/mib, tt.unknown/mib)
			}
			if got := MaxUpload(tt.info, tt.partSize, tt.maxPart); got != tt.announced {
				t.Errorf("announced length: %d MiB, want %d", got/mib, tt.announced/mib)
			}
			if tt.info.PartCount == 0 {
				return
			}
			var sum int64
			for n := 1; n <= tt.info.PartCount; n++ {
				sum += s.partSize(n)
			}
			if limit := tt.info.ObjectMax; limit > 0 {
				sum = min(sum, limit)
			}
			if sum != tt.unknown {
				t.Errorf("the parts sum to %d MiB, want %d", sum/mib, tt.unknown/mib)
			}
		})
	}
}

func TestForSizeBeginsLargeEnough(t *testing.T) {
	s := newSchedule(s3Limits, 8*mib, 64*mib)
	tests := map[string]struct{ size, first int64 }{
		"unknown":         {0, 8 * mib},
		"small":           {1, 8 * mib},
		"just fits":       {504_000 * mib, 8 * mib},
		"one byte beyond": {504_000*mib + 1, 16 * mib},
		"the largest":     {640_000 * mib, 64 * mib},
		"too large":       {640_000*mib + 1, 64 * mib},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			fit := s.forSize(tt.size)
			if fit.first != tt.first {
				t.Errorf("first part of %d MiB, want %d", fit.first/mib, tt.first/mib)
			}
			if fits := fit.maxSize() >= tt.size; fits != (name != "too large") {
				t.Errorf("fits = %v", fits)
			}
		})
	}
}
