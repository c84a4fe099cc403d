package ecr17

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// status asks s and checks that it is our terminal. Errors are Refusals.
func (t *terminal) status(s *session) (driver.Status, error) {
	if !t.linkNow().proven {
		if err := t.prove(s); err != nil {
			return driver.Status{}, refuse(s.ctx, "status", err)
		}
	}
	r, err := s.ask(query{
		message: ecr17.StatusRequest{TID: t.linkNow().statusTID}, answers: answerStatus,
		wait: t.profile.statusWait, sends: t.profile.sends,
	})
	if !s.verifying && s.attempt == nil && (errors.Is(err, errNAK) || errors.Is(err, errDamaged)) {
		// The scope was right once. Find out what fits now, for the message only: never while an attempt may be at
		// work, whose word comes in the scope that it had.
		if now, found := t.search(s, ecr17.Scopes[:]); found == nil && now.scope != t.linkNow().scope {
			return driver.Status{}, refusal(driver.ErrWrongScope, "in use %q, the terminal now uses %q", t.linkNow().scope, now.scope)
		}
	}
	if err != nil {
		return driver.Status{}, refuse(s.ctx, "status", err)
	}
	st, err := t.readStatus(r.frame)
	s.ahead = st.ClockOffset
	if err == nil && st.TerminalID != t.cfg.TerminalID {
		return driver.Status{}, refusal(driver.ErrWrongTerminal, "configured %s, answered %s", t.cfg.TerminalID, st.TerminalID)
	}
	return st, err
}

// readStatus reads an answer to s. Errors are Refusals.
func (t *terminal) readStatus(f frame) (driver.Status, error) {
	answer, err := ecr17.DecodeAs[ecr17.StatusAnswer](ecr17.FromTerminal, f.Payload, ecr17.Lenient)
	if err != nil {
		return driver.Status{}, &driver.Refusal{Kind: driver.ErrNotReady, Detail: "status answer cannot be read", Err: err}
	}
	scope, _ := f.Scope()
	st := driver.Status{TerminalID: answer.TID, Text: answer.State.Label(), Software: answer.Releases, Scope: scope.String()}
	switch answer.State.MayPay() {
	case ecr17.PayYes, ecr17.PayWarned:
		st.Ready = true
	case ecr17.PayIfAllowed:
		st.Ready = t.profile.loose
	}
	if answer.State >= 0 {
		st.Code = fmt.Sprint(int(answer.State))
	}
	if clock, ok := answer.Clock.Time(); ok { // to the minute
		st.ClockOffset = clock.Sub(time.Now().Truncate(time.Minute))
	}
	return st, nil
}

// lastResult asks G. present is false when the terminal refuses the question: it has no result, or does
// not know the command. An answer of blanks is present, and Empty (G08).
func (t *terminal) lastResult(s *session) (r Reading, present bool, err error) {
	reply, err := s.ask(query{
		message: ecr17.LastResultRequest{TID: t.cfg.TerminalID, CashRegister: t.cfg.CashRegisterID}, answers: answerResult,
		wait: t.profile.lastWait, sends: t.profile.sends,
	})
	switch {
	case errors.Is(err, errNAK):
		return Reading{}, false, nil
	case err != nil:
		return Reading{}, false, err
	}
	r = readResult(reply.frame.Payload, t.cfg.TerminalID, terminalNow(s.ahead))
	if r.Empty {
		t.remember(nil, true)
	} else {
		t.remember(r.Raw, true)
	}
	return r, true, nil
}

// baselineResult is G before a payment. A refusal counts as "no last result" only if the terminal has
// never answered G; then the latest result that this process has seen serves, if there is one (untold).
func (t *terminal) baselineResult(s *session) (r Reading, present, untold bool, err error) {
	r, present, err = t.lastResult(s)
	if err != nil || present {
		return r, present, false, err
	}
	known, tells := t.remembered()
	switch {
	case tells:
		return Reading{}, false, false, errNAK
	case known != nil:
		return readResult(known, t.cfg.TerminalID, time.Now()), true, true, nil
	}
	return Reading{}, false, false, nil
}

// printSwitch asks that the slip comes to us. The terminal forgets it after each procedure, and maybe
// with the connection: it goes out on the connection of the payment (ECR17 1.7).
func (t *terminal) printSwitch(s *session) error {
	_, err := s.ask(query{
		message: ecr17.PrintSwitch{TID: t.cfg.TerminalID, ToECR: true}, answers: answerNone, sends: t.profile.sends,
	})
	return err
}

// lull waits a moment after a question on the payment's connection: what still arrives (a second ACK, the
// end of the line) must not be taken for the payment's, nor the payment sent into a line that ends.
func (t *terminal) lull(s *session) error {
	until := time.Now().Add(t.profile.afterSwitch)
	for {
		f, err := s.conn.await(func() time.Time { return until }, s.ctx.Done())
		switch {
		case errors.Is(err, errTimeout), errors.Is(err, errLost):
			return nil
		case err != nil:
			return err
		case f.Kind == ecr17.FrameApplication && f.Valid(s.conn.scope):
			_ = s.stray(f.Payload) // an end of the line shows in the next read
		}
	}
}

// procedure runs f alone on the terminal, with a session of its own.
func (t *terminal) procedure(ctx context.Context, holder string, f func(*session) error) error {
	leave, err := t.enter()
	if err != nil {
		return err
	}
	defer leave()
	free, err := t.hold(ctx, t.turn, holder, "")
	if err != nil {
		return err
	}
	defer free()
	s := t.newSession(ctx)
	defer s.close()
	return f(s)
}

// Status implements driver.Terminal.
func (t *terminal) Status(ctx context.Context) (st driver.Status, err error) {
	err = t.procedure(ctx, holdsStatus, func(s *session) error {
		st, err = t.status(s)
		return err
	})
	return st, err
}

// Last implements driver.Terminal.
func (t *terminal) Last(ctx context.Context) (last driver.Last, err error) {
	err = t.procedure(ctx, holdsLast, func(s *session) error {
		if _, err := t.status(s); err != nil {
			return err
		}
		r, present, err := t.lastResult(s)
		switch {
		case err != nil:
			return refuse(ctx, "last result", err)
		case present:
			last = r.last()
		}
		return nil
	})
	return last, err
}

// Totals implements driver.Terminal.
func (t *terminal) Totals(ctx context.Context) (totals driver.Totals, err error) {
	err = t.procedure(ctx, holdsTotals, func(s *session) error {
		if _, err := t.status(s); err != nil {
			return err
		}
		totals, err = t.total(s, t.profile.totalsWait, t.profile.sends)
		switch {
		case errors.Is(err, errNAK):
			return refusal(driver.ErrUnsupported, "totals")
		case err != nil:
			return refuse(ctx, "totals", err)
		}
		return nil
	})
	return totals, err
}

// total asks T, at most so often, and waits so long for the answer. What is no number is no total.
func (t *terminal) total(s *session, wait time.Duration, sends int) (driver.Totals, error) {
	total, _, err := t.askTotals(s, wait, sends)
	return total, err
}
