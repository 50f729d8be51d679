package proxyproto_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ftpbridge/internal/proxyproto"
)

const (
	proxyAddr    = "127.0.0.1" // is trusted
	strangerAddr = "127.0.0.2"

	signature = "\r\n\r\n\x00\r\nQUIT\n"
	clientV1  = "PROXY TCP4 192.0.2.7 203.0.113.1 40000 21\r\n"
	clientV2  = signature + "\x21\x11\x00\x0c" + "\xc0\x00\x02\x07" + "\xcb\x00\x71\x01" + "\x9c\x40" + "\x00\x15"
	localV2   = signature + "\x20\x00\x00\x00"
	unknownV1 = "PROXY UNKNOWN\r\n"
)

// records collects log records as lines of level, event and fields.
type records chan string

func (r records) Write(p []byte) (int, error) {
	r <- string(p)
	return len(p), nil
}

func (r records) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// listen accepts connections on the loopback.
func listen(t *testing.T, config proxyproto.Config) (net.Listener, records) {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := make(records, 100)
	config.From = fromProxy().From
	config.Logger = log.logger()
	listener := proxyproto.Listen(inner, config)
	t.Cleanup(func() { listener.Close() })
	return listener, log
}

// connect comes from an address and sends text.
func connect(t *testing.T, listener net.Listener, from, text string) *net.TCPConn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := dialer.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

func fromProxy() proxyproto.Config {
	return proxyproto.Config{From: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix(proxyAddr + "/32")}}
}

func accept(t *testing.T, listener net.Listener) net.Conn {
	t.Helper()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestHeaderTellsAddresses(t *testing.T) {
	tests := map[string]struct{ header, client, server string }{
		"v1": {clientV1, "192.0.2.7:40000", "203.0.113.1:21"},
		"v2": {clientV2, "192.0.2.7:40000", "203.0.113.1:21"},
		"v1 IPv6": {
			"PROXY TCP6 2001:db8::7 2001:db8::1 65535 990\r\n", "[2001:db8::7]:65535", "[2001:db8::1]:990",
		},
		"v2 IPv6 with TLVs": {
			signature + "\x21\x21\x00\x2a" + strings.Repeat("\x00", 15) + "\x01" + strings.Repeat("\x00", 15) + "\x02" + "\x00\x05" + "\x00\x06" + "\xea\x00\x03vpc",
			"[::1]:5", "[::2]:6",
		},
		"v2 with the longest TLVs": {
			signature + "\x21\x11\x10\x00" + "\xc0\x00\x02\x07" + "\xcb\x00\x71\x01" + "\x9c\x40" + "\x00\x15" + "\x04\x0f\xf1" + strings.Repeat("x", 0xff1),
			"192.0.2.7:40000", "203.0.113.1:21",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			listener, _ := listen(t, proxyproto.Config{RefuseOwn: true})
			client := connect(t, listener, proxyAddr, tt.header+"USER scanner\r\n")
			client.CloseWrite()
			conn := accept(t, listener)
			if got := conn.RemoteAddr().String(); got != tt.client {
				t.Errorf("client %s, want %s", got, tt.client)
			}
			if got := conn.LocalAddr().String(); got != tt.server {
				t.Errorf("server %s, want %s", got, tt.server)
			}
			// The socket itself must hold all that follows the header.
			socket := conn.(interface{ NetConn() net.Conn }).NetConn().(*net.TCPConn)
			if got, err := io.ReadAll(socket); err != nil || string(got) != "USER scanner\r\n" {
				t.Errorf("after the header %q, %v", got, err)
			}
			if got := socket.RemoteAddr().String(); got != client.LocalAddr().String() {
				t.Errorf("the proxy is %s, want %s", got, client.LocalAddr())
			}
		})
	}
}

func TestHeaderInPieces(t *testing.T) {
	for _, header := range []string{clientV1, clientV2} {
		listener, _ := listen(t, proxyproto.Config{})
		client := connect(t, listener, proxyAddr, "")
		client.SetNoDelay(true)
		for i := range header {
			if _, err := io.WriteString(client, header[i:i+1]); err != nil {
				t.Fatal(err)
			}
		}
		if got := accept(t, listener).RemoteAddr().String(); got != "192.0.2.7:40000" {
			t.Errorf("client %s of header %q", got, header)
		}
	}
}

// TestStrangersCannotClaimAnAddress: their header is not read, so it is what
// the protocol within makes of it.
func TestStrangersCannotClaimAnAddress(t *testing.T) {
	for _, header := range []string{clientV1, clientV2, localV2} {
		listener, _ := listen(t, proxyproto.Config{RefuseOwn: true})
		client := connect(t, listener, strangerAddr, header)
		client.CloseWrite()
		conn := accept(t, listener)
		if got := conn.RemoteAddr().String(); got != client.LocalAddr().String() {
			t.Errorf("client %s, want its own address", got)
		}
		if got, err := io.ReadAll(conn); err != nil || string(got) != header {
			t.Errorf("read %q, %v; want all that was sent", got, err)
		}
	}
}

func TestStrangersNeedNoHeader(t *testing.T) {
	listener, _ := listen(t, proxyproto.Config{})
	client := connect(t, listener, strangerAddr, "")
	if got := accept(t, listener).RemoteAddr().String(); got != client.LocalAddr().String() {
		t.Errorf("client %s, want %s", got, client.LocalAddr())
	}
}

func TestRefused(t *testing.T) {
	tests := map[string]struct{ sent, level string }{
		"another protocol":             {"USER scanner\r\nPASS x\r\n", "INFO"},
		"beginning of another":         {"\x16\x03\x01", "INFO"},
		"health check by connecting":   {"", "DEBUG"},
		"part of a header":             {"PROXY TCP4 192.0.2.7 203.0", "INFO"},
		"lower case":                   {"proxy TCP4 192.0.2.7 203.0.113.1 40000 21\r\n", "INFO"},
		"v1 without CR":                {"PROXY TCP4 192.0.2.7 203.0.113.1 40000 21\n", "INFO"},
		"v1 with several lines":        {"PROXY \nUNKNOWN\r\n", "INFO"},
		"v1 of 108 bytes":              {"PROXY UNKNOWN " + strings.Repeat("x", 92) + "\r\n", "INFO"},
		"v1 of UDP":                    {"PROXY UDP4 192.0.2.7 203.0.113.1 40000 21\r\n", "INFO"},
		"v1 with a name":               {"PROXY TCP4 client.example 203.0.113.1 40000 21\r\n", "INFO"},
		"v2 of UDP":                    {strings.Replace(clientV2, "\x21\x11", "\x21\x12", 1), "INFO"},
		"v2 of UNIX":                   {signature + "\x21\x31\x00\xd8" + strings.Repeat("x", 216), "INFO"},
		"v2 of an unspecified address": {signature + "\x21\x00\x00\x00", "INFO"},
		"v2 without addresses":         {signature + "\x21\x11\x00\x00", "INFO"},
		"v2 cut":                       {clientV2[:20], "INFO"},
		"v2 of version 3":              {signature + "\x31\x11\x00\x00", "INFO"},
		"v2 too long":                  {signature + "\x21\x11\x10\x01" + strings.Repeat("x", 0x1001), "INFO"},
		"v2 of the proxy":              {localV2, "DEBUG"},
		"v1 of the proxy":              {unknownV1, "DEBUG"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			listener, log := listen(t, proxyproto.Config{RefuseOwn: true})
			client := connect(t, listener, proxyAddr, tt.sent)
			client.CloseWrite()
			record := <-log
			for _, want := range []string{"level=" + tt.level, "msg=refused", "client_ip=" + proxyAddr, "reason="} {
				if !strings.Contains(record, want) {
					t.Errorf("record %q without %q", record, want)
				}
			}
			if got, _ := io.ReadAll(client); len(got) > 0 { // ends by FIN or RST
				t.Errorf("read %q", got)
			}
		})
	}
}

// TestProxyItself: what the proxy does on its own behalf has its address.
func TestProxyItself(t *testing.T) {
	for _, header := range []string{localV2, unknownV1, "PROXY UNKNOWN 192.0.2.7 203.0.113.1 40000 21\r\n", strings.Replace(clientV2, "\x21\x11", "\x20\x11", 1)} {
		listener, _ := listen(t, proxyproto.Config{})
		client := connect(t, listener, proxyAddr, header)
		if got := accept(t, listener).RemoteAddr().String(); got != client.LocalAddr().String() {
			t.Errorf("client %s of header %q, want %s", got, header, client.LocalAddr())
		}
	}
}

func TestMissingHeaderHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := newPipes()
		listener := proxyproto.Listen(inner, fromProxy())
		defer listener.Close()
		began := time.Now()
		inner.connect()
		go io.WriteString(inner.connect(), clientV1[:10])
		go io.WriteString(inner.connect(), clientV1)
		conn, err := listener.Accept()
		if err != nil || conn.RemoteAddr().String() != "192.0.2.7:40000" {
			t.Fatalf("Accept = %v, %v", conn, err)
		}
		conn.Close()
		if waited := time.Since(began); waited != 0 {
			t.Errorf("waited for %v", waited)
		}
	})
}

func TestAddressWithZone(t *testing.T) {
	inner := newPipes()
	inner.from = &net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth0", Port: 40000}
	listener := proxyproto.Listen(inner, proxyproto.Config{From: []netip.Prefix{netip.MustParsePrefix("fe80::/64")}})
	defer listener.Close()
	go io.WriteString(inner.connect(), clientV1)
	if got := accept(t, listener).RemoteAddr().String(); got != "192.0.2.7:40000" {
		t.Errorf("client %s", got)
	}
}

// TestDeadlineEndsWithTheHeader: what follows may take its time.
func TestDeadlineEndsWithTheHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := newPipes()
		listener := proxyproto.Listen(inner, fromProxy())
		defer listener.Close()
		client := inner.connect()
		if _, err := io.WriteString(client, clientV1); err != nil {
			t.Fatal(err)
		}
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		time.AfterFunc(time.Hour, func() { io.WriteString(client, "x") })
		if n, err := conn.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("Read = %d, %v", n, err)
		}
	})
}

func TestHeaderTimeout(t *testing.T) {
	for _, sent := range []string{"", clientV1[:20], clientV2[:20]} {
		synctest.Test(t, func(t *testing.T) {
			inner := newPipes()
			var log bytes.Buffer
			config := fromProxy()
			config.Logger = slog.New(slog.NewTextHandler(&log, nil))
			listener := proxyproto.Listen(inner, config)
			defer listener.Close()
			client := inner.connect()
			began := time.Now()
			go io.WriteString(client, sent)
			if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Errorf("Read = %v, want the end", err)
			}
			if waited := time.Since(began); waited != 5*time.Second {
				t.Errorf("waited for %v", waited)
			}
			synctest.Wait()
			if !strings.Contains(log.String(), "level=INFO msg=refused") {
				t.Errorf("log: %s", log.String())
			}
		})
	}
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := newPipes()
		listener := proxyproto.Listen(inner, fromProxy())
		incomplete, complete := inner.connect(), inner.connect()
		for conn, header := range map[net.Conn]string{incomplete: clientV1[:10], complete: clientV1} {
			if _, err := io.WriteString(conn, header); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait() // one waits for its header, the other for Accept
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		for _, conn := range []net.Conn{incomplete, complete} {
			if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Errorf("Read = %v, want the end", err)
			}
		}
		if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept = %v, want net.ErrClosed", err)
		}
		if err := listener.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("second Close = %v, want net.ErrClosed", err)
		}
	})
}

// TestErrorsAreThoseBelow: they pass, and accepting goes on.
func TestErrorsAreThoseBelow(t *testing.T) {
	inner := newPipes()
	listener := proxyproto.Listen(inner, proxyproto.Config{})
	defer listener.Close()
	failure := errors.New("too many open files")
	inner.failures <- failure
	if _, err := listener.Accept(); !errors.Is(err, failure) {
		t.Errorf("Accept = %v, want %v", err, failure)
	}
	inner.connect()
	accept(t, listener)
	inner.Close()
	if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept = %v, want net.ErrClosed", err)
	}
}

// pipes is a listener of connections within the process, which runs on
// synthetic time.
type pipes struct {
	from     *net.TCPAddr
	conns    chan net.Conn
	failures chan error
	closed   chan struct{}
	once     sync.Once
}

func newPipes() *pipes {
	return &pipes{
		from:     &net.TCPAddr{IP: net.ParseIP(proxyAddr), Port: 40000},
		conns:    make(chan net.Conn, 1),
		failures: make(chan error, 1),
		closed:   make(chan struct{}),
	}
}

func (p *pipes) connect() net.Conn {
	client, server := net.Pipe()
	p.conns <- pipeEnd{server, p.from}
	return client
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case err := <-p.failures:
		return nil, err
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	err := net.ErrClosed
	p.once.Do(func() {
		close(p.closed)
		err = nil
	})
	return err
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(proxyAddr), Port: 21} }

type pipeEnd struct {
	net.Conn
	from *net.TCPAddr
}

func (p pipeEnd) RemoteAddr() net.Addr { return p.from }
