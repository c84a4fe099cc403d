package ecr17

import (
	"context"
	"errors"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// totals scripts the answers to T, one after another; the last one repeats. nil is none.
func (p *peer) totals(answers ...*int64) {
	p.on['T'] = func(w *wire, _ []byte) {
		a := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		if a == nil {
			return
		}
		w.ack()
		w.send(encode(ecr17.TotalsAnswer{TID: p.tid, Code: ecr17.ResultOK, TotalCents: *a, HasTotal: *a >= 0}))
	}
}

func cents(n int64) *int64 { return &n }

func closedWith(tid string, code ecr17.ResultCode, pos, host int64, reason string) []byte {
	a := ecr17.CloseAnswer{TID: tid, Code: code, TotalCents: pos, HasTotal: true, HostTotalCents: host, HasHostTotal: true, Reason: reason}
	if code != ecr17.ResultOK {
		a.ActionCode = "909"
	}
	return encode(a)
}

func answering(payload []byte) func(*wire) {
	return func(w *wire) { w.ack(); w.progress("COLLEGAMENTO HOST"); w.send(payload) }
}

func TestCloseSession(t *testing.T) {
	both := func(pos, host int64) driver.Closing {
		return driver.Closing{State: driver.ClosingDone, Terminal: driver.Totals{Present: true, Cents: pos}, Host: driver.Totals{Present: true, Cents: host}}
	}
	proven := driver.Closing{State: driver.ClosingDone, Terminal: driver.Totals{Present: true, Cents: 700}, Proven: true}
	cut := func(w *wire) { w.ack(); w.close() }
	for _, c := range []struct {
		name   string
		totals []*int64
		answer func(*wire)
		want   driver.Closing // its reason's text is not compared
	}{
		{"equal totals", []*int64{cents(700)}, answering(closedWith(ourTID, "00", 700, 700, "")), both(700, 700)},
		{"unequal totals", []*int64{cents(700)}, answering(closedWith(ourTID, "00", 700, 900, "")), both(700, 900)},
		{"refused", []*int64{cents(700)}, answering(closedWith(ourTID, "01", 0, 0, "HOST NON RISPONDE")), driver.Closing{State: driver.ClosingRefused, Reason: driver.Reason{Code: "declined"}}},
		{"lost, zero afterwards", []*int64{cents(700), cents(0)}, cut, proven},
		{"lost, and silent for a while", []*int64{cents(700), nil, nil, cents(0)}, cut, proven},
		{"lost, never acknowledged", []*int64{cents(700), cents(0)}, func(w *wire) { w.close() }, proven},
		{"lost, the same afterwards", []*int64{cents(700)}, cut, driver.Closing{State: driver.ClosingUnknown, Reason: driver.Reason{Code: "line_lost"}}},
		{"lost, nothing was sold", []*int64{cents(0)}, cut, driver.Closing{State: driver.ClosingUnknown, Reason: driver.Reason{Code: "line_lost"}}},
		{"lost, total before unknown", []*int64{cents(-1), cents(0)}, cut, driver.Closing{State: driver.ClosingUnknown, Reason: driver.Reason{Code: "line_lost"}}},
		{"lost, total unreadable afterwards", []*int64{cents(700), cents(-1)}, cut, driver.Closing{State: driver.ClosingUnknown, Reason: driver.Reason{Code: "line_lost"}}},
		{"no answer", []*int64{cents(700)}, func(w *wire) { w.ack() }, driver.Closing{State: driver.ClosingUnknown, Reason: driver.Reason{Code: "no_answer"}}},
		{"code 09", []*int64{cents(700)}, answering(closedWith(ourTID, "09", 0, 0, "X")), driver.Closing{State: driver.ClosingUnknown, Reason: driver.Reason{Code: "odd_answer"}}},
		{"another terminal's", []*int64{cents(700)}, answering(closedWith("87654321", "00", 700, 700, "")), driver.Closing{State: driver.ClosingUnknown, Reason: driver.Reason{Code: "odd_answer"}}},
		{"NAK", []*int64{cents(700)}, func(w *wire) { w.nak() }, driver.Closing{State: driver.ClosingRefused, Reason: driver.Reason{Code: "nak"}}},
		{"NAK, and closed after a while", []*int64{cents(700), cents(700), cents(0)}, func(w *wire) { w.nak() }, proven},
		{"an earlier closing's answer", []*int64{cents(700), cents(0)}, func(w *wire) { w.send(closedWith(ourTID, "00", 900, 900, "")); w.close() }, proven},
		{"NAK, and closed all the same", []*int64{cents(700), cents(0)}, func(w *wire) { w.nak() }, proven},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				b.peer.totals(c.totals...)
				b.peer.on['C'] = func(w *wire, _ []byte) { c.answer(w) }
				got, err := b.open().CloseSession(context.Background())
				if n := b.peer.received("C"); err != nil || n != 1 {
					t.Fatalf("%v; C was sent %d times", err, n)
				}
				if c.name == "refused" && got.Reason.Text == "" {
					t.Fatal("the terminal's words are lost")
				}
				got.Reason.Text = ""
				if got.State != c.want.State || got.Terminal != c.want.Terminal || got.Host != c.want.Host || got.Proven != c.want.Proven || got.Reason != c.want.Reason {
					t.Fatalf("%+v, want %+v", got, c.want)
				}
			})
		})
	}
}

// The closing slip comes to us, like a payment's.
func TestCloseSessionSlip(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.Receipts = "ecr"
		b.peer.totals(cents(700))
		b.peer.on['C'] = func(w *wire, _ []byte) {
			answering(closedWith(ourTID, "00", 700, 700, ""))(w)
			<-w.controls
			w.send(w.p.ticket("CHIUSURA}TOTALE 7,00}}}}}}\x1b"))
		}
		got, err := b.open().CloseSession(context.Background())
		if err != nil || got.State != driver.ClosingDone || got.Ticket != "CHIUSURA\nTOTALE 7,00\n" || len(got.RawTicket) == 0 {
			t.Fatalf("%+v, %v", got, err)
		}
		if b.peer.received("E") != 1 {
			t.Fatal("the print switch was not used")
		}
	})
}

// Who asked may leave: the answer is still waited for.
func TestCloseSessionOutlivesItsCaller(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		ctx, leave := context.WithCancel(context.Background())
		b.peer.totals(cents(700))
		b.peer.on['C'] = func(w *wire, _ []byte) {
			w.ack()
			leave()
			w.wait(30 * time.Second)
			w.send(closedWith(ourTID, "00", 700, 700, ""))
		}
		if got, err := b.open().CloseSession(ctx); err != nil || got.State != driver.ClosingDone || !got.Host.Present {
			t.Fatalf("%+v, %v", got, err)
		}
	})
}

// While it is not known what became of a payment, its evidence is left alone.
func TestNothingDisturbsAnUnknown(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.totals(cents(700))
		b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) { w.ack() }
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
		_, closing := b.term.CloseSession(context.Background())
		_, detect := b.term.Detect(context.Background(), nil, true)
		if !errors.Is(closing, driver.ErrBusy) || !errors.Is(detect, driver.ErrBusy) || b.peer.received("C")+b.peer.received("T")+b.peer.received("R") > 0 {
			t.Fatalf("%v, %v, frames %v", closing, detect, b.peer.log())
		}
	})
}

// Close of the driver ends a close of the session as a power cut would.
func TestCloseInACloseSession(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.totals(cents(700))
		came := make(chan struct{})
		b.peer.on['C'] = func(w *wire, _ []byte) { w.ack(); close(came) }
		ended := make(chan error, 1)
		b.open()
		go func() {
			_, err := b.term.CloseSession(context.Background())
			ended <- err
		}()
		<-came
		began := time.Now()
		b.term.Close()
		if err := <-ended; !errors.Is(err, driver.ErrInterrupted) || time.Since(began) > time.Second {
			t.Fatalf("%v after %v", err, time.Since(began))
		}
	})
}
