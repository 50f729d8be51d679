//go:build integration

package e2e_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// storeProxy stands before a store and sees every HTTP request that it gets,
// those that the SDK makes of its own accord included.
type storeProxy struct {
	url string

	mu   sync.Mutex
	seen map[string]int // by the operation of S3
	hold func(*http.Request)
}

func newStoreProxy(t *testing.T, b *bucket) *storeProxy {
	t.Helper()
	target, err := url.Parse(b.server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	p := &storeProxy{seen: map[string]int{}}
	reverse := &httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // it is signed
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hold := p.count(r); hold != nil {
			hold(r)
		}
		reverse.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

// bridgeEnv configures ftpbridge for the bucket behind the proxy.
func (p *storeProxy) bridgeEnv(b *bucket) map[string]string {
	env := bridgeEnv(b)
	env["FTPBRIDGE_STORE"] = strings.Replace(env["FTPBRIDGE_STORE"], b.server.Endpoint, p.url, 1)
	return env
}

func (p *storeProxy) count(r *http.Request) (hold func(*http.Request)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[operationOf(r)]++
	return p.hold
}

// holdBy has every request wait in the function.
func (p *storeProxy) holdBy(hold func(*http.Request)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hold = hold
}

// take returns how often each operation was seen since the last call.
func (p *storeProxy) take() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := maps.Clone(p.seen)
	clear(p.seen)
	return seen
}

// operationOf names what a request asks of S3.
func operationOf(r *http.Request) string {
	query := r.URL.Query()
	has := func(name string) bool { return query.Has(name) }
	switch r.Method {
	case http.MethodHead:
		return "HeadObject"
	case http.MethodGet:
		switch {
		case has("list-type"):
			return "ListObjectsV2"
		case has("uploadId"):
			return "ListParts"
		case has("tagging"):
			return "GetObjectTagging"
		}
		return "GetObject"
	case http.MethodPut:
		copied := r.Header.Get("X-Amz-Copy-Source") != ""
		switch {
		case has("partNumber") && copied:
			return "UploadPartCopy"
		case has("partNumber"):
			return "UploadPart"
		case copied:
			return "CopyObject"
		}
		return "PutObject"
	case http.MethodPost:
		switch {
		case has("uploads"):
			return "CreateMultipartUpload"
		case has("uploadId"):
			return "CompleteMultipartUpload"
		case has("delete"):
			return "DeleteObjects"
		}
	case http.MethodDelete:
		if has("uploadId") {
			return "AbortMultipartUpload"
		}
		return "DeleteObject"
	}
	return r.Method + " " + r.URL.RawQuery
}
