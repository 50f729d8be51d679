package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ftpbridge/internal/config"
	"ftpbridge/internal/users"
)

// fileStore are variables of a sound configuration on free ports.
func fileStore(dir string, more ...string) []string {
	return append([]string{
		"FTPBRIDGE_STORE=file:" + dir,
		"FTPBRIDGE_LISTEN=127.0.0.1:0",
		"FTPBRIDGE_PASSIVE_PORTS=0",
		"FTPBRIDGE_USERNAME=scanner",
		"FTPBRIDGE_PASSWORD=hunter2",
	}, more...)
}

// serving is a server that runs in this process.
type serving struct {
	addrs  []string
	events <-chan string // in the log, besides listening; those that nobody takes are lost
	stop   context.CancelFunc
	ended  <-chan int // its exit code
}

// startServing runs what serves until stop, and waits until it listens on as
// many addresses.
func startServing(t *testing.T, addresses int, serve func(ctx context.Context, stderr io.Writer) int) *serving {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	logged, log := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- serve(ctx, log)
		_ = log.Close()
	}()
	events := make(chan string, 100)
	s := &serving{events: events, stop: cancel, ended: ended}
	listening, read := make(chan string, addresses), make(chan struct{})
	go func() {
		defer close(read)
		defer close(listening)
		for lines := bufio.NewScanner(logged); lines.Scan(); {
			var record struct{ Event, Addr string }
			if json.Unmarshal(lines.Bytes(), &record) == nil && record.Event == "listening" {
				listening <- record.Addr
				continue
			}
			select {
			case events <- record.Event:
			default:
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-read
	})
	for range addresses {
		addr, ok := <-listening
		if !ok {
			t.Fatalf("the server ended with exit code %d", <-ended)
		}
		s.addrs = append(s.addrs, addr)
	}
	return s
}

func startProgram(t *testing.T, addresses int, environ []string) *serving {
	t.Helper()
	return startServing(t, addresses, func(ctx context.Context, stderr io.Writer) int {
		return run(ctx, nil, environ, io.Discard, stderr)
	})
}

// login logs in and returns the code of the last reply.
func login(t *testing.T, addr, name, password string) string {
	t.Helper()
	c := dial(t, addr)
	c.expect(t, "220 ")
	c.send(t, "USER "+name, "331 ")
	code, _, _ := strings.Cut(c.send(t, "PASS "+password, ""), " ")
	return code
}

func TestServeLogsInTheUser(t *testing.T) {
	hashed := fileStore(t.TempDir(), "FTPBRIDGE_PASSWORD=", "FTPBRIDGE_PASSWORD_HASH="+users.HashPassword("hunter2"))
	for kind, environ := range map[string][]string{"plain": fileStore(t.TempDir()), "hashed": hashed} {
		t.Run(kind, func(t *testing.T) {
			s := startProgram(t, 1, environ)
			for _, tt := range []struct{ name, password, want string }{
				{"scanner", "hunter2", "230"}, {"scanner", "wrong", "530"}, {"other", "hunter2", "530"},
			} {
				if got := login(t, s.addrs[0], tt.name, tt.password); got != tt.want {
					t.Errorf("login as %s with %s: %s, want %s", tt.name, tt.password, got, tt.want)
				}
			}
			s.stop()
			if code := <-s.ended; code != 0 {
				t.Errorf("exit code %d after a clean stop", code)
			}
		})
	}
}

func TestServeOnSeveralAddresses(t *testing.T) {
	s := startProgram(t, 2, fileStore(t.TempDir(), "FTPBRIDGE_LISTEN=127.0.0.1:0,[::1]:0"))
	for _, addr := range s.addrs {
		if got := login(t, addr, "scanner", "hunter2"); got != "230" {
			t.Errorf("login on %s: %s", addr, got)
		}
	}
}

func TestServeStopEndsIdleSessions(t *testing.T) {
	s := startProgram(t, 1, fileStore(t.TempDir()))
	c := dial(t, s.addrs[0])
	c.expect(t, "220 ")
	s.stop()
	c.expect(t, "421 ")
	if code := <-s.ended; code != 0 {
		t.Errorf("exit code %d", code)
	}
	if _, err := net.Dial("tcp", s.addrs[0]); err == nil {
		t.Error("the port is still open")
	}
}

func TestServeStoppedBeforeItsStart(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stderr strings.Builder
	if code := run(ctx, nil, fileStore(t.TempDir()), io.Discard, &stderr); code != 0 {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
}

// TestServeBadInput: one line each that names the variable, exit code 2, and
// nothing made.
func TestServeBadInput(t *testing.T) {
	taken, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := fmt.Sprint(taken.Addr().(*net.TCPAddr).Port)
	aFile := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(aFile, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		environ []string
		want    []string
	}{
		"control port in use":   {[]string{"FTPBRIDGE_LISTEN=127.0.0.1:0,:" + port}, []string{"FTPBRIDGE_LISTEN: :" + port + " is in use; "}},
		"not our address":       {[]string{"FTPBRIDGE_LISTEN=192.0.2.1:2121"}, []string{"FTPBRIDGE_LISTEN: 192.0.2.1:2121 is not an address of this machine; "}},
		"two addresses in use":  {[]string{"FTPBRIDGE_LISTEN=:" + port + ",127.0.0.1:" + port}, []string{"FTPBRIDGE_LISTEN: :", "FTPBRIDGE_LISTEN: 127.0.0.1:"}},
		"passive port in use":   {[]string{"FTPBRIDGE_PASSIVE_PORTS=" + port}, []string{"FTPBRIDGE_PASSIVE_PORTS: :" + port + " is in use; "}},
		"unknown kind of store": {[]string{"FTPBRIDGE_STORE=nfs://server/export"}, []string{"FTPBRIDGE_STORE: "}},
		"store not built yet":   {[]string{"FTPBRIDGE_STORE=gs://bucket"}, []string{"FTPBRIDGE_STORE: stores of kind \"gs\" are not available yet"}},
		"malformed store":       {[]string{"FTPBRIDGE_STORE=s3:bucket"}, []string{"FTPBRIDGE_STORE: "}},
		"store is a file":       {[]string{"FTPBRIDGE_STORE=file:" + aFile}, []string{"FTPBRIDGE_STORE: "}},
		"several faults of the store": {
			[]string{"FTPBRIDGE_STORE=s3://B?frobnicate=1"}, []string{"FTPBRIDGE_STORE: bucket", "FTPBRIDGE_STORE: unknown parameter frobnicate"},
		},
		"not a password hash": {
			[]string{"FTPBRIDGE_PASSWORD=", "FTPBRIDGE_PASSWORD_HASH=hunter2"}, []string{"FTPBRIDGE_PASSWORD_HASH: not a password hash"},
		},
		"several variables": {
			[]string{"FTPBRIDGE_PART_SIZE=x", "FTPBRIDGE_USERNAME=", "FTPBRIDGE_NONSENSE=1"},
			[]string{"FTPBRIDGE_NONSENSE: ", "FTPBRIDGE_PART_SIZE: ", "FTPBRIDGE_USERNAME: "},
		},
		"too little memory for the store": {
			[]string{"FTPBRIDGE_STORE=s3://bucket?region=us-east-1", "FTPBRIDGE_TRANSFER_MEMORY=8MiB", "FTPBRIDGE_PART_SIZE=1MiB"},
			[]string{"FTPBRIDGE_TRANSFER_MEMORY: too little for the parts of this store; raise it to at least 20MiB"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			code, stdout, stderr := command(t, fileStore(dir, tt.environ...))
			if code != 2 || stdout != "" {
				t.Errorf("exit code %d, stdout %q; want 2 and nothing", code, stdout)
			}
			lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
			if len(lines) != len(tt.want) {
				t.Fatalf("stderr has %d lines, want %d:\n%s", len(lines), len(tt.want), stderr)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("line %q, want it to begin with %q", lines[i], want)
				}
			}
			if strings.Contains(stderr, "hunter2") {
				t.Errorf("stderr shows a secret: %s", stderr)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("the directory of the store was made")
			}
		})
	}
}

func demoConfig(t *testing.T) config.Config {
	t.Helper()
	cfg, err := config.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Store = "file:" + filepath.Join(t.TempDir(), "ftpbridge-data")
	cfg.Listen = config.Addresses{"127.0.0.1:0"}
	return cfg
}

func TestDemoPrintsItsCredentials(t *testing.T) {
	cfg := demoConfig(t)
	var stdout strings.Builder
	s := startServing(t, 1, func(ctx context.Context, stderr io.Writer) int {
		if err := serveConfig(ctx, cfg, &stdout, stderr); err != nil {
			return exitFailure
		}
		return exitOK
	})
	if got := login(t, s.addrs[0], "demo", cfg.Password.Reveal()); got != "230" {
		t.Errorf("login: %s", got)
	}
	s.stop()
	if code := <-s.ended; code != 0 {
		t.Fatalf("exit code %d", code)
	}
	url := fmt.Sprintf("ftp://demo:%s@%s/", cfg.Password.Reveal(), s.addrs[0])
	for _, want := range []string{"curl -T - " + url, "curl " + url + "\n", "curl " + url + "hello.txt\n", "password  " + cfg.Password.Reveal()} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the demo does not print %q:\n%s", want, stdout.String())
		}
	}
}

// TestServeChecksTheStore: what the configuration is to blame for is exit code
// 2, what may pass is 1.
func TestServeChecksTheStore(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
	tests := map[string]struct {
		status  int
		s3Error string
		code    int
	}{
		"no bucket":           {http.StatusNotFound, "NoSuchBucket", 2},
		"refused credentials": {http.StatusForbidden, "SignatureDoesNotMatch", 2},
		"no permission":       {http.StatusForbidden, "AccessDenied", 2},
		"not there":           {http.StatusServiceUnavailable, "ServiceUnavailable", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			answer := func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", tt.s3Error)
			}
			s3 := httptest.NewServer(http.HandlerFunc(answer))
			defer s3.Close()
			code, stdout, stderr := command(t, fileStore("", "FTPBRIDGE_STORE=s3://bucket?region=us-east-1&path_style=true&endpoint="+s3.URL))
			if code != tt.code || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "FTPBRIDGE_STORE: ") {
				t.Errorf("exit code %d, stdout %q, stderr %q; want %d, nothing and one line", code, stdout, stderr, tt.code)
			}
		})
	}
}
