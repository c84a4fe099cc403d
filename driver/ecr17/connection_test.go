package ecr17

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// Tests are named after the fault catalogue of ECR17 section 7.

func approve(w *wire, x ecr17.PaymentRequest) {
	w.ack()
	w.progress("PRESENTARE CARTA")
	w.wait(5 * time.Second)
	w.send(w.p.approved(x.AmountCents))
}

func TestC01Refused(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.dial = func(int) error { return errors.New("connection refused") }
		b.refused(driver.ErrUnreachable)
	})
}

// What could not be connected to is said once.
func TestUnreachableInFewWords(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	term, err := Open(driver.Config{
		Name: "cassa1", Driver: "nexi", Address: "tcp://" + address, TerminalID: ourTID, CashRegisterID: "1", LRC: "auto", Receipts: "ecr",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer term.Close()
	_, asked := term.Status(context.Background())
	_, paid := term.Pay(context.Background(), payment(), &recorder{peer: newPeer(t)})
	want := driver.ErrUnreachable.Error() + ": dial tcp " + address + ": "
	for _, err := range []error{asked, paid} {
		if !errors.Is(err, driver.ErrUnreachable) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v; want it to begin with %q", err, want)
		}
	}
}

func TestC03ClosedAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.call = func(n int, w *wire) bool { w.close(); return false }
		b.refused(driver.ErrSilent)
	})
	// The connection made for the payment is closed while the ledger writes: another one is opened, and
	// when that fails nothing was sent.
	for _, reachable := range []bool{true, false} {
		inBubble(t, func(t *testing.T, b *bench) {
			b.peer.pay = approve
			b.rec.onSent = func() {
				b.peer.wires[len(b.peer.wires)-1].close()
				if !reachable {
					b.peer.dial = func(int) error { return errors.New("connection refused") }
				}
				synctest.Wait()
			}
			o, _ := b.pay()
			if reachable {
				b.want(o, driver.Charged, "approved")
			} else if o.Verdict != driver.NotSent || b.peer.received("X") > 0 {
				t.Fatalf("%+v", o)
			}
		})
	}
}

func TestC10EndWithTheResult(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.send(w.p.approved(x.AmountCents))
			w.close()
		}
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
	})
}

func TestC11ClosedBeforeOurACK(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = approve
		b.rec.onOutcome = func() {
			b.peer.wires[len(b.peer.wires)-1].close()
			synctest.Wait()
		}
		o, a := b.pay()
		b.want(o, driver.Charged, "approved")
		if a.Acked {
			t.Fatal("an acknowledgement on a closed line counts as written")
		}
	})
}

func TestC12ByteByByte(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.Receipts = "ecr"
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			all := ecr17.AppendACK(nil, ecr17.FormCtrlEtx)
			all = append(all, progressFrame("DIGITARE PIN")...)
			all = append(all, w.frame(w.p.approved(x.AmountCents))...)
			for _, c := range all {
				w.raw(c)
				w.wait(20 * time.Millisecond)
			}
		}
		o, a := b.pay()
		b.want(o, driver.Charged, "approved")
		if !a.Acked {
			t.Fatal("not acknowledged")
		}
	})
}

func TestC13Glued(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.Receipts = "ecr"
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			all := ecr17.AppendACK(nil, ecr17.FormCtrlEtx)
			all = append(all, progressFrame("ATTENDERE PREGO")...)
			all = append(all, progressFrame("STAMPA IN CORSO")...)
			all = append(all, w.frame(w.p.approved(x.AmountCents))...)
			for _, part := range []string{"RIGA UNO}", "RIGA DUE}", "}}}}}}\x1b"} {
				all = append(all, w.frame(w.p.ticket(part))...)
			}
			w.raw(all...)
		}
		o, a := b.pay()
		b.want(o, driver.Charged, "approved")
		if !a.TicketComplete || a.Ticket != "RIGA UNO\nRIGA DUE\n" {
			t.Fatalf("ticket %q, complete %t", a.Ticket, a.TicketComplete)
		}
		if n := b.peer.received("ACK"); n < 1+3+2 {
			t.Fatalf("%d acknowledgements: %v", n, b.peer.log())
		}
	})
}

func TestC15NotATerminal(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.call = func(n int, w *wire) bool {
			w.raw([]byte("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nConnection: close\r\n\r\n")...)
			w.close()
			return false
		}
		b.refused(driver.ErrNotATerminal)
	})
	inBubble(t, func(t *testing.T, b *bench) { // it stays connected
		b.peer.call = func(n int, w *wire) bool {
			w.raw([]byte("220 printer ready\r\n")...)
			return false
		}
		b.refused(driver.ErrNotATerminal)
	})
}

func TestR13Silent(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.on['s'] = func(*wire, []byte) {}
		begun := time.Now()
		b.refused(driver.ErrSilent)
		if d := time.Since(begun); d > 15*time.Second {
			t.Fatalf("the clerk waited %v", d)
		}
	})
}

func TestR14Scopes(t *testing.T) {
	for _, scope := range ecr17.Scopes {
		inBubble(t, func(t *testing.T, b *bench) {
			b.peer.scope = scope
			b.peer.pay = approve
			o, _ := b.pay()
			b.want(o, driver.Charged, "approved")
			if got := b.rec.baseline.Scope; got != scope.String() {
				t.Fatalf("scope %q, want %q", got, scope)
			}
		})
		inBubble(t, func(t *testing.T, b *bench) {
			b.peer.scope = scope
			b.cfg.LRC = ecr17.Scopes[(int(scope)+1)%len(ecr17.Scopes)].String()
			err := b.refused(driver.ErrWrongScope)
			if !strings.Contains(err.Error(), `uses "`+scope.String()+`"`) {
				t.Fatalf("the error does not name the scope that fits: %v", err)
			}
		})
	}
}

// A terminal that takes every LRC shows its scope in the answer.
func TestScopeOfTheAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.scope, b.peer.lax = ecr17.Payload, true
		b.peer.pay = approve
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
		if b.rec.baseline.Scope != "payload" {
			t.Fatalf("scope %q", b.rec.baseline.Scope)
		}
	})
}

func TestR15WrongTerminal(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.tid = "87654321"
		b.refused(driver.ErrWrongTerminal)
	})
}

func TestR16NotReady(t *testing.T) {
	for _, state := range []ecr17.TerminalState{0, 1, 3, 4} {
		inBubble(t, func(t *testing.T, b *bench) {
			b.peer.state = state
			b.refused(driver.ErrNotReady)
		})
	}
}

func TestS11PrintSwitchRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.Receipts = "ecr"
		b.peer.on['E'] = func(w *wire, _ []byte) { w.nak() }
		b.refused(driver.ErrRefused)
	})
}

// ECR17 1.7: some terminals hang up after the print switch; the payment goes out on a new connection.
func TestHangsUpAfterEachAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.Receipts = "ecr"
		b.peer.on['E'] = func(w *wire, _ []byte) { w.ack(); w.close() }
		b.peer.on['G'] = func(w *wire, _ []byte) { w.nak(); w.close() }
		b.peer.pay = approve
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
	})
}

func TestSentFails(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		full := errors.New("disk full")
		b.rec.sentErr = full
		_, err := b.open().Pay(context.Background(), payment(), b.rec)
		if !errors.Is(err, full) || len(b.rec.outcomes) > 0 || b.peer.received("X") > 0 {
			t.Fatalf("%v, %+v, frames %v", err, b.rec.outcomes, b.peer.log())
		}
	})
}

// The outcome cannot be written: the terminal must not be told that we have it.
func TestOutcomeFails(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.rec.outcomeErr = errors.New("disk full")
		acks := 0
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			acks = w.p.received("ACK")
			approve(w, x)
		}
		_, a := b.pay()
		synctest.Wait()
		if a.Acked || b.peer.received("ACK") != acks {
			t.Fatalf("the result was acknowledged: %v", b.peer.log())
		}
	})
}

func TestInputs(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.NoticeData = &driver.NoticeData{Tag: 5, Template: "{notice}{creditor}", IndexMap: "5000"}
		term := b.open()
		many := payment()
		for range 3 {
			many.Notices = append(many.Notices, many.Notices[0])
		}
		zero, huge, odd := payment(), payment(), payment()
		zero.AmountCents, huge.AmountCents, odd.Reference = 0, 100_000_000, "RIF {x}"
		for _, c := range []struct {
			p    driver.Payment
			kind error
		}{{zero, driver.ErrAmount}, {huge, driver.ErrAmount}, {odd, driver.ErrConfig}, {many, driver.ErrNotices}} {
			if _, err := term.Pay(context.Background(), c.p, b.rec); !errors.Is(err, c.kind) {
				t.Errorf("%+v: %v; want %v", c.p, err, c.kind)
			}
		}
		if b.peer.calls > 0 {
			t.Error("the terminal was called for a payment that cannot be")
		}
	})
}

func TestClose(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) { w.ack() }
		term := b.open()
		ended := make(chan error, 1)
		go func() {
			_, err := term.Pay(context.Background(), payment(), b.rec)
			ended <- err
		}()
		time.Sleep(10 * time.Second)
		if _, err := term.Pay(context.Background(), payment(), b.rec); !errors.Is(err, driver.ErrBusy) {
			t.Errorf("a second payment meanwhile: %v", err)
		}
		term.Close()
		if n := len(term.(*terminal).conns); n > 0 {
			t.Errorf("%d connections are left after Close", n)
		}
		if err := <-ended; !errors.Is(err, driver.ErrInterrupted) || len(b.rec.outcomes) > 0 {
			t.Fatalf("the payment ended with %v, %+v", err, b.rec.outcomes)
		}
		if _, err := term.Status(context.Background()); !errors.Is(err, driver.ErrClosed) {
			t.Fatalf("a closed terminal: %v", err)
		}
	})
}

func TestContextEndsPreflight(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.on['G'] = func(w *wire, _ []byte) { w.ack() }
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := b.open().Pay(ctx, payment(), b.rec)
		if !errors.Is(err, context.DeadlineExceeded) || b.rec.baseline != nil {
			t.Fatalf("%v", err)
		}
	})
}
