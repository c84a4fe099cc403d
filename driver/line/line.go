// Package line carries bytes to a terminal and back: TCP, serial, or memory. It knows nothing of
// frames and never retries a write.
package line

import (
	"io"
	"time"
)

// Line is one open connection to a terminal. One goroutine may read while another writes; Close may
// be called from any and frees both within milliseconds. The deadline errors are os.ErrDeadlineExceeded.
type Line interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}
