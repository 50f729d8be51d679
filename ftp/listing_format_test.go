package ftp

import (
	"testing"
	"time"
)

func TestAppendUnix(t *testing.T) {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	zone := time.FixedZone("east", 2*60*60)
	tests := map[string]struct {
		entry FileInfo
		want  string
	}{
		"file": {
			FileInfo{Name: "a b.txt", Size: 1234, ModTime: time.Date(2026, 6, 5, 4, 3, 2, 0, time.UTC)},
			"-rw-r--r--   1 ftp      ftp               1234 Jun  5 04:03 a b.txt",
		},
		"directory": {
			FileInfo{Name: "d", Dir: true, ModTime: time.Date(2026, 6, 15, 0, 30, 0, 0, zone)},
			"drwxr-xr-x   1 ftp      ftp                  0 Jun 14 22:30 d",
		},
		"old": {
			FileInfo{Name: "x", Size: 1, ModTime: now.Add(-183 * 24 * time.Hour)},
			"-rw-r--r--   1 ftp      ftp                  1 Dec 30  2025 x",
		},
		"just not old": {
			FileInfo{Name: "x", ModTime: now.Add(-182 * 24 * time.Hour)},
			"-rw-r--r--   1 ftp      ftp                  0 Dec 31 12:00 x",
		},
		"far future": {
			FileInfo{Name: "x", ModTime: now.Add(183 * 24 * time.Hour)},
			"-rw-r--r--   1 ftp      ftp                  0 Dec 31  2026 x",
		},
		"no date": {
			FileInfo{Name: "x"},
			"-rw-r--r--   1 ftp      ftp                  0 Jul  1 12:00 x",
		},
		"huge": {
			FileInfo{Name: "x", Size: 1<<63 - 1, ModTime: now},
			"-rw-r--r--   1 ftp      ftp      9223372036854775807 Jul  1 12:00 x",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := string(appendUnix(nil, tt.entry, now)); got != tt.want+"\r\n" {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestAppendFacts(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.FixedZone("west", -60*60))
	file := FileInfo{Name: "a b", Size: 7, ModTime: at}
	dir := FileInfo{Name: "d", Dir: true}
	for _, tt := range []struct {
		facts factSet
		entry FileInfo
		want  string
	}{
		{allFacts, file, "type=file;size=7;modify=20260102040405;perm=dfrw; a b"},
		{allFacts, dir, "type=dir;perm=cdeflmp; d"},
		{parseFacts("Size; TYPE;bogus;"), file, "type=file;size=7; a b"},
		{parseFacts(""), file, " a b"},
	} {
		if got := string(tt.facts.appendFacts(nil, tt.entry)); got != tt.want+"\r\n" {
			t.Errorf("%v: got %q, want %q", tt.facts, got, tt.want)
		}
	}
}

func TestFactSet(t *testing.T) {
	set := parseFacts("modify;type")
	if got, want := set.String(), "type;modify;"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
	if got, want := set.feature(), "MLST type*;size;modify*;perm;"; got != want {
		t.Errorf("feature = %q, want %q", got, want)
	}
}
