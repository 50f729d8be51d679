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

	"ftpbridge/ftp"
)

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

func TestREINDuringTransfer(t *testing.T) {
	files, c := serveFake(t)
	data := beginUpload(t, files, c)
	c.send("REIN\r\nPWD\r\n") // both wait until the transfer is complete
	data.Close()
	c.want(226)
	c.want(220)
	c.want(530)
	if got := files.await(t); got != "commit /a.txt" {
		t.Errorf("event %q", got)
	}
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
	c.do("NOOP", 200)
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
