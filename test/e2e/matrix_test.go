//go:build integration

package e2e_test

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const (
	mib = 1 << 20
	// partSize is the first part's size of the bridge under test.
	partSize = 5 * mib
)

// sizes are those where an upload changes its kind: nothing, one request, parts.
var sizes = map[string]int64{
	"0":      0,
	"1":      1,
	"part-1": partSize - 1,
	"part":   partSize,
	"part+1": partSize + 1,
}

// oddNames are names that some layer between a client and a store likes to
// change: a URL, a shell, a signature, XML.
var oddNames = []string{
	"two words.txt",
	"hash#tag.txt",
	"100%.txt",
	"%41.txt",
	"a+b.txt",
	"a&b=c?.txt",
	`it's "quoted".txt`,
	"Grüße 日本.txt",
	"-leading.txt",
	"semi;colon,comma.txt",
	"<xml>.txt",
	"back\\slash.txt",
	"dir with space/Ä+file.txt",
}

var clients = map[string]client{
	"curl":   curl{},
	"ftplib": ftplib{},
}

// TestClients has every client do its jobs on every store, over both IP
// versions, passive and active. What was stored is read back through the
// store's own API, never through our RETR.
func TestClients(t *testing.T) {
	for storeName, open := range stores {
		t.Run(storeName, func(t *testing.T) {
			bucket := open(t)
			bridge := start(t, bridgeEnv(bucket))
			for clientName, c := range clients {
				for _, version := range []string{"4", "6"} {
					for _, active := range []bool{false, true} {
						name := fmt.Sprintf("%s/IPv%s/%s", clientName, version, dataMode(active))
						t.Run(name, func(t *testing.T) {
							l := login{addr: bridge.addr(t, version), user: testUser, password: testPassword, active: active}
							dir := fmt.Sprintf("%s-%s-%s", clientName, version, dataMode(active))
							testClient(t, c, l, bucket, dir)
						})
					}
				}
			}
		})
	}
}

func dataMode(active bool) string {
	if active {
		return "active"
	}
	return "passive"
}

func testClient(t *testing.T, c client, l login, bucket *bucket, dir string) {
	for name, size := range sizes {
		t.Run("size "+name, func(t *testing.T) {
			roundTrip(t, c, l, bucket, dir+"/size-"+name+".bin", size)
		})
	}
	for _, name := range oddNames {
		t.Run("name "+name, func(t *testing.T) {
			roundTrip(t, c, l, bucket, dir+"/"+name, 100)
		})
	}
	t.Run("list", func(t *testing.T) {
		for _, name := range []string{"b.txt", "a b.txt", "Ä.txt"} {
			bucket.put(t, dir+"/listed/"+name, []byte(name))
		}
		got := c.list(t, l, dir+"/listed")
		for i, name := range got {
			got[i] = filepath.Base(name)
		}
		slices.Sort(got)
		if want := []string{"a b.txt", "b.txt", "Ä.txt"}; !slices.Equal(got, want) {
			t.Errorf("listing shows %q, want %q", got, want)
		}
	})
	t.Run("rename", func(t *testing.T) {
		bucket.put(t, dir+"/old name.txt", []byte("content"))
		c.rename(t, l, dir+"/old name.txt", dir+"/new+name.txt")
		if got := bucket.get(t, dir+"/new+name.txt"); string(got) != "content" {
			t.Errorf("the new name holds %q", got)
		}
		if bucket.has(t, dir+"/old name.txt") {
			t.Error("the old name is still there")
		}
	})
	t.Run("remove", func(t *testing.T) {
		bucket.put(t, dir+"/gone.txt", []byte("content"))
		c.remove(t, l, dir+"/gone.txt")
		if bucket.has(t, dir+"/gone.txt") {
			t.Error("the object is still there")
		}
	})
}

// TestLargeFile sends 300 MiB, which takes many parts.
func TestLargeFile(t *testing.T) {
	for storeName, open := range stores {
		t.Run(storeName, func(t *testing.T) {
			bucket := open(t)
			bridge := start(t, bridgeEnv(bucket))
			for clientName, c := range clients {
				t.Run(clientName, func(t *testing.T) {
					l := login{addr: bridge.addr(t, "4"), user: testUser, password: testPassword}
					roundTrip(t, c, l, bucket, clientName+"/large.bin", 300*mib)
				})
			}
		})
	}
}

// roundTrip uploads random bytes, compares what the store holds, and fetches
// them again.
func roundTrip(t *testing.T, c client, l login, bucket *bucket, remote string, size int64) {
	t.Helper()
	local := filepath.Join(t.TempDir(), "sent.bin")
	want := randomFile(t, local, size)
	c.upload(t, l, local, remote)
	if got := bucket.sum(t, remote); got != want {
		t.Fatalf("the store holds %s, sent was %s", got, want)
	}
	fetched := filepath.Join(t.TempDir(), "fetched.bin")
	c.download(t, l, remote, fetched)
	if got := fileSum(t, fetched); got != want {
		t.Errorf("fetched %s, sent was %s", got, want)
	}
}

// randomFile writes size random bytes and returns their SHA-256.
func randomFile(t *testing.T, name string, size int64) string {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(f, hash), rand.Reader, size); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", hash.Sum(nil))
}

// fileSum is the SHA-256 of a file; that of nothing if a client made no file
// because nothing came.
func fileSum(t *testing.T, name string) string {
	t.Helper()
	hash := sha256.New()
	f, err := os.Open(name)
	if err == nil {
		defer f.Close()
		_, err = io.Copy(hash, f)
	}
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", hash.Sum(nil))
}
