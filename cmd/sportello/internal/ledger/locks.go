package ledger

import (
	"slices"
	"strings"
	"time"
)

// lockKeys are the locks of a payment: each notice, its position on the platform and its document.
func lockKeys(notices []Notice) []string {
	var keys []string
	add := func(key string) {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	for _, n := range notices {
		add(tableLocks + "n/" + n.Creditor + "/" + n.Number)
		if n.Position != "" {
			add(tableLocks + "p/" + n.Position)
		}
		if n.Document != "" {
			add(documentLock(n))
		}
	}
	return keys
}

func documentLock(n Notice) string { return tableLocks + "d/" + n.Creditor + "/" + n.Document }

// locks are the locks of a payment that was sent, without those that were given back one by one.
func (r *record) locks() []string {
	return slices.DeleteFunc(lockKeys(r.Notices), func(key string) bool { return slices.Contains(r.FreeLocks, key) })
}

// freeDocument gives the document of a registered notice back, so that its next instalment can be paid;
// not before every notice of it in this payment is registered.
func freeDocument(v *view, r *record, of Notice) {
	if of.Document == "" || slices.ContainsFunc(r.Notices, func(n Notice) bool {
		return n.Document == of.Document && n.Creditor == of.Creditor && n.Registration != RegDone
	}) {
		return
	}
	freeLock(v, r, documentLock(of))
}

// freeRefunded gives back the locks that only refunded notices hold: their debts may be paid again.
func freeRefunded(v *view, r *record) {
	owed := lockKeys(slices.DeleteFunc(slices.Clone(r.Notices), func(n Notice) bool { return n.Refunded }))
	for _, key := range r.locks() {
		if !slices.Contains(owed, key) {
			freeLock(v, r, key)
		}
	}
}

// freeLock gives one lock back while the payment goes on.
func freeLock(v *view, r *record, key string) {
	if !slices.Contains(r.FreeLocks, key) {
		releaseLock(v, r, key)
		r.FreeLocks = append(r.FreeLocks, key)
	}
}

// lockHolders are the payments that hold a lock: one, or more after a late charge.
func lockHolders(v *view, key string) []string { return strings.Fields(string(v.get(key))) }

// holdersAt are those of them that hold it still: a reversed payment holds until the token's life has
// passed without a receipt of ours. freeAt is when the last of those will be gone, if nothing else holds.
func holdersAt(v *view, key string, at time.Time) (ids []string, freeAt time.Time, err error) {
	fast := false
	for _, id := range lockHolders(v, key) {
		r, err := loadRecord(v, id)
		if err != nil {
			return nil, time.Time{}, err
		}
		switch {
		case r.holdsNotices() != holdUntil:
			fast = true
		case !at.Before(r.Reversal.FreeAt):
			continue
		case r.Reversal.FreeAt.After(freeAt):
			freeAt = r.Reversal.FreeAt
		}
		ids = append(ids, id)
	}
	if fast {
		freeAt = time.Time{}
	}
	return ids, freeAt, nil
}

// dayOld: of a reversal as old as that no clock's jump matters any more.
const dayOld = 24 * time.Hour

// holdersNow are holdersAt of this moment, for what is about to be decided: the token's life must have passed
// by the monotonic clock, too, which a wall clock that jumps does not shorten. It starts again with the
// process (design 3.10), but not for a reversal that is more than a day old.
func (l *Ledger) holdersNow(v *view, key string, at time.Time) (ids []string, freeAt time.Time, err error) {
	if ids, freeAt, err = holdersAt(v, key, at); err != nil || len(ids) > 0 {
		return ids, freeAt, err
	}
	for _, id := range lockHolders(v, key) {
		r, err := loadRecord(v, id)
		if err != nil {
			return nil, time.Time{}, err
		}
		lived := l.opt.Uptime()
		if began, here := l.undone.Load(id); here {
			lived -= began.(time.Duration)
		} else if at.Sub(r.Reversal.EndedAt) > dayOld {
			continue
		}
		if left := tokenLife - lived; left > 0 {
			ids = append(ids, id)
			if until := at.Add(left); until.After(freeAt) {
				freeAt = until
			}
		}
	}
	return ids, freeAt, nil
}

// takeLock makes a payment the only holder of a lock that is free at this moment.
func takeLock(v *view, key string, r *record, at time.Time) (holders []string, err error) {
	holders, _, err = holdersAt(v, key, at)
	if len(holders) == 0 && err == nil {
		v.put(key, []byte(r.ID))
	}
	return holders, err
}

// joinLocks makes a payment a holder of all its locks, beside who holds them meanwhile.
func joinLocks(v *view, r *record) {
	for _, key := range r.locks() {
		if holders := lockHolders(v, key); !slices.Contains(holders, r.ID) {
			v.put(key, []byte(strings.Join(append(holders, r.ID), " ")))
		}
	}
}

func releaseLocks(v *view, r *record) {
	for _, key := range r.locks() {
		releaseLock(v, r, key)
	}
}

func releaseLock(v *view, r *record, key string) {
	holders := lockHolders(v, key)
	left := slices.DeleteFunc(slices.Clone(holders), func(id string) bool { return id == r.ID })
	switch {
	case len(left) == len(holders):
	case len(left) == 0:
		v.del(key)
	default:
		v.put(key, []byte(strings.Join(left, " ")))
	}
}

func historyKey(creditor, number string) string {
	return tableHistory + creditor + "/" + number + "/"
}
