package ftp

import (
	"crypto/md5"  //nolint:gosec // what old clients ask for to find transfer errors
	"crypto/sha1" //nolint:gosec // likewise
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"hash/crc32"
)

// HashAlgorithm is a checksum that clients can ask for, by its name in the
// registry of HASH (draft-bryan-ftpext-hash).
type HashAlgorithm string

// The algorithms. CRC32C is not in the registry: it is the one that stores keep.
const (
	HashCRC32  HashAlgorithm = "CRC32"
	HashCRC32C HashAlgorithm = "CRC32C"
	HashMD5    HashAlgorithm = "MD5"
	HashSHA1   HashAlgorithm = "SHA-1"
	HashSHA256 HashAlgorithm = "SHA-256"
	HashSHA512 HashAlgorithm = "SHA-512"
)

// hashAlgorithms are those that HASH offers.
func hashAlgorithms() []HashAlgorithm {
	return []HashAlgorithm{HashSHA256, HashSHA512, HashSHA1, HashMD5, HashCRC32, HashCRC32C}
}

// New returns a running sum.
func (a HashAlgorithm) New() hash.Hash {
	switch a {
	case HashCRC32:
		return crc32.NewIEEE()
	case HashCRC32C:
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case HashMD5:
		return md5.New() //nolint:gosec // see the import
	case HashSHA1:
		return sha1.New() //nolint:gosec // see the import
	case HashSHA512:
		return sha512.New()
	default:
		return sha256.New()
	}
}
