package ui

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"sportello/protocol/local"
)

// desks are papers that say what they were asked for.
type desks struct {
	mu     sync.Mutex
	prints int
	err    error
}

func (p *desks) Attestation(_ context.Context, id string) ([]byte, error) {
	return []byte("%PDF-1.3 " + id), p.err
}

func (p *desks) Print(ctx context.Context, id, what string) (local.Printed, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.prints++
	return local.Printed{PaymentID: id, What: what, Done: ctx.Done() == nil}, p.err
}

func (p *desks) DayReport(_ context.Context, day string) (local.DayReport, error) {
	return local.DayReport{Day: day, LedgerHead: "abc"}, p.err
}

func (p *desks) DayFile(_ context.Context, day, format string) ([]byte, error) {
	if format == "csv" {
		return []byte("\ufeffgiorno;" + day), p.err
	}
	return []byte("%PDF-1.3 " + day), p.err
}

func (p *desks) PaymentsFile(payments []local.Payment) ([]byte, error) {
	return fmt.Appendf(nil, "\ufeff%d", len(payments)), p.err
}

func (p *desks) Printer() *local.Printer { return &local.Printer{Light: local.LightReady} }

func TestPapersAndReports(t *testing.T) {
	papers := &desks{}
	d := open(t, func(o *Options) { o.Papers = papers })
	for path, want := range map[string]struct{ kind, name, body string }{
		"/api/v1/payments/A1-00000001/attestation":        {"application/pdf", "attestazione-A1-00000001.pdf", "%PDF-1.3 A1-00000001"},
		"/api/v1/reports/day":                             {"application/json; charset=utf-8", "", `"ledger_head":"abc"`},
		"/api/v1/reports/day?date=2026-03-10&format=json": {"application/json; charset=utf-8", "", `"day":"2026-03-10"`},
		"/api/v1/reports/day?date=2026-03-10&format=csv":  {"text/csv; charset=utf-8; header=present", "riepilogo-2026-03-10.csv", "\ufeffgiorno;2026-03-10"},
		"/api/v1/reports/day?format=pdf&date=2026-03-10":  {"application/pdf", "riepilogo-2026-03-10.pdf", "%PDF-1.3 2026-03-10"},
		"/api/v1/payments?format=csv&day=2026-03-10":      {"text/csv; charset=utf-8; header=present", "pagamenti.csv", "\ufeff1"},
		"/api/v1/payments?format=json":                    {"application/json; charset=utf-8", "", `[{`},
		"/api/v1/state":                                   {"application/json; charset=utf-8", "", `"printer":{"light":"ready","waiting":0}`},
	} {
		got := d.ask("GET", path, clerkToken, "")
		if got.status != 200 || got.header.Get("Content-Type") != want.kind || !strings.Contains(string(got.body), want.body) ||
			!strings.Contains(got.header.Get("Content-Disposition"), want.name) {
			t.Errorf("%s: %d %v %s", path, got.status, got.header, got.body)
		}
	}
	for _, path := range []string{"reports/day?date=10/03/2026", "reports/day?date=", "reports/day?format=xlsx",
		"payments?format=xlsx", "payments?format=csv&format=csv", "payments?format=csv&oops=1", "payments?format=csv&notice=30", "reports/day?day=2026-03-10", "reports/day?date=2026-03-10&date=2026-03-11"} {
		if got := d.ask("GET", "/api/v1/"+path, clerkToken, ""); got.status != 400 {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

// TestPrintsOnce: a repeat is answered and prints nothing; another paper under the same id is refused.
func TestPrintsOnce(t *testing.T) {
	papers := &desks{}
	d := open(t, func(o *Options) { o.Papers = papers })
	const path = "/api/v1/payments/A1-00000001/print"
	for range 3 {
		got := d.ask("POST", path, clerkToken, `{"request_id":"p1","what":"slip"}`)
		if got.status != 200 || !strings.Contains(string(got.body), `"what":"slip","done":true`) {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if papers.prints != 1 {
		t.Errorf("printed %d times", papers.prints)
	}
	for body, want := range map[string]local.Code{
		`{"request_id":"p1","what":"attestation"}`: local.CodeRequestIDReused,
		`{"request_id":"p2","what":"banknote"}`:    local.CodeBadRequest,
		`{"what":"slip"}`:                          local.CodeRequestIDMissing,
	} {
		if got := d.ask("POST", path, clerkToken, body); got.code(t) != want {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	papers.err = &local.Error{Code: local.CodePrinterPaper}
	if got := d.ask("POST", path, clerkToken, `{"request_id":"p3","what":"slip"}`); got.status != 503 || got.code(t) != local.CodePrinterPaper {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestWithoutPapers(t *testing.T) {
	d := open(t, nil)
	for _, path := range []string{"payments/A1-1/attestation", "reports/day"} {
		if got := d.ask("GET", "/api/v1/"+path, clerkToken, ""); got.status != 501 {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}
