package main

import (
	"strings"
	"testing"

	"sportello/protocol/local"
)

// TestWrongCommandLines: whatever is typed wrong ends with 2, says in Italian what it is and what goes there, and
// asks nothing of the service.
func TestWrongCommandLines(t *testing.T) {
	f := newFake(t)
	for line, want := range map[string]string{
		"pay " + tari + " --terminal cassa1 --expect-cents 16,00": "► --expect-cents: totale atteso in centesimi",
		"pay " + tari + " --terminal cassa1 --expect-cents 1e3":   `valore non valido "1e3" per --expect-cents`,
		"pay " + tari + " --terminal cassa1 --patience poca":      "► --patience: quanto cercare",
		"pay " + tari + " --terminal cassa1 --json=forse":         `valore non valido "forse" per --json`,
		"pay " + tari + " --cassa 1":                              "opzione sconosciuta --cassa\n  ► sportello pay AVVISO…",
		"payments --registration paid":                            `la registrazione "paid" non esiste`,
		"payments --receipt-number 17":                            `"17" non è un numero di ricevuta`,
		"payments --limit tanti":                                  "► --limit: quanti al massimo",
		"notice-pdf pippo --out x.pdf":                            `"pippo" non è un avviso`,
		"notice-pdf 30200010000000010 --out x.pdf":                "18 cifre",
		"queue x":        `"x" è di troppo`,
		"services x":     `"x" è di troppo`,
		"doctor x":       `"x" è di troppo`,
		"ledger":         "serve un comando",
		"ledger check x": "serve un comando",
		"help paga":      `comando "paga" sconosciuto`,
	} {
		r := f.run(strings.Fields(line)...)
		expect(t, r, exitUsage, "", want)
		if r.out != "" {
			t.Errorf("%s: %s", line, r.out)
		}
	}
	if len(f.calls) > 0 {
		t.Errorf("asked %q", f.calls)
	}
}

// TestAmountsAsTyped: both decimals, the thousands grouped or not; everything else might mean another amount.
func TestAmountsAsTyped(t *testing.T) {
	for typed, want := range map[string]int64{"45,00": 4500, "45.00": 4500, "0,01": 1, "1.250,00": 125000, "1250,00": 125000, "1250.00": 125000, "1.250.000,00": 125000000} {
		var o newDebt
		if err := o.amount(typed); err != nil || o.request.AmountCents != want {
			t.Errorf("%q: %d %v", typed, o.request.AmountCents, err)
		}
	}
	for _, typed := range []string{"", "12", "12,5", "12,345", "1.250", "12.50,00", "1.25,00", "-3", "-3,00", "+3,00", "1e3", "0,00", " 12,00", "12,00 €", "1,250.00", "99999999999999999999,00", "dodici"} {
		var o newDebt
		if err := o.amount(typed); err == nil {
			t.Errorf("%q is taken for %d cents", typed, o.request.AmountCents)
		}
	}
}

// TestTerminalThatNobodyKnows: the ones that there are are named.
func TestTerminalThatNobodyKnows(t *testing.T) {
	f := newFake(t)
	unknown := local.Render(&local.Error{Code: local.CodeTerminalUnknown, Args: map[string]string{local.ArgTerminal: "pippo"}}, local.Italian)
	f.refusals[api+"terminals/pippo/status"] = unknown
	f.onPay = func(int, local.PaymentRequest) (*local.Payment, *local.Error) { return nil, &unknown }
	for _, line := range []string{"terminal status pippo", "pay " + tari + " --terminal pippo"} {
		r := f.run(strings.Fields(line)...)
		if r.code == exitDone || !strings.Contains(r.errors, "non è fra quelli configurati") || !strings.Contains(r.errors, "    cassa1 (") {
			t.Errorf("%s: exit %d %s", line, r.code, r.errors)
		}
	}
}

// TestNothingToList: nobody is left with a heading alone.
func TestNothingToList(t *testing.T) {
	f := newFake(t)
	f.answers["cases"] = []local.Case{}
	expect(t, f.run("payments", "--state", "unknown"), exitDone, "Nessun pagamento.\n", "")
	expect(t, f.run("cases"), exitDone, "Nessun caso.\n", "")
}
