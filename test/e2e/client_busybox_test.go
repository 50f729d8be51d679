//go:build integration

package e2e_test

import "testing"

// busybox is what cameras and routers have: ftpput and ftpget.
func busybox() client {
	return client{
		jobs: jobs{
			upload: func(t *testing.T, l login, local, remote string) {
				runBusyBox(t, l, "ftpput", remote, local)
			},
			download: func(t *testing.T, l login, remote, local string) {
				runBusyBox(t, l, "ftpget", local, remote)
			},
		},
		modes: []dataMode{passive},
		cannot: map[string]string{
			"list":          "it has ftpput and ftpget only",
			"rename":        "it has ftpput and ftpget only",
			"remove":        "it has ftpput and ftpget only",
			"upload tree":   "it has ftpput and ftpget only",
			"download tree": "it has ftpput and ftpget only",
		},
	}
}

func runBusyBox(t *testing.T, l login, applet, to, from string) {
	t.Helper()
	host, port := l.hostPort(t)
	run(t, "busybox", applet, "-u", l.user, "-p", l.password, "-P", port, host, to, from)
}
