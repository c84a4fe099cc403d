package ecr17

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

const slipOfOurs = "ACQUISTO}IMPORTO EUR 12,34}RIFA1ABCDEFGH}}}}}}\x1b"

// healthy is a terminal that has sold something and answers every question.
func healthy(p *peer) {
	p.save(p.approved(ourCents))
	p.totals(cents(ourCents))
	p.on['R'] = func(w *wire, _ []byte) {
		w.ack()
		w.send(p.ticket(slipOfOurs))
	}
}

func ours(reference string) bool { return reference == payment().Reference }

func (b *bench) detect(knows func(string) bool, quiet bool) driver.Passport {
	b.t.Helper()
	p, err := b.open().Detect(context.Background(), knows, quiet)
	if err != nil {
		b.t.Fatalf("detect: %v", err)
	}
	if n := strings.Trim(strings.Join(b.peer.log(), " "), "sGTER ACKN"); n != "" {
		b.t.Fatalf("more than questions: %v", b.peer.log())
	}
	return p
}

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		name   string
		script func(b *bench)
		check  func(p driver.Passport) bool
	}{
		{"everything", func(*bench) {}, func(p driver.Passport) bool {
			return p.TerminalID == ourTID && p.Software == "REL00001" && p.Scope == "stx+payload+etx" && p.AckForm == "ctrl+etx" &&
				p.Supports == "sGTER" && p.Refuses == "" && *p.TotalCents == ourCents && p.TotalsBefore &&
				p.Prints == driver.AnswerYes && p.Reprints == driver.AnswerYes && p.OneClient == driver.AnswerNo && !p.At.IsZero()
		}},
		{"another scope", func(b *bench) { b.peer.scope = ecr17.Payload }, func(p driver.Passport) bool { return p.Scope == "payload" }},
		{"totals differ", func(b *bench) { b.peer.totals(cents(1), cents(2)) }, func(p driver.Passport) bool { return !p.TotalsBefore && *p.TotalCents == 1 }},
		{"totals unreadable", func(b *bench) { b.peer.totals(cents(-1)) }, func(p driver.Passport) bool { return !p.TotalsBefore && p.TotalCents == nil }},
		{"totals slow", func(b *bench) {
			b.peer.on['T'] = func(w *wire, _ []byte) {
				w.ack()
				w.wait(5 * time.Second)
				w.send(encode(ecr17.TotalsAnswer{TID: ourTID, Code: ecr17.ResultOK, TotalCents: 1, HasTotal: true}))
			}
		}, func(p driver.Passport) bool {
			return !p.TotalsBefore && *p.TotalCents == 1 && strings.Contains(p.Supports, "T")
		}},
		{"totals change the last result", func(b *bench) {
			n := 0
			b.peer.on['T'] = func(w *wire, _ []byte) {
				if n++; n == 2 {
					b.peer.save(b.peer.approved(1))
				}
				w.ack()
				w.send(encode(ecr17.TotalsAnswer{TID: ourTID, Code: ecr17.ResultOK, TotalCents: 1, HasTotal: true}))
			}
		}, func(p driver.Passport) bool { return !p.TotalsBefore }},
		{"the copy changes the last result", func(b *bench) {
			b.peer.on['R'] = func(w *wire, _ []byte) {
				b.peer.save(b.peer.approved(1))
				w.ack()
				w.send(b.peer.ticket(slipOfOurs))
			}
		}, func(p driver.Passport) bool { return p.Reprints == driver.AnswerNo && p.Prints == driver.AnswerYes }},
		{"a stranger's receipt", func(b *bench) {
			b.peer.on['R'] = func(w *wire, _ []byte) { w.ack(); w.send(b.peer.ticket("RIFZZABCDEFGH}}}}}}\x1b")) }
		}, func(p driver.Passport) bool {
			return p.Prints == driver.AnswerUnknown && p.Reprints == driver.AnswerYes
		}},
		{"no receipt yet", func(b *bench) { b.peer.on['R'] = func(w *wire, _ []byte) { w.ack() } }, func(p driver.Passport) bool {
			return p.Supports == "sGTER" && p.Prints == driver.AnswerUnknown && p.Reprints == driver.AnswerUnknown
		}},
		{"nothing but status", func(b *bench) {
			b.peer.save(nil)
			for _, letter := range "TER" {
				b.peer.on[byte(letter)] = func(w *wire, _ []byte) { w.nak() }
			}
		}, func(p driver.Passport) bool {
			return p.Supports == "s" && p.Refuses == "GTER" && !p.TotalsBefore && p.Reprints == driver.AnswerNo
		}},
		{"mute to totals and the copy", func(b *bench) {
			b.peer.on['T'] = func(*wire, []byte) {}
			b.peer.on['R'] = func(*wire, []byte) {}
		}, func(p driver.Passport) bool { return p.Supports == "sGE" && p.Refuses == "TR" }},
		{"hangs up on the copy", func(b *bench) { b.peer.on['R'] = func(w *wire, _ []byte) { w.close() } }, func(p driver.Passport) bool {
			return p.Supports == "sGTE" && p.Refuses == "R" && p.Reprints == driver.AnswerNo
		}},
		{"one client", func(b *bench) {
			b.peer.call = func(n int, _ *wire) bool { return n == 1 }
		}, func(p driver.Passport) bool { return p.OneClient == driver.AnswerYes }},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				healthy(b.peer)
				c.script(b)
				if p := b.detect(ours, true); !c.check(p) {
					t.Fatalf("%+v", p)
				}
			})
		})
	}
	t.Run("not without the installer's word", func(t *testing.T) {
		inBubble(t, func(t *testing.T, b *bench) {
			healthy(b.peer)
			if p := b.detect(ours, false); p.TotalsBefore {
				t.Fatalf("%+v", p)
			}
		})
	})
	t.Run("another terminal", func(t *testing.T) {
		inBubble(t, func(t *testing.T, b *bench) {
			b.peer.tid = "87654321"
			if _, err := b.open().Detect(context.Background(), ours, true); !errors.Is(err, driver.ErrWrongTerminal) {
				t.Fatal(err)
			}
		})
	})
}

// Detection trusts no scope that was locked before; a new passport puts its own in force.
func TestDetectFromNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		healthy(b.peer)
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) { w.ack(); w.send(w.p.approved(x.AmountCents)) }
		b.open().Commission(b.detect(ours, false))
		if _, err := b.term.Status(context.Background()); err != nil { // locks the scope
			t.Fatal(err)
		}
		b.peer.scope = ecr17.PayloadEtx
		if err := b.refused(driver.ErrPassport); !strings.Contains(err.Error(), "stx+payload+etx") {
			t.Fatal(err)
		}
		p, err := b.term.Detect(context.Background(), ours, false)
		if err != nil || p.Scope != "payload+etx" {
			t.Fatalf("%+v, %v", p, err)
		}
		b.refused(driver.ErrPassport) // the old one is in force until the new one is
		b.term.Commission(p)
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
	})
}

// The passport's scope is tried first: the first question is answered.
func TestPassportScopeFirst(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.scope = ecr17.Payload
		b.open().Commission(driver.Passport{TerminalID: ourTID, Software: "REL00001", Scope: "payload"})
		if _, err := b.term.Status(context.Background()); err != nil || b.peer.received("s") != 3 {
			t.Fatalf("%v, frames %v", err, b.peer.log())
		}
	})
}

// A terminal that serves one client is known by its passport: evidence is gathered on the attempt's own line.
func TestPassportOfOneClient(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		for _, c := range []struct {
			answer driver.Answer
			want   bool
		}{{driver.AnswerUnknown, false}, {driver.AnswerNo, false}, {driver.AnswerYes, true}} {
			b.open().Commission(driver.Passport{TerminalID: ourTID, Scope: "payload", OneClient: c.answer})
			if got := b.term.(*terminal).servesOne(); got != c.want {
				t.Errorf("%q: %t", c.answer, got)
			}
		}
	})
}

// What differs from the passport is named, with what it was, and nothing is sent.
func TestPassportDiffers(t *testing.T) {
	good := driver.Passport{TerminalID: ourTID, Software: "REL00001", Scope: "stx+payload+etx"}
	software, scope := good, good
	software.Software, scope.Scope = "REL00000", "payload"
	for _, c := range []struct {
		p     driver.Passport
		names []string
	}{{software, []string{"software", "REL00000", "REL00001"}}, {scope, []string{"scope", `"payload"`, "stx+payload+etx"}}} {
		inBubble(t, func(t *testing.T, b *bench) {
			b.open().Commission(c.p)
			err := b.refused(driver.ErrPassport)
			for _, name := range c.names {
				if !strings.Contains(err.Error(), name) {
					t.Errorf("%v does not name %s", err, name)
				}
			}
		})
	}
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.tid = "87654321"
		b.open().Commission(good)
		if err := b.refused(driver.ErrPassport); !strings.Contains(err.Error(), ourTID) || !strings.Contains(err.Error(), "87654321") {
			t.Fatal(err)
		}
	})
}

// The total before a payment is measured where the passport allows it; where it is not told the payment goes
// on with what the ledger expects.
func TestTotalBefore(t *testing.T) {
	for _, c := range []struct {
		name     string
		allowed  bool
		total    *int64
		expected *int64
		want     *driver.Total
		asked    int
	}{
		{"measured", true, cents(700), cents(5), &driver.Total{Cents: 700, Measured: true}, 1},
		{"unreadable", true, cents(-1), nil, nil, 1},
		{"silent", true, nil, nil, nil, 1},
		{"silent, expected", true, nil, cents(5), &driver.Total{Cents: 5}, 1},
		{"not allowed, expected", false, cents(700), cents(5), &driver.Total{Cents: 5}, 0},
		{"not allowed", false, cents(700), nil, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				b.peer.totals(c.total)
				b.peer.pay = func(w *wire, x ecr17.PaymentRequest) { w.ack(); w.send(w.p.approved(x.AmountCents)) }
				b.open().Commission(driver.Passport{TerminalID: ourTID, Software: "REL00001", Scope: "stx+payload+etx", TotalsBefore: c.allowed})
				p := payment()
				p.Expected, p.Previous = c.expected, "RIFA1ZZZZZZZZ"
				if _, err := b.term.Pay(context.Background(), p, b.rec); err != nil {
					t.Fatal(err)
				}
				b.want(b.rec.only(t), driver.Charged, "approved")
				got := b.rec.baseline
				if (got.Total == nil) != (c.want == nil) || got.Total != nil && *got.Total != *c.want || b.peer.received("T") != c.asked || got.Previous != p.Previous {
					t.Fatalf("%+v, total %+v; asked %d times", got, got.Total, b.peer.received("T"))
				}
			})
		})
	}
}

// What the installer sets takes the place of the profile's own.
func TestInstallersChoice(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.Command, b.cfg.AnyState, b.cfg.Sends = "P", true, 1
		b.cfg.Timing.Totals, b.cfg.Timing.ACK = 2*time.Second, time.Second
		b.peer.state = 9
		code := byte(0)
		b.peer.on['P'] = func(w *wire, payload []byte) { code = payload[9]; w.nak() }
		if _, err := b.open().Pay(context.Background(), payment(), b.rec); err != nil || code != 'P' || b.peer.received("X") != 0 {
			t.Fatalf("%v; command %q", err, code)
		}
		b.want(b.rec.only(t), driver.NotCharged, "nak")
		b.peer.on['T'] = func(w *wire, _ []byte) { w.ack() }
		began := time.Now()
		if _, err := b.term.Totals(context.Background()); err == nil || time.Since(began) > 3*time.Second || b.peer.received("T") != 1 {
			t.Fatalf("%v after %v", err, time.Since(began))
		}
	})
	for _, wrong := range []func(*driver.Config){
		func(c *driver.Config) { c.Command = "p" }, func(c *driver.Config) { c.ACKForm = "ack" },
	} {
		cfg := driver.Config{Name: "x", Driver: "nexi", Address: "tcp://192.0.2.1:1", TerminalID: ourTID, CashRegisterID: "1", LRC: "auto", Receipts: "ecr"}
		if term, err := Open(cfg); err != nil {
			t.Fatal(err)
		} else {
			term.Close()
		}
		wrong(&cfg)
		if _, err := Open(cfg); !errors.Is(err, driver.ErrConfig) {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

// The form of our ACK is the installer's where he has chosen one.
func TestACKForm(t *testing.T) {
	for _, c := range []struct {
		chosen string
		want   ecr17.ControlForm
	}{{"", ecr17.FormCtrlEtx}, {"stx+ctrl", ecr17.FormStxCtrl}} {
		inBubble(t, func(t *testing.T, b *bench) {
			b.cfg.ACKForm = c.chosen
			if _, err := b.open().Status(context.Background()); err != nil {
				t.Fatal(err)
			}
			if got := b.term.(*terminal).linkNow().form; got != c.want {
				t.Fatalf("%q: %v", c.chosen, got)
			}
		})
	}
}
