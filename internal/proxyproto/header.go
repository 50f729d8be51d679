package proxyproto

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/pires/go-proxyproto"
)

var (
	errNoHeader = errors.New("no PROXY protocol header")
	errSilent   = errors.New("closed before a PROXY protocol header")
	errNotTCP   = errors.New("PROXY protocol header of another protocol than TCP")
)

const (
	prefixV1   = "PROXY "
	longestV1  = 107 // bytes, with the line end
	fixedV2    = 16  // bytes before the addresses, of which the last two tell the length of the rest
	shortestV1 = len("PROXY UNKNOWN\r\n")
)

// addresses are the ends of a client's connection to the proxy.
type addresses struct {
	client, server *net.TCPAddr
}

// readHeader reads a header and not a byte more. The proxy's own connections,
// such as health checks, have no addresses (command LOCAL, protocol UNKNOWN).
func readHeader(r io.Reader) (of addresses, own bool, err error) {
	text, err := readHeaderBytes(r)
	if err != nil {
		return addresses{}, false, err
	}
	header, err := proxyproto.Read(bufio.NewReaderSize(bytes.NewReader(text), max(len(text), longestV1)))
	if err != nil {
		return addresses{}, false, err
	}
	if header.Command.IsLocal() {
		return addresses{}, true, nil
	}
	client, server, ok := header.TCPAddrs()
	if !ok {
		return addresses{}, false, errNotTCP
	}
	return addresses{client: client, server: server}, false, nil
}

// readHeaderBytes finds the end of the header: the library reads ahead, and
// what follows belongs to the protocol within, which reads from the socket.
func readHeaderBytes(r io.Reader) ([]byte, error) {
	// No header is shorter than that of version 1.
	text := make([]byte, shortestV1, longestV1)
	n, err := io.ReadFull(r, text)
	switch {
	case err != nil && n == 0 && !errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fmt.Errorf("%w: %w", errSilent, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errNoHeader, err)
	}
	switch {
	case bytes.HasPrefix(text, proxyproto.SIGV2):
		return readV2(r, text)
	case bytes.HasPrefix(text, []byte(prefixV1)):
		return readV1(r, text)
	default:
		return nil, errNoHeader
	}
}

// readV1 reads to the end of the line.
func readV1(r io.Reader, text []byte) ([]byte, error) {
	for text[len(text)-1] != '\n' {
		if len(text) == longestV1 {
			return nil, proxyproto.ErrVersion1HeaderTooLong
		}
		text = text[:len(text)+1]
		if _, err := io.ReadFull(r, text[len(text)-1:]); err != nil {
			return nil, fmt.Errorf("%w: %w", errNoHeader, err)
		}
	}
	return text, nil
}

// readV2 reads as much as the fixed part tells.
func readV2(r io.Reader, text []byte) ([]byte, error) {
	text = append(text, make([]byte, fixedV2-shortestV1)...)
	if _, err := io.ReadFull(r, text[shortestV1:]); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoHeader, err)
	}
	header := append(text, make([]byte, binary.BigEndian.Uint16(text[fixedV2-2:]))...)
	if _, err := io.ReadFull(r, header[fixedV2:]); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoHeader, err)
	}
	return header, nil
}
