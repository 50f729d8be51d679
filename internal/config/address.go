package config

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Addresses are TCP addresses to listen on, "host:port" or ":port".
type Addresses []string

// UnmarshalText reads a comma-separated list.
func (a *Addresses) UnmarshalText(text []byte) error {
	var list Addresses
	for address := range strings.SplitSeq(string(text), ",") {
		address = strings.TrimSpace(address)
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return errors.New("not host:port")
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return errors.New("not a port number")
		}
		list = append(list, address)
	}
	*a = list
	return nil
}

func (a Addresses) String() string { return strings.Join(a, ",") }

// PortRange is an inclusive range of ports; the zero value means any free one.
type PortRange struct {
	First, Last uint16
}

// UnmarshalText reads "50000-50029", "50000" or "0".
func (r *PortRange) UnmarshalText(text []byte) error {
	first, last, isRange := strings.Cut(string(text), "-")
	if !isRange {
		last = first
	}
	low, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return errors.New("not a port number")
	}
	high, err := strconv.ParseUint(last, 10, 16)
	if err != nil {
		return errors.New("not a port number")
	}
	if low > high || (low == 0 && isRange) {
		return errors.New("not a range of ports")
	}
	*r = PortRange{First: uint16(low), Last: uint16(high)}
	return nil
}

// Any tells that any free port will do.
func (r PortRange) Any() bool { return r == PortRange{} }

// Contains tells whether the port is one of the range.
func (r PortRange) Contains(port uint16) bool {
	return !r.Any() && r.First <= port && port <= r.Last
}

func (r PortRange) String() string {
	if r.First == r.Last {
		return strconv.Itoa(int(r.First))
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}
