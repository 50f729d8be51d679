package ftp

import (
	"math"
	"strings"
)

// byteRange is a part of a file.
type byteRange struct {
	offset int64 // bytes
	length int64 // bytes; negative: to the end
}

func wholeFile() byteRange { return byteRange{length: -1} }

// parseRANG reads "start end", the first and the last byte
// (draft-bryan-ftp-range). "1 0" takes back an earlier one and gives nil.
func parseRANG(arg string) (*byteRange, error) {
	syntax := badArgument(501, "Syntax: RANG start end")
	fields := strings.Fields(arg)
	if len(fields) != 2 {
		return nil, syntax
	}
	start, err := parseNumber[int64](fields[0])
	if err != nil {
		return nil, syntax
	}
	end, err := parseNumber[int64](fields[1])
	switch {
	case err != nil, end == math.MaxInt64:
		return nil, syntax
	case start == 1 && end == 0:
		return nil, nil
	case start > end:
		return nil, syntax
	}
	return &byteRange{offset: start, length: end - start + 1}, nil
}

// sumRequest is what XCRC and the like ask for.
type sumRequest struct {
	name string
	byteRange
}

// sumSyntax is the argument of XCRC and the like.
const sumSyntax = `"path" [start [end]]`

// parseSum reads `"path" [start [end]]`, quotes in the name doubled, where end is
// the byte after the last. Many clients leave the quotes out, so that "a 1 2" may be
// a name or a range of "a": it returns all that can be meant, the
// longest name first.
func parseSum(arg string) ([]sumRequest, error) {
	arg = strings.TrimLeft(arg, " ")
	if name, numbers, ok := cutQuoted(arg); ok {
		part, ok := parseRange(numbers)
		if !ok || name == "" {
			return nil, badArgument(501, "Syntax: "+sumSyntax)
		}
		return []sumRequest{{name, part}}, nil
	}
	meanings := []sumRequest{{arg, wholeFile()}}
	name := arg
	for range 2 {
		i := strings.LastIndexByte(name, ' ')
		if i < 0 {
			break
		}
		name = name[:i]
		if part, ok := parseRange(arg[i:]); ok {
			meanings = append(meanings, sumRequest{name, part})
		}
	}
	return meanings, nil
}

// cutQuoted takes a name in quotes off the front. A word that only begins
// with a quote is none.
func cutQuoted(arg string) (name, rest string, ok bool) {
	rest, ok = strings.CutPrefix(arg, `"`)
	for ok {
		var part string
		part, rest, ok = strings.Cut(rest, `"`)
		name += part
		if !strings.HasPrefix(rest, `"`) {
			break
		}
		name, rest = name+`"`, rest[1:]
	}
	if !ok || rest != "" && rest[0] != ' ' {
		return "", "", false
	}
	return name, rest, true
}

// parseRange reads "[start [end]]".
func parseRange(numbers string) (byteRange, bool) {
	part := wholeFile()
	fields := strings.Fields(numbers)
	if len(fields) > 2 {
		return part, false
	}
	if len(fields) > 0 {
		start, err := parseNumber[int64](fields[0])
		if err != nil {
			return part, false
		}
		part.offset = start
	}
	if len(fields) > 1 {
		end, err := parseNumber[int64](fields[1])
		if err != nil || end < part.offset {
			return part, false
		}
		part.length = end - part.offset
	}
	return part, true
}
