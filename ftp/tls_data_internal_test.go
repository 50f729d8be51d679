package ftp

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"testing"
	"time"
)

// countingConn counts the writes that reach the socket.
type countingConn struct {
	net.Conn
	writes int
}

func (c *countingConn) Write(p []byte) (int, error) {
	c.writes++
	return c.Conn.Write(p)
}

// TestDataTLSWritesLargePieces: what a download writes at once is not cut into
// a system call for each record of 16 KiB.
func TestDataTLSWritesLargePieces(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	near, far := net.Pipe()
	defer near.Close()
	received := make(chan int64, 1)
	go func() {
		n, _ := io.Copy(io.Discard, tls.Client(far, &tls.Config{InsecureSkipVerify: true}))
		received <- n
	}()
	socket := &countingConn{Conn: near}
	shared := &tlsSession{tickets: new(tls.Config), name: "x"}
	d, err := protectData(context.Background(), &stallConn{Conn: socket, stall: time.Minute}, shared.data(config), false)
	if err != nil {
		t.Fatal(err)
	}
	socket.writes = 0
	const pieces, size = 16, 64 << 10
	for range pieces {
		if _, err := d.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
	}
	if socket.writes > 2*pieces {
		t.Errorf("%d writes for %d pieces", socket.writes, pieces)
	}
	if err := d.end(); err != nil {
		t.Fatal(err)
	}
	if n := <-received; n != pieces*size {
		t.Errorf("%d bytes received", n)
	}
}
