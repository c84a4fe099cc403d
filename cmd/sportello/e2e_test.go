package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver/simulator"
	"sportello/protocol/local"
)

// told is a refusal as people and scripts meet it.
type told struct {
	exit   int        // of the command pay
	code   local.Code // stable
	status int        // HTTP
	says   []string   // what the Italian text must contain: what happened, and what to do
}

// refusesToPay pays by the command line and by the API: both must be told the same, and nothing else
// may happen. Whether nothing has happened is untouched's to say.
func (c *counter) refusesToPay(notice string, want told, more ...string) {
	c.t.Helper()
	code, out, errs := c.cli(append([]string{"pay", notice, "--terminal", "cassa1", "--json"}, more...)...)
	var doc local.ErrorBody
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		c.t.Errorf("pay --json printed %q: %v", out, err)
	}
	if code != want.exit || doc.Error.Code != want.code {
		c.t.Errorf("pay ended with %d %q, want %d %q\n%s", code, doc.Error.Code, want.exit, want.code, errs)
	}
	c.italian(errs, want.says)
}

// italian requires what a person reads to say what happened and, after the arrow, what to do.
func (c *counter) italian(said string, wants []string) {
	c.t.Helper()
	if !strings.Contains(said, "errore: ") || !strings.Contains(said, "\n  ► ") {
		c.t.Errorf("no error with something to do:\n%s", said)
	}
	for _, want := range wants {
		if !strings.Contains(said, want) {
			c.t.Errorf("the text lacks %q:\n%s", want, said)
		}
	}
}

// refuses makes a call of the API that must be refused.
func (c *counter) refuses(method, path string, body any, want told) local.Error {
	c.t.Helper()
	status, answer := c.call(method, path, body)
	var doc local.ErrorBody
	if err := json.Unmarshal(answer, &doc); err != nil {
		c.t.Errorf("%s %s answered %q: %v", method, path, answer, err)
	}
	e := doc.Error
	if status != want.status || e.Code != want.code {
		c.t.Errorf("%s %s: status %d %q, want %d %q", method, path, status, e.Code, want.status, want.code)
	}
	if e.Message == "" || e.Hint == "" {
		c.t.Errorf("%s %s: message %q, hint %q", method, path, e.Message, e.Hint)
	}
	return e
}

// call makes one call of the API with the command line's own token.
func (c *counter) call(method, path string, in any) (status int, body []byte) {
	c.t.Helper()
	token, err := os.ReadFile(filepath.Join(c.dir, "data", tokenName))
	if err != nil {
		c.t.Fatal(err)
	}
	text, err := json.Marshal(in)
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequest(method, "http://"+c.listen+api+path, bytes.NewReader(text))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, body
}

// requestFor is a payment as the page asks for it.
func requestFor(qr string, cents int64) local.PaymentRequest {
	f := strings.Split(qr, "|")
	return local.PaymentRequest{RequestID: newRequestID(), Terminal: "cassa1",
		Notices: []local.RequestNotice{{Number: f[2], Creditor: f[3], ExpectedCents: cents}}}
}

// untouched requires that no payment has left a trace: neither at the bank nor on the terminal, and in
// the ledger nothing but refusals. It stops the service.
func (c *counter) untouched() {
	c.t.Helper()
	if n := c.terminal.Received('X') + c.terminal.Received('P'); n != 0 {
		c.t.Errorf("the terminal got %d requests for money", n)
	}
	for _, d := range c.bank.Decisions() {
		if d.Kind == simulator.KindPayment || d.Kind == simulator.KindLocal {
			c.t.Errorf("the terminal was at work: %+v", d)
		}
	}
	for _, p := range c.payments() {
		if p.State != local.StateNotCharged || p.ReceiptNumber != "" || p.Charge != nil || p.Notices[0].Registration != local.RegistrationNone {
			c.t.Errorf("a payment that was not: %+v", p)
		}
	}
	for _, list := range []string{"queue", "cases"} {
		if code, out, errs := c.cli(list, "--json"); code != 0 || strings.TrimSpace(out) != "[]" {
			c.t.Errorf("%s: %d %s%s", list, code, out, errs)
		}
	}
	c.soundLedger()
	c.stop()
	c.soundLedger()
	for _, kind := range c.journal() {
		if kind != ledger.KindRefused { // in particular no "sent": that is where locks are taken
			c.t.Errorf("the ledger holds an entry %q", kind)
		}
	}
}

// soundLedger asks for the ledger's check, of the service or of the file.
func (c *counter) soundLedger() {
	c.t.Helper()
	if code, out, errs := c.cli("ledger", "check"); code != 0 || !strings.Contains(out, "integro") {
		c.t.Errorf("ledger check: %d %s%s", code, out, errs)
	}
}

// journal is the kinds of the ledger's entries, in order. No service may run.
func (c *counter) journal() []ledger.Kind {
	c.t.Helper()
	code, out, errs := c.cli("ledger", "dump")
	if code != 0 {
		c.t.Fatalf("ledger dump: %d %s", code, errs)
	}
	var kinds []ledger.Kind
	for line := range strings.Lines(out) {
		var e struct{ Entry struct{ Kind ledger.Kind } }
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Entry.Kind == "" {
			c.t.Fatalf("ledger dump printed %q: %v", line, err)
		}
		kinds = append(kinds, e.Entry.Kind)
	}
	return kinds
}

// stop ends the service as the system does, and gives its exit code.
func (c *counter) stop() int {
	c.t.Helper()
	if err := c.service.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	select {
	case <-c.exited:
	case <-time.After(longest):
		c.t.Fatalf("the service does not stop\nservice log:\n%s", c.stderr)
	}
	code := c.service.ProcessState.ExitCode()
	c.service = nil
	return code
}

// takes requires that a notice can be charged now.
func (c *counter) takes(notice string, more ...string) local.Payment {
	c.t.Helper()
	c.proven()
	code, p, errs := c.pay(notice, more...)
	if code != exitDone || p.State != local.StateCharged || p.ReceiptNumber == "" {
		c.t.Fatalf("pay ended with %d in state %q: %s\nservice log:\n%s", code, p.State, errs, c.stderr)
	}
	if n := c.charges()[onTheWire(notice)]; n != 1 {
		c.t.Fatalf("the bank charged %d times", n)
	}
	return p
}

// configured changes the configuration's text.
func (c *counter) configured(old, new string) {
	c.t.Helper()
	text, err := os.ReadFile(c.config)
	if err != nil {
		c.t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(old)) {
		c.t.Fatalf("the configuration has no %q", old)
	}
	c.write(c.config, strings.Replace(string(text), old, new, 1))
}

func (c *counter) write(path, text string) {
	c.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// proven waits for the first receipt: until then a terminal has one charge outstanding (design 5.6).
func (c *counter) proven() {
	c.t.Helper()
	c.until("the first receipt", func() bool {
		charged := 0
		for _, p := range c.payments() {
			if p.State != local.StateCharged {
				continue
			}
			charged++
			if p.Notices[0].Registration == local.RegistrationRegistered {
				return true
			}
		}
		return charged == 0
	})
}

// registered waits until the platform's receipts of every charge are in the ledger.
func (c *counter) registered() {
	c.t.Helper()
	c.until("every charge to be registered", func() bool {
		return !slices.ContainsFunc(c.payments(), func(p local.Payment) bool {
			return p.State == local.StateCharged && p.Notices[0].Registration != local.RegistrationRegistered
		})
	})
}
