package ecr17

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"sportello/driver/line"
	"sportello/protocol/ecr17"
)

// conn is one connection to the terminal: bytes to frames, with the deframer's two timers, and our
// control frames. It is used by one goroutine; close may be called from any.
type conn struct {
	line  line.Line
	scope ecr17.Scope
	form  ecr17.ControlForm // of the ACKs and NAKs we send
	trace tracer

	deframer ecr17.Deframer
	ready    []frame // cut, not yet taken
	lastByte time.Time
	ended    error // the line's end, after which nothing is read
	heard    bool  // a byte has come
	frames   int   // how many have come
	spoken   bool  // a frame of a known form has come: this is a terminal

	chunks  chan []byte   // from the reading goroutine; closed when it ends
	endErr  error         // set before chunks is closed
	stopped chan struct{} // closed by close
	once    sync.Once
	closing <-chan struct{} // the driver's
}

// frame is a frame with a payload of its own.
type frame struct {
	ecr17.Frame
	damaged bool // an application frame that began and never ended; Kind is FrameApplication
}

func newConn(l line.Line, closing <-chan struct{}, trace tracer) *conn {
	c := &conn{
		line: l, trace: trace, lastByte: time.Now(),
		// The buffer lets a terminal write while we write, also on a line without buffers.
		chunks: make(chan []byte, 256), stopped: make(chan struct{}), closing: closing,
	}
	go c.read()
	return c
}

// read is the reading goroutine; close ends it and waits.
func (c *conn) read() {
	defer close(c.chunks)
	c.endErr = errClosing
	buf := make([]byte, ecr17.MaxFrame)
	for {
		n, err := c.line.Read(buf)
		if n > 0 {
			select {
			case c.chunks <- slices.Clone(buf[:n]):
			case <-c.stopped:
				return
			}
		}
		if err != nil {
			c.endErr = err
			return
		}
	}
}

func (c *conn) close() {
	c.once.Do(func() {
		close(c.stopped)
		c.line.Close()
		for range c.chunks { // until the reading goroutine has ended
		}
	})
}

// write sends b whole, in one try. The count of a failed write is the line's (see line.Line).
func (c *conn) write(b []byte) (int, error) {
	if err := c.line.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return 0, fmt.Errorf("%w: %w", errLost, err)
	}
	n, err := c.line.Write(b)
	if err != nil {
		return n, fmt.Errorf("%w: %w", errLost, err)
	}
	return n, nil
}

func (c *conn) ack() error {
	c.trace.control("send", "ACK")
	_, err := c.write(ecr17.AppendACK(nil, c.form))
	return err
}

func (c *conn) nak() error {
	c.trace.control("send", "NAK")
	_, err := c.write(ecr17.AppendNAK(nil, c.form))
	return err
}

// send writes an application frame.
func (c *conn) send(payload []byte) (int, error) {
	c.trace.message("send", payload)
	return c.write(ecr17.AppendFrame(nil, payload, c.scope))
}

// endLine writes the end of a line of text and gives the first bytes that answer it, at most as many as
// arrive at once.
func (c *conn) endLine(deadline time.Time, interrupt <-chan struct{}) []byte {
	c.trace.control("send", "CR LF")
	if _, err := c.write([]byte("\r\n")); err != nil {
		return nil
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case chunk, ok := <-c.chunks:
		c.take(chunk, ok)
		return chunk
	case <-timer.C:
	case <-c.closing:
	case <-interrupt:
	}
	return nil
}

// next waits for a frame until the deadline. It gives errTimeout, errLost once everything that came
// before the end of the line has been taken (ECR17 1.4), or errClosing.
func (c *conn) next(deadline time.Time) (frame, error) {
	return c.await(func() time.Time { return deadline }, nil)
}

// await is next with a deadline that may move while bytes arrive, and a channel that interrupts.
func (c *conn) await(deadline func() time.Time, interrupt <-chan struct{}) (frame, error) {
	for {
		if f, ok := c.poll(); ok {
			return f, nil
		}
		if c.ended != nil {
			return frame{}, c.ended
		}
		wake, flush := deadline(), false
		if at, pending := c.unfinished(); pending && !at.After(wake) {
			wake, flush = at, true
		}
		timer := time.NewTimer(time.Until(wake))
		select {
		case chunk, ok := <-c.chunks:
			c.take(chunk, ok)
		case <-timer.C:
			select {
			case chunk, ok := <-c.chunks: // it came at the same instant: bytes first
				c.take(chunk, ok)
			default:
				if !flush {
					timer.Stop()
					return frame{}, errTimeout
				}
				c.flush()
			}
		case <-c.closing:
			timer.Stop()
			return frame{}, errClosing
		case <-interrupt:
			timer.Stop()
			return frame{}, errInterrupted
		}
		timer.Stop()
	}
}

// poll takes a frame that is already here, without waiting.
func (c *conn) poll() (frame, bool) {
	for {
		if len(c.ready) > 0 {
			f := c.ready[0]
			c.ready = c.ready[1:]
			return f, true
		}
		if c.ended != nil {
			return frame{}, false
		}
		select {
		case chunk, ok := <-c.chunks:
			c.take(chunk, ok)
		default:
			return frame{}, false
		}
	}
}

// alive reports whether the line's end has not been seen yet. It takes in what has arrived.
func (c *conn) alive() bool {
	for c.ended == nil {
		select {
		case chunk, ok := <-c.chunks:
			c.take(chunk, ok)
		default:
			return true
		}
	}
	return false
}

// What one connection may bring. A line that always has one more frame would let no wait come to its end (Z13): no
// terminal has so much to say in the ten minutes of a payment and the hours that a late word may take.
const (
	mostFrames = 10_000
	mostJunk   = 1 << 20 // bytes that belong to no frame
)

// take feeds what arrived to the deframer, or ends the stream.
func (c *conn) take(chunk []byte, more bool) {
	if more {
		c.heard = true
		c.lastByte = time.Now()
		c.deframer.Feed(chunk)
		c.drain()
		if c.frames > mostFrames || c.deframer.Junk() > mostJunk {
			c.ended = fmt.Errorf("%w: it brings %d frames, %d other bytes, and no end of them", errLost, c.frames, c.deframer.Junk())
		}
		return
	}
	c.settle(c.deframer.Close())
	c.ended = fmt.Errorf("%w: %w", errLost, c.endErr)
}

func (c *conn) drain() {
	for {
		f, ok := c.deframer.Next()
		if !ok {
			return
		}
		c.add(frame{Frame: f})
	}
}

func (c *conn) add(f frame) {
	c.frames++
	f.Payload = slices.Clone(f.Payload)
	_, known := f.Scope()
	c.spoken = c.spoken || known || f.Form != ecr17.FormUnknown
	c.trace.frame(f)
	c.ready = append(c.ready, f)
}

func (c *conn) settle(u ecr17.Unfinished) {
	c.drain()
	if u.Application {
		c.add(frame{Frame: ecr17.Frame{Kind: ecr17.FrameApplication}, damaged: true})
	}
}

// unfinished says when the bytes held back must be given up (ECR17 1.4).
func (c *conn) unfinished() (at time.Time, pending bool) {
	switch lead, n := c.deframer.Pending(); {
	case n == 0:
		return time.Time{}, false
	case lead == ecr17.ACK || lead == ecr17.NAK:
		return c.lastByte.Add(bareControlWait), true
	}
	return c.lastByte.Add(unfinishedWait), true
}

func (c *conn) flush() {
	if f, ok := c.deframer.FlushBareControl(); ok {
		c.add(frame{Frame: f})
		c.drain()
		return
	}
	c.settle(c.deframer.DropUnfinished())
}
