package s3_test

import (
	"errors"
	"io/fs"
	"net/http"
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/s3"
)

func TestCopyPinsWhatItSaw(t *testing.T) {
	const result = `<CopyObjectResult><ETag>"v2"</ETag></CopyObjectResult>`
	head := answer("", "Content-Length", "5", "ETag", `"v1"`, "X-Amz-Storage-Class", "STANDARD_IA")
	failed := refuse(412, "PreconditionFailed")
	absent := backends.Condition{Absent: true}
	tests := map[string]struct {
		cond    backends.Condition
		answers []http.HandlerFunc
		want    error
	}{
		"done":                  {backends.Condition{}, []http.HandlerFunc{head, answer(result)}, nil},
		"error after headers":   {absent, []http.HandlerFunc{head, refuse(200, "InternalError")}, backends.ErrBusy},
		"source changed":        {backends.Condition{}, []http.HandlerFunc{head, failed}, backends.ErrChanged},
		"target taken":          {absent, []http.HandlerFunc{head, failed, head}, fs.ErrExist},
		"source changed, maybe": {absent, []http.HandlerFunc{head, failed, failed}, backends.ErrChanged},
		"target changed":        {backends.Condition{Version: `"v0"`}, []http.HandlerFunc{head, failed}, backends.ErrChanged},
		"source missing":        {absent, []http.HandlerFunc{refuse(404, "")}, fs.ErrNotExist},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store, svc := play(t, s3.Config{}, tt.answers...)
			_, err := store.Copy(t.Context(), "to", backends.Source{Key: "from/a b+%ü"}, tt.cond)
			if !errors.Is(err, tt.want) {
				t.Fatalf("Copy: %v, want %v", err, tt.want)
			}
			if len(tt.answers) < 2 {
				return
			}
			for name, want := range map[string]string{
				"X-Amz-Copy-Source":          "scans/from/a%20b%2B%25%C3%BC",
				"X-Amz-Copy-Source-If-Match": `"v1"`,
				"X-Amz-Storage-Class":        "STANDARD_IA",
				"If-Match":                   tt.cond.Version,
			} {
				if got := svc.received()[1].Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestCopyInPartsThatFailsLeavesNoParts(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		http.MethodHead:   answer("", "Content-Length", "12", "ETag", `"v1"`),
		http.MethodPost:   answer("<InitiateMultipartUploadResult><UploadId>id1</UploadId></InitiateMultipartUploadResult>"),
		http.MethodPut:    refuse(412, "PreconditionFailed"), // of a part
		http.MethodDelete: answerStatus(http.StatusNoContent, ""),
	}
	aborted := make(chan string, 1)
	store := openOn(t, s3.Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			aborted <- r.URL.Query().Get("uploadId")
		}
		answers[r.Method](w, r)
	}))
	store.SetSingleCopyMax(6)
	_, err := store.Copy(t.Context(), "to", backends.Source{Key: "from"}, backends.Condition{})
	if !errors.Is(err, backends.ErrChanged) {
		t.Errorf("Copy: %v", err)
	}
	select {
	case id := <-aborted:
		if id != "id1" {
			t.Errorf("aborted %q", id)
		}
	default:
		t.Error("the upload is still pending")
	}
}
