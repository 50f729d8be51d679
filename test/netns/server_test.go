//go:build integration

package netns_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const controlPort = 2121

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "ftpbridge-netns-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "ftpbridge")
	build := exec.Command("go", "build", "-race", "-o", binary, "ftpbridge/cmd/ftpbridge")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build ftpbridge:", err)
		return 1
	}
	return m.Run()
}

// server is the program in the server's namespace.
type server struct {
	cmd     *exec.Cmd
	records chan record // of its log; closed at its end
	log     strings.Builder
}

// record is a line of the log.
type record struct {
	Event    string
	ClientIP string `json:"client_ip"`
}

// serve starts the program on a new directory and waits until it listens. It
// ends with the test.
func (n *network) serve(t *testing.T, environ ...string) *server {
	t.Helper()
	s := &server{records: make(chan record, 100)}
	s.cmd = exec.Command("ip", "netns", "exec", n.server, binary) // which becomes the program
	s.cmd.Env = append(os.Environ(),
		"FTPBRIDGE_STORE=file:"+t.TempDir(),
		fmt.Sprintf("FTPBRIDGE_LISTEN=%s:%d", serverAddr, controlPort),
		"FTPBRIDGE_PASSIVE_PORTS=50000-50009",
		"FTPBRIDGE_USERNAME=scanner",
		"FTPBRIDGE_PASSWORD=hunter2",
		"FTPBRIDGE_LOG_FORMAT=json",
	)
	s.cmd.Env = append(s.cmd.Env, environ...)
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go s.read(stderr)
	t.Cleanup(func() { s.stop(t) })
	s.await(t, "listening")
	return s
}

func (s *server) read(stderr io.Reader) {
	defer close(s.records)
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		s.log.WriteString(lines.Text() + "\n")
		var r record
		if json.Unmarshal(lines.Bytes(), &r) == nil {
			s.records <- r
		}
	}
}

// await waits for an event in the log.
func (s *server) await(t *testing.T, event string) {
	t.Helper()
	for s.next(t).Event != event {
	}
}

// next waits for the next record.
func (s *server) next(t *testing.T) record {
	t.Helper()
	r, ok := <-s.records
	if !ok {
		t.Fatalf("the server has ended:\n%s", s.log.String())
	}
	return r
}

func (s *server) stop(t *testing.T) {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	for range s.records { // to the end of the log
	}
	if err := s.cmd.Wait(); err != nil || t.Failed() {
		t.Errorf("the server ended with %v:\n%s", err, s.log.String())
	}
}
