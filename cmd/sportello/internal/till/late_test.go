package till

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// speaks puts a late word into the terminal: the next Resolve brings it.
func (d *terminal) speaks(o driver.Outcome) {
	d.script(func(d *terminal) {
		d.ops.heard = true
		d.late = &driver.Aftermath{Acked: true, Ticket: "scontrino tardivo", TicketComplete: true}
		d.resolve = func(_ context.Context, _ driver.Attempt, r driver.Recorder) error {
			d.script(func(d *terminal) { d.ops.heard = false })
			return r.Outcome(o)
		}
	})
}

// TestLateWordIsHeard: what the terminal says after everybody gave up is heard before people decide, and whenever
// somebody looks; it concludes by itself, and an answer that did not know of it is stale (ECR17 L13, D26).
func TestLateWordIsHeard(t *testing.T) {
	ctx := context.Background()
	acts := map[string]func(*world, local.Payment) error{
		"propose": func(w *world, p local.Payment) error {
			_, err := w.resolve(clerk, p, local.AnswerNotCharged)
			return err
		},
		"countersign": func(w *world, p local.Payment) error { _, err := w.countersign(chief, p, true); return err },
		"free":        func(w *world, _ local.Payment) error { _, err := w.act(clerk, "free"); return err },
		"look":        nil,
		"status":      nil,
	}
	for name, act := range acts {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				d := w.terminals[0]
				p := w.unknown("r1", 1, "")
				if name == "countersign" {
					if _, err := w.resolve(clerk, p, local.AnswerNotCharged); err != nil {
						t.Fatal(err)
					}
				}
				entries := w.ledger.Stats().Entries
				for range 3 { // nothing was said: nothing is asked, and nothing written
					time.Sleep(time.Minute)
					if w.shown(p.ID).EvidenceSeq != p.EvidenceSeq || w.ledger.Stats().Entries != entries || w.steps.count("resolve") != 1 {
						t.Fatal("a look has changed something")
					}
				}
				d.speaks(d.approve(driver.Payment{AmountCents: price}))
				time.Sleep(59 * time.Second) // the till's own look, a minute after the last, may hear it first
				switch name {
				case "look":
					if v := w.shown(p.ID); v.State != local.StateCharged {
						t.Errorf("%s", v.State)
					}
				case "status":
					if _, err := w.act(clerk, "status"); err != nil {
						t.Error(err)
					}
				default:
					wantCode(t, act(w, p), local.CodeStateChanged)
				}
				got := w.wantState(p.ID, ledger.Charged)
				if got.Charge == nil || got.Charge.AuthCode != "A12345" || len(got.ResolvedBy) != 0 || !got.Acked || got.Proposal != nil {
					t.Errorf("%+v", got)
				}
				if a := d.read().attempts; len(a) != 2 || !a[1].SameProcess || a[1].Reference != p.Reference {
					t.Errorf("%+v", a)
				}
				if slip, err := w.ledger.Ticket(p.ID); err != nil || slip != "scontrino tardivo" {
					t.Errorf("%q %v", slip, err)
				}
				if v := w.terminal("cassa1"); v.Locked {
					t.Errorf("%+v", v)
				}
				w.wantIdle()
				// It is heard once.
				w.steps.forget()
				_, _ = w.till.Payment(ctx, p.ID)
				if _, err := w.act(clerk, "status"); err != nil || w.steps.count("heard?") != 0 {
					t.Errorf("%v %q", err, w.steps.all())
				}
			})
		})
	}
}

// TestLateWordAfterPeople decided, and while another payment had the terminal: a charge is taken up with its
// case, and one that people had found is not contradicted by its own word.
func TestLateWordAfterPeople(t *testing.T) {
	for answer, cause := range map[local.Answer]local.Code{local.AnswerNotCharged: local.CodeLateCharge, local.AnswerCharged: ""} {
		bubble(t, func(t *testing.T, w *world) {
			d := w.terminals[0]
			p := w.unknown("r1", 1, "")
			v, err := w.resolve(clerk, p, answer)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = w.countersign(chief, v, true); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			word := d.approve(driver.Payment{AmountCents: price})
			word.Charge.STAN = "000001" // as the evidence had it before people
			d.script(func(d *terminal) {
				d.word = func(_ context.Context, p driver.Payment) driver.Outcome {
					defer d.speaks(word)
					return d.approve(p)
				}
			})
			if _, err := w.act(chief, "adopt"); err != nil {
				t.Fatal(err)
			}
			w.receipt(w.shown(p.ID))
			if _, err := w.pay(request("r2", "cassa1", notice(2))); err != nil {
				t.Fatal(err)
			}
			w.wantState(p.ID, ledger.Charged)
			cases, err := w.till.Cases(context.Background(), false)
			if err != nil || (len(cases) == 1) != (cause != "") || len(cases) == 1 && cases[0].Cause.Code != string(cause) {
				t.Errorf("%s: %+v %v", answer, cases, err)
			}
			w.wantIdle()
		})
	}
}

// TestLateWordOfAReversal: likewise.
func TestLateWordOfAReversal(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		p := w.charged("r1", 1)
		d.script(func(d *terminal) {
			d.ops.undo = func(context.Context) driver.Outcome { return lost("") }
			d.ops.resolveReversal = func(_ context.Context, r driver.Recorder) error { return r.Outcome(people) }
		})
		if _, err := w.reverse(chief, p.ID); err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Reversing)
		seen := w.shown(p.ID)
		time.Sleep(time.Minute)
		d.script(func(d *terminal) {
			d.ops.heard = true
			d.ops.resolveReversal = func(_ context.Context, r driver.Recorder) error { return r.Outcome(d.reversed()) }
		})
		_, err := w.resolve(clerk, seen, local.AnswerNotReversed)
		wantCode(t, err, local.CodeStateChanged)
		w.wantState(p.ID, ledger.Reversed)
		if a := d.read().ops.reversals; len(a) != 2 || !a[1].SameProcess {
			t.Errorf("%+v", a)
		}
		w.wantIdle()
	}, reversible)
}
