package ledger

import (
	"errors"
	"fmt"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

// This file is the offline period (design 8): a supervisor's written permission to charge without the
// platform's word, within limits that every such intent is held against in its own commit.

// offlineRecord is a period in the state bucket.
type offlineRecord struct{ OfflinePeriod }

func (p *offlineRecord) clone() *offlineRecord { c := *p; return &c }

// end is the monotonic end of a period, by Uptime. It begins anew with the process, from what the wall clock
// has left of it.
type offlineEnd struct {
	id string
	at time.Duration
}

// OpenOffline opens an offline period. The caller has checked the role and that the configuration allows it.
// ErrOfflineOpen; ErrInvalid: no name, no reason, or a limit that is none (VerifiedWithin alone may be 0).
func (l *Ledger) OpenOffline(operator, reason string, lim OfflineLimits) (OfflinePeriod, error) {
	l.failpoint("offline.before")
	var out OfflinePeriod
	err := l.submit(&op{do: func(b *batch) error {
		if operator == "" || !keyable(operator) || strings.TrimSpace(reason) == "" || len(reason) > maxNote || lim.MaxAmountCents <= 0 ||
			lim.MaxTotalCents <= 0 || lim.MaxPayments <= 0 || lim.MaxHours <= 0 || lim.VerifiedWithin < 0 {
			return fmt.Errorf("%w: offline period of %q with limits %+v", ErrInvalid, operator, lim)
		}
		p, err := newestOffline(b.view)
		switch {
		case err != nil:
			return err
		case p != nil && p.ClosedAt.IsZero() && l.runsUntil(p, b.now).After(b.now):
			return fmt.Errorf("%w: %q, by %q", ErrOfflineOpen, p.ID, p.OpenedBy)
		}
		if err := b.runOut(p); err != nil {
			return err
		}
		id := fmt.Sprintf("%s-O%08d", l.opt.Installation, b.head.seq+1)
		if err := b.append(&entry{Kind: KindOfflineOpened, Operator: operator, Offline: &offlineBody{ID: id, Reason: reason,
			Until: b.now.Add(lim.MaxHours), MaxAmountCents: lim.MaxAmountCents, MaxTotalCents: lim.MaxTotalCents, MaxPayments: lim.MaxPayments,
			MaxHours: lim.MaxHours, VerifiedWithin: lim.VerifiedWithin}}, nil); err != nil {
			return err
		}
		l.offlineEnd.Store(&offlineEnd{id: id, at: l.opt.Uptime() + lim.MaxHours})
		p, err = newestOffline(b.view)
		if err == nil {
			out = p.OfflinePeriod
		}
		return err
	}})
	if err == nil {
		l.failpoint("offline.after")
	}
	return out, err
}

// CloseOffline closes the open period. ErrOfflineClosed: none is open, or it has run out.
func (l *Ledger) CloseOffline(operator string) (OfflinePeriod, error) {
	l.failpoint("offline.before")
	var out OfflinePeriod
	ranOut := false
	err := l.submit(&op{reserve: true, do: func(b *batch) error {
		if operator == "" || !keyable(operator) {
			return fmt.Errorf("%w: nobody closes the offline period", ErrInvalid)
		}
		p, err := newestOffline(b.view)
		if err != nil {
			return err
		}
		if p == nil || !p.ClosedAt.IsZero() {
			return ErrOfflineClosed
		}
		out = p.OfflinePeriod
		if ranOut = !l.runsUntil(p, b.now).After(b.now); ranOut {
			return b.runOut(p)
		}
		if err := b.append(&entry{Kind: KindOfflineClosed, Operator: operator, Offline: &offlineBody{ID: p.ID, Until: b.now}}, nil); err != nil {
			return err
		}
		if p, err = newestOffline(b.view); err == nil {
			out = p.OfflinePeriod
		}
		return err
	}})
	switch {
	case err != nil:
		return OfflinePeriod{}, err
	case ranOut:
		return OfflinePeriod{}, fmt.Errorf("%w: %q has run out", ErrOfflineClosed, out.ID)
	}
	l.failpoint("offline.after")
	return out, nil
}

// Offline returns the newest offline period, and whether it is open; the zero period when there never was one.
// Who sees first that it has run out has that written.
func (l *Ledger) Offline() (p OfflinePeriod, open bool, err error) {
	var found *offlineRecord
	if err := l.read(func(_ *bolt.Tx, v *view) (err error) {
		found, err = newestOffline(v)
		return err
	}); err != nil || found == nil {
		return OfflinePeriod{}, false, err
	}
	now := l.opt.Now().UTC().Truncate(time.Microsecond)
	if !found.ClosedAt.IsZero() {
		return found.OfflinePeriod, false, nil
	}
	until := l.runsUntil(found, now)
	if until.After(now) {
		return found.OfflinePeriod, true, nil
	}
	if err := l.endOffline(); err != nil {
		l.opt.Log.Warn().Err(err).Msg("the end of the offline period is not written yet")
	}
	found.ClosedAt = until
	return found.OfflinePeriod, false, nil
}

// endOffline has it written that the period has run out, if it has.
func (l *Ledger) endOffline() error {
	return l.submit(&op{reserve: true, do: func(b *batch) error {
		p, err := newestOffline(b.view)
		if err != nil {
			return err
		}
		return b.runOut(p)
	}})
}

// runOut writes that a period has run out, if it has; p may be nil.
func (b *batch) runOut(p *offlineRecord) error {
	if p == nil || !p.ClosedAt.IsZero() {
		return nil
	}
	until := b.l.runsUntil(p, b.now)
	if until.After(b.now) {
		return nil
	}
	return b.append(&entry{Kind: KindOfflineClosed, Offline: &offlineBody{ID: p.ID, Until: until}}, nil)
}

// runsUntil is when an open period ends, or has ended: by the wall clock or by the monotonic one, whichever is
// earlier. A wall clock that is set back gives it nothing.
func (l *Ledger) runsUntil(p *offlineRecord, now time.Time) time.Time {
	end := l.offlineEnd.Load()
	if end == nil || end.id != p.ID {
		return p.Until
	}
	switch left := end.at - l.opt.Uptime(); {
	case left <= 0 && p.Until.After(now):
		return now
	case now.Add(left).Before(p.Until):
		return now.Add(left)
	}
	return p.Until
}

// armOffline sets the monotonic end of a period that the last process left open.
func (l *Ledger) armOffline() error {
	return l.read(func(_ *bolt.Tx, v *view) error {
		p, err := newestOffline(v)
		if err != nil || p == nil || !p.ClosedAt.IsZero() {
			return err
		}
		left := min(p.Until.Sub(l.opt.Now()), p.Limits.MaxHours)
		l.offlineEnd.Store(&offlineEnd{id: p.ID, at: l.opt.Uptime() + left})
		return nil
	})
}

func newestOffline(v *view) (*offlineRecord, error) {
	id := v.get(keyOffline)
	if id == nil {
		return nil, nil
	}
	p, err := load[offlineRecord](v, tableOffline+string(id))
	if err == nil && p == nil {
		err = fmt.Errorf("%w: offline period %q is missing", ErrDamaged, id)
	}
	return p, err
}

// clockSlack is how far in the future something may have been verified: beyond it the clock was set back, and
// nobody knows how old it is.
const clockSlack = 5 * time.Minute

// offlineFor is the period in which a payment may be charged without the platform's word.
func (b *batch) offlineFor(p *Payment) (string, error) {
	period, err := newestOffline(b.view)
	switch {
	case err != nil:
		return "", err
	case period == nil || !period.ClosedAt.IsZero():
		return "", &OfflineLimitError{Limit: LimitClosed}
	case !b.l.runsUntil(period, b.now).After(b.now):
		return "", &OfflineLimitError{Limit: LimitHours, Of: int64(period.Limits.MaxHours / time.Hour)}
	}
	if err := period.allows(1, p.AmountCents); err != nil {
		return "", err
	}
	if within := period.Limits.VerifiedWithin; within > 0 {
		for _, n := range p.Notices {
			known, ok := b.l.verified.find(n.Creditor, n.Number)
			age := b.now.Sub(known.At)
			if !ok || age > within || age < -clockSlack || known.Cents != n.AmountCents || known.MultiBeneficiary || known.StampDuty || known.Document != "" {
				return "", &OfflineLimitError{Limit: LimitVerified, Of: int64(within / time.Minute)}
			}
		}
	}
	return period.ID, nil
}

// allows holds another charge against the limits that count.
func (p *offlineRecord) allows(payments int, cents int64) error {
	lim := p.Limits
	switch {
	case cents > lim.MaxAmountCents:
		return &OfflineLimitError{Limit: LimitAmount, Of: lim.MaxAmountCents}
	case p.Payments+payments > lim.MaxPayments:
		return &OfflineLimitError{Limit: LimitPayments, Of: int64(lim.MaxPayments)}
	case cents > lim.MaxTotalCents-p.Cents:
		return &OfflineLimitError{Limit: LimitTotal, Of: lim.MaxTotalCents}
	}
	return nil
}

// atRisk is what a payment counts in its offline period: not charged and reversed give back.
func (r *record) atRisk() (payments int, cents int64) {
	if r.State == NotCharged || r.State == Reversed {
		return 0, 0
	}
	return 1, r.cents()
}

// applyAtRisk moves the counts of a payment's offline period after an outcome; before it, it counted as told.
func applyAtRisk(v *view, r *record, payments int, cents int64) error {
	now, nowCents := r.atRisk()
	if r.Offline == "" || now == payments && nowCents == cents {
		return nil
	}
	p, err := load[offlineRecord](v, tableOffline+r.Offline)
	if err != nil {
		return err
	}
	if p == nil {
		return fmt.Errorf("payment %q is of offline period %q, which is not there", r.ID, r.Offline)
	}
	p.Payments += now - payments
	p.Cents += nowCents - cents
	v.store(tableOffline+p.ID, p)
	return nil
}

// applyOfflineCharge counts a payment that is sent in an offline period, which must allow it.
func applyOfflineCharge(v *view, e *entry, r *record) error {
	if r.Offline == "" {
		return nil
	}
	p, err := newestOffline(v)
	if err != nil {
		return err
	}
	if p == nil || p.ID != r.Offline || !p.ClosedAt.IsZero() || !e.At.Before(p.Until) {
		return fmt.Errorf("payment %q is charged in offline period %q, which is not open", r.ID, r.Offline)
	}
	if err := p.allows(1, r.AmountCents); err != nil {
		return fmt.Errorf("payment %q in offline period %q: %w", r.ID, p.ID, err)
	}
	return applyAtRisk(v, r, 0, 0)
}

func applyOffline(v *view, e *entry) error {
	b := e.Offline
	if b == nil {
		return missing(e, "offline")
	}
	p, err := newestOffline(v)
	if err != nil {
		return err
	}
	open := p != nil && p.ClosedAt.IsZero()
	switch {
	case e.Kind == KindOfflineOpened && (open || v.has(tableOffline+b.ID)):
		return fmt.Errorf("offline period %q is opened, and one is there", b.ID)
	case e.Kind == KindOfflineOpened:
		p = &offlineRecord{OfflinePeriod{ID: b.ID, OpenedBy: e.Operator, Reason: b.Reason, OpenedAt: e.At, Until: b.Until,
			Limits: OfflineLimits{MaxAmountCents: b.MaxAmountCents, MaxTotalCents: b.MaxTotalCents, MaxPayments: b.MaxPayments,
				MaxHours: b.MaxHours, VerifiedWithin: b.VerifiedWithin}}}
		v.put(keyOffline, []byte(b.ID))
	case !open || p.ID != b.ID:
		return fmt.Errorf("offline period %q is closed, and is not open", b.ID)
	default:
		p.ClosedAt, p.ClosedBy = b.Until, e.Operator
	}
	v.store(tableOffline+p.ID, p)
	return nil
}

// ranOut says that an intent was refused because its period has run out.
func ranOut(err error) bool {
	var limit *OfflineLimitError
	return errors.As(err, &limit) && limit.Limit == LimitHours
}
