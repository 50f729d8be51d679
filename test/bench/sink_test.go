package bench_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sink answers like S3 as fast as it can: it throws away what it gets and sends
// zeros, so that what is measured is not a store.
type sink struct {
	objectSize int64 // of every object that is read
	url        string
}

func newSink(b *testing.B, objectSize int64) *sink {
	b.Helper()
	s := &sink{objectSize: objectSize}
	server := httptest.NewServer(s)
	b.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch {
	case r.Method == http.MethodPut:
		_, _ = io.CopyBuffer(io.Discard, r.Body, make([]byte, 1<<20))
		w.Header().Set("ETag", `"0"`)
		for name := range r.Header {
			if strings.HasPrefix(name, "X-Amz-Checksum-") {
				w.Header().Set(name, r.Header.Get(name))
			}
		}
	case r.Method == http.MethodPost && query.Has("uploads"):
		answer(w, struct {
			XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
			UploadID string   `xml:"UploadId"`
		}{UploadID: "1"})
	case r.Method == http.MethodPost && query.Has("uploadId"):
		answer(w, struct {
			XMLName xml.Name `xml:"CompleteMultipartUploadResult"`
			ETag    string
		}{ETag: `"0"`})
	case r.Method == http.MethodGet && query.Has("list-type"):
		answer(w, struct {
			XMLName  xml.Name `xml:"ListBucketResult"`
			KeyCount int
		}{})
	case r.Method == http.MethodGet:
		s.send(w, r)
	}
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(body)
}

func (s *sink) send(w http.ResponseWriter, r *http.Request) {
	var from int64
	status := http.StatusOK
	if header := r.Header.Get("Range"); header != "" {
		status = http.StatusPartialContent
		_, _ = fmt.Sscanf(header, "bytes=%d-", &from)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, s.objectSize-1, s.objectSize))
	}
	w.Header().Set("ETag", `"0"`)
	w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Length", strconv.FormatInt(s.objectSize-from, 10))
	w.WriteHeader(status)
	zeros := make([]byte, 1<<20)
	for left := s.objectSize - from; left > 0; {
		n, err := w.Write(zeros[:min(left, int64(len(zeros)))])
		if err != nil {
			return
		}
		left -= int64(n)
	}
}
