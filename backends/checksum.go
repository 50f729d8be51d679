package backends

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// CRC32C is the CRC-32 with the Castagnoli polynomial (RFC 3720, 12.1) of some
// bytes; the zero value is that of no bytes. It is the checksum that all
// transfers carry: processors compute it, and sums of parts combine.
type CRC32C uint32

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Checksum is the CRC-32C of data.
func Checksum(data []byte) CRC32C { return CRC32C(crc32.Checksum(data, castagnoli)) }

// Update is the sum of the bytes summed so far followed by data.
func (c CRC32C) Update(data []byte) CRC32C {
	return CRC32C(crc32.Update(uint32(c), castagnoli, data))
}

// Append is the sum of the bytes summed so far followed by length others
// whose own sum is next.
//
// Appending n zero bytes to a message multiplies its remainder by x^8n
// modulo the polynomial, and sums are linear, so the sum of the whole is that
// product plus the sum of the second half.
func (c CRC32C) Append(next CRC32C, length int64) CRC32C {
	shift := uint32(1) << 31  // x^0; bit 31 is the lowest power
	square := uint32(1) << 23 // x^8: one byte
	for n := length; n > 0; n >>= 1 {
		if n&1 == 1 {
			shift = polyMul(shift, square)
		}
		square = polyMul(square, square)
	}
	return CRC32C(polyMul(shift, uint32(c))) ^ next
}

// polyMul multiplies two polynomials modulo the Castagnoli polynomial, in the
// bit-reversed form that CRCs use.
func polyMul(a, b uint32) uint32 {
	var product uint32
	for bit := uint32(1) << 31; bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry == 1 {
			b ^= crc32.Castagnoli
		}
	}
	return product
}

// Base64 is the form that cloud APIs use: four bytes, big-endian, in base64.
func (c CRC32C) Base64() string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, uint32(c)))
}

// ParseCRC32C reads the form that Base64 writes.
func ParseCRC32C(s string) (CRC32C, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != 4 {
		return 0, fmt.Errorf("not a base64 CRC-32C: %q", s)
	}
	return CRC32C(binary.BigEndian.Uint32(b)), nil
}

// String is the form that people compare: eight hexadecimal digits.
func (c CRC32C) String() string { return fmt.Sprintf("%08x", uint32(c)) }
