// Package storetest is the contract of package backends as tests: named
// subtests that settle every edge, the same for every driver.
//
// A driver's own test calls Run, and adds what is special to it. Subtests
// that need an ability which the store's Info does not claim are left out;
// where its absence is a promise too, another subtest holds that.
package storetest

import (
	"slices"
	"strings"
	"testing"

	"ftpbridge/backends"
)

// Open gives a store that is empty, for one subtest: a fresh bucket or a
// fresh prefix. Run closes it.
type Open func(t *testing.T) backends.Store

// Option is Known or Reopen.
type Option interface{ apply(*suite) }

// Known names subtests, as "Group/name", that fail because of a fault of the
// server under test, and says why. They are run all the same and must fail: one
// that passes fails the run, so that the table does not go stale.
type Known map[string]string

// Reopen gives a second Store over the data of the given one, as another
// process would open it. Run closes it. Without this option the subtests that
// need a second Store use the first one twice.
type Reopen func(t *testing.T, store backends.Store) backends.Store

func (k Known) apply(s *suite)  { s.known = k }
func (r Reopen) apply(s *suite) { s.reopen = r }

type suite struct {
	open   Open
	reopen Reopen
	known  Known
}

// test is one subtest.
type test struct {
	name string // "Group/name"
	// needs tells whether the subtest applies to such a store; nil: always.
	needs func(backends.Info) bool
	run   func(t *T)
}

// Run holds the store that open gives to the contract.
func Run(t *testing.T, open Open, opts ...Option) {
	s := &suite{open: open}
	for _, opt := range opts {
		opt.apply(s)
	}
	tests := slices.Concat(
		infoTests(), keyTests(), putTests(), statTests(), openTests(), listTests(), listAfterTests(),
		uploadTests(), uploadStateTests(), copyTests(), metadataTests(), renameTests(),
		deleteTests(), directoryTests(), concurrencyTests(),
	)
	s.checkKnown(t, tests)
	for len(tests) > 0 {
		group, _, _ := strings.Cut(tests[0].name, "/")
		end := slices.IndexFunc(tests, func(tt test) bool { return !strings.HasPrefix(tt.name, group+"/") })
		if end < 0 {
			end = len(tests)
		}
		t.Run(group, func(t *testing.T) { s.runGroup(t, tests[:end]) })
		tests = tests[end:]
	}
}

// checkKnown reports entries that name no subtest.
func (s *suite) checkKnown(t testing.TB, tests []test) {
	for name := range s.known {
		if !slices.ContainsFunc(tests, func(tt test) bool { return tt.name == name }) {
			t.Errorf("known fault %q: there is no such subtest", name)
		}
	}
}

func (s *suite) runGroup(t *testing.T, tests []test) {
	store := s.open(t)
	info := store.Info()
	closeStore(t, store)
	for _, tt := range tests {
		if tt.needs != nil && !tt.needs(info) {
			continue
		}
		_, name, _ := strings.Cut(tt.name, "/")
		t.Run(name, func(t *testing.T) {
			store := s.open(t)
			t.Cleanup(func() { closeStore(t, store) })
			body := func(tb testing.TB) {
				tt.run(&T{TB: tb, store: store, info: store.Info(), second: func() backends.Store { return s.second(t, store) }})
			}
			if reason, ok := s.known[tt.name]; ok {
				mustFail(t, reason, body)
				return
			}
			body(t)
		})
	}
}

// second is the store as another process would open it.
func (s *suite) second(t *testing.T, store backends.Store) backends.Store {
	if s.reopen == nil {
		return store
	}
	again := s.reopen(t, store)
	t.Cleanup(func() { closeStore(t, again) })
	return again
}

func closeStore(t *testing.T, store backends.Store) {
	if err := store.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
