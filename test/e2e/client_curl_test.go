//go:build integration

package e2e_test

import "testing"

func curl() client {
	return client{
		jobs: jobs{
			upload: func(t *testing.T, l login, local, remote string) {
				runCurl(t, l, "--ftp-create-dirs", "--upload-file", local, l.url(remote))
			},
			download: func(t *testing.T, l login, remote, local string) {
				runCurl(t, l, "--output", local, l.url(remote))
			},
			list: func(t *testing.T, l login, dir string) []string {
				return lines(runCurl(t, l, "--list-only", l.url(dir+"/")))
			},
			rename: func(t *testing.T, l login, from, to string) {
				quoteByCurl(t, l, "RNFR "+from, "RNTO "+to)
			},
			remove: func(t *testing.T, l login, name string) {
				quoteByCurl(t, l, "DELE "+name)
			},
		},
		modes: []dataMode{passive, active},
		cannot: map[string]string{
			"upload tree":   "it has no recursion",
			"download tree": "it has no recursion",
		},
	}
}

func runCurl(t *testing.T, l login, more ...string) string {
	t.Helper()
	args := []string{"--silent", "--show-error", "--user", l.user + ":" + l.password}
	if l.mode == active {
		args = append(args, "--ftp-port", "-")
	}
	if s := l.tls; s.kind != "" {
		args = append(args, "--ssl-reqd", "--tlsv"+s.version, "--tls-max", s.version, "--cacert", s.caFile)
	}
	return program{name: "curl", args: append(args, more...), mayFail: l.refused}.run(t)
}

// quoteByCurl sends commands that curl has no option for.
func quoteByCurl(t *testing.T, l login, commands ...string) {
	t.Helper()
	args := []string{"--list-only", "--output", "/dev/null"}
	for _, command := range commands {
		args = append(args, "--quote", command)
	}
	runCurl(t, l, append(args, l.url(""))...)
}
