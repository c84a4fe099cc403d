package govpay

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// classes is the platform's catalogue once more, by the other key: what may be
// done after POST /pagamenti, as GovPay's own classes have it. P: nothing changes
// by repeating; T: passes by itself; W: somebody is paying; U: nobody knows; A:
// already done.
const classes = `
P SINTASSI SEMANTICA 422000 4220000 100001 401 401000 403 403000 404000 406000
T 502000 VER_014 PPT_CANALE_IRRAGGIUNGIBILE PPT_CANALE_INDISPONIBILE PPT_CANALE_SERVIZIO_NONATTIVO PPT_CANALE_NONRISOLVIBILE PPT_SYSTEM_ERROR PPT_SUPERAMENTOSOGLIA
W PAG_014 PAA_PAGAMENTO_IN_CORSO PPT_PAGAMENTO_IN_CORSO
A PAG_006 VER_012 PAA_PAGAMENTO_DUPLICATO PPT_PAGAMENTO_DUPLICATO
U INTERNAL PAA_NODO_INDISPONIBILE PPT_CANALE_TIMEOUT PPT_CANALE_ERRORE PPT_CANALE_ERRORE_RESPONSE PPT_RPT_DUPLICATA PPT_ID_CARRELLO_DUPLICATO
P APP_000 APP_001 APP_002 APP_003 APP_004 APP_005 APP_006 AUT_000 AUT_001 AUT_002 DOM_000 DOM_001 DOM_002 DOM_003
P PAG_000 PAG_001 PAG_002 PAG_003 PAG_004 PAG_005 PAG_007 PAG_008 PAG_009 PAG_010 PAG_011 PAG_012 PAG_013
P TRB_000 TRB_001 UOP_000 UOP_001 TVR_000 TVR_001 TVD_000 TVD_001 TRASFORMAZIONE VAL_000 VAL_001 VAL_002 VAL_003
P VER_000 VER_001 VER_002 VER_003 VER_004 VER_005 VER_006 VER_007 VER_008 VER_009 VER_010 VER_011 VER_013 VER_015 VER_016
P VER_017 VER_018 VER_019 VER_020 VER_021 VER_022 VER_023 VER_024 VER_025 VER_026 VER_027 VER_028 VER_029 VER_030 VER_031
P VER_032 VER_033 VER_034 VER_035 VER_036 VER_037 VER_038 VER_039 PRM_000 PRT_000 PSP_000 RND_000 STA_000 WISP_000 CIT_000 UAN_000 BATCH_001
P PPT_PSP_SCONOSCIUTO PPT_PSP_DISABILITATO PPT_CANALE_SCONOSCIUTO PPT_CANALE_DISABILITATO PPT_CODIFICA_PSP_SCONOSCIUTA PPT_CANALE_ERR_PARAM_PAG_IMM
P PPT_DOMINIO_SCONOSCIUTO PPT_DOMINIO_DISABILITATO PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE PPT_STAZIONE_INT_PA_DISABILITATA PPT_IBAN_NON_CENSITO PPT_AUTENTICAZIONE PPT_AUTORIZZAZIONE
P PPT_SINTASSI_XSD PPT_SINTASSI_EXTRAXSD PPT_SEMANTICA PAA_PAGAMENTO_SCONOSCIUTO PAA_PAGAMENTO_SCADUTO PAA_PAGAMENTO_ANNULLATO
`

func TestFaultCodes(t *testing.T) {
	allowed := map[string]func(codeRow) bool{
		"P": func(r codeRow) bool { return (r.next == Never || r.next == People) && !r.unsure },
		"T": func(r codeRow) bool { return r.next == LookThenRepeat && !r.unsure },
		"U": func(r codeRow) bool { return r.next == LookThenRepeat && r.unsure },
		"W": func(r codeRow) bool { return r.next == Wait && !r.unsure },
		"A": func(r codeRow) bool { return r.next == Done && !r.unsure && r.trouble == TroublePaid },
	}
	used := make(map[string]bool)
	for line := range strings.Lines(classes) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		for _, code := range words[1:] {
			row, ok := faultCode(code)
			if !ok || !allowed[words[0]](row) {
				t.Errorf("%s is %s: %+v", code, words[0], row)
			}
			used[row.code] = true
		}
	}
	troubles := map[Trouble]bool{}
	seen := make(map[string]bool)
	for _, r := range faultCodes {
		if seen[r.code] {
			t.Errorf("%s stands twice", r.code)
		}
		seen[r.code] = true
		troubles[r.trouble] = true
		if r.code == "PPT_*" || r.code == "PAA_*" { // what nobody has told us of
			if r.next != LookThenRepeat || !r.unsure {
				t.Errorf("%+v: an unknown code of pagoPA is nobody's knowledge", r)
			}
			continue
		}
		if !used[r.code] {
			t.Errorf("%s is in no class", r.code)
		}
		if token(strings.TrimSuffix(r.code, "*"), 40) == "" {
			t.Errorf("%q cannot come from the wire", r.code)
		}
	}
	if len(troubles) != 9 {
		t.Errorf("%d troubles: %v", len(troubles), troubles)
	}
	for _, unknown := range []string{"", "X", "PAG_", "VER_0", "VER_0140", "pag_014"} {
		if row, ok := faultCode(unknown); ok {
			t.Errorf("%q: %+v", unknown, row)
		}
	}
}

// TestNextIsCareful: no answer of any status, with or without a code, may lead to
// an early repeat if the call may have been registered.
func TestNextIsCareful(t *testing.T) {
	for status := 100; status < 600; status++ {
		for _, sent := range []bool{true, false} {
			f := &Fault{Status: status, Sent: sent, Outcome: classify(status, "")}
			n := NextOf(fmt.Errorf("wrapped: %w", f))
			if sent && (status < 300 || status >= 500) && !n.Unsure {
				t.Errorf("status %d: %+v", status, n)
			}
			if n.Do == Done || n.Do == Never || n.Do == Wait {
				t.Errorf("status %d without a code: %+v", status, n)
			}
		}
	}
	if n := NextOf(errors.New("x")); n.Do != People {
		t.Errorf("%+v", n)
	}
	if n := NextOf(&Fault{Outcome: OutcomeUnauthorized}); n != (Next{Do: People}) { // our own file
		t.Errorf("%+v", n)
	}
}
