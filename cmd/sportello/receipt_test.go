package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"sportello/protocol/local"
)

func TestRegistrationReceipt(t *testing.T) {
	f := newFake(t)
	at := time.Date(2026, 5, 4, 10, 30, 0, 0, time.UTC)
	f.answers["payments/A1-1/receipt?format=json&notice=2"] = local.RegistrationReceipt{PaymentID: "A1-1", Creditor: "01199250158", Number: tari, ReceiptID: "abc123", At: &at, RT: json.RawMessage(`{"x":1}`)}
	r := f.run("receipt", "A1-1", "--notice", "2")
	expect(t, r, exitDone, "Ricevuta pagoPA abc123\n  pagamento A1-1, avviso "+tari+" ente 01199250158\n  pagato il 04/05/2026 12:30:00\n", "")
	var got local.RegistrationReceipt
	if r := f.run("receipt", "A1-1", "--notice", "2", "--json"); json.Unmarshal([]byte(r.out), &got) != nil || string(got.RT) == "" {
		t.Errorf("%s", r.out)
	}
	expect(t, f.run("receipt", "A1-1", "--notice", "0"), exitUsage, "", "da 1")
	expect(t, f.run("receipt", "A1-1", "--notice", "1", "--pdf", "x", "--json"), exitUsage, "", "--pdf oppure --json")
}

// A paper goes into a new file that only its owner reads; nothing is overwritten, and a page is no paper.
func TestPapers(t *testing.T) {
	f := newFake(t)
	dir, pdf := t.TempDir(), []byte("%PDF-1.7 x")
	f.answers["payments/A1-00000001/receipt?format=pdf&notice=1"] = pdf
	f.answers["notices/pdf"] = pdf
	f.payments = []local.Payment{*payment(local.PaymentRequest{Notices: []local.RequestNotice{{Number: tari}}}, local.StateCharged)}
	for i, args := range [][]string{
		{"receipt", "A1-00000001", "--notice", "1", "--pdf"}, {"receipt", "A1-00000001", "--pdf"},
		{"notice-pdf", tari, "--out"}, {"notice-pdf", tari + "@01199250158", "--out"},
	} {
		path := filepath.Join(dir, string(rune('a'+i))+".pdf")
		expect(t, f.run(append(args, path)...), exitDone, "", "scritto: "+path)
		b, err := os.ReadFile(path)
		if err != nil || string(b) != string(pdf) {
			t.Errorf("%q: %v %q", args, err, b)
		}
		if info, err := os.Stat(path); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o600) {
			t.Errorf("%q: %v %v", args, err, info.Mode())
		}
		expect(t, f.run(append(args, path)...), exitFailed, "", "c'è già")
		if r := f.run(append(args, "-")...); r.out != string(pdf) || r.errors != "" {
			t.Errorf("%q to standard output: %q %q", args, r.out, r.errors)
		}
	}
	if want := `POST /api/v1/notices/pdf {"creditor":"01199250158","number":"` + tari + `"}`; f.calls[len(f.calls)-1] != want {
		t.Errorf("asked %q, want %q", f.calls[len(f.calls)-1], want)
	}
	f.payments[0].Notices = append(f.payments[0].Notices, f.payments[0].Notices[0])
	path := filepath.Join(dir, "no.pdf")
	expect(t, f.run("receipt", "A1-00000001", "--pdf", path), exitUsage, "", "il pagamento ha 2 avvisi")
	f.answers["notices/pdf"] = []byte("<html>")
	expect(t, f.run("notice-pdf", tari, "--out", path), exitFailed, "", "non è un PDF")
	f.refusals[api+"notices/pdf"] = local.Error{Code: local.CodeReceiptPDFMissing, Message: "non c'è"}
	expect(t, f.run("notice-pdf", tari, "--out", path), exitFailed, "", "[receipt_pdf_missing]")
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was written without a paper")
	}
	expect(t, f.run("notice-pdf", tari), exitUsage, "", "manca --out")
	expect(t, f.run("notice-pdf", "--out", path), exitUsage, "", "serve un avviso")
}

// What a payment's report says of its registration.
func TestReportOfARegistration(t *testing.T) {
	f := newFake(t)
	p := payment(local.PaymentRequest{Terminal: "cassa1", Notices: []local.RequestNotice{{Number: tari, ExpectedCents: 12050}}}, local.StateCharged)
	at := time.Date(2026, 5, 4, 10, 30, 0, 0, time.UTC)
	p.Offline = true
	p.Submission = &local.Submission{N: 2, At: at, Unsure: true, Fault: "PAG_014"}
	p.Notices[0].Late, p.Notices[0].Red = true, true
	p.Notices[0].Reason = &local.Reason{Text: "manca la ricevuta", Hint: "non far ripagare"}
	f.payments = []local.Payment{*p}
	r := f.run("payment", p.ID)
	for _, want := range []string{
		"  incasso a piattaforma spenta: registrazione in attesa\n", "in attesa della ricevuta pagoPA, oltre il giorno lavorativo\n    manca la ricevuta\n    ► non far ripagare\n",
		"  invio alla piattaforma n. 2 del 04/05/2026 12:30:00: non si sa se è arrivato; prima di ripeterlo il programma controlla [PAG_014]\n",
	} {
		expect(t, r, exitDone, want, "")
	}
	f.payments[0].Notices[0] = local.PaymentNotice{Number: tari, Registration: local.RegistrationRegistered, ReceiptID: "abc123"}
	f.payments[0].Submission = &local.Submission{N: 1, At: at, Answered: &at}
	r = f.run("payment", p.ID)
	expect(t, r, exitDone, "  incasso a piattaforma spenta\n", "")
	expect(t, r, exitDone, "registrato\n    ricevuta pagoPA abc123\n  invio alla piattaforma n. 1 del 04/05/2026 12:30:00\n", "")
}

// A debt that the platform was not asked about is told before it is charged.
func TestPayTellsAnOfflineDebt(t *testing.T) {
	f := newFake(t)
	f.ends(local.StateCharged)
	n := f.notices[tari]
	at := time.Date(2026, 5, 4, 10, 30, 0, 0, time.UTC)
	n.Offline, n.VerifiedAt, n.Description = true, &at, ""
	n.Warnings = []local.Reason{local.Explain(local.CodeOfflineUnverified, local.Italian, nil)}
	f.notices[tari] = n
	r := f.run("pay", tari, "--terminal", "cassa1")
	expect(t, r, exitDone, "INCASSATO", "la piattaforma non risponde, l'avviso non è verificato ora: lo era il 04/05/2026 12:30; la registrazione verrà dopo")
	if strings.Count(r.errors, "non risponde") != 1 || strings.Contains(r.errors, "non far ripagare") {
		t.Errorf("said twice, or of a charge that has not been made: %s", r.errors)
	}
	expect(t, r, exitDone, "", ": Comune di Esempio, 120,50 €\n")
	n.VerifiedAt = nil
	f.notices[tari] = n
	expect(t, f.run("pay", tari, "--terminal", "cassa1"), exitDone, "", "l'avviso non è verificato; la registrazione")
}
