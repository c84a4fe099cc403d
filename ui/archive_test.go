package ui

import (
	"encoding/json"
	"reflect"
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
