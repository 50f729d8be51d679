package ftp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"

	"ftpbridge/ftp"
)

// passivePorts binds n consecutive free ports.
func passivePorts(t *testing.T, n uint16) (*ftp.PassivePorts, uint16) {
	t.Helper()
	for range 50 {
		probe := listen(t, "127.0.0.1:0")
		first := probe.Addr().(*net.TCPAddr).AddrPort().Port()
		probe.Close()
		var log syncBuffer
		ports, err := ftp.ListenPassive(context.Background(), ftp.PassiveConfig{
			First: first, Last: first + n - 1, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			continue // none is free
		}
		if log.String() != "" { // one of them is in use
			ports.Close()
			continue
		}
		t.Cleanup(func() {
			if err := ports.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
		return ports, first
	}
	t.Fatal("no free ports")
	return nil, 0
}

func TestPassiveClientsOfDifferentAddressesShareAPort(t *testing.T) {
	ports, number := passivePorts(t, 1)
	files := newFakeFiles()
	address := serve(t, &ftp.Server{Driver: fakeDriver{files}, Passive: ports})
	ips := []string{"127.0.0.1", "127.0.0.2", "127.0.0.3"}
	clients := make([]*client, len(ips))
	for i, ip := range ips {
		clients[i] = connect(t, address, ip)
		clients[i].want(220)
		clients[i].login()
		if got, want := clients[i].epsvAddress(), fmt.Sprintf("127.0.0.1:%d", number); got != want {
			t.Fatalf("EPSV told %s, want %s", got, want)
		}
	}
	for i := range ips { // connecting in another order than asking
		i = (i + 1) % len(ips)
		data := dial(t, fmt.Sprintf("127.0.0.1:%d", number), ips[i])
		clients[i].do(fmt.Sprintf("STOR %d", i), 150)
		write(t, data, ips[i])
		data.Close()
		clients[i].want(226)
	}
	for i, ip := range ips {
		if got, _ := files.get(fmt.Sprintf("/%d", i)); string(got) != ip {
			t.Errorf("file %d holds %q, want %q", i, got, ip)
		}
	}
}

func TestPassiveStrangerIsClosed(t *testing.T) {
	for _, pooled := range []bool{true, false} {
		t.Run(fmt.Sprintf("pooled %v", pooled), func(t *testing.T) {
			files := newFakeFiles()
			server := &ftp.Server{Driver: fakeDriver{files}}
			if pooled {
				server.Passive, _ = passivePorts(t, 1)
			}
			c := login(t, serve(t, server))
			address := c.epsvAddress()
			c.do("STOR a.txt", 150)
			stranger := dial(t, address, "127.0.0.2")
			wantClosed(t, stranger)
			data := dial(t, address, "127.0.0.1")
			write(t, data, "mine")
			data.Close()
			c.want(226)
			if got, _ := files.get("/a.txt"); string(got) != "mine" {
				t.Errorf("stored %q", got)
			}
		})
	}
}

func TestPassivePortIsHeldOnlyUntilTheConnection(t *testing.T) {
	ports, _ := passivePorts(t, 1)
	files := newFakeFiles()
	address := serve(t, &ftp.Server{Driver: fakeDriver{files}, Passive: ports})
	first, second := login(t, address), login(t, address)

	firstData := first.epsv()
	first.do("STOR a.txt", 150)
	write(t, firstData, "x") // the transfer runs and the port is free again
	files.await(t)
	second.do("EPSV", 229)

	// Now it is held by second, and first waits for it in vain, until that
	// drops it.
	first.send("ABOR\r\n")
	first.want(426)
	first.want(226)
	first.send("EPSV\r\n")
	second.do("ABOR", 226)
	first.want(229)
}

func TestPassiveNewReplacesOld(t *testing.T) {
	ports, _ := passivePorts(t, 1)
	files := newFakeFiles()
	c := login(t, serve(t, &ftp.Server{Driver: fakeDriver{files}, Passive: ports, ActiveMode: true}))
	old := dial(t, c.epsvAddress(), "")
	data := c.epsv()
	wantClosed(t, old)
	c.do("STOR a.txt", 150)
	write(t, data, "new")
	data.Close()
	c.want(226)

	data = c.epsv()
	c.do("PORT 127,0,0,1,200,200", 200)
	wantClosed(t, data)
}

func TestPassiveHost(t *testing.T) {
	networks := []ftp.PassiveNetwork{
		{Clients: netip.MustParsePrefix("127.0.0.2/32"), Addr: netip.MustParseAddr("192.0.2.2")},
		{Clients: netip.MustParsePrefix("127.0.0.0/30"), Addr: netip.MustParseAddr("192.0.2.3")},
	}
	for name, tt := range map[string]struct {
		host *ftp.PassiveHost
		from string
		want string
	}{
		"address":              {&ftp.PassiveHost{Addr: netip.MustParseAddr("192.0.2.7")}, "", "192,0,2,7"},
		"first network":        {&ftp.PassiveHost{Networks: networks}, "127.0.0.2", "192,0,2,2"},
		"second network":       {&ftp.PassiveHost{Networks: networks}, "127.0.0.3", "192,0,2,3"},
		"none of the networks": {&ftp.PassiveHost{Networks: networks}, "127.0.0.9", "127,0,0,1"},
	} {
		t.Run(name, func(t *testing.T) {
			address := serve(t, &ftp.Server{Driver: fakeDriver{newFakeFiles()}, PassiveHost: tt.host})
			c := connect(t, address, tt.from)
			c.want(220)
			c.login()
			if got := c.do("PASV", 227); !strings.HasPrefix(got, "227 Entering Passive Mode ("+tt.want+",") {
				t.Errorf("PASV: %q", got)
			}
		})
	}
}

func TestPassiveHostNotFound(t *testing.T) {
	host := &ftp.PassiveHost{Name: "ftp.example.com", Lookup: func(context.Context, string) ([]netip.Addr, error) {
		return nil, errors.New("no such name")
	}}
	c := login(t, serve(t, &ftp.Server{Driver: fakeDriver{newFakeFiles()}, PassiveHost: host}))
	c.do("PASV", 425)
	c.do("EPSV", 229) // which tells no address
}

func TestEPSVAll(t *testing.T) {
	_, c := serveFake(t)
	c.do("EPSV all", 200)
	for _, command := range []string{"PASV", "PORT 127,0,0,1,200,200", "EPRT |1|127.0.0.1|5000|"} {
		c.do(command, 501)
	}
	c.do("EPSV", 229)
}

func TestIPv6(t *testing.T) {
	ports, _ := passivePorts(t, 2)
	files := newFakeFiles()
	files.put("/a.txt", []byte("six"))
	for name, server := range map[string]*ftp.Server{
		"pooled": {Driver: fakeDriver{files}, Passive: ports, ActiveMode: true},
		"any":    {Driver: fakeDriver{files}, ActiveMode: true},
	} {
		t.Run(name, func(t *testing.T) {
			c := login(t, serveOn(t, server, listen(t, "[::1]:0")))
			c.do("PASV", 425)
			c.do("EPSV 1", 522)
			data := c.epsv()
			c.do("RETR a.txt", 150)
			if got := readAll(t, data); got != "six" {
				t.Errorf("received %q", got)
			}
			c.want(226)

			listener := listen(t, "[::1]:0")
			c.do(fmt.Sprintf("EPRT |2|::1|%d|", listener.Addr().(*net.TCPAddr).Port), 200)
			if got := retrieveActive(t, c, listener); got != "six" {
				t.Errorf("received %q", got)
			}
		})
	}
}

// retrieveActive fetches a.txt over a connection that the server makes.
func retrieveActive(t *testing.T, c *client, listener net.Listener) string {
	t.Helper()
	c.send("RETR a.txt\r\n")
	data, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	got, err := io.ReadAll(data)
	if err != nil {
		t.Fatal(err)
	}
	c.want(150)
	c.want(226)
	return string(got)
}

func TestIPv4MappedClient(t *testing.T) {
	files := newFakeFiles()
	files.put("/a.txt", []byte("four"))
	listener := listen(t, "[::]:0")
	serveOn(t, &ftp.Server{Driver: fakeDriver{files}, ActiveMode: true}, listener)
	c := login(t, fmt.Sprintf("127.0.0.1:%d", listener.Addr().(*net.TCPAddr).Port))
	if got := c.do("PASV", 227); !strings.HasPrefix(got, "227 Entering Passive Mode (127,0,0,1,") {
		t.Errorf("PASV: %q", got)
	}
	data := c.epsv()
	c.do("RETR a.txt", 150)
	if got := readAll(t, data); got != "four" {
		t.Errorf("received %q", got)
	}
	c.want(226)
	target := listen(t, "127.0.0.1:0")
	port := target.Addr().(*net.TCPAddr).Port
	c.do(fmt.Sprintf("PORT 127,0,0,1,%d,%d", port>>8, port&255), 200)
	if got := retrieveActive(t, c, target); got != "four" {
		t.Errorf("received %q", got)
	}
}

func TestActiveTargets(t *testing.T) {
	_, c := serveFake(t)
	for command, code := range map[string]int{
		"PORT 127,0,0,2,200,200":      501, // a third party
		"PORT 10,0,0,1,200,200":       501,
		"PORT 127,0,0,1,0,25":         504, // a service's port
		"EPRT |1|127.0.0.2|50000|":    501,
		"EPRT |2|::1|50000|":          501,
		"EPRT |2|::ffff:127.0.0.1|9|": 504,
		"EPRT |3|x|50000|":            522,
		"EPRT |1|127.0.0.1|1023|":     504,
		"EPRT |1|127.0.0.1|1024|":     200,
		"PORT 127,0,0,1,200,200":      200,
	} {
		c.do(command, code)
	}
}

// TestActivePort: data connections leave from port 20 if the system grants it,
// else from any.
func TestActivePort(t *testing.T) {
	files, c := serveFake(t)
	files.put("/a.txt", []byte("x"))
	target := listen(t, "127.0.0.1:0")
	from := func() int {
		c.do(fmt.Sprintf("EPRT |1|127.0.0.1|%d|", target.Addr().(*net.TCPAddr).Port), 200)
		c.send("RETR a.txt\r\n")
		data, err := target.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer data.Close()
		c.want(150)
		readAll(t, data)
		c.want(226)
		return data.RemoteAddr().(*net.TCPAddr).Port
	}
	privileged, err := net.Listen("tcp", "127.0.0.1:20")
	if err != nil {
		if port := from(); port == 20 {
			t.Errorf("from port %d, which cannot be had: %v", port, err)
		}
		return
	}
	if port := from(); port == 20 {
		t.Error("from port 20 while another has it")
	}
	privileged.Close()
	if port := from(); port != 20 {
		t.Errorf("from port %d", port)
	}
	from() // between the same two ports as a moment ago
	from()
}

func TestActiveModeOff(t *testing.T) {
	c := login(t, serve(t, &ftp.Server{Driver: fakeDriver{newFakeFiles()}}))
	c.do("PORT 127,0,0,1,200,200", 502)
	c.do("EPRT |1|127.0.0.1|5000|", 502)
	if got := c.do("FEAT", 211); strings.Contains(got, "EPRT") {
		t.Errorf("FEAT: %q", got)
	}
}

func TestListenPassivePortInUse(t *testing.T) {
	used := listen(t, ":0").Addr().(*net.TCPAddr).AddrPort().Port()
	if ports, err := ftp.ListenPassive(context.Background(), ftp.PassiveConfig{First: used, Last: used}); err == nil {
		t.Errorf("bound %d twice, Close = %v", used, ports.Close())
	}
	if _, err := ftp.ListenPassive(context.Background(), ftp.PassiveConfig{First: 2, Last: 1}); err == nil {
		t.Error("a range from 2 to 1 was accepted")
	}
}
