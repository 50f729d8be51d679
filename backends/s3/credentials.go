package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"ftpbridge/backends"
)

const (
	roleSession = "ftpbridge" // the name that the account's trail shows
	// roleDuration is what every role allows, also one that is assumed from
	// another. The credentials are renewed when less than roleMargin is left,
	// so that a long request does not outlive them.
	roleDuration = time.Hour
	roleMargin   = 5 * time.Minute
)

// credentials are those of the SDK's default chain, or of the role that is
// assumed with them at the token service of the bucket's region
// (AWS_ENDPOINT_URL_STS names another).
func credentials(shared aws.Config, cfg Config) aws.CredentialsProvider {
	own := credentialsSource{CredentialsProvider: shared.Credentials}
	if cfg.RoleARN == "" {
		return own
	}
	shared.Credentials = own
	role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(shared), cfg.RoleARN, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = roleSession
		o.Duration = roleDuration
		o.ExternalID = optional(cfg.ExternalID)
	})
	cached := aws.NewCredentialsCache(role, func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = roleMargin })
	return credentialsSource{CredentialsProvider: cached, role: cfg.RoleARN}
}

// credentialsSource marks the errors of the provider that it holds.
type credentialsSource struct {
	aws.CredentialsProvider

	role string // that it assumes, if any
}

func (c credentialsSource) Retrieve(ctx context.Context) (aws.Credentials, error) {
	credentials, err := c.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, &credentialsError{err: err, role: c.role}
	}
	return credentials, nil
}

// credentialsError sets failures to get credentials apart from those of the
// request that they were for.
type credentialsError struct {
	err  error
	role string
}

func (e *credentialsError) Error() string {
	if inner, ok := errors.AsType[*credentialsError](e.err); ok {
		return inner.Error() // the role's request found none
	}
	switch {
	case e.nowhere():
		return "no credentials found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a shared file or a role"
	case e.role != "":
		return fmt.Sprintf("assume %s: %s", e.role, detail(e.err))
	default:
		return "get credentials: " + detail(e.err)
	}
}

func (e *credentialsError) Unwrap() error { return e.err }

// nowhere: the instance's metadata service is the last link of the chain,
// so its failure means that there was nothing before it.
func (e *credentialsError) nowhere() bool {
	opErr, ok := errors.AsType[*smithy.OperationError](e.err)
	return ok && opErr.Service() == "ec2imds"
}

func (e *credentialsError) kind() error {
	if inner, ok := errors.AsType[*credentialsError](e.err); ok {
		return inner.kind()
	}
	if kind, _ := kindOf(e.err); errors.Is(kind, backends.ErrBusy) && !e.nowhere() {
		return kind
	}
	return fs.ErrPermission
}
