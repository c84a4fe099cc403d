package settle

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// Submitting a charge: settlement "platform". One call covers the payment's notices, and is durable before
// it is made. What the power leaves says what comes next, by itself:
//
//	step                          in the ledger                       the next start
//	charged, not yet called       none, no Submission                 looks, for the copy may be older than the call; then submits
//	Submit is written             submitting, N, not answered         waits SubmitWindow from its start, looks, then repeats
//	the call is under way         the same                            the same; a record of ours found earlier ends the wait
//	answered, not yet written     the same                            the same: the look finds the record
//	accepted, written             awaiting_receipt                    asks for the receipt, by the attempt code of our record
//	refused, written              submitting, N, Fault                looks, then repeats: what people had to mend may be mended
//	unsure, written               submitting, N, Unsure               as for a call that is under way
//	refused for good, written     rejected, and a case                nothing: it is people's
//	Accepted, code not written    awaiting_receipt without a code     reads our record again
//	TestKilledAtEveryStep kills it at each.

// follow is what follows a call of POST /pagamenti: how long before another may be
// made, what is told, and whether it is somebody's case at once.
type follow struct {
	slow  bool                           // an hour later, or when the service is started again with what was mended
	told  func(*govpay.Fault) local.Code // the notices' reason
	opens bool                           // a case
}

// follows is the table of continuations, one row each. An unsure call is told as such, whatever its row says.
var follows = map[govpay.Continuation]follow{
	govpay.Done:           {told: trouble}, // closed there: the look says by whom
	govpay.Wait:           {told: fixed(local.CodeSubmissionBlocked)},
	govpay.LookThenRepeat: {told: trouble},
	govpay.Never:          {slow: true, told: fixed(local.CodeSubmissionRefused), opens: true},
	govpay.People:         {slow: true, told: fixed(local.CodeSubmissionRefused), opens: true},
}

func fixed(c local.Code) func(*govpay.Fault) local.Code {
	return func(*govpay.Fault) local.Code { return c }
}

// troubles are the reasons of a fault, as pagoPA folds them; beside them, that the platform does not answer.
var troubles = map[govpay.Trouble]local.Code{
	govpay.TroubleUnexpected: local.CodeTroubleUnexpected, govpay.TroubleNotice: local.CodeTroubleNotice, govpay.TroubleData: local.CodeTroubleData,
	govpay.TroubleCreditor: local.CodeTroubleCreditor, govpay.TroubleInProgress: local.CodeTroubleInProgress, govpay.TroubleExpired: local.CodeTroubleExpired,
	govpay.TroubleRevoked: local.CodeTroubleRevoked, govpay.TroublePaid: local.CodeTroublePaid, govpay.TroubleNotOnRecord: local.CodeTroubleNotOnRecord,
}

func trouble(f *govpay.Fault) local.Code {
	if f == nil {
		return local.CodeTroubleUnexpected
	}
	if f.Codice == "" && f.Outcome == govpay.OutcomeUnavailable {
		return local.CodePlatformUnavailable
	}
	return troubles[f.Trouble()]
}

// toSubmit are the notices of a payment that its submission is about.
func toSubmit(p ledger.Payment) (todo []int) {
	for i, n := range p.Notices {
		if n.Registration == ledger.RegNone || n.Registration == ledger.RegSubmit {
			todo = append(todo, i)
		}
	}
	return todo
}

// stands says that a charge will not be undone by the terminal because it never
// had our acknowledgement (ECR17 6.2, L10): it was told, or asked, or people or
// its memory have decided.
func stands(p ledger.Payment) bool {
	return p.Acked || p.Confirmed || len(p.ResolvedBy) > 0 || p.Reason.Code == string(local.CodeByEvidence)
}

// submission is one look at a charge that is to be submitted, and the call, when
// the look allows it.
func (l *look) submission(p ledger.Payment) result {
	todo := toSubmit(p)
	if p.Settlement != ledger.SettlementPlatform || p.State != ledger.Charged || len(todo) == 0 {
		return result{done: true, stale: true}
	}
	l.Index = todo[0]
	provider, ok := l.w.o.Providers[p.Terminal]
	switch {
	case !ok:
		return l.orphaned(p)
	case !stands(p):
		return l.unconfirmed(p, todo)
	}
	// The first call of a charge made since the start needs no look: nobody can have made it before.
	if p.Submission == nil && !l.away && l.memo.calls == 0 && l.Since.After(l.w.started) {
		return l.submit(p, provider, todo)
	}
	asked := time.Now()
	s, err := l.before(p, todo)
	if err != nil {
		return result{answer: answerOf(err), err: err, at: l.memo.window}
	}
	r, free := l.follows(p, todo, s, asked)
	if r.answer == answerUnasked {
		r.answer = answerGiven
	}
	if free {
		return l.submit(p, provider, todo)
	}
	if l.red && r.err == nil && !r.done {
		r.err = l.missing(p)
	}
	return r
}

// unconfirmed waits for the terminal's word, or people's; after a while it is somebody's case.
func (l *look) unconfirmed(p ledger.Payment, todo []int) result {
	due := p.SentAt.Add(confirmDue)
	if time.Now().Before(due) {
		return result{}
	}
	k := l.opens(local.CodeAwaitingConfirmation, "", "the terminal may undo a charge of which it was not told that we have it; it is submitted when the terminal, or people, say that it stands")
	if k == nil {
		return result{}
	}
	for _, i := range todo {
		of := *k
		if _, err := l.registerAt(i, ledger.RegistrationChange{Reason: k.Cause, Case: &of}); err != nil {
			return result{err: err, stale: errors.Is(err, ledger.ErrStale)}
		}
	}
	return result{}
}

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
	working, nobody, refused := 0, 0, 0
	for _, rec := range s.records {
		switch fateOf(rec, over) {
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
			if s.codes[rc.ID] { // of a record that failed
				return l.accepted(p, recordOf(s.records, rc.ID)), false
			}
		}
	}
	now := time.Now()
	if nobody > 0 && l.memo.sendError.IsZero() {
		l.memo.sendError = now
	}
	switch {
	case working > 0 && over:
		return l.waits(p, todo, local.CodeSubmissionUnsure, "", toldUnsure, "the platform shows a record of ours in a state that is not known"), false
	case working > 0 || !over:
		return result{at: l.memo.window}, false
	}
	patient := nobody == 0 || !now.Before(l.memo.sendError.Add(l.w.o.SendErrorWait))
	if r, found := l.paidElsewhere(todo, s, patient); found {
		return r, false
	}
	for _, i := range todo {
		what := s.blockers(i, asked)
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
		return l.waits(p, todo, code, "", told, fmt.Sprintf("notice %d is %s, and not by us", i, what)), false
	}
	l.memo.blocked = time.Time{}
	switch {
	case nobody > 1:
		return l.waits(p, todo, local.CodeSubmissionUnsure, string(govpay.AttemptSendError), toldUnsure,
			"submitted twice, and of neither the platform knows whether pagoPA got it: it is not submitted again"), false
	case !patient:
		return result{at: l.memo.sendError.Add(l.w.o.SendErrorWait)}, false
	case now.Before(l.memo.repeat):
		return result{at: l.memo.repeat, slow: true}, false
	case refused > 0 && l.told&toldRefused == 0:
		l.memo.repeat = now.Add(l.w.o.SlowPause)
		r := l.waits(p, todo, local.CodeSubmissionRefused, "", toldRefused, "the provider refused what was submitted")
		r.at, r.slow = l.memo.repeat, true
		return r, false
	}
	return result{}, true
}

func recordOf(records []govpay.Payment, code string) govpay.Payment {
	for _, r := range records {
		if slices.ContainsFunc(r.Attempts, func(a govpay.Attempt) bool { return a.Code == code }) {
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
	if err != nil {
		return result{err: fmt.Errorf("submitted %d: %w", e.N, err), stale: errors.Is(err, ledger.ErrStale)}
	}
	l.w.o.Log.Info().Str("payment", l.PaymentID).Int("submission", e.N).Bool("accepted", e.Accepted).Bool("unsure", e.Unsure).
		Str("fault", e.Fault).Str("reason", e.Reason.Code).Bool("case", e.Case != nil).Msg("settle: submitted")
	l.w.o.Events.Changed(l.PaymentID)
	return result{done: e.Accepted || e.To == ledger.RegRejected}
}

// waits writes once why nothing is submitted now, and opens the case, once, when told is one.
func (l *look) waits(p ledger.Payment, todo []int, code local.Code, text string, told causes, evidence string) result {
	why := driver.Reason{Code: string(code), Text: text}
	opens := told != 0 && l.told&told == 0
	if n := p.Notices[todo[0]]; n.Reason.Code == why.Code && !opens || l.told&toldMissing != 0 && !opens {
		return result{}
	}
	for k, i := range todo {
		c := ledger.RegistrationChange{Reason: why}
		if opens && k == 0 {
			c.Case = l.opens(code, text, evidence)
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
		for _, rc := range s.receipts[i] {
			if !patient {
				return result{}, true
			}
			f := finding{to: ledger.RegElse, reason: driver.Reason{Code: string(local.CodePaidElsewhere)}}
			if !rc.Positive() || rc.Proof == nil {
				f = finding{to: ledger.RegHeld, reason: driver.Reason{Code: string(local.CodeChannelUnproven)}}
			} else {
				f.reason.Text = payee(&rc)
			}
			c := ledger.RegistrationChange{To: f.to, Reason: f.reason, Case: newCase(l.PaymentID, f.reason, &rc)}
			identify(&c, &rc)
			_, err := l.registerAt(i, c)
			return result{err: err, stale: true, done: err == nil && len(todo) == 1, other: err == nil && len(todo) == 1, restart: true}, true
		}
	}
	return result{}, false
}

// submit makes one call. From the commit before it on, this payment is at work on the platform.
func (l *look) submit(p ledger.Payment, provider Provider, todo []int) result {
	if l.w.setup.wrong() {
		return result{barred: true}
	}
	p, err := l.w.o.Ledger.Submit(p.ID)
	if err != nil {
		return l.notSubmitted(p, todo, err)
	}
	l.w.o.Events.Changed(l.PaymentID)
	s := govpay.Submission{PSP: provider.ID, Intermediary: provider.Intermediary, Channel: provider.Channel,
		PaymentType: provider.PaymentType, Session: p.Reference}
	for _, i := range toSubmit(p) {
		s.Notices = append(s.Notices, govpay.NoticeRef{Creditor: p.Notices[i].Creditor, Notice: p.Notices[i].Number})
	}
	l.memo.calls++
	began := time.Now()
	l.memo.window = began.Add(l.w.o.SubmitWindow) // until its end is known
	done, err := l.w.o.Platform.Submit(l.ctx, s)
	if l.w.ctx.Err() != nil {
		return result{err: err} // the service stops: its end is not known, as the ledger says
	}
	next := govpay.NextOf(err)
	if !next.Unsure {
		l.memo.window = time.Time{}
	}
	e := ledger.SubmissionEnd{N: p.Submission.N, PlatformID: done.PaymentID, Transaction: done.TransactionID, Accepted: err == nil}
	if err == nil {
		r := l.ended(e)
		r.answer = answerGiven
		return r
	}
	return l.refused(p, todo, e, next, err)
}

// notSubmitted is a submission that the ledger does not allow. That a notice of the
// cart has gone another way must not leave the others without anybody.
func (l *look) notSubmitted(p ledger.Payment, todo []int, err error) result {
	r := result{err: fmt.Errorf("submit: %w", err), stale: errors.Is(err, ledger.ErrStale), slow: true, at: time.Now().Add(l.w.o.SlowPause)}
	if !errors.Is(err, ledger.ErrStale) {
		return r
	}
	now, readErr := l.w.o.Ledger.Payment(l.PaymentID)
	if readErr != nil || now.State != ledger.Charged || len(toSubmit(now)) == len(now.Notices) {
		return r
	}
	if w := l.waits(now, todo, local.CodeSubmissionRefused, "", toldRefused, "another notice of the same charge was paid or refused: these cannot be submitted without it"); w.err != nil {
		r.err = w.err
	}
	return r
}

// refused follows a call that failed, by the table.
func (l *look) refused(p ledger.Payment, todo []int, e ledger.SubmissionEnd, next govpay.Next, cause error) result {
	var f *govpay.Fault
	if errors.As(cause, &f) {
		e.Fault, e.Transaction = faultName(f), f.TransactionID
	}
	e.PlatformID, e.Unsure = next.PaymentID, next.Unsure
	r := result{err: cause, answer: l.said(f, cause), restart: true}
	if f != nil && f.Outcome == govpay.OutcomeWrongSetup {
		return l.wrongSetup(e, r)
	}
	row := follows[next.Do]
	e.Reason = driver.Reason{Code: string(row.told(f)), Text: e.Fault}
	now := time.Now()
	plan := l.w.o.RepeatPlan
	l.memo.repeat = now.Add(l.w.o.Jitter(plan[min(l.memo.calls, len(plan))-1]))
	if row.slow {
		l.memo.repeat = now.Add(l.w.o.SlowPause)
	}
	switch {
	case next.Unsure:
		e.Reason.Code = string(local.CodeSubmissionUnsure)
		r.at = l.memo.window
	case next.Do == govpay.Never:
		return l.never(p, todo, e, r)
	}
	if row.opens {
		e.Case = l.opens(local.Code(e.Reason.Code), e.Fault, "submitting was refused: "+strings.TrimSpace(e.Fault))
	}
	w := l.ended(e)
	r.stale = w.stale
	if w.err != nil {
		r.err = w.err
	}
	return r
}

// never rejects the notices that the platform will not take whatever is mended.
// Where it cannot be told which of a cart they are, all are people's.
func (l *look) never(p ledger.Payment, todo []int, e ledger.SubmissionEnd, r result) result {
	bad, err := l.culprits(p, todo)
	if err != nil {
		r.err = err
	}
	all := len(bad) == len(todo)
	text := "the platform will not take it: " + e.Fault
	switch {
	case all:
		e.To, e.Case = ledger.RegRejected, l.opens(local.CodeSubmissionRefused, e.Fault, text)
	case len(bad) == 0:
		e.Case = l.opens(local.CodeSubmissionRefused, e.Fault, text+"; which of the notices is not known")
	default:
		l.memo.repeat = time.Time{} // without them
	}
	w := l.ended(e)
	r.stale, r.done = w.stale, w.done
	if w.err != nil {
		r.err = w.err
		return r
	}
	if all {
		return r
	}
	for _, i := range bad {
		c := ledger.RegistrationChange{To: ledger.RegRejected, Reason: e.Reason,
			Case: &ledger.Case{PaymentID: l.PaymentID, Cause: e.Reason, Evidence: text}}
		if _, err := l.registerAt(i, c); err != nil {
			r.err = err
		}
	}
	return r
}

// refusedAfterAll: what was accepted has been refused by the provider. Money is taken and not passed on.
func (l *look) refusedAfterAll(m matter) result {
	why := driver.Reason{Code: string(local.CodeSubmissionRefused)}
	c := ledger.RegistrationChange{To: ledger.RegRejected, Reason: why,
		Case: &ledger.Case{PaymentID: l.PaymentID, Cause: why, Evidence: m.refused}}
	_, err := l.register(c)
	return written(err)
}

// said is what a failed call says about the platform: a fault of its own, or an
// answer that is a success and cannot be read, means that it is there.
func (l *look) said(f *govpay.Fault, err error) answer {
	if f != nil && (f.Codice != "" || f.Status >= 200 && f.Status < 300 && f.Outcome != govpay.OutcomeNotJSON) {
		return answerGiven
	}
	return answerOf(err)
}

// faultName is what is kept of a fault: the platform's own code, or what we call it.
func faultName(f *govpay.Fault) string {
	if f.Codice != "" {
		return f.Codice
	}
	if f.Status != 0 {
		return fmt.Sprintf("%s %d", f.Outcome, f.Status)
	}
	return f.Outcome.String()
}
