//go:build integration

// Package e2e_test runs the program as its users do: the binary, configured by
// its environment, in front of real stores, used by real clients.
package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startTimeout bounds the wait for the program to listen, and to end.
const startTimeout = 30 * time.Second

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "ftpbridge-e2e-")
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

// process is a running ftpbridge.
type process struct {
	cmd   *exec.Cmd
	addrs []string // where it listens: FTPBRIDGE_LISTEN, then FTPBRIDGE_IMPLICIT_TLS_LISTEN
	read  chan struct{}

	mu  sync.Mutex
	log strings.Builder
}

// start runs ftpbridge with these variables, and ends it with the test. It
// returns when the program listens on all addresses that they name.
func start(t *testing.T, env map[string]string) *process {
	t.Helper()
	p := &process{read: make(chan struct{})}
	p.cmd = exec.Command(binary)
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = environ(env)
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listening := make(chan string, 16)
	go p.readLog(stderr, listening)
	t.Cleanup(func() { p.stop(t) })

	deadline := time.After(startTimeout)
	addresses := strings.Split(env["FTPBRIDGE_LISTEN"], ",")
	if implicit := env["FTPBRIDGE_IMPLICIT_TLS_LISTEN"]; implicit != "" {
		addresses = append(addresses, strings.Split(implicit, ",")...)
	}
	for range addresses {
		select {
		case addr := <-listening:
			p.addrs = append(p.addrs, addr)
		case <-p.read:
			t.Fatalf("ftpbridge ended at its start:\n%s", p.logged())
		case <-deadline:
			t.Fatalf("ftpbridge does not listen:\n%s", p.logged())
		}
	}
	return p
}

// environ is a clean environment with these variables.
func environ(env map[string]string) []string {
	var list []string
	for _, name := range []string{"PATH", "HOME", "GOCOVERDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			list = append(list, name+"="+value)
		}
	}
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return list
}

func (p *process) readLog(stderr io.Reader, listening chan<- string) {
	defer close(p.read)
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		p.mu.Lock()
		p.log.WriteString(lines.Text() + "\n")
		p.mu.Unlock()
		var record struct{ Event, Addr string }
		if json.Unmarshal(lines.Bytes(), &record) == nil && record.Event == "listening" {
			listening <- record.Addr
		}
	}
}

func (p *process) logged() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// stop ends the program as an orchestrator does, and fails the test if it does
// not end well or the race detector found something.
func (p *process) stop(t *testing.T) {
	if p.cmd.ProcessState != nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.read:
	case <-time.After(startTimeout):
		t.Error("ftpbridge does not end after SIGTERM")
		_ = p.cmd.Process.Kill()
		<-p.read
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("ftpbridge ended with %v:\n%s", err, p.logged())
	}
	if t.Failed() {
		t.Logf("log of ftpbridge:\n%s", p.logged())
	}
}

// kill ends the program at once, with no chance to clean up.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.read
	_ = p.cmd.Wait() // it was killed: there is no other result
}

// addr is where the program listens for this IP version: "4" or "6".
func (p *process) addr(t *testing.T, version string) string {
	t.Helper()
	for _, addr := range p.addrs {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			t.Fatal(err)
		}
		if v4 := net.ParseIP(host).To4() != nil; v4 == (version == "4") {
			return addr
		}
	}
	t.Fatalf("no address of IPv%s among %v", version, p.addrs)
	return ""
}
