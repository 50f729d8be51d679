package bridge

import (
	"mime"
	"path"
	"strings"
)

// scanTypes are the kinds of files that scanners and exports send and that a
// machine without a table of types (a container) does not know.
var scanTypes = map[string]string{
	".csv":  "text/csv",
	".edi":  "application/edi-x12",
	".tif":  "image/tiff",
	".tiff": "image/tiff",
	".txt":  "text/plain",
	".zip":  "application/zip",
}

// contentType guesses by the name's extension.
func contentType(name string) string {
	ext := strings.ToLower(path.Ext(name))
	if t, ok := scanTypes[ext]; ok {
		return t
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "application/octet-stream"
}
