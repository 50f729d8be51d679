package ftp

import (
	"slices"
	"strings"
	"testing"
)

func TestParseRANG(t *testing.T) {
	for arg, want := range map[string]*byteRange{
		"0 0":                   {0, 1},
		" 10  19 ":              {10, 10},
		"5 9223372036854775806": {5, 9223372036854775802},
		"1 0":                   nil,
	} {
		got, err := parseRANG(arg)
		if err != nil || (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("parseRANG(%q) = %v, %v; want %v", arg, got, err, want)
		}
	}
	for _, arg := range []string{"", "1", "2 1", "0 9223372036854775807", "-1 5", "1 2 3", "a b", "1 b"} {
		if got, err := parseRANG(arg); replyCode(err) != 501 {
			t.Errorf("parseRANG(%q) = %v, %v", arg, got, err)
		}
	}
}

func TestParseSum(t *testing.T) {
	whole := wholeFile()
	for arg, want := range map[string][]sumRequest{
		"a.txt":                    {{"a.txt", whole}},
		"a b.txt":                  {{"a b.txt", whole}},
		"a.txt 5":                  {{"a.txt 5", whole}, {"a.txt", byteRange{5, -1}}},
		"a.txt 5 8":                {{"a.txt 5 8", whole}, {"a.txt 5", byteRange{8, -1}}, {"a.txt", byteRange{5, 3}}},
		"a.txt 8 5":                {{"a.txt 8 5", whole}, {"a.txt 8", byteRange{5, -1}}},
		"5 8":                      {{"5 8", whole}, {"5", byteRange{8, -1}}},
		" 5":                       {{"5", whole}},
		`"a b.txt"`:                {{"a b.txt", whole}},
		`"a 1 2"`:                  {{"a 1 2", whole}},
		`"a b.txt" 5`:              {{"a b.txt", byteRange{5, -1}}},
		`"a b.txt" 5 5 `:           {{"a b.txt", byteRange{5, 0}}},
		`"say ""hi"".txt"`:         {{`say "hi".txt`, whole}},
		`"hi".txt`:                 {{`"hi".txt`, whole}},
		`"open`:                    {{`"open`, whole}},
		`"a" b`:                    nil,
		`"a" 8 5`:                  nil,
		`"a" 1 2 3`:                nil,
		`"a" -1`:                   nil,
		`""`:                       nil,
		`"a" 99999999999999999999`: nil,
	} {
		got, err := parseSum(arg)
		if !slices.Equal(got, want) || (replyCode(err) == 501) != (want == nil) {
			t.Errorf("parseSum(%q) = %v, %v; want %v", arg, got, err, want)
		}
	}
}

// FuzzSums checks that each meaning of an argument is in the argument.
func FuzzSums(f *testing.F) {
	for _, seed := range []string{"a 1 2", `"a""b" 1`, `"a`, "1 0", "0 9"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, arg string) {
		if part, err := parseRANG(arg); part != nil && (part.offset < 0 || part.length < 1 || part.offset+part.length < 0) || err != nil && replyCode(err) != 501 {
			t.Errorf("parseRANG(%q) = %v, %v", arg, part, err)
		}
		meanings, err := parseSum(arg)
		if err != nil && replyCode(err) != 501 {
			t.Errorf("parseSum(%q): %v", arg, err)
		}
		for _, m := range meanings {
			quoted := strings.ReplaceAll(m.name, `"`, `""`)
			if !strings.Contains(arg, m.name) && !strings.Contains(arg, quoted) || m.offset < 0 || m.length < -1 {
				t.Errorf("parseSum(%q) = %+v", arg, m)
			}
		}
	})
}
