package ledger

import (
	"fmt"
	"slices"
	"strings"

	"sportello/driver"
)

// This file is the resolution desk (design 5.5): what evidence does not decide people do.

// Propose records what a person found out about an unknown payment, or about a reversing one that needs
// people. seq is Payment.EvidenceSeq as that person saw it; ErrStale: more is known meanwhile, or a
// proposal waits. One person suffices for Charged where the evidence presets it: it is concluded at once.
// Unknown parks the question. Everything else waits for a second person. ErrWitness: a receipt bars NotCharged.
func (l *Ledger) Propose(id string, seq uint64, p Proposal) (Payment, error) {
	l.failpoint("propose.before")
	var out Payment
	err := l.submit(&op{reserve: true, do: func(b *batch) error {
		r, err := b.asSeen(id, seq)
		if err != nil {
			return err
		}
		if err := r.mayAnswer(p); err != nil {
			return err
		}
		kind := KindResolutionProposed
		switch {
		case p.Answer == driver.Charged && r.Preset == driver.Charged:
			err = b.conclude(r, r.answered(p, p.By))
			kind = ""
		case p.Answer == driver.Unknown:
			kind = KindResolutionParked
		case r.Proposal != nil:
			err = fmt.Errorf("%w: an answer of %q about payment %q waits for its signature", ErrStale, r.Proposal.By, id)
		}
		if err == nil && kind != "" {
			err = b.append(&entry{Kind: kind, Operator: p.By, Payment: id, Proposal: p.body()}, noteBlob(p.Note))
		}
		if err != nil {
			return err
		}
		return b.reload(id, &out)
	}})
	if err == nil {
		l.failpoint("propose.after")
	}
	return out, err
}

// Countersign signs the waiting proposal, which concludes the payment in the same commit, or declines it.
// ErrSamePerson; who proposed may decline. ErrStale: there is none, or more is known meanwhile. The notice
// lock and the terminal lock, if it is still held, follow the verdict.
func (l *Ledger) Countersign(id string, seq uint64, by string, accept bool) (Payment, error) {
	l.failpoint("countersign.before")
	var out Payment
	err := l.submit(&op{reserve: true, do: func(b *batch) error {
		r, err := b.asSeen(id, seq)
		switch {
		case err != nil:
			return err
		case r.Proposal == nil:
			return fmt.Errorf("%w: payment %q has no proposal", ErrStale, id)
		case by == "":
			return fmt.Errorf("%w: nobody signs payment %q", ErrInvalid, id)
		case !accept:
			err = b.append(&entry{Kind: KindResolutionDeclined, Operator: by, Payment: id}, nil)
		case samePerson(by, r.Proposal.By):
			return fmt.Errorf("%w: payment %q, %q", ErrSamePerson, id, by)
		default:
			seen := r.Payment
			r.tell(&seen, b.notes)
			err = b.conclude(r, r.answered(*seen.Proposal, r.Proposal.By, by))
		}
		if err != nil {
			return err
		}
		return b.reload(id, &out)
	}})
	if err == nil {
		l.failpoint("countersign.after")
	}
	return out, err
}

// asSeen loads a payment that people may decide, when nothing is known beyond what they have seen.
func (b *batch) asSeen(id string, seq uint64) (*record, error) {
	r, err := loadRecord(b.view, id)
	if err != nil {
		return nil, err
	}
	if r.State != Unknown && (r.State != Reversing || !r.NeedsPeople) {
		return nil, fmt.Errorf("%w: payment %q is %q", ErrStale, id, r.State)
	}
	if seq != r.EvidenceSeq {
		return nil, fmt.Errorf("%w: payment %q is at entry %d, not %d", ErrStale, id, r.EvidenceSeq, seq)
	}
	return r, nil
}

// mayAnswer refuses an answer that does not fit the question.
func (r *record) mayAnswer(p Proposal) error {
	fits := []driver.Verdict{driver.Charged, driver.NotCharged, driver.Unknown}
	if r.State == Reversing {
		fits = []driver.Verdict{driver.Reversed, driver.NotReversed, driver.Unknown}
	}
	switch {
	case p.By == "" || !keyable(p.By, p.STAN, p.AuthCode) || len(p.Note) > maxNote || !slices.Contains(fits, p.Answer):
		return fmt.Errorf("%w: answer %q of %q about payment %q, which is %q", ErrInvalid, p.Answer, p.By, r.ID, r.State)
	case p.Answer == driver.NotCharged && r.witness() != "":
		return fmt.Errorf("%w: receipt %q of payment %q", ErrWitness, r.witness(), r.ID)
	}
	return nil
}

// samePerson says that two operator ids are one.
func samePerson(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// answered is the conclusion that people have come to.
func (r *record) answered(p Proposal, by ...string) Conclusion {
	o := driver.Outcome{Verdict: p.Answer, Reason: driver.Reason{Code: reasonByPeople}}
	said := []string{VerdictWord(p.Answer)}
	if p.STAN != "" {
		said = append(said, "STAN "+p.STAN)
	}
	if p.AuthCode != "" {
		said = append(said, "autorizzazione "+p.AuthCode)
	}
	o.Evidence = []driver.Evidence{{Kind: EvidenceClerk, At: p.At, Text: fmt.Sprintf("%s: %s", strings.Join(by, ", "), strings.Join(said, ", "))}}
	if p.Answer == driver.Charged {
		o.Charge = r.typed(p)
	}
	return Conclusion{Outcome: o, ResolvedBy: by, note: p.Note}
}

// typed is the charge that people have found: the terminal's record, or the one of the evidence, unless their slip
// shows another. Where nobody tells the amount it is what was asked: sums of charges are held against the bank's.
func (r *record) typed(p Proposal) *driver.Charge {
	c := &driver.Charge{}
	switch {
	case p.Charge != nil:
		c = copied(p.Charge)
	case r.Charge != nil && r.Preset == driver.Charged && (p.STAN == "" || p.STAN == r.Charge.STAN):
		c = copied(r.Charge)
	}
	if p.STAN != "" {
		c.STAN = p.STAN
	}
	if p.AuthCode != "" {
		c.AuthCode = p.AuthCode
	}
	if c.AmountCents == 0 {
		c.AmountCents = r.AmountCents
	}
	return c
}

func (p Proposal) body() *proposalBody {
	return &proposalBody{Answer: p.Answer, Ending: p.Ending, STAN: p.STAN, AuthCode: p.AuthCode, Charge: p.Charge} // its note goes into the blob
}

// proposal undoes body; who and when are the entry's.
func (p *proposalBody) proposal(e *entry) *Proposal {
	return &Proposal{Answer: p.Answer, Ending: p.Ending, STAN: p.STAN, AuthCode: p.AuthCode, Charge: p.Charge, Note: p.Note, By: e.Operator, At: e.At}
}

// Contradict records a later fact that speaks against a verdict and does not overturn it, and opens a case with
// that cause: of a charge charge_undone (the terminal shows it reversed) or charge_contradicted, of an attempt
// held for not charged charge_suspected. The verdict stands; people decide. The same finding again (FoundBy) gives the
// case that is open, and of a doubted reversal any does; a reversal that was believed is doubted from then on. ErrStale:
// there is no verdict of that kind; a later charge is concluded, not contradicted.
func (l *Ledger) Contradict(id, cause string, ev driver.Evidence) (Case, error) {
	var out Case
	err := l.submit(&op{reserve: true, do: func(b *batch) error {
		r, err := loadRecord(b.view, id)
		if err != nil {
			return err
		}
		charged := r.State == Charged || r.State == Reversing || r.State == Reversed
		if suspected := cause == reasonSuspected; suspected && (r.State != NotCharged || r.SentAt.IsZero()) || !suspected && !charged {
			return fmt.Errorf("%w: payment %q is %q", ErrStale, id, r.State)
		}
		open, err := b.openCases(id)
		if err != nil {
			return err
		}
		told, found := "", FoundBy(ev.Kind, ev.Raw)
		believed := r.State == Reversed && !r.Reversal.Doubted // what was found about the charge is news about its reversal
		for _, c := range open {
			same := c.Found == found || c.Found == "" && c.Evidence == ev.Text // without one: of an earlier version
			switch {
			case c.Cause.Code != cause:
			case same && !believed:
				out, err = b.caseOf(c.ID, b.notes)
				return err
			case same, r.State == Reversed && !believed:
				told = c.ID
			}
		}
		if err := b.later(KindContradicted, id, ev); err != nil {
			return err
		}
		if told != "" {
			out, err = b.caseOf(told, b.notes)
			return err
		}
		out, err = b.openCase(Case{PaymentID: id, Cause: driver.Reason{Code: cause}, Evidence: ev.Text, Found: found})
		return err
	}})
	return out, err
}

// Confirm records that the terminal was found to hold a charge, or the reversal of one, of which it may not have
// our acknowledgement: nobody need look any more. Once is enough. ErrStale: the payment is neither.
func (l *Ledger) Confirm(id string, ev driver.Evidence) (Payment, error) {
	var out Payment
	err := l.submit(&op{reserve: true, do: func(b *batch) error {
		r, err := loadRecord(b.view, id)
		switch {
		case err != nil:
			return err
		case r.State != Charged && r.State != Reversed:
			return fmt.Errorf("%w: payment %q is %q", ErrStale, id, r.State)
		case r.State == Charged && (r.Acked || r.Confirmed):
		case r.State == Reversed && (r.Reversal.Acked || r.Reversal.Confirmed):
		default:
			if err := b.later(KindConfirmed, id, ev); err != nil {
				return err
			}
		}
		return b.reload(id, &out)
	}})
	return out, err
}

// later writes one thing that was learned about a payment after its outcome.
func (b *batch) later(kind Kind, id string, ev driver.Evidence) error {
	var bl *blob
	if ev.Raw != nil {
		bl = &blob{Kind: "evidence", Evidence: [][]byte{ev.Raw}}
	}
	return b.append(&entry{Kind: kind, Payment: id, Evidence: []evidenceBody{{Kind: ev.Kind, At: ev.At, Text: ev.Text}}}, bl)
}

func applyDesk(v *view, e *entry) error {
	r, err := loadRecord(v, e.Payment)
	if err != nil {
		return err
	}
	switch e.Kind {
	case KindContradicted:
		r.learned(e)
		if err := v.loseTotal(r); err != nil {
			return err
		}
		if r.State == Reversed { // the charge may stand
			r.Reversal.Doubted = true
			joinLocks(v, r)
		}
	case KindConfirmed:
		r.learned(e)
		t, err := loadTerminal(v, r.Terminal)
		if err != nil {
			return err
		}
		if t.keeps(r.ID) {
			v.store(tableTerminals+t.Name, t)
		}
		if r.State == Reversed {
			r.Reversal.Confirmed, r.Reversal.Doubted = true, false
			break
		}
		r.Confirmed = true
		if r.Reason.Code == reasonAckNotWritten {
			r.Reason, r.Told = r.Told, driver.Reason{}
		}
	case KindResolutionDeclined:
		if r.Proposal == nil {
			return fmt.Errorf("payment %q has no proposal to decline", r.ID)
		}
		r.learned(e)
	default:
		if e.Proposal == nil {
			return missing(e, "proposal")
		}
		if r.State != Unknown && r.State != Reversing {
			return fmt.Errorf("payment %q is %q, and people answer", r.ID, r.State)
		}
		if e.Kind == KindResolutionProposed {
			r.Proposal, r.ProposalSeq = e.Proposal.proposal(e), e.Seq
			break
		}
		r.learned(e)
		r.NoteSeq = e.Seq
		r.Reason, r.NeedsPeople = driver.Reason{Code: reasonParked, Text: e.Proposal.Note}, true
	}
	storeRecord(v, r, e)
	return nil
}
