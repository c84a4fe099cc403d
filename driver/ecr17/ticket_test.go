package ecr17

import (
	"strings"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

const ticketEnd = "}}}}}}\x1b"

func withTicket(t *testing.T, script func(w *wire, result []byte), check func(t *testing.T, b *bench, o driver.Outcome, a driver.Aftermath)) {
	t.Helper()
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.Receipts = "ecr"
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.wait(time.Second)
			script(w, w.p.approved(x.AmountCents))
		}
		o, a := b.pay()
		b.want(o, driver.Charged, "approved")
		check(t, b, o, a)
	})
}

func TestS01Ticket(t *testing.T) {
	withTicket(t, func(w *wire, result []byte) {
		w.send(result)
		for _, part := range []string{"UNO}", "DUE}", "TRE}", "QUATTRO}", ticketEnd} {
			w.wait(300 * time.Millisecond)
			w.send(w.p.ticket(part))
			w.progress("STAMPA IN CORSO") // P02
		}
	}, func(t *testing.T, b *bench, _ driver.Outcome, a driver.Aftermath) {
		if !a.Acked || !a.TicketComplete || a.Ticket != "UNO\nDUE\nTRE\nQUATTRO\n" || string(a.RawTicket) != "UNO}DUE}TRE}QUATTRO}"+ticketEnd {
			t.Fatalf("%+v", a)
		}
	})
}

// S06: a full line and its new line are a line and an empty one, unless the installer says that a full line of
// this terminal ends by itself. The copy and the raw text are read and kept alike.
func TestS06FullLines(t *testing.T) {
	const full = "UNA RIGA DI 24 CARATTERI"
	for lenient, want := range map[bool]string{false: full + "\n\nDUE\n", true: full + "\nDUE\n"} {
		inBubble(t, func(t *testing.T, b *bench) {
			b.cfg.Receipts, b.cfg.FullLines = "ecr", lenient
			b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
				w.ack()
				w.send(w.p.approved(x.AmountCents))
				w.send(w.p.ticket(full + "}DUE}" + ticketEnd))
			}
			b.peer.on['R'] = func(w *wire, _ []byte) {
				w.ack()
				w.send(w.p.ticket(full + "}DUE}" + ticketEnd))
			}
			o, a := b.pay()
			b.want(o, driver.Charged, "approved")
			slip, err := b.term.Reprint(t.Context())
			if err != nil || a.Ticket != want || slip.Text != want || string(a.RawTicket) != full+"}DUE}"+ticketEnd {
				t.Errorf("full lines %t: %q, %q %v", lenient, a.Ticket, slip.Text, err)
			}
		})
	}
}

func TestS02CutInTheTicket(t *testing.T) {
	withTicket(t, func(w *wire, result []byte) {
		w.send(result)
		w.send(w.p.ticket("UNO}"))
		w.send(w.p.ticket("DUE}"))
		w.close()
	}, func(t *testing.T, _ *bench, _ driver.Outcome, a driver.Aftermath) {
		if a.TicketComplete || a.Ticket != "UNO\nDUE\n" {
			t.Fatalf("%+v", a)
		}
	})
}

func TestS03NoEndMark(t *testing.T) {
	last := make(chan time.Time, 1)
	withTicket(t, func(w *wire, result []byte) {
		w.send(result)
		w.send(w.p.ticket("UNO}"))
		last <- time.Now()
	}, func(t *testing.T, _ *bench, _ driver.Outcome, a driver.Aftermath) {
		if waited := time.Since(<-last); a.TicketComplete || a.Ticket != "UNO\n" || waited != 4*time.Second {
			t.Fatalf("%+v after %v", a, waited)
		}
	})
}

func TestS04TicketBeforeResult(t *testing.T) {
	withTicket(t, func(w *wire, result []byte) {
		w.send(w.p.ticket("UNO}"))
		w.send(w.p.ticket(ticketEnd))
		w.wait(time.Second)
		w.send(result)
	}, func(t *testing.T, _ *bench, _ driver.Outcome, a driver.Aftermath) {
		if !a.TicketComplete || a.Ticket != "UNO\n" {
			t.Fatalf("%+v", a)
		}
	})
}

func TestS08RepeatAfterNAK(t *testing.T) {
	withTicket(t, func(w *wire, result []byte) {
		w.send(result)
		w.send(w.p.ticket("UNO}"))
		w.damaged(w.p.ticket("DUE}"))
		w.wait(300 * time.Millisecond)
		w.send(w.p.ticket("UNO}")) // it takes the NAK for the message before
		w.send(w.p.ticket("DUE}"))
		w.send(w.p.ticket(ticketEnd))
	}, func(t *testing.T, _ *bench, _ driver.Outcome, a driver.Aftermath) {
		if a.Ticket != "UNO\nDUE\n" {
			t.Fatalf("%+v", a)
		}
	})
}

func TestS09TwoEqualParts(t *testing.T) {
	withTicket(t, func(w *wire, result []byte) {
		w.send(result)
		w.send(w.p.ticket("UGUALE}"))
		w.send(w.p.ticket("UGUALE}"))
		w.send(w.p.ticket(ticketEnd))
	}, func(t *testing.T, _ *bench, _ driver.Outcome, a driver.Aftermath) {
		if a.Ticket != "UGUALE\nUGUALE\n" {
			t.Fatalf("%+v", a)
		}
	})
}

// The terminal forgets the print switch: nothing to wait for but the silence.
func TestS12NoTicket(t *testing.T) {
	withTicket(t, func(w *wire, result []byte) { w.send(result) },
		func(t *testing.T, _ *bench, _ driver.Outcome, a driver.Aftermath) {
			if a.Ticket != "" || a.TicketComplete || a.RawTicket != nil || !a.Acked {
				t.Fatalf("%+v", a)
			}
		})
}

// TestSlipsAreMasked: a terminal that prints the card number in clear does not put it into the ledger, neither with
// the slip nor with its copy nor with the close. An AID stays readable.
func TestSlipsAreMasked(t *testing.T) {
	const printed = "ACQUISTO}AID A0000000031010}CARTA 4111 1111 1111 1111}5555555555554444}" + ticketEnd
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.Receipts = "ecr"
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.send(w.p.approved(x.AmountCents))
			w.send(w.p.ticket(printed))
		}
		b.peer.on['R'] = func(w *wire, _ []byte) { w.ack(); w.send(w.p.ticket(printed)) }
		b.peer.on['C'] = func(w *wire, _ []byte) {
			w.ack()
			w.send(encode(ecr17.CloseAnswer{TID: w.p.tid, Code: ecr17.ResultOK, TotalCents: 1, HasTotal: true, HostTotalCents: 1, HasHostTotal: true}))
			w.send(w.p.ticket(printed))
		}
		_, a := b.pay()
		slip, err := b.term.Reprint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c, err := b.term.CloseSession(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for what, text := range map[string]string{
			"slip": a.Ticket, "raw slip": string(a.RawTicket), "copy": slip.Text, "raw copy": string(slip.Raw), "close": c.Ticket, "raw close": string(c.RawTicket),
		} {
			if !strings.Contains(text, "AID A0000000031010") || !strings.Contains(strings.ReplaceAll(text, "\n", ""), "CARTA **** **** **** 1111") || !strings.Contains(text, "************4444") {
				t.Errorf("%s: %q", what, text)
			}
		}
	})
}
