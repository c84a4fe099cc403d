package settle

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
	"sportello/protocol/pagopa"
)

const (
	maxDetails    = 20       // receipts of one notice that are read in full; honest ones have one or two
	maxRawReceipt = 64 << 10 // bytes of a pagoPA receipt kept with the entry
)

// errNoProvider: the payment's terminal is no longer configured.
var errNoProvider = errors.New("no provider is configured for the terminal")

// answer is what a look says about the platform itself.
type answer uint8

const (
	answerUnasked answer = iota // the look ended before the platform was asked, or after, by us
	answerGiven                 // the platform answered, be it with a refusal
	answerNone                  // it did not, or somebody else did in its place
)

// result is the end of a look.
type result struct {
	key    string
	answer answer
	done   bool // nothing more to look after
	stale  bool // the ledger has moved on: read the outbox again
	err    error
}

// look asks the platform about one item, in its own goroutine, and sends the end
// of it to results, which has room. due: the receipt should have been there by
// now. missed: nor is it the platform's fault when it is not, nor ours.
func (w *Worker) look(o ledger.OutboxItem, due, missed bool, results chan<- result) {
	w.wg.Add(1)
	go func() {
		defer w.wg.Done()
		r := w.ask(o, due, missed)
		r.key = o.Key
		if r.err != nil && w.ctx.Err() == nil && r.answer != answerNone {
			w.o.Log.Warn().Err(r.err).Str("payment", o.PaymentID).Msg("settle: look failed")
		}
		results <- r
	}()
}

// ask is one look: read the ledger, ask the platform, judge, write.
func (w *Worker) ask(o ledger.OutboxItem, due, missed bool) result {
	p, err := w.o.Ledger.Payment(o.PaymentID)
	if err != nil {
		return result{err: err}
	}
	if o.Index >= len(p.Notices) {
		return result{stale: true}
	}
	n := p.Notices[o.Index]
	if !o.Watch && n.Registration == ledger.RegNone {
		if p, err = w.register(o, ledger.RegistrationChange{To: ledger.RegAwaiting}); err != nil {
			return written(err)
		}
		n = p.Notices[o.Index]
	}
	if o.Watch == charged(p) || (!o.Watch && n.Registration != ledger.RegAwaiting) {
		return result{stale: true} // somebody else has dealt with it
	}
	m, err := w.matter(p, o.Index)
	switch {
	case errors.Is(err, errNoProvider) && !o.Watch:
		return w.orphaned(o, p)
	case err != nil:
		return result{err: err}
	}
	m.due = due
	asked := time.Now()
	receipts, err := w.receipts(m)
	if err != nil {
		return result{answer: answerOf(err), err: err}
	}
	var r result
	if o.Watch {
		r = w.watched(o, p, m, receipts, asked)
	} else {
		r = w.awaited(o, m, receipts, missed)
	}
	r.answer = answerGiven
	return r
}

// orphaned opens a case, once, for a charge on a terminal that has no provider any
// more: no receipt can be told to be ours. The notice's reason says that it is
// open, and the notice stays awaited in case the configuration is mended.
func (w *Worker) orphaned(o ledger.OutboxItem, p ledger.Payment) result {
	why := driver.Reason{Code: string(local.CodeProviderMissing), Text: p.Terminal}
	if p.Notices[o.Index].Reason == why {
		return result{}
	}
	k := &ledger.Case{PaymentID: o.PaymentID, Cause: why,
		Evidence: fmt.Sprintf("charged on terminal %q, which has no provider configured: its receipt is not looked for", p.Terminal)}
	_, err := w.register(o, ledger.RegistrationChange{To: ledger.RegAwaiting, Reason: why, Case: k})
	return result{err: err, stale: errors.Is(err, ledger.ErrStale)}
}

// awaited writes what the receipts say about a charged notice; once, that the
// receipt is late: three such charges stop their terminal (design 5.6).
func (w *Worker) awaited(o ledger.OutboxItem, m matter, receipts []govpay.Receipt, missed bool) result {
	f := decide(m, receipts)
	if f.to == "" {
		if !missed || m.notice.Reason.Code == ledger.ReasonReceiptLate {
			return result{}
		}
		_, err := w.register(o, ledger.RegistrationChange{To: ledger.RegAwaiting, Reason: driver.Reason{Code: ledger.ReasonReceiptLate}})
		return result{err: err, stale: errors.Is(err, ledger.ErrStale)}
	}
	c := ledger.RegistrationChange{To: f.to, Reason: f.reason}
	identify(&c, f.receipt)
	if f.cause.Code != "" {
		c.Case = newCase(o.PaymentID, f.cause, f.witness)
	}
	_, err := w.register(o, c)
	return written(err)
}

// watched opens a case when a receipt of ours appears that no charge explains,
// and ends the watch at its time, unless the outcome is still unknown. Only an
// answer that was asked for after that time ends it.
func (w *Worker) watched(o ledger.OutboxItem, p ledger.Payment, m matter, receipts []govpay.Receipt, asked time.Time) result {
	c := ledger.RegistrationChange{To: m.notice.Registration, DropWatch: true}
	switch r := unexplained(m, receipts); {
	case r != nil:
		c.Reason = driver.Reason{Code: string(local.CodeReceiptUncharged)}
		if p.State == ledger.Reversed {
			c.Reason.Code = string(local.CodeReceiptAfterReversal)
		}
		identify(&c, r)
		c.Case = newCase(o.PaymentID, c.Reason, r)
	case !open(p) && !o.Until.IsZero() && asked.After(o.Until):
	default:
		return result{}
	}
	_, err := w.register(o, c)
	return written(err)
}

func (w *Worker) register(o ledger.OutboxItem, c ledger.RegistrationChange) (ledger.Payment, error) {
	c.PaymentID, c.Index = o.PaymentID, o.Index
	p, err := w.o.Ledger.Register(c)
	if err != nil {
		return p, fmt.Errorf("register %s: %w", c.To, err)
	}
	w.o.Log.Info().Str("payment", o.PaymentID).Int("notice", o.Index).Str("registration", string(c.To)).
		Str("reason", c.Reason.Code).Bool("case", c.Case != nil).Msg("settle: written")
	w.o.Events.Changed(o.PaymentID)
	return p, nil
}

// written is the end of a look that wrote, or tried to.
func written(err error) result {
	return result{done: err == nil, stale: errors.Is(err, ledger.ErrStale), err: err}
}

// charged says that the citizen's money is taken.
func charged(p ledger.Payment) bool { return p.State == ledger.Charged || p.State == ledger.Reversing }

// open says that it is not known whether it is.
func open(p ledger.Payment) bool { return p.State == ledger.Sent || p.State == ledger.Unknown }

// matter gathers what the ledger knows about a notice.
func (w *Worker) matter(p ledger.Payment, index int) (matter, error) {
	provider, ok := w.o.Providers[p.Terminal]
	if !ok {
		return matter{}, fmt.Errorf("%w %q", errNoProvider, p.Terminal)
	}
	n := p.Notices[index]
	state, err := w.o.Ledger.Notice(n.Creditor, n.Number)
	if err != nil {
		return matter{}, err
	}
	m := matter{notice: n, sent: p.SentAt, provider: provider, claimed: make(map[string]bool), noted: make(map[string]bool)}
	m.alone = !slices.ContainsFunc(state.Payments, func(id string) bool { return id != p.ID })
	for _, id := range state.Payments {
		if id == p.ID {
			continue
		}
		other, err := w.o.Ledger.Payment(id)
		if err != nil {
			return matter{}, err
		}
		for _, on := range other.Notices {
			if on.Creditor != n.Creditor || on.Number != n.Number {
				continue
			}
			switch {
			case open(other):
				m.awaiting++ // if it was charged, the receipt is its own
			case other.State == ledger.NotCharged:
				if on.ReceiptID != "" {
					m.noted[on.ReceiptID] = true
				}
			case on.ReceiptID != "":
				m.claimed[on.ReceiptID] = true
			case charged(other):
				m.awaiting++
			}
		}
	}
	return m, nil
}

// receipts reads the positive receipts of a notice in full, newest first. The
// list knows no provider: only the detail does.
func (w *Worker) receipts(m matter) ([]govpay.Receipt, error) {
	number, err := pagopa.ParseNotice(m.notice.Number)
	if anyway, ok := pagopa.SearchAnyway(err); ok {
		number, err = anyway, nil
	}
	if err != nil {
		return nil, err
	}
	refs, err := w.o.Platform.Receipts(w.ctx, m.notice.Creditor, number.IUV())
	if err != nil {
		return nil, err
	}
	var all []govpay.Receipt
	for _, ref := range refs {
		if ref.Esito != govpay.OutcomePaid || m.claimed[ref.ID] {
			continue
		}
		if len(all) == maxDetails {
			break
		}
		r, err := w.o.Platform.Receipt(w.ctx, m.notice.Creditor, number.IUV(), ref.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// answerOf tells a platform that is away from one that answers with a refusal.
func answerOf(err error) answer {
	switch govpay.OutcomeOf(err) {
	case govpay.OutcomeUnavailable, govpay.OutcomeUnauthorized, govpay.OutcomeUntrusted,
		govpay.OutcomeWrongBaseURL, govpay.OutcomeNotJSON:
		return answerNone
	case govpay.OutcomeNotFound, govpay.OutcomeForbidden, govpay.OutcomeMalformed,
		govpay.OutcomeMismatch, govpay.OutcomeTooLarge, govpay.OutcomePermanent:
		return answerGiven
	case govpay.OutcomeNone, govpay.OutcomeCanceled:
	}
	return answerUnasked
}

// identify puts a receipt's identity, time and text on a change.
func identify(c *ledger.RegistrationChange, r *govpay.Receipt) {
	c.ReceiptID = r.ID
	if r.Proof != nil {
		c.ReceiptAt = r.Proof.PaidAt
	}
	if len(r.RT) <= maxRawReceipt {
		c.RawReceipt = r.RT
	}
}

// newCase leaves its owner and its due time to the ledger.
func newCase(payment string, cause driver.Reason, r *govpay.Receipt) *ledger.Case {
	return &ledger.Case{PaymentID: payment, Cause: cause, Evidence: describe(r)}
}
