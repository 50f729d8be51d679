package ftp_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"ftpbridge/ftp"
)

// TestTLSClientThatNeverReads uploads as clients do that only write, and close
// the socket with what the server has sent unread: then the system resets the
// connection, and what was on its way is lost. So nothing must have been sent.
func TestTLSClientThatNeverReads(t *testing.T) {
	files := newFakeFiles()
	c := connectTLS(t, &ftp.Server{Driver: fakeDriver{files}, TLS: serverTLS()}, explicitTLS)
	c.login()
	closed := make(chan struct{})
	files.onReadFrom = func(context.Context) error {
		<-closed
		return nil
	}
	want := bytes.Repeat([]byte("0123456789abcdef"), 25<<10) // more than fits the server's window
	conn := c.epsv()
	c.do("STOR a.txt", 150)
	data := c.tlsData(&recordConn{Conn: conn})
	write(t, data, string(want))
	data.Close()
	close(closed)
	c.want(226)
	if got, _ := files.get("/a.txt"); !bytes.Equal(got, want) {
		t.Fatalf("%d bytes stored, want %d", len(got), len(want))
	}
}

// recordConn takes no more from the socket than one record, as OpenSSL does.
type recordConn struct {
	net.Conn
	header []byte
	body   int
}

func (r *recordConn) Read(p []byte) (int, error) {
	if r.body > 0 {
		n, err := r.Conn.Read(p[:min(len(p), r.body)])
		r.body -= n
		return n, err
	}
	n, err := r.Conn.Read(p[:min(len(p), 5-len(r.header))])
	r.header = append(r.header, p[:n]...)
	if len(r.header) == 5 {
		r.body, r.header = int(r.header[3])<<8|int(r.header[4]), nil
	}
	return n, err
}

// tlsEnds are the ways in which an upload over TLS ends.
var tlsEnds = map[string]struct {
	end             func(t *testing.T, data *dataTLS)
	strict, lenient string // what becomes of it: empty if it is published
}{
	"close_notify": {
		func(_ *testing.T, data *dataTLS) { data.Close() }, "", "",
	},
	"close_notify and a silent socket": {
		func(t *testing.T, data *dataTLS) {
			if err := data.CloseWrite(); err != nil {
				t.Fatal(err)
			}
		}, "", "",
	},
	"closed without close_notify": {
		func(_ *testing.T, data *dataTLS) { data.socket.Close() },
		"TLS stream cut off without close_notify", "",
	},
	"cut within a record": {
		func(t *testing.T, data *dataTLS) {
			write(t, data.socket, "\x17\x03\x03\x01\x00half")
			data.socket.Close()
		}, "data connection lost", "data connection lost",
	},
	"cut within a header": {
		func(t *testing.T, data *dataTLS) {
			write(t, data.socket, "\x17\x03")
			data.socket.Close()
		}, "data connection lost", "data connection lost",
	},
	"a forged record": {
		func(t *testing.T, data *dataTLS) {
			write(t, data.socket, "\x15\x03\x03\x00\x02\x01\x00") // close_notify in clear
			data.socket.Close()
		}, "data connection lost", "data connection lost",
	},
	"reset": {
		func(t *testing.T, data *dataTLS) { reset(t, data.socket.Conn.(*net.TCPConn)) },
		"data connection lost", "data connection lost",
	},
}

func TestTLSUploadEnds(t *testing.T) {
	for versionName, version := range versions {
		for _, lenient := range []bool{false, true} {
			for name, tt := range tlsEnds {
				t.Run(fmt.Sprintf("%s, lenient %v, %s", versionName, lenient, name), func(t *testing.T) {
					var log syncBuffer
					files := newFakeFiles()
					server := &ftp.Server{
						Driver: fakeDriver{files}, TLS: serverTLS(), Logger: slog.New(slog.NewTextHandler(&log, nil)),
					}
					server.TLS.LenientEOF = lenient
					server.TLS.Config().MaxVersion = version
					c := connectTLS(t, server, explicitTLS)
					c.login()
					data := c.epsvTLS("STOR a.txt")
					write(t, data, "x")
					files.await(t)
					tt.end(t, data)
					cause := tt.strict
					if lenient {
						cause = tt.lenient
					}
					if cause != "" {
						c.want(426)
						wantSuspended(t, files, cause)
					} else {
						c.want(226)
					}
					unclean := cause != tt.strict // only lenience has published it
					if got := server.UncleanUploads() == 1; got != unclean {
						t.Errorf("counted as unclean: %v", got)
					}
					c.do("QUIT", 221)
					c.wantEnd()
					if got := strings.Contains(log.String(), "close_notify=missing"); got != unclean {
						t.Errorf("log: %s", &log)
					}
					contains(t, log.String(), `tls_version="`+versionName)
				})
			}
		}
	}
}

func TestTLSFailedDownloadHasNoEnd(t *testing.T) {
	files := newFakeFiles()
	files.put("/a.txt", []byte("abc"))
	files.onWriteTo = func(context.Context) error { return ftp.ErrChanged }
	c := connectTLS(t, &ftp.Server{Driver: fakeDriver{files}, TLS: serverTLS()}, explicitTLS)
	c.login()
	data := c.epsvTLS("RETR a.txt")
	if text, _ := io.ReadAll(data); string(text) != "ab" {
		t.Errorf("received %q", text)
	}
	if !data.socket.ended.Load() {
		t.Error("half a file was passed off as whole by close_notify")
	}
	c.want(450)
}
