package ecr17

import (
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

func TestR01LateACK(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.wait(8 * time.Second)
			approve(w, x)
		}
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
	})
}

func TestR02NeverACKsButExecutes(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.wait(5 * time.Second)
			w.p.save(w.p.approved(x.AmountCents))
			w.send(w.p.last())
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer") // a result before the ACK is a candidate only
		o = b.resolve()
		b.want(o, driver.Charged, "by_evidence")
		if o.Charge == nil || o.Charge.STAN != "000101" || o.Charge.AmountCents != ourCents {
			t.Fatalf("charge %+v", o.Charge)
		}
	})
}

func TestR03NeverACKsNeverExecutes(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		b.peer.pay = func(*wire, ecr17.PaymentRequest) {}
		begun := time.Now()
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
		if d := time.Since(begun); d < 180*time.Second || d > 200*time.Second {
			t.Fatalf("unknown after %v", d)
		}
		o = b.resolve()
		b.want(o, driver.Unknown, "awaiting_people")
		if !o.Final || o.Preset != driver.NotCharged { // row 22
			t.Fatalf("%+v", o)
		}
	})
}

func TestR05NAK(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) { w.nak() }
		begun := time.Now()
		o, _ := b.pay()
		b.want(o, driver.NotCharged, "nak")
		if d := time.Since(begun); d < 5*time.Second {
			t.Fatalf("decided after %v: the second look is missing", d)
		}
		if n := b.peer.received("G"); n != 3 {
			t.Fatalf("%d looks at the last result, want baseline and two", n)
		}
	})
	inBubble(t, func(t *testing.T, b *bench) { // and hangs up
		b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) { w.nak(); w.close() }
		o, _ := b.pay()
		b.want(o, driver.NotCharged, "nak")
	})
}

func TestR06NAKThenExecutes(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.nak()
			w.wait(2 * time.Second)
			w.progress("PRESENTARE CARTA")
			w.wait(10 * time.Second)
			w.p.save(w.p.approved(x.AmountCents))
			w.send(w.p.last())
		}
		o, _ := b.pay()
		if o.Verdict != driver.Unknown {
			t.Fatalf("%+v", o)
		}
		b.want(b.resolve(), driver.Charged, "by_evidence")
	})
	inBubble(t, func(t *testing.T, b *bench) { // nothing to see on the line; the memory tells
		b.peer.save(b.peer.approved(500))
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.nak()
			w.close()
			w.wait(2 * time.Second)
			w.p.save(w.p.approved(x.AmountCents))
		}
		o, _ := b.pay()
		if o.Verdict != driver.Unknown {
			t.Fatalf("%+v", o)
		}
		b.want(b.resolve(), driver.Charged, "by_evidence")
	})
}

// Whatever the line brings while the second look is at work speaks against "idle", too (design 3.2).
func TestR06WorkDuringTheSecondLook(t *testing.T) {
	for name, work := range map[string]func(w *wire){
		"ack":        func(w *wire) { w.ack() },
		"progress":   func(w *wire) { w.progress("INSERIRE CARTA") },
		"result":     func(w *wire) { w.send(w.p.approved(ourCents)) },
		"unfinished": func(w *wire) { w.raw(ecr17.SOH, 'I', 'N') },
	} {
		for _, during := range []byte("sG") { // the status, or the last question of all
			t.Run(name+" "+string(during), func(t *testing.T) {
				inBubble(t, func(t *testing.T, b *bench) {
					b.peer.save(b.peer.approved(500))
					before := b.peer.last()
					var line *wire
					b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) { line = w; w.nak() }
					looks := 0
					b.peer.on[during] = func(w *wire, _ []byte) {
						if line != nil {
							if looks++; looks == 2 {
								work(line)
							}
						}
						if w.ack(); during == 's' {
							w.status()
						} else {
							w.send(before)
						}
					}
					o, _ := b.pay()
					if looks < 2 || o.Verdict != driver.Unknown {
						t.Fatalf("after %d looks: %s %+v", looks, o.Verdict, o.Reason)
					}
				})
			})
		}
	}
}

func TestR07OtherACKForms(t *testing.T) {
	for form := ecr17.FormCtrl; form <= ecr17.FormEtx; form++ {
		inBubble(t, func(t *testing.T, b *bench) {
			b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
				w.raw(ecr17.AppendACK(nil, form)...)
				w.wait(time.Second)
				w.send(w.p.approved(x.AmountCents))
			}
			o, _ := b.pay()
			b.want(o, driver.Charged, "approved")
		})
	}
}

func TestR08ImpossibleACK(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) { w.raw(ecr17.ACK, ecr17.ETX, 0x55) }
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
		o = b.resolve()
		if o.Verdict != driver.Unknown || !o.Final || o.Preset != "" { // it may have begun: no preset
			t.Fatalf("%+v", o)
		}
	})
}

func TestR09BareACK(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.raw(ecr17.ACK)
			w.wait(5 * time.Second)
			w.send(w.p.approved(x.AmountCents))
		}
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
	})
}

func TestR10TwoACKs(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			approve(w, x)
		}
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
	})
}

func TestR17StaleResultBeforeACK(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(ourCents)) // the sale before, same amount
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.send(w.p.last())
			w.wait(time.Second)
			w.ack()
			w.wait(time.Second)
			w.send(w.p.declined("FONDI INSUFFICIENTI", "116"))
		}
		o, _ := b.pay()
		b.want(o, driver.NotCharged, "declined")
	})
}

func TestR18UnseenOlderResultBeforeACK(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.send(w.p.approved(x.AmountCents)) // of an attempt whose result we never saw
			w.wait(time.Second)
			w.ack()
			w.wait(time.Second)
			w.send(w.p.declined("FONDI INSUFFICIENTI", "116"))
		}
		o, _ := b.pay()
		b.want(o, driver.NotCharged, "declined")
		found := false
		for _, e := range o.Evidence {
			found = found || e.Kind == "result" && len(e.Raw) == 92 && e.Text != "" && string(e.Raw[59:65]) == "000102"
		}
		if !found {
			t.Fatalf("the older result is not among the evidence: %+v", o.Evidence)
		}
	})
}

func TestR19OlderResultThenSilence(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) { w.send(w.p.approved(x.AmountCents)) }
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
	})
}

func TestP01ProgressBeforeACK(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.progress("ATTENDERE PREGO")
			approve(w, x)
		}
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
		var phases []driver.Phase
		for _, p := range b.rec.progress {
			phases = append(phases, p.Phase)
		}
		if len(phases) < 4 || phases[0] != driver.PhaseConnecting || phases[1] != driver.PhaseChecking || phases[len(phases)-1] != driver.PhaseCard {
			t.Fatalf("phases %v", phases)
		}
	})
}

func TestP03ProgressExtendsTheWait(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			for range 3 {
				w.wait(170 * time.Second)
				w.progress("ELABORAZIONE...")
			}
			w.send(w.p.approved(x.AmountCents))
		}
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
	})
}

func TestP05UnfinishedProgress(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.raw(append([]byte{ecr17.SOH}, "DIGITARE PIN"...)...)
			w.send(w.p.approved(x.AmountCents))
		}
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
	})
}

func TestP06TextIsNoEvidence(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) {
			w.ack()
			w.progress("TRANSAZIONE ESEGUITA")
			w.close()
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
		o = b.resolve() // G is not supported here: nothing to go by
		b.want(o, driver.Unknown, "awaiting_people")
	})
}

func TestC07CutWhileWriting(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		cut := &cutLine{after: 50}
		b.cfg.Dial = cut.dial(b.peer)
		b.rec.onOutcome = func() {
			if !cut.closed {
				t.Error("the rest of the command could still leave when it was called not charged")
			}
		}
		o, _ := b.pay()
		if o.Verdict != driver.NotCharged || b.peer.received("X") != 0 {
			t.Fatalf("%+v, frames %v", o, b.peer.log())
		}
	})
}
