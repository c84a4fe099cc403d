package simulator

import (
	"context"
	"strings"

	"sportello/protocol/ecr17"
)

// preauth is p: the amount is blocked, nothing is charged (ECR17 2.6).
func (s *session) preauth(ctx context.Context, m ecr17.PaymentRequest) {
	s.operation(ctx, m.MoreData, transaction{
		order:  s.t.asked(KindPreauth, m.AmountCents, m.Text),
		letter: 'p',
	})
}

// onPreauth is i and c: more is blocked, or the blocked amount is collected, without
// the card (ECR17 2.7). The bank knows the pre-authorisation by its code.
func (s *session) onPreauth(ctx context.Context, m ecr17.IncrementRequest) {
	tx := transaction{order: s.t.asked(KindIncrement, m.AmountCents, m.Text), letter: m.Code}
	if m.Code == 'c' {
		tx.kind = KindClosure
	}
	tx.preauth = m.PreauthCode
	s.operation(ctx, m.MoreData, tx)
}

// verification is H: is the card good? No money moves, and G does not repeat the
// answer (ECR17 2.8).
func (s *session) verification(ctx context.Context, m ecr17.VerifyRequest) {
	s.operation(ctx, m.MoreData, transaction{order: s.t.asked(KindVerification, 0, ""), letter: 'H'})
}

func (t *Terminal) asked(kind Kind, cents int64, text string) order {
	return order{kind: kind, terminal: t.opt.TerminalID, cents: cents, reference: strings.TrimSpace(text), action: actionApproved}
}

// operation carries out a request of this file from its acknowledgement to its ticket.
func (s *session) operation(ctx context.Context, moreData bool, tx transaction) {
	data, ok := s.beginTransaction(ctx, moreData)
	if ctx.Err() != nil {
		return
	}
	tx.data, tx.wantsData = data.Tags, moreData && data.WantsAnswer()
	if !s.t.opt.NoAmountDeclines && tx.kind != KindVerification {
		tx.action, tx.leaves = byAmount(tx.cents)
	}
	tx.card = cardFor(s.t.customers(), tx.cents)
	if tx.preauth != "" {
		held, found := s.t.bank.hold(tx.terminal, tx.preauth)
		tx.leaves, tx.card = false, cardOf(held)
		tx.card.entry = string(ecr17.EntryTyped)
		switch {
		case !found:
			tx.card = card{kind: noCard.kind, entry: string(ecr17.EntryTyped)}
			tx.action, tx.reason = "902", "PREAUT. NON TROVATA"
		case tx.kind == KindClosure && tx.cents > held.AmountCents:
			tx.action, tx.reason = "110", "IMPORTO NON VALIDO"
		}
	}
	switch {
	case !ok:
		tx.card = noCard
		s.refuse(ctx, tx, "DATI NON RICEVUTI")
	case !mayPay(s.t.state()):
		tx.card = noCard
		s.refuse(ctx, tx, "TERMINALE NON PRONTO")
	default:
		s.transact(ctx, tx)
	}
}

// refusedSaving: a refused verification is no more saved than a good one.
func (tx transaction) refusedSaving() saving {
	if tx.letter == 'H' {
		return savesNever
	}
	return savesAtOnce
}

// ticketTitle names the operation on its receipt.
func ticketTitle(d Decision) string {
	switch d.Kind {
	case KindReversal:
		return "STORNO"
	case KindPreauth:
		return "PREAUTORIZZAZIONE"
	case KindIncrement:
		return "INCREMENTO PREAUT."
	case KindClosure:
		return "CHIUSURA PREAUT."
	case KindVerification:
		return "VERIFICA CARTA"
	default:
		return "ACQUISTO"
	}
}
