package settle

import (
	"errors"
	"fmt"
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
	slow  bool                           // an hour later, or when the service is started again with what was mended; turned away at the door, when that opens
	told  func(*govpay.Fault) local.Code // the notices' reason
	opens bool                           // a case
}

// follows is the table of continuations, one row each. An unsure call is told as such, whatever its row says. One that
// never left this PC (unsent) waits for the platform like all others, and goes out when it is there again: until then
// the clocks say whose it is (design 10).
var follows = map[govpay.Continuation]follow{
	govpay.Done:           {told: trouble}, // closed there: the look says by whom
	govpay.Wait:           {told: fixed(local.CodeSubmissionBlocked)},
	govpay.LookThenRepeat: {told: trouble},
	govpay.Never:          {slow: true, told: fixed(local.CodeSubmissionRefused), opens: true},
	govpay.People:         {slow: true, told: fixed(local.CodeSubmissionRefused), opens: true},
}

var unsent = follows[govpay.LookThenRepeat]

func fixed(c local.Code) func(*govpay.Fault) local.Code {
	return func(*govpay.Fault) local.Code { return c }
}

// troubles are the reasons of a fault, as pagoPA folds them; beside them, what keeps us from the platform.
var troubles = map[govpay.Trouble]local.Code{
	govpay.TroubleUnexpected: local.CodeTroubleUnexpected, govpay.TroubleNotice: local.CodeTroubleNotice, govpay.TroubleData: local.CodeTroubleData,
	govpay.TroubleCreditor: local.CodeTroubleCreditor, govpay.TroubleInProgress: local.CodeTroubleInProgress, govpay.TroubleExpired: local.CodeTroubleExpired,
	govpay.TroubleRevoked: local.CodeTroubleRevoked, govpay.TroublePaid: local.CodeTroublePaid, govpay.TroubleNotOnRecord: local.CodeTroubleNotOnRecord,
}

var apart = map[govpay.Outcome]local.Code{
	govpay.OutcomeUnavailable: local.CodePlatformUnavailable, govpay.OutcomeUntrusted: local.CodePlatformCertificate,
	govpay.OutcomeUnauthorized: local.CodePlatformPassword, govpay.OutcomeWrongBaseURL: local.CodePlatformAddress,
}

func trouble(f *govpay.Fault) local.Code {
	if f == nil {
		return local.CodeTroubleUnexpected
	}
	if c, ok := apart[f.Outcome]; ok && f.Codice == "" {
		return c
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
	case l.w.o.Held != nil && l.w.o.Held():
		return result{}
	}
	if e := l.memo.unwritten; e != nil {
		if r := l.ended(*e); r.err != nil || r.done {
			return r
		}
	}
	// The first call of a charge made since the start needs no look: nobody can have made it before. One that people
	// have brought in after a restore may have been submitted by the installation of before.
	if p.Submission == nil && !l.away && l.memo.calls == 0 && !l.found && len(p.ResolvedBy) == 0 {
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
		if why := (driver.Reason{Code: string(local.CodeAckNotWritten)}); p.Reason.Code == why.Code && p.Notices[todo[0]].Reason.Code == "" {
			for _, i := range todo {
				if _, err := l.registerAt(i, ledger.RegistrationChange{Reason: why}); err != nil {
					return result{err: err, stale: errors.Is(err, ledger.ErrStale)}
				}
			}
		}
		return result{}
	}
	k := l.opens(local.CodeAwaitingConfirmation, "", "Il terminale può annullare un addebito di cui non ha avuto la nostra conferma; si invia quando il terminale, o le persone, dicono che vale.")
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

// submit makes one call. From the commit before it on, this payment is at work on the platform.
func (l *look) submit(p ledger.Payment, provider Provider, todo []int) result {
	if l.w.setup.wrong() {
		r := result{barred: true}
		if l.red {
			r.err = l.missing(p)
		}
		return r
	}
	p, err := l.w.o.Ledger.Submit(p.ID)
	if err != nil {
		r := result{err: fmt.Errorf("submit: %w", err), stale: errors.Is(err, ledger.ErrStale)}
		if r.stale { // a refund waits for its signature, or the outbox knows better
			r.slow, r.at = true, time.Now().Add(l.w.o.SlowPause)
		}
		return r
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
	if !next.Unsure && !between(next, err) {
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

// between says that a call may have been turned away by somebody who stands before the platform: the answer is not in its
// words, or TLS was ended over a certificate, which may be after the request. Nothing should have come through, but no
// look counts before the platform could not be at work on it any more (design 3.8).
func between(next govpay.Next, err error) bool {
	var f *govpay.Fault
	return next.Do == govpay.People && errors.As(err, &f) && f.Codice == "" && (f.Sent || f.Outcome == govpay.OutcomeUnauthorized)
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
	if f != nil && !f.Sent {
		row = unsent
	}
	e.Reason = driver.Reason{Code: string(row.told(f)), Text: e.Fault}
	now := time.Now()
	plan := l.w.o.RepeatPlan
	l.memo.repeat = now.Add(l.w.o.Jitter(plan[min(l.memo.calls, len(plan))-1]))
	if row.slow && r.answer != answerNone { // at the door: that it opens again the look before the repeat shows
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
		e.Case = l.opens(local.Code(e.Reason.Code), e.Fault, "L'invio è stato rifiutato: "+strings.TrimSpace(e.Fault))
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
	text := "La piattaforma non lo accetterà mai: " + e.Fault
	switch {
	case all:
		e.To, e.Case = ledger.RegRejected, l.opens(local.CodeSubmissionRefused, e.Fault, text)
	case len(bad) == 0:
		e.Case = l.opens(local.CodeSubmissionRefused, e.Fault, text+"; per quale degli avvisi non si sa")
	default:
		l.memo.repeat = time.Time{} // without them
	}
	w := l.ended(e)
	r.stale, r.done, r.other = w.stale, w.done, w.done
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
			continue
		}
		r.other = true
	}
	return r
}

// refusedAfterAll: what was accepted has been refused by the provider, with a negative receipt, which is its
// final word on that attempt (govpay 3.2). Money is taken and not passed on, so it is people's (design 3.7), and
// it is not submitted again by itself: design 4 knows no way back from awaiting_receipt, and the provider that
// has the money would have to say something else about the same charge. That only what was refused may be
// repeated (govpay 7) is about calls whose end is not known. A repeat here could meet a refund.
func (l *look) refusedAfterAll(m matter) result {
	why := driver.Reason{Code: string(local.CodeSubmissionRefused)}
	c := ledger.RegistrationChange{To: ledger.RegRejected, Reason: why,
		Case: &ledger.Case{PaymentID: l.PaymentID, Cause: why, Evidence: m.refused}}
	_, err := l.register(c)
	r := written(err)
	r.other = r.done
	return r
}

// said is what a failed call says about the platform: a fault of its own, or an
// answer that is a success and cannot be read, means that it is there. Credentials
// that it does not take are a closed door, whoever says so (govpay 2.1: with a code).
func (l *look) said(f *govpay.Fault, err error) answer {
	if f != nil && f.Outcome != govpay.OutcomeUnauthorized && (f.Codice != "" || f.Status >= 200 && f.Status < 300 && f.Outcome != govpay.OutcomeNotJSON) {
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
