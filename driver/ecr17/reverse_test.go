package ecr17

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// undo is the terminal's answer to a reversal.
func (p *peer) undo(code ecr17.ResultCode, change func(*ecr17.Result)) []byte {
	p.stan++
	r := ecr17.Result{Class: ecr17.ClassReversal, TID: p.tid, Code: code, CardType: ecr17.CardCredit, STAN: stanOf(p.stan), OnlineID: "000779", ActionCode: "400"}
	if code == ecr17.ResultOK {
		r.PAN, r.Entry, r.HostTime = ecr17.NewPAN("************1234"), ecr17.EntryContactlessChip, ecr17.HostTimeOf(time.Now())
	} else {
		r.Reason, r.ActionCode = "CARTA DIVERSA", "100"
	}
	if change != nil {
		change(&r)
	}
	return encode(r)
}

func stanOf(n int) string {
	return string(append([]byte("000"), byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10)))
}

func undone(p *peer) []byte    { return p.undo(ecr17.ResultOK, nil) }
func unwilling(p *peer) []byte { return p.undo(ecr17.ResultRefused, nil) }

// toGiveBack is a terminal whose last result is the charge to give back, STAN 000101.
func toGiveBack(b *bench, answer func(w *wire)) driver.Reversal {
	b.peer.save(b.peer.approved(ourCents))
	b.peer.on['S'] = func(w *wire, _ []byte) { answer(w) }
	return driver.Reversal{Reference: payment().Reference, STAN: "000101", AmountCents: ourCents}
}

func (b *bench) reverse(v driver.Reversal) (driver.Outcome, driver.Aftermath) {
	b.t.Helper()
	a, err := b.open().Reverse(context.Background(), v, b.rec)
	if err != nil {
		b.t.Fatalf("reverse: %v", err)
	}
	if n := b.peer.received("S"); n != 1 {
		b.t.Fatalf("the financial frame went out %d times", n)
	}
	return b.rec.only(b.t), a
}

func (b *bench) resolveReversal(v driver.Reversal, same bool) driver.Outcome {
	b.t.Helper()
	b.rec.outcomes = nil
	_, err := b.open().ResolveReversal(context.Background(), driver.ReversalAttempt{
		Reversal: v, Baseline: *b.rec.baseline, SentAt: time.Now(), SameProcess: same, Exclusivity: b.cfg.Exclusivity,
	}, b.rec)
	if err != nil {
		b.t.Fatalf("resolve: %v", err)
	}
	if n := b.peer.received("S"); n != 1 {
		b.t.Fatalf("the financial frame went out %d times", n)
	}
	return b.rec.only(b.t)
}

// The answer is acknowledged when it is durable, and not before.
func TestReversalWord(t *testing.T) {
	for _, c := range []struct {
		name    string
		answer  func(*peer) []byte
		verdict driver.Verdict
		code    string
	}{
		{"done", undone, driver.Reversed, "approved"},
		{"refused", unwilling, driver.NotReversed, "reversal_refused"},
		{"code 09", func(p *peer) []byte { return p.undo("09", nil) }, driver.Unknown, "odd_answer"},
		{"code 05", func(p *peer) []byte { return p.undo("05", nil) }, driver.Unknown, "odd_answer"},
		{"a payment's result", func(p *peer) []byte { return p.approved(ourCents) }, driver.Unknown, "odd_answer"},
		{"a payment's refusal", func(p *peer) []byte { return p.declined("NEGATA", "100") }, driver.Unknown, "odd_answer"},
		{"done, and the host malfunctioned", func(p *peer) []byte {
			return p.undo(ecr17.ResultOK, func(r *ecr17.Result) { r.ActionCode = "909" })
		}, driver.Unknown, "odd_answer"},
		{"another terminal's", func(p *peer) []byte {
			return p.undo(ecr17.ResultOK, func(r *ecr17.Result) { r.TID = "87654321" })
		}, driver.Unknown, "odd_answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				v := toGiveBack(b, func(w *wire) {
					w.ack()
					w.progress("PRESENTARE CARTA")
					w.send(c.answer(w.p))
				})
				acks := 0
				b.rec.onOutcome = func() { acks = b.peer.received("ACK") }
				o, a := b.reverse(v)
				b.want(o, c.verdict, c.code)
				synctest.Wait() // the peer has counted what it has read
				if !a.Acked || b.peer.received("ACK") <= acks {
					t.Fatalf("acknowledged %t; %d ACKs at the outcome, %d now", a.Acked, acks, b.peer.received("ACK"))
				}
				if b.rec.baseline.LastSTAN != v.STAN {
					t.Fatalf("%+v", b.rec.baseline)
				}
			})
		})
	}
}

// Nothing that is not the terminal's last charge is sent.
func TestReversalOfAnotherCharge(t *testing.T) {
	for _, c := range []struct {
		name  string
		saved func(*peer) []byte // nil: the charge
		v     driver.Reversal
		want  error
	}{
		{"other STAN", nil, driver.Reversal{STAN: "000100", AmountCents: ourCents}, driver.ErrNotLast},
		{"other amount", nil, driver.Reversal{STAN: "000101", AmountCents: 5}, driver.ErrNotLast},
		{"whatever is the last", nil, driver.Reversal{STAN: "000000", AmountCents: ourCents}, driver.ErrNotLast},
		{"no STAN", nil, driver.Reversal{AmountCents: ourCents}, driver.ErrNotLast},
		{"no amount", nil, driver.Reversal{STAN: "000101"}, driver.ErrAmount},
		{"a refusal", func(p *peer) []byte { return p.declined("NEGATA", "100") }, driver.Reversal{STAN: "000102", AmountCents: ourCents}, driver.ErrNotLast},
		{"a reversal", undone, driver.Reversal{STAN: "000102", AmountCents: ourCents}, driver.ErrNotLast},
		{"a charge without a number", func(p *peer) []byte { p.stan = -1; return p.approved(ourCents) }, driver.Reversal{STAN: "000000", AmountCents: ourCents}, driver.ErrNotLast},
		{"nothing", func(*peer) []byte { return nil }, driver.Reversal{STAN: "000101", AmountCents: ourCents}, driver.ErrNotLast},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				toGiveBack(b, func(w *wire) { w.ack(); w.send(undone(w.p)) })
				if c.saved != nil {
					b.peer.save(c.saved(b.peer))
				}
				c.v.Reference = payment().Reference
				_, err := b.open().Reverse(context.Background(), c.v, b.rec)
				if !errors.Is(err, c.want) || b.rec.baseline != nil || b.peer.received("S") != 0 {
					t.Fatalf("%v; intent %v, frames %v", err, b.rec.baseline, b.peer.log())
				}
			})
		})
	}
}

// A refused reversal may be asked for again, while nothing newer is saved.
func TestReversalAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		answers := []func(*peer) []byte{unwilling, undone}
		v := toGiveBack(b, func(w *wire) {
			w.ack()
			r := answers[0](w.p)
			answers = answers[1:]
			w.p.save(r)
			w.send(r)
		})
		o, _ := b.reverse(v)
		b.want(o, driver.NotReversed, "reversal_refused")
		other := v
		other.STAN = "000099"
		if _, err := b.open().Reverse(context.Background(), other, b.rec); !errors.Is(err, driver.ErrNotLast) {
			t.Fatalf("another charge: %v", err)
		}
		b.rec.baseline, b.rec.outcomes = nil, nil
		if _, err := b.open().Reverse(context.Background(), v, b.rec); err != nil {
			t.Fatal(err)
		}
		b.want(b.rec.only(t), driver.Reversed, "approved")
	})
}

// A lost answer is looked for in the saved result, and judged by who else may have made it.
func TestReversalLost(t *testing.T) {
	for _, c := range []struct {
		name        string
		exclusivity driver.Exclusivity
		saved       func(*peer) []byte // nil: nothing newer
		verdict     driver.Verdict
		preset      driver.Verdict
	}{
		{"done", driver.Exclusive, undone, driver.Reversed, ""},
		{"refused", driver.Exclusive, unwilling, driver.NotReversed, ""},
		{"nothing newer", driver.Exclusive, nil, driver.Unknown, driver.NotReversed},
		{"done, or another's", driver.Shared, undone, driver.Unknown, driver.Reversed},
		{"done, or by hand", driver.Manual, undone, driver.Unknown, driver.Reversed},
		{"refused, or another's", driver.Shared, unwilling, driver.Unknown, driver.NotReversed},
		{"odd", driver.Exclusive, func(p *peer) []byte { return p.undo("09", nil) }, driver.Unknown, ""},
		{"number backwards", driver.Exclusive, func(p *peer) []byte {
			return p.undo(ecr17.ResultOK, func(r *ecr17.Result) { r.STAN = "000050" })
		}, driver.Unknown, driver.Reversed},
		{"another card", driver.Exclusive, func(p *peer) []byte {
			return p.undo(ecr17.ResultOK, func(r *ecr17.Result) { r.PAN = ecr17.NewPAN("************9999") })
		}, driver.Unknown, ""},
		{"a payment", driver.Exclusive, func(p *peer) []byte { return p.approved(ourCents) }, driver.Unknown, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, same := range []bool{true, false} {
				inBubble(t, func(t *testing.T, b *bench) {
					b.cfg.Exclusivity = c.exclusivity
					v := toGiveBack(b, func(w *wire) {
						w.ack()
						if c.saved != nil {
							w.p.save(c.saved(w.p))
						}
						w.close()
					})
					o, _ := b.reverse(v)
					b.want(o, driver.Unknown, "line_lost")
					if !same { // the service was started again
						b.term.Close()
						b.term = nil
					}
					o = b.resolveReversal(v, same)
					if o.Verdict != c.verdict || o.Preset != c.preset || o.Verdict == driver.Unknown && !o.Final {
						t.Fatalf("same process %t: %s, preset %q, final %t: %+v", same, o.Verdict, o.Preset, o.Final, o.Reason)
					}
				})
			}
		})
	}
}

// A terminal that does not tell its last result takes nothing back, though this process remembers the charge.
func TestReversalUntold(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.on['G'] = func(w *wire, _ []byte) { w.nak() }
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) { w.ack(); w.send(w.p.approved(x.AmountCents)) }
		o, _ := b.pay()
		v := driver.Reversal{Reference: payment().Reference, STAN: o.Charge.STAN, AmountCents: ourCents}
		if _, err := b.term.Reverse(context.Background(), v, b.rec); !errors.Is(err, driver.ErrNotLast) || b.peer.received("S") != 0 {
			t.Fatal(err)
		}
	})
}

// Nothing newer saved means nothing while the terminal may still be at work.
func TestReversalStillAtWork(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		v := toGiveBack(b, func(w *wire) {
			w.ack()
			w.close()
			w.wait(100 * time.Second)
			w.p.save(undone(w.p))
		})
		o, _ := b.reverse(v)
		b.want(o, driver.Unknown, "line_lost")
		b.want(b.resolveReversal(v, true), driver.Reversed, "by_evidence")
	})
}

// A word that comes after we gave up still decides.
func TestReversalLateWord(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		v := toGiveBack(b, func(w *wire) {
			w.ack()
			w.p.busy.Store(true)
			w.wait(200 * time.Second)
			w.send(undone(w.p))
		})
		o, _ := b.reverse(v)
		b.want(o, driver.Unknown, "no_answer")
		b.want(b.resolveReversal(v, true), driver.Reversed, "approved")
	})
}

// A late word about the payment is no word about its reversal, though both have one reference.
func TestReversalAfterThePaymentsLateWord(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		v := toGiveBack(b, func(w *wire) { w.ack(); w.close() })
		b.peer.save(nil)
		b.peer.stan--
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.wait(30 * time.Minute)
			r := w.p.approved(x.AmountCents)
			w.p.save(r)
			w.send(r)
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
		if o := b.resolve(); !o.Final {
			t.Fatalf("%+v", o)
		}
		<-time.After(30 * time.Minute) // people have found out that it was charged
		if _, err := b.term.Status(context.Background()); err != nil {
			t.Fatal(err)
		}
		b.rec.baseline, b.rec.outcomes = nil, nil
		b.rec.onSent = func() { b.rec.fault = "" } // the payment's frame has been seen, of course
		o, _ = b.reverse(v)
		b.want(o, driver.Unknown, "line_lost")
		for range 2 {
			if o := b.resolveReversal(v, true); o.Verdict != driver.Unknown || o.Preset != driver.NotReversed {
				t.Fatalf("%s, preset %q: %+v", o.Verdict, o.Preset, o.Reason)
			}
		}
	})
}

// A NAK is believed when the terminal is idle; it may be at work all the same (R06).
func TestReversalNAK(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		v := toGiveBack(b, func(w *wire) { w.nak() })
		o, _ := b.reverse(v)
		b.want(o, driver.NotReversed, "nak")
	})
	inBubble(t, func(t *testing.T, b *bench) {
		v := toGiveBack(b, func(w *wire) {
			w.nak()
			w.p.busy.Store(true)
			w.wait(20 * time.Second)
			r := undone(w.p)
			w.p.save(r)
			w.p.busy.Store(false)
			w.close()
		})
		o, _ := b.reverse(v)
		if o.Verdict != driver.Unknown {
			t.Fatalf("%+v", o)
		}
		b.want(b.resolveReversal(v, true), driver.Reversed, "by_evidence")
	})
}

// A result before the ACK is of an earlier command: it does not decide.
func TestReversalEarlyResult(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		v := toGiveBack(b, func(w *wire) {
			w.send(undone(w.p))
			w.close()
		})
		o, _ := b.reverse(v)
		if o.Verdict != driver.Unknown {
			t.Fatalf("%+v", o)
		}
	})
}
