package s3

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
)

const (
	dialTimeout = 10 * time.Second
	// headerTimeout bounds the wait for a response after the request is
	// sent. Services answer a long copy or completion early and keep the
	// connection alive with blanks; those that do not need the two minutes.
	headerTimeout = 2 * time.Minute
	// idleConns covers the parts in flight of many transfers, so that a new
	// part seldom pays for a handshake.
	idleConns  = 256
	bufferSize = 64 << 10 // of one connection and direction, bytes
	// defaultRegion is what compatible services sign with unless told otherwise.
	defaultRegion = "us-east-1"
)

// newClient makes the SDK's client and the transport below it, whose idle
// connections are the caller's to close.
func newClient(ctx context.Context, cfg Config) (*s3.Client, *http.Transport, error) {
	// The SDK's warnings would go to standard error; what matters is in errors.
	shared, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.Nop{}))
	if err != nil {
		return nil, nil, fmt.Errorf("read the AWS configuration from the environment and shared files: %w", err)
	}
	transport := newTransport(shared.HTTPClient)
	client := s3.NewFromConfig(shared, func(o *s3.Options) {
		o.UsePathStyle = cfg.PathStyle
		if cfg.Endpoint != "" {
			o.BaseEndpoint = &cfg.Endpoint
		}
		if cfg.Region != "" {
			o.Region = cfg.Region
		}
		if o.Region == "" && o.BaseEndpoint != nil {
			o.Region = defaultRegion
		}
		o.Credentials = credentialsSource{o.Credentials}
		// The requests carry checksums of ours: the SDK must neither add one
		// nor, which would break range reads, expect one in responses.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		// A redirect means the wrong region; following it would only fail
		// later, on the signature.
		o.HTTPClient = &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	})
	if client.Options().Region == "" {
		return nil, nil, errors.New("the region is missing: add region=… to the URL or set AWS_REGION")
	}
	return client, transport, nil
}

// newTransport tunes the SDK's transport, which honours the proxies of the
// environment and, if it comes prepared, the authorities of AWS_CA_BUNDLE.
// Bodies have no deadline here: that is for the request's context.
func newTransport(prepared aws.HTTPClient) *http.Transport {
	buildable, ok := prepared.(*awshttp.BuildableClient)
	if !ok {
		buildable = awshttp.NewBuildableClient() // nothing to prepare
	}
	transport := buildable.GetTransport()
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	transport.DialContext = dialer.DialContext
	transport.ResponseHeaderTimeout = headerTimeout
	transport.MaxIdleConns = 0
	transport.MaxIdleConnsPerHost = idleConns
	transport.MaxConnsPerHost = 0
	transport.ReadBufferSize = bufferSize
	transport.WriteBufferSize = bufferSize
	transport.DisableCompression = true // objects are handed on as they are stored
	// One connection a transfer: streams that share one would share its
	// congestion window.
	transport.ForceAttemptHTTP2 = false
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(true)
	return transport
}
