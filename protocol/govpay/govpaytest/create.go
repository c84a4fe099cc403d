package govpaytest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// newDebt is the body of PUT /pendenze, as far as a counter fills it. What else
// the platform knows (properties, attachments, accounting) is taken and forgotten.
type newDebt struct {
	Type      string       `json:"idTipoPendenza"`
	Creditor  string       `json:"idDominio"`
	Reason    string       `json:"causale"`
	Debtor    *newDebtor   `json:"soggettoPagatore"`
	Amount    json.Number  `json:"importo"`
	Notice    string       `json:"numeroAvviso"`
	Due       string       `json:"dataScadenza"`
	Valid     string       `json:"dataValidita"`
	Year      int          `json:"annoRiferimento"`
	Division  string       `json:"divisione"`
	Direction string       `json:"direzione"`
	Document  *newDocument `json:"documento"`
	Lines     []newLine    `json:"voci"`
}

type newDebtor struct {
	Kind string `json:"tipo"`
	Code string `json:"identificativo"`
	Name string `json:"anagrafica"`
}

type newDocument struct {
	ID         string `json:"identificativo"`
	Instalment int    `json:"rata"`
}

type newLine struct {
	ID      string      `json:"idVocePendenza"`
	Amount  json.Number `json:"importo"`
	Reason  string      `json:"descrizione"`
	IBAN    string      `json:"ibanAccredito"`
	Kind    string      `json:"tipoContabilita"`
	Code    string      `json:"codiceContabilita"`
	Revenue string      `json:"codEntrata"`
	Stamp   string      `json:"tipoBollo"`
	Other   string      `json:"idDominio"`
}

var (
	identifier = regexp.MustCompile(`^[a-zA-Z0-9\-_]{1,35}$`)
	decimal    = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,2})?$`)
)

// cents reads a decimal amount of euro without a float.
func cents(n json.Number) (int64, bool) {
	if !decimal.MatchString(n.String()) {
		return 0, false
	}
	whole, part, _ := strings.Cut(n.String(), ".")
	v, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	return v, err == nil
}

// debt checks a body and makes a debt of it: first its form, then its sense.
func (s *Server) debt(c *call, application, id string, n newDebt) (Debt, answer, bool) {
	total, good := cents(n.Amount)
	switch {
	case !identifier.MatchString(application), !identifier.MatchString(id):
		return Debt{}, syntax("idA2A o idPendenza"), false
	case !good:
		return Debt{}, syntax("importo"), false
	case n.Type == "" || len(n.Type) > 35 || len(n.Creditor) != 11:
		return Debt{}, syntax("idTipoPendenza o idDominio"), false
	case len([]rune(n.Reason)) < 1 || len([]rune(n.Reason)) > 140:
		return Debt{}, syntax("causale"), false
	case len(n.Lines) < 1 || len(n.Lines) > 5:
		return Debt{}, syntax("da 1 a 5 voci"), false
	case n.Notice != "" && len(n.Notice) != 18:
		return Debt{}, syntax("numeroAvviso"), false
	}
	for _, day := range []string{n.Due, n.Valid} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return Debt{}, syntax("data"), false
		}
	}
	d := Debt{
		Creditor: n.Creditor, Notice: n.Notice, Cents: total, Type: n.Type, ID: id, Application: application,
		Reason: n.Reason, Due: n.Due, ValidUntil: n.Valid, Debtor: Debtor{TaxCode: "ANONIMO", Name: "ANONIMO"},
	}
	if n.Debtor != nil {
		if len(n.Debtor.Kind) != 1 || !strings.Contains("FG", n.Debtor.Kind) || len(n.Debtor.Code) > 16 || len([]rune(n.Debtor.Name)) > 70 {
			return Debt{}, syntax("soggettoPagatore"), false
		}
		d.Debtor = Debtor{TaxCode: n.Debtor.Code, Name: n.Debtor.Name}
	}
	if n.Document != nil {
		d.Document, d.Instalment = n.Document.ID, n.Document.Instalment
	}
	var sum int64
	seen := map[string]bool{}
	for _, l := range n.Lines {
		part, good := cents(l.Amount)
		ways := 0
		for _, w := range []string{l.IBAN, l.Revenue, l.Stamp} {
			if w != "" {
				ways++
			}
		}
		switch {
		case !good || !identifier.MatchString(l.ID) || l.Reason == "" || len([]rune(l.Reason)) > 255:
			return Debt{}, syntax("voce"), false
		case ways != 1:
			return Debt{}, syntax("voce senza, o con più di un, riferimento contabile"), false
		case l.IBAN != "" && (l.Kind == "" || len(l.Code) < 3):
			return Debt{}, syntax("contabilita della voce"), false
		case seen[l.ID]:
			return Debt{}, unprocessable("VER_001", "idVocePendenza ripetuto"), false
		}
		seen[l.ID], sum = true, sum+part
		d.StampDuty = d.StampDuty || l.Stamp != ""
		if l.Other != "" && l.Other != n.Creditor {
			d.OtherCreditor = l.Other
		}
		d.Lines = append(d.Lines, Line{ID: l.ID, Cents: part, Reason: l.Reason, IBAN: l.IBAN, Revenue: l.Revenue})
	}
	switch typ := s.typeOf(n.Type); {
	case application != s.opts.Application:
		return Debt{}, fault(http.StatusBadRequest, "RICHIESTA", "APP_002", "idA2A di un'altra applicazione"), false
	case !s.granted(n.Creditor):
		return Debt{}, unprocessable("DOM_000", "dominio sconosciuto"), false
	case s.creditor(n.Creditor).Disabled:
		return Debt{}, unprocessable("DOM_001", "dominio disabilitato"), false
	case typ.ID == "":
		return Debt{}, unprocessable("TVR_000", "tipo pendenza sconosciuto"), false
	case !s.grantedType(n.Type):
		return Debt{}, unprocessable("VER_022", "tipo pendenza non autorizzato"), false
	case sum != total:
		return Debt{}, unprocessable("VER_002", "importo diverso dalla somma delle voci"), false
	}
	return d, answer{}, true
}

// store creates a debt, or updates the one that its owner named the same.
func (s *Server) store(c *call, d Debt, spontaneous bool) (p *position, status int, refusal answer) {
	old := s.byName[name{d.Application, d.ID}]
	if old != nil {
		if refusal, good := s.changes(c, old, d); !good {
			return nil, 0, refusal
		}
		old.Cents, old.Reason, old.Due, old.ValidUntil, old.Debtor, old.Lines, old.State = d.Cents, d.Reason, d.Due, d.ValidUntil, d.Debtor, d.Lines, ""
		old.note = ""
		c.did = "updated " + d.ID
		return old, http.StatusOK, answer{}
	}
	if d.Notice == "" {
		d.Notice = s.newNotice(d.Creditor)
	} else if s.positions[key{d.Creditor, d.Notice}] != nil {
		return nil, 0, unprocessable("VER_025", "numero avviso di un'altra pendenza")
	}
	d.Spontaneous = spontaneous
	made, err := newPosition(d, s.creditor(d.Creditor).Name, c.now)
	if err != nil {
		return nil, 0, unprocessable("VER_017", "numero avviso")
	}
	s.put(made)
	c.did = "created " + d.ID
	return made, http.StatusCreated, answer{}
}

// changes refuses an update of what cannot change.
func (s *Server) changes(c *call, old *position, d Debt) (answer, bool) {
	switch base := old.base(c.now, s.loc); {
	case base != stateOpen && base != stateExpired && base != StateCancelled:
		return unprocessable("VER_003", "stato della pendenza non aggiornabile"), false
	case old.Creditor != d.Creditor:
		return unprocessable("VER_004", "dominio cambiato"), false
	case d.Notice != "" && old.Notice != d.Notice:
		return unprocessable("VER_024", "numero avviso cambiato"), false
	}
	lines := old.lines()
	if len(lines) != len(d.Lines) {
		return unprocessable("VER_005", "numero di voci cambiato"), false
	}
	for i, l := range d.Lines {
		switch {
		case !slices.ContainsFunc(lines, func(o Line) bool { return o.ID == l.ID }):
			return unprocessable("VER_006", "voce sconosciuta"), false
		case lines[i].Revenue != l.Revenue:
			return unprocessable("VER_007", "entrata cambiata"), false
		case lines[i].IBAN != l.IBAN:
			return unprocessable("VER_023", "IBAN cambiato"), false
		}
	}
	return answer{}, true
}

// newNotice gives out a notice number that no position has.
func (s *Server) newNotice(creditor string) string {
	for {
		s.notices++
		n := demoNotice(90_000_000 + s.notices)
		if s.positions[key{creditor, n}] == nil {
			return n
		}
	}
}

// putPosition is idempotent: the same key twice is one debt with one notice.
func (s *Server) putPosition(c *call) answer {
	var n newDebt
	if err := json.Unmarshal(c.body, &n); err != nil {
		return syntax("corpo della richiesta")
	}
	d, refusal, good := s.debt(c, c.args[0], c.args[1], n)
	if !good {
		return refusal
	}
	p, status, refusal := s.store(c, d, false)
	if p == nil {
		return refusal
	}
	b := body{"idDominio": p.Creditor, "numeroAvviso": p.Notice, "UUID": p.uuid}
	if c.r.URL.Query().Get("stampaAvviso") == "true" && !p.StampDuty {
		b["pdf"] = base64.StdEncoding.EncodeToString(onePage(s.noticeText(p)...))
	}
	return okWith(status, b)
}

// patchPosition cancels, revives and annotates. It does not look at attempts: a
// debt that is being paid can be cancelled.
func (s *Server) patchPosition(c *call) answer {
	p := s.byName[name{c.args[0], c.args[1]}]
	if p == nil {
		return missing("pendenza non trovata")
	}
	if c.api == apiPendenze && p.Application != s.opts.Application { // the platform wraps it so
		return fault(http.StatusInternalServerError, "OPERAZIONE", "APP_002", "idA2A di un'altra applicazione")
	}
	steps, good := patches(c)
	if !good {
		return syntax("corpo della PATCH")
	}
	for _, step := range steps {
		if !s.step(c, p, step) {
			return syntax("operazione non ammessa")
		}
	}
	return ok(s.disguise(c, s.pendenza(p, c.api, c.now)))
}

func (s *Server) step(c *call, p *position, step patch) bool {
	var words string
	base := p.base(c.now, s.loc)
	switch step.Op + " " + step.Path {
	case "REPLACE /stato":
		if json.Unmarshal(step.Value, &words) != nil {
			return false
		}
		switch {
		case words == StateCancelled && (base == stateOpen || base == stateExpired || base == StateCancelled):
			p.State = StateCancelled
		case words == stateOpen && base == StateCancelled:
			p.State = ""
		default:
			return false
		}
		c.did = words + " " + p.ID
		return true
	case "REPLACE /descrizioneStato":
		if json.Unmarshal(step.Value, &words) != nil || words == "" {
			return false
		}
		p.note = words
		return true
	case "REPLACE /ack":
		var ack bool
		return json.Unmarshal(step.Value, &ack) == nil
	case "ADD /nota":
		var note struct{ Oggetto string }
		if json.Unmarshal(step.Value, &note) != nil {
			return false
		}
		p.note = note.Oggetto
		return true
	}
	return false
}

// postSpontaneous makes a debt of a form. Without idA2A and idPendenza each call
// makes another.
func (s *Server) postSpontaneous(c *call) answer {
	creditor, typ, q := c.args[0], s.typeOf(c.args[1]), c.r.URL.Query()
	application, id := q.Get("idA2A"), q.Get("idPendenza")
	var form map[string]any
	switch {
	case !s.granted(creditor):
		return missing("dominio sconosciuto")
	case typ.ID == "" || typ.Form == nil:
		return missing("tipo pendenza sconosciuto")
	case !s.grantedType(typ.ID):
		return denied("tipo pendenza non abilitato")
	case (application == "") != (id == ""):
		return unprocessable("SEMANTICA", "idA2A e idPendenza vanno insieme")
	case application != "" && application != s.opts.Application:
		return fault(http.StatusBadRequest, "RICHIESTA", "APP_002", "idA2A di un'altra applicazione")
	case json.Unmarshal(c.body, &form) != nil:
		return syntax("corpo della richiesta")
	}
	if why := typ.Form.lacks(form); why != "" {
		return syntax(why)
	}
	if application == "" {
		s.notices++
		application, id = s.opts.Application, fmt.Sprintf("SP-%06d", s.notices)
	}
	total := typ.Cents
	if q, ok := form["quantita"].(float64); ok {
		total *= int64(q)
	}
	word := func(field string) string { w, _ := form[field].(string); return w }
	d := Debt{
		Creditor: creditor, Cents: total, Type: typ.ID, ID: id, Application: application, Reason: typ.Name,
		Debtor: Debtor{TaxCode: word("codiceFiscale"), Name: word("nominativo")},
		Lines:  []Line{{ID: "V1", Cents: total, Reason: typ.Name, IBAN: anIBAN}},
	}
	p, status, refusal := s.store(c, d, true)
	if p == nil {
		return refusal
	}
	b := s.pendenza(p, c.api, c.now)
	b["pdf"] = base64.StdEncoding.EncodeToString(onePage(s.noticeText(p)...))
	return okWith(status, b)
}
