package ftp

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		yes, no string // names, separated by "|"
	}{
		{"*", "a|.a|a b|ä", ""},
		{"*.csv", "a.csv|.csv|a.b.csv", "a.csv.gz|a.CSV|csv"},
		{"a?c", "abc|a.c|aäc", "ac|abbc"},
		{"scan[0-9].pdf", "scan1.pdf|scan[0-9].pdf", "scana.pdf|scan12.pdf"},
		{"[!a-c]*", "d|dd|[!a-c]*", "a|abc"},
		{"[^a]", "b", "a"},
		{`\*`, `*|\*`, "a"},
		{"a[", "a[", "a|ab"},
		{"photo [1].jpg", "photo [1].jpg|photo 1.jpg", "photo [2].jpg"},
		{"", "", "a"},
	} {
		for name := range strings.SplitSeq(tt.yes, "|") {
			if name != "" && !matches(tt.pattern, name) {
				t.Errorf("%q does not match %q", tt.pattern, name)
			}
		}
		for name := range strings.SplitSeq(tt.no, "|") {
			if name != "" && matches(tt.pattern, name) {
				t.Errorf("%q matches %q", tt.pattern, name)
			}
		}
	}
}

// FuzzMatches checks that a pattern always matches itself, that "*" before and
// after it changes nothing of that, and that "?" is one character.
func FuzzMatches(f *testing.F) {
	f.Add("*.csv")
	f.Add("a[!b-d]?")
	f.Add(`\`)
	f.Fuzz(func(t *testing.T, s string) {
		if !matches(s, s) {
			t.Errorf("%q does not match itself", s)
		}
		if strings.Contains(s, "/") || !utf8.ValidString(s) {
			return // no name
		}
		if !matches("*", s) || !matches(strings.Repeat("?", utf8.RuneCountInString(s)), s) {
			t.Errorf("%q is not matched", s)
		}
		if !isPattern(s) && !strings.Contains(s, `\`) && matches(s, s+"x") {
			t.Errorf("%q matches more than itself", s)
		}
	})
}
