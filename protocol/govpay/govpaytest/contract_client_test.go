package govpaytest

import (
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sportello/protocol/govpay"
)

// TestClientContract holds what our own client asks for against the files, and
// that what this platform answers is what the client understands.
func TestClientContract(t *testing.T) {
	c := loadContract(t)
	s, err := New(Options{Seed: richSeed(time.Now()), Report: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(c.watch(s))
	defer srv.Close()
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("sportello"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := Bases(srv.URL, "basic")
	client, err := govpay.New(govpay.Config{
		Pagamento: base[apiPagamento], Pendenze: base[apiPendenze], Ragioneria: base[apiRagioneria], Backoffice: base[apiBackoffice],
		Auth: govpay.Auth{User: "sportello", PasswordFile: password}, Proxy: govpay.ProxyNone,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx := t.Context()
	good := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	const mine = "A2A-SPORTELLO"
	for _, api := range []govpay.API{govpay.Pagamento, govpay.Pendenze, govpay.Ragioneria, govpay.Backoffice} {
		_, err := client.Profile(ctx, api)
		good("profile of "+string(api), err)
		client.Probe(ctx, api, []string{comune})
		_, err = client.PositionFrom(ctx, api, comune, demoNotice(32))
		good("position from "+string(api), err)
		if api != govpay.Ragioneria {
			_, err = client.PositionByID(ctx, api, mine, "X-32")
			good("position by its key from "+string(api), err)
			found, err := client.Search(ctx, govpay.Query{API: api, Creditor: comune, Debtor: "RSSMRA80A01F205X", States: []govpay.State{govpay.StateOpen}})
			if good("search in "+string(api), err); len(found.Positions) == 0 || found.Skipped != 0 {
				t.Errorf("search in %s: %d positions, %d skipped", api, len(found.Positions), found.Skipped)
			}
		}
	}
	_, err = client.NoticePDF(ctx, govpay.Pagamento, comune, demoNotice(1))
	good("notice", err)
	services, err := client.Services(ctx, comune)
	if good("services", err); len(services) != 2 {
		t.Errorf("%d services, want 2", len(services))
	}
	_, err = client.Service(ctx, comune, "SEGRETERIA")
	good("service", err)
	made, err := client.Create(ctx, govpay.NewPosition{
		Application: mine, ID: "C-9", Type: "CIE", Creditor: comune, Reason: "Carta d'identita", Cents: 2221,
		Debtor: govpay.NewDebtor{TaxCode: "RSSMRA80A01F205X", Name: "Mario Rossi"}, DueBy: time.Now().AddDate(0, 1, 0),
		Lines: []govpay.NewLine{{ID: "1", Cents: 2221, Description: "Carta", IBAN: anIBAN, AccountingKind: "ALTRO", AccountingCode: "0201102IM"}},
	}, true)
	if good("create", err); !made.New || made.Notice == "" {
		t.Errorf("created: %+v", made)
	}
	submission := govpay.Submission{
		PSP: "CIPBITMM", Intermediary: "13212880150", Channel: "13212880150_90", PaymentType: "CP", Session: "SP-AAAAAAAA",
		Notices: []govpay.NoticeRef{{Creditor: comune, Notice: demoNotice(40)}, {Creditor: comune, Notice: demoNotice(41)}},
	}
	sent, err := client.Submit(ctx, submission)
	good("submit", err)
	_, err = client.Payment(ctx, sent.PaymentID)
	good("payment", err)
	found, err := client.PaymentsBySession(ctx, "SP-AAAAAAAA")
	if good("payments", err); len(found) != 1 {
		t.Errorf("%d payments by session, want 1", len(found))
	}
	var fault *govpay.Fault
	if _, err = client.Submit(ctx, submission); !errors.As(err, &fault) || fault.Codice != "PAG_006" {
		t.Errorf("submitted again: %v", err)
	}
	receipts, err := client.Receipts(ctx, comune, demoNotice(40)[1:])
	if good("receipts", err); len(receipts) != 1 {
		t.Fatalf("%d receipts, want 1", len(receipts))
	}
	_, err = client.Receipt(ctx, comune, demoNotice(40)[1:], receipts[0].ID)
	good("receipt", err)
	_, err = client.ReceiptPDF(ctx, comune, demoNotice(40)[1:], receipts[0].ID)
	good("receipt as PDF", err)
	c.judgeSome(t, deviations)
}
