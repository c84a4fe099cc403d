package ecr17

import (
	"context"
	"errors"
	"slices"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// Commission implements driver.Terminal.
func (t *terminal) Commission(p driver.Passport) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.passport, t.counted = nil, counted{}
	if p == (driver.Passport{}) {
		return
	}
	t.passport = &p
	t.single = t.single || p.OneClient == driver.AnswerYes
	if t.link.proven && t.link.scope.String() != p.Scope {
		t.link = link{} // it was learned again meanwhile: proven anew before the next command
	}
}

// commissioned is the passport in force; false: none is.
func (t *terminal) commissioned() (driver.Passport, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.passport == nil {
		return driver.Passport{}, false
	}
	return *t.passport, true
}

// commissionedStatus is status before a command that is sent once: a terminal that differs from its
// passport is refused (Z10, Z16), for whatever was learned about it may no longer hold.
func (t *terminal) commissionedStatus(s *session) (driver.Status, error) {
	wasProven := t.linkNow().proven
	st, err := t.status(s)
	p, ok := t.commissioned()
	switch {
	case !ok:
		return st, err
	case errors.Is(err, driver.ErrWrongTerminal):
		return st, &driver.Refusal{Kind: driver.ErrPassport, Detail: "terminal id", Err: err}
	case errors.Is(err, driver.ErrWrongScope) && wasProven:
		return st, &driver.Refusal{Kind: driver.ErrPassport, Detail: "LRC scope", Err: err}
	case err != nil:
		return st, err
	}
	for _, field := range []struct{ name, was, is string }{
		{"terminal id", p.TerminalID, st.TerminalID}, {"software", p.Software, st.Software}, {"LRC scope", p.Scope, st.Scope},
	} {
		if field.was != field.is {
			return st, refusal(driver.ErrPassport, "%s was %q, is %q", field.name, field.was, field.is)
		}
	}
	return st, nil
}

// Detect implements driver.Terminal. Every command in it is a question.
func (t *terminal) Detect(ctx context.Context, knows func(reference string) bool, quiet bool) (driver.Passport, error) {
	leave, err := t.enter()
	if err != nil {
		return driver.Passport{}, err
	}
	defer leave()
	release, err := t.seize(t.money, holdsDetect, "")
	if err != nil {
		return driver.Passport{}, err
	}
	defer release()
	if t.openExchange() != nil { // its line is being kept for a late word, and R or T may be its evidence
		return driver.Passport{}, refusal(driver.ErrBusy, "what became of an earlier command is not known yet")
	}
	free, err := t.hold(ctx, t.turn, holdsDetect, "")
	if err != nil {
		return driver.Passport{}, err
	}
	defer free()
	d := detection{t: t, s: t.newSession(ctx), knows: knows, quiet: quiet}
	defer d.s.close()
	if err := d.run(); err != nil {
		return driver.Passport{}, refuse(ctx, "detect", err)
	}
	return d.found, nil
}

// detection is one Detect at work.
type detection struct {
	t     *terminal
	s     *session
	knows func(string) bool
	quiet bool
	found driver.Passport
	last  []byte // what G answered; nil: nothing, or it is not supported
}

func (d *detection) run() error {
	l, err := d.t.search(d.s, ecr17.Scopes[:])
	if errors.Is(err, errSilent) && d.t.speaksLines(d.s) {
		return errGarbage
	}
	if err != nil {
		return err
	}
	for _, step := range []func(link) error{d.identity, d.lastResult, d.totals, d.printSwitch, d.reprint, d.oneClient} {
		if err := step(l); err != nil {
			return err
		}
	}
	d.found.At = time.Now()
	return nil
}

// supported files a command under what the terminal made of it. Only an error that says nothing about the
// command is given back: the line, or the caller's end.
func (d *detection) supported(letter string, err error) (bool, error) {
	switch {
	case err == nil:
		d.found.Supports += letter
		return true, nil
	case unanswered(err):
		d.found.Refuses += letter
		d.s.drop() // a late answer must not meet the next question
		return false, nil
	}
	return false, err
}

// unanswered: the terminal refused the command, gave no usable answer, or hung up on it. One that is gone
// altogether shows at the next call.
func unanswered(err error) bool {
	for _, is := range []error{errNAK, errSilent, errNoAnswer, errDamaged, errLost} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

func (d *detection) status(s *session, l link, sends int) (reply, driver.Status, error) {
	r, err := s.ask(query{
		message: ecr17.StatusRequest{TID: l.statusTID}, answers: answerStatus, wait: d.t.profile.statusWait, sends: sends,
	})
	if err != nil {
		return r, driver.Status{}, err
	}
	st, err := d.t.readStatus(r.frame)
	return r, st, err
}

func (d *detection) identity(l link) error {
	r, st, err := d.status(d.s, l, d.t.profile.sends)
	if err != nil {
		return err
	}
	if st.TerminalID != d.t.cfg.TerminalID {
		return refusal(driver.ErrWrongTerminal, "configured %s, answered %s", d.t.cfg.TerminalID, st.TerminalID)
	}
	d.found.TerminalID, d.found.Software, d.found.ClockOffset = st.TerminalID, st.Software, st.ClockOffset
	d.found.Scope, d.found.Supports = l.scope.String(), "s"
	if r.form != ecr17.FormUnknown {
		d.found.AckForm = r.form.String()
	}
	return nil
}

func (d *detection) lastResult(link) error {
	r, present, err := d.t.lastResult(d.s)
	if err == nil && !present {
		err = errNAK
	}
	if ok, err := d.supported("G", err); !ok {
		return err
	}
	d.last = r.Raw
	return nil
}

// sameLast reports that the saved result is what it was. Without an answer to G nobody can say.
func (d *detection) sameLast() (driver.Answer, error) {
	if d.last == nil {
		return driver.AnswerUnknown, nil
	}
	r, present, err := d.t.lastResult(d.s)
	switch {
	case err == nil && present && slices.Equal(r.Raw, d.last):
		return driver.AnswerYes, nil
	case err == nil, unanswered(err):
		return driver.AnswerNo, nil
	}
	return driver.AnswerUnknown, err
}

// totals asks T twice. It is harmless before a payment when both answers came at once, were equal, and
// changed nothing; whether it printed only a person can see (design 5.3).
func (d *detection) totals(link) error {
	first, err := d.t.total(d.s, d.t.profile.totalsWait, d.t.profile.sends)
	if ok, err := d.supported("T", err); !ok {
		return err
	}
	if first.Present {
		d.found.TotalCents = &first.Cents
	}
	again, err := d.t.total(d.s, d.t.profile.totalBefore, 1)
	switch {
	case unanswered(err):
		d.s.drop()
		return nil
	case err != nil:
		return err
	}
	same, err := d.sameLast()
	d.found.TotalsBefore = d.quiet && first.Present && again == first && same == driver.AnswerYes && d.holdsLast(first)
	return err
}

// holdsLast says that the last charge can be in the total. Some terminals keep totals of their own for some kinds of
// payment (ECR17 2.9): one that leaves ours out would show "nothing sold" after each of them. A last result that is no
// charge tells nothing; then the payments themselves show it (totals.go).
func (d *detection) holdsLast(total driver.Totals) bool {
	last := readResult(d.last, d.t.cfg.TerminalID, time.Now())
	return last.Sense != SenseApproved || total.Cents > 0 && total.Cents >= last.Amount
}

// printSwitch turns it on and off again; the terminal would forget it anyway when idle.
func (d *detection) printSwitch(link) error {
	ok, err := d.supported("E", d.t.printSwitch(d.s))
	if !ok {
		return err
	}
	_, err = d.s.ask(query{message: ecr17.PrintSwitch{TID: d.t.cfg.TerminalID}, answers: answerNone, sends: d.t.profile.sends})
	if unanswered(err) {
		return nil // it is only a courtesy
	}
	return err
}

// reprint reads the copy of the last receipt. A terminal that has none teaches nothing.
func (d *detection) reprint(l link) error {
	slip, err := d.t.askSlip(d.s)
	if ok, err := d.supported("R", err); !ok {
		d.found.Reprints = driver.AnswerNo
		return err
	}
	if !slip.Present {
		return nil
	}
	if slices.ContainsFunc(slip.References, func(r string) bool { return d.knows != nil && d.knows(r) }) {
		d.found.Prints = driver.AnswerYes
	}
	if d.found.Reprints, err = d.sameLast(); err != nil {
		return err
	}
	_, st, err := d.status(d.s, l, d.t.profile.sends)
	if err != nil || st.TerminalID != d.found.TerminalID {
		d.found.Reprints = driver.AnswerNo
	}
	return nil
}

// oneClient calls the terminal a second time while the first connection stands. A serial line cannot be
// opened twice.
func (d *detection) oneClient(l link) error {
	if d.t.serial {
		return nil
	}
	if _, _, err := d.status(d.s, l, d.t.profile.sends); err != nil || !d.s.conn.alive() {
		return nil // it hangs up after each answer: nothing to try it with
	}
	first := d.s.conn
	second := &session{t: d.t, ctx: d.s.ctx, once: true, link: l}
	_, _, err := d.status(second, l, 1)
	second.close()
	if d.s.ctx.Err() != nil || errors.Is(err, errClosing) {
		return err
	}
	if _, _, still := d.status(d.s, l, 1); still != nil || d.s.conn != first {
		return nil // the first did not live through it: that says nothing
	}
	switch {
	case err == nil:
		d.found.OneClient = driver.AnswerNo
	case errors.Is(err, errSilent), errors.Is(err, errConnect), errors.Is(err, errLost):
		d.found.OneClient = driver.AnswerYes
	}
	return nil
}
