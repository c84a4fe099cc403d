package till

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
	"sportello/protocol/pagopa"
)

// maxRequestID bounds the caller's identifier.
const maxRequestID = 64

// attempt is a payment between the request and its end. Until `sent` is durable it exists here only
// (design 3.1); from then on the ledger's copy counts.
type attempt struct {
	id       string // once its intent is durable; the worker's own
	request  local.PaymentRequest
	hash     string        // of the request
	intent   ledger.Intent // completed by prepare, in the worker
	begun    chan struct{} // closed when `sent` is durable or the attempt ended before
	finished bool          // begun is closed; guarded by Till.mu
	payment  ledger.Payment
	err      error // refusal, when it ended before `sent`
}

var _ job = (*attempt)(nil)

func (a *attempt) paymentID() string             { return a.id }
func (a *attempt) kind() string                  { return "pay" }
func (a *attempt) by() string                    { return a.intent.Operator }
func (a *attempt) refused(s *station, err error) { s.turnAway(a, err) }

// Pay charges a card for the request's notices. It returns when the intent is durable (the payment is
// then under way and will be finished whatever happens to ctx), or with the refusal. The same request
// id with the same body returns the same payment or the same refusal; with another body it is refused.
func (t *Till) Pay(ctx context.Context, op local.Operator, req local.PaymentRequest) (local.Payment, error) {
	hash, err := fingerprint(req)
	if err != nil {
		return local.Payment{}, err
	}
	s, err := t.station(req.Terminal)
	if err == nil {
		err = t.checkRequest(req, s)
	}
	if err != nil {
		return t.repeated(req, hash, err)
	}
	a, fresh, err := t.begin(op, req, hash, s)
	if err != nil {
		return local.Payment{}, err
	}
	if fresh {
		t.admit(s, a)
	}
	select {
	case <-a.begun:
	case <-ctx.Done():
		return local.Payment{}, fmt.Errorf("the caller left, the payment goes on: %w", ctx.Err())
	}
	if a.err != nil {
		return local.Payment{}, a.err
	}
	return t.view(a.payment), nil
}

// repeated answers a request that the configuration does not allow: it may have allowed it when it was
// made first. Otherwise it gets the refusal.
func (t *Till) repeated(req local.PaymentRequest, hash string, refusal error) (local.Payment, error) {
	if len(req.RequestID) > maxRequestID {
		return local.Payment{}, refusal
	}
	p, found, err := t.known(req.RequestID, hash)
	switch {
	case !found:
		return local.Payment{}, refusal
	case err != nil:
		return local.Payment{}, err
	}
	return t.view(p), nil
}

// fingerprint is what tells a repeated request from another one with the same id.
func fingerprint(req local.PaymentRequest) (string, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return "", internal(err)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
}

// checkRequest refuses what needs nobody else's word.
func (t *Till) checkRequest(req local.PaymentRequest, s *station) error {
	if req.RequestID == "" || len(req.RequestID) > maxRequestID {
		return &local.Error{Code: local.CodeRequestIDMissing}
	}
	if len(req.RetryOf) > maxRequestID {
		return &local.Error{Code: local.CodeBadRequest, Detail: "retry_of is too long"}
	}
	if len(req.Notices) == 0 {
		return &local.Error{Code: local.CodeBadRequest, Detail: "no notices"}
	}
	if len(req.Notices) > s.term.MaxNotices {
		return &local.Error{Code: local.CodeTooManyNotices, Args: map[string]string{local.ArgLimit: strconv.Itoa(s.term.MaxNotices)}}
	}
	seen := make(map[local.RequestNotice]bool)
	for _, n := range req.Notices {
		if _, err := pagopa.ParseNotice(n.Number); err != nil {
			if _, anyway := pagopa.SearchAnyway(err); !anyway { // the clerk was warned when looking it up
				return scanError(err)
			}
		}
		if _, ok := t.creditor(n.Creditor); !ok {
			return &local.Error{Code: local.CodeOtherCreditor, Args: map[string]string{local.ArgCreditor: n.Creditor}}
		}
		if n.ExpectedCents < 0 {
			return &local.Error{Code: local.CodeBadRequest, Detail: "negative expected_cents"}
		}
		key := local.RequestNotice{Creditor: n.Creditor, Number: n.Number}
		if seen[key] {
			return &local.Error{Code: local.CodeDuplicateNotice}
		}
		seen[key] = true
	}
	return nil
}

// admit answers a repeated request from the ledger, or hands the attempt to its terminal. The ledger is
// asked when the attempt stands in open already: what has left open before is in the ledger, so no
// repeat can slip through between the two.
func (t *Till) admit(s *station, a *attempt) {
	p, found, err := t.known(a.request.RequestID, a.hash)
	if !found && err == nil {
		if err = s.accept(a); err == nil {
			return // the attempt owns the terminal now, and its end gives it back
		}
	}
	t.settleBegun(a, p, err)
}

// accept gives the terminal to a payment.
func (s *station) accept(a *attempt) error {
	return s.take(a, s.mayCharge, func(ctx context.Context) { s.charge(ctx, a) })
}

// known finds what an earlier request with the same id came to.
func (t *Till) known(requestID, hash string) (ledger.Payment, bool, error) {
	p, ok, err := t.o.Ledger.ByRequest(requestID)
	switch {
	case err != nil:
		return ledger.Payment{}, false, internal(err)
	case !ok:
		return ledger.Payment{}, false, nil
	case p.RequestHash != hash:
		return ledger.Payment{}, true, &local.Error{Code: local.CodeRequestIDReused, PaymentID: p.ID}
	case p.SentAt.IsZero(): // refused before anything was sent: the same refusal again
		return ledger.Payment{}, true, t.refusalOf(p)
	}
	return p, true, nil
}

// begin registers an attempt, or finds the one under way with the same request id.
func (t *Till) begin(op local.Operator, req local.PaymentRequest, hash string, s *station) (*attempt, bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, false, &local.Error{Code: local.CodeStopping}
	}
	if a := t.open[req.RequestID]; a != nil {
		if a.hash != hash {
			return nil, false, &local.Error{Code: local.CodeRequestIDReused}
		}
		return a, false, nil
	}
	a := &attempt{request: req, hash: hash, begun: make(chan struct{})}
	a.intent.Payment = ledger.Payment{
		RequestID: req.RequestID, RequestHash: hash, RetryOf: req.RetryOf,
		Installation: t.o.Installation, Settlement: s.term.Settlement,
		Terminal: s.term.Name, Operator: op.ID, CreatedAt: time.Now(),
	}
	t.open[req.RequestID] = a
	return a, true, nil
}

// turnAway ends an attempt of which nothing was sent. Whoever gets the refusal finds the terminal free.
func (s *station) turnAway(a *attempt, err error) {
	if s.till.ctx.Err() != nil {
		err = &local.Error{Code: local.CodeStopping} // whatever it looked like from the inside
	}
	s.release(a)
	s.till.settleBegun(a, ledger.Payment{}, err)
}

// settleBegun answers whoever waits for the attempt's beginning, once.
func (t *Till) settleBegun(a *attempt, p ledger.Payment, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a.finished {
		return
	}
	a.finished = true
	a.payment, a.err = p, err
	delete(t.open, a.request.RequestID)
	close(a.begun)
}

// charge runs the attempt on its terminal. It is the worker's job and nobody's request ends it: the
// platform is asked here, too, as late as possible.
func (s *station) charge(ctx context.Context, a *attempt) {
	t := s.till
	if ctx.Err() != nil {
		s.turnAway(a, ctx.Err())
		return
	}
	s.confirm(ctx)
	if err := t.prepare(ctx, s, a); err != nil {
		s.turnAway(a, err)
		return
	}
	t.o.Failpoint("till.preflight")
	r := &recorder{s: s, request: a.intent.RequestID, begin: func(b driver.Baseline) (ledger.Payment, error) { return s.intend(a, b) }}
	pay, err := s.order(a)
	var after driver.Aftermath
	if err == nil {
		after, err = s.term.Driver.Pay(ctx, pay, r)
	}
	if errors.Is(err, driver.ErrPassport) && !r.sent && s.recommission(ctx) {
		after, err = s.term.Driver.Pay(ctx, pay, r)
	}
	r.over.Store(true)
	if !r.sent {
		s.refuse(ctx, a, err)
		return
	}
	s.finish(ctx, a, r, after, err)
}

// order is the payment for the driver, with what the ledger knows of the terminal.
func (s *station) order(a *attempt) (driver.Payment, error) {
	ts, err := s.till.o.Ledger.Terminal(s.term.Name)
	p := &a.intent.Payment
	pay := driver.Payment{Reference: p.Reference, AmountCents: p.AmountCents, Previous: ts.Previous, KnownResult: s.recorded}
	for _, n := range p.Notices {
		pay.Notices = append(pay.Notices, driver.Notice{Creditor: n.Creditor, Number: n.Number})
	}
	if err == nil {
		pay.Expected, err = s.expected(ts.Total, p.AmountCents)
	}
	return pay, err
}

// recorded says whether the ledger has had this result of this terminal already (driver.Payment.KnownResult).
func (s *station) recorded(raw []byte, stan string) bool {
	known, err := s.till.o.Ledger.KnowsResult(s.term.Name, raw, stan)
	if err != nil {
		s.till.o.Log.Error().Err(err).Str("terminal", s.term.Name).Msg("looking a result up")
	}
	return known && err == nil
}

// intend makes the intent durable, after a last look at what the terminal remembers (design 5.7).
func (s *station) intend(a *attempt, b driver.Baseline) (ledger.Payment, error) {
	t := s.till
	if err := s.recognise(s.memory(b), a.intent.Notices); err != nil {
		return ledger.Payment{}, err
	}
	intent := a.intent
	intent.Baseline = b
	p, err := t.o.Ledger.Intend(intent)
	if refusal := t.offlineRefused(err); refusal != nil {
		return ledger.Payment{}, refusal
	}
	if err != nil {
		return ledger.Payment{}, err
	}
	if p.Reference != intent.Reference { // the ledger knows the request already: this money was asked for before
		return ledger.Payment{}, &local.Error{Code: local.CodeStateChanged, PaymentID: p.ID}
	}
	a.id = p.ID
	t.settleBegun(a, p, nil)
	s.overtaken()
	return p, nil
}

// follow keeps the slip.
func (t *Till) follow(id string, after driver.Aftermath) {
	if _, err := t.o.Ledger.Aftermath(id, after); err != nil {
		t.o.Log.Error().Err(err).Str("payment", id).Msg("keeping the slip")
		return
	}
	t.publishPayment(id)
}

// refuse records an attempt that ended before anything was sent, outside the money path. When even
// that cannot be written the refusal still stands: nothing left this PC. No trace is kept of an attempt
// that met another payment, or the end of the service: the same request may be made again.
func (s *station) refuse(ctx context.Context, a *attempt, err error) {
	t := s.till
	if err == nil {
		err = errors.New("the driver ended a payment before it began")
	}
	refusal := terminalError(s.term.Label, err)
	if refusal.PaymentID == "" && t.ctx.Err() == nil {
		why := driver.Reason{Code: string(refusal.Code), Text: refusal.Detail}
		p, lerr := t.o.Ledger.Refuse(a.intent.Payment, why)
		if lerr == nil && p.Reference == a.intent.Reference && p.State == ledger.Sent { // the intent is there, though its writing was reported as failed
			p, lerr = t.o.Ledger.Conclude(p.ID, ledger.Conclusion{Outcome: driver.Outcome{Verdict: driver.NotSent, Reason: why}})
		}
		if lerr != nil {
			t.o.Log.Warn().Err(lerr).Str("request", a.intent.RequestID).Msg("a refusal could not be recorded")
		} else {
			refusal.PaymentID = p.ID
			t.publishPayment(p.ID)
		}
	}
	if aboutTerminal(refusal.Code) {
		s.note(refusal)
	}
	s.turnAway(a, refusal)
	if refusal.Code == local.CodeNeedsAdopt || refusal.Code == local.CodeTerminalAwaited {
		s.describe(ctx)
	}
}

// refusalOf rebuilds the refusal of an attempt that was never sent.
func (t *Till) refusalOf(p ledger.Payment) error {
	return &local.Error{Code: local.Code(p.Reason.Code), Detail: p.Reason.Text, PaymentID: p.ID,
		Args: map[string]string{local.ArgTerminal: t.label(p.Terminal)}}
}

func internal(err error) error {
	var known *local.Error
	if errors.As(err, &known) {
		return known
	}
	return ledgerError(err)
}
