package till

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// sourceLedger is local.Notice.Source of a debt as an earlier answer of the platform has left it.
const sourceLedger = "ledger"

// clockSlack is how far in the future an answer may lie: beyond it the clock was set back, and nobody knows how
// old it is. The ledger has the same.
const clockSlack = 5 * time.Minute

// rome is where the counter is, whatever the PC's clock is set to show; the ledger cannot be opened without it.
var rome = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return time.Local
	}
	return zone
}()

// Offline is the body's written choice to charge while the platform is away (design 8), and its limits.
type Offline struct {
	Allow  bool
	Limits ledger.OfflineLimits
}

// Offline opens or closes a period in which cards are charged though the platform does not answer. Opening it
// is a supervisor's, by name, with the reason in words; so is closing it.
func (t *Till) Offline(_ context.Context, op local.Operator, req local.OfflineRequest) (local.Offline, error) {
	if op.Role != local.RoleSupervisor {
		return local.Offline{}, &local.Error{Code: local.CodeForbiddenRole}
	}
	if err := signs(op); err != nil {
		return local.Offline{}, err
	}
	var p ledger.OfflinePeriod
	var err error
	switch req.Action {
	case local.OfflineOpen:
		why := strings.TrimSpace(req.Reason)
		switch {
		case !t.o.Offline.Allow:
			return local.Offline{}, &local.Error{Code: local.CodeOfflineNotAllowed}
		case why == "":
			return local.Offline{}, wrong("reason")
		}
		if err := checkNote("reason", why); err != nil {
			return local.Offline{}, err
		}
		p, err = t.o.Ledger.OpenOffline(op.ID, why, t.o.Offline.Limits)
	case local.OfflineClose:
		p, err = t.o.Ledger.CloseOffline(op.ID)
	default:
		return local.Offline{}, wrong("action")
	}
	switch {
	case errors.Is(err, ledger.ErrOfflineOpen):
		e := &local.Error{Code: local.CodeOfflineAlreadyOpen, Err: err}
		if now, open, lerr := t.o.Ledger.Offline(); lerr == nil && open {
			e.Args = map[string]string{local.ArgLimit: now.Until.In(rome).Format("15:04")}
		}
		return local.Offline{}, e
	case errors.Is(err, ledger.ErrOfflineClosed):
		return local.Offline{}, &local.Error{Code: local.CodeOfflineNothingOpen, Err: err}
	case err != nil:
		return local.Offline{}, internal(err)
	}
	t.tell()
	return viewOffline(p), nil
}

func viewOffline(p ledger.OfflinePeriod) local.Offline {
	return local.Offline{ID: p.ID, OpenedBy: p.OpenedBy, OpenedAt: p.OpenedAt, Until: p.Until, Reason: p.Reason,
		MaxAmountCents: p.Limits.MaxAmountCents, MaxTotalCents: p.Limits.MaxTotalCents, MaxPayments: p.Limits.MaxPayments,
		VerifiedWithin: int64(p.Limits.VerifiedWithin / time.Second), Payments: p.Payments, Cents: p.Cents,
		ClosedAt: moment(p.ClosedAt), ClosedBy: p.ClosedBy}
}

// offlineNow is the open period; nil: none is.
func (t *Till) offlineNow() *local.Offline {
	p, open, err := t.o.Ledger.Offline()
	if err != nil {
		t.o.Log.Error().Err(err).Msg("reading the offline period")
	}
	if err != nil || !open {
		return nil
	}
	v := viewOffline(p)
	return &v
}

// limitArgs says a limit in the unit that people know it by.
func (t *Till) limitArgs(e *ledger.OfflineLimitError) map[string]string {
	switch {
	case e.Of == 0:
		return nil
	case e.Limit == ledger.LimitAmount || e.Limit == ledger.LimitTotal:
		return map[string]string{local.ArgLimit: local.Money(e.Of, t.lang())}
	default:
		return map[string]string{local.ArgLimit: strconv.FormatInt(e.Of, 10)}
	}
}

// remember keeps what the platform has said of a debt, for when it is away. One that may not be charged is
// remembered without an amount, so that an earlier answer counts no more; neither does one to an earlier question
// that comes late. It is as old as its question.
func (t *Till) remember(pos govpay.Position, creditor, number string, asked time.Time) {
	if !t.o.Offline.Allow {
		return
	}
	v := ledger.Verified{Creditor: creditor, Number: number, Cents: pos.Cents, Position: positionKey(pos),
		MultiBeneficiary: pos.MultiBeneficiary(), StampDuty: pos.StampDuty(), DueBy: pos.DueBy, At: asked}
	if pos.Document != nil {
		v.Document = pos.Document.ID
	}
	if verdict, _ := govpay.Payability(pos, time.Now()); verdict != govpay.Payable {
		v.Cents = 0
	}
	t.remembering.Lock()
	defer t.remembering.Unlock()
	last, known, err := t.o.Ledger.Verified(creditor, number)
	if known && last.At.After(asked) && !last.At.After(time.Now()) { // not of before the clock was set back
		return
	}
	if err == nil {
		err = t.o.Ledger.RememberVerified(v)
	}
	if err != nil {
		t.o.Log.Warn().Err(err).Msg("remembering what the platform said of a notice")
	}
}

// offlineDebt is a debt as far as it may be charged without the platform's word. printed is its amount by the
// code that was read, or by the clerk's request; gone is why the platform cannot be asked.
func (t *Till) offlineDebt(way govpay.Way, creditor, number string, printed int64, gone error) (govpay.Position, ledger.Verified, error) {
	none := func(code local.Code) (govpay.Position, ledger.Verified, error) {
		return govpay.Position{}, ledger.Verified{}, &local.Error{Code: code, Err: gone}
	}
	if !t.o.Offline.Allow {
		return govpay.Position{}, ledger.Verified{}, gone
	}
	period, open, err := t.o.Ledger.Offline()
	if err != nil {
		return govpay.Position{}, ledger.Verified{}, internal(err)
	}
	if !open {
		return none(local.CodeOfflineNotOpen)
	}
	v, known, err := t.o.Ledger.Verified(creditor, number)
	if err != nil {
		return govpay.Position{}, ledger.Verified{}, internal(err)
	}
	now, within := time.Now(), period.Limits.VerifiedWithin
	switch age := now.Sub(v.At); {
	case within > 0 && (!known || age < -clockSlack || age > within),
		within == 0 && way != govpay.WayTerminal, // the provider does not verify: somebody must have
		known && v.Cents == 0:                    // the last answer was that it may not be charged
		return none(local.CodeOfflineNeedsVerified)
	}
	pos := govpay.Position{ID: number, Creditor: creditor, Notice: number, State: govpay.StateOpen, Cents: printed}
	if known {
		pos.Cents, pos.DueBy = v.Cents, v.DueBy.In(rome) // a day is over where it was meant
		if application, id, ok := strings.Cut(v.Position, "/"); ok {
			pos.Application, pos.ID = application, id
		}
	}
	if pos.Cents <= 0 {
		return none(local.CodeOfflineNoAmount)
	}
	if verdict, _ := govpay.Payability(pos, now); v.MultiBeneficiary || v.StampDuty || v.Document != "" || verdict != govpay.Payable {
		return none(local.CodeOfflineUnknowable)
	}
	return pos, v, nil
}

// lookupOffline shows a debt that the platform was not asked about.
func (t *Till) lookupOffline(n local.Notice, gone error) (local.Notice, error) {
	pos, v, err := t.offlineDebt(t.way(), n.Creditor, n.Number, n.PrintedCents, gone)
	if err != nil {
		return local.Notice{}, err
	}
	n.AmountCents, n.Payable, n.Offline = pos.Cents, true, true
	n.Warnings = append(t.printed(n), t.reason(local.CodeOfflineUnverified, nil))
	if !v.At.IsZero() {
		n.VerifiedAt, n.Source = &v.At, sourceLedger
	}
	if !pos.DueBy.IsZero() {
		n.DueDate = pos.DueBy.Format(time.DateOnly)
	}
	return n, nil
}
