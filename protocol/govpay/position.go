package govpay

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// State is the platform's state of a position.
type State string

// The states that API Pagamento and API Pendenze write. Any other value, and an
// absent one, must be treated as paid until proven otherwise.
const (
	StateOpen          State = "NON_ESEGUITA"
	StateExpired       State = "SCADUTA"
	StateCancelled     State = "ANNULLATA"
	StatePaid          State = "ESEGUITA"
	StatePartiallyPaid State = "ESEGUITA_PARZIALE"
	StateCredited      State = "INCASSATA" // paid, and found on the bank account
	StateAnomalous     State = "ANOMALA"   // money came and something is wrong: paid twice, another amount
)

// Position is a debt as the platform has it now. Personal data: Debtor and Reason.
type Position struct {
	Application string // idA2A: the application that owns the debt
	ID          string // idPendenza: with Application, the platform's own key of the position
	Type        string // idTipoPendenza

	Creditor     string // tax code
	CreditorName string
	Notice       string // 18 digits
	IUV          string
	PaidIUV      string // IUV of the payment, "" while unpaid

	State  State
	Cents  int64
	Reason string // causale
	Debtor Debtor

	LoadedOn   time.Time // midnight in Europe/Rome; zero when the platform gives none
	ValidUntil time.Time // last day on which the stored amount can be trusted
	DueBy      time.Time // last day on which it can be paid
	PaidOn     time.Time

	Document *Document // instalment plan or thresholds; API Pagamento v2 hides it
	Lines    []Line
	Attempts []Attempt // newest first, whoever opened them

	TransactionID string
}

// Debtor is the person or body that owes.
type Debtor struct {
	TaxCode string
	Name    string
	Company bool
}

// Document groups positions of one plan; paying one does not cancel the others.
type Document struct {
	ID          string
	Description string
	Instalment  int // 1..n; 0: the whole amount at once, or a threshold
}

// Line is one item (voce) of a position.
type Line struct {
	ID            string
	Description   string
	Cents         int64
	State         string // "Eseguito", "Non eseguito", "Anomalo"
	OtherCreditor string // tax code of another body that gets this share, or ""
	StampDuty     bool   // a digital stamp (tipoBollo): no terminal can pay it
}

// Attempt is one try to pay (rpp).
type Attempt struct {
	State   AttemptState
	Started time.Time // zero where the platform does not say: attempts opened by a terminal
	Proof   *Proof    // nil before the receipt
	// Unreadable: there is a receipt, in a form we do not understand.
	Unreadable bool
}

// StampDuty reports whether the position contains a digital stamp.
func (p Position) StampDuty() bool {
	for _, l := range p.Lines {
		if l.StampDuty {
			return true
		}
	}
	return false
}

// MultiBeneficiary reports whether a share goes to another body.
func (p Position) MultiBeneficiary() bool {
	for _, l := range p.Lines {
		if l.OtherCreditor != "" && l.OtherCreditor != p.Creditor {
			return true
		}
	}
	return false
}

// AmountMayChange reports whether the day until which the amount can be trusted
// has gone by: a look does not refresh it, the terminal's own verification does.
func (p Position) AmountMayChange(now time.Time) bool { return dayOver(p.ValidUntil, now) }

// Bounds on lists within one answer.
const (
	maxLines    = 50 // the platform's own limit is 5
	maxAttempts = 1000
)

// wirePosition is GovPay's "pendenza".
type wirePosition struct {
	IDA2A            string       `json:"idA2A"`
	IDPendenza       string       `json:"idPendenza"`
	IDTipoPendenza   string       `json:"idTipoPendenza"`
	Dominio          wireCreditor `json:"dominio"`
	Stato            string       `json:"stato"`
	IUVAvviso        string       `json:"iuvAvviso"`
	IUVPagamento     string       `json:"iuvPagamento"`
	Causale          string       `json:"causale"`
	SoggettoPagatore struct {
		Tipo           string `json:"tipo"`
		Identificativo string `json:"identificativo"`
		Anagrafica     string `json:"anagrafica"`
	} `json:"soggettoPagatore"`
	Importo         euro   `json:"importo"`
	NumeroAvviso    string `json:"numeroAvviso"`
	DataCaricamento string `json:"dataCaricamento"`
	DataValidita    string `json:"dataValidita"`
	DataScadenza    string `json:"dataScadenza"`
	DataPagamento   string `json:"dataPagamento"`
	Documento       *struct {
		Identificativo string `json:"identificativo"`
		Descrizione    string `json:"descrizione"`
		Rata           int    `json:"rata"`
	} `json:"documento"`
	Voci []struct {
		IDVocePendenza string        `json:"idVocePendenza"`
		Importo        euro          `json:"importo"`
		Descrizione    string        `json:"descrizione"`
		Stato          string        `json:"stato"`
		Dominio        *wireCreditor `json:"dominio"`
		TipoBollo      string        `json:"tipoBollo"`
		HashDocumento  string        `json:"hashDocumento"`
	} `json:"voci"`
	RPP []struct {
		Stato string          `json:"stato"`
		RPT   json.RawMessage `json:"rpt"`
		RT    json.RawMessage `json:"rt"`
	} `json:"rpp"`
}

// Position verifies a notice with API Pagamento v2, the one that answers for
// every application's debts and shows all attempts. ErrNotFound may be
// transient here. Any state may come back: see [Payability].
func (c *Client) Position(ctx context.Context, creditor, notice string) (Position, error) {
	const operation = "byAvviso"
	iuv, err := checkNotice(creditor, notice)
	if err != nil {
		return Position{}, fmt.Errorf("govpay %s: %w", operation, err)
	}
	var wire wirePosition
	transaction, err := c.getJSON(ctx, call{
		operation: operation, api: Pagamento,
		path:    "/pendenze/byAvviso/" + creditor + "/" + notice,
		timeout: c.conf.Timeouts.Verify,
	}, &wire)
	if err != nil {
		return Position{}, err
	}
	p, err := wire.position()
	if err != nil {
		return Position{}, malformed(operation, transaction, err)
	}
	if p.Creditor != creditor || (p.Notice != notice && (p.Notice != "" || p.IUV != iuv)) {
		return Position{}, mismatch(operation, transaction, "notice")
	}
	p.Notice, p.TransactionID = notice, transaction
	return p, nil
}

func (w *wirePosition) position() (Position, error) {
	switch {
	case w.IDA2A == "" || w.IDPendenza == "":
		return Position{}, fmt.Errorf("%w: no idA2A or idPendenza", ErrMalformed)
	case !w.Importo.given:
		return Position{}, fmt.Errorf("%w: no importo", ErrMalformed)
	case len(w.Voci) > maxLines || len(w.RPP) > maxAttempts:
		return Position{}, fmt.Errorf("%w: %d voci and %d rpp are too many", ErrMalformed, len(w.Voci), len(w.RPP))
	}
	p := Position{
		Application: clip(w.IDA2A, 35), ID: clip(w.IDPendenza, 35), Type: clip(w.IDTipoPendenza, 35),
		Creditor: token(w.Dominio.IDDominio, 35), CreditorName: clip(w.Dominio.RagioneSociale, 70),
		Notice: token(w.NumeroAvviso, 35), IUV: token(w.IUVAvviso, 35), PaidIUV: token(w.IUVPagamento, 35),
		State: State(clip(w.Stato, 40)), Cents: w.Importo.cents, Reason: clip(w.Causale, 140),
		Debtor: Debtor{
			TaxCode: clip(w.SoggettoPagatore.Identificativo, 16),
			Name:    clip(w.SoggettoPagatore.Anagrafica, 70),
			Company: w.SoggettoPagatore.Tipo == "G",
		},
	}
	for _, d := range []struct {
		to   *time.Time
		wire string
	}{{&p.LoadedOn, w.DataCaricamento}, {&p.ValidUntil, w.DataValidita}, {&p.DueBy, w.DataScadenza}, {&p.PaidOn, w.DataPagamento}} {
		t, err := parseTime(d.wire)
		if err != nil {
			return Position{}, err
		}
		*d.to = t
	}
	if d := w.Documento; d != nil {
		p.Document = &Document{ID: clip(d.Identificativo, 35), Description: clip(d.Descrizione, 140), Instalment: d.Rata}
	}
	for _, v := range w.Voci {
		l := Line{
			ID: clip(v.IDVocePendenza, 35), Description: clip(v.Descrizione, 140), Cents: v.Importo.cents,
			State: clip(v.Stato, 20), StampDuty: v.TipoBollo != "" || v.HashDocumento != "",
		}
		if v.Dominio != nil {
			l.OtherCreditor = token(v.Dominio.IDDominio, 35)
		}
		p.Lines = append(p.Lines, l)
	}
	for _, r := range w.RPP {
		a := Attempt{State: AttemptState(clip(r.Stato, 40)), Started: startedAt(r.RPT)}
		proof, err := decodeProof(r.RT)
		a.Proof, a.Unreadable = proof, err != nil // one odd receipt must not hide the position
		p.Attempts = append(p.Attempts, a)
	}
	return p, nil
}

// startedAt finds when an attempt was opened, in the one form that says it:
// requests that the platform submitted itself.
func startedAt(rpt json.RawMessage) time.Time {
	var w struct {
		DataOraMessaggioRichiesta string `json:"dataOraMessaggioRichiesta"`
	}
	if len(rpt) == 0 || json.Unmarshal(rpt, &w) != nil {
		return time.Time{}
	}
	t, err := parseTime(w.DataOraMessaggioRichiesta)
	if err != nil {
		return time.Time{}
	}
	return t
}
