package ftp_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"ftpbridge/ftp"
)

func TestPipelinedLogin(t *testing.T) {
	files := newFakeFiles()
	c := connect(t, serve(t, &ftp.Server{Driver: fakeDriver{files}}), "")
	c.send("USER user\r\nPASS pass\r\nmkd /cam\nNOOP\nMKD /cam/1\r\nPWD\r\nquit\r\n")
	for _, code := range []int{220, 331, 230, 257, 200, 257, 257, 221} {
		c.want(code)
	}
	c.wantEnd()
}

func TestManyPipelinedCommands(t *testing.T) {
	_, c := serveFake(t)
	const n = 200 // more than are held behind a job
	c.send(strings.Repeat("CWD /\r\n", n))
	for range n {
		c.want(250)
	}
}

func TestFloodBehindACommandIsNotKept(t *testing.T) {
	files, c := serveFake(t)
	files.put("/a", nil)
	release := make(chan struct{})
	files.onRename = func(context.Context) error {
		files.events <- "renaming"
		<-release
		return nil
	}
	c.do("RNFR a", 350)
	c.send("RNTO b\r\n")
	files.await(t)
	flood := []byte(strings.Repeat("NOOP "+strings.Repeat("x", 4000)+"\r\n", 10_000))
	if err := c.conn.SetWriteDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.conn.Write(flood); err == nil {
		t.Errorf("the server took %d bytes", n)
	}
	close(release)
	c.want(250)
	c.want(200)
}

func TestLoginFailuresAreAlike(t *testing.T) {
	address := serve(t, &ftp.Server{Driver: fakeDriver{newFakeFiles()}})
	c := connect(t, address, "")
	c.want(220)
	var replies []string
	for i, line := range []string{"USER nobody", "USER user", "USER user", "USER user", "USER user"} {
		replies = append(replies, c.do(line, 331), c.do(fmt.Sprintf("PASS wrong%d", i), 530))
	}
	for i := 2; i < len(replies); i += 2 {
		if replies[i] != replies[0] || replies[i+1] != replies[1] {
			t.Errorf("replies differ: %q and %q", replies[:2], replies[i:i+2])
		}
	}
	c.wantEnd() // after the fifth
}

func TestLoginImpossible(t *testing.T) {
	c := connect(t, serve(t, &ftp.Server{Driver: fakeDriver{newFakeFiles()}}), "")
	c.want(220)
	c.do("USER broken", 331)
	if got := c.do("PASS pass", 421); strings.Contains(got, "directory") {
		t.Errorf("reply %q tells of the server's inside", got)
	}
	c.wantEnd()
}

func TestTimeouts(t *testing.T) {
	address := serve(t, &ftp.Server{
		Driver: fakeDriver{newFakeFiles()}, LoginTimeout: 100 * time.Millisecond, IdleTimeout: 50 * time.Millisecond,
	})
	t.Run("login", func(t *testing.T) {
		c := connect(t, address, "")
		c.want(220)
		c.do("USER user", 331)
		c.want(421)
		c.wantEnd()
	})
	t.Run("idle", func(t *testing.T) {
		c := login(t, address)
		c.send("NO") // no command yet
		c.want(421)
		c.wantEnd()
	})
}

// TestSecondLogin gives a session that had its user for longer than a login may
// take the same time again for the next.
func TestSecondLogin(t *testing.T) {
	address := serve(t, &ftp.Server{Driver: fakeDriver{newFakeFiles()}, LoginTimeout: 300 * time.Millisecond})
	for _, end := range []string{"USER user", "REIN"} {
		t.Run(end, func(t *testing.T) {
			c := login(t, address)
			stranger := connect(t, address, "")
			stranger.want(220)
			stranger.want(421) // so this much time has passed
			c.send(end + "\r\n")
			c.reply()
			c.login()
			c.do("PWD", 257)
		})
	}
}

// TestREINDoesNotProlongTheLogin keeps a client without a user from staying.
func TestREINDoesNotProlongTheLogin(t *testing.T) {
	c := connect(t, serve(t, &ftp.Server{Driver: fakeDriver{newFakeFiles()}, LoginTimeout: 100 * time.Millisecond}), "")
	c.want(220)
	for line := "220"; strings.HasPrefix(line, "220"); {
		if _, err := io.WriteString(c.conn, "REIN\r\n"); err != nil {
			return // closed
		}
		line, _ = c.in.ReadString('\n')
	}
}

func TestLines(t *testing.T) {
	address := serve(t, &ftp.Server{Driver: fakeDriver{newFakeFiles()}})
	tests := map[string]struct {
		send string
		want []int
	}{
		"bare LF":                 {"NOOP\nNOOP\n", []int{200, 200}},
		"lower case":              {"noop\r\n", []int{200}},
		"4096 bytes":              {"CWD " + strings.Repeat("x", 4092) + "\r\n", []int{550}},
		"4097 bytes":              {"CWD " + strings.Repeat("x", 4093) + "\r\nNOOP\r\n", []int{500, 200}},
		"4096 bytes and bare LF":  {"CWD " + strings.Repeat("x", 4092) + "\n", []int{550}},
		"a megabyte":              {strings.Repeat("x", 1<<20) + "\r\nNOOP\r\n", []int{500, 200}},
		"empty":                   {"\r\n", []int{500}},
		"Telnet option":           {"NO\xff\xfd\x01OP\r\n", []int{200}},
		"Telnet IP and DM":        {"\xff\xf4\xff\xf2NOOP\r\n", []int{200}},
		"Telnet IAC IAC":          {"CWD a\xff\xffb\r\n", []int{553}}, // byte 255: no UTF-8
		"NUL in a path":           {"CWD a\x00b\r\n", []int{553}},
		"CR in a path":            {"CWD a\rb\r\n", []int{553}},
		"no UTF-8":                {"CWD a\xe4b\r\n", []int{553}},
		"NUL in a number":         {"REST 1\x00\r\n", []int{501}},
		"blanks before and after": {"  PWD  \r\nTYPE  I \r\n", []int{257, 200}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := login(t, address)
			c.send(tt.send)
			for _, code := range tt.want {
				c.want(code)
			}
			c.do("SYST", 215)
		})
	}
}

func TestLineInPieces(t *testing.T) {
	_, c := serveFake(t)
	for _, piece := range []string{"N", "OO", "P\r", "\nNO", "OP\xff", "\xfd", "\x01\r\n"} {
		c.send(piece)
	}
	c.want(200)
	c.want(200)
}

func TestMaxSessions(t *testing.T) {
	address := serve(t, &ftp.Server{Driver: fakeDriver{newFakeFiles()}, MaxSessions: 1})
	first := login(t, address)
	second := connect(t, address, "")
	second.want(421)
	second.wantEnd()
	first.do("QUIT", 221)
	first.wantEnd()
	for { // the place is free an instant after the connection's end
		c := connect(t, address, "")
		if strings.HasPrefix(c.reply(), "220") {
			return
		}
	}
}

// otherConn hides that a connection is a plain socket, as TLS would.
type otherConn struct{ net.Conn }

type otherListener struct{ net.Listener }

func (l otherListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return otherConn{conn}, nil
}

func TestAnyKindOfConnection(t *testing.T) {
	files := newFakeFiles()
	address := serveOn(t, &ftp.Server{Driver: fakeDriver{files}}, otherListener{listen(t, "127.0.0.1:0")})
	c := login(t, address)
	data := beginUpload(t, files, c)
	c.do("NOOP", 200)
	data.Close()
	c.want(226)
	if got := files.await(t); got != "commit /a.txt" {
		t.Errorf("event %q", got)
	}
	c.send("NO")
	c.send("OP\r\n")
	c.want(200)

	beginUpload(t, files, c)
	c.conn.Close()
	if got, want := files.await(t), "suspend /a.txt: control connection lost"; got != want {
		t.Errorf("event %q, want %q", got, want)
	}
}

// syncBuffer is a bytes.Buffer for several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// requestError is a store's, which tells the request.
type requestError string

func (requestError) Error() string       { return ftp.ErrBusy.Error() }
func (requestError) Unwrap() error       { return ftp.ErrBusy }
func (e requestError) RequestID() string { return string(e) }

func TestLog(t *testing.T) {
	var log syncBuffer
	files := newFakeFiles()
	server := &ftp.Server{Driver: fakeDriver{files}, Logger: slog.New(slog.NewTextHandler(&log, nil)), ActiveMode: true}
	listener := listen(t, "127.0.0.1:0")
	done := make(chan error, 1)
	go func() { done <- server.Serve(context.Background(), listener) }()

	c := connect(t, listener.Addr().String(), "")
	c.want(220)
	c.do("USER user", 331)
	c.do("PASS secret1", 530)
	c.login()
	data := c.epsv()
	c.do("STOR a\tb.txt", 150)
	write(t, data, "hello")
	data.Close()
	c.want(226)
	data = c.epsv()
	c.do("REST 2", 350)
	c.do("RETR a\tb.txt", 150)
	readAll(t, data)
	c.want(226)
	c.do("RNFR a\tb.txt", 350)
	c.do("RNTO c", 250)
	files.onRename = func(context.Context) error { return fmt.Errorf("copy: %w", requestError("R1")) }
	c.do("RNFR c", 350)
	c.do("RNTO e", 450)
	c.do("DELE c", 250)
	c.do("DELE c", 550)
	files.onStat = func(context.Context, string) error { return fmt.Errorf("request 7: %w", requestError("R2")) }
	c.do("SIZE c", 450)
	c.do("MKD d", 257)
	c.do("RMD d", 250)
	c.do("PORT 127,0,0,9,9,9", 501)
	c.do("QUIT", 221)
	c.wantEnd()
	if err := server.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	<-done

	text := log.String()
	for _, want := range []string{
		`msg=login session=`,
		`outcome=refused reason="login incorrect: wrong password" reply=530`,
		` user=user client_ip=127.0.0.1 client_port=`,
		`msg=upload`,
		`path="/a\tb.txt" outcome=ok reply=226 bytes=5 offset=0 duration_ms=`,
		` first_byte_ms=`,
		` checksum="crc32c=00000000" version=1`,
		`msg=download`,
		`outcome=ok reply=226 bytes=3 offset=2`,
		`msg=rename`, `path="/a\tb.txt" outcome=ok reply=250 to=/c`,
		`msg=delete`, `path=/c outcome=failed reply=550 reason="file does not exist"`,
		`msg=mkdir`, `path=/d outcome=ok reply=257`,
		`msg=refused`, `active mode to somewhere else`,
		`outcome=failed reply=450 reason="copy: store busy" store_request_id=R1 to=/e`,
		`command=SIZE path=c reason="request 7: store busy" reply=450 store_request_id=R2`,
		`msg=logout`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %q", want)
		}
	}
	for _, secret := range []string{"secret1", "pass"} {
		if strings.Contains(strings.ReplaceAll(text, "wrong password", ""), secret) {
			t.Errorf("the log tells the password %q", secret)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestConnectAndCloseIsQuiet(t *testing.T) {
	var log syncBuffer
	server := &ftp.Server{Driver: fakeDriver{newFakeFiles()}, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	address := serve(t, server)
	c := connect(t, address, "")
	c.want(220)
	c.conn.CloseWrite()
	if _, err := io.ReadAll(c.in); err != nil {
		t.Fatal(err)
	}
	if got := log.String(); got != "" {
		t.Errorf("log: %s", got)
	}
}
