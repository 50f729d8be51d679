package ftp

import (
	"errors"
	"io"
	"net"
	"testing"
)

// FuzzRecordReader: whatever comes is passed on unchanged, and no read goes
// beyond the end of a record.
func FuzzRecordReader(f *testing.F) {
	f.Add([]byte("\x16\x03\x01\x00\x02hi\x15\x03\x03\x00\x01!PWD\r\n"), 3)
	f.Add([]byte("\x17\x03\x03\x00\x00\x17\x03\x03\x00\x01x"), 100)
	f.Add([]byte("PWD\r\n"), 1)
	f.Fuzz(func(t *testing.T, input []byte, size int) {
		near, far := net.Pipe()
		go func() {
			_, _ = near.Write(input)
			near.Close()
		}()
		r := &recordReader{Conn: far}
		p := make([]byte, 1+max(size, 0)%600)
		var got []byte
		end := 0 // of the record that is being read
		for {
			n, err := r.Read(p)
			for len(got) >= end && end+recordHeader <= len(input) {
				end += recordHeader + int(input[end+3])<<8 + int(input[end+4])
			}
			got = append(got, p[:n]...)
			if errors.Is(err, io.EOF) {
				break
			}
			if len(got) > end && end+recordHeader <= len(input) {
				t.Fatalf("read up to %d, the record ends at %d", len(got), end)
			}
		}
		if string(got) != string(input) {
			t.Errorf("%q became %q", input, got)
		}
	})
}
