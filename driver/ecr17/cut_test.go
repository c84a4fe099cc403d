package ecr17

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"syscall"

	"sportello/driver/line"
)

// cutLine lets only so many bytes of a frame longer than them leave, and fails.
type cutLine struct {
	line.Line
	after  int
	cut    bool
	closed bool // by the driver, after the cut
}

func (c *cutLine) Write(b []byte) (int, error) {
	if len(b) <= c.after {
		return c.Line.Write(b)
	}
	n, err := c.Line.Write(b[:c.after])
	c.cut = true
	return n, errors.Join(errors.New("connection reset"), err)
}

func (c *cutLine) Close() error {
	c.closed = c.cut
	return c.Line.Close()
}

// dial gives every new connection to the same cutLine, one after another.
func (c *cutLine) dial(p *peer) func(context.Context) (line.Line, error) {
	return func(ctx context.Context) (line.Line, error) {
		l, err := p.connect(ctx)
		c.Line = l
		return c, err
	}
}

// resetLine ends as a line that was cut: with a reset, never in order.
type resetLine struct{ line.Line }

func (l resetLine) Read(b []byte) (int, error) {
	n, err := l.Line.Read(b)
	if errors.Is(err, io.EOF) {
		err = syscall.ECONNRESET
	}
	return n, err
}

func resetting(p *peer) func(context.Context) (line.Line, error) {
	return func(ctx context.Context) (line.Line, error) {
		l, err := p.connect(ctx)
		return resetLine{l}, err
	}
}

// oneWayLine takes no bytes while it is cut, and goes on bringing them.
type oneWayLine struct {
	line.Line
	cut *atomic.Bool
}

func (l oneWayLine) Write(b []byte) (int, error) {
	if l.cut.Load() {
		return 0, syscall.EPIPE
	}
	return l.Line.Write(b)
}

func oneWay(p *peer, cut *atomic.Bool) func(context.Context) (line.Line, error) {
	return func(ctx context.Context) (line.Line, error) {
		l, err := p.connect(ctx)
		return oneWayLine{l, cut}, err
	}
}
