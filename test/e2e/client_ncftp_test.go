//go:build integration

package e2e_test

import (
	"fmt"
	"path"
	"path/filepath"
	"testing"
)

// ncftp is a family of programs.
func ncftp() client {
	return client{
		jobs: jobs{
			upload: func(t *testing.T, l login, local, remote string) {
				runNcFTP(t, l, "ncftpput", "", "-C", ncftpHost(t, l), local, remote)
			},
			download: func(t *testing.T, l login, remote, local string) {
				runNcFTP(t, l, "ncftpget", "", "-C", ncftpHost(t, l), remote, local)
			},
			list: func(t *testing.T, l login, dir string) []string {
				return lines(runNcFTP(t, l, "ncftpls", "", "-1", login{addr: ncftpHost(t, l)}.url(dir+"/")))
			},
			rename: func(t *testing.T, l login, from, to string) {
				runNcFTP(t, l, "ncftp", fmt.Sprintf("rename %q %q\nquit\n", from, to), ncftpHost(t, l))
			},
			remove: func(t *testing.T, l login, name string) {
				runNcFTP(t, l, "ncftp", fmt.Sprintf("rm %q\nquit\n", name), ncftpHost(t, l))
			},
			uploadTree: func(t *testing.T, l login, local, remote string) {
				runNcFTP(t, l, "ncftpput", "", "-R", "-m", ncftpHost(t, l), path.Dir(remote), local)
			},
			downloadTree: func(t *testing.T, l login, remote, local string) {
				runNcFTP(t, l, "ncftpget", "", "-R", ncftpHost(t, l), filepath.Dir(local), remote)
			},
		},
		modes:  []dataMode{passive},
		cannot: map[string]string{"IPv6": "it takes no IPv6 address"},
	}
}

func ncftpHost(t *testing.T, l login) string {
	t.Helper()
	host, _ := l.hostPort(t)
	return host
}

func runNcFTP(t *testing.T, l login, name, input string, args ...string) string {
	t.Helper()
	_, port := l.hostPort(t)
	args = append([]string{"-u", l.user, "-p", l.password, "-P", port}, args...)
	return program{name: name, args: args, input: input}.run(t)
}
