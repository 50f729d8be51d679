//go:build integration

package e2e_test

import (
	"path/filepath"
	"slices"
	"testing"
)

// script is a client of test/clients. They share one command line.
type script struct {
	program string
	file    string // what an interpreter runs; in test/clients
	env     []string
}

func (s script) run(t *testing.T, l login, job string, names ...string) string {
	t.Helper()
	var args []string
	if s.file != "" {
		file, err := filepath.Abs(filepath.Join("..", "clients", s.file))
		if err != nil {
			t.Fatal(err)
		}
		args = []string{file}
	}
	host, port := l.hostPort(t)
	args = append(args, host, port, l.user, l.password, string(l.mode), job)
	env := slices.Clone(s.env)
	if p := l.tls; p.kind != "" {
		env = append(env, "FTPS="+p.kind, "FTPS_VERSION="+p.version, "FTPS_CA="+p.caFile)
		env = append(env, p.openSSLEnv(t)...) // PHP has no option for the version
	}
	return program{name: s.program, args: append(args, names...), env: env, mayFail: l.refused}.run(t)
}

// jobs are those that every script has.
func (s script) jobs() jobs {
	return jobs{
		upload:   s.twoNames("upload"),
		download: s.twoNames("download"),
		list: func(t *testing.T, l login, dir string) []string {
			t.Helper()
			return lines(s.run(t, l, "list", dir))
		},
		rename: s.twoNames("rename"),
		remove: func(t *testing.T, l login, name string) {
			t.Helper()
			s.run(t, l, "delete", name)
		},
	}
}

func (s script) twoNames(job string) func(t *testing.T, l login, first, second string) {
	return func(t *testing.T, l login, first, second string) {
		t.Helper()
		s.run(t, l, job, first, second)
	}
}

// noTrees is the row of libraries that leave recursion to their users.
var noTrees = map[string]string{
	"upload tree":   "the library has no recursion",
	"download tree": "the library has no recursion",
}

// ftplib is in Python's standard library.
func ftplib() client {
	s := script{program: "python3", file: "python_ftplib.py"}
	return client{jobs: s.jobs(), modes: []dataMode{passive, active}, cannot: noTrees}
}

// ftplibExtended is ftplib with what its users add to it: implicit TLS, and
// resumption of the TLS session on data connections.
func ftplibExtended() client {
	s := script{program: "python3", file: "python_ftplib.py", env: []string{"FTPS_EXTENDED=true"}}
	return client{jobs: s.jobs(), modes: []dataMode{passive, active}, cannot: noTrees}
}

// netFTP is Perl's.
func netFTP() client {
	s := script{program: "perl", file: "net_ftp.pl"}
	return client{jobs: s.jobs(), modes: []dataMode{active, passive}, cannot: noTrees}
}

func php() client {
	s := script{program: "php", file: "ftp.php"}
	return client{jobs: s.jobs(), modes: []dataMode{active, passive}, cannot: noTrees}
}

// goftp is the Go library github.com/secsy/goftp.
func goftp() client {
	s := script{program: "goftp"}
	return client{jobs: s.jobs(), modes: []dataMode{passive}, cannot: noTrees}
}

// jlaffaye is the Go library github.com/jlaffaye/ftp.
func jlaffaye() client {
	s := script{program: "jlaffaye"}
	c := client{jobs: s.jobs(), modes: []dataMode{passive}}
	c.downloadTree = s.twoNames("download-tree")
	c.cannot = map[string]string{"upload tree": "the library walks remote directories only"}
	return c
}

// basicFTP is the npm package basic-ftp.
func basicFTP() client {
	s := script{program: "basic-ftp"}
	c := client{jobs: s.jobs(), modes: []dataMode{passive}}
	c.uploadTree = s.twoNames("upload-tree")
	c.downloadTree = s.twoNames("download-tree")
	return c
}
