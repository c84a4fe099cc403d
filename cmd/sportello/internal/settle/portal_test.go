package settle

import (
	"context"
	"fmt"
	"slices"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// portal is the part of the plain platform that takes submissions.
type portal struct {
	calls     []call
	records   []govpay.Payment
	positions map[string]govpay.Position // by notice; without: open and nobody at it
	// answer is the script of POST /pagamenti, one step a call; then everything is taken.
	answer []step
	took   time.Duration // how long a call takes
	debts  int           // looked at
	hidden bool          // the list of payments does not show our records
}

type call struct {
	at      time.Duration
	session string
	notices int
}

// step is what one call meets.
type step struct {
	fault *govpay.Fault
	// record: the platform keeps one, in this state, with attempts in that.
	record  govpay.PaymentState
	attempt govpay.AttemptState
	after   time.Duration // the record appears so much later: the platform is still at work
}

func fault(o govpay.Outcome, status int, codice string) *govpay.Fault {
	return &govpay.Fault{Operation: "pagamenti", Outcome: o, Status: status, Codice: codice, Sent: true}
}

func (w *world) Submit(ctx context.Context, s govpay.Submission) (govpay.Submitted, error) {
	w.mu.Lock()
	w.portal.calls = append(w.portal.calls, call{time.Since(w.start), s.Session, len(s.Notices)})
	st := step{record: govpay.PaymentRunning, attempt: govpay.AttemptAccepted}
	if len(w.portal.answer) > 0 {
		st = w.portal.answer[0]
		w.portal.answer = w.portal.answer[1:]
	}
	took := w.portal.took
	fail := w.fail
	w.mu.Unlock()
	if fail != nil {
		if err := fail(""); err != nil {
			return govpay.Submitted{}, err
		}
	}
	if took > 0 {
		select {
		case <-time.After(took):
		case <-ctx.Done():
			return govpay.Submitted{}, &govpay.Fault{Outcome: govpay.OutcomeCanceled, Sent: true}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	id := fmt.Sprintf("p%d", len(w.portal.calls))
	if st.record != "" {
		r := govpay.Payment{ID: id, State: st.record, Session: s.Session, At: time.Now().Add(st.after)}
		for _, n := range s.Notices {
			r.Attempts = append(r.Attempts, govpay.Attempt{State: st.attempt, Creditor: n.Creditor, IUV: n.Notice[1:],
				Code: fmt.Sprintf("ccp-%s-%s", id, n.Notice[12:]), Submitted: true, Started: r.At})
		}
		w.portal.records = append(w.portal.records, r)
	}
	if st.fault != nil {
		f := *st.fault
		if st.record != "" && f.Status != 0 {
			f.PaymentID = id
		}
		return govpay.Submitted{}, &f
	}
	return govpay.Submitted{PaymentID: id, TransactionID: "t" + id}, nil
}

func (w *world) visible(r govpay.Payment) bool { return !r.At.After(time.Now()) }

func (w *world) PaymentsBySession(_ context.Context, session string) ([]govpay.Payment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, ask{time.Since(w.start), "session " + session})
	if w.fail != nil {
		if err := w.fail(""); err != nil {
			return nil, err
		}
	}
	var all []govpay.Payment
	for _, r := range w.portal.records {
		if r.Session == session && w.visible(r) && !w.portal.hidden {
			r.Attempts, r.Listed = nil, true
			all = append(all, r)
		}
	}
	slices.Reverse(all)
	return all, nil
}

func (w *world) Payment2(id string) (govpay.Payment, error) {
	for _, r := range w.portal.records {
		if r.ID == id && w.visible(r) {
			r.Attempts = slices.Clone(r.Attempts)
			return r, nil
		}
	}
	return govpay.Payment{}, &govpay.Fault{Outcome: govpay.OutcomeNotFound}
}

func (w *world) Position(_ context.Context, creditor, notice string) (govpay.Position, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		if err := w.fail(""); err != nil {
			return govpay.Position{}, err
		}
	}
	w.portal.debts++
	p, ok := w.portal.positions[notice]
	if !ok {
		p = govpay.Position{State: govpay.StateOpen, Cents: 10000}
	}
	p.Creditor, p.Notice = creditor, notice
	for _, r := range w.portal.records {
		for _, a := range r.Attempts {
			if a.IUV == notice[1:] && w.visible(r) {
				p.Attempts = append(p.Attempts, a)
			}
		}
	}
	return p, nil
}

// plain is the world as a platform: a ledger has a Payment, too.
type plain struct{ *world }

func (p plain) Payment(_ context.Context, id string) (govpay.Payment, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Payment2(id)
}

func (w *world) Submitted(id string, e ledger.SubmissionEnd) (ledger.Payment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil {
		return ledger.Payment{}, w.broken
	}
	p := w.payments[id]
	if p.Submission == nil || p.Submission.N != e.N {
		return *p, ledger.ErrStale
	}
	s := p.Submission
	s.Answered, s.PlatformID, s.Fault, s.Unsure = time.Now(), e.PlatformID, e.Fault, e.Unsure
	to := e.To
	if to == "" {
		to = ledger.RegSubmit
	}
	if e.Accepted {
		to = ledger.RegAwaiting
	}
	for i := range p.Notices {
		if p.Notices[i].Registration == ledger.RegSubmit {
			p.Notices[i].Registration, p.Notices[i].Reason = to, e.Reason
		}
	}
	if to != ledger.RegSubmit && to != ledger.RegAwaiting {
		w.outbox = slices.DeleteFunc(w.outbox, func(o ledger.OutboxItem) bool { return o.PaymentID == id })
	}
	w.openCase(e.Case)
	w.signal()
	return *p, nil
}

// books is the ledger's Submit, apart from the platform's.
type books struct{ *world }

func (b books) Submit(id string) (ledger.Payment, error) {
	w := b.world
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil {
		return ledger.Payment{}, w.broken
	}
	p := w.payments[id]
	if len(toSubmit(*p)) == 0 {
		return *p, ledger.ErrStale
	}
	n := 1
	if p.Submission != nil {
		n = p.Submission.N + 1
	}
	p.Submission = &ledger.Submission{N: n, At: time.Now()}
	for i := range p.Notices {
		if p.Notices[i].Registration == ledger.RegNone {
			p.Notices[i].Registration = ledger.RegSubmit
		}
	}
	w.signal()
	c := *p
	c.Notices = slices.Clone(p.Notices)
	return c, nil
}

// script is what the next calls meet.
func (w *world) script(steps ...step) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.portal.answer = steps
}

// made are the calls so far.
func (w *world) made() []call {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.portal.calls)
}

// notices are a payment's.
func (w *world) notices(id string) []ledger.Notice {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.payments[id].Notices)
}

// kept are the payments with a PDF.
func (w *world) kept() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.pdfs)
}

// charge puts a payment of settlement "platform" over some notices into the ledger.
func (w *world) charge(id string, notices ...string) {
	w.chargeAs(id, func(*ledger.Payment) {}, notices...)
}

func (w *world) chargeAs(id string, change func(*ledger.Payment), notices ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &ledger.Payment{ID: id, Reference: "RIF" + id, State: ledger.Charged, Settlement: ledger.SettlementPlatform, Terminal: "cassa1",
		SentAt: time.Now(), Acked: true}
	for i, n := range notices {
		p.Notices = append(p.Notices, ledger.Notice{Creditor: comune, Number: n, AmountCents: 10000, Registration: ledger.RegNone})
		w.outbox = append(w.outbox, ledger.OutboxItem{Key: fmt.Sprintf("%s/%03d", id, i), PaymentID: id, Index: i, Since: time.Now()})
	}
	change(p)
	w.payments[id] = p
	w.signal()
}

// called are when POST /pagamenti was called, in seconds since the start.
func (w *world) called() []float64 {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	ts := []float64{}
	for _, c := range w.portal.calls {
		ts = append(ts, c.at.Seconds())
	}
	return ts
}

// pays gives the receipt of the platform's i-th record (from 1).
func (w *world) pays(i int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := &w.portal.records[i-1]
	r.State = govpay.PaymentPaid
	for k := range r.Attempts {
		a := &r.Attempts[k]
		a.State = govpay.AttemptReceipt
		a.Proof = &govpay.Proof{Result: govpay.ResultPaid, ReceiptID: a.Code, Cents: 10000, PSPTaxCode: "13212880150", PaidAt: time.Now()}
		w.receipts[a.IUV] = append(w.receipts[a.IUV], govpay.Receipt{ReceiptRef: govpay.ReceiptRef{ID: a.Code, Esito: govpay.OutcomePaid}, Cents: 10000, Proof: a.Proof, RT: []byte("{}")})
	}
}
