package ecr17

import (
	"errors"
	"fmt"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// prove finds the LRC scope with status requests only, and locks it for the life of the process when two
// answers agree (ECR17 1.2). A configured scope is tried first, and another one that fits is an error
// that names it: with a wrong scope we would refuse good results for ever.
func (t *terminal) prove(s *session) error {
	configured, err := ecr17.ParseScope(t.cfg.LRC)
	auto := err != nil
	order := ecr17.Scopes[:]
	if !auto {
		order = append([]ecr17.Scope{configured}, order...)
	}
	found, err := t.search(s, order)
	if err != nil {
		return err
	}
	if !auto && found.scope != configured {
		return refusal(driver.ErrWrongScope, "configured %q, the terminal uses %q", configured, found.scope)
	}
	t.lock(found)
	return nil
}

// search asks s in each scope, with the wildcard terminal id and then with the real one, until one is
// answered twice in the same scope.
func (t *terminal) search(s *session, order []ecr17.Scope) (link, error) {
	var last, silent error
	for _, tid := range []string{ecr17.AnyTerminal, t.cfg.TerminalID} {
		heard := false
		for _, scope := range order {
			l, err := t.tryScope(s, link{scope: scope, form: ecr17.DefaultForm(scope), statusTID: tid})
			if err == nil {
				return l, nil
			}
			last = err
			switch {
			case errors.Is(err, errNAK), errors.Is(err, errDamaged), errors.Is(err, errLost):
				heard = true
			case errors.Is(err, errSilent), errors.Is(err, errNoAnswer):
				silent = err // this scope may be the right one, of a terminal without ECR parameters (R13)
			default:
				return link{}, err
			}
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

// tryScope asks twice. The scope is the one of the answers; the form is the terminal's own when both of
// its ACKs show the same.
func (t *terminal) tryScope(s *session, l link) (link, error) {
	form := ecr17.FormUnknown
	for i := range 2 {
		s.speak(l)
		q := query{
			message: ecr17.StatusRequest{TID: l.statusTID}, answers: answerStatus,
			wait: t.profile.statusWait, sends: 1, any: true,
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
		} else if form == r.form && form != ecr17.FormUnknown {
			l.form = form
		}
	}
	l.proven = true
	s.speak(l)
	return l, nil
}
