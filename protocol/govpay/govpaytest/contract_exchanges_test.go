package govpaytest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func jsonNumbers(text []byte, to any) error { return json.Unmarshal(text, to) }

// richSeed has a debt of every kind.
func richSeed(now time.Time) Seed {
	seed := Demo(now)
	day := func(n int) string { return now.AddDate(0, 0, n).Format(time.DateOnly) }
	debt := func(n int, change func(*Debt)) {
		d := Debt{
			Creditor: comune, Notice: demoNotice(n), Cents: 4501, Type: "TARI", ID: fmt.Sprintf("X-%d", n), Reason: "TARI", Due: day(30),
			Debtor: Debtor{TaxCode: "RSSMRA80A01F205X", Name: "Mario Rossi"},
		}
		change(&d)
		seed.Debts = append(seed.Debts, d)
	}
	debt(20, func(d *Debt) { d.Document, d.Instalment = "TARI-1", 1 })
	debt(21, func(d *Debt) { d.State = StateIrregular })
	debt(22, func(d *Debt) { d.State = StateCollected; d.Application = "A2A-SPORTELLO" })
	debt(23, func(d *Debt) { d.Pending = VersionTerminal })
	debt(24, func(d *Debt) { d.Pending = VersionOldTerminal })
	debt(25, func(d *Debt) { d.Pending = VersionCart })
	debt(26, func(d *Debt) { d.Owner = OwnerDown })
	debt(27, func(d *Debt) { d.Owner = OwnerKnows })
	debt(28, func(d *Debt) { d.OtherCreditor = "01234567890" })
	debt(29, func(d *Debt) { d.StampDuty = true })
	debt(30, func(d *Debt) { d.ValidUntil = day(-3); d.OwnerCents = 5000 })
	debt(31, func(d *Debt) { d.ValidUntil = day(-3); d.OwnerSilent = true })
	debt(32, func(d *Debt) { d.Application = "A2A-SPORTELLO" })
	debt(33, func(d *Debt) {
		d.Lines = []Line{{ID: "1", Cents: 4000, Reason: "Tassa", IBAN: anIBAN}, {ID: "2", Cents: 501, Reason: "Diritti", Revenue: "SEGRETERIA"}}
	})
	debt(34, func(d *Debt) { d.Owner = OwnerPaid })
	debt(35, func(d *Debt) { d.Owner = OwnerUnknown })
	debt(36, func(d *Debt) { d.Owner = OwnerExpired })
	debt(37, func(d *Debt) { d.Owner = OwnerCancelled })
	for n := 40; n < 50; n++ {
		debt(n, func(*Debt) {})
	}
	return seed
}

const jsonType = "application/json"

// asking is one request of a test, and what it must bring.
type asking struct {
	method, path, accept, body string
	status                     int
	codice                     string
}

// client asks a platform at root.
type asker struct {
	t    *testing.T
	root string
	head http.Header
	http *http.Client
}

func newAsker(t *testing.T, root string) *asker {
	r, _ := http.NewRequest(http.MethodGet, "http://x", nil)
	r.SetBasicAuth("sportello", "sportello")
	a := &asker{t: t, root: root, head: r.Header, http: &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.Cleanup(a.http.CloseIdleConnections)
	return a
}

// ask sends one request; the answer's body is read as a JSON object where it is one.
func (a *asker) ask(k asking) (status int, header http.Header, text string, fields map[string]any) {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), k.method, a.root+k.path, strings.NewReader(k.body))
	if err != nil {
		a.t.Fatal(err)
	}
	for name, values := range a.head {
		r.Header[name] = values
	}
	if k.accept != "" {
		r.Header.Set("Accept", k.accept)
	}
	if k.body != "" {
		r.Header.Set("Content-Type", jsonType)
	}
	resp, err := a.http.Do(r)
	if err != nil {
		return 0, nil, "", nil
	}
	defer resp.Body.Close()
	whole, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, resp.Header, string(whole), nil
	}
	_ = json.Unmarshal(whole, &fields)
	return resp.StatusCode, resp.Header, string(whole), fields
}

// want asks and compares status and codice.
func (a *asker) want(k asking) map[string]any {
	a.t.Helper()
	status, _, text, fields := a.ask(k)
	codice, _ := fields["codice"].(string)
	if status != k.status || codice != k.codice {
		a.t.Errorf("%s %s %s: %d %q, want %d %q\n\t%.300s", k.method, k.path, k.body, status, codice, k.status, k.codice, text)
	}
	return fields
}

const triple = "?identificativoPSP=CIPBITMM&identificativoIntermediarioPSP=13212880150&identificativoCanale=13212880150_90&tipoVersamento=CP&idSessionePortale="

func byNotice(notices ...int) string {
	var refs []string
	for _, n := range notices {
		refs = append(refs, fmt.Sprintf(`{"idDominio":%q,"numeroAvviso":%q}`, comune, demoNotice(n)))
	}
	return `{"pendenze":[` + strings.Join(refs, ",") + `],"autenticazioneSoggetto":"N/A"}`
}

const aDebt = `{"idTipoPendenza":"CIE","idDominio":"` + comune + `","causale":"Carta","soggettoPagatore":{"tipo":"F","identificativo":"RSSMRA80A01F205X","anagrafica":"Mario Rossi"},` +
	`"importo":22.21,"dataScadenza":"2099-12-31","annoRiferimento":2026,"voci":[{"idVocePendenza":"1","importo":16.79,"descrizione":"Carta","ibanAccredito":"` + anIBAN + `","tipoContabilita":"ALTRO","codiceContabilita":"0201102IM"},` +
	`{"idVocePendenza":"2","importo":5.42,"descrizione":"Diritti","codEntrata":"SEGRETERIA"}]}`

// exchanges are honest requests of a counter to every operation, and the faults
// that they can end in. Wrong requests are TestStrict's and TestChecksInOrder's.
func exchanges(a *asker) {
	base := Bases("", "basic")
	pag, pen, rag := base[apiPagamento], base[apiPendenze], base[apiRagioneria]
	get := func(path string, status int, codice string) {
		a.t.Helper()
		a.want(asking{http.MethodGet, path, jsonType, "", status, codice})
	}
	for _, root := range []string{pag, pen, rag} {
		get(root+"/profilo", 200, "")
	}
	// A cart and its receipt, a refused one, a lost one, then those that end before.
	session := "SP-AAAAAAAA"
	made := a.want(asking{http.MethodPost, pag + "/pagamenti" + triple + session, jsonType, byNotice(40, 41), 201, ""})
	get(pag+"/pagamenti/"+fmt.Sprint(made["id"]), 200, "")
	get(pag+"/pagamenti?idSessionePortale="+session, 200, "")
	get(pag+"/pagamenti/0f", 404, "404000")
	for n, codice := range map[int]string{26: "502000", 34: "VER_012", 5: "PAG_006", 6: "PAG_007", 25: "PAG_014", 24: "PAG_014", 28: "VER_038", 31: "VER_014"} {
		status := 422
		if codice == "502000" {
			status = 502
		}
		a.want(asking{http.MethodPost, pag + "/pagamenti" + triple + "x", jsonType, byNotice(n), status, codice})
	}
	wrongPSP := strings.Replace(triple, "CIPBITMM", "NESSUNO", 1)
	a.want(asking{http.MethodPost, pag + "/pagamenti" + wrongPSP, jsonType, byNotice(42), 502, "PPT_PSP_SCONOSCIUTO"})

	for n := 1; n < 50; n++ {
		path := "/pendenze/byAvviso/" + comune + "/" + demoNotice(n)
		for _, root := range []string{pag, rag, pen} {
			a.ask(asking{http.MethodGet, root + path, jsonType, "", 0, ""})
		}
		for _, root := range []string{pag, pen} {
			a.ask(asking{http.MethodGet, root + "/avvisi/" + comune + "/" + demoNotice(n), jsonType, "", 0, ""})
		}
	}
	get(pag+"/avvisi/"+comune+"/"+demoNotice(99), 200, "")
	a.want(asking{http.MethodGet, pag + "/avvisi/" + comune + "/" + demoNotice(1), "application/pdf", "", 200, ""})
	get(pag+"/pendenze?idDominio="+comune+"&idDebitore=RSSMRA80A01F205X&risultatiPerPagina=3&metadatiPaginazione=false", 200, "")
	get(pag+"/pendenze?idDominio="+comune+"&risultatiPerPagina=3", 200, "")
	get(pen+"/pendenze?risultatiPerPagina=0", 200, "")
	get(pen+"/pendenze?metadatiPaginazione=false", 200, "")
	get(pag+"/pendenze/TRIBUTI/X-20", 200, "")
	get(pen+"/pendenze/A2A-SPORTELLO/X-22", 200, "")
	get(pag+"/domini", 200, "")
	get(pag+"/domini/"+comune+"/tipiPendenza", 200, "")
	get(pag+"/domini/"+comune+"/tipiPendenza/SEGRETERIA", 200, "")
	get(pag+"/rpp", 200, "")
	get(pen+"/rpp", 200, "")

	put := pen + "/pendenze/A2A-SPORTELLO/C-1?stampaAvviso=true"
	a.want(asking{http.MethodPut, put, jsonType, aDebt, 201, ""})
	a.want(asking{http.MethodPut, put, jsonType, aDebt, 200, ""})
	a.want(asking{http.MethodPut, put, jsonType, strings.Replace(aDebt, "22.21", "22.20", 1), 422, "VER_002"})
	patch := `[{"op":"REPLACE","path":"/stato","value":"ANNULLATA"}]`
	a.want(asking{http.MethodPatch, pen + "/pendenze/A2A-SPORTELLO/C-1", jsonType, patch, 200, ""})
	a.want(asking{http.MethodPatch, pen + "/pendenze/TRIBUTI/X-20", jsonType, patch, 500, "APP_002"})
	a.want(asking{http.MethodPost, pag + "/pendenze/" + comune + "/SEGRETERIA", jsonType, `{"codiceFiscale":"RSSMRA80A01F205X","nominativo":"Mario Rossi","quantita":2}`, 201, ""})

	list := a.want(asking{http.MethodGet, rag + "/ricevute?idDominio=" + comune, jsonType, "", 200, ""})
	rows, _ := list["risultati"].([]any)
	if len(rows) < 5 {
		a.t.Fatalf("only %d receipts", len(rows))
	}
	for _, row := range rows {
		r := row.(map[string]any)
		one := fmt.Sprintf("%s/ricevute/%s/%s/%s", rag, comune, r["iuv"], r["idRicevuta"])
		get(one, 200, "")
		a.want(asking{http.MethodGet, one, "application/pdf", "", 200, ""})
		attempt := fmt.Sprintf("%s/rpp/%s/%s/%s", pag, comune, r["iuv"], r["idRicevuta"])
		get(attempt, 200, "")
		get(attempt+"/rt", 200, "")
	}
	get(rag+"/ricevute?idDominio="+comune+"&iuv=x", 200, "")
	get(rag+"/ricevute?ordinamento=x", 422, "100001")
	a.want(asking{http.MethodGet, rag + "/ricevute/" + comune + "/x/y", "application/xml", "", 406, "406000"})
}

// deviation is a known difference between GovPay's OpenAPI file and its code,
// which is what this platform follows. Empty fields match anything; says is a
// regular expression.
type deviation struct {
	api, method, path, where, says string
	reason                         string // from GovPay's code, read at 3.9.1
}

func (d deviation) covers(v violation) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	return is(d.api, v.api) && is(d.method, v.method) && is(d.path, v.path) && is(d.where, v.where) && regexpMatch(d.says, v.says)
}

// TestContract holds the platform against GovPay's OpenAPI files.
func TestContract(t *testing.T) {
	c := loadContract(t)
	s, err := New(Options{Seed: richSeed(time.Now()), Report: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	for n, r := range map[int]Receipt{43: {}, 44: {Outcome: OutcomeNotPaid}, 45: {Version: VersionCart, Outcome: OutcomePartly}, 46: {Version: VersionCart, Outcome: OutcomeNotPaid}} {
		if err := s.AddReceipt(comune, demoNotice(n), r); err != nil {
			t.Fatal(err)
		}
	}
	srv := httptest.NewServer(c.watch(s))
	defer srv.Close()
	exchanges(newAsker(t, srv.URL))
	c.judge(t, deviations)
}
