package ui

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"sportello/protocol/local"
)

// TestArchiveQuery: every parameter arrives as it was asked, and a page's cursor and total stand in its headers.
func TestArchiveQuery(t *testing.T) {
	d := open(t, nil)
	got := d.ask("GET", "/api/v1/payments?state=charged&from=2026-01-01&to=2026-01-31&notice=302&iuv=02&stan=000042&amount_cents=1250"+
		"&registration=held&operator=anna&terminal=cassa1&reference=A1K7PQ2MXZ&receipt_number=2026%2F7&limit=20&cursor=99", clerkToken, "")
	if got.status != 200 || got.header.Get(local.HeaderNext) != "815" || got.header.Get(local.HeaderTotal) != "4711" {
		t.Fatalf("%d %v %s", got.status, got.header, got.body)
	}
	var list []local.Payment
	if err := json.Unmarshal(got.body, &list); err != nil || len(list) != 1 {
		t.Fatalf("%v %s", err, got.body)
	}
	var query local.PaymentQuery
	if err := json.Unmarshal([]byte(list[0].Reference), &query); err != nil {
		t.Fatal(err)
	}
	want := local.PaymentQuery{State: local.StateCharged, From: "2026-01-01", To: "2026-01-31", Notice: "302", IUV: "02", STAN: "000042", AmountCents: 1250,
		Registration: local.RegistrationHeld, Operator: "anna", Terminal: "cassa1", Reference: "A1K7PQ2MXZ", ReceiptNumber: "2026/7", Limit: 20, Cursor: "99"}
	if !reflect.DeepEqual(query, want) {
		t.Errorf("%+v", query)
	}
	got = d.ask("GET", "/api/v1/payments", clerkToken, "")
	if _, ok := got.header[local.HeaderNext]; ok || got.header.Get(local.HeaderTotal) != "" {
		t.Errorf("%v", got.header)
	}
}

// TestPaymentsAreSearched: the body says what parameters say elsewhere, and who owed besides; no address does, and
// who only lists is not told.
func TestPaymentsAreSearched(t *testing.T) {
	d := open(t, func(o *Options) { o.Papers = &desks{} })
	const path = "/api/v1/payments/search"
	got := d.ask("POST", path, clerkToken, `{"state":"charged","from":"2026-01-01","to":"2026-01-31","notice":"302","iuv":"02","stan":"000042","amount_cents":123456789012,`+
		`"registration":"held","operator":"anna","terminal":"cassa1","reference":"A1K7PQ2MXZ","receipt_number":"2026/7","limit":20,"cursor":"99","debtor":" Niccolò D'Angelo "}`)
	if got.status != 200 || got.header.Get(local.HeaderNext) != "815" || got.header.Get(local.HeaderTotal) != "4711" || got.header.Get(local.HeaderSince) != "2026-03-10" {
		t.Fatalf("%d %v %s", got.status, got.header, got.body)
	}
	list := as[[]local.Payment](t, got)
	var query local.PaymentQuery
	if err := json.Unmarshal([]byte(list[0].Reference), &query); err != nil {
		t.Fatal(err)
	}
	want := local.PaymentQuery{State: local.StateCharged, From: "2026-01-01", To: "2026-01-31", Notice: "302", IUV: "02", STAN: "000042", AmountCents: 123456789012,
		Registration: local.RegistrationHeld, Operator: "anna", Terminal: "cassa1", Reference: "A1K7PQ2MXZ", ReceiptNumber: "2026/7", Limit: 20, Cursor: "99",
		Debtor: "Niccolò D'Angelo"}
	if !reflect.DeepEqual(query, want) {
		t.Errorf("%+v", query)
	}
	if n := list[0].Notices[0]; n.Debtor != "Maria Verdi" || n.DebtorTaxCode != "VRDMRA85T50H501L" {
		t.Errorf("%+v", n)
	}
	if n := as[[]local.Payment](t, d.ask("GET", "/api/v1/payments?notice=302", clerkToken, ""))[0].Notices[0]; n.Debtor != "" || n.DebtorTaxCode != "" {
		t.Errorf("a list tells who owed: %+v", n)
	}
	if all := as[[]local.Payment](t, d.ask("POST", path, clerkToken, `{}`)); len(all) != 1 || all[0].AmountCents != fewPayments {
		t.Errorf("%+v", all)
	}
	if csv := d.ask("POST", path+"?format=csv", clerkToken, `{"debtor":"verdi"}`); csv.status != 200 || !strings.Contains(csv.header.Get("Content-Disposition"), "pagamenti.csv") {
		t.Errorf("%d %v %s", csv.status, csv.header, csv.body)
	}
	for _, bad := range []string{`{"debtor":"'"}`, `{"debtor":"a\nb"}`, `{"debtor":"` + strings.Repeat("è", 71) + `"}`, `{"request_id":"r1","debtor":"verdi"}`, `{"notice":"30200x"}`,
		`{"amount_cents":-1}`, `{"limit":1001}`, `{"sate":"unknown"}`, `{"state":"paid"}`, `{"day":"2026-02-01","from":"2026-02-01"}`, `{"from":"2026-02-30"}`, `[]`, ``} {
		if got := d.ask("POST", path, clerkToken, bad); got.code(t) != local.CodeBadRequest || strings.Contains(string(got.body), "verdi") {
			t.Errorf("%s: %d %s", bad, got.status, got.body)
		}
	}
	if got := d.ask("POST", path+"?debtor=verdi", clerkToken, `{}`); got.code(t) != local.CodeBadRequest {
		t.Errorf("%d %s", got.status, got.body)
	}
}
