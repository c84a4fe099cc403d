package ecr17

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// prove finds the LRC scope with status requests only, and locks it for the life of the process when two
// answers agree (ECR17 1.2). A configured scope is tried first, then that of the passport. Another one than
// the configured that fits is an error that names it: with a wrong scope we would refuse good results for
// ever.
func (t *terminal) prove(s *session) error {
	configured, err := ecr17.ParseScope(t.cfg.LRC)
	auto := err != nil
	var order []ecr17.Scope
	if !auto {
		order = append(order, configured)
	}
	if p, ok := t.commissioned(); ok {
		if scope, err := ecr17.ParseScope(p.Scope); err == nil {
			order = append(order, scope)
		}
	}
	order = append(order, ecr17.Scopes[:]...)
	found, err := t.search(s, order)
	switch {
	case errors.Is(err, errSilent) && t.speaksLines(s):
		return fmt.Errorf("%w: text in answer to the end of a line", errGarbage)
	case err != nil:
		return err
	}
	if !auto && found.scope != configured {
		return refusal(driver.ErrWrongScope, "configured %q, the terminal uses %q", configured, found.scope)
	}
	t.lock(found)
	return nil
}

// speaksLines tells a server of lines of text, as a web server is, from a silent terminal: it waits for the
// end of a line, which no frame of ours holds, and answers it in text. A terminal drops such bytes, or
// refuses them (ECR17 1.4). They go out once, where nothing whatever was heard, and never on a serial line
// or while an attempt may be at work.
func (t *terminal) speaksLines(s *session) bool {
	if t.serial || s.verifying || s.heard || s.conn == nil || s.conn.heard || !s.conn.alive() {
		return false
	}
	start := s.conn.endLine(time.Now().Add(lineEndWait), s.ctx.Done())
	text := func(c byte) bool { return c >= ' ' && c <= '~' }
	return len(start) >= textStart && !slices.ContainsFunc(start[:textStart], func(c byte) bool { return !text(c) })
}

// textStart is how many printable characters make a text, as in HTTP/.
const textStart = 4

// search asks s in each scope, with the wildcard terminal id and then with the real one, until one is
// answered twice in the same scope. A device that met the first question with silence is not given as long
// for the others.
func (t *terminal) search(s *session, order []ecr17.Scope) (link, error) {
	var last, silent error
	wait := t.profile.ackWait
	for _, tid := range []string{ecr17.AnyTerminal, t.cfg.TerminalID} {
		heard := false
		for _, scope := range order {
			l, err := t.tryScope(s, link{scope: scope, form: t.firstForm(scope), statusTID: tid}, wait)
			if err == nil {
				return l, nil
			}
			switch {
			case errors.Is(err, errNAK), errors.Is(err, errDamaged), errors.Is(err, errLost):
				heard = true
			case errors.Is(err, errSilent), errors.Is(err, errNoAnswer):
				if errors.Is(err, errSilent) && last == nil {
					wait = min(wait, t.profile.laterWait)
				}
				silent = err // this scope may be the right one, of a terminal without ECR parameters (R13)
			default:
				return link{}, err
			}
			last = err
		}
		if !heard {
			break
		}
	}
	if silent != nil {
		last = silent
	}
	return link{}, fmt.Errorf("status in every LRC scope: %w", last)
}

// firstForm is how we write an ACK before the terminal has shown its own form, or for good where the
// installer has chosen one (ECR17 1.3).
func (t *terminal) firstForm(scope ecr17.Scope) ecr17.ControlForm {
	if form, err := ecr17.ParseControlForm(t.cfg.ACKForm); err == nil {
		return form
	}
	return ecr17.DefaultForm(scope)
}

// tryScope asks twice; the first time it waits this long for the acknowledgement. The scope is the one of the answers; the form is the terminal's own when both of
// its ACKs show the same.
func (t *terminal) tryScope(s *session, l link, wait time.Duration) (link, error) {
	form := ecr17.FormUnknown
	for i := range 2 {
		s.speak(l)
		q := query{
			message: ecr17.StatusRequest{TID: l.statusTID}, answers: answerStatus,
			wait: t.profile.statusWait, sends: 1, any: true,
		}
		if i == 0 {
			q.ack = wait
		}
		r, err := s.ask(q)
		if errors.Is(err, errLost) { // it was hanging up after the question before
			r, err = s.ask(q)
		}
		if err != nil {
			return link{}, err
		}
		scope, _ := r.frame.Scope()
		if i == 1 && scope != l.scope {
			return link{}, errDamaged
		}
		if l.scope = scope; i == 0 {
			form = r.form
		} else if form == r.form && form != ecr17.FormUnknown && t.cfg.ACKForm == "" {
			l.form = form
		}
	}
	l.proven = true
	s.speak(l)
	return l, nil
}
