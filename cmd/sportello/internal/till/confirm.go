package till

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// heard notes a charge, or a reversal, of which the terminal may not have our acknowledgement: it may undo such a sale by
// itself (ECR17 6.2 L10), so it is asked once more when it has nothing else to do.
// What people have decided needs nobody's word; a charge whose reversal was refused was the terminal's last then.
func (s *station) heard(p ledger.Payment, acked bool) {
	open := p.State == ledger.Charged && p.Reversal == nil && len(p.ResolvedBy) == 0 || p.State == ledger.Reversed && p.Reversal.Doubted
	if !open || acked {
		return
	}
	s.mu.Lock()
	s.unasked = p.ID
	s.mu.Unlock()
}

// confirmEvery is how often a terminal that does not answer is asked after a charge that cannot be submitted
// before it has.
const confirmEvery = time.Minute

// holdsSubmission: with settlement platform a charge of which the terminal may not know that we have its word is
// not submitted before it was asked after, so that nobody waits for the next payment.
func (s *station) holdsSubmission() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unasked != "" && s.term.way() == govpay.WayPlatform
}

// recall is heard after a start: only the newest payment on a terminal can still be asked after.
func (s *station) recall() {
	p, err := s.lastSent()
	if err != nil {
		s.till.o.Log.Error().Err(err).Str("terminal", s.term.Name).Msg("reading the terminal's last payment")
		return
	}
	if p.State == ledger.Reversed {
		s.heard(p, s.till.hasCase(p.ID))
		return
	}
	s.heard(p, p.Acked || p.Confirmed)
}

// overtaken: another command that moves money is about to follow a reversal that could not be asked after, and
// will take its place in the terminal's memory. From now on that is people's.
func (s *station) overtaken() {
	s.mu.Lock()
	id := s.unasked
	s.mu.Unlock()
	if id == "" {
		return
	}
	t := s.till
	p, err := t.o.Ledger.Payment(id)
	if err == nil && p.State == ledger.Reversed {
		_, err = t.o.Ledger.Contradict(id, string(local.CodeChargeContradicted), driver.Evidence{Kind: "last_result", At: time.Now(),
			Text: "Il terminale forse non sa che abbiamo avuto il suo storno, e non gli si è potuto chiedere se lo ha annullato: l'addebito può valere"})
		s.mu.Lock()
		s.unasked = ""
		s.mu.Unlock()
		t.publishPayment(id)
	}
	if err != nil {
		t.o.Log.Error().Err(err).Str("payment", id).Msg("leaving an unconfirmed reversal to people")
	}
}

// hasCase says that people have been told of a payment already.
func (t *Till) hasCase(id string) bool {
	all, err := t.o.Ledger.Cases(true)
	return err == nil && slices.ContainsFunc(all, func(c ledger.Case) bool { return c.PaymentID == id })
}

// confirm asks the terminal whether such a charge, or reversal, stands. A terminal that does not answer is asked
// again before the next payment; one that has answered, and remembers neither the charge nor what was before, will
// never say: then the receipt does, or with settlement platform, where the submission waits, people (settle's case
// awaiting_confirmation). It runs on the worker.
func (s *station) confirm(ctx context.Context) {
	s.mu.Lock()
	id := s.unasked
	s.mu.Unlock()
	if id == "" {
		return
	}
	t := s.till
	last, err := s.term.Driver.Last(ctx)
	if err != nil {
		t.o.Log.Warn().Err(err).Str("payment", id).Msg("the terminal cannot be asked whether the charge stands")
		return
	}
	p, err := t.o.Ledger.Payment(id)
	if err != nil {
		t.o.Log.Error().Err(err).Str("payment", id).Msg("reading what the terminal is asked after")
		return
	}
	ask, cause := s.stands, local.CodeChargeUndone
	if p.State == ledger.Reversed {
		ask, cause = s.reversalStands, local.CodeChargeContradicted
	}
	stands, undone, err := ask(id, last)
	ev := driver.Evidence{Kind: "last_result", At: time.Now(), Raw: last.Raw}
	if err == nil && undone == "" && p.State == ledger.Charged {
		if undone, err = s.missing(ctx, id); undone != "" {
			ev.Kind, ev.Raw = "totals", nil
		}
	}
	switch {
	case err != nil:
	case undone != "":
		ev.Text = undone
		_, err = t.o.Ledger.Contradict(id, string(cause), ev)
	case stands:
		ev.Text = "Il terminale ricorda l'operazione di cui non aveva avuto la nostra conferma"
		_, err = t.o.Ledger.Confirm(id, ev)
	}
	if err != nil && !errors.Is(err, ledger.ErrStale) { // given back meanwhile: there is nothing to ask after
		t.o.Log.Error().Err(err).Str("payment", id).Msg("comparing a charge with what the terminal remembers")
		return
	}
	s.mu.Lock()
	s.unasked = ""
	s.mu.Unlock()
	if stands || undone != "" {
		t.publishPayment(id)
	}
}

// missing says what the terminal's total speaks against a charge; empty: nothing. A sale that the terminal has
// undone by itself may be its last result still (ECR17 D13), but is in its total no more. It is asked only where
// commissioning proved that harmless and the total before the charge was measured. Others' sales may hide it: then
// the close shows it.
func (s *station) missing(ctx context.Context, id string) (string, error) {
	ts, err := s.till.o.Ledger.Terminal(s.term.Name)
	if err != nil {
		return "", err
	}
	baseline, err := s.till.o.Ledger.Baseline(id)
	if err != nil || ts.Passport == nil || !ts.Passport.TotalsBefore || baseline.Total == nil || !baseline.Total.Measured {
		return "", err
	}
	now, err := s.term.Driver.Totals(ctx)
	if err != nil { // what it remembers has to do
		s.till.o.Log.Warn().Err(err).Str("payment", id).Msg("the terminal's total cannot be read after a charge that it was not told we have")
		return "", nil
	}
	if !now.Present || now.Cents != baseline.Total.Cents {
		return "", nil
	}
	return fmt.Sprintf("Il totale del terminale è %s, come prima dell'addebito di cui non aveva avuto la nostra conferma", local.Money(now.Cents, local.Italian)), nil
}

// stands says whether what the terminal remembers now is the charge, and what there speaks against it; empty:
// nothing. A later sale of somebody else says nothing about ours; neither does a terminal that does not tell
// its last result.
func (s *station) stands(id string, last driver.Last) (stands bool, undone string, err error) {
	baseline, err := s.till.o.Ledger.Baseline(id)
	if err != nil {
		return false, "", err
	}
	own, err := s.till.o.Ledger.ChargeResult(id)
	if err != nil {
		return false, "", err
	}
	tells := baseline.Last != nil && !baseline.Untold
	switch {
	case own == nil || bytes.Equal(own, baseline.Last): // it was not charged by a result of its own
		return false, "", nil
	case last.Present && bytes.Equal(last.Raw, own):
		return true, "", nil
	case last.Kind == "reversal" && last.Approved:
		return false, fmt.Sprintf("Il terminale ricorda uno storno, STAN %s, dopo l'addebito di cui non aveva avuto la nostra conferma", last.Charge.STAN), nil
	case tells && (!last.Present || bytes.Equal(last.Raw, baseline.Last)):
		return false, "Il terminale ricorda ciò che ha fatto prima dell'addebito di cui non aveva avuto la nostra conferma", nil
	}
	return false, "", nil
}

// reversalStands is stands of a reversal. Nothing that does not tell is left at that: the notice would be free to
// be charged again, and the first charge might stand.
func (s *station) reversalStands(id string, last driver.Last) (stands bool, undone string, err error) {
	baseline, err := s.till.o.Ledger.ReversalBaseline(id)
	if err != nil {
		return false, "", err
	}
	own, err := s.till.o.Ledger.ReversalResult(id)
	switch {
	case err != nil:
		return false, "", err
	case own != nil && last.Present && bytes.Equal(last.Raw, own):
		return true, "", nil
	case baseline.Last != nil && !baseline.Untold && (!last.Present || bytes.Equal(last.Raw, baseline.Last)):
		return false, "Il terminale ricorda l'addebito, e nessuno storno: l'addebito vale", nil
	}
	return false, "Il terminale forse non sa che abbiamo avuto il suo storno, e non dice se lo ha annullato: l'addebito può valere", nil
}
