package ftp_test

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"ftpbridge/ftp"
)

func TestShutdown(t *testing.T) {
	files := newFakeFiles()
	server := &ftp.Server{Driver: fakeDriver{files}}
	listeners := []net.Listener{listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")}
	served := make(chan error, len(listeners))
	for _, listener := range listeners {
		go func() { served <- server.Serve(context.Background(), listener) }()
	}
	idle := login(t, listeners[0].Addr().String())
	fresh := connect(t, listeners[1].Addr().String(), "")
	fresh.want(220)
	busy := login(t, listeners[1].Addr().String())
	beginUpload(t, files, busy)

	if err := server.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	for range listeners {
		if err := <-served; !errors.Is(err, ftp.ErrServerClosed) {
			t.Errorf("Serve = %v", err)
		}
	}
	wantSuspended(t, files, "ftp server closed")
	busy.want(426)
	for _, c := range []*client{idle, fresh, busy} {
		c.want(421)
		c.wantEnd()
	}
	if conn, err := net.DialTimeout("tcp", listeners[0].Addr().String(), testTimeout); err == nil {
		conn.Close()
		t.Error("the listener is still open")
	}
	late := listen(t, "127.0.0.1:0")
	if err := server.Serve(context.Background(), late); !errors.Is(err, ftp.ErrServerClosed) {
		t.Errorf("Serve after Shutdown = %v", err)
	}
}

func TestShutdownLosesPatience(t *testing.T) {
	files := newFakeFiles()
	release := make(chan struct{})
	files.onCommit = func(context.Context) error {
		files.events <- "committing"
		<-release // whatever the context says
		return nil
	}
	server := &ftp.Server{Driver: fakeDriver{files}}
	c := login(t, serve(t, server))
	beginUpload(t, files, c).Close()
	files.await(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown = %v", err)
	}
	c.wantEnd()
	close(release)
}

func TestServeEndsWithItsContext(t *testing.T) {
	files := newFakeFiles()
	listener := listen(t, "127.0.0.1:0")
	ctx, cancel := context.WithCancelCause(context.Background())
	served := make(chan error, 1)
	server := &ftp.Server{Driver: fakeDriver{files}}
	go func() { served <- server.Serve(ctx, listener) }()
	c := login(t, listener.Addr().String())
	beginUpload(t, files, c)
	cause := errors.New("enough")
	cancel(cause)
	if err := <-served; !errors.Is(err, cause) {
		t.Errorf("Serve = %v", err)
	}
	wantSuspended(t, files, "enough")
	c.reply()
	c.want(421)
	c.wantEnd()
}

// shortListener fails as a process does that has run out of descriptors.
type shortListener struct {
	net.Listener
	failures int
}

func (l *shortListener) Accept() (net.Conn, error) {
	if l.failures > 0 {
		l.failures--
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

func TestServeOutlastsAShortageOfDescriptors(t *testing.T) {
	address := serveOn(t, &ftp.Server{Driver: fakeDriver{newFakeFiles()}}, &shortListener{listen(t, "127.0.0.1:0"), 3})
	login(t, address).do("NOOP", 200)
}

// brokenListener never accepts.
type brokenListener struct{ net.Listener }

var errBroken = errors.New("broken")

func (brokenListener) Accept() (net.Conn, error) { return nil, errBroken }

func TestServeReturnsTheListenersFailure(t *testing.T) {
	server := &ftp.Server{Driver: fakeDriver{newFakeFiles()}}
	if err := server.Serve(context.Background(), brokenListener{listen(t, "127.0.0.1:0")}); !errors.Is(err, errBroken) {
		t.Errorf("Serve = %v", err)
	}
}
