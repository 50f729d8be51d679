//go:build integration

package e2e_test

import (
	"fmt"
	"strings"
	"testing"
)

func lftp() client {
	return client{
		jobs: jobs{
			upload: func(t *testing.T, l login, local, remote string) {
				runLFTP(t, l, "put %s -o %s", local, remote)
			},
			download: func(t *testing.T, l login, remote, local string) {
				runLFTP(t, l, "get %s -o %s", remote, local)
			},
			list: func(t *testing.T, l login, dir string) []string {
				return lines(runLFTP(t, l, "cls -1 %s", dir))
			},
			rename: func(t *testing.T, l login, from, to string) {
				runLFTP(t, l, "mv %s %s", from, to)
			},
			remove: func(t *testing.T, l login, name string) {
				runLFTP(t, l, "rm %s", name)
			},
			uploadTree: func(t *testing.T, l login, local, remote string) {
				runLFTP(t, l, "mirror --reverse %s %s", local, remote)
			},
			downloadTree: func(t *testing.T, l login, remote, local string) {
				runLFTP(t, l, "mirror %s %s", remote, local)
			},
		},
		modes: []dataMode{passive},
	}
}

// runLFTP executes a command with names. Without a limit lftp would repeat what
// fails for ever.
func runLFTP(t *testing.T, l login, format string, names ...string) string {
	t.Helper()
	host, port := l.hostPort(t)
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	quoted := make([]any, len(names))
	for i, name := range names {
		quoted[i] = `"` + quote.Replace(name) + `"`
	}
	var settings string
	if s := l.tls; s.kind != "" {
		settings = fmt.Sprintf(`set ftp:ssl-force true; set ftp:ssl-protect-data true; set ssl:ca-file "%s"; set ssl:priority %s; `,
			s.caFile, s.gnuTLSPriority())
	}
	if l.tls.kind == "implicit" {
		host = "ftps://" + host
	}
	command := fmt.Sprintf(`set net:max-retries 2; %sopen -u "%s","%s" -p %s %s && `, settings, l.user, l.password, port, host)
	return run(t, "lftp", "-c", command+fmt.Sprintf(format, quoted...))
}
