package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sportello/protocol/local"
)

// receiptPrinter is a network printer that takes everything and answers that it is well.
func receiptPrinter(t *testing.T) (name string, papers chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	papers = make(chan string, 20)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			var question [3]byte
			_, _ = io.ReadFull(c, question[:])
			_, _ = c.Write([]byte{0x12})
			if all, _ := io.ReadAll(c); len(all) > 0 {
				papers <- string(all)
			}
			c.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	return "tcp://" + l.Addr().String(), papers
}

func (c *counter) withPrinter(section string) {
	c.t.Helper()
	b, err := os.ReadFile(c.config)
	if err == nil {
		err = os.WriteFile(c.config, append(b, section...), 0o600)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// TestPapersOfACharge: the slip by itself, then again, the attestation on paper and as PDF, and the day's report
// in its three forms, with the head that the ledger's own check finds.
func TestPapersOfACharge(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	name, papers := receiptPrinter(t)
	c.withPrinter("printer: {name: \"" + name + "\", automatic: slip}\n")
	c.start()
	code, p, errs := c.payAdopting(debt(0))
	if code != exitDone {
		t.Fatalf("pay ended with %d: %s", code, errs)
	}
	if slip := <-papers; !strings.Contains(slip, p.Reference) || strings.Contains(slip, "COPIA DALLO SPORTELLO") {
		t.Errorf("the slip by itself is %q", slip)
	}
	var printed local.Printed
	status, body := c.call("POST", "payments/"+p.ID+"/print", local.PrintRequest{RequestID: "p1", What: local.PrintSlip})
	if err := json.Unmarshal(body, &printed); err != nil || status != 200 || !printed.Done || printed.Printer.Light != local.LightReady {
		t.Errorf("print: %d %s", status, body)
	}
	if slip := <-papers; !strings.Contains(slip, p.Reference) || !strings.Contains(slip, "COPIA DALLO SPORTELLO") {
		t.Errorf("the slip again is %q", slip)
	}
	c.until("the receipt", func() bool { return c.payment(p.ID).Notices[0].Registration == local.RegistrationRegistered })
	status, body = c.call("POST", "payments/"+p.ID+"/print", local.PrintRequest{RequestID: "p2", What: local.PrintAttestation})
	receipt := c.payment(p.ID).Notices[0].ReceiptID
	if paper := <-papers; status != 200 || !strings.Contains(paper, "Attestazione di pagamento") || !strings.Contains(paper, receipt) {
		t.Errorf("print: %d %s; %q", status, body, paper)
	}
	status, _ = c.call("GET", "payments/"+p.ID+"/attestation", nil)
	if status != 400 { // a GET with a body
		t.Errorf("attestation with a body: %d", status)
	}

	code, out, errs := c.cli("report", "day", "--json")
	var r local.DayReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitDone {
		t.Fatalf("report: %d %s %s", code, out, errs)
	}
	var check struct{ Head string }
	_, out, _ = c.cli("ledger", "check", "--json")
	if err := json.Unmarshal([]byte(out), &check); err != nil || check.Head != r.LedgerHead || len(r.LedgerHead) != 64 {
		t.Errorf("the report's head is %q, the check's %q", r.LedgerHead, check.Head)
	}
	if r.Totals.Charged != (local.Sum{Count: 1, Cents: p.AmountCents}) || r.Totals.Registered.Count != 1 || r.FirstReceipt != p.ReceiptNumber ||
		len(r.Terminals) != 1 || r.Terminals[0].Key != "cassa1" {
		t.Errorf("the report says %+v", r)
	}
	path := filepath.Join(c.dir, "giorno.csv")
	if code, _, errs := c.cli("report", "day", "--date", p.AccountingDay, "--csv", path); code != exitDone {
		t.Fatalf("CSV: %d %s", code, errs)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	rows.Comma = ';'
	if all, err := rows.ReadAll(); err != nil || len(all) != 2 || all[1][3] != p.ID || all[1][12] != "registrato" {
		t.Errorf("the CSV is %q, %v", b, err)
	}
	token, err := os.ReadFile(filepath.Join(c.dir, "data", tokenName))
	if err != nil {
		t.Fatal(err)
	}
	if listed := get(t, "http://"+c.listen+api+"payments?format=csv", strings.TrimSpace(string(token))); !bytes.Equal(listed, b) {
		t.Errorf("the list is %q, the day's %q", listed, b)
	}
	pdf := filepath.Join(c.dir, "giorno.pdf")
	if code, _, errs := c.cli("report", "day", "--pdf", pdf); code != exitDone {
		t.Fatalf("PDF: %d %s", code, errs)
	}
	if code, out, _ := c.cli("report", "day"); code != exitDone || !strings.Contains(out, "testa "+r.LedgerHead[:1]) {
		t.Errorf("the text is %d %s", code, out)
	}
	for _, args := range [][]string{{"report"}, {"report", "week"}, {"report", "day", "--date", "ieri"}, {"report", "day", "--csv", "a", "--pdf", "b"}} {
		if code, _, _ := c.cli(args...); code != exitUsage {
			t.Errorf("%q ends with %d", args, code)
		}
	}
}

// TestPrinterAwayIsNoMatterOfAPayment: charged and registered as ever; the light says why, and a request to print
// is refused with what to do.
func TestPrinterAwayIsNoMatterOfAPayment(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	c.withPrinter("printer: {name: \"tcp://" + freeAddress(t) + "\", automatic: attestation}\n")
	c.start()
	code, p, errs := c.payAdopting(debt(0))
	if code != exitDone || p.State != local.StateCharged {
		t.Fatalf("pay ended with %d: %s", code, errs)
	}
	c.until("the receipt", func() bool { return c.payment(p.ID).Notices[0].Registration == local.RegistrationRegistered })
	token, err := os.ReadFile(filepath.Join(c.dir, "data", tokenName))
	if err != nil {
		t.Fatal(err)
	}
	var s local.Snapshot
	if err := json.Unmarshal(get(t, "http://"+c.listen+api+"state", strings.TrimSpace(string(token))), &s); err != nil {
		t.Fatal(err)
	}
	if s.Printer == nil || s.Printer.Light != local.LightNotReady || s.Printer.Reason == nil || s.Printer.Reason.Code != string(local.CodePrinterUnreachable) {
		t.Errorf("the light is %+v", s.Printer)
	}
	if pdf := get(t, "http://"+c.listen+api+"payments/"+p.ID+"/attestation", strings.TrimSpace(string(token))); !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Errorf("the attestation is %.40q", pdf)
	}
	c.kill()
}

// get makes a call without a body.
func get(t *testing.T, url, token string) []byte {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s %v", url, resp.StatusCode, b, err)
	}
	return b
}
