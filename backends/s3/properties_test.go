package s3_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/s3"
)

// wantHeader fails unless the request's header has these fields; an empty
// value stands for none.
func wantHeader(t *testing.T, req request, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got := req.Header.Get(name); got != value {
			t.Errorf("%s %s, %s: %q, want %q", req.Method, req.URL, name, got, value)
		}
	}
}

var (
	copyResult = answer(`<CopyObjectResult><ETag>"v2"</ETag></CopyObjectResult>`)
	created    = answer("<InitiateMultipartUploadResult><UploadId>id1</UploadId></InitiateMultipartUploadResult>")
	partCopied = answer(`<CopyPartResult><ETag>"p"</ETag></CopyPartResult>`)
	completed  = answer(`<CompleteMultipartUploadResult><ETag>"v-1"</ETag></CompleteMultipartUploadResult>`)
)

// allProperties is a configuration of all that new objects can be given, and
// the header that it makes.
func allProperties() (s3.Config, map[string]string) {
	config := s3.Config{
		StorageClass: "GLACIER_IR", ACL: "bucket-owner-full-control", Tags: "dept=a%26b&kind=scan",
		Encryption: s3.Encryption{Algorithm: "aws:kms", KMSKey: "alias/scans", BucketKey: new(true)},
	}
	headers := map[string]string{
		"X-Amz-Storage-Class":          "GLACIER_IR",
		"X-Amz-Acl":                    "bucket-owner-full-control",
		"X-Amz-Tagging":                "dept=a%26b&kind=scan",
		"X-Amz-Server-Side-Encryption": "aws:kms",
		"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id":     "alias/scans",
		"X-Amz-Server-Side-Encryption-Bucket-Key-Enabled": "true",
	}
	return config, headers
}

func TestNewObjectsGetTheConfiguredProperties(t *testing.T) {
	cfg, want := allProperties()
	none := maps.Clone(want)
	for name := range none {
		none[name] = ""
	}
	for name, tt := range map[string]struct {
		cfg  s3.Config
		want map[string]string
	}{"all": {cfg, want}, "none": {s3.Config{}, none}} {
		t.Run(name, func(t *testing.T) {
			encrypted := []string{"X-Amz-Server-Side-Encryption", tt.want["X-Amz-Server-Side-Encryption"]}
			store, svc := play(t, tt.cfg, echo(stored, encrypted...), created)
			if _, err := store.Put(t.Context(), "a", data, sealed); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Begin(t.Context(), "a", backends.PutOptions{}); err != nil {
				t.Fatal(err)
			}
			for _, req := range svc.received() {
				wantHeader(t, req, tt.want)
			}
		})
	}
}

// echo adds header fields to an answer, by which the service confirms a wish.
func echo(answer http.HandlerFunc, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		answer(w, r)
	}
}

// sourceHead is of an object that has all that a copy could lose.
var sourceHead = answer("",
	"Content-Length", "5", "ETag", `"v1"`, "Content-Type", "application/pdf", "Content-Encoding", "zstd",
	"Content-Language", "de", "Content-Disposition", "inline", "Cache-Control", "no-store", "Expires", "never",
	"X-Amz-Meta-User", "=?UTF-8?B?w7w=?=", "X-Amz-Storage-Class", "STANDARD_IA", "X-Amz-Tagging-Count", "1",
	"X-Amz-Website-Redirect-Location", "/there",
	"X-Amz-Object-Lock-Mode", "GOVERNANCE", "X-Amz-Object-Lock-Retain-Until-Date", "2030-01-02T03:04:05Z",
	"X-Amz-Object-Lock-Legal-Hold", "ON",
	"X-Amz-Server-Side-Encryption", "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", "arn:old",
	"X-Amz-Server-Side-Encryption-Bucket-Key-Enabled", "true",
)

// keptByEveryCopy is what the service does not carry over by itself.
var keptByEveryCopy = map[string]string{
	"X-Amz-Storage-Class":                             "STANDARD_IA",
	"X-Amz-Website-Redirect-Location":                 "/there",
	"X-Amz-Server-Side-Encryption":                    "aws:kms",
	"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id":     "arn:old",
	"X-Amz-Server-Side-Encryption-Bucket-Key-Enabled": "true",
}

// described is what a request must repeat that makes the object anew.
var described = map[string]string{
	"Content-Type": "application/pdf", "Content-Encoding": "zstd", "Content-Language": "de",
	"Content-Disposition": "inline", "Cache-Control": "no-store", "Expires": "never",
	"X-Amz-Meta-User": "=?UTF-8?B?w7w=?=",
}

func TestCopiesKeepTheSourcesProperties(t *testing.T) {
	tagging := answer("<Tagging><TagSet><Tag><Key>dept</Key><Value>a&amp;b</Value></Tag></TagSet></Tagging>")
	t.Run("copy", func(t *testing.T) {
		store, svc := play(t, s3.Config{}, sourceHead, copyResult)
		if _, err := store.Copy(t.Context(), "to", backends.Source{Key: "a"}, backends.Condition{}); err != nil {
			t.Fatal(err)
		}
		wantHeader(t, svc.received()[1], keptByEveryCopy)
	})
	t.Run("copy in parts", func(t *testing.T) {
		store, svc := play(t, s3.Config{}, sourceHead, tagging, created, partCopied, partCopied, completed)
		store.SetSingleCopyMax(4)
		if _, err := store.Copy(t.Context(), "to", backends.Source{Key: "a"}, backends.Condition{}); err != nil {
			t.Fatal(err)
		}
		create := svc.received()[2]
		wantHeader(t, create, keptByEveryCopy)
		wantHeader(t, create, described)
		wantHeader(t, create, map[string]string{"X-Amz-Tagging": "dept=a%26b"})
	})
	t.Run("metadata", func(t *testing.T) {
		store, svc := play(t, s3.Config{}, sourceHead, copyResult)
		object, err := store.SetMetadata(t.Context(), "a", map[string]string{"mtime": "1"}, `"v1"`)
		if err != nil {
			t.Fatal(err)
		}
		if object.Version != `"v2"` || object.Metadata["user"] != "ü" || object.Metadata["mtime"] != "1" {
			t.Errorf("object %+v", object)
		}
		wantHeader(t, svc.received()[0], map[string]string{"If-Match": `"v1"`})
		self := svc.received()[1]
		wantHeader(t, self, keptByEveryCopy)
		wantHeader(t, self, described)
		wantHeader(t, self, map[string]string{
			"X-Amz-Copy-Source": "scans/a", "X-Amz-Copy-Source-If-Match": `"v1"`, "If-Match": `"v1"`,
			"X-Amz-Metadata-Directive": "REPLACE", "X-Amz-Tagging-Directive": "COPY", "X-Amz-Meta-Mtime": "1",
			"X-Amz-Object-Lock-Mode":              "GOVERNANCE",
			"X-Amz-Object-Lock-Retain-Until-Date": "2030-01-02T03:04:05Z",
			"X-Amz-Object-Lock-Legal-Hold":        "ON",
		})
	})
}

// A policy of the bucket may demand the configured encryption and ACL of
// copies, too; the class and the tags are the source's.
func TestCopiesGetTheConfiguredEncryption(t *testing.T) {
	cfg, want := allProperties()
	want["X-Amz-Storage-Class"] = "STANDARD_IA"
	want["X-Amz-Tagging"] = ""
	store, svc := play(t, cfg, sourceHead, copyResult, sourceHead, copyResult)
	if _, err := store.Copy(t.Context(), "to", backends.Source{Key: "a"}, backends.Condition{}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.SetMetadata(t.Context(), "a", map[string]string{"mtime": "1"}, ""); err != nil {
		t.Fatal(err)
	}
	wantHeader(t, svc.received()[1], want)
	wantHeader(t, svc.received()[3], want)
}

// What the bucket encrypts with by default may be stronger than the source's.
func TestCopiesLeaveTheServicesOwnKeysToTheBucket(t *testing.T) {
	head := answer("", "Content-Length", "5", "ETag", `"v1"`, "X-Amz-Server-Side-Encryption", "AES256")
	store, svc := play(t, s3.Config{}, head, copyResult)
	if _, err := store.Copy(t.Context(), "to", backends.Source{Key: "a"}, backends.Condition{}); err != nil {
		t.Fatal(err)
	}
	wantHeader(t, svc.received()[1], map[string]string{"X-Amz-Server-Side-Encryption": ""})
}

// every makes each kind of request that the store has. The service confirms
// new objects by these header fields.
func every(t *testing.T, cfg s3.Config, confirmation ...string) []request {
	t.Helper()
	head := answer("", "Content-Length", "8", "ETag", `"v1"`, "X-Amz-Tagging-Count", "1")
	aws, svc := playAmazon(t,
		echo(stored, confirmation...), created, echo(stored, confirmation...), answer("<ListPartsResult></ListPartsResult>"), completed, bare(204), // uploads
		answer("12345678"), head, answer("<ListBucketResult><Name>scans</Name></ListBucketResult>"), // reads
		head, copyResult, head, copyResult, // copies
		head, answer("<Tagging></Tagging>"), created, partCopied, partCopied, completed, // copy in parts
		bare(204), answer("<DeleteResult></DeleteResult>"), // deletes
	)
	cfg.Bucket, cfg.Region = "scans", "eu-north-1"
	store := aws.mustOpen(t, cfg)
	ctx := t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := store.Put(ctx, "a", data, sealed)
	check(err)
	upload, err := store.Begin(ctx, "a", backends.PutOptions{})
	check(err)
	part, err := upload.PutPart(ctx, 1, 0, data, sealed.Checksum)
	check(err)
	_, err = upload.Parts(ctx)
	check(err)
	_, err = upload.Commit(ctx, []backends.Part{part}, sealed.Checksum, backends.Condition{})
	check(err)
	check(upload.Abort(ctx))
	reader, err := store.Open(ctx, "a", 0, -1, "")
	check(err)
	check(reader.Close())
	_, err = store.Stat(ctx, "a")
	check(err)
	for _, err := range store.List(ctx, "", backends.ListOptions{}) {
		check(err)
	}
	_, err = store.Copy(ctx, "b", backends.Source{Key: "a"}, backends.Condition{})
	check(err)
	_, err = store.SetMetadata(ctx, "a", nil, "")
	check(err)
	store.SetSingleCopyMax(7)
	_, err = store.Copy(ctx, "b", backends.Source{Key: "a"}, backends.Condition{})
	check(err)
	check(store.Delete(ctx, backends.Condition{}, "a"))
	check(store.Delete(ctx, backends.Condition{}, "a", "b"))
	return svc.received()
}

func TestRequesterPaysForEveryRequest(t *testing.T) {
	for _, req := range every(t, s3.Config{RequesterPays: true}) {
		wantHeader(t, req, map[string]string{"X-Amz-Request-Payer": "requester"})
		if !strings.Contains(req.Header.Get("Authorization"), "x-amz-request-payer") {
			t.Errorf("%s %s: the field is not signed", req.Method, req.URL)
		}
	}
	for _, req := range every(t, s3.Config{}) {
		wantHeader(t, req, map[string]string{"X-Amz-Request-Payer": ""})
	}
}
