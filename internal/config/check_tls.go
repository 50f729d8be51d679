package config

import "fmt"

func defaultTLSMode(c Config) TLSMode {
	if len(c.TLSCert) > 0 {
		return TLSOptional
	}
	return TLSOff
}

// checkTLS finds what would leave connections less protected than its reader
// believes.
func (c *Config) checkTLS() Problems {
	var problems Problems
	certified := len(c.TLSCert) > 0
	switch {
	case len(c.TLSKey) > 0 && !certified:
		problems.add("TLS_KEY", "set without "+Prefix+"TLS_CERT; set both, or remove it")
	case len(c.TLSKey) > 0 && len(c.TLSKey) != len(c.TLSCert):
		problems.add("TLS_KEY", fmt.Sprintf("names %d of the keys of %d certificates; name one for each of "+Prefix+"TLS_CERT, in its order", len(c.TLSKey), len(c.TLSCert)))
	}
	if !certified {
		const text = "needs a certificate; set " + Prefix + "TLS_CERT, or remove it"
		if c.TLSMode != TLSOff {
			problems.add("TLS_MODE", text)
		}
		if len(c.ImplicitTLSListen) > 0 {
			problems.add("IMPLICIT_TLS_LISTEN", text)
		}
	}
	if c.TLSMode == TLSOff && len(c.ImplicitTLSListen) == 0 {
		const text = "needs TLS, which is off; turn it on by " + Prefix + "TLS_CERT and " + Prefix + "TLS_MODE, or remove it"
		if len(c.TLSClientCA) > 0 {
			problems.add("TLS_CLIENT_CA", text)
		}
		if c.TLSSessionReuse == ReuseRequired {
			problems.add("TLS_SESSION_REUSE", text)
		}
		if c.DataPeer.TLS {
			problems.add("DATA_PEER", text)
		}
	}
	if c.TLSMode == TLSRequired && c.AllowPlaintext {
		problems.add("ALLOW_PLAINTEXT", "set together with "+Prefix+"TLS_MODE=required, which allows none; remove one of them")
	}
	return problems
}
