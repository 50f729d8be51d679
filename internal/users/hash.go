package users

import (
	"cmp"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Bounds of a hash's cost: one that a login would pay for in seconds or in
// hundreds of MiB is refused.
const (
	maxArgonMemory  = 256 << 10 // KiB
	maxArgonTime    = 16
	maxArgonThreads = 16
	maxBcryptCost   = 15
	maxIterations   = 5_000_000
)

const (
	minSalt, maxSum = 8, 128 // bytes
	minSum          = 16     // bytes
	bcryptLength    = 60     // characters
)

// errFormat is all that is told of a hash, since it is a secret.
var errFormat = errors.New("not a password hash in a known format (argon2id, bcrypt, PBKDF2)")

// HashPassword returns the argon2id hash of password as a PHC string, with
// the memory, time and parallelism that OWASP recommends.
func HashPassword(password string) string {
	const memory, time, threads = 19456, 2, 1 // KiB, passes
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	sum := argon2.IDKey([]byte(password), salt, time, memory, threads, 32)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, time, threads, encode(salt), encode(sum))
}

// parseHash reads a hash:
//
//   - argon2id as a PHC string, $argon2id$v=19$m=19456,t=2,p=1$salt$sum
//   - bcrypt, $2a$, $2b$ or $2y$
//   - PBKDF2 with HMAC-SHA-256 or HMAC-SHA-512, $pbkdf2-sha256$i=600000$salt$sum
//     as in the PHC form, or $pbkdf2-sha256$29000$salt$sum as passlib writes it
//
// Salts and sums are in base64, padded or not, with "." for "+" allowed.
func parseHash(encoded string) (verifier, error) {
	scheme, rest, _ := strings.Cut(strings.TrimPrefix(encoded, "$"), "$")
	if !strings.HasPrefix(encoded, "$") {
		return nil, errFormat
	}
	switch scheme {
	case "argon2id":
		return parseArgon2id(rest)
	case "2a", "2b", "2y":
		return parseBcrypt(encoded)
	case "pbkdf2-sha256":
		return parsePBKDF2(sha256.New, rest)
	case "pbkdf2-sha512":
		return parsePBKDF2(sha512.New, rest)
	default:
		return nil, errFormat
	}
}

func parseArgon2id(rest string) (verifier, error) {
	fields := strings.Split(rest, "$")
	if len(fields) != 4 || fields[0] != fmt.Sprintf("v=%d", argon2.Version) {
		return nil, errFormat
	}
	memory, time, threads, err := parseArgonCost(fields[1])
	if err != nil {
		return nil, err
	}
	if memory > maxArgonMemory || time > maxArgonTime || threads > maxArgonThreads {
		return nil, fmt.Errorf("an argon2id hash that costs too much; at most m=%d, t=%d, p=%d", maxArgonMemory, maxArgonTime, maxArgonThreads)
	}
	if time < 1 || threads < 1 || memory < 8*uint32(threads) {
		return nil, errFormat
	}
	salt, sum, err := decodeSaltAndSum(fields[2], fields[3])
	if err != nil {
		return nil, err
	}
	return func(password string) bool {
		given := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(sum))) //nolint:gosec // at most maxSum
		return subtle.ConstantTimeCompare(given, sum) == 1
	}, nil
}

func parseArgonCost(text string) (memory, time uint32, threads uint8, err error) {
	fields := strings.Split(text, ",")
	if len(fields) != 3 {
		return 0, 0, 0, errFormat
	}
	m, errMemory := parameter(fields[0], "m=", 32)
	t, errTime := parameter(fields[1], "t=", 32)
	p, errThreads := parameter(fields[2], "p=", 8)
	return uint32(m), uint32(t), uint8(p), cmp.Or(errMemory, errTime, errThreads) //nolint:gosec // bounded by the bits asked for
}

func parseBcrypt(encoded string) (verifier, error) {
	cost, err := bcrypt.Cost([]byte(encoded))
	if err != nil || len(encoded) != bcryptLength {
		return nil, errFormat
	}
	if cost > maxBcryptCost {
		return nil, fmt.Errorf("a bcrypt hash that costs too much; at most %d", maxBcryptCost)
	}
	return func(password string) bool {
		return bcrypt.CompareHashAndPassword([]byte(encoded), []byte(password)) == nil
	}, nil
}

func parsePBKDF2(newHash func() hash.Hash, rest string) (verifier, error) {
	fields := strings.Split(rest, "$")
	if len(fields) != 3 {
		return nil, errFormat
	}
	iterations, err := parameter(strings.TrimPrefix(fields[0], "i="), "", 31)
	if err != nil || iterations < 1 {
		return nil, errFormat
	}
	if iterations > maxIterations {
		return nil, fmt.Errorf("a PBKDF2 hash that costs too much; at most i=%d", maxIterations)
	}
	salt, sum, err := decodeSaltAndSum(fields[1], fields[2])
	if err != nil {
		return nil, err
	}
	return func(password string) bool {
		given, err := pbkdf2.Key(newHash, password, salt, int(iterations), len(sum)) //nolint:gosec // at most maxIterations
		return err == nil && subtle.ConstantTimeCompare(given, sum) == 1
	}, nil
}

// parameter reads a number of at most bits bits after its name.
func parameter(text, name string, bits int) (uint64, error) {
	digits, found := strings.CutPrefix(text, name)
	if !found {
		return 0, errFormat
	}
	n, err := strconv.ParseUint(digits, 10, bits)
	if err != nil {
		return 0, errFormat
	}
	return n, nil
}

func decodeSaltAndSum(encodedSalt, encodedSum string) (salt, sum []byte, err error) {
	if salt, err = decodeBase64(encodedSalt); err != nil {
		return nil, nil, errFormat
	}
	if sum, err = decodeBase64(encodedSum); err != nil {
		return nil, nil, errFormat
	}
	if len(salt) < minSalt || len(salt) > maxSum || len(sum) < minSum || len(sum) > maxSum {
		return nil, nil, errFormat
	}
	return salt, sum, nil
}

func decodeBase64(s string) ([]byte, error) {
	s = strings.ReplaceAll(strings.TrimRight(s, "="), ".", "+")
	return base64.RawStdEncoding.DecodeString(s)
}
