package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver/simulator"
	"sportello/protocol/local"
)

// refusesToRun starts the service where it must not start: it ends by itself with the code and says why.
func (c *counter) refusesToRun(config string, exit int, says ...string) {
	c.t.Helper()
	code, out, errs := c.program("", "run", "--config", config)
	if code != exit || out != "" {
		c.t.Errorf("run ended with %d, want %d; it printed %q", code, exit, out)
	}
	c.italian(errs, says)
	for _, crash := range []string{"panic", "goroutine", "SIGSEGV", "SIGBUS"} {
		if strings.Contains(errs, crash) {
			c.t.Errorf("it crashed:\n%s", errs)
		}
	}
}

// another writes a second configuration, with old replaced by new.
func (c *counter) another(old, new string) string {
	c.t.Helper()
	first := c.config
	text, err := os.ReadFile(first)
	if err != nil {
		c.t.Fatal(err)
	}
	c.config = filepath.Join(c.dir, "another.yaml")
	c.write(c.config, string(text))
	c.configured(old, new)
	second := c.config
	c.config = first
	return second
}

// TestSecondInstance: one ledger, one service; and the first one goes on undisturbed.
func TestSecondInstance(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	c.start()
	c.takes(debt(0))
	token, err := os.ReadFile(filepath.Join(c.dir, "data", tokenName))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("same data", func(t *testing.T) {
		c.in(t).refusesToRun(c.another("listen: "+c.listen, "listen: "+freeAddress(t)), exitFailed,
			"già aperto da un altro servizio", "Fermare l'altro servizio")
	})
	t.Run("same data and port", func(t *testing.T) {
		c.in(t).refusesToRun(c.config, exitFailed, "già aperto da un altro servizio")
	})
	t.Run("same port", func(t *testing.T) {
		other := c.another("data_dir: "+filepath.Join(c.dir, "data"), "data_dir: "+filepath.Join(c.dir, "other"))
		c.in(t).refusesToRun(other, exitFailed, "l'indirizzo "+c.listen+" della pagina", "già in uso", "cambiare listen")
	})
	if now, err := os.ReadFile(filepath.Join(c.dir, "data", tokenName)); err != nil || string(now) != string(token) {
		t.Errorf("the second instance changed the first one's token: %v", err)
	}
	c.takes(debt(1))
	c.soundLedger()
	c.stop()
	c.soundLedger()
	if code := c.startedAgain(); code != exitDone {
		t.Errorf("after the first one has ended: exit %d", code)
	}
}

// startedAgain starts and stops the service.
func (c *counter) startedAgain() int {
	c.t.Helper()
	c.start()
	return c.stop()
}

// TestPortTakenBySomebodyElse: not by a service of ours.
func TestPortTakenBySomebodyElse(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	l, err := net.Listen("tcp", c.listen)
	if err != nil {
		t.Fatal(err)
	}
	c.refusesToRun(c.config, exitFailed, "l'indirizzo "+c.listen+" della pagina", "cambiare listen")
	l.Close()
	c.vacant(c.listen)
	c.configured("listen: "+c.listen, "listen: 192.0.2.1:8417")
	c.refusesToRun(c.config, exitUsage, "raggiungibile da altri PC")
	c.configured("listen: 192.0.2.1:8417", "listen: "+c.listen)
	c.start()
	c.takes(debt(0))
}

// TestDataDirectoryThatCannotBe: here a file stands in its place.
func TestDataDirectoryThatCannotBe(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	data := filepath.Join(c.dir, "data")
	c.write(data, "")
	c.refusesToRun(c.config, exitFailed, "la cartella dei dati "+data+" non si può usare", "correggere data_dir")
}

// TestBadConfiguration: every mistake with line, reason and remedy, and nothing is made.
func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		old, new string
		line     string // what stands on the line that is blamed
		says     []string
	}{
		"unknown key":   {"installation: T1", "installation: T1\nlingua: it", "lingua: it", []string{"lingua: voce sconosciuta", "language"}},
		"indentation":   {"    driver: nexi", "\t driver: nexi", "", []string{"tabulazion"}},
		"missing psp":   {"    psp: {id: CIPBITMM, intermediary: \"13212880150\", channel: \"13212880150_90\", payment_type: CP}\n", "", "", []string{"psp: manca"}},
		"tax code":      {`tax_code: "01199250158"`, `tax_code: 1199250158`, "tax_code", []string{"tax_code", "fra virgolette"}},
		"address":       {"address: tcp://", "address: http://", "address: http://", []string{"address", "tcp://INDIRIZZO:PORTA"}},
		"terminal id":   {`terminal_id: "12345678"`, `terminal_id: "1234"`, "terminal_id", []string{"non è fatto di 8 cifre", "fra virgolette"}},
		"lrc":           {"lrc: auto", "lrc: xor", "lrc: xor", []string{"lrc", "stx+payload+etx"}},
		"password file": {"password_file: ", "password_file: /nonexistent", "password_file", []string{"password_file", "creare il file"}},
		"no such way":   {"exclusivity: exclusive", "exclusivity: exclusive\n    settlement: nexi", "settlement: nexi", []string{"settlement", "terminal"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, setup{})
			c.configured(row.old, row.new)
			text, err := os.ReadFile(c.config)
			if err != nil {
				t.Fatal(err)
			}
			c.refusesToRun(c.config, exitUsage, append(row.says, "rimedio: ", "sportello config check "+c.config)...)
			code, out, _ := c.program("", "config", "check", c.config)
			if code != exitUsage {
				t.Errorf("config check ended with %d", code)
			}
			blamed := regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(c.config)+`:(\d+): ([^a][^t]|a[^t])`).FindAllStringSubmatch(out, -1)
			if len(blamed) != 1 || !strings.Contains(out, "\n    rimedio: ") {
				t.Fatalf("config check printed\n%s", out)
			}
			if row.line == "" {
				return
			}
			n := 0
			for _, r := range blamed[0][1] {
				n = 10*n + int(r-'0')
			}
			if lines := strings.Split(string(text), "\n"); n < 1 || n > len(lines) || !strings.Contains(lines[n-1], row.line) {
				t.Errorf("line %d is blamed:\n%s", n, out)
			}
			if _, err := os.Stat(filepath.Join(c.dir, "data")); err == nil {
				t.Error("the data directory was made")
			}
		})
	}
	c := newCounter(t, setup{})
	c.refusesToRun(filepath.Join(c.dir, "none.yaml"), exitUsage, "il file non esiste")
}

// TestTornLedger: a file that a disk or a person has spoilt. No crash, nothing is overwritten, and the
// commands that look at it say the same.
func TestTornLedger(t *testing.T) {
	t.Parallel()
	whole := newCounter(t, setup{})
	whole.start()
	for i := range 3 {
		whole.takes(debt(i))
	}
	whole.registered()
	whole.stop()
	sound, err := os.ReadFile(filepath.Join(whole.dir, "data", ledger.FileName))
	if err != nil {
		t.Fatal(err)
	}
	for name, tear := range map[string]func([]byte) []byte{
		"cut":            func(b []byte) []byte { return b[:len(b)*2/3] },
		"cut to a page":  func(b []byte) []byte { return b[:4096] },
		"not a ledger":   func([]byte) []byte { return []byte("questo era il registro\n") },
		"empty":          func([]byte) []byte { return nil },
		"zeros in front": func(b []byte) []byte { return append(make([]byte, 8192), b[8192:]...) },
		"zeros behind":   func(b []byte) []byte { return append(b[:8192:8192], make([]byte, len(b)-8192)...) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, setup{})
			path := filepath.Join(c.dir, "data", ledger.FileName)
			if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
				t.Fatal(err)
			}
			torn := tear(sound)
			c.write(path, string(torn))
			c.refusesToRun(c.config, exitFailed, "Il registro dei pagamenti è danneggiato", "Non incassare")
			if now, err := os.ReadFile(path); err != nil || string(now) != string(torn) {
				t.Errorf("the torn file was changed: %v", err)
			}
			code, out, errs := c.cli("ledger", "check")
			if code != exitFailed || !strings.Contains(out, "Problemi trovati: 1.") {
				t.Errorf("ledger check: %d %s%s", code, out, errs)
			}
			for _, crash := range []string{"panic", "goroutine"} {
				if strings.Contains(out+errs, crash) {
					t.Errorf("ledger check crashed:\n%s", errs)
				}
			}
			if code, _, errs := c.cli("ledger", "dump"); code != exitFailed {
				t.Errorf("ledger dump: %d %s", code, errs)
			}
		})
	}
}

// TestChangedEntry: what was folded is not read again at every start; the check finds it, with its place.
func TestChangedEntry(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	c.start()
	c.takes(debt(2))
	c.registered()
	c.stop()
	path := filepath.Join(c.dir, "data", ledger.FileName)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.ReplaceAll(string(file), `"amount_cents":6250`, `"amount_cents":1250`)
	if changed == string(file) {
		t.Fatal("no entry found")
	}
	c.write(path, changed)
	code, out, errs := c.cli("ledger", "check")
	if code != exitFailed || !strings.Contains(out, "Non cancellare il registro") {
		t.Errorf("ledger check: %d %s%s", code, out, errs)
	}
	code, out, errs = c.cli("ledger", "check", "--json")
	var rep ledger.Report
	err = json.Unmarshal([]byte(out), &rep)
	if err != nil || code != exitFailed || len(rep.Problems) == 0 || !strings.Contains(out, `"where"`) {
		t.Errorf("ledger check --json: %d %s%s", code, out, errs)
	}
}

// TestNoLedgerYet: the check says that there is none, and makes none.
func TestNoLedgerYet(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	code, _, errs := c.cli("ledger", "check")
	if code != exitFailed || !strings.Contains(errs, "non c'è un registro") || !strings.Contains(errs, "► controllare data_dir") {
		t.Errorf("ledger check: %d %s", code, errs)
	}
	if _, err := os.Stat(filepath.Join(c.dir, "data", ledger.FileName)); !os.IsNotExist(err) {
		t.Errorf("a ledger has appeared: %v", err)
	}
}

// TestSameRequestTwice: one payment, whatever became of the first call.
func TestSameRequestTwice(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	c.start()
	first := c.takes(debt(0), "--request-id", "r1")
	again := c.takes(debt(0), "--request-id", "r1")
	if first.ID != again.ID || first.ReceiptNumber != again.ReceiptNumber || first.Reference != again.Reference {
		t.Errorf("two payments:\n%+v\n%+v", first, again)
	}
	// Another notice under the same id is not the same thing.
	reused := told{exit: exitUsage, code: local.CodeRequestIDReused, status: 409, says: []string{"già di un altro pagamento", "usarne uno nuovo"}}
	c.refusesToPay(debt(1), reused, "--request-id", "r1")
	c.refusesToPay(debt(0)+"x", reused, "--request-id", "r1")
	r := requestFor(debt(1), 0)
	r.RequestID = "r1"
	c.refuses(http.MethodPost, "payments", r, reused)
	// However the notice is written, it is the same.
	number := strings.Split(debt(0), "|")[2]
	for _, code := range []string{number, number + "@01199250158"} {
		if code, p, errs := c.pay(code, "--request-id", "r1"); code != exitDone || p.ID != first.ID {
			t.Errorf("the number alone: %d %+v %s", code, p, errs)
		}
	}
	if len(c.charges()) != 1 || len(c.payments()) != 1 {
		t.Errorf("charges %v", c.charges())
	}
	c.stop()
	c.start()
	if again := c.takes(debt(0), "--request-id", "r1"); again.ID != first.ID {
		t.Errorf("after a restart: %+v", again)
	}
	c.soundLedger()
}

// TestNoService: nothing is accepted, and that is what is said.
func TestNoService(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	unreachable := told{exit: exitUnreachable, code: codeUnreachable, says: []string{"niente è stato accettato", "avviare il servizio"}}
	c.refusesToPay(debt(0), unreachable)
	c.start()
	c.takes(debt(1))
	c.kill()
	c.refusesToPay(debt(0), unreachable)
	c.start()
	c.takes(debt(0))
}

// TestServiceKilledWhilePayWaits: 4, because the card may have been charged; the same id finds out.
func TestServiceKilledWhilePayWaits(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{terminal: simulator.Options{ManualKeys: true}})
	c.start()
	ended := c.payAside(debt(0), "--request-id", "r1", "--patience", "1ms")
	c.until("the card to be asked for", func() bool { return c.terminal.Received('U') == 1 })
	c.kill()
	c.customers()
	e := <-ended
	if e.code != exitUnknown {
		t.Errorf("pay ended with %d", e.code)
	}
	c.italian(e.errs, []string{"non si sa se la carta è stata addebitata", "non incassare di nuovo", "--request-id r1"})
	c.until("the bank to decide", func() bool { return c.charges()[onTheWire(debt(0))] == 1 })
	c.start()
	c.until("the attempt to be decided", func() bool { return c.payments()[0].State == local.StateCharged })
	c.takes(debt(0), "--request-id", "r1")
	c.registered()
	c.soundLedger()
}

// TestStopDuringAPayment: the service ends within seconds, and takes the payment up when it starts again.
func TestStopDuringAPayment(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{terminal: simulator.Options{ManualKeys: true}})
	c.start()
	ended := c.payAside(debt(0), "--request-id", "r1")
	c.until("the card to be asked for", func() bool { return c.terminal.Received('U') == 1 })
	if code := c.stop(); code != exitDone { // the customer is still looking for the card
		t.Errorf("the service ended with %d\n%s", code, c.stderr)
	}
	if n := len(c.charges()); n != 0 {
		t.Errorf("the bank has charged %d times already", n)
	}
	c.customers()
	kinds := c.journal()
	if last := kinds[len(kinds)-1]; last != ledger.KindSent {
		t.Errorf("the ledger ends with %q", last)
	}
	c.until("the bank to decide", func() bool { return len(c.charges()) == 1 })
	c.start()
	e := <-ended // pay has waited, and found the service again
	if e.code != exitUnknown && e.code != exitDone {
		t.Errorf("pay ended with %d: %s", e.code, e.errs)
	}
	c.until("the attempt to be decided", func() bool { return c.payments()[0].State == local.StateCharged })
	c.takes(debt(0), "--request-id", "r1")
	c.takes(debt(1))
	c.registered()
	c.soundLedger()
}

// TestTwoSignals: the second one does not wait for anything.
func TestTwoSignals(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	c.start()
	for range 2 {
		if err := c.service.Process.Signal(syscall.SIGTERM); err != nil {
			break // it has ended already
		}
	}
	c.until("the service to end", c.dead)
	c.start()
	c.takes(debt(0))
}

// aside is a payment somebody waits for while the test does something else.
type aside struct {
	code int
	errs string
}

func (c *counter) payAside(notice string, more ...string) <-chan aside {
	c.t.Helper()
	c.until("the terminal to be ready", func() bool {
		_, out, _ := c.cli("terminal", "status", "cassa1", "--json")
		return strings.Contains(out, `"ready"`)
	})
	ended := make(chan aside, 1)
	args := append([]string{"pay", notice, "--terminal", "cassa1"}, more...)
	go func() {
		code, _, errs := c.cli(args...)
		ended <- aside{code, errs}
	}()
	return ended
}
