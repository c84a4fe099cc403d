package ecr17

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// answer scripts ACK, a second, and the given message.
func answer(make func(w *wire, x ecr17.PaymentRequest) []byte) func(*wire, ecr17.PaymentRequest) {
	return func(w *wire, x ecr17.PaymentRequest) {
		w.ack()
		w.wait(time.Second)
		w.send(make(w, x))
	}
}

func TestD01Approved(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		b.peer.pay = answer(func(w *wire, x ecr17.PaymentRequest) []byte {
			if x.Text != payment().Reference || x.MoreData || x.CardPresent {
				t.Errorf("request %+v", x)
			}
			return w.p.approved(x.AmountCents)
		})
		o, a := b.pay()
		b.want(o, driver.Charged, "approved")
		c := o.Charge
		if c == nil || c.AmountCents != ourCents || c.STAN != "000102" || c.AuthCode != "A1B2C3" || c.PAN != "****1234" || c.HostTime.IsZero() {
			t.Fatalf("charge %+v", c)
		}
		if !a.Acked {
			t.Fatal("not acknowledged")
		}
		if base := b.rec.baseline; base.LastSTAN != "000101" || !bytes.Equal(base.Last, b.peer.last()) || base.Software != "REL00001" || base.TerminalID != ourTID {
			t.Fatalf("baseline %+v", base)
		}
	})
}

func TestD02Declined(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = answer(func(w *wire, _ ecr17.PaymentRequest) []byte { return w.p.declined("FONDI INSUFF.", "116") })
		o, _ := b.pay()
		b.want(o, driver.NotCharged, "declined")
		if o.Reason.Text != "FONDI INSUFF. (fondi insufficienti)" || o.Charge == nil || o.Charge.STAN != "000101" {
			t.Fatalf("%+v", o)
		}
	})
}

func TestD03Cancelled(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		otherBefore(b.peer)
		b.peer.pay = answer(func(w *wire, _ ecr17.PaymentRequest) []byte { return w.p.cancelled() })
		o, _ := b.pay()
		b.want(o, driver.NotCharged, "cancelled")
	})
	// The same bytes as the saved result may be a stale one: the machine does not take them for ours.
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.cancelled())
		b.peer.pay = answer(func(w *wire, _ ecr17.PaymentRequest) []byte { return w.p.cancelled() })
		begun := time.Now()
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
		if d := time.Since(begun); d > 20*time.Second {
			t.Fatalf("unknown after %v", d)
		}
	})
}

// odd scripts a result that must not be a verdict, nor an error.
func odd(t *testing.T, change func(raw []byte) []byte, code string) {
	t.Helper()
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = answer(func(w *wire, x ecr17.PaymentRequest) []byte { return change(w.p.approved(x.AmountCents)) })
		o, a := b.pay()
		b.want(o, driver.Unknown, code)
		if o.Final || !a.Acked { // ECR17 1.5: asking again would bring the same bytes
			t.Fatalf("final %t, acknowledged %t", o.Final, a.Acked)
		}
		for _, e := range o.Evidence {
			if strings.Contains(e.Text, "4026531234561234") || bytes.Contains(e.Raw, []byte("4026531234561234")) {
				t.Fatal("a card number is in the evidence")
			}
		}
	})
}

// put writes text at a 1-based position of a message.
func put(raw []byte, at int, text string) []byte {
	raw = bytes.Clone(raw)
	copy(raw[at-1:], text)
	return raw
}

func TestD04Nine(t *testing.T) {
	odd(t, func(raw []byte) []byte { return put(put(raw, 11, "09"), 13, strings.Repeat(" ", 24)+"00000000000") }, "odd_answer")
}

func TestD05NoCardThoughNotAsked(t *testing.T) {
	odd(t, func(raw []byte) []byte { return put(put(raw, 11, "05"), 13, "CARTA ASSENTE           00000000000") }, "odd_answer")
}

func TestD07UnknownCode(t *testing.T) {
	odd(t, func(raw []byte) []byte { return put(put(raw, 11, "77"), 13, "???                     00000000000") }, "odd_answer")
}

func TestD15AmountZero(t *testing.T) {
	odd(t, func(raw []byte) []byte { return put(raw, 75, "00000000") }, "odd_answer")
}

func TestD16OtherTerminal(t *testing.T) {
	odd(t, func(raw []byte) []byte { return put(raw, 1, "87654321") }, "odd_answer")
}

func TestD17Short(t *testing.T) {
	odd(t, func(raw []byte) []byte { return raw[:70] }, "odd_answer")
}

func TestD18DenialTextUnderOK(t *testing.T) {
	odd(t, func(raw []byte) []byte { return put(raw, 13, "OPERAZIONE NEGATA       00000000000") }, "odd_answer")
}

func TestD19LettersInAmount(t *testing.T) {
	odd(t, func(raw []byte) []byte { return put(raw, 75, "0000AB34") }, "odd_answer")
}

func TestD24NoAmount(t *testing.T) {
	odd(t, func(raw []byte) []byte { return raw[:71] }, "odd_answer")
}

func TestUnsettledActionCode(t *testing.T) {
	odd(t, func(raw []byte) []byte { return put(raw, 72, "888") }, "odd_answer")
}

func TestCardNumberNotTruncated(t *testing.T) {
	odd(t, func(raw []byte) []byte { return put(put(raw, 13, "0004026531234561234"), 75, "00000000") }, "odd_answer")
}

func TestD08DamagedTwice(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			good := w.p.approved(x.AmountCents)
			for range 2 {
				w.damaged(good)
				w.wait(300 * time.Millisecond)
			}
			w.send(good)
		}
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
		if n := b.peer.received("NAK"); n != 2 {
			t.Fatalf("%d NAKs", n)
		}
	})
}

func TestD09DamagedAlways(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.p.save(w.p.approved(x.AmountCents))
			for range 4 {
				w.damaged(w.p.last())
				w.wait(3 * time.Second)
			}
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "damaged_answer")
		if n := b.peer.received("NAK"); n != 3 {
			t.Fatalf("%d NAKs", n)
		}
		b.want(b.resolve(), driver.Charged, "by_evidence")
	})
}

func TestHalfAResult(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.p.save(w.p.approved(x.AmountCents))
			w.raw(w.frame(w.p.last())[:40]...)
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "damaged_answer")
		if n := b.peer.received("NAK"); n != 1 {
			t.Fatalf("%d NAKs", n)
		}
		b.want(b.resolve(), driver.Charged, "by_evidence")
	})
}

func TestHalfAResultThenEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.raw(w.frame(w.p.approved(x.AmountCents))[:40]...)
			w.close()
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "damaged_answer")
	})
}

// A result that came before the ACK and comes again after it stays a candidate.
func TestCandidateAgainAfterACK(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			older := w.p.approved(x.AmountCents)
			w.send(older)
			w.wait(time.Second)
			w.ack()
			w.send(older)
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
	})
}

func TestD10Repeated(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.Receipts = "ecr"
		before := 0
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			before = w.p.received("ACK")
			w.ack()
			good := w.p.approved(x.AmountCents)
			for range 3 {
				w.send(good)
				w.wait(3 * time.Second)
			}
		}
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
		if n := b.peer.received("ACK") - before; n != 3 {
			t.Fatalf("%d acknowledgements of 3 copies", n)
		}
	})
}

func TestD11RepeatInTheNextPayment(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(ourCents))
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.send(w.p.last())
			w.wait(20 * time.Second)
			w.send(w.p.declined("NEGATA", "100"))
		}
		o, _ := b.pay()
		b.want(o, driver.NotCharged, "declined")
	})
}

func TestD12CutBeforeOurACK(t *testing.T) { TestC11ClosedBeforeOurACK(t) }

func TestD14OtherAmount(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = answer(func(w *wire, x ecr17.PaymentRequest) []byte { return w.p.approved(x.AmountCents - 34) })
		o, _ := b.pay()
		b.want(o, driver.Charged, "amount_differs")
		if o.Charge.AmountCents != ourCents-34 {
			t.Fatalf("%+v", o.Charge)
		}
	})
}

func TestD20WrongLetter(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.send(encode(ecr17.TotalsAnswer{TID: ourTID, Code: ecr17.ResultOK, TotalCents: 1, HasTotal: true}))
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
	})
}

func TestD21Currency(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = answer(func(w *wire, x ecr17.PaymentRequest) []byte {
			r, err := ecr17.DecodeResult(w.p.approved(x.AmountCents), ecr17.Strict)
			if err != nil {
				t.Fatal(err)
			}
			r.Class = ecr17.ClassPaymentDCC
			r.DCC = ecr17.DCC{Applied: true, Rate: "00010870", Currency: "USD", Amount: "000000001341", Decimals: "2"}
			return encode(r)
		})
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
		if o.Charge.AmountCents != ourCents {
			t.Fatalf("%+v", o.Charge)
		}
	})
}

func TestD25Slow(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.wait(170 * time.Second)
			w.send(w.p.approved(x.AmountCents))
		}
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
	})
}

func TestD26AfterTheHardStop(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		answered := make(chan ecr17.FrameKind, 1)
		b.peer.save(b.peer.approved(500))
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			for range 70 { // more than the hard stop
				w.wait(9 * time.Second)
				w.progress("ELABORAZIONE...")
			}
			w.wait(20 * time.Second)
			w.send(w.p.approved(x.AmountCents))
			answered <- <-w.controls
		}
		begun := time.Now()
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
		if d := time.Since(begun).Round(time.Second); d != 600*time.Second {
			t.Fatalf("stopped after %v", d)
		}
		o = b.resolve()
		b.want(o, driver.Charged, "approved")
		if kind := <-answered; kind != ecr17.FrameACK {
			t.Fatalf("the late result was answered with %v", kind)
		}
		if b.after == nil || !b.after.Acked {
			t.Fatalf("after the late result: %+v", b.after)
		}
	})
}

func TestD27NoResultButApproved(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.wait(10 * time.Second)
			w.p.save(w.p.approved(x.AmountCents))
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
		b.want(b.resolve(), driver.Charged, "by_evidence")
	})
}

func TestD28RebootedAndNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) { w.ack(); w.close() }
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
		begun := time.Now()
		o = b.resolve()
		b.want(o, driver.Unknown, "awaiting_people")
		if d := time.Since(begun); d < 300*time.Second || d > 310*time.Second || o.Preset != "" {
			t.Fatalf("after %v: %+v", d, o)
		}
	})
}

func TestU07ResultBeforeData(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.NoticeData = &driver.NoticeData{Tag: 5, Template: "{notice}{creditor}", IndexMap: "5000"}
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.raw(append(ecr17.AppendACK(nil, ecr17.FormCtrlEtx), w.frame(w.p.approved(x.AmountCents))...)...)
		}
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
		if n := b.peer.received("U"); n != 0 {
			t.Fatalf("%d additional data messages to an idle terminal", n)
		}
	})
}

// A result before the ACK is of an earlier payment once the ACK has come (R18): the terminal waits for the
// data of this one. It gets them once, and nothing of what came before decides.
func TestDataAfterEarlierResult(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.NoticeData = &driver.NoticeData{Tag: 5, Template: "{notice}", IndexMap: "5000"}
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.send(w.p.approved(x.AmountCents))
			w.wait(time.Second)
			w.ack()
			w.wait(10 * time.Second)
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
		if n := b.peer.received("U"); n != 1 {
			t.Fatalf("%d additional data messages", n)
		}
	})
}

func TestNoticeData(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.NoticeData = &driver.NoticeData{Tag: 5, Template: "{notice}{creditor}", IndexMap: "5000"}
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			if !x.MoreData {
				t.Error("the request does not announce the data")
			}
			w.ack()
			u, err := ecr17.DecodeAs[ecr17.AdditionalData](ecr17.ToTerminal, <-w.apps, ecr17.Strict)
			if err != nil || u.WantsAnswer() || u.IndexMap != "5000" || len(u.Tags) != 1 || u.Tags[0] != "30100000000000012301199250158" {
				t.Errorf("%+v, %v", u, err)
			}
			w.ack()
			w.wait(time.Second)
			w.send(w.p.approved(x.AmountCents))
		}
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
	})
}

func TestU01DataRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.NoticeData = &driver.NoticeData{Tag: 5, Template: "{notice}", IndexMap: "5000"}
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			for range 3 {
				<-w.apps
				w.nak()
			}
			w.wait(time.Second)
			w.send(w.p.declined("DATI MANCANTI", ""))
		}
		o, _ := b.pay()
		b.want(o, driver.NotCharged, "declined")
		if n := b.peer.received("U"); n != 3 {
			t.Fatalf("%d additional data messages", n)
		}
	})
}
