package s3

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEncodeValueIsAHeaderField(t *testing.T) {
	tests := map[string]string{
		"plain":                    "plain",
		"1700000000.5":             "1700000000.5",
		"":                         "",
		"ü":                        "=?UTF-8?B?w7w=?=",
		" blank":                   "=?UTF-8?B?IGJsYW5r?=",
		"=?utf-8?q?x?=":            "=?UTF-8?B?PT91dGYtOD9xP3g/PQ==?=",
		"a\r\nX-Amz-Acl: public":   "=?UTF-8?B?YQ0KWC1BbXotQWNsOiBwdWJsaWM=?=",
		strings.Repeat("ü", 23):    "=?UTF-8?B?w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8w7w=?= =?UTF-8?B?w7w=?=",
		"ends in an encoded =?x?=": "=?UTF-8?B?ZW5kcyBpbiBhbiBlbmNvZGVkID0/eD89?=",
	}
	for value, want := range tests {
		if got := encodeValue(value); got != want {
			t.Errorf("encodeValue(%q) = %q, want %q", value, got, want)
		}
	}
}

func TestDecodeMetadataTakesWhatOthersWrote(t *testing.T) {
	tests := map[string]string{
		"plain":                       "plain",
		"=?UTF-8?Q?J=C3=BCrgen?=":     "Jürgen",
		"=?ISO-8859-1?Q?J=FCrgen?=":   "Jürgen",
		"=?x-unknown?B?AAAA?=":        "=?x-unknown?B?AAAA?=",
		"Jürgen":                      "Jürgen",
		"before =?UTF-8?B?w7w=?= end": "before ü end",
	}
	for value, want := range tests {
		if got := decodeMetadata(map[string]string{"Name": value})["name"]; got != want {
			t.Errorf("%q decoded to %q, want %q", value, got, want)
		}
	}
}

func FuzzMetadataRoundTrip(f *testing.F) {
	f.Add("Jürgen")
	f.Add("=?utf-8?b?aaaa?=")
	f.Add(strings.Repeat("ü€𝄞", 40))
	f.Add(" \t\r\n")
	f.Fuzz(func(t *testing.T, value string) {
		if !utf8.ValidString(value) {
			return // metadata is text
		}
		encoded := encodeMetadata(map[string]string{"k": value})
		for _, c := range []byte(encoded["k"]) {
			if c < ' ' || c > '~' {
				t.Fatalf("%q encoded to %q, which is no header field", value, encoded["k"])
			}
		}
		if got := decodeMetadata(encoded)["k"]; got != value {
			t.Errorf("%q came back as %q", value, got)
		}
	})
}
