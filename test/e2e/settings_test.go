//go:build integration

package e2e_test

import "testing"

// TestRenameMax: a directory of more files than that stays, whole.
func TestRenameMax(t *testing.T) {
	bucket := stores["minio"](t)
	env := bridgeEnv(bucket)
	env["FTPBRIDGE_RENAME_MAX"] = "2"
	p := start(t, env)
	bucket.putAll(t, "two", numbered(2))
	bucket.putAll(t, "three", numbered(3))
	s := dial(t, p.addr(t, "4"))
	s.command(t, "RNFR three", "350")
	s.command(t, "RNTO moved", "550")
	s.command(t, "CWD three", "250")
	s.command(t, "CDUP", "2")
	s.command(t, "RNFR two", "350")
	s.command(t, "RNTO moved", "250")
}

// TestKeepDirs: whether a directory stays when its last file is deleted.
func TestKeepDirs(t *testing.T) {
	bucket := stores["minio"](t)
	for keep, want := range map[string]string{"true": "250", "false": "550"} {
		bucket.putAll(t, keep, numbered(1))
		env := bridgeEnv(bucket)
		env["FTPBRIDGE_USER_KEEP_DIRS"] = keep
		p := start(t, env)
		s := dial(t, p.addr(t, "4"))
		s.command(t, "DELE "+keep+"/"+numbered(1)[0], "250")
		s.command(t, "CWD "+keep, want)
	}
}
