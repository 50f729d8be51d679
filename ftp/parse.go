package ftp

import (
	"fmt"
	"net/netip"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"
)

// argumentError is a reply to an argument that cannot be used.
type argumentError struct{ reply reply }

func (e *argumentError) Error() string { return e.reply.lines[0] }

func badArgument(code int, text string) error { return &argumentError{answer(code, text)} }

// parseRequest splits a command line (RFC 959, 5.3). The verb of a SITE command
// is both words.
func parseRequest(line string) request {
	verb, arg, _ := strings.Cut(strings.TrimLeft(line, " \t"), " ")
	verb = strings.ToUpper(verb)
	if site := strings.TrimLeft(arg, " "); verb == "SITE" && site != "" {
		site, arg, _ = strings.Cut(site, " ")
		verb += " " + strings.ToUpper(site)
	}
	return request{verb: verb, arg: arg}
}

// resolvePath makes a client's path absolute; ".." never leaves "/".
func resolvePath(cwd, name string) (string, error) {
	if strings.ContainsAny(name, "\x00\r\n") || !utf8.ValidString(name) {
		return "", errBadName
	}
	if strings.HasPrefix(name, "/") {
		return path.Clean(name), nil
	}
	return path.Join("/", cwd, name), nil
}

// parsePort reads "h1,h2,h3,h4,p1,p2" (RFC 959, 4.1.2).
func parsePort(arg string) (netip.AddrPort, error) {
	syntax := badArgument(501, "Syntax: PORT h1,h2,h3,h4,p1,p2")
	fields := strings.Split(strings.TrimSpace(arg), ",")
	if len(fields) != 6 {
		return netip.AddrPort{}, syntax
	}
	var octets [6]byte
	for i, field := range fields {
		octet, err := parseNumber[byte](field)
		if err != nil {
			return netip.AddrPort{}, syntax
		}
		octets[i] = octet
	}
	addr := netip.AddrFrom4([4]byte(octets[:4]))
	return netip.AddrPortFrom(addr, uint16(octets[4])<<8|uint16(octets[5])), nil
}

// parseEPRT reads "|1|132.235.1.2|6275|" or "|2|1080::8:800:200C:417A|5282|",
// with any delimiter (RFC 2428, 2).
func parseEPRT(arg string) (netip.AddrPort, error) {
	syntax := badArgument(501, "Syntax: EPRT |protocol|address|port|")
	arg = strings.TrimSpace(arg)
	if len(arg) == 0 || arg[0] < 33 || arg[0] > 126 {
		return netip.AddrPort{}, syntax
	}
	fields := strings.Split(arg, arg[:1])
	if len(fields) != 5 || fields[4] != "" {
		return netip.AddrPort{}, syntax
	}
	protocol, err := parseNumber[uint16](fields[1])
	if err != nil {
		return netip.AddrPort{}, syntax
	}
	if protocol != 1 && protocol != 2 {
		return netip.AddrPort{}, badArgument(522, "Network protocol not supported, use (1,2)")
	}
	addr, err := netip.ParseAddr(fields[2])
	if err != nil || addr.Is4() != (protocol == 1) {
		return netip.AddrPort{}, syntax
	}
	port, err := parseNumber[uint16](fields[3])
	if err != nil {
		return netip.AddrPort{}, syntax
	}
	return netip.AddrPortFrom(addr, port), nil
}

// epsvRequest is what EPSV asks for (RFC 2428, 3).
type epsvRequest struct {
	protocol int  // 1: IPv4, 2: IPv6, 0: that of the control connection
	all      bool // from now on nothing but EPSV will be used
}

func parseEPSV(arg string) (epsvRequest, error) {
	switch arg = strings.TrimSpace(arg); {
	case arg == "":
		return epsvRequest{}, nil
	case strings.EqualFold(arg, "ALL"):
		return epsvRequest{all: true}, nil
	}
	protocol, err := parseNumber[uint16](arg)
	switch {
	case err != nil:
		return epsvRequest{}, badArgument(501, "Syntax: EPSV [protocol | ALL]")
	case protocol != 1 && protocol != 2:
		return epsvRequest{}, badArgument(522, "Network protocol not supported, use (1,2)")
	}
	return epsvRequest{protocol: int(protocol)}, nil
}

// parseREST reads an offset in bytes (RFC 3659, 5.3).
func parseREST(arg string) (int64, error) {
	n, err := parseNumber[int64](strings.TrimSpace(arg))
	if err != nil {
		return 0, badArgument(501, "Syntax: REST offset")
	}
	return n, nil
}

// parseALLO reads "size" or "size R recordsize" in bytes (RFC 959, 4.1.3).
func parseALLO(arg string) (int64, error) {
	syntax := badArgument(501, "Syntax: ALLO size [R recordsize]")
	fields := strings.Fields(arg)
	if len(fields) != 1 && (len(fields) != 3 || !strings.EqualFold(fields[1], "R")) {
		return 0, syntax
	}
	size, err := parseNumber[int64](fields[0])
	if err != nil {
		return 0, syntax
	}
	if len(fields) == 3 {
		if _, err := parseNumber[int64](fields[2]); err != nil {
			return 0, syntax
		}
	}
	return size, nil
}

// parseTYPE tells whether the type is binary (RFC 959, 3.1.1).
func parseTYPE(arg string) (binary bool, err error) {
	switch strings.ToUpper(strings.Join(strings.Fields(arg), " ")) {
	case "I", "L 8", "L8":
		return true, nil
	case "A", "A N":
		return false, nil
	case "A T", "A C", "E", "E N", "E T", "E C":
		return false, badArgument(504, "Type not supported; use A or I.")
	}
	if fields := strings.Fields(arg); len(fields) == 2 && strings.EqualFold(fields[0], "L") {
		if _, err := parseNumber[byte](fields[1]); err == nil {
			return false, badArgument(504, "Byte size not supported; use 8.")
		}
	}
	return false, badArgument(501, "Syntax: TYPE A | I | L 8")
}

// listRequest is the argument of LIST, NLST and STAT.
type listRequest struct {
	name      string
	long      bool // -l: NLST too shows all of an entry
	recursive bool // -R: and what is in the directories below
}

// parseList takes off the options that clients put before the path as if they
// spoke to ls ("-la"); those that are not known change nothing, since all
// there is is listed anyway. A name that begins with "-" needs "./" or "--" before it.
func parseList(arg string) listRequest {
	r := listRequest{name: strings.TrimLeft(arg, " ")}
	for strings.HasPrefix(r.name, "-") && !strings.HasPrefix(r.name, "- ") && r.name != "-" {
		options, rest, _ := strings.Cut(r.name, " ")
		if options == "--" {
			r.name = rest
			break
		}
		r.long = r.long || strings.Contains(options, "l")
		r.recursive = r.recursive || strings.Contains(options, "R")
		r.name = strings.TrimLeft(rest, " ")
	}
	return r
}

// parseNumber reads decimal digits only: no sign, no space.
func parseNumber[T byte | uint16 | int64](s string) (T, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil {
		return 0, err
	}
	if uint64(T(n)) != n {
		return 0, fmt.Errorf("number too large: %d", n)
	}
	return T(n), nil
}
