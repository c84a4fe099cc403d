package till

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// recognise compares what the terminal remembers as its last result with the ledger (design 5.7). The
// first time in this process a stranger means that nothing is charged until a supervisor has seen it;
// later it depends on what it can be (mayBeOurs) and on whose terminal it is (design 5.4). notices are
// those about to be charged, none when the terminal is only looked at. It runs on the worker.
func (s *station) recognise(last driver.Last, notices []ledger.Notice) error {
	known, err := s.till.o.Ledger.KnowsResult(s.term.Name, last.Raw, last.Charge.STAN)
	if err != nil {
		return err
	}
	s.mu.Lock()
	before := s.known
	s.mu.Unlock()
	if !known {
		if known, err = s.seenByPeople(last); err != nil {
			return err
		}
	}
	if !known {
		if err := s.suspect(last); err != nil {
			return err
		}
	}
	switch {
	case known:
	case before:
		known, err = s.passes(last, notices)
	default:
		err = s.contradicted(last)
	}
	if err != nil {
		return err
	}
	var awaits ledger.Payment
	if !known {
		if awaits, err = s.awaited(last); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.known, s.needsAdopt = known, !known
	s.stranger, s.awaits = inWords(last, s.till.lang()), awaits.ID
	s.mu.Unlock()
	if !known {
		return s.strangerError()
	}
	return nil
}

// describe asks the terminal for all that it says of a stranger that a pre-flight has found: the baseline
// has only its number. What that says of an outcome that is awaited is judged now.
func (s *station) describe(ctx context.Context) {
	last, err := s.term.Driver.Last(ctx)
	if err != nil || !last.Present {
		return
	}
	s.mu.Lock()
	s.stranger = inWords(last, s.till.lang())
	awaits := s.awaits != ""
	s.mu.Unlock()
	s.stillAtWork(ctx)
	if !awaits {
		s.note(s.strangerError())
		return
	}
	if err = s.reconsider(ctx, last); err == nil {
		err = s.recognise(last, nil)
	}
	s.note(err)
}

// dateTime is how people of each language write a date and a time.
var dateTime = map[local.Language]string{
	local.Italian: "02/01/2006 15:04", local.English: "02/01/2006 15:04", local.German: "02.01.2006 15:04",
}

// inWords is a transaction in the terminal's memory for people: STAN, amount and time, as far as it gives them.
func inWords(last driver.Last, lang local.Language) string {
	var parts []string
	if strings.Trim(last.Charge.STAN, "0") != "" {
		parts = append(parts, "STAN "+last.Charge.STAN)
	}
	if last.Charge.AmountCents != 0 {
		parts = append(parts, local.Money(last.Charge.AmountCents, lang))
	}
	if at := last.Charge.HostTime; !at.IsZero() {
		parts = append(parts, at.Format(cmp.Or(dateTime[lang], dateTime[local.Italian])))
	}
	return strings.Join(parts, ", ")
}

// passes says whether payments go on in spite of a stranger that has come since the terminal was last
// known. They do where others use the terminal, too, and the stranger cannot well be an attempt of ours.
func (s *station) passes(last driver.Last, notices []ledger.Notice) (bool, error) {
	t := s.till
	owing, err := s.owesAnswer()
	if err != nil {
		return false, err
	}
	if len(owing) > 0 { // no proof of others: it may be the very attempt that people look into
		t.o.Log.Warn().Str("terminal", s.term.Name).Str("stan", last.Charge.STAN).Msg("a transaction that may be of a payment still unknown was found on the terminal")
		for _, p := range owing {
			t.witness(p, last)
		}
		return false, nil
	}
	if s.exclusivity() == driver.Exclusive {
		return false, s.demote(last.Charge.STAN)
	}
	ours, err := s.mayBeOurs(notices)
	if ours {
		t.o.Log.Warn().Str("terminal", s.term.Name).Str("stan", last.Charge.STAN).Msg("a transaction that may be of a payment held for not charged was found on the terminal")
	}
	return err == nil && !ours, err
}

// contradicted is a stranger at the first look of this process: where this ledger has worked with the
// terminal before and no attempt of ours is open, somebody else has used it meanwhile (design 5.4).
func (s *station) contradicted(last driver.Last) error {
	ts, err := s.till.o.Ledger.Terminal(s.term.Name)
	if err != nil || ts.Fresh || s.exclusivity() != driver.Exclusive || s.till.gate.restoring() { // as a rule it was ourselves
		return err
	}
	owing, err := s.owesAnswer()
	if err != nil || len(owing) > 0 {
		return err
	}
	return s.demote(last.Charge.STAN)
}

// demote takes the configured exclusivity back, for good and with a case.
func (s *station) demote(stan string) error {
	s.till.o.Log.Warn().Str("terminal", s.term.Name).Str("stan", stan).Msg("the terminal is not exclusive after all")
	return s.till.o.Ledger.Demote(s.term.Name, foreign(stan))
}

// foreign are the words for a transaction of somebody else's.
func foreign(stan string) string {
	text := "Sul terminale c'è un'operazione che non è di questo sportello"
	if strings.Trim(stan, "0") != "" {
		text += ", STAN " + stan
	}
	return text
}

// alarm follows evidence that somebody else used a terminal held for exclusive (ECR17 6.5 rows 13, 14).
func (s *station) alarm(o driver.Outcome) {
	if s.exclusivity() != driver.Exclusive || !slices.ContainsFunc(o.Evidence, func(e driver.Evidence) bool { return e.Kind == driver.EvidenceAlarm }) {
		return
	}
	if err := s.demote(""); err != nil {
		s.till.o.Log.Error().Err(err).Str("terminal", s.term.Name).Msg("taking the exclusivity back")
	}
}

// owesAnswer are the attempts of ours on this terminal that are not decided.
func (s *station) owesAnswer() ([]ledger.Payment, error) {
	unfinished, err := s.till.o.Ledger.Unfinished()
	return slices.DeleteFunc(unfinished, func(p ledger.Payment) bool { return p.Terminal != s.term.Name }), err
}

// mayBeOurs says that a stranger may be the proof that an attempt held for not charged was charged after
// all: the last one of this terminal, or an earlier one for a notice that is about to be charged again.
func (s *station) mayBeOurs(notices []ledger.Notice) (bool, error) {
	last, err := s.lastSent()
	if err != nil || doubtful(last) {
		return true, err
	}
	for _, n := range notices {
		state, err := s.till.o.Ledger.Notice(n.Creditor, n.Number)
		if err != nil {
			return true, err
		}
		for _, id := range state.Payments {
			p, err := s.till.o.Ledger.Payment(id)
			if err != nil || p.Terminal == s.term.Name && doubtful(p) {
				return true, err
			}
		}
	}
	return false, nil
}

// doubtful is an attempt held for not charged without a number of the host: it was refused before the host was asked,
// or deduced. A refusal with its own STAN is a transaction that has ended, when the terminal said it as the payment's
// word; read from its memory, it may be the first of two tries of the citizen's.
func doubtful(p ledger.Payment) bool {
	deduced := p.Charge == nil || strings.Trim(p.Charge.STAN, "0") == "" || p.Reason.Code == string(local.CodeByEvidence)
	return p.State == ledger.NotCharged && deduced
}

// lastSent is the newest payment that was sent on this terminal; none when there was none.
func (s *station) lastSent() (ledger.Payment, error) {
	id, err := s.till.o.Ledger.Newest(s.term.Name)
	if err != nil || id == "" {
		return ledger.Payment{}, err
	}
	newest, err := s.till.o.Ledger.Payment(id)
	if err != nil || newest.Reversal == nil {
		return newest, err
	}
	for limit := 100; ; limit *= 10 { // another may have been sent between its charge and its reversal, not long ago
		list, err := s.till.o.Ledger.Payments(ledger.Query{Limit: limit})
		if err != nil {
			return ledger.Payment{}, err
		}
		i := slices.IndexFunc(list, func(p ledger.Payment) bool { return p.Terminal == s.term.Name && !p.SentAt.IsZero() })
		if i >= 0 {
			return list[i], nil
		}
		if len(list) < limit {
			return newest, nil
		}
	}
}

// witness puts what the terminal remembers before the people who look into an unknown payment. It does
// not become known by that: only a supervisor's adopting, or the payment's own evidence, makes it so.
func (t *Till) witness(p ledger.Payment, last driver.Last) {
	if seen, err := t.hasEvidence(p.ID, last.Raw); err == nil && seen { // nothing new: an answer in hand stays good
		return
	}
	text := "Il terminale ricorda un'operazione che il registro non conosce"
	if last.Charge.STAN != "" {
		text += ", STAN " + last.Charge.STAN
	}
	_, err := t.o.Ledger.Conclude(p.ID, ledger.Conclusion{Outcome: driver.Outcome{
		Verdict: driver.Unknown, Final: true, Reason: p.Reason, Charge: chargeAsked(p), Preset: p.Preset,
		Evidence: []driver.Evidence{{Kind: "last_result", At: time.Now(), Text: text, Raw: last.Raw}},
	}})
	if err != nil { // decided meanwhile, or the disk refuses: the supervisor sees it all the same
		t.o.Log.Error().Err(err).Str("payment", p.ID).Msg("adding what the terminal remembers to an unknown payment")
		return
	}
	t.publishPayment(p.ID)
}
