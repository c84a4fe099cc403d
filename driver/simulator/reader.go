package simulator

import (
	"bytes"
	"time"

	"sportello/protocol/ecr17"
)

// headOfRequest is STX and the header: after these bytes a terminal knows the letter.
const headOfRequest = 11

// unreadWait is how long a terminal that does not read hangs.
const unreadWait = time.Minute

// read moves bytes from the line to in. It never takes more than a head at a time, so
// that what happens inside a request happens there.
func (s *session) read(in chan<- []byte) {
	defer close(in)
	var head headReader
	buf := make([]byte, headOfRequest)
	for {
		n, err := s.conn.Read(buf)
		for i := range n {
			letter, ok := head.feed(buf[i])
			if !ok {
				continue
			}
			if f := s.t.takeInside(letter); len(f) > 0 {
				for _, c := range buf[i+1 : n] {
					head.feed(c)
				}
				if !s.inside(in, &head, f, headOfRequest+n-i-1) {
					return
				}
				n = 0
				break
			}
		}
		if n > 0 && !s.give(in, bytes.Clone(buf[:n])) || err != nil {
			return
		}
	}
}

// give hands bytes over; none at all mean that what is unfinished never came. False
// when nobody wants them.
func (s *session) give(in chan<- []byte, b []byte) bool {
	select {
	case in <- b:
		return true
	case <-s.done:
		return false
	}
}

// inside does what a request meets while it is coming; read of its bytes have come.
// False when nothing more is to be read. A permanent line only loses the request.
func (s *session) inside(in chan<- []byte, head *headReader, f faultSet, read int) bool {
	if !s.give(in, nil) {
		return false
	}
	upTo := 1 << 20 // its end
	switch {
	case f.has(NeverReads):
		s.hang(f)
		if !s.permanent {
			return false
		}
	case f.has(ResetInside):
		upTo = f.bytes(ResetInside, 50)
	}
	one := make([]byte, 1)
	for head.inFrame() && (read < upTo || s.permanent) {
		n, err := s.conn.Read(one)
		if err != nil {
			return false
		}
		if n > 0 {
			head.feed(one[0])
			read++
		}
	}
	if s.permanent {
		return true
	}
	reset(s.conn)
	return false
}

// hang is a terminal that reads nothing, until somebody switches it off and on.
func (s *session) hang(f faultSet) {
	timer := time.NewTimer(f.wait(NeverReads, unreadWait))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.done:
	}
	if !s.permanent {
		_ = s.conn.Close() // it is meant to break
	}
}

// reset ends a line the hard way, where it has one: RST on TCP.
func reset(c Conn) {
	switch line := c.(type) {
	case interface{ Reset() }:
		line.Reset()
	case interface{ SetLinger(int) error }:
		_ = line.SetLinger(0) // an end without it is an end too
	}
	_ = c.Close() // it is meant to break
}

// headReader finds the letters of requests in a stream that may end anywhere.
type headReader struct {
	n    int  // bytes of the frame so far, 0 outside
	last bool // ETX has come, the LRC follows
}

// feed takes a byte; the letter when it is the last of a head.
func (h *headReader) feed(c byte) (letter byte, ok bool) {
	switch {
	case h.last:
		*h = headReader{}
	case c == ecr17.STX:
		h.n = 1
	case h.n == 0:
	case c == ecr17.ETX:
		h.last = true
	default:
		h.n++
		return c, h.n == headOfRequest
	}
	return 0, false
}

func (h *headReader) inFrame() bool { return h.n > 0 }
