package ecr17

import (
	"context"
	"errors"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// Reprint implements driver.Terminal.
func (t *terminal) Reprint(ctx context.Context) (slip driver.Slip, err error) {
	err = t.procedure(ctx, holdsReprint, func(s *session) error {
		if _, err := t.status(s); err != nil {
			return err
		}
		slip, err = t.askSlip(s)
		switch {
		case errors.Is(err, errNAK):
			return refusal(driver.ErrUnsupported, "reprint")
		case err != nil:
			return refuse(ctx, "reprint", err)
		}
		return nil
	})
	return slip, err
}

// slip takes the pieces of a slip that follow on the session's connection, until its end mark or silence;
// a second copy may come right after the first. The end of the line ends it, too. An error means that
// nobody waits any more, or that something else happened on a borrowed line.
func (s *session) slip() (tk ticket, err error) {
	c, p := s.conn, s.t.profile
	begun, naks := time.Now(), 0
	for stop := begun.Add(s.t.cfg.Timing.Result); time.Now().Before(stop); {
		silence := p.ticketSilence
		if tk.complete() {
			silence = p.linger
		}
		f, err := c.await(func() time.Time {
			if c.lastByte.After(begun) {
				return c.lastByte.Add(silence)
			}
			return begun.Add(silence)
		}, s.ctx.Done())
		switch {
		case errors.Is(err, errTimeout), errors.Is(err, errLost):
			return tk, nil
		case err != nil:
			return tk, err
		case f.Kind != ecr17.FrameApplication:
			if s.attempt != nil && f.Kind == ecr17.FrameProgress {
				s.attempt.handle(f)
			}
			continue
		case f.damaged || !f.Valid(c.scope):
			if tk.refused = true; naks < p.sendNAKs {
				naks++
				if c.nak() != nil {
					return tk, nil
				}
			}
			continue
		}
		_, code, err := ecr17.Header(ecr17.FromTerminal, f.Payload)
		switch {
		case err == nil && code == 'S':
			tk.add(f.Payload, c.ack() == nil)
		case s.attempt == nil:
			_ = s.stray(f.Payload) // an end of the line shows in the next read
		case s.attempt.handle(f):
			s.attempt.pending = true
			return tk, errDecided
		}
	}
	return tk, nil
}
