package settle

import (
	"fmt"
	"slices"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// matter is a notice that waits, with what else we know of it.
type matter struct {
	notice   ledger.Notice
	iuv      string
	sent     time.Time
	provider Provider
	// claimed are receipts that other payments of ours, which were charged, account for.
	claimed map[string]bool
	// noted are receipts that are a case already, of an attempt of ours held not
	// charged. They may be another attempt's own.
	noted map[string]bool
	// awaiting counts other payments of ours on the notice that still wait for their
	// receipt, or may: charged, or of unknown outcome. Each explains one.
	awaiting int
	// alone: no other attempt of ours was ever sent for the notice.
	alone bool
	// due: our receipt should have been there by now.
	due bool

	// Settlement "platform" only. codes are the attempt codes of our submissions: a
	// receipt is ours by them (design 5.2); nil: settlement "terminal". code is that of
	// the newest attempt that may still be paid. refused says why none may.
	codes   map[string]bool
	code    string
	refused string
}

// clockSlack is how far this PC's clock and the provider's may differ.
const clockSlack = 5 * time.Minute

// early says that a receipt was paid before our card was asked for: it is not of
// this attempt. A date alone is the whole day. A code of ours says more than a time.
func (m matter) early(r govpay.Receipt) bool {
	if m.codes != nil || r.Proof == nil || r.Proof.PaidAt.IsZero() {
		return false
	}
	paid := r.Proof.PaidAt
	if h, min, sec := paid.Clock(); h+min+sec == 0 {
		paid = paid.AddDate(0, 0, 1)
	}
	return paid.Before(m.sent.Add(-clockSlack))
}

// charged says that the citizen's money is taken.
func charged(p ledger.Payment) bool { return p.State == ledger.Charged || p.State == ledger.Reversing }

// open says that it is not known whether it is.
func open(p ledger.Payment) bool { return p.State == ledger.Sent || p.State == ledger.Unknown }

// matter gathers what the ledger knows about a notice.
func (w *Worker) matter(p ledger.Payment, index int) (matter, error) {
	provider, ok := w.o.Providers[p.Terminal]
	if !ok && p.Settlement != ledger.SettlementPlatform { // there a receipt is ours by its code
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
