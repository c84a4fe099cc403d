package govpay

import "strings"

// Trouble is what a fault says about the notice, for the person in front of the
// counter: nine of them, as pagoPA itself folds its codes. The sentences belong
// to whoever shows them; the raw code stands small beside ([Fault.Codice]).
type Trouble string

// The nine troubles; the names are stable.
const (
	TroubleUnexpected  Trouble = "unexpected"       // technical, ours or the platform's, or a code nobody knows
	TroubleNotice      Trouble = "notice_glitch"    // this notice cannot be paid this way
	TroubleData        Trouble = "wrong_data"       // what we sent is malformed or inconsistent
	TroubleCreditor    Trouble = "creditor_trouble" // the creditor's set-up, or its application does not answer
	TroubleInProgress  Trouble = "in_progress"      // somebody is paying it
	TroubleExpired     Trouble = "expired"
	TroubleRevoked     Trouble = "revoked"
	TroublePaid        Trouble = "already_paid"
	TroubleNotOnRecord Trouble = "unknown_notice"
)

// Continuation is what follows a call of POST /pagamenti.
type Continuation string

// The continuations; the names are stable.
const (
	// Done: nothing to submit any more. Accepted: the receipt follows. Refused
	// with PAG_006 or VER_012: the notice is closed, and byAvviso with the receipts
	// tells whether by us, by somebody else, or because it was withdrawn.
	Done Continuation = "done"
	// Wait: an attempt is open on the platform. Do not submit again before it is
	// resolved; keep looking.
	Wait Continuation = "wait"
	// LookThenRepeat: see what became of the call (by session, by notice, by
	// receipts) and submit again if nothing did.
	LookThenRepeat Continuation = "look_then_repeat"
	// Never: the platform will not take this notice this way, whatever is mended.
	Never Continuation = "never"
	// People: the configuration, ours or the platform's, must be mended first;
	// then look, and submit again.
	People Continuation = "people"
)

// codeRow is one fault code, or all codes that begin with it ("*" at the end).
type codeRow struct {
	code    string
	trouble Trouble
	next    Continuation
	// unsure: pagoPA may have got the call, or may still be at work on it.
	unsure bool
}

// faultCodes is the catalogue of codes. The longest match decides.
// Sources: GovPay 3.9, govpay-exception-messages.properties, EsitoOperazione and
// NdpException, with the order of checks of PagamentiPortaleDAO and the attempts
// that block of Rpt.avviaTransazione; pagoPA's own meanings from SANP.
var faultCodes = []codeRow{
	// --- whatever is asked
	{"SINTASSI", TroubleData, People, false}, // also: provider triple incomplete, or Checkout wants urlRitorno
	{"SEMANTICA", TroubleData, People, false},
	{"422000", TroubleData, People, false},
	{"4220000", TroubleData, People, false},
	{"100001", TroubleData, People, false}, // ordinamento
	{"401", TroubleUnexpected, People, false},
	{"401000", TroubleUnexpected, People, false},
	{"403", TroubleUnexpected, People, false},
	{"403000", TroubleUnexpected, People, false},
	{"AUT_*", TroubleUnexpected, People, false},
	{"404000", TroubleNotOnRecord, People, false},
	{"406000", TroubleData, People, false},
	{"INTERNAL", TroubleUnexpected, LookThenRepeat, true}, // says nothing about how far it came
	{"502000", TroubleCreditor, LookThenRepeat, false},    // before anything is stored
	{"TRASFORMAZIONE", TroubleCreditor, People, false},
	{"VAL_*", TroubleCreditor, People, false},
	{"BATCH_*", TroubleUnexpected, People, false},

	// --- applications
	{"APP_*", TroubleUnexpected, People, false},
	{"APP_006", TroubleNotOnRecord, Never, false}, // nobody manages this IUV

	// --- creditors, taxes, units, kinds of debts
	{"DOM_*", TroubleCreditor, People, false},
	{"TRB_*", TroubleCreditor, People, false},
	{"UOP_*", TroubleCreditor, People, false},
	{"TVR_*", TroubleCreditor, People, false},
	{"TVD_*", TroubleCreditor, People, false},

	// --- payments
	{"PAG_000", TroubleNotice, People, false}, // two stations in one cart: one by one they pass
	{"PAG_001", TroubleUnexpected, People, false},
	{"PAG_002", TroubleUnexpected, People, false},
	{"PAG_003", TroubleUnexpected, People, false},
	{"PAG_004", TroubleUnexpected, People, false},
	{"PAG_005", TroubleUnexpected, People, false},
	{"PAG_006", TroublePaid, Done, false}, // or withdrawn: the state tells
	{"PAG_007", TroubleExpired, Never, false},
	{"PAG_008", TroubleUnexpected, People, false},
	{"PAG_009", TroubleUnexpected, People, false},
	{"PAG_010", TroubleUnexpected, People, false},
	{"PAG_011", TroubleUnexpected, People, false},
	{"PAG_012", TroubleExpired, Never, false},
	{"PAG_013", TroubleUnexpected, People, false}, // wants a browser
	{"PAG_014", TroubleInProgress, Wait, false},

	// --- positions
	{"VER_000", TroubleNotice, Never, false},
	{"VER_001", TroubleData, Never, false},
	{"VER_002", TroubleData, Never, false},
	{"VER_003", TroubleNotice, Never, false}, // paid meanwhile: a PUT is refused
	{"VER_004", TroubleData, Never, false},
	{"VER_005", TroubleData, Never, false},
	{"VER_006", TroubleData, Never, false},
	{"VER_007", TroubleData, Never, false},
	{"VER_008", TroubleNotOnRecord, Never, false},
	{"VER_009", TroubleNotice, Never, false},
	{"VER_010", TroubleExpired, Never, false},
	{"VER_011", TroubleNotOnRecord, Never, false},
	{"VER_012", TroublePaid, Done, false},
	{"VER_013", TroubleRevoked, Never, false},
	{"VER_014", TroubleCreditor, LookThenRepeat, false}, // its owner could not refresh it
	{"VER_015", TroubleData, Never, false},
	{"VER_016", TroubleNotice, Never, false},
	{"VER_017", TroubleNotice, Never, false},
	{"VER_018", TroubleData, Never, false},
	{"VER_019", TroubleUnexpected, People, false}, // not authorised for that kind
	{"VER_020", TroubleCreditor, People, false},   // IBAN
	{"VER_021", TroubleUnexpected, People, false},
	{"VER_022", TroubleUnexpected, People, false},
	{"VER_023", TroubleData, Never, false},
	{"VER_024", TroubleData, Never, false},
	{"VER_025", TroubleData, Never, false},
	{"VER_026", TroubleNotice, Never, false},
	{"VER_027", TroubleNotice, Never, false},
	{"VER_028", TroubleCreditor, People, false}, // prefixes of generated codes
	{"VER_029", TroubleCreditor, People, false},
	{"VER_030", TroubleCreditor, People, false},
	{"VER_031", TroubleData, Never, false},
	{"VER_032", TroubleCreditor, People, false},
	{"VER_033", TroubleCreditor, People, false},
	{"VER_034", TroubleCreditor, People, false},
	{"VER_035", TroubleData, Never, false},
	{"VER_036", TroubleCreditor, People, false},
	{"VER_037", TroubleCreditor, People, false},
	{"VER_038", TroubleNotice, Never, false}, // a share for another body
	{"VER_039", TroubleNotice, Never, false},

	// --- legacy and internal
	{"CIT_*", TroubleUnexpected, People, false},
	{"UAN_*", TroubleUnexpected, People, false},
	{"PRM_*", TroubleUnexpected, People, false},
	{"PRT_*", TroubleUnexpected, People, false},
	{"PSP_*", TroubleUnexpected, People, false},
	{"RND_*", TroubleUnexpected, People, false},
	{"STA_*", TroubleUnexpected, People, false},
	{"WISP_*", TroubleUnexpected, People, false},

	// --- pagoPA not reached, or its answer not understood: the one that may have
	// been processed without anybody saying so
	{"PAA_NODO_INDISPONIBILE", TroubleUnexpected, LookThenRepeat, true},

	// --- pagoPA's Nodo refused the cart: the provider's data are wrong
	{"PPT_PSP_SCONOSCIUTO", TroubleUnexpected, People, false},
	{"PPT_PSP_DISABILITATO", TroubleUnexpected, People, false},
	{"PPT_CANALE_SCONOSCIUTO", TroubleUnexpected, People, false},
	{"PPT_CANALE_DISABILITATO", TroubleUnexpected, People, false},
	{"PPT_CODIFICA_PSP_SCONOSCIUTA", TroubleUnexpected, People, false},
	{"PPT_CANALE_ERR_PARAM_PAG_IMM", TroubleUnexpected, People, false},
	// --- its channel is in trouble
	{"PPT_CANALE_IRRAGGIUNGIBILE", TroubleUnexpected, LookThenRepeat, false},
	{"PPT_CANALE_INDISPONIBILE", TroubleUnexpected, LookThenRepeat, false},
	{"PPT_CANALE_SERVIZIO_NONATTIVO", TroubleUnexpected, LookThenRepeat, false},
	{"PPT_CANALE_NONRISOLVIBILE", TroubleUnexpected, LookThenRepeat, false},
	// --- its channel may have done the work
	{"PPT_CANALE_TIMEOUT", TroubleUnexpected, LookThenRepeat, true},
	{"PPT_CANALE_ERRORE", TroubleUnexpected, LookThenRepeat, true},
	{"PPT_CANALE_ERRORE_RESPONSE", TroubleUnexpected, LookThenRepeat, true},
	{"PPT_RPT_DUPLICATA", TroubleInProgress, LookThenRepeat, true},
	{"PPT_ID_CARRELLO_DUPLICATO", TroubleInProgress, LookThenRepeat, true},
	// --- the creditor's set-up
	{"PPT_DOMINIO_*", TroubleCreditor, People, false},
	{"PPT_STAZIONE_INT_PA_*", TroubleCreditor, People, false},
	{"PPT_IBAN_NON_CENSITO", TroubleCreditor, People, false},
	{"PPT_AUTENTICAZIONE", TroubleCreditor, People, false},
	{"PPT_AUTORIZZAZIONE", TroubleCreditor, People, false},
	// --- the message
	{"PPT_SINTASSI_*", TroubleData, People, false},
	{"PPT_SEMANTICA", TroubleData, People, false},
	// --- generic
	{"PPT_SYSTEM_ERROR", TroubleUnexpected, LookThenRepeat, false},
	{"PPT_SUPERAMENTOSOGLIA", TroubleUnexpected, LookThenRepeat, false},
	// A code of the Nodo that we do not know may mean that it has the cart.
	{"PPT_*", TroubleUnexpected, LookThenRepeat, true},
	{"PAA_*", TroubleCreditor, LookThenRepeat, true},

	// --- what a terminal's provider is told about a notice, should it come through here
	{"PAA_PAGAMENTO_SCONOSCIUTO", TroubleNotOnRecord, Never, false},
	{"PAA_PAGAMENTO_SCADUTO", TroubleExpired, Never, false},
	{"PAA_PAGAMENTO_DUPLICATO", TroublePaid, Done, false},
	{"PAA_PAGAMENTO_ANNULLATO", TroubleRevoked, Never, false},
	{"PAA_PAGAMENTO_IN_CORSO", TroubleInProgress, Wait, false},
	{"PPT_PAGAMENTO_DUPLICATO", TroublePaid, Done, false},
	{"PPT_PAGAMENTO_IN_CORSO", TroubleInProgress, Wait, false},
}

// faultCode finds the row of a code.
func faultCode(code string) (codeRow, bool) {
	var best codeRow
	if code == "" {
		return best, false
	}
	found, length := false, -1
	for _, r := range faultCodes {
		stem, prefix := strings.CutSuffix(r.code, "*")
		n := len(stem)
		if !prefix {
			n = 1000 // the code itself beats any prefix
		}
		if (r.code == code || prefix && strings.HasPrefix(code, stem)) && n > length {
			best, found, length = r, true, n
		}
	}
	return best, found
}

// Trouble folds the fault into one of nine, by its code first.
func (f *Fault) Trouble() Trouble {
	if row, ok := faultCode(f.Codice); ok {
		return row.trouble
	}
	if f.Outcome == OutcomeNotFound {
		return TroubleNotOnRecord
	}
	return TroubleUnexpected
}
