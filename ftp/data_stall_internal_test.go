package ftp

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// tcpPair is both ends of a TCP connection.
func tcpPair(t *testing.T) (server, client net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err = net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	server, err = listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server, client
}

// watchedConn tells of every deadline of a read.
type watchedConn struct {
	net.Conn
	deadlines chan time.Time
}

func (c *watchedConn) NetConn() net.Conn { return c.Conn }

func (c *watchedConn) SetReadDeadline(t time.Time) error {
	c.deadlines <- t
	return c.Conn.SetReadDeadline(t)
}

// TestLargeReadsOfASlowClientGetWhatThereIs sends only after the time to gather
// is over: from then on the first byte must do.
func TestLargeReadsOfASlowClientGetWhatThereIs(t *testing.T) {
	server, client := tcpPair(t)
	watched := &watchedConn{Conn: server, deadlines: make(chan time.Time)}
	conn := &stallConn{Conn: watched, stall: time.Minute}
	buffer := make([]byte, 2*gatherSize)
	read := make(chan error)
	go func() {
		n, err := conn.Read(buffer)
		buffer = buffer[:n]
		read <- err
	}()
	<-watched.deadlines // to gather
	select {
	case <-watched.deadlines: // the client's
	case err := <-read:
		t.Fatalf("Read gave up: %v", err)
	}
	if _, err := client.Write([]byte("little")); err != nil {
		t.Fatal(err)
	}
	if err := <-read; err != nil || string(buffer) != "little" {
		t.Errorf("Read = %q, %v", buffer, err)
	}
	if conn.gathering || !conn.slow {
		t.Error("the client does not count as slow")
	}
}

func TestLargeReadsOfAFastClientGetAll(t *testing.T) {
	server, client := tcpPair(t)
	conn := &stallConn{Conn: server, stall: time.Minute}
	data := bytes.Repeat([]byte("0123456789abcdef"), 4*gatherSize/16)
	written := make(chan error, 1)
	go func() {
		_, err := client.Write(data)
		written <- errors.Join(err, client.Close())
	}()
	got := make([]byte, len(data))
	for n := 0; n < len(data); {
		m, err := conn.Read(got[n:])
		if err != nil {
			t.Fatalf("Read at byte %d: %v", n, err)
		}
		n += m
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, data) {
		t.Error("other bytes came")
	}
	if conn.slow {
		t.Error("the client counts as slow")
	}
	if _, err := conn.Read(got); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v, want io.EOF", err)
	}
}

func TestLargeReadStallsInTime(t *testing.T) {
	server, _ := tcpPair(t)
	conn := &stallConn{Conn: server, stall: 20 * time.Millisecond}
	if _, err := conn.Read(make([]byte, 2*gatherSize)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read of nothing: %v, want os.ErrDeadlineExceeded", err)
	}
}
