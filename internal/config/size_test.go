package config_test

import (
	"testing"

	"ftpbridge/internal/config"
)

func TestSizeReadsExactBinaryUnits(t *testing.T) {
	tests := map[string]config.Size{
		"0":                   0,
		"1":                   1,
		"1B":                  1,
		"512KiB":              512 << 10,
		"8MiB":                8 << 20,
		"8Mi":                 8 << 20,
		"3GiB":                3 << 30,
		"2TiB":                2 << 40,
		"9223372036854775807": 1<<63 - 1,
	}
	for text, want := range tests {
		var got config.Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("size %q = %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestSizeRefuses(t *testing.T) {
	for _, text := range []string{
		"", " ", "MiB", "-1", "+1", "-8MiB", "8MB", "8M", "8mib", "8 MiB", "8MiBB", "1.5GiB", "0x10", "1e6", "1_000",
		"9223372036854775808", "8388608TiB", "99999999999999999999MiB", "8iB", "8i", "KiB8", "8KiBMiB",
	} {
		var got config.Size
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("size %q = %d, want an error", text, got)
		}
	}
}

func TestSizeString(t *testing.T) {
	tests := map[config.Size]string{
		0: "0", 1: "1", 1023: "1023", 1024: "1KiB", 1025: "1025", 1536: "1536", 8 << 20: "8MiB", 1 << 30: "1GiB", 3 << 40: "3TiB",
	}
	for size, want := range tests {
		if got := size.String(); got != want {
			t.Errorf("Size(%d) = %q, want %q", int64(size), got, want)
		}
	}
}

func FuzzSizeRoundTrips(f *testing.F) {
	for _, seed := range []string{"8MiB", "1", "8388608TiB", "-1", "1.5GiB", "", "0B"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var size config.Size
		if size.UnmarshalText([]byte(text)) != nil {
			return
		}
		if size < 0 {
			t.Fatalf("size %q = %d, negative", text, size)
		}
		var again config.Size
		if err := again.UnmarshalText([]byte(size.String())); err != nil || again != size {
			t.Errorf("size %q written as %q reads as %d, %v", text, size.String(), again, err)
		}
	})
}
