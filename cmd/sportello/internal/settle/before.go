package settle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// maxRecords is how many of the platform's records of one charge are read in full.
const maxRecords = 20

// sight is what a look before a repeat has seen (design 3.8, govpay 7).
type sight struct {
	records  []govpay.Payment // of our session, in full, newest first
	codes    map[attemptCode]bool
	receipts map[int][]govpay.Receipt
	position map[int]govpay.Position // without those that the platform does not know
}

// attemptCode is an attempt of ours: a code is one only with its notice, since it may be the time of day.
type attemptCode struct{ creditor, iuv, code string }

// before looks at everything that could say that a charge has been submitted, or
// that somebody else has paid, or is paying. All of it must have been answered.
func (l *look) before(p ledger.Payment, todo []int) (sight, error) {
	s := sight{receipts: make(map[int][]govpay.Receipt), position: make(map[int]govpay.Position)}
	var err error
	if s.records, err = l.session(p); err != nil {
		return s, err
	}
	s.codes = codesOf(s.records)
	for _, i := range todo {
		n := p.Notices[i]
		m, err := l.w.matter(p, i)
		if err != nil {
			return s, err
		}
		iuv, err := iuvOf(n.Number)
		if err != nil {
			return s, err
		}
		refs, err := l.w.o.Platform.Receipts(l.ctx, n.Creditor, iuv)
		if err != nil {
			return s, err
		}
		for _, ref := range refs {
			if ref.Esito != govpay.OutcomePaid || m.claimed[ref.ID] || len(s.receipts[i]) == maxDetails {
				continue
			}
			r, err := l.w.o.Platform.Receipt(l.ctx, n.Creditor, iuv, ref.ID)
			if err != nil {
				return s, err
			}
			s.receipts[i] = append(s.receipts[i], r)
		}
		v, err := l.w.o.Platform.Position(l.ctx, n.Creditor, n.Number)
		switch {
		case err == nil:
			s.position[i] = v
		case govpay.OutcomeOf(err) == govpay.OutcomeNotFound:
			// It is not stored there, so nobody's attempt is: what it says to a submission tells the rest.
		default:
			return s, err
		}
	}
	return s, nil
}

// session reads the platform's records of a charge: those that may be at work
// first, then the newest of those that failed.
func (l *look) session(p ledger.Payment) ([]govpay.Payment, error) {
	rows, err := l.w.o.Platform.PaymentsBySession(l.ctx, p.Reference)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(rows)+1)
	if s := p.Submission; s != nil && s.PlatformID != "" && s.PlatformID != "0" {
		ids = append(ids, s.PlatformID)
	}
	for _, failed := range []bool{false, true} {
		for _, r := range rows {
			if (r.State == govpay.PaymentFailed) == failed && !slices.Contains(ids, r.ID) {
				ids = append(ids, r.ID)
			}
		}
	}
	var all []govpay.Payment
	for _, id := range ids[:min(len(ids), maxRecords)] {
		r, err := l.w.o.Platform.Payment(l.ctx, id)
		if govpay.OutcomeOf(err) == govpay.OutcomeNotFound && !slices.ContainsFunc(rows, func(r govpay.Payment) bool { return r.ID == id }) {
			continue // what an earlier answer named is not there any more, and in no list
		}
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b govpay.Payment) int { return b.At.Compare(a.At) })
	return all, nil
}

func codesOf(records []govpay.Payment) map[attemptCode]bool {
	codes := make(map[attemptCode]bool)
	for _, r := range records {
		for _, a := range r.Attempts {
			if identifies(a.Code) {
				codes[attemptCode{a.Creditor, a.IUV, a.Code}] = true
			}
		}
	}
	return codes
}

// identifies says that an attempt's code is one: the platform also knows the words for none.
func identifies(code string) bool { return code != "" && !strings.EqualFold(code, "n/a") }

// fate is what the platform has made of one record of ours.
type fate uint8

const (
	fateNothing  fate = iota // nothing came of it, and nothing will
	fateAccepted             // the receipt follows, or has come
	fateWorking              // it may be at work on it, or a state that we do not know
	fateNobody               // nobody knows whether pagoPA got it
	fateRefused              // refused: a negative receipt, or the state of the record
)

// attempts is what the states of our own attempts mean; what is not here may be at work.
var attempts = map[govpay.AttemptState]fate{
	govpay.AttemptAccepted:   fateAccepted,
	govpay.AttemptReceipt:    fateAccepted,
	govpay.AttemptBadReceipt: fateAccepted, // money has moved; the receipt may be loaded again
	govpay.AttemptRefused:    fateNothing,
	govpay.AttemptExpired:    fateNobody, // its receipt may still come
	govpay.AttemptSendError:  fateNobody,
}

func fateOfAttempt(a govpay.Attempt) fate {
	f, known := attempts[a.State]
	switch {
	case a.Proof != nil && a.Proof.Result == govpay.ResultNotPaid:
		return fateRefused
	case a.Proof != nil || a.Unreadable:
		return fateAccepted
	case !known:
		return fateWorking
	}
	return f
}

// The states of a record by which an attempt that we cannot read is judged when people want a repeat (fateOf): of one
// that ended badly nobody knows how far it came, one that goes on, or went well, is never repeated.
var (
	final = []govpay.PaymentState{govpay.PaymentFailed, govpay.PaymentNotPaid, govpay.PaymentCancelled}
	taken = []govpay.PaymentState{govpay.PaymentRunning, govpay.PaymentPaid, govpay.PaymentPartial}
)

// fateOf is the table of our own record, one row a state of the record:
//
//	IN_CORSO                            accepted when all its attempts are, or when the platform can no longer
//	                                    be at work on it; else at work
//	ESEGUITO, ESEGUITO_PARZIALE         accepted
//	FALLITO                             as its attempts: accepted if one is, nobody knows if one could not be
//	                                    sent, else nothing
//	NON_ESEGUITO, ANNULLATO             refused, unless an attempt is accepted after all
//	any other                           at work: never repeated
//
// An attempt with a receipt was accepted, be it a negative one: what follows is the notice's own (refusedAfterAll).
// Where people want what was refused submitted again (resubmit.go) such an attempt is just refused.
func fateOf(r govpay.Payment, over, again bool) fate {
	worst, accepted, refused := fateNothing, 0, 0
	for _, a := range r.Attempts {
		switch f := fateOfAttempt(a); {
		case f == fateRefused && again:
			refused++
		case f == fateAccepted || a.Proof != nil:
			accepted++
		default:
			worst = max(worst, f)
		}
	}
	if again && accepted == 0 && len(r.Attempts) > 0 { // the record's state is that of its other notices, too
		switch {
		case worst == fateWorking && over && slices.Contains(final, r.State):
			return fateNobody
		case worst == fateWorking && over && slices.Contains(taken, r.State):
			return fateAccepted
		case worst == fateNothing && refused > 0:
			return fateRefused
		}
		return worst
	}
	switch r.State {
	case govpay.PaymentPaid, govpay.PaymentPartial:
		return fateAccepted
	case govpay.PaymentRunning:
		if over || accepted > 0 && accepted == len(r.Attempts) {
			return fateAccepted
		}
		return fateWorking
	case govpay.PaymentFailed:
		switch {
		case accepted > 0:
			return fateAccepted
		case worst == fateWorking && over:
			return fateNobody // it was cut short, and how far it came nobody knows
		}
		return worst
	case govpay.PaymentNotPaid, govpay.PaymentCancelled:
		switch {
		case accepted > 0:
			return fateAccepted
		case worst == fateNobody:
			return fateNobody
		}
		return fateRefused
	}
	return fateWorking
}

// ownCodes finds by which codes a receipt of a submitted notice is ours. The code
// that the ledger knows is enough until a receipt with another one is there, or
// ours is late.
func (l *look) ownCodes(p ledger.Payment, m *matter, refs []govpay.ReceiptRef) error {
	m.codes, m.code = make(map[string]bool), m.notice.AttemptCode
	if m.code != "" {
		m.codes[m.code] = true
	}
	// Once one of a cart is registered the record says what became of the others.
	cart := slices.ContainsFunc(p.Notices, func(n ledger.Notice) bool { return n.Registration == ledger.RegDone })
	strange := slices.ContainsFunc(refs, func(r govpay.ReceiptRef) bool { return !m.codes[r.ID] || r.Esito != govpay.OutcomePaid })
	if m.code != "" && !strange && !l.late && !cart || l.work == workWatch && len(refs) == 0 {
		return nil
	}
	records, err := l.session(p)
	if err != nil {
		return err
	}
	living, refused := "", ""
	for _, r := range records { // newest first
		a, ok := r.Notice(m.notice.Creditor, m.iuv)
		if !ok || !identifies(a.Code) {
			if r.State == govpay.PaymentPartial {
				refused = cmp.Or(refused, "Del carrello è stata pagata solo una parte, e di questo avviso non c'è nessun tentativo.")
			}
			continue
		}
		m.codes[a.Code] = true
		switch f := fateOfAttempt(a); {
		case f == fateNothing, f == fateRefused:
			refused = cmp.Or(refused, fmt.Sprintf("Il tentativo «%s» è stato rifiutato dal prestatore.", a.Code))
		case r.State == govpay.PaymentPartial && a.Proof == nil && !a.Unreadable: // a final word (govpay 3.3)
			refused = cmp.Or(refused, fmt.Sprintf("Del carrello è stata pagata solo una parte, e il tentativo «%s» non è fra i pagati.", a.Code))
		default:
			living = cmp.Or(living, a.Code)
		}
	}
	// The record that was accepted must be among them: an older one says nothing about it.
	named := p.Submission == nil || p.Submission.PlatformID == "" ||
		slices.ContainsFunc(records, func(r govpay.Payment) bool { return r.ID == p.Submission.PlatformID })
	switch {
	case living != "":
		m.code = living
	case refused != "" && named:
		m.refused = refused
	}
	return nil
}

// blockers says who is paying a notice besides us, or has; "": nobody that can be seen.
func (s sight) blockers(i int, n ledger.Notice, now time.Time) string {
	v, ok := s.position[i]
	iuv, err := iuvOf(n.Number)
	if !ok || err != nil {
		return ""
	}
	for _, a := range v.Attempts {
		if s.codes[attemptCode{n.Creditor, iuv, a.Code}] {
			continue
		}
		switch f, known := attempts[a.State]; {
		case a.Proof != nil && a.Proof.Result == govpay.ResultNotPaid:
		case a.Proof != nil || a.Unreadable:
			return "paid"
		case a.State == govpay.AttemptSuperseded, known && f == fateNothing:
		case known && f == fateNobody && (a.Started.IsZero() || now.Sub(a.Started) > tokenLife):
		default:
			return "in progress"
		}
	}
	switch v.State {
	case govpay.StatePaid, govpay.StatePartiallyPaid, govpay.StateCredited, govpay.StateAnomalous:
		return "paid"
	default:
		return ""
	}
}

// culprits are the notices because of which the platform will never take a submission.
func (l *look) culprits(p ledger.Payment, todo []int) ([]int, error) {
	if len(todo) == 1 {
		return todo, nil
	}
	var found []int
	for _, i := range todo {
		v, err := l.w.o.Platform.Position(l.ctx, p.Notices[i].Creditor, p.Notices[i].Number)
		switch {
		case govpay.OutcomeOf(err) == govpay.OutcomeNotFound:
			found = append(found, i)
			continue
		case err != nil:
			return nil, err
		}
		switch _, why := govpay.Payability(v, time.Now()); why {
		case govpay.ReasonExpired, govpay.ReasonCancelled, govpay.ReasonStampDuty:
			found = append(found, i)
		default:
			if v.MultiBeneficiary() {
				found = append(found, i)
			}
		}
	}
	return found, nil
}
