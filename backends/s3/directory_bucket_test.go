package s3_test

import (
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"testing"
	"time"

	"ftpbridge/backends"
	"ftpbridge/backends/s3"
)

// session is the service's answer to the request for a session, which comes
// before the first other one.
var session = answer(`<CreateSessionResult><Credentials><SessionToken>t</SessionToken><SecretAccessKey>s</SecretAccessKey>
	<AccessKeyId>SESSION</AccessKeyId><Expiration>` + time.Now().Add(time.Hour).UTC().Format(time.RFC3339) +
	`</Expiration></Credentials></CreateSessionResult>`)

// playDirectoryBucket opens a directory bucket, of which no server for tests
// knows: the answers are as Amazon's documentation has them.
func playDirectoryBucket(t *testing.T, answers ...http.HandlerFunc) (*s3.Store, *service) {
	t.Helper()
	aws, svc := playAmazon(t, answers...)
	return aws.mustOpen(t, s3.Config{Bucket: "scans--use1-az4--x-s3", Region: "us-east-1", Experimental: true}), svc
}

func TestDirectoryBucketInfo(t *testing.T) {
	store, _ := playDirectoryBucket(t)
	if info := store.Info(); info.Ordered || !info.AtomicRename || info.AtomicDirRename {
		t.Errorf("directory bucket: %+v", info)
	}
	other, _ := play(t, s3.Config{})
	if info := other.Info(); !info.Ordered || info.AtomicRename {
		t.Errorf("other bucket: %+v", info)
	}
}

func TestDirectoryBucketRenames(t *testing.T) {
	store, svc := playDirectoryBucket(t, session, answer(""))
	if err := store.Rename(t.Context(), "from/a b+ü", "to/c"); err != nil {
		t.Fatal(err)
	}
	asked, rename := svc.received()[0], svc.received()[1]
	if !asked.URL.Query().Has("session") {
		t.Errorf("first %s %s", asked.Method, asked.URL)
	}
	const host = "scans--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com"
	if rename.Method != http.MethodPut || rename.Host != host || rename.URL.Path != "/to/c" || !rename.URL.Query().Has("renameObject") {
		t.Errorf("renamed by %s %s%s", rename.Method, rename.Host, rename.URL)
	}
	wantHeader(t, rename, map[string]string{"X-Amz-Rename-Source": "/from/a%20b%2B%C3%BC"})
	if rename.Header.Get("X-Amz-Client-Token") == "" {
		t.Error("its repetition would do harm")
	}
}

func TestDirectoryBucketRenameFails(t *testing.T) {
	t.Run("missing", func(t *testing.T) {
		store, _ := playDirectoryBucket(t, session, refuse(404, "NoSuchKey"))
		if err := store.Rename(t.Context(), "a", "b"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Rename: %v", err)
		}
	})
	t.Run("missing, onto itself", func(t *testing.T) {
		store, svc := playDirectoryBucket(t, session, bare(404))
		if err := store.Rename(t.Context(), "a", "a"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Rename: %v", err)
		}
		if method := svc.received()[1].Method; method != http.MethodHead {
			t.Errorf("it asked by %s", method)
		}
	})
	t.Run("bad key", func(t *testing.T) {
		store, _ := playDirectoryBucket(t)
		if err := store.Rename(t.Context(), "a", "\xff"); !errors.Is(err, backends.ErrKey) {
			t.Errorf("Rename: %v", err)
		}
	})
	t.Run("directory", func(t *testing.T) {
		store, _ := playDirectoryBucket(t)
		if err := store.Rename(t.Context(), "a/", "b/"); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("Rename: %v", err)
		}
	})
	t.Run("other bucket", func(t *testing.T) {
		store, _ := play(t, s3.Config{})
		if err := store.Rename(t.Context(), "a", "b"); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("Rename: %v", err)
		}
	})
}

// It lists only whole directories: what is asked for is picked out of them.
func TestDirectoryBucketLists(t *testing.T) {
	page := func(more string) http.HandlerFunc {
		return answer(`<ListBucketResult><Name>scans</Name>` + more + `
			<Contents><Key>d/fine</Key></Contents><Contents><Key>d/a</Key></Contents><Contents><Key>d/fig</Key></Contents>
			<CommonPrefixes><Prefix>d/fir/</Prefix></CommonPrefixes></ListBucketResult>`)
	}
	const more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t2</NextContinuationToken>"
	tests := map[string]struct {
		prefix  string
		opts    backends.ListOptions
		answers []http.HandlerFunc
		asked   string
		maxKeys string
		want    []string
	}{
		"directory": {"d/", backends.ListOptions{}, []http.HandlerFunc{page("")}, "d/", "", []string{"d/a", "d/fig", "d/fine", "d/fir/"}},
		"beginning of a name": {
			"d/fi",
			backends.ListOptions{},
			[]http.HandlerFunc{page(more), page("")},
			"d/", "",
			[]string{"d/fig", "d/fine", "d/fir/", "d/fig", "d/fine", "d/fir/"},
		},
		"of a directory's":    {"d", backends.ListOptions{}, []http.HandlerFunc{page("")}, "", "", []string{"d/a", "d/fig", "d/fine", "d/fir/"}},
		"limited":             {"d/fin", backends.ListOptions{Limit: 1}, []http.HandlerFunc{page(more)}, "d/", "", []string{"d/fine"}},
		"limited, directory":  {"d/", backends.ListOptions{Limit: 2}, []http.HandlerFunc{page(more)}, "d/", "2", []string{"d/a", "d/fig"}},
		"no match, two pages": {"d/x", backends.ListOptions{Limit: 1}, []http.HandlerFunc{page(more), page("")}, "d/", "", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store, svc := playDirectoryBucket(t, append([]http.HandlerFunc{session}, tt.answers...)...)
			var got []string
			for page, err := range store.List(t.Context(), tt.prefix, tt.opts) {
				if err != nil {
					t.Fatal(err)
				}
				for _, entry := range page {
					got = append(got, entry.Key)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("keys %q, want %q", got, tt.want)
			}
			query := svc.received()[1].URL.Query()
			if query.Get("prefix") != tt.asked || query.Get("max-keys") != tt.maxKeys {
				t.Errorf("asked for %v", query)
			}
		})
	}
}

func TestDirectoryBucketHasNoOrderToGoOnIn(t *testing.T) {
	store, _ := playDirectoryBucket(t)
	for _, err := range store.List(t.Context(), "", backends.ListOptions{After: "a"}) {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("List: %v", err)
		}
	}
}

func TestDirectoryBucketCopiesNoAnnotations(t *testing.T) {
	head := answer("", "Content-Length", "5", "ETag", `"v1"`)
	store, svc := playDirectoryBucket(t, session, head, copyResult)
	if _, err := store.Copy(t.Context(), "to", backends.Source{Key: "a"}, backends.Condition{}); err != nil {
		t.Fatal(err)
	}
	wantHeader(t, svc.received()[2], map[string]string{"X-Amz-Object-Annotation-Directive": "EXCLUDE"})
}
