package settle

import (
	"slices"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// afterFlow has the end of the first working day come a day after each charge.
func afterFlow(o *Options) {
	o.FlowDue = func(p ledger.Payment) time.Time { return p.SentAt.Add(24 * time.Hour) }
}

// looks are when the receipts of the notice were asked for, in hours since the start, and forgets them.
func (w *world) looks(from time.Duration) (hours []float64) {
	for _, at := range w.times() {
		if at >= from.Seconds() {
			hours = append(hours, at/3600)
		}
	}
	return hours
}

// TestSecondReceiptLater: what comes after our registration is a case, once: a receipt of ours, one of somebody else, or
// the platform's word that the debt is irregular. The notice stays registered by the first.
func TestSecondReceiptLater(t *testing.T) {
	for name, row := range map[string]struct {
		receipt []govpay.Receipt
		state   govpay.State
		cause   string
		after   time.Duration
	}{
		"ours once more":              {[]govpay.Receipt{rec("b")}, "", "receipt_twice", 20 * time.Minute},
		"ours, by the recovery":       {[]govpay.Receipt{rec("b")}, "", "receipt_twice", 30 * time.Hour},
		"another provider":            {[]govpay.Receipt{rec("b", psp("ALTRO"))}, "", "paid_elsewhere", 20 * time.Minute},
		"irregular":                   {nil, govpay.StateAnomalous, "debt_anomalous", 20 * time.Minute},
		"one that cannot be read":     {[]govpay.Receipt{rec("b", noProof)}, "", "debt_anomalous", 20 * time.Minute},
		"paid, as it should be":       {nil, govpay.StatePaid, "", 20 * time.Minute},
		"refused, which says nothing": {[]govpay.Receipt{rec("b", negative)}, govpay.StatePaid, "", 20 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(t *testing.T, w *world) {
				k := w.worker(afterFlow)
				w.add("P1", noticeA, ledger.Charged)
				w.give(iuvA, rec("a"))
				time.Sleep(row.after)
				if w.registration("P1") != ledger.RegDone {
					t.Fatal("not registered")
				}
				for _, r := range row.receipt {
					w.give(iuvA, r)
				}
				w.change(func(p *portal) { p.positions = map[string]govpay.Position{noticeA: {State: row.state}} })
				want := []string{}
				if row.cause != "" {
					want = []string{row.cause}
				}
				time.Sleep(time.Hour + 20*time.Hour)
				for range 3 {
					if got := w.causes(); !slices.Equal(got, want) {
						t.Fatalf("cases %v, want %v", got, want)
					}
					k.Close() // nor is it told again after a start
					k = w.worker(afterFlow)
					time.Sleep(time.Hour)
				}
				w.mu.Lock()
				defer w.mu.Unlock()
				if n := w.payments["P1"].Notices[0]; n.Registration != ledger.RegDone || n.ReceiptID != "a" || n.Reason.Code != row.cause {
					t.Errorf("%+v", n)
				}
				k.Close()
			})
		})
	}
}

// TestSecondLooksAreFew: a registered notice is looked at when the token's life is over and on the day of the flow, and
// then not any more; a start looks once more while that lasts, and never at what is older.
func TestSecondLooksAreFew(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		k := w.worker(afterFlow)
		w.add("P1", noticeA, ledger.Charged)
		w.give(iuvA, rec("a"))
		time.Sleep(10 * 24 * time.Hour)
		got := w.looks(time.Minute)
		want := []float64{0.58, 34, 42}
		if len(got) != len(want) || slices.ContainsFunc(got, func(h float64) bool {
			return !slices.ContainsFunc(want, func(x float64) bool { return h >= x && h < x+0.01 })
		}) {
			t.Errorf("looked at %v hours, want %v", got, want)
		}
		k.Close()
		k = w.worker(afterFlow)
		time.Sleep(24 * time.Hour)
		if got := w.looks(time.Minute); len(got) != 0 {
			t.Errorf("ten days later, after a start, at %v", got)
		}
		w.add("P2", notice(2), ledger.Charged)
		w.give(notice(2)[1:], rec("b"))
		time.Sleep(time.Minute)
		k.Close()
		_ = w.times()
		w.start = time.Now()
		k = w.worker(afterFlow)
		time.Sleep(23 * time.Hour)
		if got := w.looks(0); len(got) != 1 || got[0] < 0.16 || got[0] > 0.17 {
			t.Errorf("after a start, at %v", got)
		}
		k.Close()
	})
}

// TestSecondLooksGiveWay: while the platform is away they are not what asks whether it is there.
func TestSecondLooksGiveWay(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		k := w.worker(afterFlow)
		w.add("P1", noticeA, ledger.Charged)
		w.give(iuvA, rec("a"))
		time.Sleep(30 * time.Minute)
		_ = w.times()
		w.failWith(func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeUnavailable} })
		time.Sleep(10 * time.Hour)
		if got := w.times(); len(got) != 1 {
			t.Errorf("asked at %v", got)
		}
		w.failWith(nil)
		w.give(iuvA, rec("b"))
		k.PlatformAnswered()
		time.Sleep(10 * time.Minute)
		if got := w.causes(); !slices.Equal(got, []string{"receipt_twice"}) {
			t.Errorf("cases %v", got)
		}
		k.Close()
	})
}

// TestSecondLooksEnd: of what the platform does not let us look at, either, nothing is asked for ever.
func TestSecondLooksEnd(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		k := w.worker(afterFlow)
		defer k.Close()
		w.add("P1", noticeA, ledger.Charged)
		w.give(iuvA, rec("a"))
		time.Sleep(30 * time.Minute)
		w.failWith(func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeForbidden, Status: 403} })
		time.Sleep(5 * 24 * time.Hour)
		_ = w.times()
		time.Sleep(24 * time.Hour)
		if got := w.times(); len(got) != 0 {
			t.Errorf("asked %d times on the seventh day", len(got))
		}
	})
}
