package ftp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ftpbridge/ftp"
)

func TestUploadAndDownload(t *testing.T) {
	files, c := serveFake(t)
	data := c.epsv()
	c.do("STOR a.txt", 150)
	write(t, data, "hello")
	data.Close()
	if got, want := c.want(226), "226 Stored 5 bytes, crc32c=00000000"; got != want {
		t.Errorf("reply %q, want %q", got, want)
	}
	if got, _ := files.get("/a.txt"); string(got) != "hello" {
		t.Errorf("stored %q", got)
	}
	data = c.epsv()
	c.do("REST 1", 350)
	if got, want := c.do("RETR a.txt", 150), "150 Sending a.txt (4 bytes)"; got != want {
		t.Errorf("reply %q, want %q", got, want)
	}
	if got := readAll(t, data); got != "ello" {
		t.Errorf("received %q", got)
	}
	c.want(226)
}

// beginUpload returns the data connection of an upload that has received "x".
func beginUpload(t *testing.T, files *fakeFiles, c *client) *net.TCPConn {
	t.Helper()
	data := c.epsv()
	c.do("STOR a.txt", 150)
	write(t, data, "x")
	if got := files.await(t); got != "read /a.txt" {
		t.Fatalf("event %q", got)
	}
	return data
}

func wantSuspended(t *testing.T, files *fakeFiles, cause string) {
	t.Helper()
	if got, want := files.await(t), "suspend /a.txt: "+cause; !strings.HasPrefix(got, want) {
		t.Errorf("event %q, want %q", got, want)
	}
	files.none(t)
	if _, ok := files.get("/a.txt"); ok {
		t.Error("the file was published")
	}
}

func TestUploadNotPublished(t *testing.T) {
	tests := map[string]struct {
		prepare string // a command before
		cut     func(t *testing.T, c *client, data *net.TCPConn)
		cause   string
		reply   int // 0: there is no one to tell
	}{
		"ABOR": {
			cut: func(t *testing.T, c *client, data *net.TCPConn) {
				c.send("ABOR\r\n")
			},
			cause: "aborted by the client", reply: 426,
		},
		"ABOR after a held command": {
			cut: func(t *testing.T, c *client, data *net.TCPConn) {
				c.send("PWD\r\nABOR\r\n")
			},
			cause: "aborted by the client", reply: 426,
		},
		"ABOR, then end of data": {
			cut: func(t *testing.T, c *client, data *net.TCPConn) {
				c.send("ABOR\r\n")
				c.want(426)
				data.Close()
			},
			cause: "aborted by the client",
		},
		"ABOR with Synch, DM urgent": {
			cut: func(t *testing.T, c *client, data *net.TCPConn) {
				sendUrgent(t, c.conn, "\xff\xf4\xff\xf2")
				c.send("ABOR\r\n")
			},
			cause: "aborted by the client", reply: 426,
		},
		"ABOR with Synch, IAC urgent": {
			cut: func(t *testing.T, c *client, data *net.TCPConn) {
				sendUrgent(t, c.conn, "\xff\xf4\xff")
				c.send("\xf2ABOR\r\n")
			},
			cause: "aborted by the client", reply: 426,
		},
		"control connection closed": {
			cut:   func(t *testing.T, c *client, data *net.TCPConn) { c.conn.Close() },
			cause: "control connection lost",
		},
		"control connection reset": {
			cut:   func(t *testing.T, c *client, data *net.TCPConn) { reset(t, c.conn) },
			cause: "control connection lost",
		},
		"control connection closed, then end of data": {
			cut: func(t *testing.T, c *client, data *net.TCPConn) {
				c.conn.Close()
				data.Close()
			},
			cause: "control connection lost",
		},
		"control connection closed behind commands": {
			cut: func(t *testing.T, c *client, data *net.TCPConn) {
				c.send(strings.Repeat("PWD\r\n", 40))
				c.conn.Close()
				data.Close()
			},
			cause: "control connection lost",
		},
		"data connection reset": {
			cut:   func(t *testing.T, c *client, data *net.TCPConn) { reset(t, data) },
			cause: "data connection lost", reply: 426,
		},
		"fewer bytes than ALLO": {
			prepare: "ALLO 2",
			cut:     func(t *testing.T, c *client, data *net.TCPConn) { data.Close() },
			cause:   "fewer bytes than announced by ALLO: 1 of 2", reply: 426,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			files, c := serveFake(t)
			c.do("TYPE I", 200)
			if tt.prepare != "" {
				c.do(tt.prepare, 200)
			}
			data := beginUpload(t, files, c)
			tt.cut(t, c, data)
			wantSuspended(t, files, tt.cause)
			if tt.reply != 0 {
				c.want(tt.reply)
			}
		})
	}
}

// sendUrgent sends text with its last byte as TCP urgent data.
func sendUrgent(t *testing.T, conn *net.TCPConn, text string) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var sendErr error
	err = raw.Write(func(fd uintptr) bool {
		sendErr = unix.Sendto(int(fd), []byte(text), unix.MSG_OOB, nil)
		return true
	})
	if err := errors.Join(err, sendErr); err != nil {
		t.Fatal(err)
	}
}

func TestUploadPublished(t *testing.T) {
	tests := map[string]struct {
		prepare []string
		old     string // content before
		data    string
		want    string
	}{
		"empty":                        {nil, "", "", ""},
		"as many bytes as ALLO":        {[]string{"TYPE I", "ALLO 2"}, "", "ab", "ab"},
		"more bytes than ALLO":         {[]string{"TYPE I", "ALLO 1"}, "", "ab", "ab"},
		"ALLO counts no ASCII":         {[]string{"TYPE A", "ALLO 100"}, "", "ab", "ab"},
		"ALLO of the rest":             {[]string{"TYPE I", "REST 3", "ALLO 2"}, "abcd", "XY", "abcXY"},
		"ALLO of the whole":            {[]string{"TYPE I", "REST 3", "ALLO 5"}, "abcd", "XY", "abcXY"},
		"REST outlives TYPE":           {[]string{"REST 1", "TYPE I"}, "abcd", "XY", "aXY"},
		"ASCII mode changes no bytes":  {[]string{"TYPE A"}, "", "a\r\nb\nc\r", "a\r\nb\nc\r"},
		"ALLO is for one upload only":  {[]string{"TYPE I", "ALLO 5", "LIST"}, "", "ab", "ab"},
		"REST is for one command only": {[]string{"REST 1", "LIST"}, "abcd", "XY", "XY"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			files, c := serveFake(t)
			if tt.old != "" {
				files.put("/a.txt", []byte(tt.old))
			}
			for _, command := range tt.prepare {
				if command == "LIST" {
					data := c.epsv()
					c.do(command, 150)
					readAll(t, data)
					c.want(226)
					continue
				}
				c.send(command + "\r\n")
				c.reply()
			}
			data := c.epsv()
			c.do("STOR a.txt", 150)
			write(t, data, tt.data)
			data.Close()
			c.want(226)
			if got, _ := files.get("/a.txt"); string(got) != tt.want {
				t.Errorf("stored %q, want %q", got, tt.want)
			}
		})
	}
}

func TestALLOAfterREST(t *testing.T) {
	files, c := serveFake(t)
	files.put("/a.txt", []byte("abcd"))
	c.do("TYPE I", 200)
	c.do("REST 3", 350)
	c.do("ALLO 6", 200)
	data := c.epsv()
	c.do("STOR a.txt", 150)
	write(t, data, "XY")
	data.Close()
	c.want(426)
	if got, _ := files.get("/a.txt"); string(got) != "abcd" {
		t.Errorf("the file became %q", got)
	}
}

func TestQuitDuringUpload(t *testing.T) {
	for name, leave := range map[string]func(*client){
		"client waits":       func(c *client) {},
		"client half-closes": func(c *client) { c.conn.CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			files, c := serveFake(t)
			data := beginUpload(t, files, c)
			c.send("PWD\r\nQUIT\r\n")
			leave(c)
			data.Close()
			c.want(226)
			c.want(257)
			c.want(221)
			c.wantEnd()
			if got := files.await(t); got != "commit /a.txt" {
				t.Errorf("event %q", got)
			}
		})
	}
}

func TestCommandsDuringTransfer(t *testing.T) {
	files, c := serveFake(t)
	data := beginUpload(t, files, c)
	c.do("NOOP", 200)
	if got := c.do("stat", 211); !strings.Contains(got, "STOR in progress: 1 bytes") {
		t.Errorf("STAT: %q", got)
	}
	c.send("CWD /nowhere\r\nNOOP\r\nUSER other\r\n") // wait, and in this order
	data.Close()
	c.want(226)
	c.want(550)
	c.want(200)
	c.want(331)
	c.do("PWD", 530)
}

func TestNoopWhileCommitting(t *testing.T) {
	files, c := serveFake(t)
	release := make(chan struct{})
	files.onCommit = func(ctx context.Context) error {
		files.events <- "committing"
		<-release
		return nil
	}
	data := beginUpload(t, files, c)
	data.Close()
	if got := files.await(t); got != "committing" {
		t.Fatalf("event %q", got)
	}
	c.do("NOOP", 200)
	close(release)
	c.want(226)
}

// waitForEnd holds a store call until its context ends.
func waitForEnd(ctx context.Context) error {
	<-ctx.Done()
	return fmt.Errorf("store: %w", ctx.Err())
}

func TestAbortDuringCommit(t *testing.T) {
	files, c := serveFake(t)
	files.onCommit = func(ctx context.Context) error {
		files.events <- "committing"
		return waitForEnd(ctx)
	}
	beginUpload(t, files, c).Close()
	if got := files.await(t); got != "committing" {
		t.Fatalf("event %q", got)
	}
	c.do("ABOR", 426)
	c.want(226)
	if got := files.await(t); got != "commit failed /a.txt" {
		t.Errorf("event %q", got)
	}
}

func TestAbortBeforeTheStoreAnswers(t *testing.T) {
	files, c := serveFake(t)
	files.put("/a.txt", []byte("x"))
	files.onList = func(ctx context.Context, _ int) error {
		files.events <- "listing"
		return waitForEnd(ctx)
	}
	c.epsv()
	c.send("LIST\r\n")
	files.await(t)
	c.do("ABOR", 426)
	c.want(226)
	c.do("NOOP", 200)
}

func TestAbortWithoutTransfer(t *testing.T) {
	_, c := serveFake(t)
	c.do("ABOR", 226)
	address := c.epsvAddress()
	c.do("ABOR", 226) // frees the port as well
	if conn, err := net.DialTimeout("tcp", address, testTimeout); err == nil {
		conn.Close()
		t.Error("the passive port is still open")
	}
	c.do("STOR a.txt", 425)
}

func TestAbortWhileWaitingForTheDataConnection(t *testing.T) {
	files, c := serveFake(t)
	c.epsvAddress()
	c.do("STOR a.txt", 150)
	c.do("ABOR", 426)
	c.want(226)
	wantSuspended(t, files, "aborted by the client")
}

func TestDownloadAborted(t *testing.T) {
	files, c := serveFake(t)
	files.put("/a.txt", []byte("abc"))
	files.onWriteTo = waitForEnd
	data := c.epsv()
	c.do("RETR a.txt", 150)
	if _, err := io.ReadFull(data, make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	c.do("ABOR", 426)
	c.want(226)
	if rest, _ := io.ReadAll(data); len(rest) != 0 {
		t.Errorf("the rest %q was sent", rest)
	}
}

func TestDownloadFailures(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		code int
	}{
		"changed": {ftp.ErrChanged, 450},
		"busy":    {ftp.ErrBusy, 450},
		"unknown": {errors.New("SECRET detail"), 451},
	} {
		t.Run(name, func(t *testing.T) {
			files, c := serveFake(t)
			files.put("/a.txt", []byte("abc"))
			files.onWriteTo = func(context.Context) error { return fmt.Errorf("SECRET: %w", tt.err) }
			data := c.epsv()
			c.do("RETR a.txt", 150)
			if got := readAll(t, data); got != "ab" {
				t.Errorf("received %q", got)
			}
			if got := c.want(tt.code); strings.Contains(got, "SECRET") {
				t.Errorf("reply %q tells of the store", got)
			}
		})
	}
}

func TestDownloadClientStopsReading(t *testing.T) {
	files, c := serveFake(t)
	files.put("/big", make([]byte, 64<<20))
	data := c.epsv()
	c.do("RETR big", 150)
	if _, err := io.ReadFull(data, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	data.Close()
	c.want(426)
	c.do("NOOP", 200)
}

func TestSlowReaderIsNoStall(t *testing.T) {
	files := newFakeFiles()
	files.put("/big", make([]byte, 32<<20))
	address := serve(t, &ftp.Server{Driver: fakeDriver{files}, StallTimeout: 200 * time.Millisecond})
	c := login(t, address)
	data := c.epsv()
	if err := data.SetReadBuffer(64 << 10); err != nil {
		t.Fatal(err)
	}
	c.do("RETR big", 150)
	// One write of all 32 MiB outlasts the stall timeout several times.
	total := int64(0)
	slow := time.NewTicker(30 * time.Millisecond)
	defer slow.Stop()
	for range slow.C {
		n, err := io.CopyN(io.Discard, data, 1<<20)
		total += n
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if total != 32<<20 {
		t.Errorf("received %d bytes", total)
	}
	c.want(226)
}

func TestStall(t *testing.T) {
	files := newFakeFiles()
	files.put("/big", make([]byte, 64<<20))
	address := serve(t, &ftp.Server{Driver: fakeDriver{files}, StallTimeout: 100 * time.Millisecond})
	t.Run("upload", func(t *testing.T) {
		c := login(t, address)
		beginUpload(t, files, c)
		c.want(426)
		wantSuspended(t, files, "no data for too long")
	})
	t.Run("download", func(t *testing.T) {
		c := login(t, address)
		c.epsv()
		c.do("RETR big", 150)
		c.want(426)
	})
}

func TestStoreTimeIsNoStall(t *testing.T) {
	files := newFakeFiles()
	address := serve(t, &ftp.Server{
		Driver: fakeDriver{files}, StallTimeout: 50 * time.Millisecond, IdleTimeout: 50 * time.Millisecond,
	})
	release := make(chan struct{})
	files.onReadFrom = func(context.Context) error {
		<-release // the store, not the client, is slow
		return nil
	}
	c := login(t, address)
	data := c.epsv()
	c.do("STOR a.txt", 150)
	write(t, data, "x")
	login(t, address).want(421) // by which both timeouts have passed
	close(release)
	data.Close()
	c.want(226)
}

func TestDataConnectionNeverOpened(t *testing.T) {
	files := newFakeFiles()
	address := serve(t, &ftp.Server{Driver: fakeDriver{files}, ActiveMode: true, DataTimeout: 50 * time.Millisecond})
	c := login(t, address)
	c.epsvAddress()
	c.do("STOR a.txt", 150)
	c.want(425)
	wantSuspended(t, files, "no data connection")

	// Active: told before the 150, here because nobody listens.
	free := listen(t, "127.0.0.1:0")
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	c.do(fmt.Sprintf("EPRT |1|127.0.0.1|%d|", port), 200)
	c.do("STOR a.txt", 425)
	wantSuspended(t, files, "no data connection")
	c.do("STOR a.txt", 425) // the address served once
	files.none(t)
}

func TestListingStreams(t *testing.T) {
	files, c := serveFake(t)
	files.put("/a", nil)
	files.put("/b", nil)
	release := make(chan struct{})
	files.onList = func(ctx context.Context, piece int) error {
		if piece == 1 {
			<-release
		}
		return nil
	}
	data := c.epsv()
	c.do("NLST", 150)
	first := make([]byte, 3)
	if _, err := io.ReadFull(data, first); err != nil || string(first) != "a\r\n" {
		t.Fatalf("first line %q, %v", first, err)
	}
	close(release)
	if got := readAll(t, data); got != "b\r\n" {
		t.Errorf("rest %q", got)
	}
	c.want(226)
}

func TestListingFailsHalfWay(t *testing.T) {
	files, c := serveFake(t)
	files.put("/a", nil)
	files.put("/b", nil)
	files.onList = func(_ context.Context, piece int) error {
		if piece == 1 {
			return ftp.ErrBusy
		}
		return nil
	}
	data := c.epsv()
	c.do("NLST", 150)
	readAll(t, data)
	c.want(450)

	c.send("STAT /\r\n")
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "213 ") {
			t.Fatal("half a listing was passed off as whole")
		}
		if strings.HasPrefix(line, "421 ") {
			break
		}
	}
	c.wantEnd()
}

func TestPanicEndsOnlyItsSession(t *testing.T) {
	files := newFakeFiles()
	address := serve(t, &ftp.Server{Driver: fakeDriver{files}})
	other := login(t, address)
	files.onRename = func(context.Context) error { panic("SECRET") }
	c := login(t, address)
	files.put("/a", nil)
	c.do("RNFR a", 350)
	if got := c.do("RNTO b", 421); strings.Contains(got, "SECRET") {
		t.Errorf("reply %q", got)
	}
	c.wantEnd()
	other.do("NOOP", 200)
}

func TestControlLossCancelsAStoreCall(t *testing.T) {
	files, c := serveFake(t)
	files.put("/a", nil)
	files.onRename = func(ctx context.Context) error {
		files.events <- "renaming"
		err := waitForEnd(ctx)
		files.events <- fmt.Sprint(context.Cause(ctx))
		return err
	}
	c.do("RNFR a", 350)
	c.send("RNTO b\r\n")
	files.await(t)
	c.conn.Close()
	if got := files.await(t); got != "control connection lost" {
		t.Errorf("event %q", got)
	}
}
