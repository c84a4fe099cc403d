package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"sportello/protocol/local"
)

func period() local.Offline {
	at := time.Date(2026, 5, 4, 10, 30, 0, 0, time.UTC)
	return local.Offline{ID: "O1", OpenedBy: "bianchi", OpenedAt: at, Until: at.Add(4 * time.Hour), Reason: "ferma",
		MaxAmountCents: 20000, MaxTotalCents: 100000, MaxPayments: 10, VerifiedWithin: 86400, Payments: 1, Cents: 12050}
}

func TestOfflinePeriod(t *testing.T) {
	f := newFake(t)
	f.onDecision = func(int, string, string) (any, *local.Error) { return period(), nil }
	r := f.runWith("5678\n", "offline", "open", "--reason", "ferma", "--operator", "bianchi", "--request-id", "r1")
	for _, want := range []string{
		"periodo O1: aperto fino al 04/05/2026 16:30", "aperto da bianchi il 04/05/2026 12:30: ferma",
		"120,50 € in un pagamento; al massimo 1.000,00 € in 10 pagamenti, e 200,00 € per pagamento", "verificati qui da meno di 24 ore", "queue --follow",
	} {
		expect(t, r, exitDone, want, "")
	}
	if want := `offline {"request_id":"r1","action":"open","reason":"ferma"}`; f.decided[0] != want {
		t.Errorf("posted %q, want %q", f.decided[0], want)
	}
	closed := period()
	closed.ClosedAt, closed.ClosedBy, closed.VerifiedWithin = &closed.Until, "bianchi", 0
	f.onDecision = func(int, string, string) (any, *local.Error) { return closed, nil }
	f.token = "gettone"
	r = f.runWith("5678\n", "offline", "close", "--operator", "bianchi")
	expect(t, r, exitDone, "chiuso da bianchi il 04/05/2026 16:30", "")
	expect(t, r, exitDone, "anche avvisi mai verificati qui", "")
	f.token = "gettone"
	r = f.runWith("5678\n", "offline", "close", "--operator", "bianchi", "--json")
	var got local.Offline
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || got.ClosedBy != "bianchi" {
		t.Errorf("%v: %s", err, r.out)
	}
	f.onDecision = func(int, string, string) (any, *local.Error) {
		return nil, &local.Error{Code: local.CodeOfflineNotAllowed, Message: "non previsto", Hint: "chiedere"}
	}
	f.token = "gettone"
	expect(t, f.runWith("5678\n", "offline", "close", "--operator", "bianchi"), exitFailed, "", "non previsto [offline_not_allowed]\n  ► chiedere")
}

func TestOfflineStatus(t *testing.T) {
	f := newFake(t)
	now := period()
	for want, snapshot := range map[string]local.Snapshot{
		"non ha previsto": {},
		"Nessun periodo":  {OfflineAllowed: true},
		"aperto fino al":  {OfflineAllowed: true, Offline: &now},
	} {
		f.answers["state"] = snapshot
		expect(t, f.run("offline", "status"), exitDone, want, "")
		var got struct {
			Allowed bool           `json:"allowed"`
			Period  *local.Offline `json:"period"`
		}
		r := f.run("offline", "status", "--json")
		if err := json.Unmarshal([]byte(r.out), &got); err != nil || got.Allowed != snapshot.OfflineAllowed || (got.Period == nil) != (snapshot.Offline == nil) {
			t.Errorf("%v: %s", err, r.out)
		}
	}
	for _, c := range []struct{ args, errors string }{
		{"offline", "open, close oppure status"},
		{"offline shut", "open, close oppure status"},
		{"offline open --operator bianchi", "open vuole il motivo"},
		{"offline close --reason x --operator bianchi", "--reason va con open"},
		{"offline open --reason x", "la decisione porta il nome"},
		{"offline close", "la decisione porta il nome"},
	} {
		expect(t, f.run(strings.Fields(c.args)...), exitUsage, "", c.errors)
	}
	if len(f.decided) != 0 {
		t.Errorf("posted %q", f.decided)
	}
}
