//go:build integration

package e2e_test

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"ftpbridge/test/servers"
)

// clientTimeout bounds one job of a client program.
const clientTimeout = 3 * time.Minute

// clients are the programs that must work, each at its own defaults.
var clients = map[string]client{
	"aria2":         aria2(),
	"basic-ftp":     basicFTP(),
	"busybox":       busybox(),
	"curl":          curl(),
	"ftplib":        ftplib(),
	"goftp":         goftp(),
	"inetutils-ftp": inetutilsFTP(),
	"jlaffaye":      jlaffaye(),
	"lftp":          lftp(),
	"ncftp":         ncftp(),
	"net-ftp":       netFTP(),
	"php":           php(),
	"rclone":        rclone(),
	"tnftp":         tnftp(),
	"wget":          wget(),
	"wput":          wput(),
	"yafc":          yafc(),
}

// client is one FTP program. Every job is a run of its own, as in a script.
type client struct {
	jobs
	modes []dataMode // the program's own choice first
	// cannot tells why the program does not do a job (a field of jobs, by its
	// words), work over "IPv6", or handle an odd name.
	cannot map[string]string
}

// jobs are nil where cannot says why. Remote names are relative to the root.
type jobs struct {
	upload   func(t *testing.T, l login, local, remote string)
	download func(t *testing.T, l login, remote, local string)
	list     func(t *testing.T, l login, dir string) []string
	rename   func(t *testing.T, l login, from, to string)
	remove   func(t *testing.T, l login, name string)
	// Both names of a tree have the same last element, for many programs
	// take the one from the other.
	uploadTree   func(t *testing.T, l login, local, remote string)
	downloadTree func(t *testing.T, l login, remote, local string)
}

// dataMode says who opens data connections.
type dataMode string

const (
	passive dataMode = "passive" // PASV, EPSV
	active  dataMode = "active"  // PORT, EPRT
)

// login is where and as whom a client logs in.
type login struct {
	addr           string // host:port
	user, password string
	mode           dataMode
	tls            protection
	refused        bool // the server is expected to refuse the job: the program may fail
}

// protection is how a client protects a session; not at all if it is zero.
type protection struct {
	kind    string // explicit (AUTH TLS) or implicit
	version string // the only version of TLS that the client may use: 1.2 or 1.3
	caFile  string // the only authority that the client trusts
}

func (l login) hostPort(t *testing.T) (host, port string) {
	t.Helper()
	host, port, err := net.SplitHostPort(l.addr)
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

// url of a file or, with a final slash, of a directory.
func (l login) url(remote string) string {
	segments := strings.Split(remote, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	scheme := "ftp"
	if l.tls.kind == "implicit" {
		scheme = "ftps"
	}
	return scheme + "://" + l.addr + "/" + strings.Join(segments, "/")
}

// urlWithUser is for programs that take the credentials in the URL.
func (l login) urlWithUser(remote string) string {
	user := url.UserPassword(l.user, l.password).String()
	return strings.Replace(l.url(remote), "://", "://"+user+"@", 1)
}

// program is one run of a client program.
type program struct {
	name  string
	args  []string
	input string   // its commands
	dir   string   // where it runs; default: an empty directory
	env   []string // besides what every program gets
	// mayFail is for jobs that the server refuses, which not every program tells.
	mayFail bool
}

// run executes it, with no settings but its own, and returns what it printed.
func (p program) run(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), clientTimeout)
	defer cancel()
	path, err := exec.LookPath(p.name)
	if err != nil {
		path = servers.ToolPath(t, p.name)
	}
	home := t.TempDir()
	cmd := exec.CommandContext(ctx, path, p.args...)
	cmd.Dir = p.dir
	if cmd.Dir == "" {
		cmd.Dir = home
	}
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LC_ALL=C.UTF-8"}, p.env...)
	cmd.Stdin = strings.NewReader(p.input)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	// Some programs fail and succeed all the same: what they said tells why.
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s:\n%s%s", p.name, stdout.String(), stderr.String())
		}
	})
	if err := cmd.Run(); err != nil && (!p.mayFail || ctx.Err() != nil) {
		t.Fatalf("%s: %v", p.name, err)
	}
	return stdout.String()
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	return program{name: name, args: args}.run(t)
}

func lines(out string) []string {
	return strings.FieldsFunc(out, func(r rune) bool { return r == '\n' || r == '\r' })
}
