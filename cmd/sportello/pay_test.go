package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"sportello/protocol/local"
)

const tari = "302000100000000107"

// expect checks an exit code and parts of the outputs.
func expect(t *testing.T, r result, code int, out, errors string) {
	t.Helper()
	if r.code != code || !strings.Contains(r.out, out) || !strings.Contains(r.errors, errors) {
		t.Errorf("exit %d, want %d; want %q in the output and %q in the errors\noutput: %s\nerrors: %s", r.code, code, out, errors, r.out, r.errors)
	}
}

func TestPayOutcomes(t *testing.T) {
	for state, want := range map[local.State]struct {
		code int
		text string
	}{
		local.StateCharged:    {exitDone, "INCASSATO 120,50 € su cassa1"},
		local.StateNotCharged: {exitNotCharged, "NON INCASSATO"},
		local.StateUnknown:    {exitUnknown, "ESITO NON NOTO, NON FAR RIPAGARE: 120,50 €"},
	} {
		f := newFake(t)
		f.ends(state)
		expect(t, f.run("pay", tari, "--terminal", "cassa1"), want.code, want.text, "TARI 2026")
		if len(f.orders) != 1 || f.orders[0].Notices[0].ExpectedCents != 12050 || f.orders[0].RequestID == "" {
			t.Errorf("%s: orders %+v", state, f.orders)
		}
	}
}

func TestPayShowsWhoseTurnItIs(t *testing.T) {
	f := newFake(t)
	f.ends(local.StateCharged, "checking", "card", "bank")
	accept := f.onPay
	f.onPay = func(try int, r local.PaymentRequest) (*local.Payment, *local.Error) {
		f.listened() // the stream is open before the order is placed, but its hello may still be under way
		return accept(try, r)
	}
	r := f.run("pay", "--terminal=cassa1", tari)
	expect(t, r, exitDone, "STAN 000123", "il cittadino presenti la carta")
	card, bank := strings.Index(r.errors, "presenti la carta"), strings.Index(r.errors, "risposta della banca")
	if card < 0 || bank < card {
		t.Errorf("phases out of order: %s", r.errors)
	}
}

func TestPayJSON(t *testing.T) {
	f := newFake(t)
	f.ends(local.StateCharged)
	r := f.run("pay", tari, "302000100000000208", "--terminal", "cassa1", "--json", "--expect-cents", "12550", "--request-id", "r-7")
	var p local.Payment
	if err := json.Unmarshal([]byte(r.out), &p); err != nil || r.code != exitDone {
		t.Fatalf("exit %d, %v: %s %s", r.code, err, r.out, r.errors)
	}
	if p.RequestID != "r-7" || p.AmountCents != 12550 || len(p.Notices) != 2 || p.State != local.StateCharged {
		t.Errorf("payment %+v", p)
	}
	expect(t, r, exitDone, "", "l'importo è cambiato")
}

func TestPayRefused(t *testing.T) {
	locked := local.Notice{Number: "3", Payable: false, PaymentID: "A1-00000009", Reason: &local.Reason{Code: "notice_locked", Text: "l'avviso è già in un altro incasso", Hint: "aspettarne l'esito"}}
	for _, c := range []struct {
		name    string
		arrange func(*fake)
		args    []string
		code    int
		errors  string
		orders  int
	}{
		{"not payable", func(f *fake) { f.notices["3"] = locked }, []string{"3", "--terminal", "cassa1"}, exitNotCharged, "aspettarne l'esito (pagamento A1-00000009)", 0},
		{"bad notice", nil, []string{"123", "--terminal", "cassa1"}, exitNotCharged, "[notice_check_digits]", 0},
		{"other total", nil, []string{tari, "--terminal", "cassa1", "--expect-cents", "1"}, exitNotCharged, "l'importo è 120,50 €, non 0,01 €", 0},
		{"terminal off", func(f *fake) {
			f.onPay = func(int, local.PaymentRequest) (*local.Payment, *local.Error) {
				return nil, &local.Error{Code: local.CodeTerminalUnreachable, Message: "il terminale non risponde", Hint: "accenderlo"}
			}
		}, []string{tari, "--terminal", "cassa1"}, exitNotCharged, "accenderlo", 1},
		{"amount changed", func(f *fake) {
			f.onPay = func(int, local.PaymentRequest) (*local.Payment, *local.Error) {
				return nil, &local.Error{Code: local.CodeAmountChanged, Message: "ora sono 130,00 €", AmountCents: 13000}
			}
		}, []string{tari, "--terminal", "cassa1"}, exitNotCharged, "ora sono 130,00 €", 1},
		{"request id of another request", func(f *fake) {
			f.onPay = func(int, local.PaymentRequest) (*local.Payment, *local.Error) {
				return nil, &local.Error{Code: local.CodeRequestIDReused}
			}
		}, []string{tari, "--terminal", "cassa1"}, exitUsage, "[request_id_reused]", 1},
		{"wrong token", func(f *fake) { f.token = "altro" }, []string{tari, "--terminal", "cassa1"}, exitFailed, "[unauthorized]", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t)
			f.ends(local.StateCharged)
			if c.arrange != nil {
				c.arrange(f)
			}
			expect(t, f.run(append([]string{"pay"}, c.args...)...), c.code, "", c.errors)
			r := f.run(append([]string{"pay", "--json"}, c.args...)...)
			var body struct{ Error local.Error }
			if err := json.Unmarshal([]byte(r.out), &body); err != nil || body.Error.Code == "" || r.code != c.code {
				t.Errorf("--json: exit %d, %v: %s", r.code, err, r.out)
			}
			if len(f.orders) != 2*c.orders {
				t.Errorf("%d orders placed, want %d", len(f.orders), 2*c.orders)
			}
		})
	}
}

func TestPayWithoutService(t *testing.T) {
	f := newFake(t)
	f.write(f.config, "listen: "+closedAddress(t)+"\ndata_dir: '"+f.dir+"'\n")
	expect(t, f.run("pay", tari, "--terminal", "cassa1"), exitUnreachable, "", "niente è stato accettato")
	r := f.run("pay", tari, "--terminal", "cassa1", "--json")
	expect(t, r, exitUnreachable, `"service_unreachable"`, "")
	if err := os.Remove(filepath.Join(f.dir, tokenName)); err != nil {
		t.Fatal(err)
	}
	expect(t, f.run("pay", tari, "--terminal", "cassa1"), exitUnreachable, "", "cli.token")
	expect(t, cli(t, "", "pay", tari, "--terminal", "cassa1", "--config", filepath.Join(f.dir, "none.yaml")), exitUsage, "", "il file non esiste")
}

// TestPayRepeatsALostAnswer: the same request id, never another one.
func TestPayRepeatsALostAnswer(t *testing.T) {
	for name, first := range map[string]*local.Error{"cut": nil, "internal": {Code: local.CodeInternal}} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.ends(local.StateCharged)
			accept := f.onPay
			f.onPay = func(try int, r local.PaymentRequest) (*local.Payment, *local.Error) {
				if try == 1 {
					return nil, first
				}
				return accept(try, r)
			}
			expect(t, f.run("pay", tari, "--terminal", "cassa1"), exitDone, "INCASSATO", "")
			if len(f.orders) != 2 || f.orders[0].RequestID != f.orders[1].RequestID {
				t.Errorf("orders %+v", f.orders)
			}
		})
	}
}

func TestPayNeverAnswered(t *testing.T) {
	f := newFake(t)
	f.onPay = func(int, local.PaymentRequest) (*local.Payment, *local.Error) { return nil, nil }
	r := f.run("pay", tari, "--terminal", "cassa1", "--patience", "1ms", "--json")
	expect(t, r, exitUnknown, `"service_lost"`, "--request-id "+f.orders[0].RequestID)
	if !strings.Contains(r.out, f.orders[0].RequestID) {
		t.Errorf("no request id in %s", r.out)
	}
}

// TestPayServiceLostAfterAccepting: 4, never 5, although the later tries find nobody.
func TestPayServiceLostAfterAccepting(t *testing.T) {
	for name, accepted := range map[string]bool{"accepted": true, "answer lost": false} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.onPay = func(_ int, r local.PaymentRequest) (*local.Payment, *local.Error) {
				f.server.Listener.Close() // no new connections: the service is gone
				if accepted {
					f.then = func(local.PaymentRequest) { f.cutStreams() }
					return payment(r, local.StateSent), nil
				}
				return nil, nil
			}
			expect(t, f.run("pay", tari, "--terminal", "cassa1", "--patience", "300ms"), exitUnknown, "", "non incassare di nuovo")
		})
	}
}

// TestPayFindsTheServiceAgain: the events are cut, the outcome comes while nobody listens, the service
// has another token by now.
func TestPayFindsTheServiceAgain(t *testing.T) {
	f := newFake(t)
	f.onPay = func(_ int, r local.PaymentRequest) (*local.Payment, *local.Error) {
		return payment(r, local.StateSent), nil
	}
	f.then = func(r local.PaymentRequest) {
		f.listened() // with the token of before
		f.write(filepath.Join(f.dir, tokenName), "nuovo")
		f.mu.Lock()
		f.token = "nuovo"
		f.remember(*payment(r, local.StateCharged))
		f.mu.Unlock()
		f.cut()
	}
	expect(t, f.run("pay", tari, "--terminal", "cassa1"), exitDone, "INCASSATO", "")
}

// TestPayOutcomeOvertakesTheAnswer: the event "charged" comes before POST payments has answered "sent".
func TestPayOutcomeOvertakesTheAnswer(t *testing.T) {
	f := newFake(t)
	f.onPay = func(_ int, r local.PaymentRequest) (*local.Payment, *local.Error) {
		sent := payment(r, local.StateSent)
		f.listened()
		charged := payment(r, local.StateCharged)
		f.publish(local.Event{Type: local.EventPayment, Payment: charged})
		f.publish(local.Event{Type: local.EventActivity, Activity: &local.Activity{RequestID: r.RequestID}})
		return sent, nil
	}
	expect(t, f.run("pay", tari, "--terminal", "cassa1", "--patience", "1s"), exitDone, "INCASSATO", "")
}

func TestPayRepeatedRequest(t *testing.T) {
	f := newFake(t)
	f.ends(local.StateCharged)
	expect(t, f.run("pay", tari, "--terminal", "cassa1", "--request-id", "r1"), exitDone, "A1-00000001", "")
	// The notice cannot be paid any more, and the platform may even be away: the answer is the same payment.
	f.refusals[api+"notices/lookup"] = local.Error{Code: local.CodePlatformUnavailable}
	expect(t, f.run("pay", tari, "--terminal", "cassa1", "--request-id", "r1"), exitDone, "A1-00000001", "richiesta già nota")
	if len(f.orders) != 1 {
		t.Errorf("%d orders placed", len(f.orders))
	}
	expect(t, f.run("pay", tari, "--terminal", "cassa2", "--request-id", "r1"), exitUsage, "", "[request_id_reused]")
	expect(t, f.run("pay", "302000100000000208", "--terminal", "cassa1", "--request-id", "r1"), exitUsage, "", "[request_id_reused]")
	expect(t, f.run("pay", tari, "--terminal", "cassa1", "--request-id", "r2"), exitNotCharged, "", "[platform_unavailable]")
}

// TestPayInterrupted: Ctrl-C ends the command, not the payment.
func TestPayInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a test cannot send Ctrl-C to one process on Windows")
	}
	f := newFake(t)
	f.onPay = func(_ int, r local.PaymentRequest) (*local.Payment, *local.Error) {
		return payment(r, local.StateSent), nil
	}
	f.then = func(r local.PaymentRequest) {
		f.listened()
		f.publish(local.Event{Type: local.EventActivity, Activity: &local.Activity{RequestID: r.RequestID, Phase: "card"}})
	}
	f.sync()
	cmd := commandLine(t, "pay", tari, "--terminal", "cassa1", "--config", f.config)
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(errs); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "presenti la carta") {
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	expect(t, result{cmd.ProcessState.ExitCode(), out.String(), said.String()}, exitUnknown, "", "sportello payment A1-00000001")
}

func TestPayUsage(t *testing.T) {
	for _, c := range []struct {
		args   []string
		errors string
	}{
		{[]string{"pay", "--terminal", "cassa1"}, "manca l'avviso"},
		{[]string{"pay", tari}, "manca --terminal"},
		{[]string{"pay", tari, "--terminal"}, "manca il valore di --terminal"},
		{[]string{"pay", tari, "--terminal", "cassa1", "--cassa", "1"}, "opzione sconosciuta --cassa"},
		{[]string{"pay", tari, "--terminal", "cassa1", "--expect-cents", "12,50"}, "valore non valido"},
		{[]string{"pay", tari, "--terminal", "cassa1", "--expect-cents", "-1"}, "centesimi"},
	} {
		expect(t, cli(t, "", c.args...), exitUsage, "", c.errors)
	}
}
