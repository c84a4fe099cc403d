package ledger

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"sportello/driver"
)

var offlineLimits = OfflineLimits{MaxAmountCents: 2000, MaxTotalCents: 5000, MaxPayments: 4, MaxHours: 8 * time.Hour}

// still is a monotonic clock that stands, for tests of the wall clock alone.
func still(o *Options) { o.Uptime = func() time.Duration { return time.Hour } }

func offlineIntent(n int, cents int64) Intent {
	in := intent(n)
	in.Notices[0].AmountCents, in.AmountCents, in.OfflineCharge = cents, cents, true
	return in
}

func wantLimit(t testing.TB, err error, limit string, of int64) {
	t.Helper()
	var e *OfflineLimitError
	if !errors.As(err, &e) || e.Limit != limit || e.Of != of || !errors.Is(err, ErrOfflineLimit) {
		t.Errorf("%v, want %s %d", err, limit, of)
	}
}

func TestOfflineLimits(t *testing.T) {
	l := open(t, t.TempDir(), still)
	if p, open, err := l.Offline(); open || err != nil || p.ID != "" {
		t.Fatalf("%+v %t %v", p, open, err)
	}
	_, err := l.Intend(offlineIntent(1, 1000))
	wantLimit(t, err, LimitClosed, 0)
	if _, err := l.CloseOffline("capo"); !errors.Is(err, ErrOfflineClosed) {
		t.Error(err)
	}
	for _, bad := range []func(*OfflineLimits){
		func(o *OfflineLimits) { o.MaxAmountCents = 0 }, func(o *OfflineLimits) { o.MaxTotalCents = -1 }, func(o *OfflineLimits) { o.MaxPayments = 0 },
		func(o *OfflineLimits) { o.MaxHours = 0 }, func(o *OfflineLimits) { o.VerifiedWithin = -1 },
	} {
		lim := offlineLimits
		bad(&lim)
		if _, err := l.OpenOffline("capo", "fibra interrotta", lim); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", lim, err)
		}
	}
	for _, who := range [][2]string{{"", "x"}, {"capo", " "}} {
		if _, err := l.OpenOffline(who[0], who[1], offlineLimits); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", who, err)
		}
	}
	p := must(l.OpenOffline("capo", "fibra interrotta", offlineLimits))(t)
	if p.OpenedBy != "capo" || p.Reason != "fibra interrotta" || !p.Until.Equal(p.OpenedAt.Add(8*time.Hour)) || p.Limits != offlineLimits || !p.ClosedAt.IsZero() {
		t.Fatalf("%+v", p)
	}
	if _, err := l.OpenOffline("capo", "x", offlineLimits); !errors.Is(err, ErrOfflineOpen) {
		t.Error(err)
	}
	charge := func(n int, cents int64) Payment {
		t.Helper()
		in := offlineIntent(n, cents)
		in.Terminal = "cassa" + in.RequestID
		q := must(l.Intend(in))(t)
		if q.Offline != p.ID {
			t.Fatalf("%+v", q)
		}
		return q
	}
	wantCounts := func(payments int, cents int64) {
		t.Helper()
		for range 2 {
			if now, open, err := l.Offline(); err != nil || !open || now.Payments != payments || now.Cents != cents || now.ID != p.ID {
				t.Errorf("%+v %t %v, want %d, %d", now, open, err, payments, cents)
			}
			l = reopen(t, l)
		}
	}
	_, err = l.Intend(offlineIntent(1, 2001))
	wantLimit(t, err, LimitAmount, 2000)
	a, b := charge(1, 2000), charge(2, 2000)
	wantCounts(2, 4000)
	_, err = l.Intend(offlineIntent(3, 1001))
	wantLimit(t, err, LimitTotal, 5000)
	c := charge(3, 1000)
	wantCounts(3, 5000)
	// Nothing that is verified counts, or is held up.
	in := intent(50)
	in.Terminal = "cassa50"
	if q := must(l.Intend(in))(t); q.Offline != "" {
		t.Errorf("%+v", q)
	}
	must(l.Conclude(a.ID, verdict(driver.NotCharged, "declined")))(t)
	wantCounts(2, 3000)
	must(l.Conclude(b.ID, verdict(driver.Unknown, "no_answer")))(t)
	wantCounts(2, 3000)
	con := charged("000042")
	con.Outcome.Charge.AmountCents = 1100 // the terminal says another amount: that is what is at risk
	must(l.Conclude(c.ID, con))(t)
	wantCounts(2, 3100)
	must(l.Reverse(c.ID, "capo", "rev", reversalBaseline))(t)
	wantCounts(2, 3100)
	must(l.Conclude(c.ID, verdict(driver.Reversed, "reversed")))(t)
	wantCounts(1, 2000)
	charge(4, 100)
	charge(5, 100)
	charge(6, 100)
	wantCounts(4, 2300)
	_, err = l.Intend(offlineIntent(7, 100))
	wantLimit(t, err, LimitPayments, 4)
	// Held for not charged, and charged after all: it counts again, though that is more than was allowed.
	must(l.Conclude(a.ID, charged("000041")))(t)
	wantCounts(5, 2300+1250)
	end := must(l.CloseOffline("vice"))(t)
	if end.ClosedBy != "vice" || end.ClosedAt.IsZero() || end.Payments != 5 {
		t.Errorf("%+v", end)
	}
	_, err = l.Intend(offlineIntent(8, 100))
	wantLimit(t, err, LimitClosed, 0)
	must(l.Conclude(b.ID, verdict(driver.NotCharged, "by_evidence")))(t)
	if now, open, err := l.Offline(); err != nil || open || now.Payments != 4 || now.ClosedBy != "vice" {
		t.Errorf("%+v %t %v", now, open, err)
	}
	next := must(l.OpenOffline("capo", "di nuovo", offlineLimits))(t)
	if next.ID == p.ID || next.Payments != 0 {
		t.Errorf("%+v", next)
	}
}

// TestOfflineVerified: where the limits ask for it, only what was verified here lately and as it was.
func TestOfflineVerified(t *testing.T) {
	clock := newClock()
	l := open(t, t.TempDir(), still, func(o *Options) { o.Now = clock.now })
	lim := offlineLimits
	lim.VerifiedWithin = time.Hour
	must(l.OpenOffline("capo", "x", lim))(t)
	refused := func(what string) {
		t.Helper()
		if _, err := l.Intend(offlineIntent(1, 1000)); err == nil {
			t.Fatal(what)
		} else {
			wantLimit(t, err, LimitVerified, 60)
		}
	}
	refused("never verified")
	for _, change := range []func(*Verified){
		func(v *Verified) { v.Cents = 999 }, func(v *Verified) { v.MultiBeneficiary = true }, func(v *Verified) { v.StampDuty = true },
		func(v *Verified) { v.Document = "PIANO" }, func(v *Verified) { v.At = clock.now().Add(-2 * time.Hour) }, func(v *Verified) { v.At = clock.now().Add(time.Hour) },
	} {
		v := Verified{Creditor: creditor, Number: number(1), Cents: 1000}
		change(&v)
		if err := l.RememberVerified(v); err != nil {
			t.Fatal(err)
		}
		refused("verified otherwise")
	}
	if err := l.RememberVerified(Verified{Creditor: creditor, Number: number(1), Cents: 1000}); err != nil {
		t.Fatal(err)
	}
	l = reopen(t, l)
	must(l.Intend(offlineIntent(1, 1000)))(t)
}

// TestOfflineClocks: a period ends by the wall clock or by the monotonic one, whichever is earlier, and so it does
// after a restart. Whoever sees it first has the end written.
func TestOfflineClocks(t *testing.T) {
	for _, c := range []struct {
		name    string
		wait    time.Duration // of the monotonic clock, in all
		jump    time.Duration // of the wall clock
		restart time.Duration // after how long; 0: none
		open    bool
	}{
		{"not yet", 7*time.Hour + 59*time.Minute, 0, 0, true},
		{"run out", 8 * time.Hour, 0, 0, false},
		{"the wall clock is set forward", time.Hour, 7 * time.Hour, 0, false},
		{"the wall clock is set back", 8 * time.Hour, -5 * time.Hour, 0, false},
		{"the wall clock is set back, early", 7 * time.Hour, -5 * time.Hour, 0, true},
		{"restarted", 7 * time.Hour, 0, 3 * time.Hour, true},
		{"restarted, run out", 8 * time.Hour, 0, 3 * time.Hour, false},
		{"restarted, set back after", 8 * time.Hour, -5 * time.Hour, 3 * time.Hour, false},
		{"restarted, set forward after", 4 * time.Hour, 4 * time.Hour, 3 * time.Hour, false},
	} {
		for _, ask := range []string{"look", "charge", "close", "open"} {
			t.Run(c.name+"/"+ask, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var jump time.Duration
					real := func(o *Options) { o.Now, o.Uptime = func() time.Time { return time.Now().Add(jump) }, nil }
					dir := t.TempDir()
					l := open(t, dir, real)
					p := must(l.OpenOffline("capo", "x", offlineLimits))(t)
					if c.restart > 0 {
						time.Sleep(c.restart)
						if err := l.Close(); err != nil {
							t.Fatal(err)
						}
						l = open(t, dir, real)
					}
					jump = c.jump
					time.Sleep(c.wait - c.restart)
					entries := l.Stats().Entries
					switch ask {
					case "look":
						if now, open, err := l.Offline(); err != nil || open != c.open || now.ClosedAt.IsZero() != c.open || now.ClosedAt.After(p.Until.Add(c.jump+time.Hour)) {
							t.Errorf("%+v %t %v", now, open, err)
						}
					case "charge":
						_, err := l.Intend(offlineIntent(1, 1000))
						if (err == nil) != c.open {
							t.Errorf("%v", err)
						}
						if !c.open {
							wantLimit(t, err, LimitHours, 8)
						} else {
							entries++
						}
					case "close":
						now, err := l.CloseOffline("capo")
						if (err == nil) != c.open || c.open && now.ClosedBy != "capo" || !c.open && !errors.Is(err, ErrOfflineClosed) {
							t.Errorf("%+v %v", now, err)
						}
						entries++
					case "open":
						_, err := l.OpenOffline("capo", "x", offlineLimits)
						if (err == nil) != !c.open || c.open && !errors.Is(err, ErrOfflineOpen) {
							t.Error(err)
						}
						if !c.open {
							return
						}
					}
					if !c.open && ask != "close" {
						entries++
					}
					for range 2 {
						if now, open, err := l.Offline(); err != nil || open != (c.open && ask != "close") || (now.ClosedBy == "") != (ask != "close" || !c.open) {
							t.Errorf("then: %+v %t %v", now, open, err)
						}
					}
					if got := l.Stats().Entries; got != entries {
						t.Errorf("%d entries, not %d", got, entries)
					}
				})
			})
		}
	}
}

// TestOfflineFlushes: the limits cost the money path no flush.
func TestOfflineFlushes(t *testing.T) {
	l := open(t, t.TempDir(), still)
	lim := offlineLimits
	lim.MaxPayments, lim.MaxTotalCents = 1000, 1_000_000
	must(l.OpenOffline("capo", "x", lim))(t)
	for i := range 50 {
		before, start := l.db.Stats(), l.Stats().Commits
		p := must(l.Intend(offlineIntent(i, 1250)))(t)
		must(l.Conclude(p.ID, charged("000042")))(t)
		after := l.db.Stats()
		if n := l.Stats().Commits - start; n != 2 || after.Sub(&before).TxN > 2 {
			t.Fatalf("payment %d: %d commits", i, n)
		}
		must(l.Aftermath(p.ID, driver.Aftermath{Acked: true}))(t)
	}
}
