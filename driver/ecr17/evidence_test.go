package ecr17

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// shows makes the peer answer R with this text and T with what total gives; "" and nil: NAK.
func (p *peer) shows(text func() string, total func() int64) {
	p.on['R'] = func(w *wire, _ []byte) {
		if text == nil {
			w.nak()
			return
		}
		w.ack()
		for _, part := range ecr17.SplitTicket(p.tid, text()) {
			w.send(encode(part))
		}
	}
	p.on['T'] = func(w *wire, _ []byte) {
		if total == nil {
			w.nak()
			return
		}
		w.ack()
		w.send(encode(ecr17.TotalsAnswer{TID: p.tid, Code: ecr17.ResultOK, TotalCents: total(), HasTotal: true}))
	}
}

func commission(b *bench) {
	b.open().Commission(driver.Passport{TerminalID: ourTID, Software: "REL00001", Scope: b.peer.scope.String(),
		Supports: "sGTRE", Prints: driver.AnswerYes, Reprints: driver.AnswerYes})
}

// lostSale is a payment whose line is cut after the ACK, on a terminal that is ours alone; then answers the
// questions of Resolve as the test says.
func lostSale(t *testing.T, x driver.Exclusivity, before *driver.Total, previous string, f func(b *bench), check func(t *testing.T, b *bench, o driver.Outcome)) {
	t.Helper()
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.Exclusivity = x
		b.peer.save(b.peer.approved(500))
		b.peer.pay = lost(nothing)
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
		commission(b)
		base := *b.rec.baseline
		base.Total, base.Previous = before, previous
		f(b)
		check(t, b, b.resolveAs(driver.Attempt{
			Payment: payment(), Baseline: base, SentAt: time.Now(), SameProcess: true, Exclusivity: x,
			Knows: func(r string) bool { return strings.HasPrefix(r, "RIFA1") },
		}))
	})
}

func text(s string) func() string  { return func() string { return s } }
func totalOf(c int64) func() int64 { return func() int64 { return c } }
func kinds17(o driver.Outcome) (k []string) {
	for _, e := range o.Evidence {
		k = append(k, e.Kind)
	}
	return k
}

// D28: nothing newer saved, the quiet time over, and the last receipt is the one from before.
func TestReceiptFromBefore(t *testing.T) {
	for _, x := range exclusivities {
		lostSale(t, x, nil, previousReference, func(b *bench) { b.peer.shows(text("ACQUISTO}"+previousReference+"}\x1b"), nil) },
			func(t *testing.T, b *bench, o driver.Outcome) {
				b.want(o, driver.NotCharged, "by_evidence")
				if n := b.peer.received("R"); n != 1 {
					t.Errorf("asked %d times", n)
				}
				i := slices.Index(kinds17(o), "ticket")
				if i < 0 || !strings.Contains(string(o.Evidence[i].Raw), previousReference) {
					t.Errorf("%+v", o.Evidence)
				}
				if b.peer.received("T") > 0 {
					t.Error("a total was asked that there is nothing to compare with")
				}
			})
	}
}

// The reference is found where the paper cut it, and a card number on the slip does not leave this PC.
func TestReceiptOursAndTotal(t *testing.T) {
	cut := "PAN 4000001234567899}{" + ourReference + "}\x1b" // double width: 12 characters to a line
	lostSale(t, driver.Exclusive, &driver.Total{Cents: 5000, Measured: true}, "", func(b *bench) { b.peer.shows(text(cut), totalOf(5000+ourCents)) },
		func(t *testing.T, b *bench, o driver.Outcome) {
			b.want(o, driver.Charged, "by_evidence")
			for _, e := range o.Evidence {
				if strings.Contains(string(e.Raw)+e.Text, "4000001234567899") {
					t.Errorf("card number in %q", e.Kind)
				}
			}
			if k := kinds17(o); !slices.Contains(k, "totals") || !slices.Contains(k, "ticket") {
				t.Errorf("evidence %v", k)
			}
		})
}

// T0 decides on any terminal when it was measured; zero from before, or a close in between, does not.
func TestTotals18(t *testing.T) {
	for _, c := range []struct {
		name        string
		x           driver.Exclusivity
		before, now int64
		measured    bool
		want        result
	}{
		{"T0 measured", driver.Shared, 5000, 5000, true, not},
		{"T0 computed, ours alone", driver.Exclusive, 5000, 5000, false, not},
		{"T0 computed", driver.Shared, 5000, 5000, false, clerkNo},
		{"zero both times", driver.Exclusive, 0, 0, true, clerk},
		{"just our amount", driver.Exclusive, ourCents, ourCents, true, clerk},
		{"G17: closed", driver.Exclusive, 5000, ourCents, true, clerk},
		{"T1", driver.Exclusive, 5000, 5000 + ourCents, true, charged},
		{"T1 computed", driver.Exclusive, 5000, 5000 + ourCents, false, clerkYes},
		{"T1 elsewhere", driver.Manual, 5000, 5000 + ourCents, true, clerkYes},
		{"T2", driver.Exclusive, 5000, 5000 + 2*ourCents, true, clerk},
	} {
		t.Run(c.name, func(t *testing.T) {
			lostSale(t, c.x, &driver.Total{Cents: c.before, Measured: c.measured}, "", func(b *bench) { b.peer.shows(nil, totalOf(c.now)) },
				func(t *testing.T, b *bench, o driver.Outcome) {
					if got := (result{o.Verdict, o.Preset, o.Verdict == driver.Unknown && !o.Final}); got != c.want {
						t.Errorf("%+v (%s); want %+v", got, o.Reason.Text, c.want)
					}
					if n := b.peer.received("R"); n != 3 { // one question, repeated after each NAK like any other
						t.Errorf("R asked %d times", n)
					}
				})
		})
	}
}

// A blank total is absent, never zero; silence is asked a few times, and never for ever.
func TestTotalBlankOrSilent(t *testing.T) {
	lostSale(t, driver.Exclusive, &driver.Total{Cents: 5000, Measured: true}, "", func(b *bench) {
		b.peer.shows(nil, nil)
		b.peer.on['T'] = func(w *wire, _ []byte) {
			w.ack()
			w.send(encode(ecr17.TotalsAnswer{TID: ourTID, Code: ecr17.ResultOK}))
		}
	}, toPeople)
	lostSale(t, driver.Exclusive, &driver.Total{Cents: 5000, Measured: true}, "", func(b *bench) {
		b.peer.on['R'] = func(*wire, []byte) {}
		b.peer.on['T'] = func(*wire, []byte) {}
	}, func(t *testing.T, b *bench, o driver.Outcome) {
		toPeople(t, b, o)
		if r, n := b.peer.received("R"), b.peer.received("T"); r > 3*mostQuestions || n > 3*mostQuestions {
			t.Errorf("R %d times, T %d times", r, n)
		}
	})
}

// Without a passport that allows it R is not asked.
func TestReprintNeedsThePassport(t *testing.T) {
	lostSale(t, driver.Exclusive, nil, previousReference, func(b *bench) {
		b.peer.shows(text(previousReference+"}\x1b"), nil)
		b.open().Commission(driver.Passport{})
	}, func(t *testing.T, b *bench, o driver.Outcome) {
		toPeople(t, b, o)
		if b.peer.received("R") > 0 {
			t.Error("asked all the same")
		}
	})
}

// Under E3 another's refusal after ours decides nothing until the quiet time is over and the total is the
// one from before: the sale may still be running.
func TestForeignRefusalWaitsForTheTotal(t *testing.T) {
	begun := time.Time{}
	lostSale(t, driver.Shared, &driver.Total{Cents: 5000, Measured: true}, "", func(b *bench) {
		begun = time.Now()
		b.peer.save(b.peer.declined("NEGATA", "100"))
		b.peer.shows(nil, totalOf(5000))
	}, func(t *testing.T, b *bench, o driver.Outcome) {
		b.want(o, driver.NotCharged, "by_evidence")
		if d := time.Since(begun); d < 4*time.Minute {
			t.Errorf("judged after %v", d)
		}
	})
}

func TestReferences(t *testing.T) {
	for _, c := range []struct {
		text  string
		want  []string
		whole int
	}{
		{"ACQUISTO}RIFA1ABCDEFGH}\x1b", []string{"RIFA1ABCDEFGH"}, 1},
		{"TRANSAZIONE RIFIUTATA}TRANSAZ}", []string{"RIFIUTATATRAN"}, 0}, // by chance, across lines
		{"XRIFA1ABCDEFGH}RIFB2ZZZZZZZZ}\x1bRIFA1ABCDEFGH}\x1b", []string{"RIFA1ABCDEFGH", "RIFB2ZZZZZZZZ"}, 2},
		{"RIFERIMENTO 12345678}", nil, 0},
	} {
		if got := references(c.text); !slices.Equal(got, c.want) || len(wholeReferences(c.text)) != c.whole {
			t.Errorf("%q: %q, whole %q", c.text, got, wholeReferences(c.text))
		}
	}
}

// D26: the word that comes after Resolve has given up is kept, also when another procedure has closed the
// line since, and decides when the attempt is taken up again. It is acknowledged only then.
func TestD26AfterGivingUp(t *testing.T) {
	for _, between := range []string{"nothing", "status", "payment"} {
		t.Run(between, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				b.peer.save(b.peer.approved(500))
				say := make(chan bool)
				first := true
				b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
					w.ack()
					if !first {
						w.send(b.peer.cancelled())
						return
					}
					first = false
					late := b.peer.approved(x.AmountCents)
					b.peer.work.Go(func() {
						<-say
						w.send(late)
					})
				}
				o, _ := b.pay()
				b.want(o, driver.Unknown, "no_answer")
				acks := b.peer.received("ACK")
				toPeople(t, b, b.resolve())
				say <- true
				time.Sleep(time.Second)
				a := driver.Attempt{Payment: payment(), Baseline: *b.rec.baseline, SentAt: time.Now(), SameProcess: true, Exclusivity: driver.Exclusive}
				switch between {
				case "status":
					if _, err := b.open().Status(context.Background()); err != nil {
						t.Fatal(err)
					}
				case "payment":
					next := payment()
					next.Reference = "RIFA1JJJJJJJJ"
					if _, err := b.open().Pay(context.Background(), next, &recorder{peer: newPeer(t)}); err != nil {
						t.Fatal(err)
					}
				}
				b.want(b.resolveAs(a), driver.Charged, "approved")
				if b.after == nil || b.after.Acked != (between == "nothing") || b.peer.received("ACK") == acks {
					t.Fatalf("%+v", b.after)
				}
			})
		})
	}
}
