package govpaytest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// ids lists the idPendenza of a list's rows, on all its pages.
func (a *asker) ids(path string, pages int) (ids []string) {
	a.t.Helper()
	for n := 1; n <= pages; n++ {
		b := a.want(asking{http.MethodGet, fmt.Sprintf("%s&pagina=%d", path, n), jsonType, "", 200, ""})
		for _, row := range b["risultati"].([]any) {
			ids = append(ids, fmt.Sprint(row.(map[string]any)["idPendenza"]))
		}
	}
	return ids
}

// TestLists is what the platform does with filters, also those it ignores.
func TestLists(t *testing.T) {
	_, a, _ := rich(t, nil)
	base := Bases("", "basic")
	pag, pen, bo := base[apiPagamento]+"/pendenze?idDominio="+comune, base[apiPendenze]+"/pendenze?x=1", base[apiBackoffice]+"/pendenze?idDominio="+comune
	everything := len(a.ids(pag+"&risultatiPerPagina=200", 1))
	for _, x := range []struct {
		name, path string
		want       int
	}{
		{"iuv is ignored", pag + "&risultatiPerPagina=200&iuv=" + demoNotice(1)[1:], everything},
		{"idPendenza is ignored", pag + "&risultatiPerPagina=200&idPendenza=X-20", everything},
		{"iuv for an operator", bo + "&iuv=" + demoNotice(20)[1:], 1},
		{"notice for an operator", bo + "&iuv=" + demoNotice(20), 1},
		{"ANOMALA is never stored", pag + "&stato=ANOMALA", 0},
		{"ESEGUITA finds the irregular too", pag + "&stato=ESEGUITA", 3},
		{"own positions only", pen + "&risultatiPerPagina=200", 2},
		{"collected", pen + "&stato=INCASSATA", 1},
		{"another debtor", pag + "&idDebitore=VRDLGU75D12H501F", 2},
		{"loaded in another year", pag + "&dataDa=2027-01-01", 0},
	} {
		if got := len(a.ids(x.path, 1)); got != x.want {
			t.Errorf("%s: %d, want %d", x.name, got, x.want)
		}
	}
	first, all := a.ids(pag+"&risultatiPerPagina=5&ordinamento=-dataScadenza", 1), a.ids(pag+"&risultatiPerPagina=5&ordinamento=-dataScadenza", 20)
	if len(first) != 5 || len(all) != everything || first[0] != all[0] {
		t.Errorf("pages: %d then %d of %d", len(first), len(all), everything)
	}
	a.want(asking{http.MethodGet, pag + "&ordinamento=importo", jsonType, "", 422, "100001"})
	a.want(asking{http.MethodGet, pag + "&dataDa=ieri", jsonType, "", 400, "SINTASSI"})
	if b := a.want(asking{http.MethodGet, pag + "&metadatiPaginazione=false&pagina=99", jsonType, "", 200, ""}); b["prossimiRisultati"] == nil || len(b["risultati"].([]any)) != 0 {
		t.Errorf("past the end without counting: %v", b)
	}
}

// TestEachAPI is one position through the four ways to verify it.
func TestEachAPI(t *testing.T) {
	_, a, _ := rich(t, nil)
	base := Bases("", "basic")
	get := func(api string, n, status int, codice string) map[string]any {
		t.Helper()
		return a.want(asking{http.MethodGet, base[api] + "/pendenze/byAvviso/" + comune + "/" + demoNotice(n), jsonType, "", status, codice})
	}
	for _, x := range []struct {
		api             string
		n               int
		state, document bool
	}{
		{apiPagamento, 20, true, false}, {apiRagioneria, 20, false, true}, {apiBackoffice, 20, true, true},
	} {
		b := get(x.api, x.n, 200, "")
		if (b["stato"] != nil) != x.state || (b["documento"] != nil) != x.document {
			t.Errorf("%s: stato %v, documento %v", x.api, b["stato"], b["documento"])
		}
	}
	get(apiPendenze, 20, 403, "403000") // another application's
	get(apiPendenze, 99, 404, "404000")
	get(apiPagamento, 26, 404, "404000") // its owner is away
	for api, want := range map[string]string{apiPagamento: StatePaid, apiPendenze: StateCollected, apiBackoffice: StateCollected} {
		if b := get(api, 22, 200, ""); b["stato"] != want {
			t.Errorf("%s: collected is %v, want %s", api, b["stato"], want)
		}
	}
	for api, want := range map[string]bool{apiPagamento: false, apiBackoffice: true} {
		if b := get(api, 21, 200, ""); b["stato"] != StateIrregular || (b["descrizioneStato"] != nil) != want {
			t.Errorf("%s: irregular: %v %v", api, b["stato"], b["descrizioneStato"])
		}
	}
	if v := get(apiRagioneria, 5, 200, "")["voci"].([]any)[0].(map[string]any); v["riscossione"] == nil || v["importo"] != nil {
		t.Errorf("a paid line of Ragioneria: %v", v)
	}
}

// TestMakeAndChange follows a position of our own.
func TestMakeAndChange(t *testing.T) {
	s, a, now := rich(t, nil)
	base := Bases("", "basic")
	mine := base[apiPendenze] + "/pendenze/A2A-SPORTELLO/C-1"
	put := func(body string, status int, codice string) map[string]any {
		t.Helper()
		return a.want(asking{http.MethodPut, mine, jsonType, body, status, codice})
	}
	patch := func(value string, status int, codice string) map[string]any {
		t.Helper()
		return a.want(asking{http.MethodPatch, mine, jsonType, `[{"op":"REPLACE","path":"/stato","value":"` + value + `"}]`, status, codice})
	}
	notice := put(aDebt, 201, "")["numeroAvviso"]
	if again := put(aDebt, 200, ""); again["numeroAvviso"] != notice {
		t.Errorf("the same key has notices %v and %v", notice, again["numeroAvviso"])
	}
	for codice, change := range map[string][2]string{
		"VER_002": {`22.21`, `22.22`}, "VER_001": {`"idVocePendenza":"2"`, `"idVocePendenza":"1"`}, "VER_006": {`"idVocePendenza":"2"`, `"idVocePendenza":"3"`},
		"VER_023": {anIBAN, "IT00X0000000000000000000000"}, "VER_007": {`"codEntrata":"SEGRETERIA"`, `"codEntrata":"ALTRO"`},
		"TVR_000": {`"CIE"`, `"NIENTE"`}, "VER_024": {`"importo":22.21`, `"importo":22.21,"numeroAvviso":"` + demoNotice(77) + `"`},
	} {
		put(strings.Replace(aDebt, change[0], change[1], 1), 422, codice)
	}
	for _, change := range [][2]string{{`22.21`, `22.215`}, {`"causale":"Carta"`, `"causale":""`}, {`"codEntrata":"SEGRETERIA"`, `"x":1`}, {"2099-12-31", "31/12/2099"}, {`"tipo":"F"`, `"tipo":"fisica"`}} {
		put(strings.Replace(aDebt, change[0], change[1], 1), 400, "SINTASSI")
	}
	a.want(asking{http.MethodPut, base[apiPendenze] + "/pendenze/TRIBUTI/C-1", jsonType, aDebt, 400, "APP_002"})
	a.want(asking{http.MethodPut, base[apiPendenze] + "/pendenze/A2A-SPORTELLO/C.1", jsonType, aDebt, 400, "SINTASSI"})
	a.want(asking{http.MethodPost, mine, jsonType, aDebt, 405, ""})
	a.head.Set("X-HTTP-Method-Override", "PUT")
	a.want(asking{http.MethodPost, mine, jsonType, aDebt, 200, ""})
	a.head.Del("X-HTTP-Method-Override")

	if b := patch("ANNULLATA", 200, ""); b["stato"] != StateCancelled {
		t.Errorf("cancelled: %v", b["stato"])
	}
	patch("ANNULLATA", 200, "")
	patch("NON_ESEGUITA", 200, "")
	patch("NON_ESEGUITA", 400, "SINTASSI")
	patch("ANNULLATA", 200, "")
	put(aDebt, 200, "") // brings it back to life
	if err := s.AddReceipt(comune, fmt.Sprint(notice), Receipt{}); err != nil {
		t.Fatal(err)
	}
	put(aDebt, 422, "VER_003")
	patch("ANNULLATA", 400, "SINTASSI")

	// A debt that is cancelled while it is being paid ends paid.
	if err := s.AddReceipt(comune, demoNotice(32), Receipt{Delay: time.Minute}); err != nil {
		t.Fatal(err)
	}
	cancel := `[{"op":"REPLACE","path":"/stato","value":"ANNULLATA"},{"op":"REPLACE","path":"/descrizioneStato","value":"ritirata"}]`
	own := base[apiPendenze] + "/pendenze/A2A-SPORTELLO/X-32"
	if b := a.want(asking{http.MethodPatch, own, jsonType, cancel, 200, ""}); b["stato"] != StateCancelled || b["descrizioneStato"] != "ritirata" {
		t.Errorf("cancelled while paid: %v %v", b["stato"], b["descrizioneStato"])
	}
	*now = now.Add(time.Minute)
	if b := a.want(asking{http.MethodGet, own, jsonType, "", 200, ""}); b["stato"] != StatePaid {
		t.Errorf("its receipt makes it %v", b["stato"])
	}
	a.want(asking{http.MethodPatch, base[apiPendenze] + "/pendenze/TRIBUTI/X-20", jsonType, cancel, 500, "APP_002"})
	a.want(asking{http.MethodPatch, base[apiPendenze] + "/pendenze/A2A-SPORTELLO/niente", jsonType, cancel, 404, "404000"})
}

// TestSpontaneous: without a key of its own each call makes another debt.
func TestSpontaneous(t *testing.T) {
	_, a, _ := rich(t, nil)
	pag := Bases("", "basic")[apiPagamento]
	at := pag + "/pendenze/" + comune + "/SEGRETERIA"
	form := `{"codiceFiscale":"RSSMRA80A01F205X","nominativo":"Mario Rossi","quantita":3}`
	one := a.want(asking{http.MethodPost, at, jsonType, form, 201, ""})
	two := a.want(asking{http.MethodPost, at, jsonType, form, 201, ""})
	if one["numeroAvviso"] == two["numeroAvviso"] || one["importo"] != 7.8 || one["tipo"] != "SPONTANEO" {
		t.Errorf("%v and %v, %v euro, %v", one["numeroAvviso"], two["numeroAvviso"], one["importo"], one["tipo"])
	}
	keyed := at + "?idA2A=A2A-SPORTELLO&idPendenza=F-1"
	a.want(asking{http.MethodPost, keyed, jsonType, form, 201, ""})
	a.want(asking{http.MethodPost, keyed, jsonType, form, 200, ""})
	a.want(asking{http.MethodPost, at + "?idPendenza=F-1", jsonType, form, 422, "SEMANTICA"})
	for _, wrong := range []string{`{}`, strings.Replace(form, "3", "11", 1), strings.Replace(form, "3", "1.5", 1), strings.Replace(form, "Mario", strings.Repeat("x", 70), 1), strings.Replace(form, "RSS", "rss", 1)} {
		a.want(asking{http.MethodPost, at, jsonType, wrong, 400, "SINTASSI"})
	}
	a.want(asking{http.MethodPost, pag + "/pendenze/" + comune + "/NIENTE", jsonType, form, 404, "404000"})
	hidden := len(a.ids(pag+"/pendenze?risultatiPerPagina=200", 1))
	if shown := len(a.ids(pag+"/pendenze?risultatiPerPagina=200&mostraSpontaneiNonPagati=true", 1)); shown != hidden+3 {
		t.Errorf("%d with unpaid spontaneous ones, %d without", shown, hidden)
	}
}

// TestSomeTypesOnly: the list of types is empty for a caller that is granted some.
func TestSomeTypesOnly(t *testing.T) {
	_, a, _ := rich(t, func(o *Options) { o.GrantedTypes = []string{"SEGRETERIA"} })
	base := Bases("", "basic")
	types := base[apiPagamento] + "/domini/" + comune + "/tipiPendenza"
	if b := a.want(asking{http.MethodGet, types, jsonType, "", 200, ""}); len(b["risultati"].([]any)) != 0 {
		t.Errorf("list: %v", b["risultati"])
	}
	a.want(asking{http.MethodGet, types + "/SEGRETERIA", jsonType, "", 200, ""})
	a.want(asking{http.MethodGet, types + "/CIE", jsonType, "", 403, "403000"})
	a.want(asking{http.MethodPut, base[apiPendenze] + "/pendenze/A2A-SPORTELLO/C-1", jsonType, aDebt, 422, "VER_022"})
	a.want(asking{http.MethodGet, base[apiPagamento] + "/pendenze/byAvviso/" + comune + "/" + demoNotice(1), jsonType, "", 403, "403000"})
}

// TestNotices is the notice by its Accept header and its state.
func TestNotices(t *testing.T) {
	_, a, _ := rich(t, nil)
	base := Bases("", "basic")
	for _, x := range []struct {
		api    string
		n      int
		accept string
		status int
		codice string
		state  any
	}{
		{apiPagamento, 1, jsonType, 200, "", stateOpen},
		{apiPagamento, 5, jsonType, 200, "", "DUPLICATA"},
		{apiPagamento, 21, jsonType, 200, "", "DUPLICATA"},
		{apiPagamento, 6, jsonType, 200, "", stateExpired},
		{apiPagamento, 7, jsonType, 200, "", StateCancelled},
		{apiPagamento, 99, jsonType, 200, "", "SCONOSCIUTA"},
		{apiPagamento, 26, jsonType, 200, "", "SCONOSCIUTA"}, // its owner is away
		{apiPendenze, 27, jsonType, 200, "", "SCONOSCIUTA"},  // and here it is not asked
		{apiPagamento, 27, jsonType, 200, "", stateOpen},
		{apiPagamento, 99, "application/pdf", 404, "404000", nil},
		{apiPagamento, 29, "application/pdf", 422, "SEMANTICA", nil},
		{apiPagamento, 1, "*/*", 406, "406000", nil},
		{apiPendenze, 32, "*/*", 406, "406000", nil},
		{apiPendenze, 1, jsonType, 403, "403000", nil},
	} {
		b := a.want(asking{http.MethodGet, base[x.api] + "/avvisi/" + comune + "/" + demoNotice(x.n), x.accept, "", x.status, x.codice})
		if b["stato"] != x.state {
			t.Errorf("%s notice %d: %v, want %v", x.api, x.n, b["stato"], x.state)
		}
	}
	_, header, pdf, _ := a.ask(asking{http.MethodGet, base[apiPagamento] + "/avvisi/" + comune + "/" + demoNotice(20), jsonType + ", application/pdf", "", 0, ""})
	if !strings.HasPrefix(pdf, "%PDF-") || header.Get("Content-Disposition") != `attachment; filename="`+comune+`_DOC_TARI-1.pdf"` {
		t.Errorf("instalment: %q, %.10q", header.Get("Content-Disposition"), pdf)
	}
	for api, status := range map[string]int{apiPagamento: 200, apiPendenze: 406} { // Accept absent
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.root+base[api]+"/avvisi/"+comune+"/"+demoNotice(32), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = a.head.Clone()
		resp, err := a.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("%s without Accept: %d, want %d", api, resp.StatusCode, status)
		}
	}
}
