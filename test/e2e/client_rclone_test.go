//go:build integration

package e2e_test

import (
	"fmt"
	"strings"
	"testing"
)

// rclone has a remote of the kind ftp.
func rclone() client {
	return client{
		jobs: jobs{
			upload: func(t *testing.T, l login, local, remote string) {
				runRclone(t, l, "copyto", local, "bridge:"+remote)
			},
			download: func(t *testing.T, l login, remote, local string) {
				runRclone(t, l, "copyto", "bridge:"+remote, local)
			},
			list: func(t *testing.T, l login, dir string) []string {
				return lines(runRclone(t, l, "lsf", "bridge:"+dir))
			},
			rename: func(t *testing.T, l login, from, to string) {
				runRclone(t, l, "moveto", "bridge:"+from, "bridge:"+to)
			},
			remove: func(t *testing.T, l login, name string) {
				runRclone(t, l, "deletefile", "bridge:"+name)
			},
			uploadTree: func(t *testing.T, l login, local, remote string) {
				runRclone(t, l, "copy", local, "bridge:"+remote)
			},
			downloadTree: func(t *testing.T, l login, remote, local string) {
				runRclone(t, l, "copy", "bridge:"+remote, local)
			},
		},
		modes: []dataMode{passive},
	}
}

func runRclone(t *testing.T, l login, command ...string) string {
	t.Helper()
	host, port := l.hostPort(t)
	if strings.Contains(host, ":") {
		host = "[" + host + "]" // it joins host and port by itself
	}
	password := strings.TrimSpace(run(t, "rclone", "obscure", l.password))
	var settings []string
	if s := l.tls; s.kind != "" {
		settings = []string{
			"SSL_CERT_FILE=" + s.caFile, "SSL_CERT_DIR=" + t.TempDir(),
			fmt.Sprintf("RCLONE_FTP_TLS=%t", s.kind == "implicit"),
			fmt.Sprintf("RCLONE_FTP_EXPLICIT_TLS=%t", s.kind == "explicit"),
			fmt.Sprintf("RCLONE_FTP_DISABLE_TLS13=%t", s.version == "1.2"),
		}
	}
	return program{
		name: "rclone",
		args: append([]string{"--config=", "--retries=1"}, command...),
		env: append(settings,
			"RCLONE_CONFIG_BRIDGE_TYPE=ftp", "RCLONE_CONFIG_BRIDGE_HOST="+host, "RCLONE_CONFIG_BRIDGE_PORT="+port,
			"RCLONE_CONFIG_BRIDGE_USER="+l.user, "RCLONE_CONFIG_BRIDGE_PASS="+password),
	}.run(t)
}
