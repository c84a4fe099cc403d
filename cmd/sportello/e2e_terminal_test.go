package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sportello/driver/simulator"
	"sportello/protocol/local"
)

// TestTerminalsThatCannotPay: what stands where the terminal should be.
func TestTerminalsThatCannotPay(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		setup setup
		mend  func(*testing.T, *counter) // what the hint says
		told
	}{
		"off": {
			setup{address: "tcp://" + freeAddress(t)},
			func(t *testing.T, c *counter) { c.switchOn() },
			told{3, local.CodeTerminalUnreachable, 503, []string{"non è raggiungibile", "Controllare che sia acceso"}},
		},
		"web server": {
			setup{terminal: simulator.Options{Faults: []simulator.Rule{{On: simulator.OnConnect, Fault: simulator.HTTPBanner}}}},
			func(t *testing.T, c *counter) { c.configured(c.address(), freeAddress(t)); c.switchOn() },
			told{3, local.CodeNotATerminal, 503, []string{"risponde un altro apparecchio", "correggere l'indirizzo"}},
		},
		"wrong terminal id": {
			setup{tid: "87654321"},
			func(t *testing.T, c *counter) { c.configured("87654321", "12345678") },
			told{3, local.CodeWrongTerminal, 503, []string{"Ha risposto un altro terminale", "verificare indirizzo e codice (TID)"}},
		},
		"wrong LRC scope": {
			setup{lrc: "payload"},
			func(t *testing.T, c *counter) { c.configured("lrc: payload", "lrc: auto") },
			told{3, local.CodeWrongScope, 503, []string{"altro calcolo di controllo (LRC)", "lrc: auto"}},
		},
		"not ready": {
			setup{terminal: simulator.Options{State: "0"}},
			nil,
			told{3, local.CodeTerminalNotReady, 503, []string{"non è pronto", "allineamento (DLL)"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, row.setup)
			c.start()
			c.refusesToPay(debt(0), row.told)
			c.refuses(http.MethodPost, "payments", requestFor(debt(0), 0), row.told)
			if code, out, errs := c.cli("terminal", "status", "cassa1"); code != exitDone || !strings.Contains(out, row.says[0]) {
				t.Errorf("terminal status: %d %s%s", code, out, errs)
			}
			c.untouched()
			if row.mend != nil {
				row.mend(t, c)
				c.start()
				c.takes(debt(0))
			}
		})
	}
}

// TestSilentTerminal: something takes the connection and says nothing, as a hung terminal does, or a web
// server that waits for the end of a line.
func TestSilentTerminal(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // the system takes connections, nobody ever reads them
	c := newCounter(t, setup{address: "tcp://" + l.Addr().String()})
	c.start()
	c.refusesToPay(debt(0), told{exit: 3, code: local.CodeTerminalSilent, says: []string{"è collegato ma non risponde", "riavviarlo"}})
	c.untouched()
}

// TestTerminalSwitchedOnLater: no restart is needed.
func TestTerminalSwitchedOnLater(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{address: "tcp://" + freeAddress(t)})
	c.start()
	c.refusesToPay(debt(0), told{exit: 3, code: local.CodeTerminalUnreachable})
	c.switchOn()
	c.takes(debt(0))
}

// TestStrangerOnTheTerminal: the terminal remembers a sale that this ledger does not know (design 5.7).
func TestStrangerOnTheTerminal(t *testing.T) {
	t.Parallel()
	stranger := told{3, local.CodeNeedsAdopt, 409, []string{"non è nel registro di questo sportello", "Un responsabile deve esaminarla"}}
	adopted := func(t *testing.T, c *counter, last string) {
		c.refusesToPay(debt(1), stranger)
		c.refuses(http.MethodPost, "payments", requestFor(debt(1), 0), stranger)
		code, _, errs := c.cli("terminal", "adopt", "cassa1")
		if code != exitUsage {
			t.Errorf("a nameless adopt ended with %d", code)
		}
		c.italian(errs, []string{"porta il nome di chi la prende", "--operator"})
		c.refuses(http.MethodPost, "terminals/cassa1/adopt", local.ActionRequest{RequestID: newRequestID()},
			told{code: local.CodeForbiddenRole, status: 403})
		code, _, errs = c.program("9999\n", "terminal", "adopt", "cassa1", "--operator", "bianchi", "--config", c.config)
		if code != exitFailed {
			t.Errorf("adopt with a wrong PIN ended with %d", code)
		}
		c.italian(errs, []string{"PIN non corretti"})
		c.refusesToPay(debt(1), stranger)
		code, out, errs := c.program("1234\n", "terminal", "adopt", "cassa1", "--operator", "bianchi", "--config", c.config)
		if code != exitDone || !strings.Contains(out, last) || !strings.Contains(out, "pronto") {
			t.Errorf("a supervisor's adopt ended with %d\n%s%s", code, out, errs)
		}
		c.takes(debt(1))
		c.soundLedger()
		// Who accepted it is in the ledger, and the next start asks nobody again.
		c.stop()
		c.start()
		c.takes(debt(0))
	}
	t.Run("manual sale", func(t *testing.T) {
		t.Parallel()
		c := newCounter(t, setup{terminal: simulator.Options{ManualSaved: true}})
		if _, err := c.terminal.ManualSale(777); err != nil {
			t.Fatal(err)
		}
		c.start()
		adopted(t, c, "importo non indicato dal terminale, STAN 00000")
	})
	t.Run("manual sale while the service is off", func(t *testing.T) {
		t.Parallel()
		c := newCounter(t, setup{terminal: simulator.Options{ManualSaved: true}})
		c.start()
		c.takes(debt(2))
		c.registered()
		c.stop()
		if _, err := c.terminal.ManualSale(777); err != nil {
			t.Fatal(err)
		}
		c.start()
		adopted(t, c, "importo non indicato dal terminale, STAN 00000")
	})
	t.Run("fresh ledger", func(t *testing.T) {
		t.Parallel()
		c := newCounter(t, setup{})
		c.start()
		c.takes(debt(2))
		c.registered()
		c.stop()
		if err := os.RemoveAll(filepath.Join(c.dir, "data")); err != nil {
			t.Fatal(err)
		}
		c.start()
		adopted(t, c, "62,50 €, STAN 000001")
	})
}

// address is where the configuration looks for the terminal, HOST:PORT.
func (c *counter) address() string {
	c.t.Helper()
	text, err := os.ReadFile(c.config)
	if err != nil {
		c.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "address: tcp://")
	address, _, _ := strings.Cut(rest, "\n")
	return address
}

// switchOn puts a terminal of the counter's bank, without faults, where the configuration looks for it.
func (c *counter) switchOn() {
	c.t.Helper()
	terminal, err := simulator.New(simulator.Options{Bank: c.bank})
	if err != nil {
		c.t.Fatal(err)
	}
	c.vacant(c.address())
	l, err := net.Listen("tcp", c.address())
	if err != nil {
		c.t.Fatal(err)
	}
	c.terminal = terminal
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- terminal.Serve(ctx, l) }()
	c.t.Cleanup(func() {
		cancel()
		<-done
	})
}

// in is the counter with another test to complain to.
func (c *counter) in(t *testing.T) *counter {
	sub := *c
	sub.t = t
	return &sub
}
