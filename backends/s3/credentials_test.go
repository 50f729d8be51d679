package s3_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ftpbridge/backends"
	"ftpbridge/backends/s3"
)

var withRole = s3.Config{
	Bucket: "scans", Region: "eu-north-1", RoleARN: "arn:aws:iam::123456789012:role/scans", ExternalID: "e=1",
}

// assumed is the token service's answer: credentials that end after a while.
func assumed(keyID string, life time.Duration) http.HandlerFunc {
	return answer(fmt.Sprintf(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
		<Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey>
		<SessionToken>token-of-%[1]s</SessionToken><Expiration>%s</Expiration></Credentials>
		</AssumeRoleResult></AssumeRoleResponse>`, keyID, time.Now().Add(life).UTC().Format(time.RFC3339)))
}

func TestRoleIsAssumedAndRenewed(t *testing.T) {
	aws, svc := playAmazon(t, assumed("LONG", time.Hour), bare(404), bare(404))
	store := aws.mustOpen(t, withRole)
	for range 2 {
		if _, err := store.Stat(t.Context(), "a"); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("Stat: %v", err)
		}
	}
	asked := svc.received()[0]
	if asked.Host != "sts.eu-north-1.amazonaws.com" || !strings.Contains(asked.Header.Get("Authorization"), "Credential=test/") {
		t.Errorf("asked %s, %s", asked.Host, asked.Header.Get("Authorization"))
	}
	form, err := url.ParseQuery(string(asked.body))
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {withRole.RoleARN}, "ExternalId": {"e=1"},
		"RoleSessionName": {"ftpbridge"}, "DurationSeconds": {"3600"},
	}
	if diff := cmp.Diff(want, form); diff != "" {
		t.Error(diff)
	}
	for _, stat := range svc.received()[1:] {
		if !strings.Contains(stat.Header.Get("Authorization"), "Credential=LONG/") ||
			stat.Header.Get("X-Amz-Security-Token") != "token-of-LONG" {
			t.Errorf("stat with %s", stat.Header.Get("Authorization"))
		}
	}
}

func TestRoleIsAssumedAgainBeforeItEnds(t *testing.T) {
	aws, svc := playAmazon(t, assumed("SHORT", time.Minute), bare(404), assumed("NEXT", time.Hour), bare(404))
	store := aws.mustOpen(t, withRole)
	for range 2 {
		if _, err := store.Stat(t.Context(), "a"); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("Stat: %v", err)
		}
	}
	if got := svc.received()[3].Header.Get("X-Amz-Security-Token"); got != "token-of-NEXT" {
		t.Errorf("second stat with %q", got)
	}
}

func TestRoleThatIsNotToBeHad(t *testing.T) {
	refused := func(status int, code string) http.HandlerFunc {
		return answerStatus(status, "<ErrorResponse><Error><Type>Sender</Type><Code>"+code+
			"</Code><Message>not you</Message></Error><RequestId>REQ2</RequestId></ErrorResponse>")
	}
	tests := map[string]struct {
		answer http.HandlerFunc
		kind   error
		text   string
	}{
		"denied":    {refused(403, "AccessDenied"), fs.ErrPermission, "assume arn:aws:iam::123456789012:role/scans: 403 AccessDenied: not you"},
		"throttled": {refused(400, "Throttling"), backends.ErrBusy, "Throttling"},
		"lost":      {hangUp, backends.ErrBusy, "assume arn:aws:iam::123456789012:role/scans"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			aws := startAmazon(t, tt.answer) // however often it is asked
			_, err := aws.mustOpen(t, withRole).Stat(t.Context(), "a")
			if !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Stat: %v", err)
			}
		})
	}
	t.Run("nothing to assume it with", func(t *testing.T) {
		aws, _ := playAmazon(t)
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "")
		_, err := aws.mustOpen(t, withRole).Stat(t.Context(), "a")
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "no credentials found: set AWS_ACCESS_KEY_ID") {
			t.Errorf("Stat: %v", err)
		}
	})
}
