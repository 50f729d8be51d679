package s3

import (
	"context"
	"net"
)

// SetSingleCopyMax makes larger objects be copied in parts.
func (s *Store) SetSingleCopyMax(bytes int64) { s.singleCopyMax = bytes }

// OpenDialing is Open with another way to open connections.
func OpenDialing(
	ctx context.Context, cfg Config, dial func(ctx context.Context, network, addr string) (net.Conn, error),
) (*Store, error) {
	return open(ctx, cfg, dial)
}
