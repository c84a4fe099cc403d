package ecr17

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// reference is what fits one line of the slip and holds no print control (ECR17 2.2).
var reference = regexp.MustCompile(`^[A-Z0-9]{1,24}$`)

const maxCents = 99_999_999

// Pay implements driver.Terminal.
func (t *terminal) Pay(ctx context.Context, p driver.Payment, r driver.Recorder) (driver.Aftermath, error) {
	leave, err := t.enter()
	if err != nil {
		return driver.Aftermath{}, err
	}
	defer leave()
	frame, notices, err := t.messages(p)
	if err != nil {
		return driver.Aftermath{}, err
	}
	release, err := t.seize(t.money, holdsPay, p.Reference)
	if err != nil {
		return driver.Aftermath{}, err
	}
	defer release()
	free, err := t.hold(ctx, t.turn, holdsPay, p.Reference)
	if err != nil {
		return driver.Aftermath{}, err
	}
	defer free()
	t.setAside()

	e := &exchange{t: t, payment: p, notices: notices, show: r.Progress, phase: driver.PhaseConnecting}
	s, err := t.prepare(ctx, e, nil)
	if err != nil {
		return driver.Aftermath{}, err
	}
	defer s.close()
	return t.carryOut(s, e, frame, r, Judge)
}

// carryOut is a financial command from the durable intent to what follows the outcome. From Sent on only
// the terminal's word, the timers or Close end it.
func (t *terminal) carryOut(s *session, e *exchange, frame []byte, r driver.Recorder, judge func(Facts) driver.Outcome) (driver.Aftermath, error) {
	err := r.Sent(e.baseline)
	if err != nil {
		return driver.Aftermath{}, err
	}
	t.commands(e.key())
	s.ctx = t.life
	if e.conn, err = s.line(); err != nil { // it hung up after the print switch, and cannot be called again
		e.note(driver.EvidenceLine, err.Error(), nil)
		e.nothingSent = true
	} else if e.start(frame); t.exchange(e) != nil {
		return driver.Aftermath{}, fmt.Errorf("terminal %q: %w", t.cfg.Name, driver.ErrInterrupted)
	}
	return t.conclude(s, e, r, judge), nil
}

// messages makes the financial frame and the additional data; nothing of it can fail later.
func (t *terminal) messages(p driver.Payment) (frame, notices []byte, err error) {
	switch {
	case p.AmountCents < 1 || p.AmountCents > maxCents:
		return nil, nil, refusal(driver.ErrAmount, "%d", p.AmountCents)
	case !reference.MatchString(p.Reference):
		return nil, nil, refusal(driver.ErrConfig, "reference %q is not 1 to 24 capital letters and digits", p.Reference)
	}
	if n := t.cfg.NoticeData; n != nil {
		var content strings.Builder
		for _, notice := range p.Notices {
			content.WriteString(strings.NewReplacer("{notice}", notice.Number, "{creditor}", notice.Creditor).Replace(n.Template))
		}
		notices, err = ecr17.AdditionalData{
			TID: t.cfg.TerminalID, ISOField: "00", IndexMap: n.IndexMap, Tags: []string{content.String()},
		}.AppendPayload(nil)
		if err != nil {
			return nil, nil, refusal(driver.ErrNotices, "%d notices make %d bytes of additional data", len(p.Notices), content.Len())
		}
	}
	frame, err = ecr17.PaymentRequest{
		Code: t.command(), TID: t.cfg.TerminalID, CashRegister: t.cfg.CashRegisterID,
		MoreData: notices != nil, AmountCents: p.AmountCents, Text: p.Reference,
	}.AppendPayload(nil)
	if err != nil {
		return nil, nil, &driver.Refusal{Kind: driver.ErrConfig, Detail: "payment message", Err: err}
	}
	return frame, notices, nil
}

// command is the letter of a payment: X, whose answer tells the host's amount, unless the installer has
// chosen P for a terminal that does not know X (ECR17 R12).
func (t *terminal) command() byte {
	if t.cfg.Command == "P" {
		return 'P'
	}
	return 'X'
}

// prepare is everything before the first financial byte: who answers, is it as commissioned and ready,
// what is its total and its last result, and does that fit (nil: any does); then a fresh connection with the
// print switch on it. No financial command has another way to the line, so each has a proven scope behind
// it. Errors are Refusals.
func (t *terminal) prepare(ctx context.Context, e *exchange, fits func(last Reading, told bool) error) (*session, error) {
	e.tell(driver.PhaseConnecting)
	first := t.newSession(ctx)
	defer first.close()
	if _, err := first.line(); err != nil {
		return nil, refuse(ctx, "connect", err)
	}
	e.tell(driver.PhaseChecking)
	st, err := t.commissionedStatus(first)
	if err != nil {
		return nil, err
	}
	if !st.Ready {
		return nil, refusal(driver.ErrNotReady, "status %s: %s", st.Code, st.Text)
	}
	e.baseline = driver.Baseline{
		TerminalID: st.TerminalID, Software: st.Software, ClockOffset: st.ClockOffset, Scope: st.Scope,
		Previous: e.payment.Previous,
	}
	if e.baseline.Total, err = t.totalBefore(first, e.payment.Expected); err != nil {
		return nil, refuse(ctx, "totals", err)
	}
	e.previous = t.lastWord()
	last, present, untold, err := t.baselineResult(first)
	switch {
	case err != nil && t.life.Err() == nil && ctx.Err() == nil:
		return nil, &driver.Refusal{Kind: driver.ErrNoBaseline, Detail: "last result", Err: err}
	case err != nil:
		return nil, refuse(ctx, "last result", err)
	case present && last.Charge.TerminalID != st.TerminalID:
		return nil, refusal(driver.ErrWrongTerminal, "the saved result is of terminal %s", last.Charge.TerminalID)
	case present && last.Empty: // nothing to compare with, but its repeat is not an outcome either
		e.blanks = last.Raw
	case present:
		e.baseline.Last, e.baseline.Untold = last.Raw, untold
		if !noNumber(last.Charge.STAN) {
			e.baseline.LastSTAN = last.Charge.STAN
		}
	}
	e.untold = e.baseline.Last == nil || untold
	if fits != nil {
		if err := fits(last, present && !untold && !last.Empty); err != nil {
			return nil, err
		}
	}
	first.close()

	s := t.newSession(ctx)
	settle := e.untold || e.sense(last).mayRecur() || e.sense(readResult(e.previous, st.TerminalID, time.Now())).mayRecur()
	if e.settled, err = t.readyLine(s, settle); err != nil {
		s.close()
		return nil, refuse(ctx, "print switch", err)
	}
	e.strays = slices.Concat(first.strays, s.strays)
	e.past = slices.Clone(e.strays)
	e.settled = e.settled && len(e.past) == 0
	e.rough = settle && !e.settled
	return s, nil
}

// readyLine makes the connection on which a command will go out once: with the print switch on it, and
// not about to end. settle asks s first, and tells whether that went smoothly (see again.go).
func (t *terminal) readyLine(s *session, settle bool) (smooth bool, err error) {
	if settle {
		if _, err = t.status(s); err != nil {
			return false, err
		}
		smooth = !s.rough
	}
	if t.cfg.Receipts == "ecr" {
		if err = t.printSwitch(s); err != nil {
			return false, err
		}
	}
	if settle || t.cfg.Receipts == "ecr" {
		if err = t.lull(s); err != nil {
			return false, err
		}
	}
	_, err = s.line() // it may have hung up after the ACK: then a new one, just before the command
	return smooth, err
}

// exchange waits for the terminal's word; after a NAK it looks whether the terminal is at work all the
// same. Only errClosing is an error.
func (t *terminal) exchange(e *exchange) error {
	e.tell(driver.PhaseCard)
	if err := e.run(); err != nil {
		return err
	}
	if e.again != nil {
		return t.sameAgain(e)
	}
	if e.direct != nil || e.lineEnd != "" {
		return nil
	}
	idle, err := t.idleAfterNAK(e)
	switch {
	case err != nil:
		return err
	case idle:
		e.refusedIdle = true
		return nil
	}
	e.checked, e.odd = true, true // it works, or cannot be asked: wait for its word
	return e.run()
}

// idleAfterNAK is the check of design 3.2: s, then G equal to the baseline, again after 5 s, and no other
// sign of work. What the line brought while a look was at work counts, too.
func (t *terminal) idleAfterNAK(e *exchange) (bool, error) {
	for i := range 2 {
		if i > 0 {
			f, err := e.conn.next(time.Now().Add(t.profile.recheck))
			switch {
			case t.life.Err() != nil:
				return false, errClosing
			case err == nil:
				e.handle(f)
				return false, nil
			case !errors.Is(err, errTimeout): // it hung up, as many do after each procedure
				if err := t.pause(t.life, t.profile.recheck); err != nil {
					return false, err
				}
			}
		}
		seen := t.look(t.life, e)
		some, begun := e.takeReady()
		switch {
		case t.life.Err() != nil:
			return false, errClosing
		case some || begun || e.acked || e.progressed || e.stirred || e.candidate != nil || e.direct != nil || e.beside.approved != nil:
			return false, nil
		case !seen.unchanged():
			return false, nil
		}
	}
	return true, nil
}

// takeReady handles the frames that are here already, and reports whether there were any and whether
// another one has begun.
func (e *exchange) takeReady() (some, begun bool) {
	for f, ok := e.conn.poll(); ok; f, ok = e.conn.poll() {
		some = true
		e.handle(f)
	}
	_, begun = e.conn.unfinished()
	return some, begun
}

// pause waits on the monotonic clock.
func (t *terminal) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-t.life.Done():
		return errClosing
	case <-ctx.Done():
		return ctx.Err()
	}
}

// conclude records the outcome, and only then acknowledges the result. When the record fails for good,
// the terminal is not told that we have it.
func (t *terminal) conclude(s *session, e *exchange, r driver.Recorder, judge func(Facts) driver.Outcome) driver.Aftermath {
	o := judge(e.facts(t.cfg.Exclusivity))
	if e.notices != nil && e.dataSent == 0 && (o.Verdict == driver.Charged || o.Verdict == driver.Unknown) {
		e.note(driver.EvidenceData, driver.NoticesNotSent+": il terminale non ha atteso i dati aggiuntivi", nil)
	}
	o = e.withEvidence(o)
	e.evidence = nil
	if r.Outcome(o) != nil {
		return driver.Aftermath{}
	}
	t.charged(0)
	if o.Verdict == driver.Charged && o.Charge != nil {
		t.charged(o.Charge.AmountCents)
	}
	if o.Verdict != driver.Unknown {
		e.concluded = true
		var after driver.Aftermath
		if e.direct != nil {
			after = e.aftermath()
		}
		switch {
		case e.second != nil:
			s.conn = nil
			t.keepSecond(e)
		case (e.refusedIdle || e.told) && e.alive() && t.keepsEar(o.Verdict):
			s.conn = nil
			t.keepDoubted(e)
		}
		return after
	}
	// The line stays open: the word may still come, and Resolve reads it.
	s.conn = nil
	t.keepOpen(e)
	return driver.Aftermath{Acked: e.direct != nil && e.conn.ack() == nil}
}

// tell shows a phase that we know of ourselves.
func (e *exchange) tell(p driver.Phase) {
	e.phase = p
	e.show(driver.Progress{Phase: p})
}
