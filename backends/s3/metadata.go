package s3

import (
	"encoding/base64"
	"mime"
	"strings"
	"unicode/utf8"
)

// encodeMetadata makes values fit for header fields. Anything but plain
// ASCII goes as encoded words of RFC 2047, which is what Amazon stores and
// returns for it in any case, and which other services take as they are.
func encodeMetadata(metadata map[string]string) map[string]string {
	if len(metadata) == 0 {
		return nil
	}
	encoded := make(map[string]string, len(metadata))
	for key, value := range metadata {
		encoded[key] = encodeValue(value)
	}
	return encoded
}

func encodeValue(value string) string {
	if isPlain(value) {
		return value
	}
	// An encoded word is at most 75 bytes long and holds whole characters.
	const wordBytes = 45
	var words []string
	for value != "" {
		end := min(wordBytes, len(value))
		for end < len(value) && end > 1 && !utf8.RuneStart(value[end]) {
			end--
		}
		words = append(words, "=?UTF-8?B?"+base64.StdEncoding.EncodeToString([]byte(value[:end]))+"?=")
		value = value[end:]
	}
	return strings.Join(words, " ")
}

// isPlain: the value survives as a header field and is not mistaken for an
// encoded word.
func isPlain(value string) bool {
	special := func(r rune) bool { return r < ' ' || r > '~' }
	return !strings.ContainsFunc(value, special) && strings.TrimSpace(value) == value && !strings.Contains(value, "=?")
}

// decodeMetadata undoes encodeMetadata, and reads what other programs wrote
// in the same way; a value that is no valid encoding stays as it is.
func decodeMetadata(metadata map[string]string) map[string]string {
	if len(metadata) == 0 {
		return nil
	}
	var decoder mime.WordDecoder
	decoded := make(map[string]string, len(metadata))
	for key, value := range metadata {
		if text, err := decoder.DecodeHeader(value); err == nil {
			value = text
		}
		decoded[strings.ToLower(key)] = value
	}
	return decoded
}
