package config

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// check finds impossible values and combinations. Variables in bad were
// refused already; what follows from them is not told again.
func (c *Config) check(bad map[string]bool) Problems {
	var problems Problems
	if !bad["STORE"] {
		problems = append(problems, c.checkStore()...)
	}
	problems = append(problems, c.checkUser(bad)...)
	if !bad["PASSIVE_PORTS"] {
		problems = append(problems, c.checkPorts("LISTEN", c.Listen)...)
		problems = append(problems, c.checkPorts("IMPLICIT_TLS_LISTEN", c.ImplicitTLSListen)...)
	}
	if !anyOf(bad, "TLS_MODE", "TLS_CERT", "TLS_KEY", "TLS_CLIENT_CA", "TLS_SESSION_REUSE", "IMPLICIT_TLS_LISTEN", "DATA_PEER", "ALLOW_PLAINTEXT") {
		problems = append(problems, c.checkTLS()...)
	}
	if !bad["PART_SIZE"] && !bad["TRANSFER_MEMORY"] {
		problems = append(problems, c.checkMemory()...)
	}
	if !printable(c.Banner) {
		problems.add("BANNER", "holds control characters; write one line of text")
	}
	return problems
}

func (c *Config) checkStore() Problems {
	var problems Problems
	if c.Store == "" {
		problems.add("STORE", "not set; set it to s3://bucket/prefix or file:/dir (without any "+Prefix+" variable the demo is served)")
		return problems
	}
	store, err := url.Parse(c.Store)
	switch {
	case err != nil || store.Scheme == "":
		problems.add("STORE", "not a URL; write s3://bucket/prefix or file:/dir, with special characters as %XX")
	case store.User != nil:
		problems.add("STORE", "holds credentials; remove them, they come from the cloud's own default chain (such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)")
	}
	return problems
}

func (c *Config) checkUser(bad map[string]bool) Problems {
	var problems Problems
	if c.Username == "" {
		problems.add("USERNAME", "not set; set it to the name that the client logs in with")
	} else if !printable(c.Username) {
		problems.add("USERNAME", "holds control characters; write one line of text")
	}
	if bad["PASSWORD"] || bad["PASSWORD_HASH"] {
		return problems
	}
	switch {
	case c.Password.IsSet() && c.PasswordHash.IsSet():
		problems.add("PASSWORD", "set together with "+Prefix+"PASSWORD_HASH; remove one of them")
	case !c.Password.IsSet() && !c.PasswordHash.IsSet():
		problems.add("PASSWORD", "not set; set it, or "+Prefix+"PASSWORD_HASH to what ftpbridge hash-password prints")
	case strings.ContainsAny(c.Password.Reveal(), "\r\n\x00"):
		problems.add("PASSWORD", "holds a line end or NUL, which FTP cannot send; choose another")
	}
	return problems
}

// checkPorts finds control ports, of the named variable, among the passive ones.
func (c *Config) checkPorts(name string, addresses Addresses) Problems {
	var problems Problems
	for _, address := range addresses {
		_, text, err := net.SplitHostPort(address)
		if err != nil {
			continue // refused by Addresses
		}
		port, err := strconv.ParseUint(text, 10, 16)
		if err == nil && c.PassivePorts.Contains(uint16(port)) {
			problems.add("PASSIVE_PORTS", "holds the control port "+text+" of "+Prefix+name+"; choose a range without it")
		}
	}
	return problems
}

func (c *Config) checkMemory() Problems {
	const least = Size(1 << 20) // chunks for a few transfers and a part
	var problems Problems
	switch {
	case c.TransferMemory < least:
		problems.add("TRANSFER_MEMORY", "below "+least.String()+"; raise it")
	case c.PartSize > c.TransferMemory/4:
		problems.add("PART_SIZE", "more than a quarter of "+Prefix+"TRANSFER_MEMORY; lower it or raise the other")
	}
	return problems
}

func printable(s string) bool { return !strings.ContainsFunc(s, unicode.IsControl) }

func anyOf(set map[string]bool, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return set[name] })
}
