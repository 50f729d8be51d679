package servers

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

const (
	readyTimeout = 60 * time.Second // cold disks and busy machines included
	pollInterval = 20 * time.Millisecond
	// attempts: a port that was free can be taken before the server gets it.
	attempts = 3
)

// dirs are a server's directories.
type dirs struct{ data, certs, sidecar, home string }

type command struct{ args, env []string }

// start runs a binary of test/tools, with the command line that build makes
// for a listening address, until the test ends.
func start(t testing.TB, opts Options, binary string, build func(d dirs, addr string) command) *Server {
	t.Helper()
	path := ToolPath(t, binary)
	d := makeDirs(t)
	server := &Server{AccessKey: accessKey, SecretKey: secretKey, dataDir: d.data}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: readyTimeout}
	scheme := "http"
	if opts.TLS {
		scheme = "https"
		var config *tls.Config
		server.CAFile, config = makeCertificate(t, d.certs)
		client.Transport = &http.Transport{DisableKeepAlives: true, TLSClientConfig: config}
	}
	for attempt := 1; ; attempt++ {
		addr := freeAddr(t)
		server.Endpoint = scheme + "://" + addr
		p := run(t, path, build(d, addr), d.home)
		err := p.waitReady(client, server.Endpoint)
		if err == nil {
			t.Cleanup(p.stop)
			return server
		}
		p.stop()
		if attempt == attempts {
			log, _ := os.ReadFile(p.logFile)
			t.Fatalf("%s does not start: %v\n%s", binary, err, log)
		}
	}
}

// ToolPath is where the scripts of test/tools put a program. A missing one
// fails the test.
func ToolPath(t testing.TB, binary string) string {
	t.Helper()
	root := os.Getenv("TEST_TOOLS")
	if root == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			t.Fatal(err)
		}
		root = filepath.Join(home, ".cache", "ftpbridge-tools")
	}
	path := filepath.Join(root, "bin", binary)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is missing: run `make tools` (%v)", binary, err)
	}
	return path
}

func makeDirs(t testing.TB) dirs {
	t.Helper()
	root := t.TempDir()
	d := dirs{
		data:    filepath.Join(root, "data"),
		certs:   filepath.Join(root, "certs"),
		sidecar: filepath.Join(root, "sidecar"),
		home:    root,
	}
	for _, dir := range []string{d.data, d.certs, d.sidecar} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func hasUserXattrs(t testing.TB, dir string) bool {
	t.Helper()
	err := syscall.Setxattr(dir, "user.ftpbridge-test", []byte("1"), 0)
	if err != nil && !errors.Is(err, syscall.ENOTSUP) {
		t.Fatal(err)
	}
	return err == nil
}

// process is a running server.
type process struct {
	cmd     *exec.Cmd
	logFile string
	exited  chan struct{}
}

func run(t testing.TB, path string, c command, home string) *process {
	t.Helper()
	log, err := os.CreateTemp(home, "log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(path, c.args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home}, c.env...)
	cmd.Dir = home
	cmd.Stdout, cmd.Stderr = log, log
	// Should the test die without its cleanups, the server goes too. That is
	// tied to the thread that starts it, which must therefore stay.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p := &process{cmd: cmd, logFile: log.Name(), exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.exited)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // ends by our signal
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return p
}

func (p *process) stop() {
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.exited
}

// waitReady asks until the server refuses an anonymous request, which it
// does as soon as it has all that it needs to serve others.
func (p *process) waitReady(client *http.Client, endpoint string) error {
	deadline := time.NewTimer(readyTimeout)
	defer deadline.Stop()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	last := errors.New("no answer")
	for {
		select {
		case <-p.exited:
			return fmt.Errorf("it ended: %v", p.cmd.ProcessState)
		case <-deadline.C:
			return fmt.Errorf("not ready after %v: %w", readyTimeout, last)
		case <-ticker.C:
			response, err := client.Get(endpoint + "/")
			if err != nil {
				last = err
				continue
			}
			_ = response.Body.Close()
			if response.StatusCode == http.StatusForbidden {
				return nil
			}
			last = fmt.Errorf("status %s", response.Status)
		}
	}
}
