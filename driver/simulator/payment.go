package simulator

import (
	"cmp"
	"context"
	"strings"

	"sportello/protocol/ecr17"
)

// payment is P or X: card, PIN, bank, result, ticket (ECR17 1.7, appendix A).
func (s *session) payment(ctx context.Context, m ecr17.PaymentRequest) {
	data, ok := s.beginTransaction(ctx, m.MoreData)
	if ctx.Err() != nil {
		return
	}
	tx := transaction{
		order: order{
			kind: KindPayment, terminal: s.t.opt.TerminalID, cents: m.AmountCents,
			reference: strings.TrimSpace(m.Text), data: data.Tags, action: actionApproved,
		},
		letter: m.Code, wantsData: m.MoreData && data.WantsAnswer(),
	}
	if !s.t.opt.NoAmountDeclines {
		tx.action, tx.leaves = byAmount(m.AmountCents)
	}
	switch {
	case !ok:
		s.refuse(ctx, tx, "DATI NON RICEVUTI")
	case !mayPay(s.t.state()):
		s.refuse(ctx, tx, "TERMINALE NON PRONTO")
	default:
		tx.card = cardFor(s.t.customers(), m.AmountCents)
		s.transact(ctx, tx)
	}
}

// reversal is S: the same card again, the STAN of the last payment (ECR17 2.5).
func (s *session) reversal(ctx context.Context, m ecr17.ReversalRequest) {
	data, ok := s.beginTransaction(ctx, m.MoreData)
	if ctx.Err() != nil {
		return
	}
	tx := transaction{
		order:  order{kind: KindReversal, terminal: s.t.opt.TerminalID, action: actionReversed},
		letter: 'S', wantsData: m.MoreData && data.WantsAnswer(),
	}
	sale := s.t.bank.memory(s.t.opt.TerminalID).sale
	switch {
	case !ok:
		s.refuse(ctx, tx, "DATI NON RICEVUTI")
	case sale == nil:
		s.refuse(ctx, tx, "NESSUNA TRANSAZIONE")
	case m.STAN != noSTAN && m.STAN != sale.STAN:
		s.refuse(ctx, tx, "STAN ERRATO")
	default:
		tx.cents, tx.reference, tx.data, tx.reverses = sale.AmountCents, sale.Reference, sale.Data, sale.STAN
		tx.card = card{kind: sale.Card, last: strings.TrimLeft(sale.PAN, "*"), entry: sale.Entry}
		s.transact(ctx, tx)
	}
}

// transaction is a payment or reversal under way.
type transaction struct {
	order
	letter    byte // of the request: P, X, S
	leaves    bool // the customer presses the red key
	wantsData bool // an answer U follows the result
	zero      bool // the message says zero cents, whatever the bank did (ECR17 D15)
	code      ecr17.ResultCode
	class     ecr17.Class // of the result; 0 is the request's own
}

// beginTransaction acknowledges the request and takes the data it announced. False
// when these did not come.
func (s *session) beginTransaction(ctx context.Context, more bool) (ecr17.AdditionalData, bool) {
	select {
	case <-s.t.red: // pressed before anybody was asked for a card
	default:
	}
	s.glue()
	s.acknowledge(ctx)
	for _, f := range []Fault{NoACK, NakExecute, ResetExecute, ResultFirst} {
		if s.faults.has(f) {
			more = false // no ECR sends data after the first three, and all execute without
		}
	}
	u, ok := s.additionalData(ctx, more)
	if s.faults.has(StaleInside) {
		s.flush() // whatever is glued came before
		s.stale(ctx, StaleInside)
	}
	return u, ok
}

// transact asks the customer and then the bank, and tells the ECR. From the bank's
// decision on nothing undoes it.
func (s *session) transact(ctx context.Context, tx transaction) {
	s.noteBegun(tx)
	if r, ok := s.faults[Decline]; ok {
		tx.action = r.Code
	}
	if r, ok := s.faults[LocalRefusal]; ok {
		tx.card = noCard
		s.refuse(ctx, tx, r.Text)
		return
	}
	switch s.customer(ctx, tx.card, tx.leaves || s.faults.has(Cancel)) {
	case customerLeft:
		tx.card = noCard
		s.refuse(ctx, tx, "OPERAZIONE ANNULLATA")
		return
	case switchedOff:
		return
	case customerReady:
	}
	if !s.currency(ctx, &tx) {
		return
	}
	s.otherClass(&tx)
	if !s.beforeHost(ctx) {
		return
	}
	s.progress("COLLEGAMENTO HOST")
	if !s.pause(ctx, s.t.opt.Timing.Host, false) {
		return
	}
	if r, ok := s.faults[AmountDiffers]; ok {
		if tx.zero = r.AmountCents == 0; !tx.zero {
			tx.cents = r.AmountCents
		}
	}
	if r, ok := s.faults[Partial]; ok {
		if tx.cents = max(tx.cents/2, 1); r.AmountCents > 0 {
			tx.cents = r.AmountCents
		}
	}
	tx.code = ecr17.ResultCode(s.faults[ResultCode].Code)
	d, alive, err := s.settle(tx)
	if !alive {
		return
	}
	if err != nil { // a bank that cannot write has decided nothing
		s.refuse(ctx, tx, "HOST NON RISPONDE")
		return
	}
	if s.faults.has(CutAfterAuth) {
		s.flush()
		s.cut()
	}
	s.tell(ctx, d)
}

// refuse ends a transaction without the bank: STAN zero, no action code.
func (s *session) refuse(ctx context.Context, tx transaction, reason string) {
	tx.kind, tx.action, tx.reason, tx.code, tx.saving = KindLocal, "", reason, "", tx.refusedSaving()
	if r, ok := s.faults[LocalRefusal]; ok {
		tx.code = ecr17.ResultCode(cmp.Or(r.Code, string(ecr17.ResultRefused)))
	}
	if tx.card.kind == "" {
		tx.card = noCard
	}
	d, err := s.t.bank.decide(tx.order, s.t.render(tx))
	if err != nil { // not even that can be written: answer, and save nothing
		d = Decision{At: now(), Terminal: tx.terminal, Kind: KindLocal, STAN: noSTAN, Online: noSTAN, Card: noCard.kind, Reason: reason}
		if d.Last, err = s.t.render(tx)(d); err != nil {
			return
		}
	}
	s.tell(ctx, d)
}

// what the customer did.
type customerAct uint8

const (
	customerReady customerAct = iota
	customerLeft
	switchedOff // it was not the customer: the terminal has no current
)

// customer is the time at the terminal: card, and the PIN where the card is inserted.
func (s *session) customer(ctx context.Context, c card, leaves bool) customerAct {
	interrupted := func() customerAct {
		if ctx.Err() != nil {
			return switchedOff
		}
		return customerLeft
	}
	if c.entry == string(ecr17.EntryTyped) { // on the bank's own record: nobody is asked
		return customerReady
	}
	s.progress("PRESENTARE CARTA")
	switch {
	case !s.customerActs(ctx, waitsForCard, s.t.opt.Timing.Card):
		return interrupted()
	case leaves:
		return customerLeft
	}
	s.progress("LETTURA CARTA")
	if c.entry == string(ecr17.EntryChip) {
		s.progress("DIGITARE PIN")
		if !s.customerActs(ctx, waitsForPIN, s.t.opt.Timing.PIN) {
			return interrupted()
		}
	}
	return customerReady
}

// customers counts those who came so far, to hand out the cards in turn.
func (t *Terminal) customers() int { return len(t.bank.Decisions()) }

func mayPay(state ecr17.TerminalState) bool {
	may := state.MayPay()
	return may == ecr17.PayYes || may == ecr17.PayWarned
}

// render builds the message that the terminal saves and sends for a decision.
func (t *Terminal) render(tx transaction) func(Decision) (string, error) {
	return func(d Decision) (string, error) {
		r := ecr17.Result{
			TID: d.Terminal, Code: tx.code, CardType: ecr17.CardType(d.Card), STAN: d.STAN, OnlineID: d.Online,
		}
		if r.Code == "" {
			if r.Code = ecr17.ResultRefused; d.Approved {
				r.Code = ecr17.ResultOK
			}
		}
		if d.Kind != KindLocal {
			r.Acquirer = "88105000005"
		}
		switch {
		case t.dress(&r, tx, d): // of another class
		case tx.class == ecr17.ClassPayment:
			r.Class = tx.class
		case tx.letter == 'X', tx.class == ecr17.ClassExtended:
			r.Class, r.ActionCode, r.HasAmount = ecr17.ClassExtended, ecr17.ActionCode(d.Action), true
			if d.Kind != KindLocal && !tx.zero {
				r.AmountCents = d.AmountCents
			}
		case tx.letter == 'S':
			r.Class, r.ActionCode = ecr17.ClassReversal, ecr17.ActionCode(d.Action)
		default:
			r.Class = ecr17.ClassPayment
		}
		if r.Code == ecr17.ResultOK {
			r.PAN = ecr17.NewPAN(t.panOf(d))
			r.Entry, r.HostTime = ecr17.EntryMode(d.Entry), ecr17.HostTimeOf(d.At)
			if tx.letter != 'S' {
				r.AuthCode = d.Auth
			}
		} else if r.Reason = d.Reason; d.Approved { // another code over an approval
			r.Reason = "TAG SCONOSCIUTO"
		}
		payload, err := r.AppendPayload(nil)
		return string(payload), err
	}
}

// emptyRefusal is how some terminals say that they have saved nothing (ECR17 G08).
func (t *Terminal) emptyRefusal() string {
	payload, err := ecr17.Result{
		Class: ecr17.ClassPayment, TID: t.opt.TerminalID, Code: ecr17.ResultRefused, CardType: "0", STAN: noSTAN, OnlineID: noSTAN,
	}.AppendPayload(nil)
	if err != nil {
		return ""
	}
	return string(payload)
}
