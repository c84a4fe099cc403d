package simulator

import (
	"bytes"
	"context"
	"sync"
	"time"

	"sportello/protocol/ecr17"
)

// session is one line and the procedure that runs on it. When the line is lost the
// procedure goes on without it: a terminal does not forget a sale because a cable
// was pulled out.
type session struct {
	t         *Terminal
	conn      Conn
	permanent bool   // the line cannot be closed
	leave     func() // lets another client in before this line has ended

	in     chan []byte // bytes from the reader, closed when the line has ended
	done   chan struct{}
	reader sync.WaitGroup

	frames ecr17.Deframer
	queue  [][]byte // requests that came while another was carried out
	lost   bool     // nothing more can be read
	mute   bool     // a permanent line was "cut": nothing passes until the procedure ends

	previous    []byte      // last transaction carried out on this line, see Options.DropRepeats
	dying       RebootPoint // of the transaction under way, see RebootAt
	current     []byte      // the request being carried out
	faults      faultSet    // of it
	stay        bool        // the line stays open after it, whatever Options.Closing says
	outside     bool        // the terminal is no longer held for it
	halfClosed  bool        // nothing more can be written
	gluing      bool        // hold everything back for one segment
	held        []byte
	unconfirmed [][]byte // messages in held that need a confirmation
}

// Waits of the deframer (ECR17 1.4).
const (
	bareControlWait = 300 * time.Millisecond
	unfinishedWait  = 2 * time.Second
	writeTimeout    = 10 * time.Second
)

func newSession(t *Terminal, conn Conn, leave func()) *session {
	return &session{t: t, conn: conn, permanent: leave == nil, leave: leave, done: make(chan struct{})}
}

// serve carries out requests until the line, the terminal or ctx ends.
func (s *session) serve(ctx context.Context) {
	defer s.reader.Wait()
	defer close(s.done)
	defer s.conn.Close() //nolint:errcheck // the end of it in any case
	on := s.t.take(OnConnect)
	if s.offAtConnect(ctx, on) {
		return
	}
	in := make(chan []byte, 1024)
	s.in = in
	s.reader.Go(func() { s.read(in) })
	if len(on) > 0 {
		s.notATerminal(ctx, on)
		return
	}
	for {
		payload, ok := s.request(ctx)
		if !ok {
			return
		}
		turn := s.turn(ctx, payload)
		switch turn {
		case noTurn:
			return
		case turnedAway:
			continue
		case itsTurn, meanwhile:
		}
		closing := s.carryOut(ctx, payload)
		s.foreign()
		closing, dead := closing && !s.stay || s.faults.has(HangUp), s.faults.has(HalfOpen)
		s.endProcedure()
		if turn == itsTurn && !s.outside {
			s.t.end()
		}
		switch {
		case s.permanent:
		case dead:
			s.dead(ctx)
			return
		case closing && len(s.queue) == 0:
			return
		}
	}
}

// take gives the faults due for a request or a connection.
func (t *Terminal) take(on string) faultSet {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.script.take(on, false)
}

// takeInside gives those due while a request is still coming.
func (t *Terminal) takeInside(letter byte) faultSet {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.script.take(string(rune(letter)), true)
}

func (s *session) endProcedure() {
	s.flush()
	if s.mute { // what came while the line was "cut" never arrived
		s.mute, s.queue, s.frames = false, nil, ecr17.Deframer{}
	}
	s.faults, s.gluing, s.unconfirmed, s.stay = nil, false, nil, false
	for f, ok := s.frames.Next(); ok; f, ok = s.frames.Next() {
		f.Payload = bytes.Clone(f.Payload)
		s.enqueue(f)
	}
}

// what ended a wait.
type event uint8

const (
	gotFrame event = iota
	timedOut
	lineGone
	stopped // the terminal was switched off
)

// next waits for a frame of the ECR until limit (nil: for ever).
func (s *session) next(ctx context.Context, limit <-chan time.Time) (ecr17.Frame, event) {
	for {
		if f, ok := s.frames.Next(); ok {
			f.Payload = bytes.Clone(f.Payload)
			s.trace("< ", f.String())
			return f, gotFrame
		}
		if s.lost {
			return ecr17.Frame{}, lineGone
		}
		var idle <-chan time.Time
		lead, n := s.frames.Pending()
		if n > 0 {
			idle = time.After(unfinishedWait)
			if lead == ecr17.ACK || lead == ecr17.NAK {
				idle = time.After(bareControlWait)
			}
		}
		select {
		case b, ok := <-s.in:
			s.absorb(b, ok)
		case <-idle:
			if f, ok := s.frames.FlushBareControl(); ok {
				return f, gotFrame
			}
			if s.frames.DropUnfinished().Application {
				s.nak()
			}
		case <-limit:
			return ecr17.Frame{}, timedOut
		case <-ctx.Done():
			return ecr17.Frame{}, stopped
		}
	}
}

// absorb takes what the reader brought; bytes before the end of the line count.
func (s *session) absorb(b []byte, ok bool) {
	switch {
	case !ok:
		s.lost, s.in = true, nil
		s.frames.Close()
	case len(b) == 0: // what was coming never came
		s.frames.DropUnfinished()
	case !s.mute:
		s.frames.Feed(b)
	}
}

// pause waits d, reading on meanwhile. False when the red key was pressed (only with
// customer set) or the terminal was switched off.
func (s *session) pause(ctx context.Context, d time.Duration, customer bool) bool {
	var red <-chan struct{}
	if customer {
		red = s.t.red
	}
	if d <= 0 {
		select {
		case <-red:
			return false
		default:
			return ctx.Err() == nil
		}
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return true
		case <-red:
			return false
		case <-ctx.Done():
			return false
		case b, ok := <-s.in:
			s.absorb(b, ok)
		}
	}
}

// request waits for a request with a good LRC. Everything else but a damaged
// request, which is answered with NAK, is dropped.
func (s *session) request(ctx context.Context) ([]byte, bool) {
	if len(s.queue) > 0 {
		p := s.queue[0]
		s.queue = s.queue[1:]
		return p, true
	}
	for {
		f, ev := s.next(ctx, nil)
		switch {
		case ev != gotFrame:
			return nil, false
		case f.Kind != ecr17.FrameApplication:
		case f.Valid(s.t.opt.Scope):
			return f.Payload, true
		default:
			s.nak()
		}
	}
}

// ack and nak confirm a request.
func (s *session) ack() {
	s.trace("> ", "ACK")
	s.write(ecr17.AppendACK(nil, s.t.opt.Form))
}

func (s *session) nak() {
	s.trace("> ", "NAK")
	s.write(ecr17.AppendNAK(nil, s.t.opt.Form))
}

func (s *session) trace(way, what string) {
	if s.t.opt.Trace != nil {
		s.t.opt.Trace(way + what)
	}
}

// progress sends a progress frame, 20 characters.
func (s *session) progress(text string) {
	const width = 20
	s.t.show(text)
	s.trace("> ", text)
	frame := append([]byte{ecr17.SOH}, text...)
	for len(frame) < width+1 {
		frame = append(frame, ' ')
	}
	s.write(append(frame, ecr17.EOT))
}

// deliver sends a message until it is confirmed, at most 1+3 times. False when it
// was not.
func (s *session) deliver(ctx context.Context, payload []byte) bool {
	return s.deliverDamaged(ctx, payload, 0)
}

// deliverDamaged is deliver with a wrong LRC on the first copies.
func (s *session) deliverDamaged(ctx context.Context, payload []byte, damaged int) bool {
	if s.gluing {
		s.unconfirmed = append(s.unconfirmed, payload)
		s.write(ecr17.AppendFrame(nil, payload, s.t.opt.Scope))
		return true
	}
	for n := range 1 + resends {
		frame := ecr17.AppendFrame(nil, payload, s.t.opt.Scope)
		if n < damaged {
			frame[len(frame)-1] ^= 0x40 // no scope is that far off
		}
		s.trace("> ", ecr17.NewRaw(payload).String())
		s.write(frame)
		switch s.confirmation(ctx) {
		case confirmed:
			return true
		case nobody:
			return false
		case refused, silence:
		}
	}
	return false
}

// answer of the ECR to a message of ours.
type answer uint8

const (
	confirmed answer = iota
	refused
	silence
	nobody // the line is lost or the terminal off
)

// confirmation waits for ACK or NAK. Requests that come meanwhile wait their turn.
func (s *session) confirmation(ctx context.Context) answer {
	if s.mute {
		return nobody
	}
	limit := time.NewTimer(s.t.opt.Timing.Confirm)
	defer limit.Stop()
	for {
		f, ev := s.next(ctx, limit.C)
		switch {
		case ev == timedOut:
			return silence
		case ev != gotFrame:
			return nobody
		case f.Kind == ecr17.FrameApplication:
			s.enqueue(f)
		case !s.t.confirms(f):
		case f.Kind == ecr17.FrameACK:
			return confirmed
		case f.Kind == ecr17.FrameNAK:
			return refused
		}
	}
}

// enqueue keeps a request for later: a terminal executes every copy it receives
// (ECR17 R11).
func (s *session) enqueue(f ecr17.Frame) {
	const most = 16
	if f.Valid(s.t.opt.Scope) && len(s.queue) < most {
		s.queue = append(s.queue, f.Payload)
	}
}

// write sends bytes, as the faults of the request will have it. A lost line takes
// them in silence.
func (s *session) write(p []byte) {
	switch {
	case s.lost || s.mute:
	case s.gluing:
		s.held = append(s.held, p...)
	case s.faults.has(Split):
		for i := range p {
			s.put(p[i : i+1])
			if d := s.faults[Split].delay(); d > 0 {
				time.Sleep(d)
			}
		}
	default:
		s.put(p)
	}
}

func (s *session) put(p []byte) {
	if s.lost || s.halfClosed {
		return
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) // a failed write says the same
	if _, err := s.conn.Write(p); err != nil {
		s.cut()
	}
}

// flush sends what was held back, in one segment.
func (s *session) flush() {
	held := s.held
	s.held, s.gluing = nil, false
	if len(held) > 0 && !s.mute {
		s.put(held)
	}
}

// unglue sends the one segment and then sees to the confirmations.
func (s *session) unglue(ctx context.Context) {
	if !s.gluing {
		return
	}
	s.flush()
	waiting := s.unconfirmed
	s.unconfirmed = nil
	for _, payload := range waiting {
		switch s.confirmation(ctx) {
		case confirmed:
		case nobody:
			return
		case refused, silence:
			s.deliver(ctx, payload)
		}
	}
}

// cut breaks the line. A permanent one only goes deaf and dumb for this procedure.
func (s *session) cut() {
	if s.permanent {
		s.mute = true
		return
	}
	s.lost, s.in = true, nil
	_ = s.conn.Close() // it is meant to break
}
