package bridge_test

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"testing"

	"ftpbridge/backends/layer"
	"ftpbridge/ftp"
)

func TestHash(t *testing.T) {
	data := randomBytes(t, 200_000)
	inner := memStore(nil)
	put(t, inner, "f", data)
	all := []ftp.HashAlgorithm{
		ftp.HashCRC32, ftp.HashCRC32C, ftp.HashMD5, ftp.HashSHA1, ftp.HashSHA256, ftp.HashSHA512,
	}
	ranges := map[string]struct {
		offset, length int64
		want           []byte
	}{
		"whole":           {0, -1, data},
		"middle":          {1000, 5000, data[1000:6000]},
		"from":            {1000, -1, data[1000:]},
		"beyond the end":  {199_000, 5000, data[199_000:]},
		"nothing":         {1000, 0, nil},
		"at the very end": {200_000, -1, nil},
	}
	for name, tt := range ranges {
		for _, a := range all {
			t.Run(string(a)+"/"+name, func(t *testing.T) {
				calls := &recorder{}
				sum := a.New()
				sum.Write(tt.want)
				got, n, err := newFiles(t, calls.around(inner)).Hash(t.Context(), "/f", a, tt.offset, tt.length)
				if err != nil || n != int64(len(tt.want)) || !bytes.Equal(got, sum.Sum(nil)) {
					t.Errorf("Hash = %x of %d bytes, %v; want %x of %d", got, n, err, sum.Sum(nil), len(tt.want))
				}
				want := []layer.Op{layer.OpOpen}
				if a == ftp.HashCRC32C && name == "whole" {
					want = []layer.Op{layer.OpStat} // the store keeps it
				}
				if !slices.Equal(calls.calls, want) {
					t.Errorf("store calls %q, want %q", calls.calls, want)
				}
			})
		}
	}
	if _, _, err := newFiles(t, inner).Hash(t.Context(), "/missing", ftp.HashMD5, 0, -1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Hash of a missing file: %v", err)
	}
}
