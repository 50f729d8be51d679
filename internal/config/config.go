// Package config reads the configuration from environment variables.
//
// The fields of Config are the only list of the variables: their tags hold
// name, default and meaning, and the `env` command and the table in README.md
// are printed from them.
package config

import (
	"log/slog"
	"net/netip"
	"time"
)

// Prefix begins the name of every variable.
const Prefix = "FTPBRIDGE_"

// Config is the whole configuration. Tags: `envconfig` is the variable's name
// without Prefix, `default` its value if unset or empty, `demo` its value in
// demo mode, `shown` what documentation says instead of a default that is not
// a constant, `min` the smallest number allowed, `desc` the meaning. A field
// of type Secret is also read from the file named by the variable's _FILE form.
type Config struct {
	Store string `envconfig:"STORE" demo:"file:./ftpbridge-data" desc:"where files are kept: s3://bucket/prefix?region=&endpoint=&path_style=true&unsigned_payload=true or file:/dir; credentials come from the cloud's own default chain, never from the URL"`

	Listen       Addresses  `envconfig:"LISTEN" default:":2121" demo:"127.0.0.1:2121" desc:"addresses of the control port, comma-separated"`
	PassivePorts PortRange  `envconfig:"PASSIVE_PORTS" default:"50000-50029" desc:"ports for passive data connections, bound at start; 0: any free port"`
	PassiveHost  netip.Addr `envconfig:"PASSIVE_HOST" shown:"the control connection's local address" desc:"IPv4 address told in the reply to PASV, for servers behind NAT or a balancer"`
	ActiveMode   bool       `envconfig:"ACTIVE_MODE" default:"true" desc:"allow active data connections (PORT and EPRT), to the client's own address only"`

	Username     string `envconfig:"USERNAME" demo:"demo" desc:"name of the user"`
	Password     Secret `envconfig:"PASSWORD" shown:"generated in the demo" desc:"the user's password; or PASSWORD_HASH"`
	PasswordHash Secret `envconfig:"PASSWORD_HASH" desc:"hash of the password as ftpbridge hash-password prints it: argon2id; also bcrypt and PBKDF2"`

	TransferMemory  Size `envconfig:"TRANSFER_MEMORY" default:"256MiB" desc:"budget of the buffers of all transfers together"`
	PartSize        Size `envconfig:"PART_SIZE" default:"8MiB" desc:"size of an upload's first parts; it grows with the upload; at most a quarter of TRANSFER_MEMORY"`
	PartConcurrency int  `envconfig:"PART_CONCURRENCY" default:"8" min:"1" desc:"most parts of one upload on their way to the store at once, within the budget"`

	MaxSessions  int           `envconfig:"MAX_SESSIONS" default:"10000" min:"0" desc:"most sessions at once, over it clients get 421; 0: no limit"`
	LoginTimeout time.Duration `envconfig:"LOGIN_TIMEOUT" default:"30s" desc:"time to log in"`
	IdleTimeout  time.Duration `envconfig:"IDLE_TIMEOUT" default:"5m" desc:"a session without command or transfer for this long is ended"`
	StallTimeout time.Duration `envconfig:"STALL_TIMEOUT" default:"2m" desc:"a transfer without a byte moved for this long is ended; its upload is not published"`
	DataTimeout  time.Duration `envconfig:"DATA_TIMEOUT" default:"30s" desc:"time to open a data connection"`
	TCPKeepalive time.Duration `envconfig:"TCP_KEEPALIVE" default:"30s" desc:"interval of TCP keepalive probes on control and data connections"`

	Banner string `envconfig:"BANNER" default:"ftpbridge ready" desc:"text of the greeting"`

	LogLevel  slog.Level `envconfig:"LOG_LEVEL" default:"info" desc:"debug, info, warn or error"`
	LogFormat LogFormat  `envconfig:"LOG_FORMAT" shown:"text on a terminal, else json" desc:"text or json"`

	// Demo: nothing was configured; the demo's values apply and Password is
	// a generated one.
	Demo bool `ignored:"true"`
}
