package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"sportello/protocol/local"
)

// as puts an operator's sign-in behind a command line.
func (f *fake) as(args ...string) result {
	f.t.Helper()
	f.mu.Lock()
	f.token = "gettone" // the session before has ended
	f.mu.Unlock()
	return f.runWith("5678\n", append(args, "--operator", "bianchi")...)
}

// doubtful is a payment of unknown outcome with what is known of it.
func doubtful() local.Payment {
	p := *payment(local.PaymentRequest{RequestID: "r1", Terminal: "cassa1", Notices: []local.RequestNotice{{Number: tari, ExpectedCents: 12050}}}, local.StateUnknown)
	p.CreatedAt = time.Date(2026, 5, 4, 10, 30, 15, 0, time.UTC)
	p.NeedsPeople, p.EvidenceSeq = true, 12
	p.Evidence = []local.Evidence{
		{At: p.CreatedAt, Kind: "last_result", Text: "ultima operazione salvata nel terminale", Detail: "G equals the baseline", Charge: &local.Charge{STAN: "000077", AmountCents: 500}},
	}
	return p
}

// TestResolveAsksTheOneQuestion: without an answer the evidence is shown, and what to type (ECR17 6.8).
func TestResolveAsksTheOneQuestion(t *testing.T) {
	f := newFake(t)
	f.payments = []local.Payment{doubtful()}
	r := f.run("resolve", "A1-00000001")
	for _, want := range []string{
		"ESITO NON NOTO, NON FAR RIPAGARE: 120,50 €", "prove n. 12", "ultima operazione salvata nel terminale", "5,00 €, STAN 000077", "[G equals the baseline]",
		"per il pagamento di 120,50 € delle 04/05/2026 12:30:15, che cosa mostra o stampa il terminale cassa1 come sua ultima operazione?",
		"sportello resolve A1-00000001 --charged --stan NNNNNN --auth CODICE --seq 12 --operator CODICE", "--not-charged --seq 12", "--parked",
		"le deve confermare un responsabile",
	} {
		expect(t, r, exitDone, want, "")
	}
	if len(f.decided) != 0 {
		t.Errorf("a look has decided: %q", f.decided)
	}
	if strings.Contains(r.out, "conviene attendere") {
		t.Errorf("nothing is asked any more, and yet: %s", r.out)
	}
	f.payments[0].NeedsPeople = false
	expect(t, f.run("resolve", "A1-00000001"), exitDone, "sta ancora chiedendo al terminale: conviene attendere", "")
	f.payments[0].NeedsPeople = true
	// Where the terminal's evidence speaks for a charge, one person suffices.
	f.payments[0].Preset = local.StateCharged
	expect(t, f.run("resolve", "A1-00000001"), exitDone, "Il più probabile: incassato", "")
	expect(t, f.run("resolve", "A1-00000001"), exitDone, "basta una persona", "")
	// A proposal that waits is signed, not answered again.
	f.payments[0].Proposal = &local.Proposal{Answer: local.AnswerNotCharged, By: "rossi", Note: "scontrino negato"}
	r = f.run("resolve", "A1-00000001")
	expect(t, r, exitDone, "sportello resolve A1-00000001 --sign --seq 12 --operator CODICE", "")
	expect(t, r, exitDone, "non incassato: scontrino negato", "")
	if strings.Contains(r.out, "Domanda") {
		t.Errorf("the question is asked while an answer waits: %s", r.out)
	}
	// Of a reversal the question is another.
	f.payments[0].State, f.payments[0].Proposal = local.StateReversing, nil
	f.payments[0].Reversal = &local.Reversal{Operator: "bianchi", SentAt: time.Date(2026, 5, 4, 11, 0, 7, 0, time.UTC)}
	expect(t, f.run("resolve", "A1-00000001"), exitDone, "per lo storno di 120,50 € delle 04/05/2026 13:00:07", "")
	expect(t, f.run("resolve", "A1-00000001"), exitDone, "--not-reversed --seq 12", "")
	f.payments[0].State = local.StateCharged
	expect(t, f.run("resolve", "A1-00000001"), exitDone, "non c'è nulla da decidere", "")
}

func TestResolveAnswers(t *testing.T) {
	f := newFake(t)
	f.payments = []local.Payment{doubtful()}
	proposed := doubtful()
	proposed.Proposal = &local.Proposal{Answer: local.AnswerCharged, By: "bianchi", STAN: "000123"}
	f.onDecision = func(int, string, string) (any, *local.Error) { return proposed, nil }
	for _, c := range []struct{ args, path, body, out string }{
		{"--charged --stan 000123 --auth A1B2C3 --seq 11", "resolution", `"evidence_seq":11,"answer":"charged","stan":"000123","auth_code":"A1B2C3"`, "manca la firma"},
		{"--not-charged --note negata --seq 12", "resolution", `"evidence_seq":12,"answer":"not_charged","note":"negata"`, ""},
		{"--parked --seq 12", "resolution", `"answer":"unknown"`, ""},
		{"--reversed --seq 12", "resolution", `"answer":"reversed"`, ""},
		{"--not-reversed --seq 12", "resolution", `"answer":"not_reversed"`, ""},
		{"--sign --seq 9", "resolution/countersign", `"evidence_seq":9,"accept":true`, ""},
		{"--turn-down --seq 12", "resolution/countersign", `"evidence_seq":12,"accept":false`, ""},
	} {
		f.decided = nil
		expect(t, f.as(append([]string{"resolve", "A1-00000001"}, strings.Fields(c.args)...)...), exitDone, c.out, "")
		if len(f.decided) != 1 || !strings.HasPrefix(f.decided[0], "payments/A1-00000001/"+c.path+" ") || !strings.Contains(f.decided[0], c.body) {
			t.Errorf("%s: posted %q, want %s %s", c.args, f.decided, c.path, c.body)
		}
	}
	// What was asked for is shown as it is now, with nothing left of how it was.
	f.payments[0] = proposed
	f.onDecision = func(int, string, string) (any, *local.Error) {
		return *payment(local.PaymentRequest{Terminal: "cassa1"}, local.StateNotCharged), nil
	}
	if r := f.as("resolve", "A1-00000001", "--sign", "--seq", "12"); r.code != exitDone || strings.Contains(r.out, "manca la firma") || !strings.Contains(r.out, "NON INCASSATO") {
		t.Errorf("signed: exit %d, %s", r.code, r.out)
	}
	f.onDecision = func(int, string, string) (any, *local.Error) { return proposed, nil }
	// Who gives no number is shown what an answer would rest on; nobody signs in, and nothing is decided.
	f.decided, f.calls = nil, nil
	for _, answer := range []string{"--charged", "--not-charged", "--parked", "--sign", "--turn-down"} {
		r := f.as("resolve", "A1-00000001", answer, "--json")
		expect(t, r, exitUsage, "", "manca --seq")
		expect(t, r, exitUsage, "", "prove n. 12")
		if r.out != "" || len(f.decided) > 0 || slices.Contains(f.calls, "POST /api/v1/session") {
			t.Errorf("%s: out %q, decided %q, calls %q", answer, r.out, f.decided, f.calls)
		}
	}
	f.onDecision = func(int, string, string) (any, *local.Error) {
		return nil, &local.Error{Code: local.CodeStateChanged, Message: "la situazione è cambiata"}
	}
	expect(t, f.as("resolve", "A1-00000001", "--parked", "--seq", "12"), exitFailed, "", "come stanno le cose ora: sportello resolve A1-00000001")
	f.onDecision = func(int, string, string) (any, *local.Error) { return nil, nil }
	expect(t, f.as("resolve", "A1-00000001", "--parked", "--seq", "12"), exitFailed, "", "come stanno le cose ora")
	f.decided = nil
	for args, complaint := range map[string]string{
		"":                           "serve l'identificativo",
		"A1-1 --charged --parked":    "una sola risposta",
		"A1-1 --sign --turn-down":    "una sola risposta",
		"A1-1 --parked --stan 00012": "vanno con --charged",
		"A1-1 --sign --note x":       "va con una risposta",
		"A1-1 --charged":             "porta il nome di chi la prende",
		"A1-1 --seq uno":             "valore non valido",
	} {
		expect(t, f.run(append([]string{"resolve"}, strings.Fields(args)...)...), exitUsage, "", complaint)
	}
	if len(f.decided) != 0 {
		t.Errorf("wrong usage has decided: %q", f.decided)
	}
}

// backs accepts a reversal and, a moment later, ends it as change says.
func (f *fake) backs(change func(*local.Payment)) {
	p := *payment(local.PaymentRequest{RequestID: "r1", Terminal: "cassa1", Notices: []local.RequestNotice{{Number: tari, ExpectedCents: 12050}}}, local.StateCharged)
	f.payments = []local.Payment{p}
	f.onDecision = func(int, string, string) (any, *local.Error) {
		p.State, p.Reversal = local.StateReversing, &local.Reversal{Operator: "bianchi", SentAt: time.Now()}
		accepted := p
		time.AfterFunc(20*time.Millisecond, func() {
			now := time.Now()
			reversal := *accepted.Reversal
			ended := accepted
			reversal.EndedAt, ended.Reversal = &now, &reversal
			change(&ended)
			f.publish(local.Event{Type: local.EventPayment, Payment: &ended})
		})
		return accepted, nil
	}
}

func TestReverseOutcomes(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*local.Payment)
		code   int
		text   string
	}{
		"reversed": {func(p *local.Payment) { p.State = local.StateReversed }, exitDone, "STORNATO 120,50 €"},
		"refused": {func(p *local.Payment) {
			p.State, p.Reason = local.StateCharged, &local.Reason{Code: "reversal_refused", Text: "lo storno non è stato eseguito"}
		}, exitNotCharged, "non eseguito, l'addebito resta"},
		"unknown": {func(p *local.Payment) { p.Reversal.EndedAt, p.NeedsPeople = nil, true }, exitUnknown, "sportello resolve A1-00000001"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.backs(c.change)
			expect(t, f.as("reverse", "A1-00000001"), c.code, c.text, "")
			if len(f.decided) != 1 || !strings.HasPrefix(f.decided[0], `payments/A1-00000001/reversal {"request_id":"cli-`) {
				t.Errorf("posted %q", f.decided)
			}
			f.backs(c.change)
			r := f.as("reverse", "A1-00000001", "--json", "--request-id", "s-1")
			var p local.Payment
			if err := json.Unmarshal([]byte(r.out), &p); err != nil || r.code != c.code || p.ID != "A1-00000001" {
				t.Errorf("exit %d, %v: %s", r.code, err, r.out)
			}
		})
	}
}

// TestReverseIsNotFooledByWhatWas: the charge as it stood before, also with an earlier reversal that was
// refused, is not the end of this one.
func TestReverseIsNotFooledByWhatWas(t *testing.T) {
	f := newFake(t)
	f.backs(func(p *local.Payment) { p.State = local.StateReversed })
	earlier := time.Now().Add(-time.Hour)
	f.payments[0].Reversal = &local.Reversal{SentAt: earlier, EndedAt: &earlier}
	before := f.payments[0]
	accept := f.onDecision
	f.onDecision = func(try int, path, body string) (any, *local.Error) {
		f.publish(local.Event{Type: local.EventPayment, Payment: &before}) // a receipt of before came late
		return accept(try, path, body)
	}
	expect(t, f.as("reverse", "A1-00000001"), exitDone, "STORNATO", "")
}

func TestReverseRefusedOrLost(t *testing.T) {
	f := newFake(t)
	f.backs(func(p *local.Payment) { p.State = local.StateReversed })
	accept := f.onDecision
	for code, exit := range map[local.Code]int{
		local.CodeNotReversible: exitNotCharged, local.CodeTerminalUnreachable: exitNotCharged, local.CodeForbiddenRole: exitFailed,
		local.CodeRequestIDReused: exitUsage, local.CodeNotFound: exitFailed,
	} {
		f.onDecision = func(int, string, string) (any, *local.Error) { return nil, &local.Error{Code: code, Message: "no"} }
		r := f.as("reverse", "A1-00000001", "--json")
		expect(t, r, exit, `"code": "`+string(code)+`"`, "["+string(code)+"]")
	}
	expect(t, f.run("reverse", "A1-00000001"), exitUsage, "", "porta il nome")
	expect(t, f.as("reverse"), exitUsage, "", "serve l'identificativo")
	// A lost answer is asked for again, with the same id; one that stays lost is unknown.
	f.decided = nil
	f.onDecision = func(try int, path, body string) (any, *local.Error) {
		if try == 1 {
			return nil, nil
		}
		return accept(try, path, body)
	}
	expect(t, f.as("reverse", "A1-00000001"), exitDone, "STORNATO", "")
	if len(f.decided) != 2 || f.decided[0] != f.decided[1] {
		t.Errorf("posted %q", f.decided)
	}
	f.onDecision = func(int, string, string) (any, *local.Error) { return nil, nil }
	expect(t, f.as("reverse", "A1-00000001", "--patience", "1ms", "--json"), exitUnknown, `"service_lost"`, "non rimborsare in altro modo")
	// So is one after which the service has started again and knows this operator no more.
	f.decided = nil
	f.onDecision = func(try int, _, _ string) (any, *local.Error) {
		if try == 1 {
			return nil, nil
		}
		return nil, &local.Error{Code: local.CodeUnauthorized}
	}
	expect(t, f.as("reverse", "A1-00000001", "--patience", "700ms"), exitUnknown, "", "non si sa se lo storno è riuscito")
	f.write(f.config, "listen: "+closedAddress(t)+"\ndata_dir: '"+f.dir+"'\n")
	expect(t, f.as("reverse", "A1-00000001", "--json"), exitUnreachable, `"service_unreachable"`, "niente è stato accettato")
}

// TestReverseLooksOnWithoutAName: the operator's session ends with the service; the reversal is followed
// with the command line's own token.
func TestReverseLooksOnWithoutAName(t *testing.T) {
	f := newFake(t)
	f.backs(func(*local.Payment) {})
	f.onDecision = func(int, string, string) (any, *local.Error) {
		p := f.payments[0]
		p.State, p.Reversal = local.StateReversing, &local.Reversal{SentAt: time.Now()}
		ended := p
		ended.State = local.StateReversed
		go func() {
			f.listened() // with the session's token
			f.mu.Lock()
			f.token = "gettone"
			f.remember(ended)
			f.mu.Unlock()
			f.cut()
		}()
		return p, nil
	}
	expect(t, f.as("reverse", "A1-00000001"), exitDone, "STORNATO", "lo cerco di nuovo")
}

func TestCases(t *testing.T) {
	f := newFake(t)
	due, ended := time.Date(2026, 5, 5, 22, 0, 0, 0, time.UTC), time.Date(2026, 5, 6, 8, 0, 0, 0, time.UTC)
	f.cases = []local.Case{
		{ID: "C2", Terminal: "cassa1", Seq: 40, Cause: local.Reason{Text: "passaporto cambiato"}, Due: &due, Proposal: &local.Proposal{Ending: local.EndingClosed, Note: "terminale sostituito", By: "rossi"}},
		{ID: "C3", Seq: 41, Cause: local.Reason{Text: "vecchio"}, Ended: &ended, Ending: local.EndingRefunded, Proof: "mandato 12/2026", EndedBy: []string{"rossi", "bianchi"}},
	}
	f.onDecision = func(_ int, path, _ string) (any, *local.Error) {
		c := f.cases[0]
		if strings.HasSuffix(path, "countersign") {
			c = f.cases[1]
		}
		return c, nil
	}
	expect(t, f.run("cases"), exitDone, "06/05/2026 00:00  attende la firma  passaporto cambiato", "sportello cases show ID")
	expect(t, f.run("cases", "show", "C1"), exitDone, `sportello cases end C1 --refunded|--closed --proof "…" --seq 31`, "")
	expect(t, f.run("cases", "show", "C1"), exitDone, "servono due persone", "")
	expect(t, f.run("cases", "show", "C2"), exitDone, "chiuso dall'ufficio: terminale sostituito", "")
	expect(t, f.run("cases", "show", "C2"), exitDone, "sportello cases sign C2 --seq 40 --operator CODICE", "")
	expect(t, f.run("cases", "show", "C3"), exitDone, "rimborsato\n  prova: mandato 12/2026\n  da: rossi, bianchi", "")
	expect(t, f.run("cases", "show", "C9"), exitFailed, "", "[not_found]")
	expect(t, f.run("cases", "--all"), exitDone, "finito", "")
	if got := f.calls[len(f.calls)-1]; got != "GET /api/v1/cases?all=true" {
		t.Errorf("called %q", got)
	}
	for _, c := range []struct{ args, want string }{
		{"end C1 --refunded --proof mandato --seq 31", `cases/C1/ending ` + `"seq":31,"ending":"refunded","proof":"mandato"`},
		{"end C1 --closed --proof prot.12 --seq 30", `cases/C1/ending ` + `"seq":30,"ending":"closed","proof":"prot.12"`},
		{"sign C2 --seq 40", `cases/C2/ending/countersign ` + `"evidence_seq":40,"accept":true`},
		{"sign C2 --turn-down --seq 40", `cases/C2/ending/countersign ` + `"evidence_seq":40,"accept":false`},
	} {
		f.decided = nil
		expect(t, f.as(append([]string{"cases"}, strings.Fields(c.args)...)...), exitDone, "Caso C", "")
		path, body, _ := strings.Cut(c.want, " ")
		if len(f.decided) != 1 || !strings.HasPrefix(f.decided[0], path+" ") || !strings.Contains(f.decided[0], body) {
			t.Errorf("%s: posted %q", c.args, f.decided)
		}
	}
	f.decided = nil
	for _, args := range []string{"end C1 --closed --proof x", "sign C2", "sign C2 --turn-down"} { // what it rests on is shown
		expect(t, f.as(append([]string{"cases"}, strings.Fields(args)...)...), exitUsage, "", "manca --seq")
		seen := "--seq " + map[bool]string{true: "31", false: "40"}[strings.HasPrefix(args, "end")]
		expect(t, f.as(append([]string{"cases"}, strings.Fields(args)...)...), exitUsage, "", seen)
	}
	for args, complaint := range map[string]string{
		"end C1 --proof x":                     "com'è finito",
		"end C1 --refunded --closed --proof x": "com'è finito",
		"end C1 --closed":                      "manca --proof",
		"end C1 --closed --proof x":            "porta il nome",
		"end":                                  "serve l'identificativo",
		"sign C2":                              "porta il nome",
	} {
		expect(t, f.run(append([]string{"cases"}, strings.Fields(args)...)...), exitUsage, "", complaint)
	}
	if len(f.decided) != 0 {
		t.Errorf("wrong usage has decided: %q", f.decided)
	}
}

// TestTerminalReports: what a passport, a close, a copy and a terminal that may not charge look like.
func TestTerminalReports(t *testing.T) {
	f := newFake(t)
	say := func(change func(*local.TerminalReport)) {
		f.report = func(_ string, r *local.TerminalReport) { change(r) }
	}
	both := func(args string, code int, wants ...string) {
		t.Helper()
		r := f.as(append([]string{"terminal"}, strings.Fields(args)...)...)
		for _, want := range wants {
			expect(t, r, code, want, "")
		}
	}
	total := int64(98765)
	say(func(r *local.TerminalReport) {
		r.Passport = &local.Passport{TerminalID: "12345678", Scope: "stx+payload+etx", Supports: "sGT", Refuses: "R", ClockSeconds: -3600, TotalCents: &total, Prints: "yes", At: time.Date(2026, 5, 4, 10, 30, 0, 0, time.UTC), Changed: []string{"software", "supports", "novelty"}}
	})
	both("detect cassa1", exitDone, "Verifica del 04/05/2026 12:30: nessun denaro mosso", "stx+payload+etx, provato con due risposte", "stato, ultima operazione, totali",
		"60 min indietro rispetto al PC", "987,65 €", "non ancora noto: si saprà dopo un incasso", "un altro, o è stato aggiornato: il programma del terminale, novelty", "si sa altro, rispetto a prima: i comandi riconosciuti", "--quiet-totals")
	for cents, want := range map[int64][]string{ // what an empty terminal answers is no refusal; one that has sold should know its last sale
		0:   {"comandi rifiutati:               copia dello scontrino\n", "ultima operazione:               ancora nessuna salvata"},
		100: {"comandi rifiutati:               ultima operazione, copia dello scontrino\n"},
	} {
		say(func(r *local.TerminalReport) {
			r.Passport = &local.Passport{TerminalID: "12345678", Scope: "stx+payload+etx", Supports: "sTE", Refuses: "GR", TotalCents: &cents}
		})
		both("detect cassa1", exitDone, want...)
	}
	host := int64(98000)
	say(func(r *local.TerminalReport) {
		r.Closing = &local.Closing{State: "closed", TerminalCents: &total, HostCents: &host, LedgerCents: 98765, Payments: 7, Receipt: "CHIUSURA CONTABILE",
			Differences: []local.ClosingDiff{{Between: local.HostLedger, Cents: -765, Payments: []string{"A1-00000003", "A1-00000004"}}}}
	})
	both("close cassa1", exitDone, "chiusura eseguita", "totale del registro:   987,65 € (7 pagamenti)", "totale della banca:    980,00 €",
		"► la banca ha 7,65 € in meno del registro\n    da guardare: A1-00000003, A1-00000004", "CHIUSURA CONTABILE")
	say(func(r *local.TerminalReport) {
		r.Closing = &local.Closing{State: "closed", TerminalCents: &total, LedgerCents: 98765}
	})
	both("close cassa1", exitDone, "totale della banca:    non indicato", "i totali coincidono")
	say(func(r *local.TerminalReport) {
		r.Closing = &local.Closing{State: "refused", Reason: &local.Reason{Text: "nessuna operazione"}}
	})
	both("close cassa1", exitFailed, "non ha eseguito la chiusura\n  nessuna operazione")
	say(func(r *local.TerminalReport) { r.Closing = &local.Closing{State: "unknown"} })
	both("close cassa1 --json", exitUnknown, `"state": "unknown"`)
	say(func(r *local.TerminalReport) {
		r.Receipt = &local.Receipt{PaymentID: "A1-00000001", Text: "COPIA ESERCENTE\n", Complete: true}
	})
	both("reprint cassa1", exitDone, "copia del pagamento A1-00000001:\n\nCOPIA ESERCENTE")
	say(func(r *local.TerminalReport) { r.Receipt = &local.Receipt{Text: "ALTRO", Complete: true} })
	both("reprint cassa1", exitDone, "che non è di questo registro")
	say(func(r *local.TerminalReport) {
		registered := int64(98000)
		r.LedgerCents = &registered
		r.Terminal.Lease = &local.Lease{Holder: "pay", Operator: "rossi", Since: time.Now().Add(-5 * time.Minute)}
		r.Terminal.Unproven, r.Terminal.Stopped = true, &local.Reason{Text: "più incassi senza ricevuta", Hint: "chiudere il caso"}
	})
	both("totals cassa1", exitDone, "per il registro: 980,00 €", "il terminale ha 7,65 € in più del registro", "in uso per un pagamento (rossi) da 5 min",
		"non ancora messo in servizio", "un incasso alla volta", "più incassi senza ricevuta\n  ► chiudere il caso")
	// A terminal that somebody else holds: by whom, and for how long already.
	f.refusals[api+"terminals/cassa1/last"] = local.Error{Code: local.CodeTerminalBusy, Message: "occupato"}
	expect(t, f.as("terminal", "last", "cassa1"), exitFailed, "", "in uso per uno storno (bianchi) da 90 s")
}
