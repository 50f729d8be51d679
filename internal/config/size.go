package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written as a whole number with an optional
// binary unit: 1048576, 8MiB or, as in Kubernetes, 8Mi. Decimal units (MB) are
// refused rather than guessed at.
type Size int64

type unit struct {
	name  string
	bytes uint64
}

func units() []unit {
	return []unit{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}
}

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	digits := strings.TrimRight(string(text), "BKMGTi")
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil {
		return errors.New("not a size")
	}
	factor, err := factorOf(strings.TrimPrefix(string(text), digits))
	if err != nil {
		return err
	}
	if n > math.MaxInt64/factor {
		return errors.New("size too large")
	}
	*s = Size(n * factor) //nolint:gosec // bounded by the line above
	return nil
}

func factorOf(name string) (uint64, error) {
	if name == "" {
		return 1, nil
	}
	for _, u := range units() {
		if name == u.name || name+"B" == u.name {
			return u.bytes, nil
		}
	}
	return 0, errors.New("not a unit of size")
}

// String writes the size exactly, in the largest unit that divides it.
func (s Size) String() string {
	for _, u := range units() {
		if n := uint64(s); s > 0 && n%u.bytes == 0 && u.bytes > 1 { //nolint:gosec // sizes are never negative
			return strconv.FormatUint(n/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}
