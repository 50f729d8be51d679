// Package users verifies the credentials of those who log in.
package users

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"runtime"

	"golang.org/x/sync/semaphore"
)

// hashesAtOnce bounds how many passwords are hashed at the same time, and with
// that the memory of a burst of logins: one hash of ours takes 19 MiB.
const hashesAtOnce = 4

// User is one that may log in. It may be used from any goroutine.
type User struct {
	key      []byte // of this process, so that sums tell nothing elsewhere
	name     []byte // keyed sum
	password verifier
	hashing  *semaphore.Weighted // nil if verifying is cheap
}

// verifier tells whether a password is the right one, in a time that does not
// depend on where it differs.
type verifier func(password string) bool

// WithPassword returns a user with a known password.
func WithPassword(name, password string) *User {
	u := newUser(name)
	sum := u.sum(password)
	u.password = func(given string) bool { return hmac.Equal(u.sum(given), sum) }
	return u
}

// WithHash returns a user whose password is known by its hash only, in one of
// the formats that ParseHash documents.
func WithHash(name, hash string) (*User, error) {
	verify, err := parseHash(hash)
	if err != nil {
		return nil, err
	}
	u := newUser(name)
	u.password = verify
	u.hashing = semaphore.NewWeighted(int64(min(hashesAtOnce, runtime.GOMAXPROCS(0))))
	return u, nil
}

func newUser(name string) *User {
	u := &User{key: make([]byte, sha256.Size)}
	_, _ = rand.Read(u.key) // never fails
	u.name = u.sum(name)
	return u
}

// sum makes values of one length, which compare in constant time, of values of
// any length.
func (u *User) sum(value string) []byte {
	mac := hmac.New(sha256.New, u.key)
	mac.Write([]byte(value))
	return mac.Sum(nil)
}

// Verify tells whether these are the user's name and password. A wrong name
// costs the same as a wrong password. The error is that of ctx, which ends the
// wait for others whose passwords are being hashed.
func (u *User) Verify(ctx context.Context, name, password string) (bool, error) {
	if u.hashing != nil {
		if err := u.hashing.Acquire(ctx, 1); err != nil {
			return false, fmt.Errorf("wait to verify a password: %w", err)
		}
		defer u.hashing.Release(1)
	}
	passwordRight := u.password(password)
	nameRight := hmac.Equal(u.sum(name), u.name)
	return passwordRight && nameRight, nil
}
