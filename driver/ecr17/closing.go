package ecr17

import (
	"context"
	"errors"
	"fmt"

	"sportello/driver"
	"sportello/protocol/ecr17"
	"sportello/protocol/local"
)

// CloseSession implements driver.Terminal. C goes out once: a second one would close an empty session and
// show zero totals for the day. What a lost answer leaves open only the total can tell (ECR17 6.7), and
// only if something had been sold.
func (t *terminal) CloseSession(ctx context.Context) (driver.Closing, error) {
	leave, err := t.enter()
	if err != nil {
		return driver.Closing{}, err
	}
	defer leave()
	release, err := t.seize(t.money, holdsClose, "")
	if err != nil {
		return driver.Closing{}, err
	}
	defer release()
	if t.openExchange() != nil { // the total is evidence of what it came to
		return driver.Closing{}, refusal(driver.ErrBusy, "what became of an earlier command is not known yet")
	}
	free, err := t.hold(ctx, t.turn, holdsClose, "")
	if err != nil {
		return driver.Closing{}, err
	}
	defer free()

	s, before, err := t.prepareClosing(ctx)
	if err != nil {
		return driver.Closing{}, err
	}
	defer s.close()
	t.charged(0)   // what the total does next is no longer about a charge
	s.ctx = t.life // from here on only the terminal's word, the timers or Close end it
	r, err := s.ask(query{
		message: ecr17.CloseRequest{TID: t.cfg.TerminalID, CashRegister: t.cfg.CashRegisterID}, answers: answerClose,
		ack: min(t.profile.totalsWait, t.profile.closeWait), wait: t.profile.closeWait, sends: 1,
	})
	if err == nil {
		if c, decided := t.readClosing(r.frame.Payload); decided {
			tk, _ := s.slip() // the answer stands whatever happens to the slip
			c.Ticket, c.RawTicket, _ = tk.read(t.slipOptions())
			return c, nil
		}
	}
	return t.closedByTotal(s, before, err)
}

// prepareClosing is everything before C: who answers, what is the total, and a fresh connection with the
// print switch on it. Errors are Refusals.
func (t *terminal) prepareClosing(ctx context.Context) (*session, driver.Totals, error) {
	first := t.newSession(ctx)
	defer first.close()
	if _, err := t.commissionedStatus(first); err != nil {
		return nil, driver.Totals{}, err
	}
	before, err := t.total(first, t.profile.totalsWait, t.profile.sends)
	switch {
	case errors.Is(err, errClosing), errors.Is(err, errInterrupted), errors.Is(err, errConnect):
		return nil, before, refuse(ctx, "totals", err)
	case err != nil: // it closes all the same; only a lost answer will then be nobody's to recover
		before = driver.Totals{}
	}
	first.close()
	s := t.newSession(ctx)
	if _, err := t.readyLine(s, false); err != nil {
		s.close()
		return nil, before, refuse(ctx, "print switch", err)
	}
	return s, before, nil
}

// readClosing reads the answer to C. Only 00 and 01 of our terminal decide; unequal totals are no error here.
func (t *terminal) readClosing(payload []byte) (driver.Closing, bool) {
	a, err := ecr17.DecodeAs[ecr17.CloseAnswer](ecr17.FromTerminal, payload, ecr17.Lenient)
	switch {
	case a.TID != t.cfg.TerminalID:
		return driver.Closing{}, false
	case a.Code == ecr17.ResultOK && err == nil:
		return driver.Closing{
			State:    driver.ClosingDone,
			Terminal: driver.Totals{Present: a.HasTotal, Cents: a.TotalCents},
			Host:     driver.Totals{Present: a.HasHostTotal, Cents: a.HostTotalCents},
		}, true
	case a.Code == ecr17.ResultRefused:
		text := ecr17.MaskDigits(a.Reason)
		if sense := a.ActionCode.Sense(); text == "" {
			text = sense
		} else if sense != "" {
			text = fmt.Sprintf("%s (%s)", text, sense)
		}
		return driver.Closing{State: driver.ClosingRefused, Reason: driver.Reason{Code: string(local.CodeDeclined), Text: text}}, true
	}
	return driver.Closing{}, false
}

// closedByTotal asks the total when the answer was lost or odd: zero where there was something before means
// closed. After a NAK the same total as before, twice, means that it did not begin. The only error is that the
// driver is being closed.
func (t *terminal) closedByTotal(s *session, before driver.Totals, why error) (driver.Closing, error) {
	c := driver.Closing{State: driver.ClosingUnknown, Reason: closingReason(why)}
	s.drop() // a late answer must not meet the next question
	for i, pause := range t.profile.afterClose {
		if t.pause(t.life, pause) != nil {
			return driver.Closing{}, fmt.Errorf("terminal %q: %w", t.cfg.Name, driver.ErrInterrupted)
		}
		now, err := t.total(s, t.profile.totalsWait, 1)
		switch {
		case t.life.Err() != nil:
			return driver.Closing{}, fmt.Errorf("terminal %q: %w", t.cfg.Name, driver.ErrInterrupted)
		case err != nil || !now.Present:
		case !before.Present || before.Cents == 0: // zero or not, it tells nothing
			return c, nil
		case now.Cents == 0:
			return driver.Closing{State: driver.ClosingDone, Terminal: before, Proven: true}, nil
		case errors.Is(why, errNAK) && now == before && i > 0: // it may have begun all the same, as after NAK in design 3.2
			c.State = driver.ClosingRefused
			return c, nil
		}
	}
	return c, nil
}

func closingReason(why error) driver.Reason {
	code := local.CodeNoAnswer
	switch {
	case why == nil:
		return driver.Reason{Code: string(local.CodeOddAnswer)}
	case errors.Is(why, errNAK):
		return driver.Reason{Code: string(local.CodeNAK)}
	case errors.Is(why, errLost), errors.Is(why, errConnect):
		code = local.CodeLineLost
	case errors.Is(why, errDamaged):
		code = local.CodeDamagedAnswer
	}
	return driver.Reason{Code: string(code), Text: why.Error()}
}
