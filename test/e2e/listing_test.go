//go:build integration

package e2e_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// lineTimeout is when to give up waiting for a line.
const lineTimeout = time.Minute

// largeSizes are how many objects a directory holds.
var largeSizes = []int{10_000, 100_000}

// fillers make so many objects of one byte faster than by a request each.
var fillers = map[string]func(t *testing.T, b *bucket, dir string, n int){
	"minio":     extractTar,
	"versitygw": writeFiles,
}

// listingLines are what a client gets for a file of one byte, up to the name.
var listingLines = map[string]*regexp.Regexp{
	"LIST": regexp.MustCompile(`^-\S{9} +\d+ +\S+ +\S+ +1 \S+ +\d+ +\d\d:\d\d (.*)\r\n$`),
	"NLST": regexp.MustCompile(`^(.*)\r\n$`),
	"MLSD": regexp.MustCompile(`^type=file;size=1;modify=\d{14};perm=\w+; (.*)\r\n$`),
}

// TestLargeListings lists directories of many pages: all names, each once, with
// the right facts, and the first line before the store has given a second page.
func TestLargeListings(t *testing.T) {
	for storeName, open := range stores {
		t.Run(storeName, func(t *testing.T) {
			t.Parallel()
			bucket := open(t)
			proxy := newStoreProxy(t, bucket)
			bridge := start(t, proxy.bridgeEnv(bucket))
			for _, n := range largeSizes {
				dir := fmt.Sprintf("dir-of-%d", n)
				fillers[storeName](t, bucket, dir, n)
				for verb, line := range listingLines {
					t.Run(fmt.Sprintf("%s/%d", verb, n), func(t *testing.T) {
						session := dial(t, bridge.addr(t, "4"))
						testListing(t, session, proxy, verb+" "+dir, line, numbered(n))
					})
				}
			}
		})
	}
}

func testListing(t *testing.T, session *rawSession, proxy *storeProxy, command string, line *regexp.Regexp, want []string) {
	firstLine := make(chan struct{})
	release := func() {
		select {
		case <-firstLine:
		default:
			close(firstLine)
		}
	}
	defer release() // also if it fails: nobody may hang
	proxy.holdBy(func(r *http.Request) {
		if r.URL.Query().Has("continuation-token") {
			<-firstLine
		}
	})
	data := session.transfer(t, command)
	lines := bufio.NewReader(data)
	for i, name := range want {
		deadline(t, data)
		got, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("after %d lines: %v", i, err)
		}
		if match := line.FindStringSubmatch(got); match == nil || match[1] != name {
			t.Fatalf("line %d is %q, want one of %s", i, got, name)
		}
		release()
	}
	if _, err := lines.ReadByte(); err == nil {
		t.Errorf("more than %d lines", len(want))
	}
	if err := data.Close(); err != nil {
		t.Fatal(err)
	}
	deadline(t, session.conn)
	session.expect(t, "226")
}

func deadline(t *testing.T, conn net.Conn) {
	t.Helper()
	if err := conn.SetDeadline(time.Now().Add(lineTimeout)); err != nil {
		t.Fatal(err)
	}
}

// extractTar has MinIO make the objects of one archive.
func extractTar(t *testing.T, b *bucket, dir string, n int) {
	t.Helper()
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, name := range numbered(n) {
		header := tar.Header{Name: dir + "/" + name, Mode: 0o644, Size: 1, ModTime: time.Now()}
		if err := w.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	key := dir + ".tar"
	_, err := b.client.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &b.name, Key: &key, Body: bytes.NewReader(archive.Bytes()),
		Metadata: map[string]string{"snowball-auto-extract": "true"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// writeFiles makes files where VersityGW has its objects.
func writeFiles(t *testing.T, b *bucket, dir string, n int) {
	t.Helper()
	path := filepath.Join(b.server.BucketDir(b.name), dir)
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range numbered(n) {
		if err := os.WriteFile(filepath.Join(path, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
