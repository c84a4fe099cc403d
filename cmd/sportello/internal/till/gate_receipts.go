package till

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// maxUnknown is how many receipts that this ledger does not know are read in full: they are for people to look through.
const maxUnknown = 300

// clockMargin: the copy's clock and the platform's need not agree.
const clockMargin = time.Hour

// withheld are the answers about a receipt that is listed and that the platform will never give, or not so that it can
// be read: asking again would keep the counter closed for ever. It is shown as it is listed.
var withheld = []govpay.Outcome{govpay.OutcomeNotFound, govpay.OutcomePermanent, govpay.OutcomeMalformed, govpay.OutcomeMismatch, govpay.OutcomeTooLarge}

// receiptsSince reads what the platform holds since a moment, of every creditor.
func (t *Till) receiptsSince(ctx context.Context, since time.Time) (*local.RestorePlatform, error) {
	list, can := t.o.Platform.(Lister)
	if !can {
		return nil, errors.New("this platform does not list its receipts")
	}
	out := &local.RestorePlatform{At: time.Now(), Unknown: []local.RestoreReceipt{}}
	var failed []error // of receipts that are asked for again
	for _, c := range t.o.Creditors {
		refs, err := list.ReceiptsSince(ctx, c.TaxCode, since.Add(-clockMargin))
		if err != nil {
			return nil, err
		}
		out.Receipts += len(refs)
		for _, ref := range refs {
			if ref.Esito != govpay.OutcomePaid || len(out.Unknown) >= maxUnknown {
				continue
			}
			known, err := t.knowsReceipt(ref)
			if err != nil {
				return nil, err
			}
			if known {
				continue
			}
			r, err := list.Receipt(ctx, ref.Creditor, ref.IUV, ref.ID)
			switch {
			case err == nil:
			case slices.Contains(withheld, govpay.OutcomeOf(err)), t.gate.without(ctx, ref):
				r = govpay.Receipt{ReceiptRef: ref}
			default:
				if failed = append(failed, err); len(failed) == detailFailures || ctx.Err() != nil {
					return nil, err
				}
				continue
			}
			if t.ours(r) {
				out.Unknown = append(out.Unknown, shown(r))
			}
		}
	}
	if len(failed) > 0 {
		return nil, failed[0]
	}
	return out, nil
}

// knowsReceipt says that a payment of this ledger is registered by it.
func (t *Till) knowsReceipt(ref govpay.ReceiptRef) (bool, error) {
	page, err := t.o.Ledger.Search(ledger.ArchiveQuery{IUV: ref.IUV, Limit: 20})
	if errors.Is(err, ledger.ErrInvalid) { // no IUV of a notice
		return false, nil
	}
	return slices.ContainsFunc(page.Payments, func(p ledger.Payment) bool {
		return slices.ContainsFunc(p.Notices, func(n ledger.Notice) bool { return n.Creditor == ref.Creditor && n.ReceiptID == ref.ID })
	}), err
}

// ours says that a receipt is of a provider behind one of the terminals; in the older form, which names none, it may be.
func (t *Till) ours(r govpay.Receipt) bool {
	return r.Proof == nil || r.Proof.PSP == "" || slices.ContainsFunc(t.o.Terminals, func(term Terminal) bool { return term.Provider == r.Proof.PSP })
}

func shown(r govpay.Receipt) local.RestoreReceipt {
	v := local.RestoreReceipt{Creditor: r.Creditor, IUV: r.IUV, AmountCents: r.Cents, PaidAt: r.At, Channel: r.Attestor.Channel}
	if p := r.Proof; p != nil {
		v.Number, v.AmountCents = p.Notice, p.Cents
		if !p.PaidAt.IsZero() {
			v.PaidAt = p.PaidAt
		}
		if p.Channel != "" {
			v.Channel = p.Channel
		}
	}
	return v
}

// RestoreStatus is what a ledger from a copy waits for.
func (t *Till) RestoreStatus(context.Context) (local.RestoreStatus, error) {
	out := local.RestoreStatus{Open: true, Terminals: []local.RestoreTerminal{}}
	if refusal := t.gateRefusal(); refusal != nil {
		r := t.reason(refusal.Code, refusal.Args)
		out.Open, out.Reason = false, &r
	}
	g := t.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	out.Retired, out.Case = slices.Clone(g.word.Retired), g.word.Restored.ID
	if g.word.Moved.ID != "" {
		out.Case = g.word.Moved.ID
	}
	if g.word.Restored.ID == "" {
		return out, nil
	}
	out.Since, out.Platform = moment(g.word.Since), g.platform
	for _, name := range g.names {
		seen, read := g.seen[name]
		v := local.RestoreTerminal{Name: name, Read: read, Same: seen.same, Found: seen.found}
		if c := g.gap(name); c != nil {
			v.Case = c.ID
		}
		out.Terminals = append(out.Terminals, v)
	}
	return out, nil
}

// freshSpan is how far back a ledger that knows nothing looks, where the terminal does not say when it worked last.
const freshSpan = 7 * 24 * time.Hour

// readFirst reads the platform's receipts before a ledger without any payment takes over a terminal that has worked
// already (design 5.7): what they show is for the supervisor who adopts it, in words.
func (t *Till) readFirst(ctx context.Context, last driver.Last) (string, error) {
	if _, can := t.o.Platform.(Lister); !can || !last.Present || t.gate.restoring() {
		return "", nil
	}
	some, err := t.o.Ledger.Payments(ledger.Query{Limit: 1})
	if err != nil || len(some) > 0 {
		return "", err
	}
	since := time.Now().Add(-freshSpan)
	if at := last.Charge.HostTime; at.After(since) {
		since = at.Add(-24 * time.Hour)
	}
	seen, err := t.receiptsSince(ctx, since)
	if err != nil {
		if e := platformError(err); e != nil {
			return "", e
		}
		return "", err
	}
	return t.reason(local.CodeFreshReceipts, map[string]string{local.ArgFound: strconv.Itoa(len(seen.Unknown)),
		local.ArgReason: since.In(ledger.Zone()).Format("02/01/2006")}).Text, nil
}
