package storetest

import (
	"strings"
	"testing"
)

// TestKnownFault: a known fault must show, in whatever way it does.
func TestKnownFault(t *testing.T) {
	tests := map[string]struct {
		body     func(testing.TB)
		reported bool
	}{
		"passes":        {func(testing.TB) {}, true},
		"only logs":     {func(tb testing.TB) { tb.Log("fine") }, true},
		"Error":         {func(tb testing.TB) { tb.Error("fault") }, false},
		"Errorf":        {func(tb testing.TB) { tb.Errorf("%s", "fault") }, false},
		"Fatal":         {func(tb testing.TB) { tb.Fatal("fault") }, false},
		"Fatalf":        {func(tb testing.TB) { tb.Fatalf("%s", "fault") }, false},
		"Fail":          {func(tb testing.TB) { tb.Fail() }, false},
		"FailNow":       {func(tb testing.TB) { tb.FailNow() }, false},
		"Fatal ends it": {func(tb testing.TB) { tb.Fatal("fault"); panic("went on") }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			outer := &recorder{TB: t}
			mustFail(outer, "the reason", tt.body)
			if outer.Failed() != tt.reported {
				t.Errorf("reported: %t, want %t", outer.Failed(), tt.reported)
			}
			if tt.reported && !strings.Contains(outer.messages[0], "the reason") {
				t.Errorf("reported as %q", outer.messages)
			}
		})
	}
}

func TestKnownFaultOfNoSubtest(t *testing.T) {
	for name, reported := range map[string]bool{"Put/absent": false, "Put/no such subtest": true} {
		outer := &recorder{TB: t}
		(&suite{known: Known{name: "reason"}}).checkKnown(outer, putTests())
		if outer.Failed() != reported {
			t.Errorf("%q reported: %t, want %t", name, outer.Failed(), reported)
		}
	}
}
