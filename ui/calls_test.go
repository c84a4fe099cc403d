package ui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"gopkg.in/yaml.v3"

	"sportello/protocol/local"
)

// The contract and the routes are the same list; what the contract says comes later answers 501, and
// nothing but the few open routes answers without a token.
func TestRoutesAreTheContract(t *testing.T) {
	d := open(t, nil)
	var doc struct {
		Paths map[string]map[string]yaml.Node `yaml:"paths"`
	}
	if err := yaml.Unmarshal(local.OpenAPI, &doc); err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, node := range methods {
			if method == "parameters" {
				continue
			}
			var operation struct {
				Security  []map[string][]string `yaml:"security"`
				Responses map[string]yaml.Node  `yaml:"responses"`
			}
			if err := node.Decode(&operation); err != nil {
				t.Fatal(err)
			}
			key := strings.ToUpper(method) + " " + path
			described[key] = true
			concrete := regexp.MustCompile(`\{\w+\}`).ReplaceAllString(strings.Replace(path, "{action}", "status", 1), "p-1")
			body := ""
			if method == "post" {
				body = `{"request_id":"` + strings.ReplaceAll(path, "/", "-") + `"}`
			}
			if len(operation.Security) == 0 {
				if got := d.ask(strings.ToUpper(method), concrete, "", body); got.status != 401 || got.code(t) != local.CodeUnauthorized {
					t.Errorf("%s without a token: %d %s", key, got.status, got.body)
				}
				if got := d.ask(strings.ToUpper(method), concrete, "wrong", body); got.status != 401 {
					t.Errorf("%s with a wrong token: %d", key, got.status)
				}
			}
			_, later := operation.Responses["501"]
			if _, now := operation.Responses["200"]; later && !now {
				if got := d.ask(strings.ToUpper(method), concrete, supervisorToken, body); got.status != 501 || got.code(t) != local.CodeNotServed {
					t.Errorf("%s: %d %s", key, got.status, got.body)
				}
			}
			if got := d.ask("PATCH", concrete, clerkToken, ""); got.status != 405 || got.code(t) != local.CodeMethod || !strings.Contains(got.header.Get("Allow"), strings.ToUpper(method)) {
				t.Errorf("PATCH %s: %d, Allow %q", path, got.status, got.header.Get("Allow"))
			}
		}
	}
	served := map[string]bool{"GET " + eventsPath: true, "GET " + openapiPath: true}
	for _, one := range table {
		served[one.method+" "+one.path] = true
	}
	for key := range described {
		if !served[key] {
			t.Errorf("%s is described and not served", key)
		}
	}
	for key := range served {
		if !described[key] {
			t.Errorf("%s is served and not described", key)
		}
	}
}

func TestReads(t *testing.T) {
	d := open(t, nil)
	for path, want := range map[string]string{
		"/api/v1/payments?day=2026-11-21&limit=7": `"id":"2026-11-21"`,
		"/api/v1/payments":                        `"amount_cents":100`,
		"/api/v1/payments?state=unknown":          `[]`,
		"/api/v1/payments?request_id=ordine-4711": `"request_id":"ordine-4711"`,
		"/api/v1/payments/p-1":                    `"resolved_by":[]`,
		"/api/v1/payments/p-1/story":              `[{"seq":7,`,
		"/api/v1/payments/p-1/receipt":            `SCONTRINO`,
		"/api/v1/terminals":                       `[]`,
		"/api/v1/cases":                           `[]`,
		"/api/v1/cases?all=false":                 `[]`,
		"/api/v1/cases?all=true":                  `"id":"c-1"`,
		"/api/v1/ledger/check":                    `{"entries":7}`,
		"/api/v1/state":                           `"version":"1.2.3"`,
		"/api/v1/openapi.yaml":                    `openapi: 3.0`,
		"/healthz":                                `{"status":"ok","version":"1.2.3"}`,
		"/readyz":                                 `{"status":"ok","version":"1.2.3"}`,
	} {
		got := d.ask("GET", path, clerkToken, "")
		if got.status != 200 || !strings.Contains(string(got.body), want) || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v %s", path, got.status, got.header, got.body)
		}
	}
	for path, code := range map[string]local.Code{
		"/api/v1/payments/p-2":                            local.CodeNotFound,
		"/api/v1/payments/" + strings.Repeat("p", 65):     local.CodeNotFound,
		"/api/v1/payments/p-2/story":                      local.CodeNotFound,
		"/api/v1/payments?state=paid":                     local.CodeBadRequest,
		"/api/v1/payments?registration=paid":              local.CodeBadRequest,
		"/api/v1/payments?from=2026-02-30":                local.CodeBadRequest,
		"/api/v1/payments?day=2026-02-01&from=2026-02-01": local.CodeBadRequest,
		"/api/v1/payments?notice=30200x":                  local.CodeBadRequest,
		"/api/v1/payments?notice=":                        local.CodeBadRequest,
		"/api/v1/payments?notice=3020000000000000010":     local.CodeBadRequest,
		"/api/v1/payments?iuv=020000000000000001":         local.CodeBadRequest,
		"/api/v1/payments?stan=-4":                        local.CodeBadRequest,
		"/api/v1/payments?amount_cents=0":                 local.CodeBadRequest,
		"/api/v1/payments?amount_cents=12.50":             local.CodeBadRequest,
		"/api/v1/payments?terminal=":                      local.CodeBadRequest,
		"/api/v1/payments?operator=a%0Ab":                 local.CodeBadRequest,
		"/api/v1/payments?cursor=x":                       local.CodeBadRequest,
		"/api/v1/payments?request_id=r1&limit=1":          local.CodeBadRequest,
		"/api/v1/payments?debtor=VRDMRA80A01H501X":        local.CodeBadRequest,
		"/api/v1/payments?day=21-11-2026":                 local.CodeBadRequest,
		"/api/v1/payments?limit=0":                        local.CodeBadRequest,
		"/api/v1/payments?limit=1001":                     local.CodeBadRequest,
		"/api/v1/payments?sate=unknown":                   local.CodeBadRequest,
		"/api/v1/payments?limit=1&limit=2":                local.CodeBadRequest,
		"/api/v1/payments?request_id=a%20b":               local.CodeBadRequest,
		"/api/v1/payments?request_id=":                    local.CodeBadRequest,
		"/api/v1/cases?all=si":                            local.CodeBadRequest,
		"/api/v1/cases?ended=true":                        local.CodeBadRequest,
		"/api/v1/nothing":                                 local.CodeNotFound,
		"/api/v2/state":                                   local.CodeNotFound,
	} {
		if got := d.ask("GET", path, clerkToken, ""); got.code(t) != code || got.status != local.HTTPStatus(code) {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	state := as[local.Snapshot](t, d.ask("GET", "/api/v1/state", supervisorToken, ""))
	if state.Operator != carl {
		t.Errorf("state is for %+v", state.Operator)
	}
	d.hub.Publish(local.Event{Type: local.EventPlatform})
	if len(state.Operators) != 2 || state.Operators[0] != anna || state.Operators[1] != carl {
		t.Errorf("who may sign in: %+v", state.Operators)
	}
	if next := as[local.Snapshot](t, d.ask("GET", "/api/v1/state", clerkToken, "")); next.Sequence != state.Sequence+1 {
		t.Errorf("state has number %d after %d and an event", next.Sequence, state.Sequence)
	}
	d.till.mu.Lock()
	d.till.fail = errors.New("gone")
	d.till.mu.Unlock()
	if got := d.ask("GET", "/readyz", "", ""); got.status != 503 || as[local.Health](t, got).Status != "not_ready" {
		t.Errorf("readyz of a till that fails: %d %s", got.status, got.body)
	}
	if got := d.ask("GET", "/healthz", "", ""); got.status != 200 {
		t.Errorf("healthz of a till that fails: %d", got.status)
	}
}

func TestPay(t *testing.T) {
	d := open(t, nil)
	body := `{"request_id":"r1","terminal":"cassa1","notices":[{"creditor":"01199250158","number":"302001069073736640","expected_cents":1250}]}`
	got := d.ask("POST", "/api/v1/payments", clerkToken, body)
	if p := as[local.Payment](t, got); got.status != 202 || p.ID != "p-r1" || p.Operator != "anna" || p.Terminal != "cassa1" {
		t.Errorf("%d %s", got.status, got.body)
	}
	for body, code := range map[string]local.Code{
		`{"terminal":"cassa1","notices":[]}`:                                   local.CodeRequestIDMissing,
		`{"request_id":"a b","terminal":"cassa1","notices":[]}`:                local.CodeBadRequest,
		`{"request_id":"è","terminal":"cassa1","notices":[]}`:                  local.CodeBadRequest,
		`{"request_id":"` + strings.Repeat("r", 65) + `","terminal":"cassa1"}`: local.CodeBadRequest,
	} {
		if got := d.ask("POST", "/api/v1/payments", clerkToken, body); got.code(t) != code {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	for _, c := range []struct {
		fail error
		code local.Code
		want []string
	}{
		{&local.Error{Code: local.CodeAmountChanged, AmountCents: 1300}, local.CodeAmountChanged, []string{`"amount_cents":1300`, "13,00 €"}},
		{fmt.Errorf("pay: %w", &local.Error{Code: local.CodeNoticeLocked, PaymentID: "p-9"}), local.CodeNoticeLocked, []string{`"payment_id":"p-9"`, "Non far ripagare"}},
		{&local.Error{Code: local.CodeTerminalUnreachable, Args: map[string]string{local.ArgTerminal: "Cassa 1"}}, local.CodeTerminalUnreachable, []string{"Cassa 1"}},
		{&local.Error{Code: local.CodeDiskFull}, local.CodeDiskFull, []string{"disco"}},
	} {
		d.till.fail = c.fail
		got := d.ask("POST", "/api/v1/payments", clerkToken, body)
		if got.status != local.HTTPStatus(c.code) || got.code(t) != c.code {
			t.Errorf("%s: %d %s", c.code, got.status, got.body)
		}
		for _, want := range c.want {
			if !strings.Contains(string(got.body), want) {
				t.Errorf("%s: no %q in %s", c.code, want, got.body)
			}
		}
	}
	// What is not meant for people stays inside; a reason is no refusal.
	d.till.fail = errors.New("bbolt: /var/lib/secret")
	if got := d.ask("POST", "/api/v1/payments", clerkToken, body); got.status != 500 || got.code(t) != local.CodeInternal || strings.Contains(string(got.body), "secret") {
		t.Errorf("%d %s", got.status, got.body)
	}
	d.till.fail = &local.Error{Code: local.CodeApproved}
	if got := d.ask("POST", "/api/v1/payments", clerkToken, body); got.status != 500 {
		t.Errorf("a reason as an error: %d", got.status)
	}
}

func TestLanguages(t *testing.T) {
	d := open(t, func(o *Options) { o.Language = local.German })
	for header, want := range map[string]string{
		"":                           "Nicht angemeldet",
		"it":                         "Accesso non riconosciuto",
		"it-IT,it;q=0.9,en;q=0.8":    "Accesso non riconosciuto",
		"fr-FR, en-GB;q=0.7":         "Not signed in",
		"EN":                         "Not signed in",
		"fr":                         "Nicht angemeldet",
		"*":                          "Nicht angemeldet",
		strings.Repeat("it,", 100):   "Nicht angemeldet",
		"de-AT;q=0.5,it;q=0.9":       "Nicht angemeldet",
		"italian, en-US;q=0.5, it-x": "Not signed in",
	} {
		if got := d.ask("GET", "/api/v1/queue", "", "", "Accept-Language", header); !strings.Contains(string(got.body), want) {
			t.Errorf("%q: %s", header, got.body)
		}
	}
}

// A page that closes must not end what it asked for.
func TestWorkOutlivesItsRequest(t *testing.T) {
	d := open(t, nil)
	token := d.signInAs("carl", "2222")
	for path, body := range map[string]string{
		"/api/v1/payments": `{"request_id":"r1","terminal":"cassa1","notices":[]}`,
		createPath:         creation("r2", ""),
		offlinePath:        `{"request_id":"r3","action":"close"}`,
		reversal:           `{"request_id":"r4"}`,
	} {
		d.till.hold, d.till.entered, d.till.paid = make(chan struct{}), make(chan struct{}), make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "POST", "http://"+d.host+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			if response, err := d.client.Do(r); err == nil {
				response.Body.Close()
			}
		}()
		<-d.till.entered
		cancel()
		<-gone
		close(d.till.hold)
		if err := <-d.till.paid; err != nil {
			t.Errorf("%s: its context ended with its request: %v", path, err)
		}
	}
}

func TestTerminalActions(t *testing.T) {
	d := open(t, nil)
	do := func(token, path, body string) reply { return d.ask("POST", "/api/v1/terminals/"+path, token, body) }
	first := do(clerkToken, "cassa1/status", `{"request_id":"a"}`)
	if report := as[local.TerminalReport](t, first); first.status != 200 || report.Text != "status" {
		t.Fatalf("%d %s", first.status, first.body)
	}
	// Spaces do not make another request; another path, or person, does.
	if again := do(clerkToken, "cassa1/status", ` { "request_id" : "a" } `); again.status != 200 || string(again.body) != string(first.body) {
		t.Errorf("repeat: %d %s", again.status, again.body)
	}
	if len(d.till.actions) != 1 {
		t.Errorf("a repeat was done again: %v", d.till.actions)
	}
	for _, path := range []string{"cassa1/last", "cassa2/status"} {
		if got := do(clerkToken, path, `{"request_id":"a"}`); got.status != 409 || got.code(t) != local.CodeRequestIDReused {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if got := do(supervisorToken, "cassa1/adopt", `{"request_id":"a"}`); got.status != 200 {
		t.Errorf("another person's id: %d %s", got.status, got.body)
	}
	for path, code := range map[string]local.Code{
		"cassa1/adopt": local.CodeForbiddenRole,
		"cassa1/close": local.CodeForbiddenRole,
		"cassa1/pay":   local.CodeNotFound,
		"cassa1/":      local.CodeNotFound,
		"cassa1/last":  local.CodeRequestIDMissing,
	} {
		body := `{"request_id":"b"}`
		if code == local.CodeRequestIDMissing {
			body = `{}`
		}
		if got := do(clerkToken, path, body); got.code(t) != code || got.status != local.HTTPStatus(code) {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	// The installer's word about totals is a supervisor's.
	if got := do(clerkToken, "cassa1/detect", `{"request_id":"q","quiet_totals":true}`); got.code(t) != local.CodeForbiddenRole {
		t.Errorf("quiet totals by a clerk: %d %s", got.status, got.body)
	}
	if got := do(supervisorToken, "cassa1/close", `{"request_id":"q","quiet_totals":true}`); got.code(t) != local.CodeBadRequest {
		t.Errorf("quiet totals of a close: %d %s", got.status, got.body)
	}
	for _, ask := range [][2]string{{supervisorToken, `{"request_id":"q","quiet_totals":true}`}, {clerkToken, `{"request_id":"q"}`}} {
		if got := do(ask[0], "cassa1/detect", ask[1]); got.status != 200 {
			t.Errorf("detect: %d %s", got.status, got.body)
		}
	}
	if want := "[cassa1/status by anna cassa1/adopt by carl cassa1/detect quiet by carl cassa1/detect by anna]"; fmt.Sprint(d.till.actions) != want {
		t.Errorf("done: %v, want %s", d.till.actions, want)
	}
	// A refusal is an answer as well.
	d.till.fail = &local.Error{Code: local.CodeTerminalSilent}
	if got := do(clerkToken, "cassa1/totals", `{"request_id":"c"}`); got.code(t) != local.CodeTerminalSilent {
		t.Errorf("%d %s", got.status, got.body)
	}
	d.till.fail = nil
	if got := do(clerkToken, "cassa1/totals", `{"request_id":"c"}`); got.code(t) != local.CodeTerminalSilent {
		t.Errorf("the repeat of a refusal: %d %s", got.status, got.body)
	}
}

// Two requests at once with one id: one is done, both hear of it.
func TestRepeatsWaitForTheFirst(t *testing.T) {
	d := open(t, nil)
	d.till.hold, d.till.entered = make(chan struct{}), make(chan struct{}, 8)
	var group sync.WaitGroup
	answers := make(chan string, 8)
	for range 8 {
		group.Go(func() {
			answers <- string(d.ask("POST", "/api/v1/terminals/cassa1/last", clerkToken, `{"request_id":"x"}`).body)
		})
	}
	<-d.till.entered
	close(d.till.hold)
	group.Wait()
	close(answers)
	for answer := range answers {
		if !strings.Contains(answer, `"text":"last"`) {
			t.Error(answer)
		}
	}
	if len(d.till.actions) != 1 {
		t.Errorf("done %d times", len(d.till.actions))
	}
}

func TestRepeatsAreBounded(t *testing.T) {
	r := newRepeats()
	work := func() (answer, error) { return answer{status: 200}, nil }
	for i := range 3 * maxRepeats {
		if _, err := r.once(t.Context(), "anna", fmt.Sprint(i), "route", nil, work); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.known) != maxRepeats || len(r.order) != maxRepeats {
		t.Errorf("%d known, %d in order", len(r.known), len(r.order))
	}
	done := false
	if _, err := r.once(t.Context(), "anna", fmt.Sprint(3*maxRepeats-1), "route", nil, func() (answer, error) { done = true; return answer{}, nil }); err != nil || done {
		t.Errorf("the newest was forgotten: %v", err)
	}
}
