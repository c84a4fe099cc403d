package settle

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// Provider is the payment service provider behind a terminal, as pagoPA's
// receipts name it (terminals[].psp).
type Provider struct {
	ID string // idPSP
	// Channels on which its receipts for this terminal may come: the configured
	// one, and those that a supervisor has confirmed.
	Channels []string
}

// whose says to whom a positive receipt belongs.
type whose uint8

const (
	unclear whose = iota // it does not name its provider, or contradicts itself
	foreign              // another provider
	ours                 // the terminal's provider
)

// owner is design 5.2: a receipt is ours by its provider, and by nothing else.
// Notice, creditor, amount and time prove nothing about who was paid.
func owner(r govpay.Receipt, p Provider) whose {
	switch {
	case !r.Positive(), r.Proof == nil, r.Proof.PSP == "", r.Proof.Cents != r.Cents:
		return unclear
	case r.Proof.PSP == p.ID:
		return ours
	default:
		return foreign
	}
}

// matter is a notice that waits, with what else we know of it.
type matter struct {
	notice   ledger.Notice
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
}

// clockSlack is how far this PC's clock and the provider's may differ.
const clockSlack = 5 * time.Minute

// early says that a receipt was paid before our card was asked for: it is not of
// this attempt. A date alone is the whole day.
func (m matter) early(r govpay.Receipt) bool {
	if r.Proof == nil || r.Proof.PaidAt.IsZero() {
		return false
	}
	paid := r.Proof.PaidAt
	if h, min, sec := paid.Clock(); h+min+sec == 0 {
		paid = paid.AddDate(0, 0, 1)
	}
	return paid.Before(m.sent.Add(-clockSlack))
}

// finding is what the receipts say about a notice. The zero value: nothing yet.
type finding struct {
	to      ledger.Registration
	reason  driver.Reason
	receipt *govpay.Receipt
	cause   driver.Reason // with a code: open a case
	witness *govpay.Receipt
}

// decide judges the receipts with a positive esito for a charged notice. It is
// pure; receipts claimed by others are passed over, and one that is the case of
// an earlier attempt counts only when our own is due and there is no other.
//
//	ours, channel and amount fit     registered
//	ours, another channel            held, until a supervisor confirms the channel
//	ours, another amount             held
//	provider not readable            held, when ours is due
//	only of other providers, or of   paid elsewhere, when ours is due: somebody
//	ours before the card was asked   paid the same debt
//	none                             nothing yet
//
// A registered notice that somebody else paid too is registered and a case.
func decide(m matter, receipts []govpay.Receipt) finding {
	own := slices.DeleteFunc(slices.Clone(receipts), func(r govpay.Receipt) bool { return m.noted[r.ID] })
	if f := judge(m, own); f.to != "" || !m.due {
		return f
	}
	return judge(m, slices.DeleteFunc(slices.Clone(receipts), func(r govpay.Receipt) bool { return m.noted[r.ID] && m.early(r) }))
}

func judge(m matter, receipts []govpay.Receipt) finding {
	var fit, channel, amount, odd, others []*govpay.Receipt
	for i := range receipts {
		r := &receipts[i]
		if m.claimed[r.ID] || r.Esito != govpay.OutcomePaid {
			continue
		}
		switch owner(*r, m.provider) {
		case ours:
			switch {
			case m.early(*r):
				others = append(others, r)
			case r.Cents != m.notice.AmountCents:
				amount = append(amount, r)
			case !slices.Contains(m.provider.Channels, r.Proof.Channel):
				channel = append(channel, r)
			default:
				fit = append(fit, r)
			}
		case foreign:
			others = append(others, r)
		case unclear:
			odd = append(odd, r)
		}
	}
	hold := func(r *govpay.Receipt, code local.Code, text string) finding {
		why := driver.Reason{Code: string(code), Text: text}
		return finding{to: ledger.RegHeld, reason: why, receipt: r, cause: why, witness: r}
	}
	switch {
	case len(fit) > 0:
		r := nearest(fit, m.sent)
		f := finding{to: ledger.RegDone, receipt: r}
		rest := slices.Concat(fit, channel, amount)
		rest = slices.DeleteFunc(rest, func(x *govpay.Receipt) bool { return x == r })
		switch {
		case len(others) > 0:
			f.cause, f.witness = driver.Reason{Code: string(local.CodePaidElsewhere), Text: others[0].Proof.PSP}, others[0]
		case len(rest) > 0 && m.alone:
			// Paid twice through our provider, and only one charge is ours. Where there were
			// other attempts their watch looks into it.
			f.cause, f.witness = driver.Reason{Code: string(local.CodeReceiptUncharged)}, rest[0]
		}
		return f
	case len(channel) > 0:
		r := nearest(channel, m.sent)
		return hold(r, local.CodeChannelUnproven, r.Proof.Channel)
	case len(amount) > 0:
		r := nearest(amount, m.sent)
		return hold(r, local.CodeReceiptAmount, euro(r.Cents))
	case !m.due: // our own may still come, or become readable: what is decided now is not looked at again
	case len(odd) > 0:
		return hold(odd[0], local.CodeChannelUnproven, "")
	case len(others) > 0:
		r := others[0]
		why := driver.Reason{Code: string(local.CodePaidElsewhere), Text: r.Proof.PSP}
		return finding{to: ledger.RegElse, reason: why, receipt: r, cause: why, witness: r}
	}
	return finding{}
}

// unexplained is the receipt watch: a positive receipt of our provider that no
// charged payment of ours accounts for. It is a witness that an attempt held
// not charged (or unknown) may have been charged; people decide.
func unexplained(m matter, receipts []govpay.Receipt) *govpay.Receipt {
	var found []*govpay.Receipt
	for i := range receipts {
		r := &receipts[i]
		if r.ID == m.notice.ReceiptID || m.noted[r.ID] && m.early(*r) {
			continue // this attempt has its case already, or an earlier one whose receipt it is
		}
		if !m.claimed[r.ID] && r.Esito == govpay.OutcomePaid && owner(*r, m.provider) == ours {
			found = append(found, r)
		}
	}
	if len(found) <= m.awaiting {
		return nil
	}
	return nearest(found, m.sent)
}

// nearest is the receipt whose payment is closest in time to ours. It only
// chooses among receipts that are all ours.
func nearest(rs []*govpay.Receipt, sent time.Time) *govpay.Receipt {
	return slices.MinFunc(rs, func(a, b *govpay.Receipt) int {
		return int(a.Proof.PaidAt.Sub(sent).Abs().Truncate(time.Second)/time.Second) -
			int(b.Proof.PaidAt.Sub(sent).Abs().Truncate(time.Second)/time.Second)
	})
}

// describe is a receipt in words for a case; nothing personal.
func describe(r *govpay.Receipt) string {
	var b strings.Builder
	fmt.Fprintf(&b, "receipt %q, %s", r.ID, euro(r.Cents))
	if p := r.Proof; p != nil {
		fmt.Fprintf(&b, ", provider %q, channel %q", p.PSP, p.Channel)
		if !p.PaidAt.IsZero() {
			fmt.Fprintf(&b, ", paid at %s", p.PaidAt.Format(time.RFC3339))
		}
	}
	return b.String()
}

func euro(cents int64) string { return local.Money(cents, "it") }
