//go:build integration

package e2e_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// These programs take URLs and move files one way.

func wget() client {
	return client{
		jobs: jobs{
			download: func(t *testing.T, l login, remote, local string) {
				runWget(t, l, remote, "--output-document="+local)
			},
			list: func(t *testing.T, l login, dir string) []string {
				to := t.TempDir()
				runWget(t, l, dir+"/", "--no-remove-listing", "--directory-prefix="+to)
				content, err := os.ReadFile(filepath.Join(to, ".listing"))
				if err != nil {
					t.Fatal(err)
				}
				var names []string
				for _, line := range lines(string(content)) {
					names = append(names, unixLine.ReplaceAllString(line, ""))
				}
				return names
			},
			downloadTree: func(t *testing.T, l login, remote, local string) {
				above := strings.Count(remote, "/")
				runWget(t, l, remote+"/", "--recursive", "--no-host-directories", fmt.Sprintf("--cut-dirs=%d", above),
					"--directory-prefix="+filepath.Dir(local))
			},
		},
		modes: []dataMode{passive},
		cannot: map[string]string{
			"upload":      "it only fetches",
			"upload tree": "it only fetches",
			"rename":      "it only fetches",
			"remove":      "it only fetches",
		},
	}
}

func runWget(t *testing.T, l login, remote string, more ...string) {
	t.Helper()
	args := []string{"--no-verbose", "--tries=2"}
	url := l.urlWithUser(remote)
	if s := l.tls; s.kind != "" {
		args = append(args, "--ca-certificate="+s.caFile, "--ciphers="+s.gnuTLSPriority(), "--ftps-resume-ssl")
		url = strings.Replace(url, "ftp://", "ftps://", 1) // it means either kind
	}
	if l.tls.kind == "implicit" {
		args = append(args, "--ftps-implicit")
	}
	run(t, "wget", append(append(args, more...), url)...)
}

// unixLine is a line of LIST up to the name.
var unixLine = regexp.MustCompile(`^\S+ +\d+ +\S+ +\S+ +\d+ +\S+ +\d+ +\S+ `)

// aria2 fetches one file over several connections, each a range of it.
func aria2() client {
	return client{
		jobs: jobs{
			download: func(t *testing.T, l login, remote, local string) {
				// It would wait a minute for a 226 that came together with the
				// 150, to use the connection again.
				run(t, "aria2c", "--no-conf", "--quiet", "--ftp-reuse-connection=false",
					"--max-connection-per-server=4", "--split=4", "--min-split-size=1M",
					"--dir="+filepath.Dir(local), "--out="+filepath.Base(local), l.urlWithUser(remote))
			},
		},
		modes: []dataMode{passive},
		cannot: map[string]string{
			"upload":        "it only fetches files",
			"list":          "it only fetches files",
			"rename":        "it only fetches files",
			"remove":        "it only fetches files",
			"upload tree":   "it only fetches files",
			"download tree": "it only fetches files",
		},
	}
}

func wput() client {
	return client{
		jobs: jobs{
			upload: func(t *testing.T, l login, local, remote string) {
				run(t, "wput", wputOptions(local, l.urlWithUser(remote))...)
			},
			uploadTree: func(t *testing.T, l login, local, remote string) {
				program{
					name: "wput", dir: filepath.Dir(local),
					args: wputOptions(filepath.Base(local), l.urlWithUser(path.Dir(remote)+"/")),
				}.run(t)
			},
		},
		modes: []dataMode{passive},
		cannot: map[string]string{
			"IPv6":          "it takes no IPv6 address",
			"download":      "it only uploads",
			"list":          "it only uploads",
			"rename":        "it only uploads",
			"remove":        "it only uploads",
			"download tree": "it only uploads",
		},
	}
}

// wputOptions keep wput from repeating what fails for ever, and from converting
// the line ends of names that end in .txt.
func wputOptions(more ...string) []string { return append([]string{"--tries=2", "--binary"}, more...) }
