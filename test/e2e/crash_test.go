//go:build integration

package e2e_test

import (
	"crypto/rand"
	"io"
	"testing"
)

// TestKilledServerLeavesTheOldObject kills the program in the middle of an
// upload of several parts onto an existing object.
func TestKilledServerLeavesTheOldObject(t *testing.T) {
	for storeName, open := range stores {
		t.Run(storeName, func(t *testing.T) {
			bucket := open(t)
			bucket.put(t, "report.bin", []byte("old content"))
			bridge := start(t, bridgeEnv(bucket))
			session := dial(t, bridge.addr(t, "4"))
			data := session.store(t, "report.bin")
			if _, err := io.CopyN(data, rand.Reader, 3*partSize); err != nil {
				t.Fatal(err)
			}
			bucket.awaitPending(t, "report.bin")
			bridge.kill(t)
			if got := bucket.get(t, "report.bin"); string(got) != "old content" {
				t.Errorf("the object now holds %d other bytes", len(got))
			}
		})
	}
}

// TestUnusedPassivePortTouchesNothing announces an upload whose data connection
// is never opened.
func TestUnusedPassivePortTouchesNothing(t *testing.T) {
	for storeName, open := range stores {
		t.Run(storeName, func(t *testing.T) {
			bucket := open(t)
			bucket.put(t, "report.bin", []byte("old content"))
			env := bridgeEnv(bucket)
			env["FTPBRIDGE_DATA_TIMEOUT"] = "1s"
			bridge := start(t, env)
			session := dial(t, bridge.addr(t, "4"))
			session.command(t, "EPSV", "229")
			session.command(t, "STOR report.bin", "150")
			session.expect(t, "425")
			if got := bucket.get(t, "report.bin"); string(got) != "old content" {
				t.Errorf("the object now holds %q", got)
			}
			if keys := bucket.keys(t, ""); len(keys) != 1 {
				t.Errorf("the bucket holds %q", keys)
			}
			if n := bucket.pending(t, "report.bin"); n != 0 {
				t.Errorf("%d uploads are pending", n)
			}
		})
	}
}
