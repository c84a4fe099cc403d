package till

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

var delivered = driver.Passport{TerminalID: "12345678", Software: "1.0", Scope: "stx+payload+etx", Supports: "sGTR",
	ClockOffset: 3 * time.Minute, Prints: driver.AnswerYes}

// commission finds out what the terminal is, as the installer does.
func (w *world) commission() {
	w.t.Helper()
	w.terminals[0].script(func(d *terminal) { d.ops.passport, d.ops.picky = delivered, true })
	rep, err := w.till.TerminalAction(context.Background(), chief, "cassa1", "detect", local.ActionRequest{RequestID: "d", QuietTotals: true})
	if err != nil {
		w.t.Fatal(err)
	}
	if p := rep.Passport; p == nil || p.Software != "1.0" || p.ClockSeconds != 180 || p.Prints != "yes" || !p.TotalsBefore || len(p.Changed) != 0 {
		w.t.Errorf("%+v", p)
	}
}

// TestDetect writes the passport and puts it in force, now and at the next start.
func TestDetect(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		if v := w.terminal("cassa1"); v.Passport != nil {
			t.Errorf("%+v", v)
		}
		_, err := w.till.TerminalAction(context.Background(), clerk, "cassa1", "detect", local.ActionRequest{RequestID: "d", QuietTotals: true})
		wantCode(t, err, local.CodeForbiddenRole)
		w.commission()
		d := w.terminals[0]
		if p := d.read().ops.inForce; p == nil || p.Software != "1.0" {
			t.Errorf("%+v", p)
		}
		if v := w.hub.shown("cassa1"); v.Passport == nil || v.Passport.Software != "1.0" {
			t.Errorf("%+v", v.Passport)
		}
		w.restart()
		synctest.Wait()
		if p := d.read().ops.inForce; p == nil || p.Software != "1.0" || !p.TotalsBefore {
			t.Errorf("after a start: %+v", p)
		}
	})
}

// TestOtherSoftware: the payment is made all the same, once, and IT learns of it by a case.
func TestOtherSoftware(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.commission()
		d := w.terminals[0]
		d.script(func(d *terminal) { d.ops.passport.Software = "2.0" })
		p := w.charged("r1", 1)
		if n := w.steps.count("frame"); n != 1 || w.steps.count("pay") != 2 {
			t.Errorf("%d frames, %d calls", n, w.steps.count("pay"))
		}
		now := d.read().ops
		if now.inForce.Software != "2.0" || now.inForce.TotalsBefore || !slices.Equal(now.quiet, []bool{true, false}) {
			t.Errorf("%+v %v", now.inForce, now.quiet)
		}
		synctest.Wait()
		if v := w.hub.shown("cassa1"); v.Light != local.LightReady || v.Reason == nil || v.Reason.Code != string(local.CodePassportLearned) || !strings.Contains(v.Reason.Text, "2.0") {
			t.Errorf("the clerk reads %+v", v.Reason)
		}
		if v := w.hub.shown("cassa1"); v.Passport == nil || v.Passport.Software != "2.0" || !slices.Contains(v.Passport.Changed, "software") {
			t.Errorf("%+v", v.Passport)
		}
		if c, err := w.till.Cases(context.Background(), false); err != nil || len(c) != 1 || c[0].Cause.Code != string(local.CodePassportChanged) || c[0].Terminal != "cassa1" {
			t.Errorf("%+v %v", c, err)
		}
		if got := w.payment(p.ID); got.State != ledger.Charged {
			t.Errorf("%+v", got)
		}
		w.wantIdle()
	})
}

// TestOtherTerminal: another id or scope takes no payment until a supervisor has commissioned it.
func TestOtherTerminal(t *testing.T) {
	for _, change := range []func(*driver.Passport){
		func(p *driver.Passport) { p.TerminalID = "87654321" },
		func(p *driver.Passport) { p.Scope = "payload" },
	} {
		bubble(t, func(t *testing.T, w *world) {
			w.commission()
			d := w.terminals[0]
			d.script(func(d *terminal) { change(&d.ops.passport) })
			for range 2 {
				_, err := w.pay(request("r1", "cassa1", notice(1)))
				wantCode(t, err, local.CodePassportChanged)
			}
			if w.steps.count("frame") != 0 {
				t.Error("a frame has left")
			}
			if p := d.read().ops.inForce; *p != delivered && p.Scope != delivered.Scope {
				t.Errorf("in force: %+v", p)
			}
			if v := w.terminal("cassa1"); v.Light != local.LightNotReady || v.Reason == nil || v.Reason.Code != string(local.CodePassportChanged) {
				t.Errorf("%+v", v)
			}
			if _, err := w.till.TerminalAction(context.Background(), chief, "cassa1", "detect", local.ActionRequest{RequestID: "d"}); err != nil {
				t.Fatal(err)
			}
			if v := w.terminal("cassa1"); v.Light != local.LightReady {
				t.Errorf("%+v", v)
			}
			p, err := w.pay(request("r2", "cassa1", notice(1)))
			if err != nil {
				t.Fatal(err)
			}
			w.wantState(p.ID, ledger.Charged)
		})
	}
}

// TestDetectByAClerk: what would put another id or scope in force is told and changes nothing; other software
// alone may be learned by anybody.
func TestDetectByAClerk(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*driver.Passport)
		pending bool
	}{
		"terminal_id": {func(p *driver.Passport) { p.TerminalID = "87654321" }, true},
		"scope":       {func(p *driver.Passport) { p.Scope = "payload" }, true},
		"software":    {func(p *driver.Passport) { p.Software = "2.0" }, false},
	} {
		bubble(t, func(t *testing.T, w *world) {
			w.commission()
			d := w.terminals[0]
			d.script(func(d *terminal) {
				c.change(&d.ops.passport)
				d.ops.passport.OneClient = driver.AnswerYes
				d.ops.passport.Refuses = "G"
			})
			before := *d.read().ops.inForce
			rep, err := w.till.TerminalAction(context.Background(), clerk, "cassa1", "detect", local.ActionRequest{RequestID: "d2"})
			if err != nil || rep.Passport == nil || rep.Passport.Pending != c.pending || !slices.Contains(rep.Passport.Changed, name) || rep.Passport.OneClient != "yes" {
				t.Fatalf("%s: %+v %v", name, rep.Passport, err)
			}
			now := d.read().ops
			kept, shown := *now.inForce == before, w.terminal("cassa1").Passport
			if kept != c.pending || (shown.Software == before.Software && shown.Scope == before.Scope && shown.TerminalID == before.TerminalID) != c.pending {
				t.Errorf("%s: in force %+v, in the ledger %+v", name, now.inForce, shown)
			}
			if cases, err := w.till.Cases(context.Background(), false); err != nil || (len(cases) == 0) != c.pending {
				t.Errorf("%s: %+v", name, cases)
			}
			if v := w.terminal("cassa1").Passport; v.Pending || slices.Contains(v.Changed, name) == c.pending {
				t.Errorf("%s: shown %+v", name, v)
			}
			if forgot := now.forgot > 0; forgot == c.pending {
				t.Errorf("%s: what was remembered is forgotten: %t", name, forgot)
			}
			rep, err = w.till.TerminalAction(context.Background(), chief, "cassa1", "detect", local.ActionRequest{RequestID: "d3"})
			if err != nil || rep.Passport.Pending || *d.read().ops.inForce == before {
				t.Errorf("%s by a supervisor: %+v %v", name, rep.Passport, err)
			}
		})
	}
}

// TestForgotten: a terminal whose memory was cleared, and that does not tell its last result any more, begins
// anew when a person has it checked, and not before: neither where it tells it, nor where it is learned again by
// itself.
func TestForgotten(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.commission() // it tells
		d := w.terminals[0]
		if n := d.read().ops.forgot; n != 0 {
			t.Errorf("forgotten %d times", n)
		}
		d.script(func(d *terminal) {
			d.ops.passport.Software, d.ops.passport.Supports, d.ops.passport.Refuses = "2.0", "sT", "G"
		})
		w.charged("r1", 1)
		if n := d.read().ops.forgot; n != 0 {
			t.Errorf("learned again by itself: forgotten %d times", n)
		}
		if _, err := w.till.TerminalAction(context.Background(), clerk, "cassa1", "detect", local.ActionRequest{RequestID: "d2"}); err != nil {
			t.Fatal(err)
		}
		if n := d.read().ops.forgot; n != 1 {
			t.Errorf("forgotten %d times", n)
		}
	})
}

// TestOneOutstanding: until the first receipt a terminal has one charge waiting for its own (design 5.6).
func TestOneOutstanding(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		if v := w.terminal("cassa1"); !v.Unproven {
			t.Errorf("%+v", v)
		}
		p := w.charged("r1", 1)
		_, err := w.pay(request("r2", "cassa1", notice(2)))
		if e := refusal(t, err, local.CodeTerminalUnproven); e.PaymentID != p.ID {
			t.Errorf("%+v", e)
		}
		w.wantIdle()
		w.receipt(w.shown(p.ID))
		w.till.Changed(p.ID)
		if v := w.hub.shown("cassa1"); v.Unproven {
			t.Errorf("%+v", v)
		}
		w.charged("r3", 2)
		w.charged("r4", 3)
	})
}

// TestWithoutReceipts: three late receipts stop the terminal, and their coming lets it go on.
func TestWithoutReceipts(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		w.charged("r0", 9)
		w.receipts = false
		var late []string
		for i, id := range []string{"r1", "r2", "r3"} {
			p := w.charged(id, i)
			late = append(late, p.ID)
		}
		for _, id := range late {
			if _, err := w.ledger.Register(ledger.RegistrationChange{PaymentID: id, To: ledger.RegAwaiting, Reason: driver.Reason{Code: string(local.CodeReceiptLate)}}); err != nil {
				t.Fatal(err)
			}
			w.till.Changed(id)
		}
		_, err := w.pay(request("r4", "cassa1", notice(4)))
		wantCode(t, err, local.CodeTerminalWithoutReceipts)
		if v := w.hub.shown("cassa1"); v.Stopped == nil || v.Light != local.LightNotReady || v.Reason == nil || v.Reason.Code != string(local.CodeTerminalWithoutReceipts) {
			t.Errorf("%+v", v)
		}
		w.wantIdle()
		w.receipt(w.shown(late[1]))
		w.till.Changed(late[1])
		if v := w.hub.shown("cassa1"); v.Stopped != nil || v.Light != local.LightReady {
			t.Errorf("%+v", v)
		}
		w.charged("r5", 4)
	})
}

// TestWhatTheDriverIsTold: the last receipt and the computed total go with a payment.
func TestWhatTheDriverIsTold(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		d := w.terminals[0]
		if _, err := w.act(clerk, "totals"); err != nil { // measured
			t.Fatal(err)
		}
		p := w.charged("r1", 1)
		w.charged("r2", 2)
		o := d.read().ops.orders
		if len(o) != 2 || o[0].Expected == nil || *o[0].Expected != 4200 || o[1].Expected == nil || *o[1].Expected != 4200+price {
			t.Fatalf("%+v", o)
		}
		ts, err := w.ledger.Terminal("cassa1")
		if err != nil || o[1].Previous != "" && o[1].Previous != p.Reference || ts.Total == nil || *ts.Total != 4200+2*price {
			t.Errorf("%+v %+v %v", o[1], ts, err)
		}
		d.script(func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
			d.resolve = finds(people)
		})
		u, err := w.pay(request("r3", "cassa1", notice(3)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(u.ID, ledger.Unknown)
		a := d.read().attempts
		if len(a) != 1 || a[0].Knows == nil || !a[0].Knows(p.Reference) || a[0].Knows("RIFA1ZZZZZZZZ") {
			t.Errorf("%+v", a)
		}
	})
}

// TestLease: who has the terminal, and since when, while it lasts.
func TestLease(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		going := make(chan struct{})
		d.script(func(d *terminal) {
			d.before = func(context.Context) error { <-going; return nil }
			d.status = func(ctx context.Context) error { <-going; return nil }
		})
		begun := time.Now()
		done := make(chan error, 1)
		go func() {
			_, err := w.act(chief, "status")
			done <- err
		}()
		synctest.Wait()
		if v := w.hub.shown("cassa1"); v.Lease == nil || v.Lease.Holder != "status" || v.Lease.Operator != chief.ID || !v.Lease.Since.Equal(begun) {
			t.Errorf("%+v", v.Lease)
		}
		going <- struct{}{}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if v := w.hub.shown("cassa1"); v.Lease != nil {
			t.Errorf("%+v", v.Lease)
		}
		paid := w.payAside(context.Background(), request("r1", "cassa1", notice(1)))
		synctest.Wait()
		at := time.Now().Add(-time.Second)
		d.script(func(d *terminal) { d.ops.lease = driver.Lease{Holder: "pay", Since: at} })
		if v := w.terminal("cassa1"); v.Lease == nil || v.Lease.Holder != "pay" || v.Lease.Operator != clerk.ID || !v.Lease.Since.Equal(at) {
			t.Errorf("%+v", v.Lease)
		}
		d.script(func(d *terminal) { d.ops.lease = driver.Lease{} })
		close(going)
		if a := <-paid; a.err != nil {
			t.Fatal(a.err)
		}
		synctest.Wait()
		if v := w.hub.shown("cassa1"); v.Lease != nil {
			t.Errorf("%+v", v.Lease)
		}
	})
}
