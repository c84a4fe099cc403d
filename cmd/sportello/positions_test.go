package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sportello/protocol/local"
)

const rossi = "RSSMRA80A01H501U"

func TestPositionsSearch(t *testing.T) {
	f := newFake(t)
	f.answers["positions/search"] = local.SearchResult{More: true, Skipped: 2, Positions: []local.FoundPosition{
		{Creditor: "01199250158", Number: tari, Description: "TARI 2026", DueDate: "2026-12-31", AmountCents: 12050, State: "NON_ESEGUITA", Payable: true},
		{Creditor: "01199250158", Description: "Multa", AmountCents: 500, Reason: &local.Reason{Code: "notice_expired", Text: "scaduto"}},
	}}
	for _, ask := range [][]string{{"", rossi}, {strings.ToLower(rossi) + "\n", "-"}} {
		f.calls = nil
		r := f.runWith(ask[0], "positions", "search", ask[1], "--creditor", "01199250158")
		expect(t, r, exitDone, tari+"  01199250158  120,50 €  2026-12-31  TARI 2026  sì\n", "sportello pay AVVISO@ENTE")
		expect(t, r, exitDone, "no: scaduto", "ce ne sono altri")
		expect(t, r, exitDone, "", "2 righe")
		if want := `POST /api/v1/positions/search {"creditor":"01199250158","debtor":"` + rossi + `"}`; len(f.calls) != 1 || f.calls[0] != want {
			t.Errorf("asked %q, want %q", f.calls, want)
		}
	}
	var found local.SearchResult
	if r := f.run("positions", "search", rossi, "--json"); json.Unmarshal([]byte(r.out), &found) != nil || len(found.Positions) != 2 {
		t.Errorf("%s", r.out)
	}
	f.answers["positions/search"] = local.SearchResult{}
	expect(t, f.run("positions", "search", rossi), exitDone, "Nessun debito aperto", "")
	f.refusals[api+"positions/search"] = local.Error{Code: local.CodePlatformUnavailable, Message: "non risponde"}
	expect(t, f.run("positions", "search", rossi), exitFailed, "", "[platform_unavailable]")
}

const mensaForm = `{"type":"object","required":["classe"],"properties":{
	"classe":{"type":"string","title":"Classe"},"mesi":{"type":"integer"},"dieta":{"type":"boolean","title":"Dieta speciale"}}}`

func TestServices(t *testing.T) {
	f := newFake(t)
	f.answers["services"] = []local.Service{
		{ID: "mensa", Name: "Mensa scolastica", Creditor: "01199250158", Form: json.RawMessage(mensaForm), Source: local.SourceConfig},
		{ID: "passi", Name: "Passo carrabile", Creditor: "01199250158", AmountCents: 4500, Source: local.SourceCatalogue},
	}
	r := f.run("services")
	want := "mensa: Mensa scolastica, ente 01199250158, importo da indicare\n    --field classe=…  Classe, obbligatorio\n    --field mesi=…  integer\n" +
		"    --field dieta=…  Dieta speciale\npassi: Passo carrabile, ente 01199250158, 45,00 €\n"
	if r.code != exitDone || r.out != want {
		t.Errorf("exit %d: %q, want %q", r.code, r.out, want)
	}
	var all []local.Service
	if r := f.run("services", "--json"); json.Unmarshal([]byte(r.out), &all) != nil || len(all) != 2 {
		t.Errorf("%s", r.out)
	}
	for _, broken := range []string{"", "null", "[]", `{"properties":[1]}`, `{"properties":"x"}`, `{"properties":{"a":1}}`, `{`} {
		if got := fieldsOf(json.RawMessage(broken)); len(got) != 0 {
			t.Errorf("%q has fields: %v", broken, got)
		}
	}
}

func TestPositionsCreate(t *testing.T) {
	f := newFake(t)
	f.answers["services"] = []local.Service{{ID: "mensa", Form: json.RawMessage(mensaForm)}, {ID: "altro", Form: json.RawMessage(`{"properties":{"mesi":{"type":"string"}}}`)}}
	notice := local.Notice{Creditor: "01199250158", CreditorName: "Comune", Number: tari, Description: "Mensa", AmountCents: 4500, Payable: true,
		Warnings: []local.Reason{{Text: "verifica parziale"}}}
	f.onDecision = func(int, string, string) (any, *local.Error) { return notice, nil }
	r := f.runWith(strings.ToLower(rossi)+"\nMaria Rossi\n", "positions", "create", "mensa", "--debtor", "-", "--name", "-", "--field", "classe=2B", "--field", "mesi=3",
		"--field", "dieta=sì", "--field", "ignoto=7", "--amount", "45,00", "--request-id", "r1", "--email", "m@example.it", "--reason", "Mensa maggio")
	expect(t, r, exitDone, "Avviso "+tari+" ente Comune: Mensa, 45,00 €\n  ► incassarlo: sportello pay "+tari+"@01199250158", "verifica parziale")
	want := `positions {"request_id":"r1","service":"mensa","debtor":{"tax_code":"` + rossi + `","name":"Maria Rossi","email":"m@example.it"},"amount_cents":4500,"reason":"Mensa maggio","fields":{"classe":"2B","dieta":true,"ignoto":"7","mesi":3}}`
	if f.decided[0] != want {
		t.Errorf("posted\n%s, want\n%s", f.decided[0], want)
	}
	// Without fields nothing else is asked; a company's code is as it was typed.
	f.calls = nil
	r = f.run("positions", "create", "passi", "--debtor", "01199250158", "--name", "Ditta", "--company", "--json")
	var n local.Notice
	if err := json.Unmarshal([]byte(r.out), &n); err != nil || n.Number != tari || r.code != exitDone || len(f.calls) != 1 {
		t.Errorf("exit %d, %v, %q: %s", r.code, err, f.calls, r.out)
	}
	if !strings.Contains(f.decided[1], `"company":true`) || !strings.Contains(f.decided[1], `"request_id":"cli-`) {
		t.Errorf("posted %s", f.decided[1])
	}
	notice.Payable, notice.Reason = false, &local.Reason{Text: "già pagato", Hint: "non incassare"}
	expect(t, f.run("positions", "create", "mensa", "--debtor", rossi, "--name", "M"), exitDone, "già pagato\n  ► non incassare", "richiesta cli-")
	f.decisions(func(int, string, string) (any, *local.Error) { return nil, nil })
	expect(t, f.run("positions", "create", "mensa", "--debtor", rossi, "--name", "M", "--request-id", "r9"), exitUnknown, "", "--request-id r9")
	f.decisions(func(int, string, string) (any, *local.Error) {
		return nil, &local.Error{Code: local.CodeFormInvalid, Message: "classe è obbligatorio"}
	})
	expect(t, f.run("positions", "create", "mensa", "--debtor", rossi, "--name", "M"), exitFailed, "", "[form_invalid]")
}

// What was asked and not surely answered is told by the id that repeats it, and the same command repeats it by itself.
func TestPositionsCreateIsRepeatable(t *testing.T) {
	f := newFake(t)
	requestID := regexp.MustCompile(`"request_id":"(cli-[0-9a-f]{20})"`)
	f.answers["services"] = []local.Service{{ID: "mensa", Form: json.RawMessage(mensaForm)}}
	refuse := local.CodePlatformUnavailable
	f.onDecision = func(int, string, string) (any, *local.Error) { return nil, &local.Error{Code: refuse, Message: "no"} }
	command := []string{"positions", "create", "mensa", "--debtor", rossi, "--name", "M", "--amount", "45,00", "--json"}
	var ids []string
	ask := func(want int, args ...string) result {
		t.Helper()
		r := f.run(args...)
		if r.code != want {
			t.Fatalf("exit %d, want %d: %s", r.code, want, r.errors)
		}
		ids = append(ids, requestID.FindStringSubmatch(f.decided[len(f.decided)-1])[1])
		return r
	}
	for _, refuse = range []local.Code{local.CodePlatformUnavailable, local.CodePlatformNotJSON, local.CodeInternal} {
		r := ask(exitUnknown, command...)
		var said struct {
			local.ErrorBody
			RequestID string `json:"request_id"`
		}
		id := ids[len(ids)-1]
		if err := json.Unmarshal([]byte(r.out), &said); err != nil || said.RequestID != id || said.Error.Code != refuse {
			t.Errorf("%v: %s", err, r.out)
		}
		if !strings.HasPrefix(r.errors, "richiesta "+id) || !strings.Contains(r.errors, "ripetere lo stesso comando con --request-id "+id) {
			t.Errorf("said %s", r.errors)
		}
	}
	if ids[0] != ids[1] || ids[0] != ids[2] {
		t.Errorf("the same command asked as %q", ids)
	}
	refuse = local.CodeFormInvalid
	ask(exitFailed, append(slices.Clone(command[:7]), "--amount", "46,00")...)
	ask(exitFailed, append(slices.Clone(command[:8]), "45,00", "--field", "classe=2B")...)
	if ids[3] == ids[0] || ids[4] == ids[0] || ids[3] == ids[4] {
		t.Errorf("other debts asked as %q", ids)
	}
	today := newDebt{request: local.CreateRequest{Service: "mensa"}}
	tomorrow := today
	today.name(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC))
	tomorrow.name(time.Date(2026, 5, 5, 10, 0, 0, 0, time.UTC))
	if today.request.RequestID == tomorrow.request.RequestID {
		t.Error("another day's debt has the same id")
	}
}

// The operator's PIN is the first line of standard input, the personal data the following ones.
func TestPersonalDataAfterThePIN(t *testing.T) {
	f := newFake(t)
	f.onDecision = func(int, string, string) (any, *local.Error) { return local.Notice{Number: tari}, nil }
	r := f.runWith("5678\r\n"+rossi+"\r\nMaria Rossi", "positions", "create", "mensa", "--debtor", "-", "--name", "-", "--operator", "bianchi")
	expect(t, r, exitDone, tari, "")
	if !strings.Contains(f.decided[0], `"tax_code":"`+rossi+`","name":"Maria Rossi"`) {
		t.Errorf("posted %s", f.decided[0])
	}
}

func TestPositionsUsage(t *testing.T) {
	for _, c := range []struct {
		args   []string
		errors string
	}{
		{[]string{}, "search oppure create"},
		{[]string{"find", rossi}, "search oppure create"},
		{[]string{"search"}, "serve il codice fiscale"},
		{[]string{"search", rossi, "x"}, "serve il codice fiscale"},
		{[]string{"search", rossi, "--amount", "45,00"}, "--amount va con create"},
		{[]string{"create", "--debtor", rossi, "--name", "M"}, "serve un servizio"},
		{[]string{"create", "mensa", "--name", "M"}, "servono --debtor e --name"},
		{[]string{"create", "mensa", "--debtor", rossi}, "servono --debtor e --name"},
		{[]string{"create", "mensa", "--field", "classe"}, "NOME=VALORE"},
		{[]string{"create", "mensa", "--field", "=2B"}, "NOME=VALORE"},
		{[]string{"create", "mensa", "--amount", "4500"}, "due decimali"},
		{[]string{"create", "mensa", "--amount", "45,0"}, "due decimali"},
		{[]string{"create", "mensa", "--amount", "-45,00"}, "due decimali"},
		{[]string{"create", "mensa", "--amount", "0,00"}, "due decimali"},
		{[]string{"create", "mensa", "--amount", ",00"}, "due decimali"},
		{[]string{"create", "mensa", "--amount", "1.00,00"}, "due decimali"},
	} {
		expect(t, cli(t, "", append([]string{"positions"}, c.args...)...), exitUsage, "", c.errors)
	}
}
