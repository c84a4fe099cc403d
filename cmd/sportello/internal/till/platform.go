package till

import (
	"context"
	"errors"
	"slices"
	"time"

	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// Platform is what the till asks of the regional platform. Each method is the client's of the same name
// (package govpay says what it promises), Position the Verifier's. govpay.ErrNotConfigured, wrapped, says
// that an interface has no address: the till then tries another, or does without.
type Platform interface {
	Position(ctx context.Context, creditor, notice string) (govpay.Position, error)
	Search(ctx context.Context, q govpay.Query) (govpay.Found, error)
	PositionByID(ctx context.Context, api govpay.API, application, id string) (govpay.Position, error)
	Create(ctx context.Context, n govpay.NewPosition, withPDF bool) (govpay.Created, error)
	Service(ctx context.Context, creditor, id string) (govpay.Service, error)
	NoticePDF(ctx context.Context, api govpay.API, creditor, notice string) ([]byte, error)
	ReceiptPDF(ctx context.Context, creditor, iuv, id string) ([]byte, error)
}

var _ Platform = (*govpay.Client)(nil)

// PlatformSeen tells the screens how the platform answered last: nil for well. It reports whether the
// platform is there. What never left this PC says nothing about it.
func (t *Till) PlatformSeen(err error) bool {
	if govpay.OutcomeOf(err) == govpay.OutcomeCanceled || errors.Is(err, govpay.ErrArgument) || errors.Is(err, govpay.ErrNotConfigured) {
		return false // we gave up ourselves, or did not ask: nothing was learned
	}
	if answered(err) {
		err = nil // it is well, and spoke about what it was asked for
	}
	now := time.Now()
	p := local.Platform{Light: local.LightReady, SeenAt: &now}
	if e := platformError(err); e != nil {
		r := t.reason(e.Code, e.Args)
		p = local.Platform{Light: local.LightNotReady, Reason: &r, SeenAt: &now}
	}
	t.showing.Lock()
	defer t.showing.Unlock()
	t.mu.Lock()
	same := t.platform.Light == p.Light && reasonCode(t.platform.Reason) == reasonCode(p.Reason)
	t.platform = p
	t.mu.Unlock()
	if !same {
		t.o.Events.Publish(local.Event{Type: local.EventPlatform, Platform: &p})
		t.tell()
	}
	return p.Light == local.LightReady
}

// PlatformDoubted says that the last word about the platform was a bad one.
func (t *Till) PlatformDoubted() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.platform.Light == local.LightNotReady
}

func reasonCode(r *local.Reason) string {
	if r == nil {
		return ""
	}
	return r.Code
}

// platformErrors is what each failed call is called: what keeps us from the platform, and is mended there or
// here. A refusal by the platform's own code is one of its troubles.
var platformErrors = map[govpay.Outcome]local.Code{
	govpay.OutcomeNotFound:     local.CodeNoticeUnknown,
	govpay.OutcomeUnauthorized: local.CodePlatformPassword,
	govpay.OutcomeForbidden:    local.CodePlatformForbidden,
	govpay.OutcomeWrongBaseURL: local.CodePlatformAddress,
	govpay.OutcomeUntrusted:    local.CodePlatformCertificate,
	govpay.OutcomeNotJSON:      local.CodePlatformNotJSON,
	govpay.OutcomeMalformed:    local.CodePlatformNotJSON,
	govpay.OutcomeMismatch:     local.CodePlatformNotJSON,
	govpay.OutcomeTooLarge:     local.CodePlatformNotJSON,
	govpay.OutcomeUnavailable:  local.CodePlatformUnavailable,
	govpay.OutcomeWrongSetup:   local.CodePlatformWrongSetup,
}

// troubles is what a fault says about the notice, nine of them (pagopa 5.2).
var troubles = map[govpay.Trouble]local.Code{
	govpay.TroubleUnexpected:  local.CodeTroubleUnexpected,
	govpay.TroubleNotice:      local.CodeTroubleNotice,
	govpay.TroubleData:        local.CodeTroubleData,
	govpay.TroubleCreditor:    local.CodeTroubleCreditor,
	govpay.TroubleInProgress:  local.CodeTroubleInProgress,
	govpay.TroubleExpired:     local.CodeTroubleExpired,
	govpay.TroubleRevoked:     local.CodeTroubleRevoked,
	govpay.TroublePaid:        local.CodeTroublePaid,
	govpay.TroubleNotOnRecord: local.CodeTroubleNotOnRecord,
}

// platformError names a failed call for people; nil stays nil.
func platformError(err error) *local.Error {
	if err == nil {
		return nil
	}
	e := &local.Error{Code: local.CodePlatformUnavailable, Err: err}
	var f *govpay.Fault
	if !errors.As(err, &f) {
		if errors.Is(err, govpay.ErrNotConfigured) {
			e.Code = local.CodePlatformAddress
		}
		return e
	}
	e.Detail = f.Error()
	if code, ok := platformErrors[f.Outcome]; ok {
		e.Code = code
	}
	if f.Outcome == govpay.OutcomePermanent || ownerFailed(f) {
		e.Code = local.CodeTroubleUnexpected
		if code, ok := troubles[f.Trouble()]; ok {
			e.Code = code
		}
	}
	return e
}

// ownerFailed: the platform is there, and what it had to ask, the debt's owner or pagoPA, is not.
func ownerFailed(f *govpay.Fault) bool {
	return f.Outcome == govpay.OutcomeUnavailable && f.Codice != "" && f.Categoria != "" && f.Categoria != ownFault
}

// ownFault is the category of the faults that are the platform's own (govpay 4.1).
const ownFault = "INTERNO"

// vital are the calls that no payment goes without; not being allowed to make them is a light, too. The empty list is
// how it is asked whether they are granted (govpay.Probe).
var vital = []string{"byAvviso", "ricevute", "ricevuta", "pagamenti", "elenco vuoto"}

// answered: the call failed, and yet the platform is well: it does not know this notice, it refuses this one,
// somebody behind it does not answer, or something beside verifying and receipts is not granted to us.
func answered(err error) bool {
	var f *govpay.Fault
	if !errors.As(err, &f) {
		return false
	}
	switch f.Outcome {
	case govpay.OutcomeNotFound, govpay.OutcomePermanent:
		return true
	case govpay.OutcomeForbidden:
		return !slices.Contains(vital, f.Operation)
	default:
		return ownerFailed(f)
	}
}

// away: nobody has answered for the platform. Only then may a debt be charged without its word (design 8): never
// after any answer of its own, be it that one of several interfaces does not answer and another has refused.
func away(err error) bool {
	some := false
	for _, f := range govpay.Faults(err) {
		switch {
		case f.Outcome == govpay.OutcomeWrongBaseURL: // that interface is not there at all
		case f.Outcome == govpay.OutcomeNotJSON, // the page of a proxy in its place
			f.Outcome == govpay.OutcomeUnavailable && !ownerFailed(f):
			some = true
		default:
			return false
		}
	}
	return some
}
