package ftp_test

import (
	"strings"
	"testing"
)

// TestModTimeWithoutEffect uses a store that cannot set times: clients must
// not take that for a failure of the upload before it.
func TestModTimeWithoutEffect(t *testing.T) {
	files, c := serveFake(t)
	files.put("/a", nil)
	for _, command := range []string{
		"MFMT 20260102030405 a", "MFF modify=20260102030405; a", "MDTM 20260102030405 a", "SITE UTIME 20260102030405 a",
	} {
		if got := c.do(command, 202); !strings.Contains(strings.ToLower(got), "no effect") {
			t.Errorf("%s: %q", command, got)
		}
	}
}
