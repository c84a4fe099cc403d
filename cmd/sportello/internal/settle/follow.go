package settle

import (
	"errors"
	"fmt"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// follows is what a look before a repeat leads to; free: another call may be made.
// In this order:
//
//	a record of ours is accepted, or a receipt bears a code of ours   awaiting_receipt, never again
//	a record is at work, or in a state that we do not know            wait
//	the platform may still be at work on our last call                wait
//	a positive receipt of somebody else                               paid elsewhere: that notice is a case
//	somebody's attempt is open, or the notice is closed there         wait; a case when it lasts longer than a token
//	nobody knows whether pagoPA got a call: once                      wait for its receipt, then repeat
//	the same: twice                                                   people
//	nothing of ours, or refused                                       free, when the pause of the last answer is over
func (l *look) follows(p ledger.Payment, todo []int, s sight, asked time.Time) (r result, free bool) {
	over := !asked.Before(l.memo.window)
	again, fresh := resubmitted(p, todo)
	working, nobody, refused := 0, 0, 0
	for _, rec := range s.records {
		if again {
			rec = about(rec, p, todo, over)
		}
		switch fateOf(rec, over, again) {
		case fateAccepted:
			return l.accepted(p, rec), false
		case fateWorking:
			working++
		case fateNobody:
			nobody++
		case fateRefused:
			refused++
		case fateNothing:
		}
	}
	for _, i := range todo {
		for _, rc := range s.receipts[i] {
			n := p.Notices[i]
			iuv, err := iuvOf(n.Number)
			if own := (attemptCode{n.Creditor, iuv, rc.ID}); err == nil && s.codes[own] { // of a record that failed
				return l.accepted(p, recordOf(s.records, own)), false
			}
		}
	}
	now := time.Now()
	if nobody > 0 && l.memo.sendError.IsZero() {
		l.memo.sendError = now
	}
	switch {
	case working > 0 && over:
		return l.waits(p, todo, local.CodeSubmissionUnsure, "", toldUnsure, "La piattaforma mostra una nostra registrazione in uno stato che il programma non conosce."), false
	case !over:
		return result{at: l.memo.window}, false
	}
	patient := nobody == 0 || !now.Before(l.memo.sendError.Add(l.w.o.SendErrorWait))
	if r, found := l.paidElsewhere(todo, s, patient); found {
		return r, false
	}
	for _, i := range todo {
		what := s.blockers(i, p.Notices[i], asked)
		if what == "" {
			continue
		}
		if l.memo.blocked.IsZero() {
			l.memo.blocked = now
		}
		told := causes(0)
		if now.Sub(l.memo.blocked) >= tokenLife {
			told = toldBlocked
		}
		code := local.CodeSubmissionBlocked
		if what == "paid" && told == 0 {
			code = local.CodeTroublePaid
		}
		return l.waits(p, todo, code, "", told, fmt.Sprintf("L'avviso %s %s, e non da noi.", p.Notices[i].Number, blocked[what])), false
	}
	l.memo.blocked = time.Time{}
	switch {
	case nobody > 1:
		return l.waits(p, todo, local.CodeSubmissionUnsure, string(govpay.AttemptSendError), toldUnsure,
			"Inviato due volte, e di nessuna la piattaforma sa se è arrivata a pagoPA: non si invia più."), false
	case !patient:
		return result{at: l.memo.sendError.Add(l.w.o.SendErrorWait)}, false
	case now.Before(l.memo.repeat):
		return result{at: l.memo.repeat, slow: true}, false
	case refused > 0 && !fresh && l.told&toldRefused == 0:
		l.memo.repeat = now.Add(l.w.o.SlowPause)
		r := l.waits(p, todo, local.CodeSubmissionRefused, "", toldRefused, "Il prestatore ha rifiutato ciò che era stato inviato.")
		r.at, r.slow = l.memo.repeat, true
		return r, false
	}
	return result{}, true
}

// blocked are the words for what stands in the way of a notice.
var blocked = map[string]string{"paid": "risulta pagato", "in progress": "risulta in corso di pagamento"}

func recordOf(records []govpay.Payment, own attemptCode) govpay.Payment {
	for _, r := range records {
		if a, ok := r.Notice(own.creditor, own.iuv); ok && a.Code == own.code {
			return r
		}
	}
	return govpay.Payment{}
}

// accepted writes that the platform has our submission.
func (l *look) accepted(p ledger.Payment, rec govpay.Payment) result {
	if p.Submission == nil { // the ledger is an older copy: the call was made, and is not made again
		var err error
		if p, err = l.w.o.Ledger.Submit(p.ID); err != nil {
			return result{err: err, stale: errors.Is(err, ledger.ErrStale)}
		}
	}
	return l.ended(ledger.SubmissionEnd{N: p.Submission.N, PlatformID: rec.ID, Transaction: rec.TransactionID, Accepted: true})
}

// ended writes the end of a submission.
func (l *look) ended(e ledger.SubmissionEnd) result {
	_, err := l.w.o.Ledger.Submitted(l.PaymentID, e)
	l.memo.unwritten = nil
	if err != nil {
		if !errors.Is(err, ledger.ErrStale) {
			l.memo.unwritten = &e
		}
		return result{err: fmt.Errorf("submitted %d: %w", e.N, err), stale: errors.Is(err, ledger.ErrStale)}
	}
	l.w.o.Log.Info().Str("payment", l.PaymentID).Int("submission", e.N).Bool("accepted", e.Accepted).Bool("unsure", e.Unsure).
		Str("fault", e.Fault).Str("reason", e.Reason.Code).Bool("case", e.Case != nil).Msg("settle: submitted")
	l.w.o.Events.Changed(l.PaymentID)
	return result{done: e.Accepted || e.To == ledger.RegRejected}
}

// waits writes once why nothing is submitted now, and opens the case, once, when told is one. No call is at
// work any more.
func (l *look) waits(p ledger.Payment, todo []int, code local.Code, text string, told causes, evidence string) result {
	why := driver.Reason{Code: string(code), Text: text}
	opens := told != 0 && l.told&told == 0
	if !opens && (p.Notices[todo[0]].Reason.Code == why.Code || l.told&toldMissing != 0) {
		return result{}
	}
	var k *ledger.Case
	if opens {
		k = l.opens(code, text, evidence)
	}
	if p.Submission != nil {
		return l.ended(ledger.SubmissionEnd{N: p.Submission.N, Reason: why, Case: k})
	}
	for _, i := range todo {
		c := ledger.RegistrationChange{Reason: why}
		if k != nil {
			of := *k
			c.Case = &of
		}
		if _, err := l.registerAt(i, c); err != nil {
			return result{err: err, stale: errors.Is(err, ledger.ErrStale)}
		}
	}
	return result{}
}

// paidElsewhere writes that somebody else has paid: the charge is to be given
// back. While a receipt of ours may still come nothing is decided.
func (l *look) paidElsewhere(todo []int, s sight, patient bool) (result, bool) {
	for _, i := range todo {
		if len(s.receipts[i]) == 0 {
			continue
		}
		if !patient {
			return result{}, true
		}
		rc := s.receipts[i][0]
		f := finding{to: ledger.RegElse, reason: driver.Reason{Code: string(local.CodePaidElsewhere)}}
		if !rc.Positive() || rc.Proof == nil {
			f = finding{to: ledger.RegHeld, reason: driver.Reason{Code: string(local.CodeChannelUnproven)}}
		} else {
			f.reason.Text = payee(&rc)
		}
		c := ledger.RegistrationChange{To: f.to, Reason: f.reason, Case: newCase(l.PaymentID, f.reason, &rc)}
		identify(&c, &rc)
		_, err := l.registerAt(i, c)
		return result{err: err, stale: true, done: err == nil && len(todo) == 1, other: err == nil, restart: true}, true
	}
	return result{}, false
}
