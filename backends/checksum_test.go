package backends_test

import (
	"bytes"
	"testing"

	"ftpbridge/backends"
)

func TestCRC32CKnownValues(t *testing.T) {
	// RFC 3720, B.4.
	tests := map[string]struct {
		data []byte
		want string
	}{
		"nothing":       {nil, "00000000"},
		"32 zeros":      {make([]byte, 32), "8a9136aa"},
		"32 ones":       {bytes.Repeat([]byte{0xff}, 32), "62a8ab43"},
		"check numbers": {[]byte("123456789"), "e3069283"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			sum := backends.Checksum(tt.data)
			if sum.String() != tt.want {
				t.Errorf("Checksum = %s, want %s", sum, tt.want)
			}
			back, err := backends.ParseCRC32C(sum.Base64())
			if err != nil || back != sum {
				t.Errorf("ParseCRC32C(%q) = %s, %v; want %s", sum.Base64(), back, err, sum)
			}
		})
	}
}

func TestParseCRC32CRefuses(t *testing.T) {
	for _, s := range []string{"", "AAAA", "AAAAAAA=", "not base64"} {
		if _, err := backends.ParseCRC32C(s); err == nil {
			t.Errorf("ParseCRC32C(%q) succeeded", s)
		}
	}
}

func FuzzCRC32CAppendEqualsWhole(f *testing.F) {
	f.Add([]byte("123456789"), 4)
	f.Add([]byte{}, 0)
	f.Add(bytes.Repeat([]byte("ab"), 5000), 1)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		cut = int(uint(cut) % uint(len(data)+1))
		head, tail := data[:cut], data[cut:]
		want := backends.Checksum(data)
		if got := backends.Checksum(head).Append(backends.Checksum(tail), int64(len(tail))); got != want {
			t.Errorf("Append = %s, want %s", got, want)
		}
		if got := backends.Checksum(head).Update(tail); got != want {
			t.Errorf("Update = %s, want %s", got, want)
		}
	})
}
