package ftp

import (
	"testing"
	"time"
)

func TestParseModTimes(t *testing.T) {
	at := time.Date(2026, 2, 28, 23, 59, 58, 0, time.UTC)
	short := time.Date(2026, 2, 28, 23, 59, 0, 0, time.UTC)
	for _, tt := range []struct {
		parse func(string) (timedName, error)
		arg   string
		want  timedName
		code  int
	}{
		{parseMFMT, "20260228235958 a b.txt", timedName{"a b.txt", at}, 0},
		{parseMFMT, "20260228235958  a ", timedName{" a ", at}, 0},
		{parseMFMT, "20260228235958.250 a", timedName{"a", at.Add(250 * time.Millisecond)}, 0},
		{parseMFMT, "20260228235958", timedName{}, 501},
		{parseMFMT, "20260228235958 ", timedName{}, 501},
		{parseMFMT, "20260229235958 a", timedName{}, 501}, // no leap year
		{parseMFMT, "20261328235958 a", timedName{}, 501},
		{parseMFMT, "20260228245958 a", timedName{}, 501},
		{parseMFMT, "2026022823595 a", timedName{}, 501},
		{parseMFMT, "202602282359 a", timedName{}, 501},
		{parseMFMT, "+2026022823595 a", timedName{}, 501},
		{parseMFMT, "20260228235958Z a", timedName{}, 501},
		{parseMFMT, "", timedName{}, 501},

		{parseMFF, "Modify=20260228235958; a b", timedName{"a b", at}, 0},
		{parseMFF, "modify=20260228235958; a; b", timedName{"a; b", at}, 0},
		{parseMFF, "modify=20260228235958 a", timedName{}, 501},
		{parseMFF, "modify=20260228235958;a", timedName{}, 501},
		{parseMFF, "modify=20260228235958; ", timedName{}, 501},
		{parseMFF, "modify=2026; a", timedName{}, 501},
		{parseMFF, "modify; a", timedName{}, 501},
		{parseMFF, "UNIX.mode=0644; a", timedName{}, 504},
		{parseMFF, "modify=20260228235958;UNIX.mode=0644; a", timedName{}, 504},

		{parseUTIME, "20260228235958 a b", timedName{"a b", at}, 0},
		{parseUTIME, "202602282359 a", timedName{"a", short}, 0},
		{parseUTIME, "a b 20250101000000 20260228235958 20270101000000 UTC", timedName{"a b", at}, 0},
		{parseUTIME, "a 20250101000000  20260228235958 20270101000000 utc ", timedName{"a", at}, 0},
		{parseUTIME, "20260228235958 20250101000000 20260228235958 20270101000000 UTC", timedName{"20260228235958", at}, 0},
		{parseUTIME, "20250101000000 20260228235958 20270101000000 UTC", timedName{"20260228235958 20270101000000 UTC", time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}, 0},
		{parseUTIME, "a 20250101000000 2026 20270101000000 UTC", timedName{}, 501},
		{parseUTIME, "a 20260228235958", timedName{}, 501},
		{parseUTIME, "20260228235958", timedName{}, 501},
		{parseUTIME, "UTC", timedName{}, 501},
	} {
		got, err := tt.parse(tt.arg)
		if got.name != tt.want.name || !got.time.Equal(tt.want.time) || replyCode(err) != tt.code {
			t.Errorf("%q = %+v, %v; want %+v, %d", tt.arg, got, err, tt.want, tt.code)
		}
	}
}

// FuzzModTimes checks that what is accepted has a name and a time that a
// reply can tell.
func FuzzModTimes(f *testing.F) {
	f.Add("20260228235958 a")
	f.Add("Modify=20260228235958; a")
	f.Add("a 20250101000000 20260228235958 20270101000000 UTC")
	f.Fuzz(func(t *testing.T, arg string) {
		for _, parse := range []func(string) (timedName, error){parseMFMT, parseMFF, parseUTIME} {
			got, err := parse(arg)
			if err != nil {
				if code := replyCode(err); code != 501 && code != 504 {
					t.Errorf("%q: %v", arg, err)
				}
				continue
			}
			if _, ok := parseTime(factTime(got.time)); !ok || got.name == "" {
				t.Errorf("%q = %+v", arg, got)
			}
		}
	})
}
