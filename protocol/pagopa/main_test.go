package pagopa

import (
	"encoding/json"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// vector is one line of testdata/pagopa-vectors.json. Accept is true, false or
// "warn"; missing where the strict answer is the only one.
type vector struct {
	Input           string
	Valid           bool
	Accept          any
	Why             string
	Normalized      string
	Aux             *int
	SegregationCode string
	ApplicationCode string
	IUV             string
	CheckDigits     string
	Notice, EC      string
	Cents           *int64
}

type vectorFile struct {
	Notices    []vector          `json:"notice_numbers"`
	Normalize  []vector          `json:"notice_numbers_to_normalize"`
	QR         []vector          `json:"qr"`
	DataMatrix []vector          `json:"data_matrix"`
	TaxCodes   []vector          `json:"codice_fiscale"`
	Creditors  []vector          `json:"creditor_tax_codes"`
	Wedge      map[string]string `json:"wedge_us_scanner_on_italian_pc"`
}

func vectors(t testing.TB) vectorFile {
	t.Helper()
	b, err := os.ReadFile("../../testdata/pagopa-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var f vectorFile
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]int{"notices": len(f.Notices), "normalize": len(f.Normalize), "qr": len(f.QR),
		"data matrix": len(f.DataMatrix), "tax codes": len(f.TaxCodes), "creditors": len(f.Creditors), "wedge": len(f.Wedge)} {
		if n == 0 {
			t.Fatalf("no vectors for %s", name)
		}
	}
	return f
}
