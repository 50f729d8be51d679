//go:build cloud

package cloud_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ftpbridge/backends"
)

// startTimeout bounds the wait for the program to listen.
const startTimeout = time.Minute

// serve runs ftpbridge over the store at rawURL, for user "cloud", and returns
// its address.
func serve(t *testing.T, rawURL string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "ftpbridge")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "ftpbridge/cmd/ftpbridge")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	program := exec.Command(binary)
	for _, entry := range os.Environ() { // the credentials are somewhere in it
		if !strings.HasPrefix(entry, "FTPBRIDGE_") {
			program.Env = append(program.Env, entry)
		}
	}
	program.Env = append(program.Env,
		"FTPBRIDGE_STORE="+rawURL, "FTPBRIDGE_LISTEN=127.0.0.1:0", "FTPBRIDGE_PASSIVE_PORTS=0",
		"FTPBRIDGE_USERNAME=cloud", "FTPBRIDGE_PASSWORD=cloud-password", "FTPBRIDGE_LOG_FORMAT=json",
	)
	log, err := program.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	listening, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			t.Log(lines.Text())
			var record struct{ Event, Addr string }
			if json.Unmarshal(lines.Bytes(), &record) == nil && record.Event == "listening" {
				listening <- record.Addr
			}
		}
	}()
	t.Cleanup(func() {
		_ = program.Process.Signal(syscall.SIGTERM)
		<-ended
		if err := program.Wait(); err != nil {
			t.Errorf("ftpbridge ended with %v", err)
		}
	})
	select {
	case addr := <-listening:
		return addr
	case <-ended:
		t.Fatal("ftpbridge ended at its start")
	case <-time.After(startTimeout):
		t.Fatal("ftpbridge does not listen")
	}
	return ""
}

// TestClientRound stores, lists, fetches, renames and deletes by curl.
func TestClientRound(t *testing.T) {
	store, rawURL := openRoot(t)
	server := "ftp://" + serve(t, rawURL) + "/"
	curl := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "curl", append([]string{"-sS", "--user", "cloud:cloud-password"}, args...)...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("curl %q: %v\n%s", args, err, stderr.Bytes())
		}
		return string(out)
	}
	for name, size := range map[string]int{"empty.txt": 0, "small.txt": 1000, "in parts.bin": 20<<20 + 1} {
		content := bytes.Repeat([]byte(name+"\x00\xff"), size/len(name)+1)[:size]
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		path := "dir/" + name
		target := server + strings.ReplaceAll(path, " ", "%20")
		curl("--ftp-create-dirs", "-T", file, target)
		if got := contentOf(t, store, path); sha256.Sum256(got) != sha256.Sum256(content) {
			t.Errorf("%s: the bucket has %d other bytes", name, len(got))
		}
		if got := curl(target); sha256.Sum256([]byte(got)) != sha256.Sum256(content) {
			t.Errorf("%s: fetched %d other bytes", name, len(got))
		}
		if got := curl("--list-only", server+"dir/"); !strings.Contains(got, name+"\r\n") && !strings.Contains(got, name+"\n") {
			t.Errorf("%s is not listed: %q", name, got)
		}
		curl(server, "-Q", "RNFR "+path, "-Q", "RNTO moved "+name, "-o", os.DevNull)
		if got := contentOf(t, store, "moved "+name); len(got) != size {
			t.Errorf("%s: the bucket has %d bytes after the rename", name, len(got))
		}
		curl(server, "-Q", "DELE moved "+name, "-o", os.DevNull)
	}
	for page, err := range store.List(t.Context(), "", backends.ListOptions{Recursive: true}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range page {
			if !strings.HasSuffix(entry.Key, "/") {
				t.Errorf("%s is left", entry.Key)
			}
		}
	}
}

func contentOf(t *testing.T, store backends.Store, key string) []byte {
	t.Helper()
	r, err := store.Open(t.Context(), key, 0, -1, "")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
