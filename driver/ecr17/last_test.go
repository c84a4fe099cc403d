package ecr17

import (
	"context"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// lost scripts an acknowledged payment whose line is cut; then after may change what the terminal saved.
func lost(after func(p *peer, x ecr17.PaymentRequest)) func(*wire, ecr17.PaymentRequest) {
	return func(w *wire, x ecr17.PaymentRequest) {
		w.ack()
		w.progress("PRESENTARE CARTA")
		after(w.p, x)
		w.close()
	}
}

func lostAndResolved(t *testing.T, exclusivity driver.Exclusivity, before func(p *peer), after func(p *peer, x ecr17.PaymentRequest), check func(t *testing.T, b *bench, o driver.Outcome)) {
	t.Helper()
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.Exclusivity = exclusivity
		if before != nil {
			before(b.peer)
		}
		b.peer.pay = lost(after)
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
		check(t, b, b.resolve())
	})
}

func toPeople(t *testing.T, b *bench, o driver.Outcome) {
	t.Helper()
	b.want(o, driver.Unknown, "awaiting_people")
	if !o.Final {
		t.Fatal("not final")
	}
}

func saleBefore(p *peer)                  { p.save(p.approved(ourCents)) }
func otherBefore(p *peer)                 { p.save(p.approved(500)) }
func refusalBefore(p *peer)               { p.save(p.declined("NEGATA", "100")) }
func nothing(*peer, ecr17.PaymentRequest) {}

// The sale before, same amount, is not taken for ours.
func TestG01PreviousSale(t *testing.T) {
	lostAndResolved(t, driver.Exclusive, saleBefore, nothing, toPeople)
}

// A refusal from before does not invite to try again.
func TestG02PreviousRefusal(t *testing.T) {
	lostAndResolved(t, driver.Exclusive, refusalBefore, nothing, toPeople)
}

func TestG03NewApproval(t *testing.T) {
	after := func(p *peer, x ecr17.PaymentRequest) { p.save(p.approved(x.AmountCents)) }
	lostAndResolved(t, driver.Exclusive, saleBefore, after, func(t *testing.T, b *bench, o driver.Outcome) {
		b.want(o, driver.Charged, "by_evidence")
		if o.Charge.STAN != "000102" || o.Charge.AmountCents != ourCents {
			t.Fatalf("%+v", o.Charge)
		}
	})
	lostAndResolved(t, driver.Manual, saleBefore, after, toPeople)
	lostAndResolved(t, driver.Shared, saleBefore, after, toPeople)
}

func TestNewRefusal(t *testing.T) {
	after := func(p *peer, _ ecr17.PaymentRequest) { p.save(p.declined("NEGATA", "100")) }
	lostAndResolved(t, driver.Exclusive, saleBefore, after, func(t *testing.T, b *bench, o driver.Outcome) {
		b.want(o, driver.NotCharged, "by_evidence")
	})
	lostAndResolved(t, driver.Shared, saleBefore, after, toPeople)
}

func TestG04NewApprovalOfAnotherAmount(t *testing.T) {
	lostAndResolved(t, driver.Exclusive, otherBefore, func(p *peer, _ ecr17.PaymentRequest) { p.save(p.approved(999)) }, toPeople)
}

// The terminal answers G while the sale still runs.
func TestG05SlowSale(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(ourCents))
		b.peer.pay = lost(func(p *peer, x ecr17.PaymentRequest) {
			p.work.Go(func() {
				time.Sleep(4 * time.Minute)
				p.save(p.approved(x.AmountCents))
			})
		})
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
		o = b.resolve()
		toPeople(t, b, o) // four minutes after the last byte the host time fits no more: not by machine
	})
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(ourCents))
		b.peer.pay = lost(func(p *peer, x ecr17.PaymentRequest) {
			p.work.Go(func() {
				time.Sleep(2 * time.Minute)
				p.save(p.approved(x.AmountCents))
			})
		})
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
		b.want(b.resolve(), driver.Charged, "by_evidence")
	})
}

func TestG07Silent(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		b.peer.pay = lost(func(p *peer, _ ecr17.PaymentRequest) { p.on['G'] = func(w *wire, _ []byte) { w.ack() } })
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
		begun := time.Now()
		toPeople(t, b, b.resolve())
		if d := time.Since(begun); d < 15*time.Minute || d > 16*time.Minute {
			t.Fatalf("given up after %v", d)
		}
	})
}

func TestG08EmptyMemory(t *testing.T) {
	empty := func(*peer) []byte {
		return encode(ecr17.Result{Class: ecr17.ClassExtended, TID: ourTID, Code: ecr17.ResultRefused})
	}
	// Empty before and after.
	lostAndResolved(t, driver.Exclusive, func(p *peer) { p.save(empty(p)) }, nothing, toPeople)
	// Cleared in between: not a refusal of ours.
	lostAndResolved(t, driver.Exclusive, saleBefore, func(p *peer, _ ecr17.PaymentRequest) { p.save(empty(p)) }, toPeople)
}

func TestG10ForeignReversal(t *testing.T) {
	lostAndResolved(t, driver.Exclusive, saleBefore, func(p *peer, _ ecr17.PaymentRequest) {
		p.stan++
		p.save(encode(ecr17.Result{Class: ecr17.ClassReversal, TID: ourTID, Code: ecr17.ResultOK, STAN: "000102",
			PAN: ecr17.NewPAN("************1234"), Entry: ecr17.EntryChip, HostTime: ecr17.HostTimeOf(time.Now()), CardType: "2", OnlineID: "000001", ActionCode: "400"}))
	}, toPeople)
}

func TestG12StanBackwards(t *testing.T) {
	lostAndResolved(t, driver.Exclusive, saleBefore, func(p *peer, x ecr17.PaymentRequest) {
		p.stan = 5
		p.save(p.approved(x.AmountCents))
	}, toPeople)
}

func TestG13OtherTerminalID(t *testing.T) {
	lostAndResolved(t, driver.Exclusive, saleBefore, func(p *peer, x ecr17.PaymentRequest) {
		p.save(put(p.approved(x.AmountCents), 1, "87654321"))
	}, toPeople)
}

func TestG14ClockOff(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		const off = 2 * time.Hour
		time.Sleep(48 * time.Hour) // bubbles begin at the turn of a century, which two-digit years do not cross
		b.peer.save(b.peer.approved(ourCents))
		b.peer.on['s'] = func(w *wire, _ []byte) {
			w.ack()
			w.send(encode(ecr17.StatusAnswer{TID: ourTID, Clock: ecr17.ClockOf(time.Now().Add(-off)), State: 2}))
		}
		b.peer.pay = lost(func(p *peer, x ecr17.PaymentRequest) {
			p.save(put(p.approved(x.AmountCents), 41, string(ecr17.HostTimeOf(time.Now().Add(-off)))))
		})
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
		b.want(b.resolve(), driver.Charged, "by_evidence")
	})
}

// L15, Z10: another terminal answers at the address: people, at once.
func TestReplacedTerminal(t *testing.T) {
	begun := time.Time{}
	lostAndResolved(t, driver.Exclusive, func(p *peer) { saleBefore(p); begun = time.Now() },
		func(p *peer, x ecr17.PaymentRequest) { p.tid = "87654321" },
		func(t *testing.T, b *bench, o driver.Outcome) {
			toPeople(t, b, o)
			if d := time.Since(begun); d > time.Minute {
				t.Fatalf("after %v", d)
			}
		})
}

// A late result that arrives while the baseline is asked is not the baseline.
func TestLateResultBeforeBaseline(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		b.peer.on['G'] = func(w *wire, _ []byte) {
			w.send(put(w.p.last(), 60, "000777"))
			w.ack()
			w.send(w.p.last())
		}
		b.peer.pay = approve
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
		if b.rec.baseline.LastSTAN != "000101" {
			t.Fatalf("baseline %q", b.rec.baseline.LastSTAN)
		}
	})
}

// A terminal that says nothing before has nothing to compare with: only a host time that is not before
// the payment makes its result newer.
func TestNoBaseline(t *testing.T) {
	lostAndResolved(t, driver.Exclusive, nil, func(p *peer, x ecr17.PaymentRequest) {
		time.Sleep(time.Minute)
		p.save(p.approved(x.AmountCents))
	}, func(t *testing.T, b *bench, o driver.Outcome) { b.want(o, driver.Charged, "by_evidence") })
	old := func(p *peer, x ecr17.PaymentRequest) {
		p.save(put(p.approved(x.AmountCents), 41, string(ecr17.HostTimeOf(time.Now().Add(-time.Minute)))))
	}
	lostAndResolved(t, driver.Exclusive, nil, old, func(t *testing.T, b *bench, o driver.Outcome) {
		toPeople(t, b, o)
		if o.Preset != driver.Charged {
			t.Fatalf("preset %q", o.Preset)
		}
	})
	lostAndResolved(t, driver.Exclusive, nil, func(p *peer, _ ecr17.PaymentRequest) { p.save(p.declined("NEGATA", "")) }, toPeople)
}

// A baseline that the terminal never told is this process's memory: the same sale may look otherwise when G
// tells it, so that only its host time makes a saved result newer, also after a restart.
func TestUntoldBaseline(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		inBubble(t, func(t *testing.T, b *bench) {
			time.Sleep(48 * time.Hour)
			// The first sale; its result is heard, but G is refused.
			var heard []byte
			b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
				w.ack()
				heard = w.p.approved(x.AmountCents)
				w.send(heard)
			}
			o, _ := b.pay()
			b.want(o, driver.Charged, "approved")
			time.Sleep(time.Minute)
			// The second one is cut off, and G now tells the first one, in other words.
			b.peer.pay = lost(func(p *peer, _ ecr17.PaymentRequest) { p.save(put(heard, 60, "000777")) })
			b.rec = &recorder{peer: newPeer(t)}
			p := payment()
			p.Reference = "RIFA1BBBBBBBB"
			if _, err := b.term.Pay(context.Background(), p, b.rec); err != nil {
				t.Fatal(err)
			}
			if b.rec.baseline.Last == nil || !b.rec.baseline.Untold {
				t.Fatalf("%+v", b.rec.baseline)
			}
			toPeople(t, b, b.resolveAs(driver.Attempt{Payment: p, Baseline: *b.rec.baseline, SentAt: time.Now(), SameProcess: !restarted, Exclusivity: driver.Exclusive}))
		})
	}
}

// A terminal that has answered G once must answer it again before money moves.
func TestBaselineRefusedLater(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		if last, err := b.open().Last(context.Background()); err != nil || !last.Present || last.Charge.STAN != "000101" || !last.Approved || last.Kind != "payment" {
			t.Fatalf("%+v, %v", last, err)
		}
		b.peer.save(nil)
		b.refused(driver.ErrNoBaseline)
		if _, err := b.term.Detect(context.Background(), nil, false); err != nil {
			t.Fatal(err)
		}
		b.refused(driver.ErrNoBaseline) // finding out what it is changes nothing yet
		b.term.(interface{ Forget() }).Forget()
		b.rec = &recorder{peer: b.peer}
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) { w.ack(); w.send(w.p.approved(x.AmountCents)) }
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
		if b.rec.baseline.Last != nil || b.rec.baseline.Untold {
			t.Errorf("baseline %+v", b.rec.baseline)
		}
	})
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.on['G'] = func(w *wire, _ []byte) { w.ack() }
		b.refused(driver.ErrNoBaseline)
	})
}

// After a restart nobody holds the line or remembers what was seen.
func TestAfterRestart(t *testing.T) {
	for _, c := range []struct {
		name  string
		after func(p *peer)
		want  driver.Verdict
	}{
		{"approved", func(p *peer) { p.save(p.approved(ourCents)) }, driver.Charged},
		{"refused", func(p *peer) { p.save(p.declined("NEGATA", "")) }, driver.NotCharged},
		{"nothing", func(*peer) {}, driver.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				b.peer.save(b.peer.approved(ourCents))
				a := driver.Attempt{Payment: payment(), SentAt: time.Now(), Exclusivity: driver.Exclusive, Baseline: driver.Baseline{
					TerminalID: ourTID, Last: b.peer.last(), LastSTAN: "000101", Software: "REL00001",
				}}
				c.after(b.peer)
				time.Sleep(time.Hour)
				o := b.resolveAs(a)
				if o.Verdict != c.want || o.Preset != "" {
					t.Fatalf("%+v", o)
				}
			})
		})
	}
}

// Z08: off for ten minutes, then it tells.
func TestUnreachableForAWhile(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		b.peer.pay = lost(func(p *peer, x ecr17.PaymentRequest) {
			back := time.Now().Add(10 * time.Minute)
			p.save(p.approved(x.AmountCents))
			p.dial = func(int) error {
				if time.Now().Before(back) {
					return context.DeadlineExceeded
				}
				return nil
			}
		})
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
		b.want(b.resolve(), driver.Charged, "by_evidence")
	})
}

// A terminal that serves one client at a time is asked on the attempt's own line.
func TestOneClientOnly(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.call = func(n int, _ *wire) bool { return n <= 2 } // later ones wait in the backlog
		b.peer.save(b.peer.approved(500))
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.p.save(w.p.approved(x.AmountCents))
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
		b.want(b.resolve(), driver.Charged, "by_evidence")
	})
}

func TestResolveEndsWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		onLine := make(chan *wire, 1)
		b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) { w.ack(); onLine <- w }
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
		b.rec.outcomes = nil
		a := driver.Attempt{Payment: payment(), Baseline: *b.rec.baseline, SentAt: time.Now(), SameProcess: true, Exclusivity: driver.Exclusive}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := b.term.Resolve(ctx, a, b.rec); err == nil || len(b.rec.outcomes) > 0 {
			t.Fatalf("%v, %+v", err, b.rec.outcomes)
		}
		// The line is still open: the late word decides the next Resolve.
		b.peer.work.Go(func() { (<-onLine).send(b.peer.approved(ourCents)) })
		b.want(b.resolve(), driver.Charged, "approved")
	})
}

func TestTotals(t *testing.T) {
	for _, c := range []struct {
		answer ecr17.TotalsAnswer
		want   driver.Totals
	}{
		{ecr17.TotalsAnswer{TID: ourTID, Code: ecr17.ResultOK, TotalCents: 4321, HasTotal: true}, driver.Totals{Present: true, Cents: 4321}},
		{ecr17.TotalsAnswer{TID: ourTID, Code: ecr17.ResultOK}, driver.Totals{}}, // blank is not zero
		{ecr17.TotalsAnswer{TID: ourTID, Code: ecr17.ResultRefused}, driver.Totals{}},
	} {
		inBubble(t, func(t *testing.T, b *bench) {
			b.peer.on['T'] = func(w *wire, _ []byte) { w.ack(); w.progress("ATTENDERE"); w.send(encode(c.answer)) }
			if got, err := b.open().Totals(context.Background()); err != nil || got != c.want {
				t.Fatalf("%+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}
