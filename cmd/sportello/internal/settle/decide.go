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

// whose says to whom a positive receipt belongs.
type whose uint8

const (
	unclear whose = iota // it does not name its provider, or contradicts itself; or our own code is not known
	foreign              // another provider
	ours                 // the terminal's provider
)

// owner is design 5.2: with settlement "terminal" a receipt is ours by its provider, with "platform"
// by the attempt code of our own submission, and by nothing else. Notice, creditor, amount and time prove
// nothing about who was paid.
func (m matter) owner(r govpay.Receipt) whose {
	switch {
	case !r.Positive(), r.Proof == nil, r.Proof.Cents != r.Cents:
		return unclear
	case m.codes != nil && m.codes[r.ID], m.codes == nil && r.Proof.PSP == m.provider.ID:
		return ours
	case m.codes == nil && r.Proof.PSP == "":
		return unclear
	case m.codes != nil && len(m.codes) == 0:
		return unclear // we have submitted, and cannot see as what
	default:
		return foreign
	}
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
		switch m.owner(*r) {
		case ours:
			switch {
			case m.early(*r):
				others = append(others, r)
			case r.Cents != m.notice.AmountCents:
				amount = append(amount, r)
			case m.codes == nil && !slices.Contains(m.provider.Channels, r.Proof.Channel):
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
			f.cause, f.witness = driver.Reason{Code: string(local.CodePaidElsewhere), Text: payee(others[0])}, others[0]
		case len(rest) > 0 && m.alone:
			// Paid twice through our provider, and only one charge is ours. Where there were
			// other attempts their watch looks into it.
			f.cause, f.witness = driver.Reason{Code: string(local.CodeReceiptTwice)}, rest[0]
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
		why := driver.Reason{Code: string(local.CodePaidElsewhere), Text: payee(r)}
		return finding{to: ledger.RegElse, reason: why, receipt: r, cause: why, witness: r}
	}
	return finding{}
}

// payee names the provider of a receipt; the older form knows only its tax code.
func payee(r *govpay.Receipt) string {
	if r.Proof.PSP == "" {
		return r.Proof.PSPTaxCode
	}
	return r.Proof.PSP
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
		if !m.claimed[r.ID] && r.Esito == govpay.OutcomePaid && m.owner(*r) == ours {
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

// describe is a receipt in words for a case, which the office reads; nothing personal.
func describe(r *govpay.Receipt) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ricevuta «%s», %s", r.ID, euro(r.Cents))
	if p := r.Proof; p != nil {
		fmt.Fprintf(&b, ", prestatore «%s», canale «%s»", p.PSP, p.Channel)
		if !p.PaidAt.IsZero() {
			fmt.Fprintf(&b, ", pagata il %s", onDay(p.PaidAt))
		}
	}
	return b.String()
}

// onDay is a time as the office reads it.
func onDay(t time.Time) string { return t.Local().Format("02/01/2006 15:04") }

func euro(cents int64) string { return local.Money(cents, "it") }
