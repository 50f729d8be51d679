package s3_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/s3"
)

func TestOpenAsksForTheRange(t *testing.T) {
	tests := map[string]struct {
		offset, length int64
		want           string
	}{
		"all":        {0, -1, ""},
		"tail":       {5, -1, "bytes=5-"},
		"first byte": {0, 1, "bytes=0-0"},
		"middle":     {5, 3, "bytes=5-7"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store, svc := play(t, s3.Config{}, refuse(404, "NoSuchKey"))
			if _, err := store.Open(t.Context(), "a", tt.offset, tt.length, `"v1"`); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Open: %v", err)
			}
			req := svc.received()[0]
			if got := req.Header.Get("Range"); got != tt.want {
				t.Errorf("Range: %q, want %q", got, tt.want)
			}
			if got := req.Header.Get("If-Match"); got != `"v1"` {
				t.Errorf("If-Match: %q", got)
			}
			if got := req.Header.Get("Accept-Encoding"); got != "identity" {
				t.Errorf("Accept-Encoding: %q", got)
			}
		})
	}
}

func TestOpenTrustsOnlyTheRangeItAskedFor(t *testing.T) {
	partial := func(contentRange string) http.HandlerFunc {
		return answerStatus(http.StatusPartialContent, "lo", "Content-Range", contentRange, "ETag", `"v1"`)
	}
	head := answer("", "Content-Length", "5", "ETag", `"v1"`)
	tests := map[string]struct {
		answers []http.HandlerFunc
		body    string
		err     error // if it is errAny, any will do
	}{
		"the range":                   {[]http.HandlerFunc{partial("bytes 3-4/5")}, "lo", nil},
		"another range":               {[]http.HandlerFunc{partial("bytes 2-3/5")}, "", errAny},
		"size unknown":                {[]http.HandlerFunc{partial("bytes 3-4/*")}, "", errAny},
		"range ignored":               {[]http.HandlerFunc{answer("hello", "ETag", `"v1"`)}, "", errAny},
		"offset at the end":           {[]http.HandlerFunc{unsatisfiable("bytes */3"), head}, "", nil},
		"offset beyond the end":       {[]http.HandlerFunc{unsatisfiable("bytes */2")}, "", backends.ErrRange},
		"beyond, size not told":       {[]http.HandlerFunc{unsatisfiable(""), answer("", "Content-Length", "2")}, "", backends.ErrRange},
		"replaced by a larger object": {[]http.HandlerFunc{unsatisfiable("bytes */3"), refuse(412, "PreconditionFailed")}, "", backends.ErrChanged},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store, _ := play(t, s3.Config{}, tt.answers...)
			r, err := store.Open(t.Context(), "a", 3, -1, `"v1"`)
			if tt.err != nil {
				if err == nil || !errors.Is(tt.err, errAny) && !errors.Is(err, tt.err) {
					t.Errorf("Open: %v, want %v", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if body, err := io.ReadAll(r); err != nil || string(body) != tt.body {
				t.Errorf("read %q, %v; want %q", body, err, tt.body)
			}
			if object := r.Object(); object.Size != 5 || object.Version != `"v1"` {
				t.Errorf("object %+v", object)
			}
		})
	}
}

var errAny = errors.New("any error")

func unsatisfiable(contentRange string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if contentRange != "" {
			w.Header().Set("Content-Range", contentRange)
		}
		refuse(http.StatusRequestedRangeNotSatisfiable, "InvalidRange")(w, r)
	}
}

// cutShort promises more than it sends.
func cutShort(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, "hello")
}

func TestLostBody(t *testing.T) {
	store, _ := play(t, s3.Config{}, cutShort)
	r, err := store.Open(t.Context(), "a", 0, -1, "")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if body, err := io.ReadAll(r); string(body) != "hello" || !errors.Is(err, backends.ErrBusy) {
		t.Errorf("read %q, %v; want %v", body, err, backends.ErrBusy)
	}
}

func TestCancelledBody(t *testing.T) {
	release := make(chan struct{})
	store, _ := play(t, s3.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-release
	})
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := store.Open(ctx, "a", 0, -1, "")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cancel()
	if _, err := io.ReadAll(r); !errors.Is(err, context.Canceled) || errors.Is(err, backends.ErrBusy) {
		t.Errorf("read: %v, want %v", err, context.Canceled)
	}
}

func TestCancelledBodyThatHasCome(t *testing.T) {
	store, _ := play(t, s3.Config{}, answer("hello"))
	ctx, cancel := context.WithCancel(t.Context())
	r, err := store.Open(ctx, "a", 0, -1, "")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cancel()
	if n, err := r.Read(make([]byte, 5)); n > 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("read %d bytes, %v; want %v", n, err, context.Canceled)
	}
}

func TestListDecodesOnlyWhatIsEncoded(t *testing.T) {
	page := func(encoding, more string) http.HandlerFunc {
		return answer(`<ListBucketResult><Name>scans</Name>` + encoding + more + `
			<Contents><Key>d/a+%2B%C3%BC</Key><Size>3</Size><ETag>"v1"</ETag></Contents>
			<Contents><Key>d/z</Key><Size>3</Size><ETag>"v1"</ETag></Contents>
			<CommonPrefixes><Prefix>d/m%0A/</Prefix></CommonPrefixes></ListBucketResult>`)
	}
	store, svc := play(
		t, s3.Config{},
		page("<EncodingType>url</EncodingType>", "<IsTruncated>true</IsTruncated><NextContinuationToken>t2</NextContinuationToken>"),
		page("", ""),
	)
	var got []string
	for entries, err := range store.List(t.Context(), "d/", backends.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			got = append(got, entry.Key)
		}
	}
	want := []string{"d/a +ü", "d/m\n/", "d/z", "d/a+%2B%C3%BC", "d/m%0A/", "d/z"}
	if !slices.Equal(got, want) {
		t.Errorf("keys %q, want %q", got, want)
	}
	if got := svc.received()[1].URL.Query().Get("continuation-token"); got != "t2" {
		t.Errorf("second page from %q", got)
	}
}

func TestListLimitAsksForNoMore(t *testing.T) {
	store, svc := play(t, s3.Config{}, answer(`<ListBucketResult><Name>scans</Name><IsTruncated>true</IsTruncated>
		<NextContinuationToken>t2</NextContinuationToken>
		<Contents><Key>a</Key></Contents></ListBucketResult>`))
	for _, err := range store.List(t.Context(), "", backends.ListOptions{Limit: 1}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := svc.received()[0].URL.Query().Get("max-keys"); got != "1" {
		t.Errorf("max-keys %q", got)
	}
}

// A directory is left behind with all that is in it; its own marker, at the
// head of its listing, is no directory there.
func TestListAfter(t *testing.T) {
	tests := map[string]struct {
		prefix string
		opts   backends.ListOptions
		want   string
	}{
		"an object":               {"", backends.ListOptions{After: "d/a"}, "d/a"},
		"a directory":             {"d/", backends.ListOptions{After: "d/e/"}, "d/e/\U0010ffff"},
		"the prefix's marker":     {"d/", backends.ListOptions{After: "d/"}, "d/"},
		"a marker among all":      {"d/", backends.ListOptions{After: "d/e/", Recursive: true}, "d/e/"},
		"nothing: from the start": {"d/", backends.ListOptions{}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store, svc := play(t, s3.Config{}, answer(`<ListBucketResult><Name>scans</Name></ListBucketResult>`))
			for _, err := range store.List(t.Context(), tt.prefix, tt.opts) {
				t.Errorf("an entry or an error: %v", err)
			}
			if got := svc.received()[0].URL.Query().Get("start-after"); got != tt.want {
				t.Errorf("start-after %q, want %q", got, tt.want)
			}
		})
	}
}
