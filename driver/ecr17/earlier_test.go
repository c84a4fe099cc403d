package ecr17

import (
	"sync/atomic"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// Some terminals tell their last result but one: what G gives is always the payment before.

// TestLastButOne: the payment before is heard, the next one's line is cut, and G, which has moved on by one, now tells
// the payment before. That is new against the baseline, and is not this payment's.
func TestLastButOne(t *testing.T) {
	for name, before := range map[string]func(p *peer) []byte{
		"a refusal":              func(p *peer) []byte { return p.declined("NEGATA", "116") },
		"a cancel":               func(p *peer) []byte { return p.cancelled() },
		"an approval of so much": func(p *peer) []byte { return p.approved(ourCents) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				b.peer.save(b.peer.approved(500))
				said := before(b.peer)
				b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) {
					w.ack()
					w.tell(said)
					w.close()
				}
				if o, _ := b.pay(); o.Verdict == driver.Unknown {
					t.Fatalf("%+v", o)
				}
				b.next()
				b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) {
					w.ack()
					b.peer.save(said)
					w.close()
				}
				o, _ := b.pay()
				b.want(o, driver.Unknown, "line_lost")
				toPeople(t, b, b.resolve())
			})
		})
	}
}

// TestLastButOneAfterRestart is the same in a new process: only the ledger knows the payment before.
func TestLastButOneAfterRestart(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		said := b.peer.approved(ourCents)
		b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) {
			w.ack()
			b.peer.save(said)
			w.close()
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
		b.term.Close()
		b.term = nil
		p := payment()
		p.KnownResult = func(_ []byte, stan string) bool { return stan == "000102" }
		toPeople(t, b, b.resolveAs(driver.Attempt{Payment: p, Baseline: *b.rec.baseline, SentAt: time.Now(), Exclusivity: driver.Exclusive}))
	})
}

// TestWordOnTheNextLine: the line of the payment dies, and the terminal says its result, which was not confirmed, on
// the next one, that of a question. It has saved nothing, and its total is the one from before: but it has said
// "approved".
func TestWordOnTheNextLine(t *testing.T) {
	for name, c := range map[string]struct {
		said func(p *peer) []byte
		want driver.Verdict
	}{
		"approved":         {func(p *peer) []byte { return p.approved(ourCents) }, driver.Unknown},
		"refused":          {func(p *peer) []byte { return p.declined("NEGATA", "116") }, driver.NotCharged},
		"the one before":   {func(p *peer) []byte { return p.last() }, driver.NotCharged},
		"another reversal": {undone, driver.NotCharged},
	} {
		t.Run(name, func(t *testing.T) {
			lostSale(t, driver.Shared, &driver.Total{Cents: 5000, Measured: true}, "", func(b *bench) {
				b.peer.shows(nil, totalOf(5000))
				said := c.said(b.peer)
				b.peer.on['s'] = func(w *wire, _ []byte) {
					if said != nil {
						w.send(said)
						said = nil
					}
					w.ack()
					w.status()
				}
			}, func(t *testing.T, b *bench, o driver.Outcome) {
				if o.Verdict != c.want || o.Verdict == driver.Unknown && (!o.Final || o.Preset != driver.Charged) {
					t.Fatalf("%+v", o)
				}
			})
		})
	}
}

// TestNAKAndWordElsewhere: the terminal refuses the command with NAK, carries it out all the same, and says so on the
// line of the check (R06).
func TestNAKAndWordElsewhere(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		var said atomic.Pointer[[]byte]
		b.peer.on['s'] = func(w *wire, _ []byte) {
			if word := said.Swap(nil); word != nil {
				w.send(*word)
			}
			w.ack()
			w.status()
		}
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			word := w.p.approved(x.AmountCents)
			said.Store(&word)
			w.nak()
			w.close()
		}
		o, _ := b.pay()
		if o.Verdict != driver.Unknown {
			t.Fatalf("%+v", o)
		}
	})
}

// TestNumberedRefusalUntold: a terminal that tells no last result repeats, within the sale, a refusal of a payment whose
// word nobody heard. Where the pre-flight was not smooth it may have had that to say; where it was, it is ours.
func TestNumberedRefusalUntold(t *testing.T) {
	for name, c := range map[string]struct {
		rough bool
		want  driver.Verdict
	}{"rough": {true, driver.Unknown}, "smooth": {false, driver.NotCharged}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				asked := 0
				b.peer.on['s'] = func(w *wire, _ []byte) {
					if asked++; asked == 4 && c.rough {
						return // unheard, and asked again
					}
					w.ack()
					w.status()
				}
				b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) {
					w.ack()
					w.progress("PRESENTARE CARTA")
					w.tell(w.p.declined("NEGATA", "116"))
					w.wait(10 * time.Second)
					w.progress("DIGITARE PIN")
				}
				o, _ := b.pay()
				if o.Verdict != c.want {
					t.Fatalf("%+v after %d", o, asked)
				}
			})
		})
	}
}

// TestOlderRefusedReversal: the terminal gives the money back, dies before it has saved that, and tells an older
// reversal that was refused.
func TestOlderRefusedReversal(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		older := unwilling(b.peer) // 000101
		b.peer.save(b.peer.approved(ourCents))
		b.peer.on['S'] = func(w *wire, _ []byte) {
			w.ack()
			b.peer.save(older)
			w.close()
		}
		v := driver.Reversal{Reference: payment().Reference, STAN: "000102", AmountCents: ourCents}
		o, _ := b.reverse(v)
		b.want(o, driver.Unknown, "line_lost")
		toPeople(t, b, b.resolveReversal(v, true))
	})
}

// TestTotalThatLeavesUsOut: a terminal counts payments like ours in another total. After the first one that is seen,
// and its total proves nothing any more; once it is seen to count, it does again.
func TestTotalThatLeavesUsOut(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		total := int64(5000)
		b.peer.shows(nil, func() int64 { return total })
		b.open().Commission(driver.Passport{TerminalID: ourTID, Software: "REL00001", Scope: b.peer.scope.String(), TotalsBefore: true})
		sale := func(partial bool) {
			t.Helper()
			b.next()
			b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
				w.ack()
				w.tell(w.p.approved(x.AmountCents))
				w.close()
			}
			o, _ := b.pay()
			if o.Verdict != driver.Charged || b.rec.baseline.Total.Partial != partial || !b.rec.baseline.Total.Measured {
				t.Fatalf("%+v, %+v", o, b.rec.baseline.Total)
			}
		}
		sale(false)
		b.next()
		b.peer.pay = lost(nothing)
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
		toPeople(t, b, b.resolve())
		sale(true)
		total += ourCents // it counts after all
		sale(false)
	})
}

// TestOvertaken: people had to decide about a payment, another one was made on the terminal and refused, and then the
// first one is asked about again. What the terminal has saved is the other one's, on a terminal that is ours alone, too.
func TestOvertaken(t *testing.T) {
	for name, said := range map[string]func(p *peer) []byte{
		"refused":  func(p *peer) []byte { return p.declined("NEGATA", "116") },
		"approved": func(p *peer) []byte { return p.approved(ourCents) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				b.peer.save(b.peer.approved(500))
				b.peer.pay = lost(nothing)
				o, _ := b.pay()
				b.want(o, driver.Unknown, "line_lost")
				toPeople(t, b, b.resolve())
				first := driver.Attempt{Payment: payment(), Baseline: *b.rec.baseline, SentAt: time.Now(), SameProcess: true, Exclusivity: driver.Exclusive}
				b.next()
				b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) {
					w.ack()
					b.peer.save(said(w.p))
					w.tell(w.p.last())
					w.close()
				}
				other := payment()
				other.Reference = "RIFA1OTHERONE"
				if _, err := b.open().Pay(t.Context(), other, b.rec); err != nil {
					t.Fatal(err)
				}
				toPeople(t, b, b.resolveAs(first))
			})
		})
	}
}

// TestApprovalBehindRefusal: a refusal that nothing tells from this payment's own comes first, and the approval right
// behind it. The refusal is recorded; the approval is not acknowledged, and not lost.
func TestApprovalBehindRefusal(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.send(w.p.declined("NEGATA", "116"))
			w.wait(200 * time.Millisecond)
			w.send(w.p.approved(x.AmountCents))
		}
		o, _ := b.pay()
		b.want(o, driver.NotCharged, "declined")
		acked := b.peer.received("ACK")
		if !b.term.(*terminal).Heard(payment().Reference) {
			t.Fatal("not heard")
		}
		if n := b.peer.received("ACK"); n != acked {
			t.Fatal("acknowledged before it is recorded")
		}
		b.want(b.resolve(), driver.Charged, "approved")
		time.Sleep(time.Second)
		if b.after == nil || !b.after.Acked || b.peer.received("ACK") != acked+1 {
			t.Fatalf("%+v, %d ACKs after %d", b.after, b.peer.received("ACK"), acked)
		}
	})
}
