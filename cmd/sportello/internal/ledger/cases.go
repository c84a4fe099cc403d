package ledger

import (
	"fmt"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"

	"sportello/driver"
)

// caseRecord is a case in the state bucket.
type caseRecord struct {
	Case
	NoteSeq  uint64 `json:",omitzero"` // of the proposal that waits: its blob holds what was typed
	ProofSeq uint64 `json:",omitzero"` // likewise of its ending
}

func (k *caseRecord) clone() *caseRecord {
	c := *k
	c.EndedBy, c.Notices, c.Proposal = slices.Clone(k.EndedBy), slices.Clone(k.Notices), copied(k.Proposal)
	return &c
}

// OpenCase opens a case. Id and time are the ledger's; Owner and Due have defaults.
func (l *Ledger) OpenCase(c Case) (Case, error) {
	var out Case
	err := l.submit(&op{reserve: true, do: func(b *batch) (err error) {
		if c.PaymentID != "" && !b.has(tablePayments+c.PaymentID) {
			return fmt.Errorf("%w: payment %q", ErrNotFound, c.PaymentID)
		}
		out, err = b.openCase(c)
		return err
	}})
	return out, err
}

func (b *batch) openCase(c Case) (Case, error) {
	c.ID = fmt.Sprintf("%s-C%08d", b.l.opt.Installation, b.head.seq+1)
	c.Opened = b.now
	if c.Owner == "" {
		c.Owner = supervisor
	}
	if c.Due.IsZero() {
		c.Due = caseDue(b.now)
	}
	c.Seq = b.head.seq + 1
	err := b.append(&entry{Kind: KindCaseOpened, Payment: c.PaymentID, Case: &caseBody{ID: c.ID, Cause: c.Cause,
		Owner: c.Owner, Due: c.Due, Evidence: c.Evidence, Found: c.Found, Notices: c.Notices, Terminal: c.Terminal}}, nil)
	if err == nil {
		c.NeedsTwo, err = b.needsTwo(&c)
	}
	return c, err
}

// Cases returns the open cases, or all, oldest first.
func (l *Ledger) Cases(all bool) ([]Case, error) {
	var out []Case
	err := l.read(func(tx *bolt.Tx, v *view) error {
		read := notesOf(tx)
		err := v.eachCase(func(k *caseRecord) {
			if all || k.Ended.IsZero() {
				out = append(out, k.told(read))
			}
		})
		for i := range out {
			if err == nil {
				err = v.asThingsStand(&out[i])
			}
		}
		return err
	})
	return out, err
}

func (v *view) eachCase(fn func(*caseRecord)) (err error) {
	v.scan(tableCases, false, func(key string, c cell) bool {
		var k *caseRecord
		if k, err = decode[caseRecord](key, c); err != nil {
			return false
		}
		fn(k)
		return true
	})
	return err
}

// openCases are the open cases of a payment, oldest first.
func (v *view) openCases(paymentID string) ([]*caseRecord, error) {
	var out []*caseRecord
	for _, id := range strings.Fields(string(v.get(tableCaseOf + paymentID))) {
		k, err := load[caseRecord](v, tableCases+id)
		if err == nil && k == nil {
			err = fmt.Errorf("%w: case %q is missing", ErrDamaged, id)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

// about says that a case is about a notice of its payment.
func (c *Case) about(index int) bool { return len(c.Notices) == 0 || slices.Contains(c.Notices, index) }

// inCase says that a notice is somebody's: what one person may end without mending it does not count.
func (v *view) inCase(paymentID string, index int) (bool, error) {
	open, err := v.openCases(paymentID)
	return slices.ContainsFunc(open, func(c *caseRecord) bool { return c.mends(index) }), err
}

// mends says that a case cannot end before a notice is mended.
func (c *Case) mends(index int) bool {
	return c.about(index) && !slices.Contains(informational, c.Cause.Code)
}

// index keeps a case among the open ones of its payment, or takes it away.
func (c *Case) index(v *view, open bool) {
	if c.Cause.Code == reasonWrongSetup {
		v.list(keySetup, c.ID, open)
	}
	if c.PaymentID == "" {
		return
	}
	v.list(tableCaseOf+c.PaymentID, c.ID, open)
}

// list adds an id to the ids of a key, or takes it away.
func (v *view) list(key, id string, in bool) {
	ids := slices.DeleteFunc(strings.Fields(string(v.get(key))), func(old string) bool { return old == id })
	if in {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		v.del(key)
		return
	}
	v.put(key, []byte(strings.Join(ids, " ")))
}

// Case returns one case.
func (l *Ledger) Case(id string) (Case, error) {
	var out Case
	err := l.read(func(tx *bolt.Tx, v *view) (err error) {
		out, err = v.caseOf(id, notesOf(tx))
		return err
	})
	return out, err
}

// caseOf is a case as others see it.
func (v *view) caseOf(id string, read notes) (Case, error) {
	k, err := load[caseRecord](v, tableCases+id)
	if err != nil {
		return Case{}, err
	}
	if k == nil {
		return Case{}, fmt.Errorf("%w: case %q", ErrNotFound, id)
	}
	c := k.told(read)
	return c, v.asThingsStand(&c)
}

// asThingsStand says of a case what follows from its payment.
func (v *view) asThingsStand(c *Case) (err error) {
	if c.NeedsTwo, err = v.needsTwo(c); err == nil {
		c.Rejected, err = v.rejected(c)
	}
	return err
}

// owed are the causes behind which money is with somebody who should not have it, whatever the
// platform says of the payment itself.
var owed = []string{ReasonDoubleCharge, reasonElsewhere, reasonAmountDiffers, reasonUncharged, reasonTwice, reasonAnomalous, reasonContradicted, reasonUndone, reasonSuspected, reasonAfterReversal}

// informational causes tell people something; nothing is lost when one supervisor has seen it.
var informational = []string{reasonExclusivity, reasonPassport, reasonNoReceipts, reasonWrongSetup}

// needsTwo says that two people must sign the ending of a case (design 3.7): it leaves a charge that the
// platform does not know of, or money that is owed.
func (v *view) needsTwo(c *Case) (bool, error) {
	if c.Ended.IsZero() && (c.Cause.Code == ReasonGap || c.Cause.Code == ReasonMoved || c.Cause.Code == ReasonRestored) {
		return true, nil
	}
	if c.PaymentID == "" || !c.Ended.IsZero() || slices.Contains(informational, c.Cause.Code) {
		return false, nil
	}
	r, err := loadRecord(v, c.PaymentID)
	if err != nil {
		return false, err
	}
	return slices.Contains(owed, c.Cause.Code) || !r.settled(), nil
}

// settled says that nothing of a payment is left to be mended: neither money nor registration.
func (r *record) settled() bool {
	switch r.State {
	case Charged:
		return !slices.ContainsFunc(r.Notices, func(n Notice) bool { return n.Registration != RegDone && n.Registration != RegClosed })
	case NotCharged:
		return r.witness() == ""
	case Reversed:
		return r.witness() == "" && !r.Reversal.Doubted
	default:
		return false
	}
}

// closes are the notices of a case's payment whose registration its ending closes: those that the
// platform does not hold as paid by us.
func (v *view) closes(c *Case) ([]int, error) {
	if two, err := v.needsTwo(c); !two || err != nil || c.PaymentID == "" {
		return nil, err
	}
	r, err := loadRecord(v, c.PaymentID)
	if err != nil {
		return nil, err
	}
	if r.State == Sent || r.State == Reversing {
		return nil, fmt.Errorf("%w: payment %q is %q", ErrStale, r.ID, r.State)
	}
	var out []int
	for i, n := range r.Notices {
		switch {
		case len(c.Notices) > 0 && !slices.Contains(c.Notices, i):
		case r.State == Charged && n.Registration != RegDone && n.Registration != RegClosed,
			r.State == Reversed && n.Registration != RegDone && !n.Refunded:
			out = append(out, i)
		}
	}
	return out, nil
}

// ProposeEnding ends a case, with its proof in p.Note, or proposes its ending where two people must sign
// (Case.NeedsTwo). seq is Case.Seq as that person saw it; ErrStale: it has moved on. An ending that two
// people signed closes the registrations behind the case, and so ends the search for their receipts; a
// refund gives the notices back too.
func (l *Ledger) ProposeEnding(id string, seq uint64, p Proposal) (Case, error) {
	return l.onCase(id, seq, func(b *batch, c *Case) error {
		if p.Ending != EndingRefunded && p.Ending != EndingClosed || strings.TrimSpace(p.Note) == "" ||
			len(p.Note) > maxNote || p.By == "" || !keyable(p.By) {
			return fmt.Errorf("%w: ending %q of case %q by %q", ErrInvalid, p.Ending, id, p.By)
		}
		if err := b.mayEnd(c, p.Ending, 0); err != nil {
			return err
		}
		if c.NeedsTwo {
			return b.append(&entry{Kind: KindEndingProposed, Operator: p.By, Payment: c.PaymentID,
				Case: &caseBody{ID: id}, Proposal: p.body()}, noteBlob(p.Note))
		}
		return b.endCase(c, p.Ending, p.Note, []string{p.By})
	})
}

// CountersignEnding signs the proposed ending of a case, which ends it in the same commit, or declines
// it. seq is Case.Seq, which the proposal has moved. ErrSamePerson; who proposed may decline.
func (l *Ledger) CountersignEnding(id string, seq uint64, by string, accept bool) (Case, error) {
	return l.onCase(id, seq, func(b *batch, c *Case) error {
		p := c.Proposal
		switch {
		case p == nil:
			return fmt.Errorf("%w: case %q has no proposal", ErrStale, id)
		case by == "":
			return fmt.Errorf("%w: nobody signs case %q", ErrInvalid, id)
		case !accept:
			return b.append(&entry{Kind: KindEndingDeclined, Operator: by, Payment: c.PaymentID, Case: &caseBody{ID: id}}, nil)
		case samePerson(by, p.By):
			return fmt.Errorf("%w: case %q, %q", ErrSamePerson, id, by)
		}
		if err := b.mayEnd(c, p.Ending, c.Seq); err != nil {
			return err
		}
		if c.Cause.Code == ReasonRestored {
			return b.endRestores(*c, p.Note, []string{p.By, by})
		}
		return b.endCase(c, p.Ending, p.Note, []string{p.By, by})
	})
}

// onCase runs fn on an open case that is as the caller has seen it.
func (l *Ledger) onCase(id string, seq uint64, fn func(*batch, *Case) error) (Case, error) {
	l.failpoint("ending.before")
	var out Case
	err := l.submit(&op{reserve: true, do: func(b *batch) error {
		c, err := b.caseOf(id, b.notes)
		switch {
		case err != nil:
			return err
		case !c.Ended.IsZero():
			return fmt.Errorf("%w: case %q has ended", ErrStale, id)
		case seq != c.Seq:
			return fmt.Errorf("%w: case %q is at entry %d, not %d", ErrStale, id, c.Seq, seq)
		}
		if err := fn(b, &c); err != nil {
			return err
		}
		out, err = b.caseOf(id, b.notes)
		return err
	}})
	if err == nil {
		l.failpoint("ending.after")
	}
	return out, err
}

// mayEnd refuses a refund while its payment is being given back on the terminal, and any ending that was proposed
// (at entry proposed; 0: it is being proposed) before that was tried: who proposed it did not know.
func (b *batch) mayEnd(c *Case, ending string, proposed uint64) error {
	if c.Cause.Code == ReasonRestored {
		if ending != EndingClosed {
			return fmt.Errorf("%w: ending %q of case %q", ErrInvalid, ending, c.ID)
		}
		return b.noGap(c.ID)
	}
	if c.PaymentID == "" || slices.Contains(informational, c.Cause.Code) {
		return nil
	}
	r, err := loadRecord(b.view, c.PaymentID)
	switch {
	case err != nil:
		return err
	case ending == EndingRefunded && r.State == Reversing, proposed != 0 && r.ReversalSeq > proposed:
		return fmt.Errorf("%w: payment %q of case %q is %q", ErrStale, r.ID, c.ID, r.State)
	}
	return nil
}

func (b *batch) endCase(c *Case, ending, proof string, by []string) error {
	closes, err := b.closes(c)
	if err != nil {
		return err
	}
	terminal := ""
	if len(closes) > 0 {
		r, err := loadRecord(b.view, c.PaymentID)
		if err != nil {
			return err
		}
		terminal = r.Terminal
	}
	if err := b.append(&entry{Kind: KindCaseEnded, Operator: strings.Join(by, " "), Payment: c.PaymentID,
		Case: &caseBody{ID: c.ID, Ending: ending, EndedBy: by, Closes: closes}}, noteBlob(proof)); err != nil {
		return err
	}
	if terminal == "" {
		return nil
	}
	return b.mindReceipts(terminal)
}

func applyCase(v *view, e *entry) error {
	b := e.Case
	if b == nil {
		return missing(e, "case")
	}
	key := tableCases + b.ID
	c, err := load[caseRecord](v, key)
	switch {
	case err != nil:
		return err
	case e.Kind == KindCaseOpened && c != nil:
		return fmt.Errorf("case %q is opened twice", b.ID)
	case e.Kind == KindCaseOpened:
		c = &caseRecord{Case: Case{ID: b.ID, PaymentID: e.Payment, Notices: b.Notices, Terminal: b.Terminal, Cause: b.Cause,
			Owner: b.Owner, Opened: e.At, Due: b.Due, Evidence: b.Evidence, Found: b.Found}}
		c.index(v, true)
		if b.Cause.Code == reasonNoReceipts {
			err = applyStop(v, &c.Case)
		}
	case c == nil || !c.Ended.IsZero():
		return fmt.Errorf("case %q is not open", b.ID)
	case e.Kind == KindEndingProposed:
		if e.Proposal == nil {
			return missing(e, "proposal")
		}
		c.Proposal, c.NoteSeq = e.Proposal.proposal(e), e.Seq
	case e.Kind == KindEndingDeclined:
		c.Proposal = nil
	default:
		c.Ended, c.Ending, c.Proof, c.EndedBy, c.Proposal = e.At, b.Ending, b.Proof, b.EndedBy, nil
		c.ProofSeq = e.Seq
		c.index(v, false)
		if c.Cause.Code == reasonNoReceipts {
			err = applyResume(v, &c.Case)
		}
		if err == nil && len(b.Closes) > 0 {
			err = applyCloses(v, e, c)
		}
		if err == nil && len(b.Again) > 0 {
			err = applyAgain(v, e, c)
		}
	}
	if err != nil {
		return err
	}
	c.Seq = e.Seq
	v.store(key, c)
	return nil
}

// applyCloses closes the registrations that a case's ending closes.
func applyCloses(v *view, e *entry, c *caseRecord) error {
	r, err := loadRecord(v, c.PaymentID)
	if err != nil {
		return err
	}
	for _, i := range e.Case.Closes {
		if i < 0 || i >= len(r.Notices) || !r.Notices[i].Registration.May(RegClosed) {
			return fmt.Errorf("case %q closes notice %d of %q", c.ID, i, r.ID)
		}
		n := &r.Notices[i]
		n.Registration, n.Reason = RegClosed, driver.Reason{Code: c.Cause.Code, Text: c.Proof}
		r.kept(i).Proof = e.Seq
		n.Refunded = c.Ending == EndingRefunded
		if r.State == Charged {
			v.delOutbox(r.ID, i)
		}
	}
	freeRefunded(v, r)
	return storeWaiting(v, r, e)
}
