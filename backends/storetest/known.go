package storetest

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// mustFail runs a body whose failure is known and expected.
func mustFail(t testing.TB, reason string, body func(testing.TB)) {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() { // of its own, because FailNow ends it
		defer close(done)
		body(r)
	}()
	<-done
	if !r.Failed() {
		t.Errorf("passes, though it is known to fail (%s): remove it from the known faults", reason)
		return
	}
	t.Logf("known fault: %s\n%s", reason, strings.Join(r.messages, "\n"))
}

// recorder keeps failures to itself instead of failing the test.
type recorder struct {
	testing.TB

	mu       sync.Mutex
	failed   bool
	messages []string
}

func (r *recorder) fail(message string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
	if message != "" {
		r.messages = append(r.messages, strings.TrimSuffix(message, "\n"))
	}
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) Fail()                             { r.fail("") }
func (r *recorder) Error(args ...any)                 { r.fail(fmt.Sprintln(args...)) }
func (r *recorder) Errorf(format string, args ...any) { r.fail(fmt.Sprintf(format, args...)) }

func (r *recorder) FailNow() {
	r.fail("")
	runtime.Goexit()
}

func (r *recorder) Fatal(args ...any) {
	r.fail(fmt.Sprintln(args...))
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.fail(fmt.Sprintf(format, args...))
	runtime.Goexit()
}
