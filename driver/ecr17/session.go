package ecr17

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sportello/protocol/ecr17"
)

// session asks commands that move no money, over a connection of its own which it opens when needed
// and opens again when the terminal has closed it.
type session struct {
	t    *terminal
	ctx  context.Context
	conn *conn
	link link // how this session frames; the proven way unless it is just being found out

	verifying bool // an attempt may be at work: nothing but questions

	once bool // ask once only: there is another way if nothing comes

	ahead time.Duration // the terminal's clock, as status last told it on this session

	rough  bool     // a question had to be repeated, or its answer came damaged or out of order
	heard  bool     // a connection that is closed by now brought a byte
	strays [][]byte // results that no question asked for: of earlier exchanges

	// attempt is set when the connection is borrowed from an attempt that ended unknown, because the
	// line cannot be opened twice. What belongs to the attempt goes to it.
	attempt *exchange
}

// answers are the letters that may answer a command; empty: the ACK is the whole answer.
const (
	answerNone   = ""
	answerStatus = "s"
	answerTotals = "T"
	answerClose  = "C"
	answerResult = "EVeicv"
)

func (t *terminal) newSession(ctx context.Context) *session {
	s := &session{t: t, ctx: ctx, link: t.linkNow()}
	if e := t.openExchange(); e != nil && t.serial {
		if e.alive() {
			s.conn, s.attempt = e.conn, e
		} else {
			t.release(e.conn) // the port must be free to be opened again
		}
	}
	return s
}

func (s *session) close() {
	s.heard = s.heard || s.conn != nil && s.conn.heard
	if s.attempt == nil {
		s.t.release(s.conn)
	}
	s.conn = nil
}

// drop ends the connection, so that the next question goes out on a new one; a borrowed one stays.
func (s *session) drop() {
	if s.attempt == nil {
		s.close()
	}
}

// line gives a connection on which the terminal has not hung up.
func (s *session) line() (*conn, error) {
	if s.conn != nil && s.conn.alive() {
		return s.conn, nil
	}
	if s.attempt != nil {
		return nil, errLost
	}
	s.close()
	c, err := s.t.connect(s.ctx)
	if err != nil {
		return nil, err
	}
	s.conn = c
	s.speak(s.link)
	return c, nil
}

// speak changes the way of framing.
func (s *session) speak(l link) {
	s.link = l
	if s.conn != nil {
		s.conn.scope, s.conn.form = l.scope, l.form
	}
}

// query is one command and what may be done for it.
type query struct {
	message ecr17.Message
	answers string
	ack     time.Duration // for the ACK; zero: the profile's
	wait    time.Duration // for the answer, after the ACK
	sends   int           // in all, after a NAK or without an ACK
	any     bool          // take an answer in any LRC scope (detection)
}

// mostWaits bounds a question in all, in waits for its answer: a terminal that shows texts is at work, but not
// for ever.
const mostWaits = 3

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// reply is the answer to a query.
type reply struct {
	frame frame
	form  ecr17.ControlForm // of the terminal's ACK
}

// ask sends a command until it is acknowledged, and gives the answer. It repeats: no such command moves
// money (ECR17 1.6).
func (s *session) ask(q query) (reply, error) {
	payload, err := q.message.AppendPayload(nil)
	if err != nil {
		return reply{}, err
	}
	for try := 1; ; try++ {
		r, err := s.askOnce(q, payload)
		if err == nil || try >= q.sends || !mayRepeat(err) || s.once && errors.Is(err, errSilent) {
			return r, err
		}
		s.rough = true
		pause := time.NewTimer(s.t.profile.resendWait)
		select {
		case <-pause.C:
		case <-s.ctx.Done():
			pause.Stop()
			return r, errInterrupted
		case <-s.t.life.Done():
			pause.Stop()
			return r, errClosing
		}
	}
}

func mayRepeat(err error) bool {
	return errors.Is(err, errNAK) || errors.Is(err, errSilent) || errors.Is(err, errLost) || errors.Is(err, errDamaged)
}

func (s *session) askOnce(q query, payload []byte) (reply, error) {
	c, err := s.line()
	if err != nil {
		return reply{}, err
	}
	if _, err := c.send(payload); err != nil {
		for soon := time.Now().Add(bareControlWait); ; { // what it said before it hung up
			if _, end := c.next(soon); end != nil {
				return reply{}, s.orGarbage(c, err)
			}
		}
	}
	recalls := s.attempt != nil && q.answers == answerResult
	if recalls {
		s.attempt.memory.asked()
	}
	var r reply
	acked, naks := false, 0
	end, last := time.Now().Add(cmp.Or(q.ack, s.t.profile.ackWait)), time.Time{}
	for {
		f, err := c.await(func() time.Time { return end }, s.ctx.Done())
		switch {
		case errors.Is(err, errTimeout) && naks > 0:
			return r, errDamaged
		case errors.Is(err, errTimeout) && acked:
			return r, errNoAnswer
		case errors.Is(err, errTimeout):
			return r, s.orGarbage(c, errSilent)
		case err != nil:
			return r, s.orGarbage(c, err)
		}
		switch f.Kind {
		case ecr17.FrameACK:
			if q.answers == answerNone {
				return r, nil
			}
			if !acked {
				acked, r.form = true, f.Form
				end, last = time.Now().Add(q.wait), time.Now().Add(mostWaits*q.wait)
			}
		case ecr17.FrameNAK:
			if f.Suspected() {
				return r, s.orGarbage(c, errNAK)
			}
			if recalls {
				s.attempt.memory.refused()
			}
			return r, errNAK
		case ecr17.FrameProgress:
			if s.attempt != nil {
				s.attempt.handle(f)
			} else if acked {
				end = earlier(time.Now().Add(q.wait), last)
			}
		case ecr17.FrameApplication:
			done, err := s.answer(q, c, f, acked, &naks)
			if done || err != nil {
				r.frame = f
				return r, err
			}
		}
	}
}

// answer looks at an application frame: ours, damaged, or of an earlier exchange.
func (s *session) answer(q query, c *conn, f frame, acked bool, naks *int) (done bool, err error) {
	_, known := f.Scope()
	if f.damaged || !f.Valid(c.scope) && !(q.any && known) {
		s.rough = true
		if *naks++; *naks > s.t.profile.sendNAKs {
			return false, errDamaged
		}
		return false, c.nak()
	}
	_, code, err := ecr17.Header(ecr17.FromTerminal, f.Payload)
	if err == nil && strings.IndexByte(q.answers, code) >= 0 && (acked || q.answers != answerResult && q.answers != answerClose) {
		// A result before the ACK of G may be a late one of the exchange before (ECR17 1.6), and the answer to a
		// closing one of the closing before: that one's totals would be this day's.
		s.rough = s.rough || !acked
		if s.attempt != nil && q.answers == answerResult {
			s.attempt.memory.tells(s.result(f.Payload))
		}
		return true, c.ack()
	}
	if s.attempt != nil && s.attempt.handle(f) {
		s.attempt.pending = true
		return false, errDecided
	}
	if s.attempt == nil {
		return false, s.stray(f.Payload)
	}
	return false, nil
}

// stray acknowledges what no question asked for, and keeps it when it is a result: it will not be the
// outcome of the next payment when it comes again, and it is the latest of a terminal that does not tell its own.
func (s *session) stray(payload []byte) error {
	if tid, code, err := ecr17.Header(ecr17.FromTerminal, payload); err == nil && isResult(code) {
		raw := s.result(payload)
		s.strays = append(s.strays, raw)
		if tid == s.t.cfg.TerminalID {
			s.t.remember(raw, false)
		}
	}
	return s.conn.ack()
}

// result is a result as it is kept and compared.
func (s *session) result(payload []byte) []byte {
	return readResult(payload, s.t.cfg.TerminalID, time.Now()).Raw
}

// orGarbage tells a line on which something else than a terminal speaks (C15) from a silent one.
func (s *session) orGarbage(c *conn, err error) error {
	if junk := c.deframer.Junk(); junk > 0 && !c.spoken && !errors.Is(err, errClosing) && !errors.Is(err, errInterrupted) {
		return fmt.Errorf("%w: %d of them, and no frame", errGarbage, junk)
	}
	return err
}
