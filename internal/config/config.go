// Package config reads the configuration from environment variables.
//
// The fields of Config are the only list of the variables: their tags hold
// name, default and meaning, and the `env` command and the table in README.md
// are printed from them.
package config

import (
	"log/slog"
	"time"
)

// Prefix begins the name of every variable.
const Prefix = "FTPBRIDGE_"

// Config is the whole configuration. Tags: `envconfig` is the variable's name
// without Prefix, `default` its value if unset or empty, `demo` its value in
// demo mode, `shown` what documentation says instead of a default that is not
// a constant, `min` the smallest number allowed, `choices` the only values
// allowed, `desc` the meaning. A field of type Secret is also read from the
// file named by the variable's _FILE form.
type Config struct {
	Store string `envconfig:"STORE" demo:"file:./ftpbridge-data" desc:"where files are kept: s3://bucket/prefix?region=&endpoint=&path_style=true&unsigned_payload=true or file:/dir; credentials come from the cloud's own default chain, never from the URL"`

	Listen            Addresses   `envconfig:"LISTEN" default:":2121" demo:"127.0.0.1:2121" desc:"addresses of the control port, comma-separated"`
	ImplicitTLSListen Addresses   `envconfig:"IMPLICIT_TLS_LISTEN" desc:"addresses of control ports that speak TLS from the first byte (implicit FTPS, usually port 990); needs TLS_CERT"`
	PassivePorts      PortRange   `envconfig:"PASSIVE_PORTS" default:"50000-50029" demo:"0" desc:"ports for passive data connections, bound at start; 0: any free port"`
	PassiveHost       PassiveHost `envconfig:"PASSIVE_HOST" shown:"the address that the client connected to" desc:"what the reply to PASV tells, for servers behind NAT or a balancer: an IPv4 address, a DNS name (asked for again every minute), or addresses by the client's network, the first that matches, like 10.0.0.0/8=10.1.2.3,0.0.0.0/0=203.0.113.7"`
	ActiveMode        bool        `envconfig:"ACTIVE_MODE" default:"true" desc:"allow active data connections (PORT and EPRT), to the client's own address only"`
	DataPeer          DataPeer    `envconfig:"DATA_PEER" default:"address" desc:"where data connections may come from: address (that of the control connection); cidr:LIST (addresses within one of these networks count as equal); tls (from anywhere if they resume the TLS session of the control connection); any (unsafe: whoever connects first gets the file)"`
	ProxyProtocolFrom Networks    `envconfig:"PROXY_PROTOCOL_FROM" desc:"addresses and networks of balancers, comma-separated, whose connections (control and data) must begin with a PROXY protocol header, version 1 or 2; from others none is read"`

	TLSMode         TLSMode         `envconfig:"TLS_MODE" choices:"off optional required" shown:"optional if TLS_CERT is set, else off" desc:"protection of the control port by AUTH TLS: off, optional or required"`
	TLSCert         Files           `envconfig:"TLS_CERT" desc:"files of certificate chains (PEM), comma-separated; clients choose one by the server name they ask for, else get the first; read again when they change"`
	TLSKey          Files           `envconfig:"TLS_KEY" shown:"the files of TLS_CERT" desc:"files of the private keys (PEM), in the order of TLS_CERT"`
	TLSClientCA     Files           `envconfig:"TLS_CLIENT_CA" desc:"files of certificates (PEM) of which one must have signed the certificate that clients then have to show"`
	TLSMinVersion   TLSVersion      `envconfig:"TLS_MIN_VERSION" default:"1.2" choices:"1.0 1.1 1.2 1.3" desc:"lowest version of TLS; 1.0 and 1.1 are broken and only for old devices"`
	TLSSessionReuse TLSSessionReuse `envconfig:"TLS_SESSION_REUSE" default:"optional" choices:"optional required" desc:"required: protected data connections must resume the TLS session of their control connection, which proves that they are the same client's"`
	TLSEOF          TLSEOF          `envconfig:"TLS_EOF" default:"strict" choices:"strict lenient" desc:"strict: an upload over TLS that ends without close_notify, as a cut one does, is not published; lenient: it is, for old clients that never send one"`
	AllowPlaintext  bool            `envconfig:"ALLOW_PLAINTEXT" default:"false" shown:"from private networks only" desc:"true: allow logins without TLS from public addresses too"`

	Username     string `envconfig:"USERNAME" demo:"demo" desc:"name of the user"`
	Password     Secret `envconfig:"PASSWORD" shown:"generated in the demo" desc:"the user's password; or PASSWORD_HASH"`
	PasswordHash Secret `envconfig:"PASSWORD_HASH" desc:"hash of the password as ftpbridge hash-password prints it: argon2id; also bcrypt and PBKDF2"`

	TransferMemory  Size `envconfig:"TRANSFER_MEMORY" default:"256MiB" desc:"budget of the buffers of all transfers together"`
	PartSize        Size `envconfig:"PART_SIZE" default:"8MiB" desc:"size of an upload's first parts; it grows with the upload; at most a quarter of TRANSFER_MEMORY"`
	PartConcurrency int  `envconfig:"PART_CONCURRENCY" default:"8" min:"1" desc:"most parts of one upload on their way to the store at once, within the budget"`
	RenameMax       int  `envconfig:"RENAME_MAX" default:"10000" min:"1" desc:"most files in a directory that is renamed, where the store must copy each"`
	UserKeepDirs    bool `envconfig:"USER_KEEP_DIRS" default:"false" desc:"true: a directory stays when its last file is deleted or renamed"`

	MaxSessions  int           `envconfig:"MAX_SESSIONS" default:"10000" min:"0" desc:"most sessions at once, over it clients get 421; 0: no limit"`
	LoginTimeout time.Duration `envconfig:"LOGIN_TIMEOUT" default:"30s" desc:"time to log in"`
	IdleTimeout  time.Duration `envconfig:"IDLE_TIMEOUT" default:"5m" desc:"a session without command or transfer for this long is ended"`
	StallTimeout time.Duration `envconfig:"STALL_TIMEOUT" default:"2m" desc:"a transfer without a byte moved for this long is ended; its upload is not published"`
	DataTimeout  time.Duration `envconfig:"DATA_TIMEOUT" default:"30s" desc:"time to open a data connection"`
	TCPKeepalive time.Duration `envconfig:"TCP_KEEPALIVE" default:"30s" desc:"interval of TCP keepalive probes on control and data connections"`

	Banner string `envconfig:"BANNER" default:"ftpbridge ready" desc:"text of the greeting"`

	LogLevel  slog.Level `envconfig:"LOG_LEVEL" default:"info" desc:"debug, info, warn or error"`
	LogFormat LogFormat  `envconfig:"LOG_FORMAT" choices:"text json" shown:"text on a terminal, else json" desc:"text or json"`

	// Demo: nothing was configured; the demo's values apply and Password is
	// a generated one.
	Demo bool `ignored:"true"`
}
