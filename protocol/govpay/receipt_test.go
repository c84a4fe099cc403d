package govpay

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// modelOneReceipt is the detail of a receipt of a payment that the platform
// submitted, around the rt of the example.
func modelOneReceipt(t *testing.T, esito string, change ...string) string {
	t.Helper()
	var p struct {
		RPP []struct{ RT json.RawMessage }
	}
	if err := json.Unmarshal(examples(t, "18-*")[1].Response.Body, &p); err != nil {
		t.Fatal(err)
	}
	rt := strings.NewReplacer(change...).Replace(string(p.RPP[0].RT))
	return fmt.Sprintf(`{"dominio":{"idDominio":"99999000013"},"iuv":"01470000012905772","idRicevuta":"03102025104127312","importo":77.3,"esito":%q,
		"istitutoAttestante":{"idPSP":"99999111117","denominazione":"Istituto","idCanale":"99999111117_90"},"data":"2025-10-03T10:43:05",
		"dataPagamento":"2025-10-03T10:43:05","rt":{"tipo":"ctRicevutaTelematica","xml":"PHg+","json":%s}}`, esito, rt)
}

// TestModelOneReceipt: provider by tax code only, its channel from the attestor,
// the attempt code as the receipt's identity (design 5.2).
func TestModelOneReceipt(t *testing.T) {
	const iuv, code = "01470000012905772", "03102025104127312"
	read := func(body string) (Receipt, error) {
		return serve(t, &pages{by: map[string]page{"/rag/ricevute/99999000013/" + iuv + "/" + code: {body: body}}}).Receipt(t.Context(), vallefinta, iuv, code)
	}
	r, err := read(modelOneReceipt(t, "ESEGUITO"))
	if err != nil {
		t.Fatal(err)
	}
	p := r.Proof
	if !r.Positive() || r.Kind != "ctRicevutaTelematica" || r.Cents != 7730 || r.Attestor.Channel != "99999111117_90" || r.TransactionID == "" || len(r.RT) == 0 {
		t.Errorf("%+v", r)
	}
	if p.ReceiptID != code || p.PSP != "" || p.PSPTaxCode != "99999111117" || p.Cents != 7730 || p.Notice != "" || p.IUV != iuv ||
		p.PaidAt.Format(time.RFC3339) != "2025-10-03T10:43:02+02:00" {
		t.Errorf("%+v", p)
	}
	for code, want := range map[string]Result{"0": ResultPaid, "1": ResultNotPaid, "2": ResultPartial, "3": ResultNotPaid, "4": ResultPartial, "9": ResultUnknown} {
		r, err := read(modelOneReceipt(t, "ESEGUITO", `"codiceEsitoPagamento": "0"`, `"codiceEsitoPagamento": "`+code+`"`))
		if err != nil || r.Proof.Result != want || r.Positive() != (want == ResultPaid) {
			t.Errorf("%s: %+v, %v", code, r.Proof, err)
		}
	}
	if _, err := read(modelOneReceipt(t, "ESEGUITO", `"CodiceContestoPagamento": "03102025104127312"`, `"CodiceContestoPagamento": "n/a"`)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a proof of another attempt: %v", err)
	}
}

// TestNegativeReceipts: a receipt is not a payment; what disagrees is not one either.
func TestNegativeReceipts(t *testing.T) {
	const iuv, id = "01470000012850275", "c3f9d0a74e3b4b0f9d0c7f2b6a1e5d88"
	example := string(examples(t, "23-*")[0].Response.Body)
	read := func(change ...string) (Receipt, error) {
		body := strings.NewReplacer(change...).Replace(example)
		if body == example && len(change) > 0 {
			t.Fatalf("the example has no %q", change[0])
		}
		return serve(t, &pages{by: map[string]page{"": {body: body}}}).Receipt(t.Context(), vallefinta, iuv, id)
	}
	const esito, outcome = `"esito": "ESEGUITO"`, `"outcome": "OK"`
	for name, x := range map[string]struct {
		change []string
		result Result
		paid   bool
	}{
		"as it is":          {nil, ResultPaid, true},
		"KO":                {[]string{esito, `"esito":"NON_ESEGUITO"`, outcome, `"outcome":"KO"`}, ResultNotPaid, false},
		"listed as paid":    {[]string{outcome, `"outcome":"KO"`}, ResultNotPaid, false},
		"listed as refused": {[]string{esito, `"esito":"NON_ESEGUITO"`}, ResultPaid, false},
		"partial":           {[]string{esito, `"esito":"ESEGUITO_PARZIALE"`}, ResultPaid, false},
		"odd outcome":       {[]string{outcome, `"outcome":"BOH"`}, ResultUnknown, false},
	} {
		r, err := read(x.change...)
		if err != nil || r.Proof == nil || r.Proof.Result != x.result || r.Positive() != x.paid || r.Proof.PSP != "PSPFINTO" {
			t.Errorf("%s: %+v %+v, %v", name, r, r.Proof, err)
		}
	}
	if r, err := read(`"standIn": null`, `"standIn": true`); err == nil && !r.Proof.StandIn {
		t.Errorf("stand-in: %+v", r.Proof)
	}
	for _, id := range []string{"receiptId", "creditorReferenceId", "fiscalCode"} {
		if _, err := read(`"`+id+`": "`, `"`+id+`": "X`); !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrMismatch) {
			t.Errorf("another %s: %v", id, err)
		}
	}
}

func TestStandIn(t *testing.T) {
	for wire, want := range map[string]bool{"true": true, `"true"`: true, "false": false, "null": false, `"no"`: false, "7": false} {
		p, err := decodeProof(json.RawMessage(`{"outcome":"OK","paymentAmount":"1.00","standIn":` + wire + `}`))
		if err != nil || p.StandIn != want {
			t.Errorf("%s: %+v, %v", wire, p, err)
		}
	}
}

func TestReceiptPDFCap(t *testing.T) {
	size := maxPDF
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		_, _ = io.WriteString(w, "%PDF-1.4\n")
		_, _ = w.Write(make([]byte, size-len("%PDF-1.4\n")))
	}))
	if pdf, err := c.ReceiptPDF(t.Context(), vallefinta, thisOne[1:], "x"); err != nil || len(pdf) != maxPDF {
		t.Errorf("%d bytes, %v", len(pdf), err)
	}
	size++
	if _, err := c.ReceiptPDF(t.Context(), vallefinta, thisOne[1:], "x"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("one more: %v", err)
	}
}
