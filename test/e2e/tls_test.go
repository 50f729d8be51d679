//go:build integration

package e2e_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ftpbridge/test/servers"
)

// tlsClients are the programs of the matrix over TLS.
var tlsClients = map[string]tlsClient{
	"basic-ftp": {client: basicFTP()},
	"curl": {client: curl(), refused: []refusal{
		{version: "1.2", reuse: "required", logged: notResumed, why: "it asks for no tickets, and by session ID nothing is resumed"},
	}},
	"ftp-ssl": {client: ftpSSL(), noImplicit: "it knows AUTH only", refused: []refusal{
		{version: "1.3", reuse: "required", logged: "connection reset", why: "it leaves a ticket unread when it closes the connection"},
		{eof: "strict", logged: "without close_notify", why: "it sends none"},
	}},
	"ftplib": {client: ftplib(), noImplicit: "the library knows AUTH only", refused: []refusal{
		{reuse: "required", logged: notResumed, why: "the library gives data connections no session"},
	}},
	"ftplib-extended": {client: ftplibExtended()},
	"goftp":           {client: goftp()},
	"jlaffaye":        {client: jlaffaye()},
	"lftp":            {client: lftp()},
	"php":             {client: php(), noImplicit: "the extension knows AUTH only"},
	"rclone":          {client: rclone()},
	"wget":            {client: wget()},
}

// noTLS tells why the other programs of the matrix are not in it.
var noTLS = map[string]string{
	"aria2":         "it has no FTP over TLS",
	"busybox":       "it has no FTP over TLS",
	"inetutils-ftp": "it has no TLS",
	"ncftp":         "Debian's is built without TLS",
	"net-ftp":       "its TLS is another package, IO::Socket::SSL",
	"tnftp":         "its TLS is for https only",
	"wput":          "it has options neither for the version of TLS nor for the authority",
	"yafc":          "its only protection is Kerberos",
}

// tlsClient is a program and what it does otherwise than others over TLS.
type tlsClient struct {
	client
	noImplicit string    // why it does not speak implicit TLS
	refused    []refusal // the first that fits counts
}

// refusal is of uploads. It fits every value of what is empty.
type refusal struct {
	version, reuse, eof string
	why                 string
	logged              string // part of the reason in the log
}

const notResumed = "did not resume a TLS session of its control connection"

// refusal of the client's uploads to a bridge; zero if they succeed.
func (c tlsClient) refusal(version string, bridge bridgeTLS) refusal {
	fits := func(condition, value string) bool { return condition == "" || condition == value }
	for _, r := range c.refused {
		if fits(r.version, version) && fits(r.reuse, bridge.reuse) && fits(r.eof, bridge.eof) {
			return r
		}
	}
	return refusal{}
}

// bridgeTLS is how a bridge under test is configured.
type bridgeTLS struct{ reuse, eof string }

// concerns tells whether the client's uploads depend on TLS_EOF or this is its
// default.
func (b bridgeTLS) concerns(c tlsClient) bool {
	return b.eof == "strict" || slices.ContainsFunc(c.refused, func(r refusal) bool { return r.eof != "" })
}

func TestTLSClientRows(t *testing.T) {
	for name := range clients {
		if _, has := tlsClients[name]; has == (noTLS[name] != "") {
			t.Errorf("%s has TLS: %t, reason why not: %q", name, has, noTLS[name])
		}
	}
}

// TestTLSClients has the clients transfer and list over each kind and version of
// TLS, where everything must be protected. All but PHP, which verifies nothing,
// trust only the bridge's certificate. The client of the second store is there for
// the store's sake.
func TestTLSClients(t *testing.T) {
	some := map[string]map[string]tlsClient{
		"minio":     tlsClients,
		"versitygw": {"curl": tlsClients["curl"]},
	}
	for storeName, clients := range some {
		t.Run(storeName, func(t *testing.T) {
			bucket := stores[storeName](t)
			for _, bridge := range []bridgeTLS{{"optional", "strict"}, {"required", "strict"}, {"optional", "lenient"}, {"required", "lenient"}} {
				if !slices.ContainsFunc(slices.Collect(maps.Values(clients)), bridge.concerns) {
					continue
				}
				t.Run("reuse-"+bridge.reuse+"-eof-"+bridge.eof, func(t *testing.T) { testTLSClients(t, clients, bucket, bridge) })
			}
		})
	}
}

func testTLSClients(t *testing.T, clients map[string]tlsClient, bucket *bucket, bridge bridgeTLS) {
	cert, key, _ := servers.Certificate(t)
	env := bridgeEnv(bucket)
	env["FTPBRIDGE_LISTEN"], env["FTPBRIDGE_IMPLICIT_TLS_LISTEN"] = "127.0.0.1:0", "127.0.0.1:0"
	env["FTPBRIDGE_TLS_MODE"], env["FTPBRIDGE_TLS_CERT"], env["FTPBRIDGE_TLS_KEY"] = "required", cert, key
	env["FTPBRIDGE_TLS_SESSION_REUSE"], env["FTPBRIDGE_TLS_EOF"] = bridge.reuse, bridge.eof
	p := start(t, env)
	addrs := map[string]string{"explicit": p.addrs[0], "implicit": p.addrs[1]}

	var asked []tlsCase
	t.Run("client", func(t *testing.T) {
		for name, c := range clients {
			if !bridge.concerns(c) {
				continue
			}
			for kind, addr := range addrs {
				if kind == "implicit" && c.noImplicit != "" {
					continue
				}
				for _, version := range []string{"1.2", "1.3"} {
					dir := strings.Join([]string{name, kind, version, bridge.reuse, bridge.eof}, "-")
					tt := tlsCase{client: c, dir: dir, refused: c.refusal(version, bridge), login: login{
						addr: addr, user: testUser, password: testPassword, mode: c.modes[0],
						tls: protection{kind: kind, version: version, caFile: cert},
					}}
					t.Run(dir, func(t *testing.T) {
						asked = append(asked, tt)
						t.Parallel()
						tt.test(t, bucket)
					})
				}
			}
		}
	})
	records := p.records(t)
	for _, tt := range asked {
		tt.checkLog(t, records)
	}
}

// tlsCase is one client over one kind of TLS, with a directory of its own.
type tlsCase struct {
	client  tlsClient
	dir     string
	login   login
	refused refusal
}

func (tt tlsCase) test(t *testing.T, bucket *bucket) {
	c, l := tt.client.client, tt.login
	if tt.refused.why != "" {
		l.refused = true
		local, remote := filepath.Join(t.TempDir(), "refused.bin"), tt.dir+"/refused.bin"
		randomFile(t, local, 1000)
		c.upload(t, l, local, remote)
		if bucket.has(t, remote) {
			t.Error("the refused upload is stored")
		}
		return
	}
	roundTrip(t, c, l, bucket, tt.dir+"/small.bin", 1000)
	roundTrip(t, c, l, bucket, tt.dir+"/parts.bin", partSize+1)
	testList(t, c, l, bucket, tt.dir+"/listed")
	if c.uploadTree != nil { // many transfers, each of which resumes
		testUploadTree(t, c, l, bucket, tt.dir+"/up/tree")
	}
	if c.downloadTree != nil {
		testDownloadTree(t, c, l, bucket, tt.dir+"/down/tree")
	}
}

// checkLog holds the log to what was expected of the client: under which version
// of TLS it transferred, or why it could not.
func (tt tlsCase) checkLog(t *testing.T, records []record) {
	t.Helper()
	transfers, outcome := 0, "ok"
	if tt.refused.why != "" {
		outcome = "aborted"
	}
	for _, r := range records {
		if !strings.HasPrefix(r.Path, "/"+tt.dir+"/") || (r.Event != "upload" && r.Event != "download") {
			continue
		}
		transfers++
		if want := "TLS " + tt.login.tls.version; r.TLSVersion != want {
			t.Errorf("%s: %s of %s over %s, want %s", tt.dir, r.Event, r.Path, r.TLSVersion, want)
		}
		if r.Outcome != outcome || !strings.Contains(r.Reason, tt.refused.logged) {
			t.Errorf("%s: %s of %s: %s (%s), want %s (%s)", tt.dir, r.Event, r.Path, r.Outcome, r.Reason, outcome, tt.refused.logged)
		}
	}
	if transfers == 0 {
		t.Errorf("%s: no transfer in the log", tt.dir)
	}
}

// gnuTLSPriority is for programs that use GnuTLS.
func (p protection) gnuTLSPriority() string { return "NORMAL:-VERS-ALL:+VERS-TLS" + p.version }

// openSSLEnv limits the versions of a program that uses OpenSSL and has no option
// for that.
func (p protection) openSSLEnv(t *testing.T) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "openssl.cnf")
	content := fmt.Sprintf("openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = versions\n"+
		"[versions]\nMinProtocol = TLSv%[1]s\nMaxProtocol = TLSv%[1]s\n", p.version)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"OPENSSL_CONF=" + file}
}
