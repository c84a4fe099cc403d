package till

import (
	"context"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/local"
)

// Payments is a page of the archive, the newest first, with who owed.
func (t *Till) Payments(_ context.Context, q local.PaymentQuery) (local.PaymentPage, error) {
	if q.RequestID != "" {
		p, found, err := t.o.Ledger.ByRequest(q.RequestID)
		switch {
		case err != nil:
			return local.PaymentPage{}, internal(err)
		case !found:
			return local.PaymentPage{}, nil
		}
		return local.PaymentPage{Payments: []local.Payment{t.owed(p)}}, nil
	}
	if q.Day != "" {
		q.From, q.To = q.Day, q.Day
	}
	found, err := t.o.Ledger.Search(ledger.ArchiveQuery{From: q.From, To: q.To, Notice: q.Notice, IUV: q.IUV, STAN: q.STAN, AmountCents: q.AmountCents,
		State: ledger.State(q.State), Registration: ledger.Registration(q.Registration), Operator: q.Operator, Terminal: q.Terminal,
		Reference: q.Reference, ReceiptNumber: q.ReceiptNumber, Debtor: q.Debtor, Limit: q.Limit, Cursor: q.Cursor})
	if err != nil {
		return local.PaymentPage{}, internal(err)
	}
	page := local.PaymentPage{Payments: make([]local.Payment, len(found.Payments)), Next: found.Next, Total: found.Total, Since: found.Since}
	for i, p := range found.Payments {
		page.Payments[i] = t.owed(p)
	}
	return page, nil
}

// owed is a payment with who owed, which no event has.
func (t *Till) owed(p ledger.Payment) local.Payment {
	v := t.view(p)
	debtors, err := t.o.Ledger.Debtors(p.ID)
	if err != nil {
		t.o.Log.Error().Err(err).Str("payment", p.ID).Msg("reading debtors")
	}
	for i, d := range debtors[:min(len(debtors), len(v.Notices))] {
		v.Notices[i].Debtor, v.Notices[i].DebtorTaxCode = d.Name, d.TaxCode
	}
	return v
}

// Story is everything that was written about a payment and its cases, oldest first, in the words of the catalogue.
func (t *Till) Story(_ context.Context, id string) ([]local.StoryEntry, error) {
	entries, err := t.o.Ledger.Story(id)
	if err != nil {
		return nil, internal(err)
	}
	p, err := t.o.Ledger.Payment(id)
	if err != nil {
		return nil, internal(err)
	}
	out := make([]local.StoryEntry, len(entries))
	for i, e := range entries {
		v := local.StoryEntry{Seq: e.Seq, At: e.At, Kind: string(e.Kind), Text: local.StoryLabel(string(e.Kind), t.lang()), By: e.By,
			State: local.State(e.State), Registration: local.Registration(e.Registration), Reason: t.storyReason(p, e),
			AmountCents: e.AmountCents, STAN: e.STAN, AuthCode: e.AuthCode, ReceiptNumber: e.ReceiptNumber, Offline: e.Offline != "",
			Acked: e.Acked, Slip: e.Slip, ReceiptID: e.ReceiptID, Submission: e.Submission, PlatformID: e.PlatformID, Fault: e.Fault, Unsure: e.Unsure,
			Transactions: e.Transactions, Case: e.Case, Ending: e.Ending, Answer: string(e.Answer), Note: e.Note, Erased: e.Erased}
		if v.By == nil {
			v.By = []string{}
		}
		if e.Notice != nil {
			v.Notice = *e.Notice + 1
		}
		for _, ev := range e.Evidence {
			v.Evidence = append(v.Evidence, local.Evidence{At: ev.At, Kind: ev.Kind, Text: local.EvidenceLabel(ev.Kind, t.lang()), Detail: ev.Text})
		}
		out[i] = v
	}
	return out, nil
}

// storyReason is why a step was taken. Its hint is left out: what to do now stands with the payment as it is now.
func (t *Till) storyReason(p ledger.Payment, e ledger.StoryEntry) *local.Reason {
	if e.Reason.Code == "" {
		return nil
	}
	args := map[string]string{local.ArgTerminal: t.label(p.Terminal), local.ArgPayment: p.ID, local.ArgExpected: local.Money(p.AmountCents, t.lang()),
		local.ArgFound: e.Reason.Text, local.ArgReason: e.Reason.Text}
	if e.STAN != "" {
		args[local.ArgFound], args[local.ArgSTAN], args[local.ArgAuth] = local.Money(e.AmountCents, t.lang()), e.STAN, e.AuthCode
	}
	v := t.reason(local.Code(e.Reason.Code), args)
	v.Hint = ""
	return &v
}
