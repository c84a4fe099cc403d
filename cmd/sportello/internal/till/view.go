package till

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// reason gives a code its text and hint in the installation's language.
func (t *Till) reason(code local.Code, args map[string]string) local.Reason {
	return local.Explain(code, t.lang(), args)
}

// reasonOf is the reason that a refusal gives.
func (t *Till) reasonOf(err error) local.Reason {
	var known *local.Error
	if !errors.As(err, &known) {
		known = ledgerError(err)
	}
	e := local.Render(known, t.lang())
	return local.Reason{Code: string(e.Code), Text: e.Message, Hint: e.Hint}
}

func (t *Till) lang() local.Language { return local.Language(t.o.Language) }

// paymentReason shows why a payment stands where it stands: what the bank said in plain words, or else
// the terminal's own.
func (t *Till) paymentReason(p ledger.Payment) *local.Reason {
	if p.Reason.Code == "" {
		return nil
	}
	args := map[string]string{
		local.ArgTerminal: t.label(p.Terminal),
		local.ArgPayment:  p.ID,
		local.ArgExpected: local.Money(p.AmountCents, t.lang()),
	}
	if !p.SentAt.IsZero() { // before that it is a driver's detail, for IT
		args[local.ArgReason] = p.Reason.Text
	}
	said := p.Charge
	if p.Reason.Code == string(local.CodeReversalRefused) && p.Reversal != nil {
		said = p.Reversal.Charge
	}
	if said != nil {
		if plain := local.DeclineText(said.ActionCode, t.lang()); plain != "" {
			args[local.ArgReason] = plain
		}
	}
	if p.Charge != nil {
		args[local.ArgFound] = local.Money(p.Charge.AmountCents, t.lang())
		args[local.ArgSTAN], args[local.ArgAuth] = p.Charge.STAN, p.Charge.AuthCode
	}
	v := t.reason(local.Code(p.Reason.Code), args)
	if v.Hint == "" && p.State == ledger.NotCharged { // evidence or people have found it out: it reads like any other refusal
		v.Hint = t.reason(local.CodeCancelled, nil).Hint
	}
	return &v
}

// noticeReason shows why a notice's registration stands where it stands.
func (t *Till) noticeReason(p ledger.Payment, n ledger.Notice) *local.Reason {
	if n.Reason.Code == "" && p.Offline != "" && clocksOf(p, n).running {
		v := t.reason(local.CodeOfflineCharged, nil)
		return &v
	}
	if n.Reason.Code == "" {
		return nil
	}
	v := t.reason(local.Code(n.Reason.Code), map[string]string{
		local.ArgExpected: local.Money(n.AmountCents, t.lang()), local.ArgFound: n.Reason.Text, local.ArgReason: n.Reason.Text,
	})
	return &v
}

func (t *Till) label(terminal string) string {
	if s := t.stations[terminal]; s != nil {
		return s.term.Label
	}
	return terminal
}

// publishPayment shows a payment as the ledger holds it now; queue and offline period follow it.
func (t *Till) publishPayment(id string) {
	t.tell()
	t.showing.Lock()
	defer t.showing.Unlock()
	p, err := t.o.Ledger.Payment(id)
	if err != nil {
		t.o.Log.Error().Err(err).Str("payment", id).Msg("reading a payment to show it")
		return
	}
	v := t.view(p)
	t.o.Events.Publish(local.Event{Type: local.EventPayment, Payment: &v})
}

// view is a payment as others see it.
func (t *Till) view(p ledger.Payment) local.Payment {
	t.overlay(&p)
	v := local.Payment{
		ID: p.ID, RequestID: p.RequestID, RetryOf: p.RetryOf, Reference: p.Reference,
		Installation: p.Installation, State: local.State(p.State), Settlement: local.Settlement(p.Settlement),
		AmountCents: p.AmountCents, Terminal: p.Terminal, Operator: p.Operator,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
		AccountingDay: p.AccountingDay, ReceiptNumber: p.ReceiptNumber,
		Preset: local.State(p.Preset), NeedsPeople: p.NeedsPeople,
		ResolvedBy: slices.Clone(p.ResolvedBy), HasReceipt: p.HasTicket,
		Reason: t.paymentReason(p),
	}
	if v.ResolvedBy == nil {
		v.ResolvedBy = []string{}
	}
	if p.Charge != nil {
		c := viewCharge(*p.Charge)
		v.Charge = &c
	}
	v.EvidenceSeq, v.Proposal = p.EvidenceSeq, viewProposal(p.Proposal)
	v.Reversal = viewReversal(p.Reversal)
	v.Offline, v.Transactions, v.Submission = p.Offline != "", slices.Clone(p.Transactions), viewSubmission(p.Submission)
	if s := t.stations[p.Terminal]; s != nil {
		v.CanReverse = s.notReversible(p) == ""
	}
	descriptions, err := t.o.Ledger.Descriptions(p.ID)
	if err != nil {
		t.o.Log.Error().Err(err).Str("payment", p.ID).Msg("reading descriptions")
	}
	now := time.Now()
	v.Notices = make([]local.PaymentNotice, len(p.Notices))
	for i, n := range p.Notices {
		v.Notices[i] = local.PaymentNotice{
			Creditor: n.Creditor, Number: n.Number, AmountCents: n.AmountCents,
			Registration: local.Registration(n.Registration), ReceiptID: n.ReceiptID,
			Reason: t.noticeReason(p, n), AttemptCode: n.AttemptCode, HasReceipt: n.HasReceipt, HasPDF: n.HasPDF,
		}
		if i < len(descriptions) {
			v.Notices[i].Description = descriptions[i]
		}
		if c := clocksOf(p, n); c.running {
			v.Notices[i].ReceiptDue, v.Notices[i].FlowDue = &c.receipt, &c.flow
			v.Notices[i].Late, v.Notices[i].Red = now.After(c.receipt), now.After(c.flow)
		}
	}
	return v
}

func viewSubmission(s *ledger.Submission) *local.Submission {
	if s == nil {
		return nil
	}
	return &local.Submission{N: s.N, At: s.At, Answered: moment(s.Answered), PlatformID: s.PlatformID, Fault: s.Fault, Unsure: s.Unsure}
}

func viewCharge(c driver.Charge) local.Charge {
	v := local.Charge{STAN: c.STAN, OnlineID: c.OnlineID, AuthCode: c.AuthCode, PAN: c.PAN,
		Card: c.Card, Entry: c.Entry, ActionCode: c.ActionCode, AmountCents: c.AmountCents}
	if !c.HostTime.IsZero() {
		v.HostTime = &c.HostTime
	}
	if c.DCC != (driver.DCC{}) {
		dcc := local.DCC(c.DCC)
		v.DCC = &dcc
	}
	return v
}

// Payment shows one payment; while it is undecided, with all that is known about it.
func (t *Till) Payment(ctx context.Context, id string) (local.Payment, error) {
	p, err := t.o.Ledger.Payment(id)
	if err == nil && t.mayListen(p.Terminal) {
		t.listen(ctx, p)
		p, err = t.o.Ledger.Payment(id)
	}
	if err != nil {
		return local.Payment{}, internal(err)
	}
	v := t.view(p)
	if v.Evidence, err = t.evidence(p); err != nil {
		return local.Payment{}, internal(err)
	}
	return v, nil
}

// Receipt gives the terminal's slip as kept; of a debt charged without the platform's word it says that its
// registration is pending.
func (t *Till) Receipt(_ context.Context, id string) (local.Receipt, error) {
	p, err := t.o.Ledger.Payment(id)
	if err != nil {
		return local.Receipt{}, internal(err)
	}
	if !p.HasTicket {
		return local.Receipt{}, &local.Error{Code: local.CodeNotFound, PaymentID: id, Detail: "no slip is kept"}
	}
	text, err := t.o.Ledger.Ticket(id)
	if err != nil {
		return local.Receipt{}, internal(err)
	}
	if words := t.onSlip(p); words != "" {
		text = strings.TrimRight(text, "\n") + "\n\n" + words + "\n"
	}
	return local.Receipt{PaymentID: id, Text: text, Complete: p.TicketWhole}, nil
}

// Snapshot is everything a page needs to draw itself; the hub adds the sequence number.
func (t *Till) Snapshot(ctx context.Context, op local.Operator) (local.Snapshot, error) {
	now := time.Now()
	s := local.Snapshot{Now: now, Version: t.o.Version, Demo: t.o.Demo, Language: t.o.Language,
		Operator: op, Activities: []local.Activity{}}
	for _, c := range t.o.Creditors {
		s.Creditors = append(s.Creditors, local.Creditor{TaxCode: c.TaxCode, Name: c.Name})
	}
	var err error
	if s.Terminals, err = t.Terminals(ctx); err != nil {
		return s, err
	}
	for _, name := range t.names {
		st := t.stations[name]
		st.mu.Lock()
		if st.activity != nil {
			s.Activities = append(s.Activities, *st.activity)
		}
		st.mu.Unlock()
	}
	t.mu.Lock()
	s.Platform = t.platform
	t.mu.Unlock()
	q, err := t.queueStatus()
	if err != nil {
		return s, err
	}
	s.Queue, s.Offline, s.OfflineAllowed = &q, t.offlineNow(), t.o.Offline.Allow
	list, err := t.o.Ledger.Payments(ledger.Query{Day: ledger.Day(now)})
	if err != nil {
		return s, internal(err)
	}
	today := make([]local.Payment, len(list))
	for i, p := range list {
		today[i] = t.view(p)
	}
	unfinished, err := t.o.Ledger.Unfinished()
	if err != nil {
		return s, internal(err)
	}
	s.Payments = today
	slices.Reverse(unfinished) // the newest first, like the others
	for _, p := range unfinished {
		if !slices.ContainsFunc(today, func(v local.Payment) bool { return v.ID == p.ID }) {
			s.Payments = append(s.Payments, t.view(p))
		}
	}
	return s, nil
}

// Cases lists what people must mend, the oldest first; with all those that have ended, the newest first.
func (t *Till) Cases(_ context.Context, all bool) ([]local.Case, error) {
	list, err := t.o.Ledger.Cases(all)
	if err != nil {
		return nil, internal(err)
	}
	out := make([]local.Case, len(list))
	for i, c := range list {
		out[i] = t.viewCase(c)
	}
	if all {
		slices.Reverse(out)
	}
	return out, nil
}

func (t *Till) viewCase(c ledger.Case) local.Case {
	args := map[string]string{local.ArgReason: c.Cause.Text, local.ArgFound: c.Cause.Text, local.ArgPayment: c.PaymentID}
	if c.Terminal != "" {
		args[local.ArgTerminal] = t.label(c.Terminal)
	}
	return local.Case{ID: c.ID, PaymentID: c.PaymentID, Terminal: c.Terminal, Cause: t.reason(local.Code(c.Cause.Code), args), Owner: c.Owner,
		Opened: c.Opened, Due: moment(c.Due), Ended: moment(c.Ended), Ending: c.Ending, Proof: c.Proof,
		Seq: c.Seq, Evidence: c.Evidence, EndedBy: slices.Clone(c.EndedBy), NeedsTwo: c.NeedsTwo, CanResubmit: len(c.Rejected) > 0 && c.Proposal == nil, Proposal: viewProposal(c.Proposal)}
}

func viewReversal(r *ledger.Reversal) *local.Reversal {
	if r == nil {
		return nil
	}
	v := &local.Reversal{Operator: r.Operator, SentAt: r.SentAt, EndedAt: moment(r.EndedAt), FreeAt: moment(r.FreeAt)}
	if r.Doubted { // nobody can say when
		v.FreeAt = nil
	}
	if r.Charge != nil {
		v.STAN = r.Charge.STAN
	}
	return v
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Check verifies the ledger's chain, and that everything derived from it agrees.
func (t *Till) Check(context.Context) (any, error) {
	rep, err := t.o.Ledger.Check()
	if err != nil {
		return nil, internal(err)
	}
	return rep, nil
}
