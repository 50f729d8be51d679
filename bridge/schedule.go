package bridge

import (
	"math"

	"ftpbridge/backends"
)

// partsPerSize is how many parts have one size before the size doubles. It
// keeps early parts small, so that short uploads cost little memory, and still
// reaches hundreds of gigabytes within the stores' limits of parts.
const partsPerSize = 1000

// schedule tells the size of each part of an upload whose length may be
// unknown.
type schedule struct {
	first   int64 // bytes of the first part
	largest int64 // bytes beyond which parts do not grow
	count   int   // most parts; 0: no limit
	object  int64 // largest object of the store, bytes; 0: no limit
	uniform bool
}

// newSchedule begins with partSize and grows to what the store and the memory
// budget (maxPart) both allow.
func newSchedule(info backends.Info, partSize, maxPart int64) schedule {
	s := schedule{
		first:   max(partSize, info.PartMin),
		largest: maxPart,
		count:   info.PartCount,
		object:  info.ObjectMax,
		uniform: info.PartsUniform,
	}
	if info.PartMax > 0 {
		s.largest = min(s.largest, info.PartMax)
	}
	if align := info.PartAlign; align > 1 {
		s.first = (s.first + align - 1) / align * align
		s.largest = s.largest / align * align
	}
	s.largest = max(s.largest, info.PartMin)
	s.first = min(s.first, s.largest)
	return s
}

// forSize is the schedule whose parts suffice for an announced size: the
// same, or one that begins with larger parts.
func (s schedule) forSize(size int64) schedule {
	for s.maxSize() < size && s.first < s.largest {
		s.first = min(2*s.first, s.largest)
	}
	return s
}

// partSize is the size in bytes of part number n, which counts from 1.
func (s schedule) partSize(n int) int64 {
	size := s.first
	if s.uniform {
		return size
	}
	for range (n - 1) / partsPerSize {
		if size >= s.largest {
			break
		}
		size = min(2*size, s.largest)
	}
	return size
}

// maxSize is the largest upload in bytes.
func (s schedule) maxSize() int64 {
	limit := s.object
	if limit == 0 {
		limit = math.MaxInt64
	}
	if s.count == 0 {
		return limit
	}
	var total int64
	for n := 1; n <= s.count; n += partsPerSize {
		parts := int64(min(partsPerSize, s.count-n+1))
		total += parts * s.partSize(n)
		if total >= limit {
			return limit
		}
	}
	return total
}

// MaxUpload is the largest upload in bytes that a store of these limits
// takes with this first part size and this largest part that memory allows.
func MaxUpload(info backends.Info, partSize, maxPart int64) int64 {
	s := newSchedule(info, partSize, maxPart)
	return s.forSize(math.MaxInt64).maxSize()
}
