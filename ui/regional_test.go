package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"sportello/protocol/local"
)

const (
	debtorOfTests = "RSSMRA80A01H501U"
	searchPath    = "/api/v1/positions/search"
	createPath    = "/api/v1/positions"
	offlinePath   = "/api/v1/offline"
	noticePDFPath = "/api/v1/notices/pdf"
)

// creation is a request to create a debt with something more in it.
func creation(id, more string) string {
	return `{"request_id":"` + id + `","service":"mensa","debtor":{"tax_code":"` + debtorOfTests + `","name":"Maria Rossi"}` + more + `}`
}

func TestRegionalReads(t *testing.T) {
	d := open(t, nil)
	for _, one := range []struct{ method, path, body, want string }{
		{"GET", "/api/v1/queue/status", "", `"depth":3,"late":1,"red":0,"watched":0,"away":true,"draining":false`},
		{"GET", "/api/v1/services", "", `[]`},
		{"GET", "/api/v1/payments/p-1/receipt?notice=2", "", `"receipt_id":"ricevuta 1"`},
		{"GET", "/api/v1/payments/p-1/receipt?notice=1&format=json", "", `"rt":{"a":1}`},
		{"POST", searchPath, `{"debtor":"` + debtorOfTests + `"}`, `{"positions":[],"more":false,"skipped":0}`},
		{"POST", searchPath, `{"debtor":"` + debtorOfTests + `","creditor":"01199250158"}`, debtorOfTests},
	} {
		got := d.ask(one.method, one.path, clerkToken, one.body)
		if got.status != 200 || !strings.Contains(string(got.body), one.want) || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: %d %s", one.method, one.path, got.status, got.body)
		}
	}
	for _, one := range []struct {
		method, path, body string
		code               local.Code
		field              string
	}{
		{"GET", "/api/v1/queue/status?all=true", "", local.CodeBadRequest, "all"},
		{"GET", "/api/v1/services?creditor=01199250158", "", local.CodeBadRequest, "creditor"},
		{"GET", "/api/v1/payments/p-1/receipt?notice=0", "", local.CodeBadRequest, "notice"},
		{"GET", "/api/v1/payments/p-1/receipt?notice=100", "", local.CodeBadRequest, "notice"},
		{"GET", "/api/v1/payments/p-1/receipt?notice=1&notice=2", "", local.CodeBadRequest, "notice"},
		{"GET", "/api/v1/payments/p-1/receipt?notice=1&format=xml", "", local.CodeBadRequest, "format"},
		{"GET", "/api/v1/payments/p-1/receipt?format=pdf", "", local.CodeBadRequest, "notice"},
		{"GET", "/api/v1/payments/p-1/receipt?number=1", "", local.CodeBadRequest, "number"},
		{"POST", searchPath, `{}`, local.CodeSearchDebtorNeeded, ""},
		{"POST", searchPath, `{"debtor":"` + strings.Repeat("X", maxTaxCode+1) + `"}`, local.CodeBadRequest, "debtor"},
		{"POST", searchPath, `{"debtor":"X","creditor":"1199250158"}`, local.CodeBadRequest, "creditor"},
		{"POST", searchPath, `{"debtor":"X","name":"Rossi"}`, local.CodeBadRequest, ""},
		{"POST", noticePDFPath, `{"number":"30200010000000010"}`, local.CodeBadRequest, "number"},
		{"POST", noticePDFPath, `{"number":"30200010000000010a"}`, local.CodeBadRequest, "number"},
		{"POST", noticePDFPath, `{"number":"302000100000000107","creditor":"x"}`, local.CodeBadRequest, "creditor"},
	} {
		got := d.ask(one.method, one.path, clerkToken, one.body)
		if got.code(t) != one.code || got.status != local.HTTPStatus(one.code) || one.field != "" && !strings.Contains(string(got.body), ": "+one.field+".") {
			t.Errorf("%s %s %s: %d %s", one.method, one.path, one.body, got.status, got.body)
		}
	}
}

// A paper is a file to be saved, under a name that nobody outside has chosen, and nothing but a PDF.
func TestPapers(t *testing.T) {
	d := open(t, nil)
	d.till.pdf = []byte("%PDF-1.7 fattura")
	for _, one := range []struct{ method, path, body, name string }{
		{"POST", noticePDFPath, `{"number":"302000100000000107"}`, "avviso-302000100000000107.pdf"},
		{"GET", "/api/v1/payments/A1-00000012/receipt?notice=2&format=pdf", "", "ricevuta-A1-00000012-2.pdf"},
		{"GET", "/api/v1/payments/" + `a%22%0d%0aX-Evil:%201;%20%c3%a8` + "/receipt?notice=1&format=pdf", "", "ricevuta-a---X-Evil--1----1.pdf"},
	} {
		got := d.ask(one.method, one.path, clerkToken, one.body)
		if got.status != 200 || string(got.body) != string(d.till.pdf) {
			t.Fatalf("%s: %d %q", one.path, got.status, got.body)
		}
		for header, want := range map[string]string{
			"Content-Type": "application/pdf", "Content-Disposition": "attachment; filename=" + one.name,
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Evil": "",
		} {
			if have := got.header.Get(header); have != want {
				t.Errorf("%s: %s is %q, want %q", one.path, header, have, want)
			}
		}
	}
	d.till.pdf = []byte("<html><script>")
	for _, one := range [][3]string{{"POST", noticePDFPath, `{"number":"302000100000000107"}`}, {"GET", "/api/v1/payments/p-1/receipt?notice=1&format=pdf", ""}} {
		if got := d.ask(one[0], one[1], clerkToken, one[2]); got.status != 404 || got.code(t) != local.CodeReceiptPDFMissing {
			t.Errorf("a page as %s: %d %s", one[1], got.status, got.body)
		}
	}
}

func TestCreatePosition(t *testing.T) {
	d := open(t, nil)
	anna := d.signInAs("anna", "1111")
	body := creation("c1", `,"amount_cents":4500,"fields":{"classe":"2B","mesi":3,"dieta":true}`)
	want := "create by anna: {RequestID:c1 Service:mensa Creditor: Debtor:{Company:false TaxCode:RSSMRA80A01H501U Name:Maria Rossi Address: Number: Postcode: Town: Province: Country: Email:} AmountCents:4500 Reason: Fields:map[classe:2B dieta:true mesi:3]}"
	for i := range 2 { // a repeat reaches the till, whose debt has the same name
		got := d.ask("POST", createPath, anna, body)
		if n := as[local.Notice](t, got); got.status != 201 || n.Number == "" {
			t.Fatalf("%d %s", got.status, got.body)
		}
		if len(d.till.actions) != i+1 || d.till.actions[i] != want {
			t.Fatalf("asked %q, want %q", d.till.actions, want)
		}
	}
	if got := d.ask("POST", createPath, anna, creation("c1", `,"amount_cents":4600`)); got.code(t) != local.CodeRequestIDReused {
		t.Errorf("another debt with the same id: %d %s", got.status, got.body)
	}
	// A failure that has gone by is not remembered.
	d.till.fail = &local.Error{Code: local.CodePlatformUnavailable}
	if got := d.ask("POST", createPath, anna, creation("c2", "")); got.code(t) != local.CodePlatformUnavailable {
		t.Errorf("%d %s", got.status, got.body)
	}
	d.till.fail = nil
	if got := d.ask("POST", createPath, anna, creation("c2", "")); got.status != 201 {
		t.Errorf("after the outage: %d %s", got.status, got.body)
	}
	d.till.actions = nil
	long := strings.Repeat("è", maxReason+1)
	for more, field := range map[string]string{
		`,"creditor":"x"`:                    "creditor",
		`,"amount_cents":-1`:                 "amount_cents",
		`,"amount_cents":100000000`:          "amount_cents",
		`,"reason":"` + long + `"`:           "reason",
		`,"reason":"due\nrighe"`:             "reason",
		`,"fields":{"a":[1]}`:                "fields.a",
		`,"fields":{"a":{"b":1}}`:            "fields.a",
		`,"fields":{"a":null}`:               "fields.a",
		`,"fields":{"a":"\u0000"}`:           "fields.a",
		`,"fields":{"":"x"}`:                 "fields",
		`,"fields":{` + manyFields(65) + `}`: "fields",
		`,"fields":{"a":1,"A":2}`:            "a",
		`,"notices":[]`:                      "",
	} {
		got := d.ask("POST", createPath, anna, creation("x", more))
		if got.status != 400 || got.code(t) != local.CodeBadRequest || field != "" && !strings.Contains(string(got.body), ": "+field+".") {
			t.Errorf("%s: want %q, got %d %s", more, field, got.status, got.body)
		}
	}
	for body, field := range map[string]string{
		`{"request_id":"x","debtor":{"tax_code":"A","name":"B"}}`:                                         "service",
		`{"request_id":"x","service":"mensa","debtor":{"name":"B"}}`:                                      "debtor.tax_code",
		`{"request_id":"x","service":"mensa","debtor":{"tax_code":"A"}}`:                                  "debtor.name",
		`{"request_id":"x","service":"mensa","debtor":{"tax_code":"A","name":"B","email":"a\nb"}}`:        "debtor.email",
		`{"request_id":"x","service":"mensa","debtor":{"tax_code":"A","name":"B","town":"` + long + `"}}`: "debtor.town",
	} {
		if got := d.ask("POST", createPath, anna, body); got.code(t) != local.CodeBadRequest || !strings.Contains(string(got.body), ": "+field+".") {
			t.Errorf("%s: want %q, got %d %s", body, field, got.status, got.body)
		}
	}
	if got := d.ask("POST", createPath, anna, `{"service":"mensa","debtor":{"tax_code":"A","name":"B"}}`); got.code(t) != local.CodeRequestIDMissing {
		t.Errorf("without an id: %d %s", got.status, got.body)
	}
	if len(d.till.actions) != 0 {
		t.Errorf("done: %q", d.till.actions)
	}
}

func manyFields(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`"f%d":1`, i)
	}
	return strings.Join(all, ",")
}

// An offline period bears the name of a supervisor and a reason in writing.
func TestOfflinePeriod(t *testing.T) {
	d := open(t, nil)
	anna, carl := d.signInAs("anna", "1111"), d.signInAs("carl", "2222")
	open := `{"request_id":"o1","action":"open","reason":"piattaforma ferma, prot. 12"}`
	for _, token := range []string{clerkToken, supervisorToken} {
		if got := d.ask("POST", offlinePath, token, open); got.code(t) != local.CodeOperatorNeeded {
			t.Errorf("without a name: %d %s", got.status, got.body)
		}
	}
	if got := d.ask("POST", offlinePath, anna, open); got.status != 403 || got.code(t) != local.CodeForbiddenRole {
		t.Errorf("by a clerk: %d %s", got.status, got.body)
	}
	for body, field := range map[string]string{
		`{"request_id":"o","action":"open"}`:                                                   "reason",
		`{"request_id":"o","action":"open","reason":"  "}`:                                     "reason",
		`{"request_id":"o","action":"open","reason":"` + strings.Repeat("x", maxNote+1) + `"}`: "reason",
		`{"request_id":"o","action":"close","reason":"perché"}`:                                "reason",
		`{"request_id":"o","action":"status"}`:                                                 "action",
		`{"request_id":"o","reason":"x"}`:                                                      "action",
		`{"request_id":"o","action":"open","reason":"x","max_amount_cents":1}`:                 "",
	} {
		if got := d.ask("POST", offlinePath, carl, body); got.code(t) != local.CodeBadRequest || field != "" && !strings.Contains(string(got.body), ": "+field+".") {
			t.Errorf("%s: want %q, got %d %s", body, field, got.status, got.body)
		}
	}
	if len(d.till.actions) != 0 {
		t.Fatalf("done: %q", d.till.actions)
	}
	for range 2 {
		got := d.ask("POST", offlinePath, carl, open)
		if period := as[local.Offline](t, got); got.status != 200 || period.ID != "o-1" || period.OpenedBy != "carl" {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	if got := d.ask("POST", offlinePath, carl, `{"request_id":"o2","action":"close"}`); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := d.ask("POST", offlinePath, carl, `{"request_id":"o2","action":"open","reason":"x"}`); got.code(t) != local.CodeRequestIDReused {
		t.Errorf("%d %s", got.status, got.body)
	}
	want := []string{"offline by carl: {RequestID:o1 Action:open Reason:piattaforma ferma, prot. 12}", "offline by carl: {RequestID:o2 Action:close Reason:}"}
	if !slices.Equal(d.till.actions, want) {
		t.Errorf("done %q, want %q", d.till.actions, want)
	}
}

func TestChannelIsASupervisors(t *testing.T) {
	d := open(t, nil)
	do := func(token, action, body string) reply {
		return d.ask("POST", "/api/v1/terminals/cassa1/"+action, token, body)
	}
	body := `{"request_id":"1","channel":"13212880150_91"}`
	if got := do(clerkToken, "channel", body); got.code(t) != local.CodeForbiddenRole {
		t.Errorf("by a clerk: %d %s", got.status, got.body)
	}
	for _, wrong := range [][2]string{
		{"channel", `{"request_id":"2"}`}, {"status", body}, {"channel", `{"request_id":"2","channel":"` + strings.Repeat("1", maxChannel+1) + `"}`},
	} {
		if got := do(supervisorToken, wrong[0], wrong[1]); got.code(t) != local.CodeBadRequest || !strings.Contains(string(got.body), ": channel.") {
			t.Errorf("%q: %d %s", wrong, got.status, got.body)
		}
	}
	if got := d.ask("POST", reversal, d.signInAs("carl", "2222"), body); got.code(t) != local.CodeBadRequest {
		t.Errorf("a reversal with a channel: %d %s", got.status, got.body)
	}
	if got := do(supervisorToken, "channel", body); got.status != 200 || !slices.Equal(d.till.actions, []string{"cassa1/channel 13212880150_91 by carl"}) {
		t.Errorf("%d %s: %q", got.status, got.body, d.till.actions)
	}
}

// The till's refusals come out in the operator's language, with their status.
func TestRegionalRefusals(t *testing.T) {
	d := open(t, nil)
	carl := d.signInAs("carl", "2222")
	for i, one := range []struct {
		method, path, body string
		err                local.Error
		want               string
	}{
		{"GET", "/api/v1/services", "", local.Error{Code: local.CodePlatformForbidden}, "permessi"},
		{"GET", "/api/v1/queue/status", "", local.Error{Code: local.CodeStopping}, "fermando"},
		{"GET", "/api/v1/payments/p-1/receipt?notice=1", "", local.Error{Code: local.CodeNotFound}, "nulla"},
		{"POST", searchPath, `{"debtor":"X"}`, local.Error{Code: local.CodePlatformUnavailable}, "non risponde"},
		{"POST", createPath, creation("r", ""), local.Error{Code: local.CodeFormInvalid, Args: map[string]string{local.ArgField: "classe", local.ArgReason: local.FormText(local.FormMissing, local.Italian)}}, "classe è obbligatorio"},
		{"POST", offlinePath, `{"request_id":"R","action":"open","reason":"x"}`, local.Error{Code: local.CodeOfflineNotAllowed}, "piattaforma spenta"},
		{"POST", noticePDFPath, `{"number":"302000100000000107"}`, local.Error{Code: local.CodeNoticeUnknown}, "non si trova"},
	} {
		d.till.fail = &one.err
		got := d.ask(one.method, one.path, carl, strings.Replace(one.body, `"R"`, fmt.Sprintf(`"R%d"`, i), 1))
		if got.status != local.HTTPStatus(one.err.Code) || got.code(t) != one.err.Code || !strings.Contains(string(got.body), one.want) {
			t.Errorf("%s: %d %s", one.path, got.status, got.body)
		}
	}
}

// Work that is not remembered is done by one at a time for each request id, and stops for no one who left.
func TestEachOneAtATime(t *testing.T) {
	r := newRepeats()
	var mu sync.Mutex
	running, most, done := 0, 0, 0
	var group sync.WaitGroup
	entered, goOn := make(chan struct{}, 8), make(chan struct{})
	for range 8 {
		group.Go(func() {
			_, err := r.each(t.Context(), "anna", "x", "route", "body", func() (answer, error) {
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				entered <- struct{}{}
				<-goOn
				mu.Lock()
				running--
				done++
				mu.Unlock()
				return answer{}, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	<-entered
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.each(gone, "anna", "x", "route", "body", func() (answer, error) { return answer{}, nil }); err == nil {
		t.Error("one who has left waits for ever, or did not wait")
	}
	close(goOn)
	group.Wait()
	if most != 1 || done != 8 || len(r.known) != 1 {
		t.Errorf("%d at once, %d done, %d remembered", most, done, len(r.known))
	}
}
