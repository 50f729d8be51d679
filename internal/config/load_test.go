package config_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ftpbridge/internal/config"
)

// sound is a configuration without problems.
func sound(more ...string) []string {
	return append([]string{
		"FTPBRIDGE_STORE=s3://bucket/prefix?region=eu-central-1",
		"FTPBRIDGE_USERNAME=scanner",
		"FTPBRIDGE_PASSWORD=pa55word",
	}, more...)
}

func load(t *testing.T, environ ...string) config.Config {
	t.Helper()
	c, err := config.Load(environ)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return c
}

// problems are the lines of Load's error; each must name a variable and a
// remedy, which follows the first ";" or is a question.
func problems(t *testing.T, environ ...string) []string {
	t.Helper()
	_, err := config.Load(environ)
	if err == nil {
		return nil
	}
	list, ok := errors.AsType[config.Problems](err)
	if !ok {
		t.Fatalf("Load: %v is not Problems", err)
	}
	for _, line := range list {
		if strings.Contains(line, "\n") || !strings.HasPrefix(line, config.Prefix) || !strings.Contains(line, "; ") {
			t.Errorf("problem %q is not one line of variable, fault and remedy", line)
		}
	}
	return list
}

func TestLoadDefaults(t *testing.T) {
	want := config.Config{
		Store:           "s3://bucket/prefix?region=eu-central-1",
		Listen:          config.Addresses{":2121"},
		PassivePorts:    config.PortRange{First: 50000, Last: 50029},
		ActiveMode:      true,
		TLSMode:         config.TLSOff,
		TLSMinVersion:   "1.2",
		TLSSessionReuse: config.ReuseOptional,
		TLSEOF:          config.EOFStrict,
		Username:        "scanner",
		Password:        config.NewSecret("pa55word"),
		TransferMemory:  256 << 20,
		PartSize:        8 << 20,
		PartConcurrency: 8,
		RenameMax:       10000,
		MaxSessions:     10000,
		LoginTimeout:    30 * time.Second,
		IdleTimeout:     5 * time.Minute,
		StallTimeout:    2 * time.Minute,
		DataTimeout:     30 * time.Second,
		TCPKeepalive:    30 * time.Second,
		Banner:          "ftpbridge ready",
		LogLevel:        slog.LevelInfo,
	}
	got := load(t, sound()...)
	if diff := cmp.Diff(want, got, equality()...); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
}

func TestLoadEmptyMeansDefault(t *testing.T) {
	var environ []string
	for _, v := range config.Variables(nil) {
		environ = append(environ, v.Name+"=")
	}
	want := load(t, sound()...)
	got := load(t, append(environ, sound()...)...)
	if diff := cmp.Diff(want, got, equality()...); diff != "" {
		t.Errorf("Load with empty variables (-unset +empty):\n%s", diff)
	}
}

func TestLoadValues(t *testing.T) {
	got := load(t, sound(
		"FTPBRIDGE_LISTEN= 127.0.0.1:21 ,[::1]:21,:0",
		"FTPBRIDGE_PASSIVE_PORTS=0",
		"FTPBRIDGE_IMPLICIT_TLS_LISTEN=:990",
		"FTPBRIDGE_PASSIVE_HOST=203.0.113.7",
		"FTPBRIDGE_ACTIVE_MODE=false",
		"FTPBRIDGE_TRANSFER_MEMORY=1GiB",
		"FTPBRIDGE_PART_SIZE=16Mi",
		"FTPBRIDGE_PART_CONCURRENCY=2",
		"FTPBRIDGE_RENAME_MAX=7",
		"FTPBRIDGE_USER_KEEP_DIRS=true",
		"FTPBRIDGE_TLS_CERT=a.pem, /etc/b.pem",
		"FTPBRIDGE_TLS_KEY=a.key,b.key",
		"FTPBRIDGE_TLS_CLIENT_CA=ca.pem",
		"FTPBRIDGE_TLS_MIN_VERSION=1.3",
		"FTPBRIDGE_TLS_SESSION_REUSE=required",
		"FTPBRIDGE_TLS_EOF=lenient",
		"FTPBRIDGE_ALLOW_PLAINTEXT=true",
		"FTPBRIDGE_DATA_PEER=tls",
		"FTPBRIDGE_PROXY_PROTOCOL_FROM=10.1.2.3/8, 192.0.2.7,2001:db8::/32",
		"FTPBRIDGE_MAX_SESSIONS=0",
		"FTPBRIDGE_IDLE_TIMEOUT=1h30m",
		`FTPBRIDGE_BANNER=Größe "x" \ y=z`,
		"FTPBRIDGE_LOG_LEVEL=debug",
		"FTPBRIDGE_LOG_FORMAT=json",
	)...)
	want := load(t, sound()...)
	want.Listen = config.Addresses{"127.0.0.1:21", "[::1]:21", ":0"}
	want.PassivePorts = config.PortRange{}
	want.ImplicitTLSListen = config.Addresses{":990"}
	want.PassiveHost.Addr = netip.MustParseAddr("203.0.113.7")
	want.ActiveMode = false
	want.TransferMemory = 1 << 30
	want.PartSize = 16 << 20
	want.PartConcurrency = 2
	want.RenameMax = 7
	want.UserKeepDirs = true
	want.TLSMode = config.TLSOptional
	want.TLSCert = config.Files{"a.pem", "/etc/b.pem"}
	want.TLSKey = config.Files{"a.key", "b.key"}
	want.TLSClientCA = config.Files{"ca.pem"}
	want.TLSMinVersion = "1.3"
	want.TLSSessionReuse = config.ReuseRequired
	want.TLSEOF = config.EOFLenient
	want.AllowPlaintext = true
	want.DataPeer.TLS = true
	want.ProxyProtocolFrom = networks("10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32")
	want.MaxSessions = 0
	want.IdleTimeout = 90 * time.Minute
	want.Banner = `Größe "x" \ y=z`
	want.LogLevel = slog.LevelDebug
	want.LogFormat = config.LogJSON
	if diff := cmp.Diff(want, got, equality()...); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
}

func networks(list ...string) (networks config.Networks) {
	for _, text := range list {
		networks = append(networks, netip.MustParsePrefix(text))
	}
	return networks
}

func equality() []cmp.Option {
	return []cmp.Option{
		cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
		cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
		cmp.Comparer(func(a, b config.Secret) bool { return a.Reveal() == b.Reveal() }),
	}
}

func TestLoadDemo(t *testing.T) {
	c := load(t, "PATH=/bin", "FTPBRIDGE_STORE=", "FTPBRIDGE_PORT=tcp://10.0.0.1:21", "FTPBRIDGE_SERVICE_HOST=10.0.0.1")
	if !c.Demo || c.Store != "file:./ftpbridge-data" || c.Listen.String() != "127.0.0.1:2121" || !c.PassivePorts.Any() || c.Username != "demo" {
		t.Errorf("Load without variables = %+v, want the demo", c)
	}
	other := load(t)
	if len(c.Password.Reveal()) < 16 || c.Password == other.Password {
		t.Errorf("demo passwords %q and %q are not generated ones", c.Password.Reveal(), other.Password.Reveal())
	}
	if strings.Trim(c.Password.Reveal(), "abcdefghijklmnopqrstuvwxyz234567") != "" {
		t.Errorf("demo password %q needs quoting in a shell or a URL", c.Password.Reveal())
	}
}

func TestLoadWithoutPrefixIsIgnored(t *testing.T) {
	c := load(t, sound("BANNER=x", "LISTEN=nonsense", "ftpbridge_banner=x")...)
	if c.Banner != "ftpbridge ready" {
		t.Errorf("Banner = %q, taken from an unprefixed variable", c.Banner)
	}
}

func TestLoadIsNotTheProcessEnvironment(t *testing.T) {
	t.Setenv("FTPBRIDGE_BANNER", "from the process")
	t.Setenv("BANNER", "from the process")
	if c := load(t, sound()...); c.Banner != "ftpbridge ready" {
		t.Errorf("Banner = %q, want the default", c.Banner)
	}
}

// TestLoadRefuses has every fault once: the variables on top of a sound
// configuration, and what the only line must hold.
func TestLoadRefuses(t *testing.T) {
	tests := []struct{ set, want string }{
		{"STORE=", "STORE: not set; set it to"},
		{"STORE=bucket/prefix", "STORE: not a URL"},
		{"STORE=s3://bucket/%zz", "STORE: not a URL"},
		{"STORE=s3://key:hunter2@bucket", "STORE: holds credentials; remove them"},
		{"USERNAME=", "USERNAME: not set"},
		{"USERNAME=a\nb", "USERNAME: holds control characters"},
		{"PASSWORD=", "PASSWORD: not set; set it, or FTPBRIDGE_PASSWORD_HASH"},
		{"PASSWORD=hunter2\n", "PASSWORD: holds a line end"},
		{"PASSWORD_HASH=hunter2", "PASSWORD: set together with FTPBRIDGE_PASSWORD_HASH"},
		{"LISTEN=2121", "LISTEN: not a list of addresses"},
		{"LISTEN=:2121,", "LISTEN: not a list of addresses"},
		{"LISTEN=:ftp", "LISTEN: not a list of addresses"},
		{"LISTEN=:65536", "LISTEN: not a list of addresses"},
		{"PASSIVE_PORTS=a", "PASSIVE_PORTS: not a range"},
		{"PASSIVE_PORTS=50029-50000", "PASSIVE_PORTS: not a range"},
		{"PASSIVE_PORTS=50000-65536", "PASSIVE_PORTS: not a range"},
		{"PASSIVE_PORTS=0-100", "PASSIVE_PORTS: not a range"},
		{"PASSIVE_PORTS=50000-", "PASSIVE_PORTS: not a range"},
		{"PASSIVE_PORTS=2000-3000", "PASSIVE_PORTS: holds the control port 2121 of FTPBRIDGE_LISTEN"},
		{"PASSIVE_HOST=2001:db8::1", "PASSIVE_HOST: neither an IPv4 address"},
		{"PASSIVE_HOST=0.0.0.0", "PASSIVE_HOST: neither an IPv4 address"},
		{"PASSIVE_HOST=203.0.113", "PASSIVE_HOST: neither an IPv4 address"},
		{"PASSIVE_HOST=ftp example.com", "PASSIVE_HOST: neither an IPv4 address"},
		{"PASSIVE_HOST=10.0.0.0/8=ftp.example.com", "PASSIVE_HOST: neither an IPv4 address"},
		{"PASSIVE_HOST=10.0.0.0/8=10.1.2.3,", "PASSIVE_HOST: neither an IPv4 address"},
		{"PASSIVE_HOST=2001:db8::/32=10.1.2.3", "PASSIVE_HOST: neither an IPv4 address"},
		{"IMPLICIT_TLS_LISTEN=990", "IMPLICIT_TLS_LISTEN: not a list of addresses"},
		{"DATA_PEER=nobody", "DATA_PEER: not a rule for data connections"},
		{"DATA_PEER=cidr:", "DATA_PEER: not a rule for data connections"},
		{"DATA_PEER=cidr:10.0.0.0/33", "DATA_PEER: not a rule for data connections"},
		{"PROXY_PROTOCOL_FROM=balancer", "PROXY_PROTOCOL_FROM: not a list of networks"},
		{"PROXY_PROTOCOL_FROM=10.0.0.0/8,,", "PROXY_PROTOCOL_FROM: not a list of networks"},
		{"PROXY_PROTOCOL_FROM=::ffff:10.0.0.0/104", "PROXY_PROTOCOL_FROM: not a list of networks"},
		{"PROXY_PROTOCOL_FROM=fe80::1%eth0", "PROXY_PROTOCOL_FROM: not a list of networks"},
		{"TLS_MODE=on", "TLS_MODE: not one of its values; write off, optional or required"},
		{"TLS_MODE=optional", "TLS_MODE: needs a certificate; set FTPBRIDGE_TLS_CERT"},
		{"TLS_MODE=required", "TLS_MODE: needs a certificate; set FTPBRIDGE_TLS_CERT"},
		{"IMPLICIT_TLS_LISTEN=:990", "IMPLICIT_TLS_LISTEN: needs a certificate; set FTPBRIDGE_TLS_CERT"},
		{"TLS_CERT=,a.pem", "TLS_CERT: not a list of files"},
		{"TLS_KEY=key.pem", "TLS_KEY: set without FTPBRIDGE_TLS_CERT"},
		{"TLS_CLIENT_CA=ca.pem", "TLS_CLIENT_CA: needs TLS, which is off; turn it on by FTPBRIDGE_TLS_CERT"},
		{"TLS_MIN_VERSION=1", "TLS_MIN_VERSION: not one of its values; write 1.0, 1.1, 1.2 or 1.3"},
		{"TLS_SESSION_REUSE=true", "TLS_SESSION_REUSE: not one of its values; write optional or required"},
		{"TLS_SESSION_REUSE=required", "TLS_SESSION_REUSE: needs TLS, which is off"},
		{"TLS_EOF=ignore", "TLS_EOF: not one of its values; write strict or lenient"},
		{"ALLOW_PLAINTEXT=yes please", "ALLOW_PLAINTEXT: neither true nor false"},
		{"DATA_PEER=tls", "DATA_PEER: needs TLS, which is off"},
		{"ACTIVE_MODE=maybe", "ACTIVE_MODE: neither true nor false; write"},
		{"TRANSFER_MEMORY=256MB", "TRANSFER_MEMORY: not a size"},
		{"TRANSFER_MEMORY=-1", "TRANSFER_MEMORY: not a size"},
		{"TRANSFER_MEMORY=1023KiB", "TRANSFER_MEMORY: below 1MiB; raise it"},
		{"TRANSFER_MEMORY=31MiB", "PART_SIZE: more than a quarter of FTPBRIDGE_TRANSFER_MEMORY"},
		{"PART_SIZE=0", "PART_SIZE: not a size above 0"},
		{"PART_SIZE=65MiB", "PART_SIZE: more than a quarter of FTPBRIDGE_TRANSFER_MEMORY"},
		{"PART_CONCURRENCY=0", "PART_CONCURRENCY: not a whole number that can be used; write one from 1 on"},
		{"PART_CONCURRENCY=many", "PART_CONCURRENCY: not a whole number that can be used; write one from 1 on"},
		{"RENAME_MAX=0", "RENAME_MAX: not a whole number that can be used; write one from 1 on"},
		{"USER_KEEP_DIRS=1.5", "USER_KEEP_DIRS: neither true nor false"},
		{"MAX_SESSIONS=-1", "MAX_SESSIONS: not a whole number that can be used; write one from 0 on"},
		{"LOGIN_TIMEOUT=90", "LOGIN_TIMEOUT: not a duration"},
		{"IDLE_TIMEOUT=0s", "IDLE_TIMEOUT: not a duration above 0"},
		{"STALL_TIMEOUT=-1s", "STALL_TIMEOUT: not a duration above 0"},
		{"DATA_TIMEOUT=soon", "DATA_TIMEOUT: not a duration"},
		{"TCP_KEEPALIVE=1d", "TCP_KEEPALIVE: not a duration"},
		{"BANNER=a\r\nb", "BANNER: holds control characters"},
		{"LOG_LEVEL=loud", "LOG_LEVEL: not a log level"},
		{"LOG_FORMAT=xml", "LOG_FORMAT: not one of its values; write text or json"},
		{"PASSIVE_PORT=50000", "PASSIVE_PORT: unknown variable; did you mean FTPBRIDGE_PASSIVE_PORTS?"},
		{"USER_NAME=x", "USER_NAME: unknown variable; did you mean FTPBRIDGE_USERNAME?"},
		{"PORT=2121", "PORT: unknown variable; "},
		{"STORE_FILE=/x", "STORE_FILE: unknown variable; "},
		{"FROBNICATE=hunter2", "FROBNICATE: unknown variable; remove it"},
		{"RELAY_MAX=3", "RELAY_MAX: not available yet in this version; remove it"},
		{"USER_PERMISSIONS=list", "USER_PERMISSIONS: not available yet"},
		{"USERS_FILE=/users.yaml", "USERS_FILE: not available yet"},
		{"ADMIN_TOKEN_FILE=/token", "ADMIN_TOKEN_FILE: not available yet"},
		{"RESUME_WINDOW=24h", "RESUME_WINDOW: not available yet"},
		{"MAX_SESSIONS_PER_IP=1", "MAX_SESSIONS_PER_IP: not available yet"},
		{"PASSWORD_FILE=/nowhere/hunter2", "PASSWORD: set together with FTPBRIDGE_PASSWORD_FILE; remove one of them"},
	}
	for _, tt := range tests {
		t.Run(tt.set, func(t *testing.T) {
			list := problems(t, sound("FTPBRIDGE_"+tt.set)...)
			if len(list) != 1 || !strings.HasPrefix(list[0], "FTPBRIDGE_"+tt.want) {
				t.Errorf("problems %q, want one that begins with %q", list, "FTPBRIDGE_"+tt.want)
			}
			if strings.Contains(strings.Join(list, "\n"), "hunter2") {
				t.Errorf("problems %q repeat the value", list)
			}
		})
	}
}

// TestLoadRefusesCombinations has faults of several variables with TLS on.
func TestLoadRefusesCombinations(t *testing.T) {
	tests := []struct{ set, want string }{
		{"TLS_KEY=a.key,b.key", "TLS_KEY: names 2 of the keys of 1 certificates"},
		{"TLS_CERT=a.pem,b.pem TLS_KEY=a.key", "TLS_KEY: names 1 of the keys of 2 certificates"},
		{"TLS_MODE=off TLS_CLIENT_CA=ca.pem", "TLS_CLIENT_CA: needs TLS, which is off"},
		{"TLS_MODE=off TLS_SESSION_REUSE=required", "TLS_SESSION_REUSE: needs TLS, which is off"},
		{"TLS_MODE=off DATA_PEER=tls", "DATA_PEER: needs TLS, which is off"},
		{"TLS_MODE=required ALLOW_PLAINTEXT=true", "ALLOW_PLAINTEXT: set together with FTPBRIDGE_TLS_MODE=required"},
		{"IMPLICIT_TLS_LISTEN=:50007", "PASSIVE_PORTS: holds the control port 50007 of FTPBRIDGE_IMPLICIT_TLS_LISTEN"},
	}
	for _, tt := range tests {
		t.Run(tt.set, func(t *testing.T) {
			environ := sound("FTPBRIDGE_TLS_CERT=cert.pem")
			for assignment := range strings.FieldsSeq(tt.set) {
				environ = append(environ, "FTPBRIDGE_"+assignment)
			}
			list := problems(t, environ...)
			if len(list) != 1 || !strings.HasPrefix(list[0], "FTPBRIDGE_"+tt.want) {
				t.Errorf("problems %q, want one that begins with %q", list, "FTPBRIDGE_"+tt.want)
			}
		})
	}
}

func TestLoadTLSMode(t *testing.T) {
	tests := []struct {
		set  []string
		want config.TLSMode
	}{
		{nil, config.TLSOff},
		{[]string{"FTPBRIDGE_TLS_CERT=a.pem"}, config.TLSOptional},
		{[]string{"FTPBRIDGE_TLS_CERT=a.pem", "FTPBRIDGE_TLS_MODE=required"}, config.TLSRequired},
		{[]string{"FTPBRIDGE_TLS_CERT=a.pem", "FTPBRIDGE_TLS_MODE=off"}, config.TLSOff},
		{[]string{"FTPBRIDGE_TLS_CERT=a.pem", "FTPBRIDGE_TLS_MODE=off", "FTPBRIDGE_IMPLICIT_TLS_LISTEN=:990", "FTPBRIDGE_TLS_CLIENT_CA=ca.pem"}, config.TLSOff},
	}
	for _, tt := range tests {
		if got := load(t, sound(tt.set...)...).TLSMode; got != tt.want {
			t.Errorf("with %q the mode is %q, want %q", tt.set, got, tt.want)
		}
	}
}

func TestTLSVersions(t *testing.T) {
	for version, want := range map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		if got := load(t, sound("FTPBRIDGE_TLS_MIN_VERSION="+version)...).TLSMinVersion.ID(); got != want {
			t.Errorf("TLS %s has the number %#x, want %#x", version, got, want)
		}
	}
}

func TestLoadTellsAllProblemsAtOnce(t *testing.T) {
	list := problems(t,
		"FTPBRIDGE_NONSENSE=1", "FTPBRIDGE_TLS_MODE=on", "FTPBRIDGE_LISTEN=x", "FTPBRIDGE_PART_SIZE=x", "FTPBRIDGE_LOG_LEVEL=x")
	var names []string
	for _, line := range list {
		name, _, _ := strings.Cut(line, ":")
		names = append(names, strings.TrimPrefix(name, config.Prefix))
	}
	slices.Sort(names)
	want := []string{"LISTEN", "LOG_LEVEL", "NONSENSE", "PART_SIZE", "PASSWORD", "STORE", "TLS_MODE", "USERNAME"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("variables named (-want +got):\n%s", diff)
	}
}

func TestLoadSecretFromFile(t *testing.T) {
	write := func(content string) string {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	user := []string{"FTPBRIDGE_STORE=s3://bucket", "FTPBRIDGE_USERNAME=scanner"}
	for content, want := range map[string]string{
		"hunter2": "hunter2", "hunter2\n": "hunter2", "hunter2\r\n": "hunter2", " hunter2 \n": " hunter2 ",
	} {
		c := load(t, append(user, "FTPBRIDGE_PASSWORD_FILE="+write(content))...)
		if got := c.Password.Reveal(); got != want {
			t.Errorf("file %q gives password %q, want %q", content, got, want)
		}
	}
	c := load(t, append(user, "FTPBRIDGE_PASSWORD_HASH_FILE="+write("$2b$hash\n"))...)
	if got := c.PasswordHash.Reveal(); got != "$2b$hash" {
		t.Errorf("password hash %q from its file", got)
	}

	missing := filepath.Join(t.TempDir(), "hunter2")
	for path, want := range map[string]string{
		missing:       "no such file",
		write("\n"):   "empty",
		t.TempDir():   "is a directory",
		"hunter2\x01": "no such file",
	} {
		list := problems(t, append(user, "FTPBRIDGE_PASSWORD_FILE="+path)...)
		if len(list) != 1 || !strings.Contains(list[0], "FTPBRIDGE_PASSWORD_FILE") || !strings.Contains(list[0], want) || strings.Contains(list[0], path) {
			t.Errorf("problems %q, want one that names PASSWORD_FILE, says %q and not the path", list, want)
		}
	}
}

func TestSecretNeverShows(t *testing.T) {
	c := load(t, sound()...)
	shown := fmt.Sprintf("%v %+v %#v %s %q", c, c, c, c.Password, c.Password)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", c, "password", c.Password)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", c, "password", c.Password)
	if shown += log.String(); strings.Contains(shown, "pa55word") {
		t.Errorf("the password shows in %s", shown)
	}
}

func TestServiceLinksOfKubernetesAreIgnored(t *testing.T) {
	load(t, sound(
		"FTPBRIDGE_SERVICE_HOST=10.0.0.1", "FTPBRIDGE_SERVICE_PORT=21", "FTPBRIDGE_SERVICE_PORT_FTP=21",
		"FTPBRIDGE_PORT=tcp://10.0.0.1:21", "FTPBRIDGE_PORT_21_TCP=tcp://10.0.0.1:21", "FTPBRIDGE_PORT_21_TCP_PROTO=tcp",
		"FTPBRIDGE_PORT_21_TCP_PORT=21", "FTPBRIDGE_PORT_21_TCP_ADDR=10.0.0.1", "FTPBRIDGE_ADMIN_SERVICE_HOST=10.0.0.2",
		"FTPBRIDGE_ADMIN_PORT=tcp://10.0.0.2:9121",
	)...)
}
