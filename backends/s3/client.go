package s3

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
	smithyhttp "github.com/aws/smithy-go/transport/http"
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

// dialFunc opens a connection, as net.Dialer.DialContext does.
type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// connect makes the SDK's client and the transport below it. It asks the
// service for the bucket's region if nothing else tells it.
func (s *Store) connect(ctx context.Context, cfg Config, dial dialFunc) error {
	// The SDK's warnings would go to standard error; what matters is in errors.
	shared, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.Nop{}))
	if err != nil {
		return fmt.Errorf("read the AWS configuration from the environment and shared files: %w", err)
	}
	if s.transport, err = newTransport(shared.HTTPClient, dial, cfg.CAFile); err != nil {
		return err
	}
	// A redirect means the wrong region; following it would only fail later,
	// on the signature.
	shared.HTTPClient = &http.Client{
		Transport:     s.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if cfg.Region != "" {
		shared.Region = cfg.Region
	}
	endpoint := cfg.Endpoint
	if endpoint == "" {
		endpoint = aws.ToString(s3.NewFromConfig(shared).Options().BaseEndpoint) // the environment's
	}
	if err := cfg.checkEndpoint(endpoint); err != nil {
		return err
	}
	switch {
	case shared.Region != "":
	case endpoint != "":
		shared.Region = defaultRegion
	default:
		if shared.Region, err = s.findRegion(ctx, shared); err != nil {
			return err
		}
	}
	options, err := requestOptions(cfg)
	if err != nil {
		return err
	}
	shared.Credentials = credentials(shared, cfg)
	s.client = s3.NewFromConfig(shared, append(options, func(o *s3.Options) {
		o.UsePathStyle = cfg.PathStyle
		o.BaseEndpoint = optional(endpoint)
		// The requests carry checksums of ours: the SDK must neither add one
		// nor, which would break range reads, expect one in responses.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.Retryer = newClockRetryer()
		o.RetryMaxAttempts = 0 // that of AWS_MAX_ATTEMPTS would count instead
	})...)
	return nil
}

// checkEndpoint finds parameters that make no sense with the endpoint; the
// empty one is Amazon's, which is reached by TLS.
func (c *Config) checkEndpoint(endpoint string) error {
	plain := strings.HasPrefix(endpoint, "http:")
	switch {
	case c.UnsignedPayload && !plain:
		return errors.New("parameter unsigned_payload: over TLS the body is never signed: remove it")
	case c.Encryption.CustomerKeyFile != "" && plain:
		return errors.New("parameter sse_c_key_file: the key would travel in clear text: use an https:// endpoint")
	default:
		return nil
	}
}

// requestOptions are for what the URL wants every request to carry.
func requestOptions(cfg Config) ([]func(*s3.Options), error) {
	var options []func(*s3.Options)
	if cfg.RequesterPays {
		options = append(options, s3.WithAPIOptions(smithyhttp.SetHeaderValue("X-Amz-Request-Payer", "requester")))
	}
	if cfg.Encryption.CustomerKeyFile != "" {
		key, err := readCustomerKey(cfg.Encryption.CustomerKeyFile)
		if err != nil {
			return nil, err
		}
		options = append(options, s3.WithAPIOptions(withCustomerKey(key)))
	}
	return options, nil
}

// newTransport tunes the SDK's transport, which honours the proxies of the
// environment and, if it comes prepared, the authorities of AWS_CA_BUNDLE.
// Bodies have no deadline here: that is for the request's context.
func newTransport(prepared aws.HTTPClient, dial dialFunc, caFile string) (*http.Transport, error) {
	buildable, ok := prepared.(*awshttp.BuildableClient)
	if !ok {
		buildable = awshttp.NewBuildableClient() // nothing to prepare
	}
	transport := buildable.GetTransport()
	if caFile != "" {
		if err := trust(transport, caFile); err != nil {
			return nil, err
		}
	}
	transport.DialContext = dial
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
	return transport, nil
}

// trust adds the authorities of a PEM file to those that are trusted already.
func trust(transport *http.Transport, caFile string) error {
	pem, err := os.ReadFile(caFile) //nolint:gosec // a file that the operator names
	if err != nil {
		return fmt.Errorf("parameter ca_file: %w", err)
	}
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	roots := transport.TLSClientConfig.RootCAs
	if roots == nil {
		if roots, err = x509.SystemCertPool(); err != nil {
			return fmt.Errorf("read the system's authorities: %w", err)
		}
	}
	roots = roots.Clone()
	if !roots.AppendCertsFromPEM(pem) {
		return fmt.Errorf("parameter ca_file: %s holds no certificate in PEM form", caFile)
	}
	transport.TLSClientConfig.RootCAs = roots
	return nil
}
