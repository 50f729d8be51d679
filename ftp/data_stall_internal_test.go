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

func TestLargeReadsOfASlowClientGetWhatThereIs(t *testing.T) {
	server, client := tcpPair(t)
	conn := &stallConn{Conn: server, stall: time.Minute}
	buffer := make([]byte, 2*gatherSize)
	for _, piece := range []string{"first", "second", "third"} {
		if _, err := client.Write([]byte(piece)); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(buffer)
		if err != nil || string(buffer[:n]) != piece {
			t.Errorf("Read = %q, %v; want %q", buffer[:n], err, piece)
		}
	}
}

func TestLargeReadsOfAFastClientGetALotAtOnce(t *testing.T) {
	server, client := tcpPair(t)
	conn := &stallConn{Conn: server, stall: time.Minute}
	data := bytes.Repeat([]byte("0123456789abcdef"), 4*gatherSize/16)
	written := make(chan error, 1)
	go func() {
		_, err := client.Write(data)
		written <- errors.Join(err, client.Close())
	}()
	got := make([]byte, len(data))
	reads := 0
	for n := 0; n < len(data); reads++ {
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
	if conn.slow || reads > 16 {
		t.Errorf("%d reads, slow %v; want a few large ones", reads, conn.slow)
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
