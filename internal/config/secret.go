package config

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// Secret is a value that never shows in logs, errors or listings.
type Secret struct{ value string }

// NewSecret keeps value.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal is the value itself.
func (s Secret) Reveal() string { return s.value }

// IsSet tells whether there is a value.
func (s Secret) IsSet() bool { return s.value != "" }

// UnmarshalText keeps text.
func (s *Secret) UnmarshalText(text []byte) error {
	s.value = string(text)
	return nil
}

// String masks the value, however it is formatted or logged.
func (s Secret) String() string {
	if !s.IsSet() {
		return ""
	}
	return "(secret)"
}

// GoString masks the value for %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText masks the value for encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// readSecretFile reads a secret without the line end that editors add. The
// error does not hold the path, which might be the secret itself, misplaced.
func readSecretFile(path string) (string, error) {
	content, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
			err = pathErr.Err
		}
		return "", err
	}
	secret := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	if secret == "" {
		return "", errors.New("the file is empty")
	}
	return secret, nil
}
