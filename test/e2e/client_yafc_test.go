//go:build integration

package e2e_test

import (
	"os"
	"path"
	"path/filepath"
	"testing"
)

// yafc works in the current directories of both sides, since its options take
// no quoted names.
func yafc() client {
	return client{
		jobs: jobs{
			upload: func(t *testing.T, l login, local, remote string) {
				named := filepath.Join(t.TempDir(), path.Base(remote))
				if err := os.Symlink(local, named); err != nil {
					t.Fatal(err)
				}
				dir := path.Dir(remote)
				runYafc(t, l, command{"mkdir", dir}, command{"cd", dir}, command{"lcd", filepath.Dir(named)}, command{"put", path.Base(remote)})
			},
			download: func(t *testing.T, l login, remote, local string) {
				dir := t.TempDir()
				runYafc(t, l, command{"cd", path.Dir(remote)}, command{"lcd", dir}, command{"get", path.Base(remote)})
				if err := os.Rename(filepath.Join(dir, path.Base(remote)), local); err != nil {
					t.Fatal(err)
				}
			},
			list: func(t *testing.T, l login, dir string) []string {
				out := lines(runYafc(t, l, command{"cd", dir}, command{"nlist"}))
				if len(out) < 3 {
					t.Fatalf("it prints no more than %q", out)
				}
				return out[2 : len(out)-1] // without what it says of login and end
			},
			rename: func(t *testing.T, l login, from, to string) {
				runYafc(t, l, command{"mv", from, to})
			},
			remove: func(t *testing.T, l login, name string) {
				runYafc(t, l, command{"rm", name})
			},
			uploadTree: func(t *testing.T, l login, local, remote string) {
				dir := path.Dir(remote)
				runYafc(t, l, command{"mkdir", dir}, command{"cd", dir}, command{"lcd", filepath.Dir(local)}, command{"put", "-r", path.Base(local)})
			},
			downloadTree: func(t *testing.T, l login, remote, local string) {
				runYafc(t, l, command{"cd", path.Dir(remote)}, command{"lcd", filepath.Dir(local)}, command{"get", "-r", path.Base(remote)})
			},
		},
		modes:  []dataMode{passive},
		cannot: map[string]string{"-leading.txt": "it takes the name for an option"},
	}
}

func runYafc(t *testing.T, l login, commands ...command) string {
	t.Helper()
	return program{
		name:  "yafc",
		args:  []string{"--norc", "--quiet", l.urlWithUser("")},
		input: commandLines(append(commands, command{"quit"})),
	}.run(t)
}
