package bridge

import (
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"ftpbridge/ftp"
)

// reserved is the top directory that holds ftpbridge's own records. No client
// sees it or can write there.
const reserved = ".ftpbridge"

// keyOf is the object key of a file at an FTP path. The root has none: "".
func keyOf(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

// dirPrefix is what the keys of everything in a directory begin with.
func dirPrefix(dir string) string {
	if key := keyOf(dir); key != "" {
		return key + "/"
	}
	return ""
}

// readable is the key at an existing path, or fs.ErrNotExist where none can be.
func readable(name string) (string, error) {
	key := keyOf(name)
	if hidden(key) || !utf8.ValidString(key) {
		return "", fs.ErrNotExist
	}
	return key, nil
}

// writable is the key that a new file or directory at the path gets, or
// ftp.ErrName.
func writable(name string) (string, error) {
	key := keyOf(name)
	if key == "" || hidden(key) || !utf8.ValidString(key) || strings.ContainsFunc(key, isControl) {
		return "", ftp.ErrName
	}
	return key, nil
}

func hidden(key string) bool {
	top, _, _ := strings.Cut(key, "/")
	return top == reserved
}

// expressible tells whether FTP can name a key's segment.
func expressible(segment string) bool {
	return segment != "" && segment != "." && segment != ".." &&
		utf8.ValidString(segment) && !strings.ContainsFunc(segment, isControl)
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }
