// Package line carries bytes to a terminal and back: TCP, serial, or memory. It knows nothing of
// frames and never retries a write.
package line

import (
	"context"
	"io"
	"net"
	"time"
)

// Line is one open connection to a terminal. One goroutine may read while another writes; Close may
// be called from any and frees both within milliseconds. The deadline errors are os.ErrDeadlineExceeded.
//
// The count that a failed Write returns is certain (no further byte will leave), unless the error is
// ErrStuck: then the bytes may leave at any time until the line is closed.
type Line interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

// connectTimeout bounds Dial when the context sets no earlier end (ECR17 1.6).
const connectTimeout = 3 * time.Second

// Dial opens the line that address names (see ParseAddress). It tries once, for 3 seconds at most.
func Dial(ctx context.Context, address string) (Line, error) {
	a, err := ParseAddress(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	switch a.Kind {
	case TCP:
		return dialTCP(ctx, a.Path)
	case USB:
		if a.Path, err = findUSB(a); err != nil {
			return nil, err
		}
	}
	return openSerial(ctx, a)
}

// dialTCP leaves TCP_NODELAY on (Go's default): a frame and its acknowledgement are a few bytes each.
// Keep-alive notices a terminal that was switched off while we wait for a card.
func dialTCP(ctx context.Context, hostPort string) (Line, error) {
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 4,
	}}
	c, err := d.DialContext(ctx, "tcp", hostPort)
	if err != nil {
		return nil, err // it says "dial" and the address
	}
	return c, nil
}
