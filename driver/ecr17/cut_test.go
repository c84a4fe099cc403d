package ecr17

import (
	"context"
	"errors"

	"sportello/driver/line"
)

// cutLine lets only so many bytes of a frame longer than them leave.
type cutLine struct {
	line.Line
	after int
}

func (c *cutLine) Write(b []byte) (int, error) {
	if len(b) <= c.after {
		return c.Line.Write(b)
	}
	n, err := c.Line.Write(b[:c.after])
	c.Line.Close()
	return n, errors.Join(errors.New("connection reset"), err)
}

func cutAfter(p *peer, n int) func(context.Context) (line.Line, error) {
	return func(ctx context.Context) (line.Line, error) {
		l, err := p.connect(ctx)
		return &cutLine{l, n}, err
	}
}
