package ftp

import (
	"iter"
	"path"
	"strings"
)

// isPattern tells whether a name has characters of a pattern.
func isPattern(name string) bool { return strings.ContainsAny(name, "*?[") }

// mayBeName tells whether a pattern looks more like the name of a file: people
// put brackets into names, and hardly ever an asterisk.
func mayBeName(pattern string) bool { return !strings.ContainsAny(pattern, "*?") }

// matches tells whether a name is the pattern itself or matches it: "*" is any
// text, "?" any character, "[a-z]" and "[!a-z]" one of and none of these, and "\" takes
// the meaning off the next character. Names that begin with a dot are like others.
func matches(pattern, name string) bool {
	ok, err := path.Match(strings.ReplaceAll(pattern, "[!", "[^"), name)
	return name == pattern || ok && err == nil
}

// onlyMatching leaves of a listing what matches the pattern.
func onlyMatching(pieces iter.Seq2[[]FileInfo, error], pattern string) iter.Seq2[[]FileInfo, error] {
	return func(yield func([]FileInfo, error) bool) {
		var matching []FileInfo
		for piece, err := range pieces {
			matching = matching[:0]
			for _, entry := range piece {
				if matches(pattern, entry.Name) {
					matching = append(matching, entry)
				}
			}
			if !yield(matching, err) {
				return
			}
		}
	}
}
