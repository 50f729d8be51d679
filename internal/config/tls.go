package config

import (
	"crypto/tls"
	"errors"
	"strings"
)

// TLSMode says whether the sessions of the plain control port are protected.
type TLSMode string

// The modes.
const (
	TLSOff      TLSMode = "off"
	TLSOptional TLSMode = "optional"
	TLSRequired TLSMode = "required"
)

// TLSSessionReuse says whether protected data connections must resume the TLS
// session of their control connection.
type TLSSessionReuse string

// The rules.
const (
	ReuseOptional TLSSessionReuse = "optional"
	ReuseRequired TLSSessionReuse = "required"
)

// TLSEOF says what becomes of an upload whose TLS stream ends without
// close_notify.
type TLSEOF string

// The rules.
const (
	EOFStrict  TLSEOF = "strict"  // it is not published
	EOFLenient TLSEOF = "lenient" // it is
)

// TLSVersion is the lowest protocol version that is spoken.
type TLSVersion string

// ID is the version's number as crypto/tls has it.
func (v TLSVersion) ID() uint16 {
	switch v {
	case "1.0":
		return tls.VersionTLS10
	case "1.1":
		return tls.VersionTLS11
	case "1.3":
		return tls.VersionTLS13
	default:
		return tls.VersionTLS12
	}
}

// Files are paths of files.
type Files []string

// UnmarshalText reads a comma-separated list.
func (f *Files) UnmarshalText(text []byte) error {
	var list Files
	for path := range strings.SplitSeq(string(text), ",") {
		if path = strings.TrimSpace(path); path == "" {
			return errors.New("empty path")
		}
		list = append(list, path)
	}
	*f = list
	return nil
}

func (f Files) String() string { return strings.Join(f, ",") }
