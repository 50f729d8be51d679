//go:build integration

package e2e_test

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// TestClients has every client do its jobs on every store, over both IP
// versions. What was stored is read back through the store's own API, never
// through our RETR.
func TestClients(t *testing.T) {
	for storeName, open := range stores {
		t.Run(storeName, func(t *testing.T) {
			bucket := open(t)
			bridge := start(t, bridgeEnv(bucket))
			for clientName, c := range clients {
				for _, version := range c.versions() {
					for _, mode := range c.modes {
						name := fmt.Sprintf("%s-IPv%s-%s", clientName, version, mode)
						t.Run(name, func(t *testing.T) {
							t.Parallel()
							l := login{addr: bridge.addr(t, version), user: testUser, password: testPassword, mode: mode}
							testClient(t, c, l, bucket, name)
						})
					}
				}
			}
		})
	}
}

func (c client) versions() []string {
	if c.cannot["IPv6"] != "" {
		return []string{"4"}
	}
	return []string{"4", "6"}
}

// TestClientRows holds the table to what it says: a job is there or there is a
// reason why not.
func TestClientRows(t *testing.T) {
	for name, c := range clients {
		missing := map[string]bool{
			"upload": c.upload == nil, "download": c.download == nil, "list": c.list == nil,
			"rename": c.rename == nil, "remove": c.remove == nil,
			"upload tree": c.uploadTree == nil, "download tree": c.downloadTree == nil,
		}
		for job, isMissing := range missing {
			if why := c.cannot[job]; isMissing != (why != "") {
				t.Errorf("%s: %s is missing: %t, reason: %q", name, job, isMissing, why)
			}
		}
		for what := range c.cannot {
			if _, isJob := missing[what]; !isJob && what != "IPv6" && !slices.Contains(oddNames, what) {
				t.Errorf("%s cannot do what nobody asks: %s", name, what)
			}
		}
		if len(c.modes) == 0 {
			t.Errorf("%s has no mode", name)
		}
	}
}

// testClient asks for all that the client can do, in a directory of its own.
func testClient(t *testing.T, c client, l login, bucket *bucket, dir string) {
	for name, size := range sizes {
		t.Run("size "+name, func(t *testing.T) {
			roundTrip(t, c, l, bucket, dir+"/size-"+name+".bin", size)
		})
	}
	for _, name := range oddNames {
		if c.cannot[name] == "" {
			t.Run("name "+name, func(t *testing.T) {
				roundTrip(t, c, l, bucket, dir+"/"+name, 100)
			})
		}
	}
	if c.list != nil {
		t.Run("list", func(t *testing.T) { testList(t, c, l, bucket, dir+"/listed") })
	}
	if c.rename != nil {
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
	}
	if c.remove != nil {
		t.Run("remove", func(t *testing.T) {
			bucket.put(t, dir+"/gone.txt", []byte("content"))
			c.remove(t, l, dir+"/gone.txt")
			if bucket.has(t, dir+"/gone.txt") {
				t.Error("the object is still there")
			}
		})
	}
	if c.uploadTree != nil {
		t.Run("upload tree", func(t *testing.T) { testUploadTree(t, c, l, bucket, dir+"/up/tree") })
	}
	if c.downloadTree != nil {
		t.Run("download tree", func(t *testing.T) { testDownloadTree(t, c, l, bucket, dir+"/down/tree") })
	}
}

func testList(t *testing.T, c client, l login, bucket *bucket, dir string) {
	for _, name := range []string{"b.txt", "a b.txt", "Ä.txt"} {
		bucket.put(t, dir+"/"+name, []byte(name))
	}
	got := c.list(t, l, dir)
	for i, name := range got {
		got[i] = filepath.Base(name)
	}
	slices.Sort(got)
	if want := []string{"a b.txt", "b.txt", "Ä.txt"}; !slices.Equal(got, want) {
		t.Errorf("listing shows %q, want %q", got, want)
	}
}

// tree is a directory to copy: names and contents.
var tree = map[string]string{
	"top.txt":                     "on top",
	"sub dir/Ä one.txt":           "one",
	"sub dir/two+2.txt":           "two",
	"sub dir/deeper/deepest/z.md": "far down",
}

func testUploadTree(t *testing.T, c client, l login, bucket *bucket, remote string) {
	local := filepath.Join(t.TempDir(), filepath.Base(remote))
	for name, content := range tree {
		file := filepath.Join(local, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.uploadTree(t, l, local, remote)
	got := map[string]string{}
	for _, key := range bucket.keys(t, remote+"/") {
		if !strings.HasSuffix(key, "/") { // a directory's marker
			got[strings.TrimPrefix(key, remote+"/")] = string(bucket.get(t, key))
		}
	}
	if !maps.Equal(got, tree) {
		t.Errorf("the store holds %q, want %q", got, tree)
	}
}

func testDownloadTree(t *testing.T, c client, l login, bucket *bucket, remote string) {
	for name, content := range tree {
		bucket.put(t, remote+"/"+name, []byte(content))
	}
	local := filepath.Join(t.TempDir(), filepath.Base(remote))
	if err := os.Mkdir(local, 0o755); err != nil {
		t.Fatal(err)
	}
	c.downloadTree(t, l, remote, local)
	got := map[string]string{}
	err := filepath.WalkDir(local, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(local, file)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(file)
		got[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got, tree) {
		t.Errorf("fetched %q, want %q", got, tree)
	}
}

// TestLargeFile sends 300 MiB, which takes many parts.
func TestLargeFile(t *testing.T) {
	for storeName, open := range stores {
		t.Run(storeName, func(t *testing.T) {
			bucket := open(t)
			bridge := start(t, bridgeEnv(bucket))
			for _, clientName := range []string{"curl", "ftplib"} {
				t.Run(clientName, func(t *testing.T) {
					l := login{addr: bridge.addr(t, "4"), user: testUser, password: testPassword, mode: passive}
					roundTrip(t, clients[clientName], l, bucket, clientName+"/large.bin", 300*mib)
				})
			}
		})
	}
}

// roundTrip uploads random bytes, compares what the store holds, and fetches
// them again. What the client only fetches is put there by the store's API.
func roundTrip(t *testing.T, c client, l login, bucket *bucket, remote string, size int64) {
	t.Helper()
	local := filepath.Join(t.TempDir(), "sent.bin")
	want := randomFile(t, local, size)
	if c.upload != nil {
		c.upload(t, l, local, remote)
		if got := bucket.sum(t, remote); got != want {
			t.Fatalf("the store holds %s, sent was %s", got, want)
		}
	} else {
		bucket.putFile(t, remote, local)
	}
	if c.download == nil {
		return
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
