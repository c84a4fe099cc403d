package till

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// TestOrder: nothing is sent before the intent is durable, and the outcome is durable before the terminal
// hears that we have it.
func TestOrder(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.terminals[0].script(func(d *terminal) {
			d.before = func(context.Context) error {
				if s := w.ledger.Stats(); s.Entries != 0 {
					t.Errorf("%d entries before the intent", s.Entries)
				}
				return nil
			}
			d.word = func(_ context.Context, p driver.Payment) driver.Outcome {
				if s, err := w.ledger.Notice(comune, notice(1)); err != nil || s.Holder == "" {
					t.Errorf("the frame is out and nobody holds the notice: %v", err)
				}
				return d.approve(p)
			}
		})
		w.steps.forget()
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil || p.State != local.StateSent {
			t.Fatalf("%s %v", p.State, err)
		}
		w.wantState(p.ID, ledger.Charged)
		want := []string{"pay", "intend.before", "intend.after", "frame", "conclude.before", "conclude.after", "ack",
			"aftermath.before", "aftermath.after"}
		if got := w.steps.all(); !slices.Equal(got, want) {
			t.Errorf("steps %q, want %q", got, want)
		}
		if n := w.ledger.Stats().Commits; n != 3 {
			t.Errorf("%d commits, want intent, outcome and slip", n)
		}
		w.wantIdle()
	})
}

// TestEventsAndSnapshot follows a payment on the screens: every event is part of a snapshot taken while
// it is published, even by the hub itself.
func TestEventsAndSnapshot(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var seen []string
		w.hub.inside = func(e local.Event) {
			s, err := w.till.Snapshot(context.Background(), clerk)
			if err != nil {
				t.Error(err)
				return
			}
			switch {
			case e.Payment != nil:
				seen = append(seen, "payment "+string(e.Payment.State))
				if !slices.ContainsFunc(s.Payments, func(p local.Payment) bool { return p.ID == e.Payment.ID && p.State == e.Payment.State }) {
					t.Errorf("the snapshot lacks %s", e.Payment.State)
				}
			case e.Activity != nil:
				seen = append(seen, "activity "+e.Activity.Phase)
				if e.Activity.Phase == "" != (len(s.Activities) == 0) {
					t.Errorf("activity %q, in the snapshot %v", e.Activity.Phase, s.Activities)
				}
				if e.Activity.RequestID != "r1" || e.Activity.Phase == "card" && e.Activity.PaymentID == "" {
					t.Errorf("%+v", e.Activity)
				}
			case e.Terminal != nil:
				seen = append(seen, "terminal "+string(e.Terminal.Light))
				if s.Terminals[0].Light != e.Terminal.Light {
					t.Errorf("terminal %s, in the snapshot %s", e.Terminal.Light, s.Terminals[0].Light)
				}
			}
		}
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Charged)
		want := []string{"activity connecting", "terminal busy", "payment sent", "activity card", "payment charged",
			"activity receipt", "payment charged", "activity ", "terminal ready"}
		if !slices.Equal(seen, want) {
			t.Errorf("events %q, want %q", seen, want)
		}
		s, err := w.till.Snapshot(context.Background(), chief)
		if err != nil {
			t.Fatal(err)
		}
		if s.Version != "test" || s.Language != "it" || s.Operator != chief || len(s.Creditors) != 2 || s.Creditors[0].Name != "Comune di Esempio" ||
			s.Platform.Light != local.LightUnknown || s.Activities == nil || len(s.Payments) != 1 || s.Terminals[0].Label != "Cassa 1" {
			t.Errorf("%+v", s)
		}
	})
}

// TestPaymentView: every field of a payment as others see it.
func TestPaymentView(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		req := request("r1", "cassa1", notice(1), notice(2))
		req.RetryOf = "A1-00000009"
		p, err := w.pay(req)
		if err != nil {
			t.Fatal(err)
		}
		if p.ID != "A1-00000001" || p.State != local.StateSent || p.Charge != nil || p.HasReceipt || p.ResolvedBy == nil {
			t.Errorf("when sent: %+v", p)
		}
		w.wantState(p.ID, ledger.Charged)
		v, err := w.till.Payment(context.Background(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if v.RequestID != "r1" || v.RetryOf != req.RetryOf || v.Installation != "A1" || v.AmountCents != 2*price || v.Terminal != "cassa1" ||
			v.Operator != "anna" || v.Settlement != local.SettlementTerminal || v.ReceiptNumber != "2000/1" || v.AccountingDay != "2000-01-01" ||
			!v.HasReceipt || v.Reason == nil || v.Reason.Code != "approved" || v.Reason.Text == "" || v.NeedsPeople {
			t.Errorf("%+v", v)
		}
		if !strings.HasPrefix(v.Reference, "RIFA1") || len(v.Reference) != 13 {
			t.Errorf("reference %q", v.Reference)
		}
		c := v.Charge
		if c == nil || c.STAN != "000001" || c.AuthCode != "A12345" || c.PAN != "************1234" || c.AmountCents != 2*price || c.HostTime == nil ||
			c.DCC == nil || *c.DCC != (local.DCC{Currency: "USD", Amount: "000000001341", Decimals: "2", Rate: "00010870"}) {
			t.Errorf("%+v", c)
		}
		for i, n := range v.Notices {
			if n.Creditor != comune || n.Number != notice(i+1) || n.AmountCents != price || n.Description != "TARI 2026" ||
				n.Registration != local.RegistrationAwaitingReceipt || n.ReceiptDue == nil || n.Late {
				t.Errorf("notice %d: %+v", i, n)
			}
		}
		slip, err := w.till.Receipt(context.Background(), p.ID)
		if err != nil || slip.Text != "SCONTRINO" || !slip.Complete {
			t.Errorf("%+v %v", slip, err)
		}
		queue, err := w.till.Queue(context.Background())
		if err != nil || len(queue) != 2 || queue[0].Late || queue[0].State != local.RegistrationAwaitingReceipt {
			t.Errorf("%+v %v", queue, err)
		}
		time.Sleep(30*time.Minute + time.Second)
		if queue, err = w.till.Queue(context.Background()); err != nil || !queue[1].Late {
			t.Errorf("after half an hour: %+v %v", queue, err)
		}
		if _, err = w.till.Payment(context.Background(), "A1-00000099"); codeOf(t, err) != local.CodeNotFound {
			t.Error(err)
		}
		rep, err := w.till.Check(context.Background())
		if r, ok := rep.(ledger.Report); err != nil || !ok || len(r.Problems) > 0 {
			t.Errorf("%+v %v", rep, err)
		}
	})
}

// TestDecline: the notice is free again, and the reason is in plain words.
func TestDecline(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		d.script(func(d *terminal) {
			d.word = func(_ context.Context, p driver.Payment) driver.Outcome { return d.decline(p) }
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.NotCharged)
		v, _ := w.till.Payment(context.Background(), p.ID)
		if !strings.Contains(v.Reason.Text, "disponibilità insufficiente") {
			t.Errorf("%q", v.Reason.Text)
		}
		w.wantIdle()
		d.script(func(d *terminal) { d.word = nil })
		again := request("r2", "cassa1", notice(1))
		again.RetryOf = p.ID
		if p, err = w.pay(again); err != nil || p.RetryOf == "" {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Charged)
		if l := w.terminal("cassa1").Light; l != local.LightReady {
			t.Errorf("light %s", l)
		}
	})
}

// TestSnapshotOrder: newest first, the unfinished of other days, too.
func TestSnapshotOrder(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		for i := range 2 {
			d := w.terminals[i]
			d.script(func(d *terminal) {
				d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
				d.resolve = finds(people)
			})
			if _, err := w.pay(request(fmt.Sprint("old", i), d.name, notice(i+1))); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(48 * time.Hour)
		w.terminals[2].script(func(*terminal) {})
		for i := range 2 {
			if _, err := w.pay(request(fmt.Sprint("new", i), "cassa3", notice(i+3))); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		s, err := w.till.Snapshot(context.Background(), clerk)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, p := range s.Payments {
			ids = append(ids, p.RequestID)
		}
		if want := []string{"new1", "new0", "old1", "old0"}; !slices.Equal(ids, want) {
			t.Errorf("%q, want %q", ids, want)
		}
	}, withTwo, func(w *world) { w.add("cassa3") })
}

// TestCallerLeaves: whoever asked may go at any time; the payment goes on.
func TestCallerLeaves(t *testing.T) {
	for _, phase := range []string{"before the platform answers", "in pre-flight", "after sent"} {
		t.Run(phase, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				gate := make(chan struct{})
				switch phase {
				case "before the platform answers":
					w.platform.answer(func(ctx context.Context, creditor, number string) (govpay.Position, error) {
						select {
						case <-gate:
							return debt(creditor, number), nil
						case <-ctx.Done():
							return govpay.Position{}, ctx.Err()
						}
					})
				case "in pre-flight":
					w.terminals[0].script(func(d *terminal) {
						d.before = func(ctx context.Context) error {
							select {
							case <-gate:
								return nil
							case <-ctx.Done():
								return ctx.Err()
							}
						}
					})
				case "after sent":
					w.terminals[0].script(func(d *terminal) {
						d.word = func(_ context.Context, p driver.Payment) driver.Outcome { <-gate; return d.approve(p) }
					})
				}
				ctx, leave := context.WithCancel(context.Background())
				first := w.payAside(ctx, request("r1", "cassa1", notice(1)))
				synctest.Wait()
				leave()
				synctest.Wait()
				if a := <-first; phase != "after sent" && a.err == nil {
					t.Errorf("the caller left and got %+v", a.p)
				}
				second := w.payAside(context.Background(), request("r1", "cassa1", notice(1)))
				synctest.Wait()
				close(gate)
				a := <-second
				if a.err != nil {
					t.Fatal(a.err)
				}
				w.wantState(a.p.ID, ledger.Charged)
				if n := w.steps.count("pay"); n != 1 {
					t.Errorf("%d driver calls", n)
				}
				w.wantIdle()
			})
		})
	}
}

// TestNeverOlder lets the platform's side publish all the time while payments go on. It runs in real time,
// so that goroutines race.
func TestNeverOlder(t *testing.T) {
	w := newWorld(t)
	const payments, publishers = 4, 6
	var now atomic.Pointer[string]
	var ended atomic.Bool
	var all sync.WaitGroup
	for range publishers {
		all.Go(func() {
			for !ended.Load() {
				if id := now.Load(); id == nil {
					runtime.Gosched()
				} else {
					w.till.Changed(*id)
				}
			}
		})
	}
	for i := range payments {
		var p local.Payment
		for {
			var err error
			if p, err = w.pay(request(fmt.Sprint("r", i), "cassa1", notice(i))); err == nil {
				break
			}
			if wantCode(t, err, local.CodeTerminalBusy); t.Failed() {
				break
			}
		}
		now.Store(&p.ID)
		for w.payment(p.ID).State != ledger.Charged {
			runtime.Gosched()
		}
		if _, err := w.ledger.Register(ledger.RegistrationChange{PaymentID: p.ID, To: ledger.RegDone, ReceiptID: "x"}); err != nil {
			t.Error(err)
		}
		w.till.Changed(p.ID)
	}
	w.till.Close()
	ended.Store(true)
	all.Wait()
}
