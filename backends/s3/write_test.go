package s3_test

import (
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/s3"
)

var (
	data   = []byte("hello world")
	sealed = backends.PutOptions{Checksum: backends.Checksum(data)}
	stored = answer("", "ETag", `"v1"`)
)

func TestPutSendsOurChecksumAndReadsTheBodyOnce(t *testing.T) {
	tests := map[string]struct {
		cfg  s3.Config
		hash string // of the payload in the signature
	}{
		"signed":   {s3.Config{}, "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"},
		"unsigned": {s3.Config{UnsignedPayload: true}, "UNSIGNED-PAYLOAD"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store, svc := play(t, tt.cfg, stored)
			opts := sealed
			opts.ContentType = "application/pdf"
			opts.Metadata = map[string]string{"name": "ü"}
			if _, err := store.Put(t.Context(), "in/a b+ü.pdf", data, opts); err != nil {
				t.Fatal(err)
			}
			req := svc.received()[0]
			if req.Method != http.MethodPut || req.RequestURI != "/scans/in/a%20b%2B%C3%BC.pdf?x-id=PutObject" {
				t.Errorf("%s %s", req.Method, req.RequestURI)
			}
			if string(req.body) != string(data) {
				t.Errorf("body %q", req.body)
			}
			for name, want := range map[string]string{
				"X-Amz-Checksum-Crc32c": sealed.Checksum.Base64(),
				"X-Amz-Content-Sha256":  tt.hash,
				"Content-Type":          "application/pdf",
				"X-Amz-Meta-Name":       "=?UTF-8?B?w7w=?=",
				"X-Amz-Trailer":         "",
				"Content-Encoding":      "",
				"If-None-Match":         "",
				"If-Match":              "",
				"X-Amz-Checksum-Crc32":  "",
				"X-Amz-Checksum-Sha256": "",
			} {
				if got := req.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestConditionsOfPut(t *testing.T) {
	absent, version := backends.Condition{Absent: true}, backends.Condition{Version: `"v0"`}
	tests := map[string]struct {
		cond   backends.Condition
		answer http.HandlerFunc
		want   error
	}{
		"free":                          {backends.Condition{}, stored, nil},
		"absent":                        {absent, stored, nil},
		"absent, lost answer":           {absent, hangUp, backends.ErrBusy},
		"absent, throttled":             {absent, refuse(503, "SlowDown"), backends.ErrBusy},
		"absent, another write goes on": {absent, refuse(409, "ConditionalRequestConflict"), backends.ErrBusy},
		"absent, taken":                 {absent, refuse(412, "PreconditionFailed"), fs.ErrExist},
		"version":                       {version, stored, nil},
		"version, changed":              {version, refuse(412, "PreconditionFailed"), backends.ErrChanged},
		"version, gone":                 {version, refuse(404, "NoSuchKey"), backends.ErrChanged},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store, svc := play(t, s3.Config{}, tt.answer)
			opts := sealed
			opts.Condition = tt.cond
			if _, err := store.Put(t.Context(), "a", data, opts); !errors.Is(err, tt.want) {
				t.Errorf("Put: %v, want %v", err, tt.want)
			}
			req := svc.received()[0]
			if got := req.Header.Get("If-None-Match"); (got == "*") != tt.cond.Absent {
				t.Errorf("If-None-Match: %q", got)
			}
			if got := req.Header.Get("If-Match"); got != tt.cond.Version {
				t.Errorf("If-Match: %q", got)
			}
		})
	}
}

func TestCommit(t *testing.T) {
	done := answer(`<CompleteMultipartUploadResult><ETag>"v-1"</ETag></CompleteMultipartUploadResult>`)
	tests := map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"done":                    {done, nil},
		"lost answer":             {hangUp, backends.ErrBusy},
		"internal error":          {refuse(500, "InternalError"), backends.ErrBusy},
		"error after the headers": {refuse(200, "InternalError"), backends.ErrBusy},
		"another write goes on":   {refuse(409, "ConditionalRequestConflict"), backends.ErrBusy},
		"throttled":               {refuse(503, "SlowDown"), backends.ErrBusy},
		"gone":                    {refuse(404, "NoSuchUpload"), backends.ErrNoUpload},
		"other parts":             {refuse(400, "InvalidPart"), backends.ErrChecksum},
		"other sum":               {refuse(400, "BadDigest"), backends.ErrChecksum},
		"taken":                   {refuse(412, "PreconditionFailed"), fs.ErrExist},
	}
	parts := []backends.Part{
		{Number: 1, Size: 5 << 20, Tag: `"p1"`, Sum: 1, HasSum: true},
		{Number: 2, Offset: 5 << 20, Size: 3, Tag: `"p2"`, Sum: 2, HasSum: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store, svc := play(t, s3.Config{}, tt.answer)
			upload, err := store.Resume(t.Context(), "a", "id1")
			if err != nil {
				t.Fatal(err)
			}
			object, err := upload.Commit(t.Context(), parts, 3, backends.Condition{Absent: true})
			if !errors.Is(err, tt.want) {
				t.Fatalf("Commit: %v, want %v", err, tt.want)
			}
			if err == nil && (object.Version != `"v-1"` || object.Size != 5<<20+3 || object.Sum != 3 || !object.HasSum) {
				t.Errorf("object %+v", object)
			}
			req := svc.received()[0]
			for name, want := range map[string]string{
				"X-Amz-Checksum-Crc32c": backends.CRC32C(3).Base64(),
				"X-Amz-Checksum-Type":   "FULL_OBJECT",
				"X-Amz-Mp-Object-Size":  "5242883",
				"If-None-Match":         "*",
			} {
				if got := req.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if !strings.Contains(string(req.body), "<ChecksumCRC32C>"+backends.CRC32C(2).Base64()) {
				t.Errorf("body without the part's checksum: %s", req.body)
			}
		})
	}
}

func TestPartsHaveNoOffsetAfterAGap(t *testing.T) {
	part := func(number, size string) string {
		return "<Part><PartNumber>" + number + "</PartNumber><ETag>e</ETag><Size>" + size + "</Size></Part>"
	}
	store, svc := play(t, s3.Config{},
		answer("<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>2</NextPartNumberMarker>"+
			part("1", "10")+part("2", "7")+"</ListPartsResult>"),
		answer("<ListPartsResult>"+part("3", "5")+part("5", "4")+part("6", "2")+"</ListPartsResult>"),
	)
	upload, err := store.Resume(t.Context(), "a", "id1")
	if err != nil {
		t.Fatal(err)
	}
	parts, err := upload.Parts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var offsets []int64
	for _, p := range parts {
		offsets = append(offsets, p.Offset)
	}
	if want := []int64{0, 10, 17, -1, -1}; !slices.Equal(offsets, want) {
		t.Errorf("offsets %v, want %v", offsets, want)
	}
	if got := svc.received()[1].URL.Query().Get("part-number-marker"); got != "2" {
		t.Errorf("second page from %q", got)
	}
}

func TestDelete(t *testing.T) {
	t.Run("one that is missing", func(t *testing.T) {
		store, _ := play(t, s3.Config{}, refuse(404, "NoSuchKey"))
		if err := store.Delete(t.Context(), backends.Condition{Version: `"v1"`}, "a"); err != nil {
			t.Error(err)
		}
	})
	t.Run("in batches, joining the failures", func(t *testing.T) {
		failed := func(key, code string) string {
			return "<DeleteResult><Error><Key>" + key + "</Key><Code>" + code + "</Code><Message>no</Message></Error></DeleteResult>"
		}
		store, svc := play(t, s3.Config{}, answer(failed("k1", "AccessDenied")), answer(failed("k2", "InternalError")))
		keys := make([]string, 1001)
		for i := range keys {
			keys[i] = strings.Repeat("k", i+1)
		}
		err := store.Delete(t.Context(), backends.Condition{}, keys...)
		if !errors.Is(err, fs.ErrPermission) || !errors.Is(err, backends.ErrBusy) ||
			!strings.Contains(err.Error(), "scans/k1") || !strings.Contains(err.Error(), "scans/k2") {
			t.Errorf("Delete: %v", err)
		}
		for i, want := range []int{1000, 1} {
			body := string(svc.received()[i].body)
			if got := strings.Count(body, "<Key>"); got != want || !strings.Contains(body, "<Quiet>true</Quiet>") {
				t.Errorf("request %d has %d keys, want %d", i, got, want)
			}
		}
	})
	t.Run("none", func(t *testing.T) {
		store, _ := play(t, s3.Config{})
		if err := store.Delete(t.Context(), backends.Condition{}); err != nil {
			t.Error(err)
		}
	})
}
