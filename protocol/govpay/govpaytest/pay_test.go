package govpaytest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// rich starts a platform with a debt of every kind, and a clock to turn.
func rich(t *testing.T, change func(*Options)) (*Server, *asker, *time.Time) {
	t.Helper()
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	opts := Options{Seed: richSeed(now), Now: func() time.Time { return now }, Report: func(err error) { t.Error(err) }}
	if change != nil {
		change(&opts)
	}
	s := start(t, opts)
	return s, newAsker(t, "http://"+s.Addr()), &now
}

// TestChecksInOrder is the table of POST /pagamenti: the first check that fails
// decides, and from the sixth on the fault names the payment that was written.
func TestChecksInOrder(t *testing.T) {
	s, a, _ := rich(t, func(o *Options) {
		o.GrantedTypes = []string{"TARI", "CIE"}
		o.Seed.Creditors = append(o.Seed.Creditors, Creditor{TaxCode: "99999000013", Name: "Altro", Station: "2"}, Creditor{TaxCode: "01234567890", Name: "Spento", Disabled: true})
		for i, c := range []string{"99999000013", "01234567890"} {
			o.Seed.Debts = append(o.Seed.Debts, Debt{Creditor: c, Notice: demoNotice(60 + i), Cents: 100, Type: "TARI", Reason: "x", Debtor: Debtor{TaxCode: "RSSMRA80A01F205X"}})
		}
	})
	pay := Bases("", "basic")[apiPagamento] + "/pagamenti"
	other := strings.ReplaceAll(byNotice(60), comune, "99999000013")
	for _, x := range []struct {
		name, query, body string
		status            int
		codice            string
		id                bool
	}{
		{"half a triple", "?identificativoPSP=CIPBITMM", byNotice(40), 400, "SINTASSI", false},
		{"long channel", strings.Replace(triple, "13212880150_90", strings.Repeat("9", 36), 1), byNotice(40), 400, "SINTASSI", false},
		{"way to pay that the code cannot read", strings.Replace(triple, "=CP", "=JIF", 1), byNotice(40), 400, "SINTASSI", false},
		{"no positions", triple, `{"pendenze":[]}`, 400, "SINTASSI", false},
		{"six positions", triple, byNotice(40, 41, 42, 43, 44, 45), 400, "SINTASSI", false},
		{"more than a reference", triple, strings.Replace(byNotice(40), `"idDominio"`, `"importo":1,"idDominio"`, 1), 400, "SINTASSI", false},
		{"half a reference", triple, `{"pendenze":[{"idDominio":"` + comune + `"}]}`, 400, "SINTASSI", false},
		{"not JSON", triple, `{`, 400, "SINTASSI", false},
		{"day far away", triple, strings.Replace(byNotice(40), `{"pendenze"`, `{"dataEsecuzionePagamento":"2027-01-01","pendenze"`, 1), 422, "SEMANTICA", false},
		{"malformed notice", triple, `{"pendenze":[{"idDominio":"` + comune + `","numeroAvviso":"1"}]}`, 422, "VER_017", false},
		{"unknown creditor", triple, strings.ReplaceAll(byNotice(40), comune, "00000000000"), 422, "DOM_000", false},
		{"unknown notice", triple, byNotice(99), 422, "VER_008", false},
		{"the owner: unknown", triple, byNotice(35), 422, "VER_011", false},
		{"the owner: expired", triple, byNotice(36), 422, "VER_010", false},
		{"the owner: paid", triple, byNotice(34), 422, "VER_012", false},
		{"the owner: cancelled", triple, byNotice(37), 422, "VER_013", false},
		{"the owner does not answer", triple, byNotice(26), 502, "502000", false},
		{"type not granted", triple, byNotice(3), 403, "APP_003", false},
		{"creditor switched off", triple, strings.ReplaceAll(byNotice(61), comune, "01234567890"), 422, "DOM_001", false},
		{"paid", triple, byNotice(5), 422, "PAG_006", true},
		{"irregular", triple, byNotice(21), 422, "PAG_006", true},
		{"paid before expired", triple, byNotice(43, 5), 422, "PAG_006", true},
		{"refresh fails", triple, byNotice(31), 422, "VER_014", true},
		{"two stations", triple, byNotice(40)[:len(byNotice(40))-len(`],"autenticazioneSoggetto":"N/A"}`)] + "," + other[len(`{"pendenze":[`):], 400, "PAG_000", true},
		{"shared with another body", triple, byNotice(28), 422, "VER_038", true},
		{"older terminal at work", triple, byNotice(24), 422, "PAG_014", true},
		{"cart without receipt", triple, byNotice(25), 422, "PAG_014", true},
		{"unknown provider", strings.Replace(triple, "CIPBITMM", "X", 1), byNotice(40), 502, "PPT_PSP_SCONOSCIUTO", true},
		{"unknown channel", strings.Replace(triple, "13212880150_90", "X", 1), byNotice(40), 502, "PPT_CANALE_SCONOSCIUTO", true},
		{"today's terminal at work: not looked at", triple, byNotice(23), 201, "", true},
		{"by the owner's key", triple, `{"pendenze":[{"idA2A":"TRIBUTI","idPendenza":"X-41"}]}`, 201, "", true},
		{"asked of the owner", triple, byNotice(27), 201, "", true},
	} {
		fields := a.want(asking{http.MethodPost, pay + x.query, jsonType, x.body, x.status, x.codice})
		id, has := fields["id"].(string)
		if has != x.id {
			t.Errorf("%s: id %v", x.name, fields["id"])
		}
		if x.id && x.status != 201 {
			if written := a.want(asking{http.MethodGet, pay + "/" + id, jsonType, "", 200, ""}); written["stato"] != "FALLITO" {
				t.Errorf("%s: the payment is %v", x.name, written["stato"])
			}
		}
	}
	if n := len(s.Attempts(comune, demoNotice(40))); n != 2 {
		t.Errorf("%d attempts by refused carts, want 2", n)
	}
}

// TestRepeatedPayment: the call is not idempotent, and what a second one meets
// depends on what became of the first.
func TestRepeatedPayment(t *testing.T) {
	s, a, now := rich(t, func(o *Options) { o.ReceiptDelay = time.Minute })
	pay := Bases("", "basic")[apiPagamento] + "/pagamenti"
	post := func(n, status int, codice string) string {
		t.Helper()
		return fmt.Sprint(a.want(asking{http.MethodPost, pay + triple + "S", jsonType, byNotice(n), status, codice})["id"])
	}
	state := func(id, want string) {
		t.Helper()
		if got := a.want(asking{http.MethodGet, pay + "/" + id, jsonType, "", 200, ""})["stato"]; got != want {
			t.Errorf("payment %s is %v, want %s", id, got, want)
		}
	}
	first := post(40, 201, "")
	state(first, "IN_CORSO")
	state(post(40, 422, "PAG_014"), "FALLITO")
	*now = now.Add(time.Minute)
	state(first, "ESEGUITO")
	post(40, 422, "PAG_006")

	// Not reached, for all one knows: nothing blocks a second cart, and both pay.
	if err := s.SetRules(Rule{On: "pagamenti", Do: "nodo", Code: "PAA_NODO_INDISPONIBILE", Arrived: true, Times: 1}); err != nil {
		t.Fatal(err)
	}
	lost := post(41, 502, "PAA_NODO_INDISPONIBILE")
	state(lost, "FALLITO")
	post(41, 201, "")
	*now = now.Add(time.Minute)
	state(lost, "ESEGUITO")
	attempts := s.Attempts(comune, demoNotice(41))
	if len(attempts) != 2 || attempts[0].Outcome != OutcomePaid || attempts[1].Outcome != OutcomePaid {
		t.Errorf("attempts: %+v", attempts)
	}
	if b := a.want(asking{http.MethodGet, Bases("", "basic")[apiPagamento] + "/pendenze/byAvviso/" + comune + "/" + demoNotice(41), jsonType, "", 200, ""}); b["stato"] != StateIrregular {
		t.Errorf("paid twice is %v", b["stato"])
	}

	// Refused by pagoPA: processed again.
	if err := s.SetRules(Rule{On: "pagamenti", Do: "nodo", Code: "PPT_CANALE_TIMEOUT", Times: 1}); err != nil {
		t.Fatal(err)
	}
	post(42, 502, "PPT_CANALE_TIMEOUT")
	post(42, 201, "")

	found := a.want(asking{http.MethodGet, pay + "?idSessionePortale=S&risultatiPerPagina=3", jsonType, "", 200, ""})
	if found["numRisultati"] != 7.0 || len(found["risultati"].([]any)) != 3 {
		t.Errorf("by session: %v of %v", len(found["risultati"].([]any)), found["numRisultati"])
	}
}

// TestBlocking is how long an attempt without receipt blocks.
func TestBlocking(t *testing.T) {
	s, a, now := rich(t, nil)
	base := Bases("", "basic")
	pay := base[apiPagamento] + "/pagamenti" + triple
	post := func(n, status int, codice string) {
		t.Helper()
		a.want(asking{http.MethodPost, pay, jsonType, byNotice(n), status, codice})
	}
	*now = now.Add(29 * time.Minute)
	post(24, 422, "PAG_014")
	*now = now.Add(2 * time.Minute)
	post(24, 201, "")
	if got := s.Attempts(comune, demoNotice(24))[0].State; got != attemptExpired {
		t.Errorf("a terminal's attempt of 31 minutes is %s", got)
	}
	*now = now.AddDate(0, 0, 20)
	post(25, 422, "PAG_014")
	code := s.Attempts(comune, demoNotice(25))[0].Code
	free := base[apiBackoffice] + "/rpp/" + comune + "/" + demoNotice(25)[1:] + "/" + code
	a.want(asking{http.MethodPatch, free, jsonType, `[{"op":"REPLACE","path":"/stato","value":false}]`, 400, "SINTASSI"})
	a.want(asking{http.MethodPatch, free, jsonType, `[{"op":"REPLACE","path":"/bloccante","value":false}]`, 200, ""})
	post(25, 201, "")

	_, b, later := rich(t, func(o *Options) { o.CartLife = time.Hour })
	*later = later.Add(time.Hour)
	b.want(asking{http.MethodPost, pay, jsonType, byNotice(25), 201, ""})
}

// TestCheckout is a platform that sends no carts any more.
func TestCheckout(t *testing.T) {
	pay := Bases("", "basic")[apiPagamento] + "/pagamenti" + triple
	back := strings.Replace(byNotice(40), `{"pendenze"`, `{"urlRitorno":"https://x.example.it","pendenze"`, 1)
	for how, status := range map[string]int{"on": 201, "redirect": 302} {
		s, a, _ := rich(t, func(o *Options) { o.Checkout = how })
		a.want(asking{http.MethodPost, pay, jsonType, byNotice(40), 400, "SINTASSI"})
		b := a.want(asking{http.MethodPost, pay, jsonType, back, status, ""})
		if how == "on" && (b["id"] != "0" || b["idSession"] != "0" || b["location"] != "") {
			t.Errorf("body: %v", b)
		}
		if n := len(s.Attempts(comune, demoNotice(40))); n != 0 {
			t.Errorf("%s: %d attempts", how, n)
		}
	}
}

// TestBothReceipts reads what a terminal and what a cart leave behind.
func TestBothReceipts(t *testing.T) {
	s, a, _ := rich(t, nil)
	base := Bases("", "basic")
	a.want(asking{http.MethodPost, base[apiPagamento] + "/pagamenti" + triple, jsonType, byNotice(40), 201, ""})
	for n, r := range map[int]Receipt{41: {}, 42: {Outcome: OutcomeNotPaid}} {
		if err := s.AddReceipt(comune, demoNotice(n), r); err != nil {
			t.Fatal(err)
		}
	}
	for n, want := range map[int][3]string{40: {"ctRicevutaTelematica", OutcomePaid, "Pagamento ad iniziativa Ente"}, 41: {"ctReceipt", OutcomePaid, "<nil>"}, 42: {"ctReceipt", OutcomeNotPaid, "<nil>"}} {
		y := s.Attempts(comune, demoNotice(n))[0]
		b := a.want(asking{http.MethodGet, base[apiRagioneria] + "/ricevute/" + comune + "/" + demoNotice(n)[1:] + "/" + y.Code, jsonType, "", 200, ""})
		rt, _ := b["rt"].(map[string]any)
		if got := [3]string{fmt.Sprint(rt["tipo"]), fmt.Sprint(b["esito"]), fmt.Sprint(b["modello"])}; got != want {
			t.Errorf("notice %d: %v, want %v", n, got, want)
		}
	}
	// Own payments only: the terminal's attempts are not in Pagamento's list.
	list := a.want(asking{http.MethodGet, base[apiPagamento] + "/rpp?idDominio=" + comune, jsonType, "", 200, ""})
	all := a.want(asking{http.MethodGet, base[apiBackoffice] + "/rpp?idDominio=" + comune, jsonType, "", 200, ""})
	if list["numRisultati"] != 1.0 || all["numRisultati"].(float64) < 6 {
		t.Errorf("%v of %v attempts in Pagamento's list", list["numRisultati"], all["numRisultati"])
	}
	if state(t, s, 42) != stateOpen {
		t.Errorf("a negative receipt changed the state to %s", state(t, s, 42))
	}
}
