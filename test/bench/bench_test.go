// Package bench_test measures the way of the bytes against a control of the same
// run: what the AWS SDK alone makes of the same work, straight to the same sink.
// On a shared machine only the ratios mean anything; 1 is as fast as the control.
package bench_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"ftpbridge/backends"
	"ftpbridge/backends/all"
	"ftpbridge/bridge"
	"ftpbridge/ftp"
	"ftpbridge/internal/bufpool"
)

const (
	kib = 1 << 10
	mib = 1 << 20

	largeSize   = 512 * mib
	smallSize   = 16 * kib
	smallFiles  = 200
	partSize    = 8 * mib
	concurrency = 8
)

func BenchmarkUploadLarge(b *testing.B) {
	s := newSink(b, 0)
	session := newSession(b, s)
	control := newControl(s)
	compare(b, largeSize, func() { control.upload(b, largeSize) }, func() { session.store(b, "large.bin", largeSize) })
}

func BenchmarkDownloadLarge(b *testing.B) {
	s := newSink(b, largeSize)
	session := newSession(b, s)
	control := newControl(s)
	compare(b, largeSize, func() { control.download(b) }, func() { session.retrieve(b, "large.bin") })
}

func BenchmarkUploadSmall(b *testing.B) {
	s := newSink(b, 0)
	session := newSession(b, s)
	control := newControl(s)
	compare(b, smallFiles*smallSize,
		func() {
			for range smallFiles {
				control.put(b, smallSize)
			}
		},
		func() {
			for range smallFiles {
				session.store(b, "small.bin", smallSize)
			}
		})
}

// compare runs both in turn and reports the control's time over the bridge's.
func compare(b *testing.B, size int64, control, bridge func()) {
	b.Helper()
	control()
	bridge()
	var controlTime, bridgeTime time.Duration
	b.SetBytes(size)
	for b.Loop() {
		b.StopTimer()
		began := time.Now()
		control()
		controlTime += time.Since(began)
		b.StartTimer()
		began = time.Now()
		bridge()
		bridgeTime += time.Since(began)
	}
	b.ReportMetric(controlTime.Seconds()/bridgeTime.Seconds(), "ratio")
}

// control does the work with the SDK alone, at its defaults.
type control struct {
	client *s3.Client
	data   []byte
}

var bucket, key = aws.String("bucket"), aws.String("key")

func newControl(s *sink) *control {
	return &control{
		client: s3.New(s3.Options{
			BaseEndpoint: &s.url, UsePathStyle: true, Region: "us-east-1",
			Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
		}),
		data: make([]byte, partSize),
	}
}

func (c *control) upload(b *testing.B, size int64) {
	b.Helper()
	ctx := b.Context()
	begun, err := c.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
	if err != nil {
		b.Fatal(err)
	}
	parts := make([]types.CompletedPart, size/partSize)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for i := range parts {
		group.Go(func() error {
			number := aws.Int32(int32(i + 1))
			out, err := c.client.UploadPart(ctx, &s3.UploadPartInput{
				Bucket: bucket, Key: key, UploadId: begun.UploadId, PartNumber: number, Body: bytes.NewReader(c.data),
			})
			if err == nil {
				parts[i] = types.CompletedPart{PartNumber: number, ETag: out.ETag}
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	_, err = c.client.CompleteMultipartUpload(b.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: bucket, Key: key, UploadId: begun.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	if err != nil {
		b.Fatal(err)
	}
}

func (c *control) put(b *testing.B, size int64) {
	b.Helper()
	_, err := c.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: bucket, Key: key, Body: bytes.NewReader(c.data[:size])})
	if err != nil {
		b.Fatal(err)
	}
}

func (c *control) download(b *testing.B) {
	b.Helper()
	out, err := c.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		b.Fatal(err)
	}
	defer out.Body.Close()
	if _, err := io.CopyBuffer(onlyWriter{io.Discard}, out.Body, make([]byte, mib)); err != nil {
		b.Fatal(err)
	}
}

// onlyWriter hides what would let a copy choose a buffer of its own.
type onlyWriter struct{ io.Writer }

// session is a logged-in FTP client that does nothing of its own accord.
type session struct {
	conn    net.Conn
	replies *bufio.Reader
	data    []byte
}

// driver admits everybody.
type driver struct{ config bridge.Config }

func (d driver) Login(context.Context, ftp.Client, string, string) (ftp.FileSystem, error) {
	return bridge.New(d.config), nil
}

// newSession serves the sink by FTP and logs in.
func newSession(b *testing.B, s *sink) *session {
	b.Helper()
	b.Setenv("AWS_ACCESS_KEY_ID", "key")
	b.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	store, err := all.Open(b.Context(), "s3://bucket?path_style=true&region=us-east-1&endpoint="+s.url)
	if err != nil {
		b.Fatal(err)
	}
	return logIn(b, store)
}

// logIn serves a store by FTP until the test ends, and logs in.
func logIn(tb testing.TB, store backends.Store) *session {
	tb.Helper()
	conn, err := net.Dial("tcp", serve(tb, store))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	client := &session{conn: conn, replies: bufio.NewReader(conn), data: make([]byte, mib)}
	client.expect(tb, "220")
	client.command(tb, "USER bench", "331")
	client.command(tb, "PASS bench", "230")
	client.command(tb, "TYPE I", "200")
	return client
}

func serve(tb testing.TB, store backends.Store) string {
	tb.Helper()
	server := &ftp.Server{Driver: driver{bridge.Config{
		Store: store, Buffers: bufpool.New(256 * mib), PartSize: partSize, PartConcurrency: concurrency,
		Logger: slog.New(slog.DiscardHandler),
	}}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.Background(), listener) }()
	tb.Cleanup(func() {
		_ = server.Close()
		<-served
		_ = store.Close()
	})
	return listener.Addr().String()
}

func (s *session) command(tb testing.TB, line, code string) string {
	tb.Helper()
	if _, err := fmt.Fprintf(s.conn, "%s\r\n", line); err != nil {
		tb.Fatal(err)
	}
	return s.expect(tb, code)
}

func (s *session) expect(tb testing.TB, code string) string {
	tb.Helper()
	line, err := s.replies.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, code) {
		tb.Fatalf("reply %q, %v; want %s", line, err, code)
	}
	return line
}

func (s *session) dataConn(tb testing.TB) net.Conn {
	tb.Helper()
	reply := s.command(tb, "EPSV", "229")
	var port int
	if _, err := fmt.Sscanf(reply[strings.Index(reply, "("):], "(|||%d|)", &port); err != nil {
		tb.Fatal(err)
	}
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		tb.Fatal(err)
	}
	return conn
}

func (s *session) store(b *testing.B, name string, size int64) {
	b.Helper()
	conn := s.dataConn(b)
	s.command(b, "STOR "+name, "150")
	for left := size; left > 0; {
		n, err := conn.Write(s.data[:min(left, int64(len(s.data)))])
		if err != nil {
			b.Fatal(err)
		}
		left -= int64(n)
	}
	if err := conn.Close(); err != nil {
		b.Fatal(err)
	}
	s.expect(b, "226")
}

func (s *session) retrieve(b *testing.B, name string) {
	b.Helper()
	conn := s.dataConn(b)
	defer conn.Close()
	s.command(b, "RETR "+name, "150")
	if _, err := io.CopyBuffer(onlyWriter{io.Discard}, struct{ io.Reader }{conn}, s.data); err != nil {
		b.Fatal(err)
	}
	s.expect(b, "226")
}
