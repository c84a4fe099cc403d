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
	id       string
	hash     string // of the request
	intent   ledger.Intent
	label    string        // terminal's name
	begun    chan struct{} // closed when `sent` is durable or the attempt ended before
	finished bool          // begun is closed; guarded by Till.mu
	payment  ledger.Payment
	err      error // refusal, when it ended before `sent`
}

// Pay charges a card for the request's notices. It returns when the intent is durable (the payment is
// then under way and will be finished whatever happens to ctx), or with the refusal. The same request
// id with the same body returns the same payment or the same refusal; with another body it is refused.
func (t *Till) Pay(ctx context.Context, op local.Operator, req local.PaymentRequest) (local.Payment, error) {
	hash, err := t.checkRequest(op, req)
	if err != nil {
		return local.Payment{}, err
	}
	if p, ok, err := t.known(req.RequestID, hash); ok || err != nil {
		return p, err
	}
	s, err := t.station(req.Terminal)
	if err != nil {
		return local.Payment{}, err
	}
	a, fresh, err := t.begin(op, req, hash, s)
	if err != nil {
		return local.Payment{}, err
	}
	if fresh {
		// The attempt owns the terminal from here: its end gives it back.
		if err := t.prepare(ctx, a, req); err != nil {
			t.abandon(s, a, err)
			return local.Payment{}, err
		}
		s.jobs <- func(ctx context.Context) { s.charge(ctx, a) }
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

// checkRequest refuses what needs nobody else's word, and fingerprints the rest.
func (t *Till) checkRequest(op local.Operator, req local.PaymentRequest) (string, error) {
	if req.RequestID == "" || len(req.RequestID) > maxRequestID {
		return "", &local.Error{Code: local.CodeRequestIDMissing}
	}
	s, err := t.station(req.Terminal)
	if err != nil {
		return "", err
	}
	if len(req.Notices) == 0 {
		return "", &local.Error{Code: local.CodeBadRequest, Detail: "no notices"}
	}
	if len(req.Notices) > s.term.MaxNotices {
		return "", &local.Error{Code: local.CodeTooManyNotices, Args: map[string]string{local.ArgLimit: strconv.Itoa(s.term.MaxNotices)}}
	}
	seen := make(map[local.RequestNotice]bool)
	for _, n := range req.Notices {
		if _, err := pagopa.ParseNotice(n.Number); err != nil {
			if _, anyway := pagopa.SearchAnyway(err); !anyway { // the clerk was warned when looking it up
				return "", scanError(err)
			}
		}
		if _, ok := t.creditor(n.Creditor); !ok {
			return "", &local.Error{Code: local.CodeOtherCreditor, Args: map[string]string{local.ArgCreditor: n.Creditor}}
		}
		if n.ExpectedCents < 0 {
			return "", &local.Error{Code: local.CodeBadRequest, Detail: "negative expected_cents"}
		}
		key := local.RequestNotice{Creditor: n.Creditor, Number: n.Number}
		if seen[key] {
			return "", &local.Error{Code: local.CodeDuplicateNotice}
		}
		seen[key] = true
	}
	body, err := json.Marshal(struct {
		Operator string
		local.PaymentRequest
	}{op.ID, req})
	if err != nil {
		return "", internal(err)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
}

// known answers a repeated request from the ledger.
func (t *Till) known(requestID, hash string) (local.Payment, bool, error) {
	p, ok, err := t.o.Ledger.ByRequest(requestID)
	if err != nil {
		return local.Payment{}, false, internal(err)
	}
	if !ok {
		return local.Payment{}, false, nil
	}
	if p.RequestHash != hash {
		return local.Payment{}, true, &local.Error{Code: local.CodeRequestIDReused, PaymentID: p.ID}
	}
	if p.SentAt.IsZero() { // refused before anything was sent: the same refusal again
		return local.Payment{}, true, refusalOf(p)
	}
	return t.view(p), true, nil
}

// begin registers an attempt and takes its terminal, or finds the one with the same request id.
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
	a := &attempt{id: t.o.Ledger.NextID(), hash: hash, label: s.term.Name, begun: make(chan struct{})}
	if err := s.take(a); err != nil {
		return nil, false, err
	}
	a.intent.Payment = ledger.Payment{
		ID: a.id, RequestID: req.RequestID, RequestHash: hash, RetryOf: req.RetryOf,
		Installation: t.o.Installation, Settlement: s.term.Settlement,
		Terminal: s.term.Name, Operator: op.ID, CreatedAt: time.Now(),
	}
	t.open[req.RequestID] = a
	return a, true, nil
}

// prepare asks the platform about each notice, as late as possible before the charge, and completes
// the intent. Nothing of a request refused here is kept.
func (t *Till) prepare(ctx context.Context, a *attempt, req local.PaymentRequest) error {
	p := &a.intent.Payment
	var err error
	if p.Reference, err = newReference(t.o.Installation); err != nil {
		return internal(err)
	}
	for _, rn := range req.Notices {
		held, err := t.o.Ledger.Notice(rn.Creditor, rn.Number)
		if err != nil {
			return internal(err)
		}
		if held.Holder != "" {
			return &local.Error{Code: local.CodeNoticeLocked, PaymentID: held.Holder}
		}
		pos, code, err := t.verify(ctx, rn.Creditor, rn.Number)
		if err != nil {
			return err
		}
		if code != "" {
			return &local.Error{Code: code}
		}
		if rn.ExpectedCents != 0 && rn.ExpectedCents != pos.Cents {
			return &local.Error{Code: local.CodeAmountChanged, AmountCents: pos.Cents,
				Args: map[string]string{local.ArgExpected: local.Money(rn.ExpectedCents, t.lang())}}
		}
		n := ledger.Notice{Creditor: rn.Creditor, Number: rn.Number, AmountCents: pos.Cents, Registration: ledger.RegNone}
		if pos.Application != "" && pos.ID != "" {
			n.Position = pos.Application + "/" + pos.ID
		}
		if pos.Document != nil {
			n.Document = pos.Document.ID
		}
		p.Notices = append(p.Notices, n)
		p.AmountCents += pos.Cents
		a.intent.Descriptions = append(a.intent.Descriptions, pos.Reason)
	}
	return nil
}

// abandon ends an attempt whose pre-flight never reached the terminal: no trace of it is kept.
func (t *Till) abandon(s *station, a *attempt, err error) {
	t.settleBegun(a, ledger.Payment{}, err)
	s.release(a)
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
	delete(t.open, a.intent.RequestID)
	close(a.begun)
}

// charge runs the attempt on its terminal. It is the worker's job and nobody's request ends it.
func (s *station) charge(ctx context.Context, a *attempt) {
	t := s.till
	defer s.release(a)
	t.o.Failpoint("till.preflight")
	p := &a.intent.Payment
	pay := driver.Payment{Reference: p.Reference, AmountCents: p.AmountCents}
	for _, n := range p.Notices {
		pay.Notices = append(pay.Notices, driver.Notice{Creditor: n.Creditor, Number: n.Number})
	}
	r := &recorder{s: s, a: a, id: a.id}
	after, err := s.term.Driver.Pay(ctx, pay, r)
	switch {
	case err != nil && !r.sent:
		s.refuse(a, err)
		return
	case err != nil:
		// The service is stopping, or the ledger gave up: the ledger holds `sent`, start-up goes on.
		t.o.Log.Warn().Err(err).Str("payment", a.id).Msg("payment left as sent")
		return
	}
	if !r.concluded {
		t.o.Log.Error().Str("payment", a.id).Msg("the driver ended a payment without an outcome")
		return
	}
	if _, err := t.o.Ledger.Aftermath(a.id, after); err != nil {
		t.o.Log.Error().Err(err).Str("payment", a.id).Msg("keeping the slip")
	} else {
		t.publishPayment(a.id)
	}
	s.release(a)
	if r.last.State == ledger.Unknown {
		s.resolve(ctx, a.id, true)
	}
}

// refuse records an attempt that ended before anything was sent, outside the money path. When even
// that cannot be written the refusal still stands: nothing left this PC.
func (s *station) refuse(a *attempt, err error) {
	t := s.till
	refusal := terminalError(s.term.Label, err)
	refusal.PaymentID = a.id
	p, lerr := t.o.Ledger.Refuse(a.intent.Payment, driver.Reason{Code: string(refusal.Code), Text: refusal.Detail})
	if lerr != nil {
		refusal.PaymentID = ""
		t.o.Log.Warn().Err(lerr).Str("payment", a.id).Msg("a refusal could not be recorded")
	} else {
		t.publishPayment(p.ID)
	}
	t.settleBegun(a, ledger.Payment{}, refusal)
	s.noteRefusal(refusal)
}

// refusalOf rebuilds the refusal of an attempt that was never sent.
func refusalOf(p ledger.Payment) error {
	return &local.Error{Code: local.Code(p.Reason.Code), Detail: p.Reason.Text, PaymentID: p.ID,
		Args: map[string]string{local.ArgTerminal: p.Terminal}}
}

func internal(err error) error {
	var known *local.Error
	if errors.As(err, &known) {
		return known
	}
	return ledgerError(err)
}
