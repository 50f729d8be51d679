//go:build integration

package e2e_test

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// clientTimeout bounds one job of a client program.
const clientTimeout = 3 * time.Minute

// login is where and as whom a client logs in.
type login struct {
	addr           string // host:port
	user, password string
	active         bool // data connections by PORT and EPRT
}

// client is one FTP program. Every job is a run of its own, as in a script.
type client interface {
	upload(t *testing.T, l login, local, remote string)
	download(t *testing.T, l login, remote, local string)
	list(t *testing.T, l login, dir string) []string
	rename(t *testing.T, l login, from, to string)
	remove(t *testing.T, l login, name string)
}

// run executes a client program and returns what it printed.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := tryRun(t, name, args...)
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return out
}

func tryRun(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), clientTimeout)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err != nil {
		return stdout.String() + stderr.String(), err
	}
	return stdout.String(), nil
}

func lines(out string) []string {
	return strings.FieldsFunc(out, func(r rune) bool { return r == '\n' || r == '\r' })
}

type curl struct{}

func (curl) args(l login, more ...string) []string {
	args := []string{"--silent", "--show-error", "--user", l.user + ":" + l.password}
	if l.active {
		args = append(args, "--ftp-port", "-")
	}
	return append(args, more...)
}

func (curl) url(l login, remote string) string {
	segments := strings.Split(remote, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return "ftp://" + l.addr + "/" + strings.Join(segments, "/")
}

func (c curl) upload(t *testing.T, l login, local, remote string) {
	run(t, "curl", c.args(l, "--ftp-create-dirs", "--upload-file", local, c.url(l, remote))...)
}

func (c curl) download(t *testing.T, l login, remote, local string) {
	run(t, "curl", c.args(l, "--output", local, c.url(l, remote))...)
}

func (c curl) list(t *testing.T, l login, dir string) []string {
	return lines(run(t, "curl", c.args(l, "--list-only", c.url(l, dir)+"/")...))
}

func (c curl) rename(t *testing.T, l login, from, to string) {
	c.quote(t, l, "RNFR "+from, "RNTO "+to)
}

func (c curl) remove(t *testing.T, l login, name string) {
	c.quote(t, l, "DELE "+name)
}

func (c curl) quote(t *testing.T, l login, commands ...string) {
	args := c.args(l, "--list-only", "--output", "/dev/null")
	for _, command := range commands {
		args = append(args, "--quote", command)
	}
	run(t, "curl", append(args, c.url(l, ""))...)
}

type ftplib struct{}

func (ftplib) job(t *testing.T, l login, job string, names ...string) string {
	t.Helper()
	host, port, err := net.SplitHostPort(l.addr)
	if err != nil {
		t.Fatal(err)
	}
	mode := "passive"
	if l.active {
		mode = "active"
	}
	args := []string{"testdata/ftplib_client.py", host, port, l.user, l.password, mode, job}
	return run(t, "python3", append(args, names...)...)
}

func (c ftplib) upload(t *testing.T, l login, local, remote string) {
	c.job(t, l, "upload", local, remote)
}

func (c ftplib) download(t *testing.T, l login, remote, local string) {
	c.job(t, l, "download", remote, local)
}

func (c ftplib) list(t *testing.T, l login, dir string) []string {
	return lines(c.job(t, l, "list", dir))
}

func (c ftplib) rename(t *testing.T, l login, from, to string) { c.job(t, l, "rename", from, to) }

func (c ftplib) remove(t *testing.T, l login, name string) { c.job(t, l, "delete", name) }
