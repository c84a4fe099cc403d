package govpay

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// rtOf digs the first rt out of an example.
func rtOf(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	var dig func(v any) map[string]any
	dig = func(v any) map[string]any {
		switch v := v.(type) {
		case map[string]any:
			if rt, ok := v["rt"].(map[string]any); ok {
				if inner, ok := rt["json"].(map[string]any); ok {
					return inner
				}
				return rt
			}
			for _, x := range v {
				if found := dig(x); found != nil {
					return found
				}
			}
		case []any:
			for _, x := range v {
				if found := dig(x); found != nil {
					return found
				}
			}
		}
		return nil
	}
	rt := dig(v)
	if rt == nil {
		t.Fatalf("%s holds no rt", name)
	}
	out, err := json.Marshal(rt)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReadReceipt(t *testing.T) {
	p, err := ReadReceipt(rtOf(t, "23-ricevuta-dettaglio.json"))
	if err != nil {
		t.Fatal(err)
	}
	if p.Result != ResultPaid || p.Cents != 4501 || p.Notice != "301470000012850275" || p.CreditorName != "Comune di Vallefinta" ||
		p.Description == "" || p.PSPName != "Istituto di Pagamento Finto S.p.A." || p.AppliedOn != "2025-10-03" || p.PaidAt.IsZero() {
		t.Errorf("the provider's receipt reads %+v", p)
	}
	old, err := ReadReceipt(rtOf(t, "18-get-pagamento.json"))
	if err != nil {
		t.Fatal(err)
	}
	if old.Result != ResultPaid || old.Cents != 7730 || old.CreditorName != "Comune di Vallefinta" || old.Description != "TARI 2025" ||
		old.AppliedOn != "2025-10-03" || old.PSPTaxCode != "99999111117" || !old.PaidAt.Equal(time.Date(2025, 10, 3, 8, 43, 2, 0, time.UTC)) {
		t.Errorf("the older form reads %+v", old)
	}
}

func TestReadReceiptRefuses(t *testing.T) {
	for _, bad := range []string{"", "null", "[]", `{"receiptId":"a"}`} {
		if p, err := ReadReceipt([]byte(bad)); err == nil {
			t.Errorf("%q reads %+v", bad, p)
		}
	}
	if _, err := ReadReceipt([]byte("null")); !errors.Is(err, ErrMalformed) {
		t.Errorf("null: %v", err)
	}
	for in, want := range map[string]string{"2025-10-03+02:00": "2025-10-03", "2025-10-03T10:41:52": "2025-10-03", "3/10/2025 ": "", "": ""} {
		if got := dayOf(in); got != want {
			t.Errorf("day of %q is %q, want %q", in, got, want)
		}
	}
}
