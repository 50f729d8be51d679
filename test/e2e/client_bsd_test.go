//go:build integration

package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tnftp is the ftp of NetBSD, macOS and Debian.
func tnftp() client { return bsdClient("tnftp", passive) }

// inetutilsFTP is the ftp of GNU.
func inetutilsFTP() client { return bsdClient("inetutils-ftp", active) }

// ftpSSL is the ftp of Linux NetKit with TLS. It tries to protect every session,
// so that it is of use only where there is TLS.
func ftpSSL() client { return bsdClient("ftp-ssl", active) }

// bsdClient is a descendant of the ftp of 4.2BSD, which reads commands. Whether
// they succeed shows in what they leave behind only.
func bsdClient(name string, mode dataMode) client {
	ftp := func(t *testing.T, l login, words ...string) {
		t.Helper()
		host, port := l.hostPort(t)
		args, env := []string{"-n", "-i", "-v"}, []string(nil)
		if s := l.tls; s.kind != "" {
			args = append(args, "-z", "secure", "-z", "verify=1", "-z", "cacert="+s.caFile)
			env = s.openSSLEnv(t)
		}
		program{
			name:  name,
			args:  append(args, host, port),
			env:   env,
			input: commandLines([]command{{"user", l.user, l.password}, {"binary"}, words, {"quit"}}),
		}.run(t)
	}
	return client{
		jobs: jobs{
			upload: func(t *testing.T, l login, local, remote string) { ftp(t, l, "put", local, remote) },
			download: func(t *testing.T, l login, remote, local string) {
				ftp(t, l, "get", remote, local)
			},
			list: func(t *testing.T, l login, dir string) []string {
				names := filepath.Join(t.TempDir(), "names")
				ftp(t, l, "nlist", dir, names)
				content, err := os.ReadFile(names)
				if err != nil {
					t.Fatal(err)
				}
				return lines(string(content))
			},
			rename: func(t *testing.T, l login, from, to string) { ftp(t, l, "rename", from, to) },
			remove: func(t *testing.T, l login, name string) { ftp(t, l, "delete", name) },
		},
		modes: []dataMode{mode},
		cannot: map[string]string{
			"upload tree":   "it has no recursion",
			"download tree": "it has no recursion",
		},
	}
}

// command is a line of words for a program that reads commands.
type command []string

// commandLines escapes every character that is not surely plain: within quotes
// these programs know no escapes.
func commandLines(commands []command) string {
	var text strings.Builder
	for _, words := range commands {
		for i, word := range words {
			if i > 0 {
				text.WriteByte(' ')
			}
			for _, r := range word {
				if strings.ContainsRune(" \t\\\"'`!#$%&()*+,;<=>?[]^{|}~", r) {
					text.WriteByte('\\')
				}
				text.WriteRune(r)
			}
		}
		text.WriteByte('\n')
	}
	return text.String()
}
