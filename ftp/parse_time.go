package ftp

import (
	"strings"
	"time"
)

// timedName is a file and the modification time that it is to have.
type timedName struct {
	name string
	time time.Time
}

// parseMFMT reads "time name" (draft-somers-ftp-mfxx, 3.1).
func parseMFMT(arg string) (timedName, error) {
	stamp, name, _ := strings.Cut(strings.TrimLeft(arg, " "), " ")
	t, ok := parseTime(stamp)
	if !ok || name == "" {
		return timedName{}, badArgument(501, "Syntax: MFMT YYYYMMDDhhmmss path")
	}
	return timedName{name, t}, nil
}

// parseMFF reads "Modify=time; name" (draft-somers-ftp-mfxx, 5.1). No other
// fact can be changed.
func parseMFF(arg string) (timedName, error) {
	syntax := badArgument(501, "Syntax: MFF modify=YYYYMMDDhhmmss; path")
	facts, name, ok := strings.Cut(strings.TrimLeft(arg, " "), "; ")
	fact, value, isFact := strings.Cut(facts, "=")
	switch {
	case !ok || !isFact || name == "":
		return timedName{}, syntax
	case strings.Contains(facts, ";"), !strings.EqualFold(fact, "modify"):
		return timedName{}, badArgument(504, "Only the fact modify can be changed.")
	}
	t, ok := parseTime(value)
	if !ok {
		return timedName{}, syntax
	}
	return timedName{name, t}, nil
}

// parseUTIME reads the two forms of SITE UTIME that are in use: "time name", and
// "name atime mtime ctime UTC", of which the second time counts.
func parseUTIME(arg string) (timedName, error) {
	if name, words, ok := cutLastWords(arg, 4); ok && strings.EqualFold(words[3], "UTC") {
		_, okAccess := parseTime(words[0])
		t, okModify := parseTime(words[1])
		_, okChange := parseTime(words[2])
		if okAccess && okModify && okChange {
			return timedName{name, t}, nil
		}
	}
	stamp, name, _ := strings.Cut(strings.TrimLeft(arg, " "), " ")
	if len(stamp) == len("YYYYMMDDhhmm") {
		stamp += "00" // some clients leave the seconds out
	}
	t, ok := parseTime(stamp)
	if !ok || name == "" {
		return timedName{}, badArgument(501, "Syntax: SITE UTIME YYYYMMDDhhmmss path")
	}
	return timedName{name, t}, nil
}

// cutLastWords takes n words off the end of what remains a name of one or more.
func cutLastWords(arg string, n int) (name string, words []string, ok bool) {
	name = strings.Trim(arg, " ")
	words = make([]string, n)
	for i := n - 1; i >= 0; i-- {
		space := strings.LastIndexByte(name, ' ')
		if space < 0 {
			return "", nil, false
		}
		name, words[i] = strings.TrimRight(name[:space], " "), name[space+1:]
	}
	return name, words, name != ""
}

// parseTime reads a time in UTC (RFC 3659, 2.3).
func parseTime(s string) (time.Time, bool) {
	t, err := time.Parse("20060102150405", s) // takes a fraction as well
	return t, err == nil
}
