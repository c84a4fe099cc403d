package govpay

import (
	"context"
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

	State    State
	StateWhy string // descrizioneStato, such as why it is ANOMALA; API Pagamento v2 hides it
	Cents    int64
	Reason   string // causale
	Debtor   Debtor

	LoadedOn   time.Time // midnight in Europe/Rome; zero when the platform gives none
	ValidUntil time.Time // last day on which the stored amount can be trusted
	DueBy      time.Time // last day on which it can be paid
	PaidOn     time.Time

	Document *Document // instalment plan or thresholds; API Pagamento v2 hides it
	Lines    []Line
	Attempts []Attempt // newest first, whoever opened them

	Source API   // which interface answered
	Gaps   []Gap // what it does not show; see [Position.Weak]

	TransactionID string
}

// Gap is something that an answer does not show, and that a decision to charge
// would rest on.
type Gap string

// The gaps; the names are stable.
const (
	// GapState: there is no state. It is derived: paid when every line has been
	// collected, partly paid when some have, else open. A position that was
	// withdrawn looks open, one that is anomalous may look paid, and one past its
	// last day is told by that day alone.
	GapState Gap = "no_state"
	// GapAttempts: somebody may be paying right now and it does not show.
	GapAttempts Gap = "no_attempts"
	// GapLines: stamp duty and shares of other bodies do not show.
	GapLines Gap = "no_lines"
)

// Weak reports whether the answer shows less than a full verification. The clerk
// is told; [Payability] decides on what is there.
func (p Position) Weak() bool { return len(p.Gaps) > 0 }

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
	Collected     bool   // there is money for it (riscossione); shown only by Ragioneria and newer interfaces
}

// Attempt is one try to pay (rpp).
type Attempt struct {
	State   AttemptState
	Started time.Time // zero where the platform does not say: attempts opened by a terminal
	Proof   *Proof    // nil before the receipt
	// What was to be paid and under which attempt code (ccp), where the request
	// or the receipt says. A terminal's attempt has no code before its receipt.
	Creditor, IUV, Code string
	// Submitted: opened by POST /pagamenti, ours or another program's. Pending, it
	// blocks the next submission without limit of time, and no terminal sees it.
	Submitted bool
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

const opVerify = "byAvviso"

// wirePosition is GovPay's "pendenza".
type wirePosition struct {
	IDA2A            string       `json:"idA2A"`
	IDPendenza       string       `json:"idPendenza"`
	IDTipoPendenza   string       `json:"idTipoPendenza"`
	Dominio          wireCreditor `json:"dominio"`
	Stato            string       `json:"stato"`
	DescrizioneStato string       `json:"descrizioneStato"`
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
	Voci []wireLine   `json:"voci"`
	RPP  wireAttempts `json:"rpp"`
}

type wireLine struct {
	IDVocePendenza string        `json:"idVocePendenza"`
	Importo        euro          `json:"importo"`
	Descrizione    string        `json:"descrizione"`
	Stato          string        `json:"stato"`
	Dominio        *wireCreditor `json:"dominio"`
	TipoBollo      string        `json:"tipoBollo"`
	HashDocumento  string        `json:"hashDocumento"`
	Riscossione    *struct {
		Importo euro `json:"importo"`
	} `json:"riscossione"`
}

// Position verifies a notice with API Pagamento v2, the one that answers for
// every application's debts and shows all attempts. ErrNotFound may be
// transient here. Any state may come back: see [Payability].
func (c *Client) Position(ctx context.Context, creditor, notice string) (Position, error) {
	return c.PositionFrom(ctx, Pagamento, creditor, notice)
}

// PositionFrom verifies a notice with the interface named: Pagamento, Backoffice
// (both whole), Pendenze (whole, but 403 for the debts of other applications) or
// Ragioneria (weak: see [GapState]). See [Verifier] for several in a row.
func (c *Client) PositionFrom(ctx context.Context, api API, creditor, notice string) (Position, error) {
	iuv, err := checkNotice(creditor, notice)
	if err != nil {
		return Position{}, fmt.Errorf("govpay %s: %w", opVerify, err)
	}
	return c.position(ctx, call{
		operation: opVerify, api: api, path: "/pendenze/byAvviso/" + creditor + "/" + notice, timeout: c.conf.Timeouts.Verify,
	}, func(p *Position) string {
		if p.Creditor != creditor || (p.Notice != notice && (p.Notice != "" || p.IUV != iuv)) {
			return "notice"
		}
		p.Notice = notice
		return ""
	})
}

// PositionByID reads a position by its own key: before a late repeat of
// [Client.Create], and to see what became of one. API Pagamento, Pendenze or
// Backoffice.
func (c *Client) PositionByID(ctx context.Context, api API, application, id string) (Position, error) {
	const operation = "pendenza"
	if !isID(application) || !isID(id) {
		return Position{}, fmt.Errorf("govpay %s: %w: position %q", operation, ErrArgument, clip(application+"/"+id, 80))
	}
	return c.position(ctx, call{
		operation: operation, api: api, path: "/pendenze/" + application + "/" + id, timeout: c.conf.Timeouts.Verify,
	}, func(p *Position) string {
		if p.Application != application || p.ID != id {
			return "position"
		}
		return ""
	})
}

// position makes the call; same names what the answer is wrongly about, or "".
func (c *Client) position(ctx context.Context, k call, same func(*Position) string) (Position, error) {
	var wire wirePosition
	transaction, err := c.getJSON(ctx, k, &wire)
	if err != nil {
		return Position{}, err
	}
	p, err := wire.position(k.api)
	if err != nil {
		f := malformed(k.operation, transaction, err)
		f.API = k.api
		return Position{}, f
	}
	if what := same(&p); what != "" {
		f := mismatch(k.operation, transaction, what)
		f.API = k.api
		return Position{}, f
	}
	p.TransactionID = transaction
	return p, nil
}

func (w *wirePosition) position(source API) (Position, error) {
	switch {
	case w.IDA2A == "" || w.IDPendenza == "":
		return Position{}, fmt.Errorf("%w: no idA2A or idPendenza", ErrMalformed)
	case !w.Importo.given:
		return Position{}, fmt.Errorf("%w: no importo", ErrMalformed)
	case len(w.Voci) > maxLines || len(w.RPP.list) > maxAttempts:
		return Position{}, fmt.Errorf("%w: %d voci and %d rpp are too many", ErrMalformed, len(w.Voci), len(w.RPP.list))
	}
	p := Position{
		Application: clip(w.IDA2A, 35), ID: clip(w.IDPendenza, 35), Type: clip(w.IDTipoPendenza, 35),
		Creditor: token(w.Dominio.IDDominio, 35), CreditorName: clip(w.Dominio.RagioneSociale, 70),
		Notice: token(w.NumeroAvviso, 35), IUV: token(w.IUVAvviso, 35), PaidIUV: token(w.IUVPagamento, 35),
		State: State(clip(w.Stato, 40)), StateWhy: clip(w.DescrizioneStato, 255), Source: source, Cents: w.Importo.cents, Reason: clip(w.Causale, 140),
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
			Collected: v.Riscossione != nil && v.Riscossione.Importo.given,
		}
		if v.Dominio != nil {
			l.OtherCreditor = token(v.Dominio.IDDominio, 35)
		}
		p.Lines = append(p.Lines, l)
	}
	for _, r := range w.RPP.list {
		p.Attempts = append(p.Attempts, r.attempt())
	}
	w.findGaps(&p)
	return p, nil
}

// findGaps writes down what the answer does not show, and derives the state
// where the interface has none.
func (w *wirePosition) findGaps(p *Position) {
	if w.RPP.link || p.Source == Ragioneria {
		p.Gaps = append(p.Gaps, GapAttempts)
	}
	if len(w.Voci) == 0 {
		p.Gaps = append(p.Gaps, GapLines)
	}
	if p.Source != Ragioneria {
		return
	}
	p.Gaps = append(p.Gaps, GapState)
	collected := 0
	for i, v := range w.Voci {
		if p.Lines[i].Collected {
			collected++
		} else if v.Riscossione != nil {
			p.State = "" // money without an amount: nobody knows
			return
		}
	}
	switch {
	case len(w.Voci) == 0:
		p.State = ""
	case collected == len(w.Voci):
		p.State = StatePaid
	case collected > 0:
		p.State = StatePartiallyPaid
	default:
		p.State = StateOpen
	}
}
