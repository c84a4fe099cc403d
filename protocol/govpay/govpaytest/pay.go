package govpaytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// portal is one payment opened by POST /pagamenti.
type portal struct {
	id        string
	session   string // idSessionePortale, the caller's own
	nodo      string // idSession; with a chosen provider there is none
	at        time.Time
	refused   bool // ended with a fault after it was written
	positions []*position
}

// attempts are the portal payment's own.
func (o *portal) attempts() []having {
	var list []having
	for _, p := range o.positions {
		for _, y := range p.payments {
			if y.portal == o.id {
				list = append(list, having{p, y})
			}
		}
	}
	return list
}

// state follows from the attempts: a failed payment can still turn out paid.
func (o *portal) state(now time.Time) string {
	paid, not, open := 0, 0, 0
	for _, h := range o.attempts() {
		switch {
		case h.y.visible(now) && h.y.positive():
			paid++
		case h.y.visible(now) || h.y.failed == attemptRefused && !o.refused:
			not++
		default:
			open++
		}
	}
	switch {
	case o.refused && paid+not == 0:
		return "FALLITO"
	case open > 0:
		return "IN_CORSO"
	case not == 0:
		return OutcomePaid
	case paid == 0:
		return OutcomeNotPaid
	default:
		return OutcomePartly
	}
}

// newPayment is the body of POST /pagamenti.
type newPayment struct {
	Pendenze               []json.RawMessage `json:"pendenze"`
	URLRitorno             string            `json:"urlRitorno"`
	SoggettoVersante       json.RawMessage   `json:"soggettoVersante"`
	AutenticazioneSoggetto string            `json:"autenticazioneSoggetto"`
	ContoAddebito          json.RawMessage   `json:"contoAddebito"`
	DataEsecuzione         string            `json:"dataEsecuzionePagamento"`
	Credenziali            string            `json:"credenzialiPagatore"`
	Lingua                 string            `json:"lingua"`
}

// reference names a position, by notice or by the owner's key. Positions inside
// the body, and forms, are not part of a counter's flow and refused here.
type reference struct {
	Creditor    string `json:"idDominio"`
	Notice      string `json:"numeroAvviso"`
	Debtor      string `json:"idDebitore"`
	Application string `json:"idA2A"`
	ID          string `json:"idPendenza"`
}

func strict(text []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("more than one value")
	}
	return nil
}

// chosen is the provider of the query, all three or none.
func chosen(q url.Values) (p Provider, refusal answer, good bool) {
	p = Provider{ID: q.Get("identificativoPSP"), TaxCode: q.Get("identificativoIntermediarioPSP"), Channel: q.Get("identificativoCanale")}
	given := 0
	for _, v := range []string{p.ID, p.TaxCode, p.Channel} {
		if len(v) > 35 {
			return p, syntax("parametro PSP troppo lungo"), false
		}
		if v != "" {
			given++
		}
	}
	if given != 0 && given != 3 {
		return p, syntax("parametri PSP incompleti"), false
	}
	if k := q.Get("tipoVersamento"); k != "" && !slices.Contains([]string{"BBT", "BP", "AD", "CP", "OBEP", "PO", "OTH"}, k) {
		return p, syntax("tipoVersamento"), false
	}
	if len(q.Get("idSessionePortale")) > 255 {
		return p, syntax("idSessionePortale troppo lungo"), false
	}
	return p, answer{}, true
}

// postPayment is POST /pagamenti: the first check that fails decides the fault,
// in the platform's order. It is not idempotent: each call is another payment.
func (s *Server) postPayment(c *call) answer {
	q := c.r.URL.Query()
	psp, refusal, good := chosen(q) // 1: limits and shape
	if !good {
		return refusal
	}
	var n newPayment
	if err := strict(c.body, &n); err != nil {
		return syntax("corpo della richiesta")
	}
	if len(n.Pendenze) < 1 || len(n.Pendenze) > 5 {
		return syntax("da 1 a 5 pendenze")
	}
	if refusal, good := n.when(c.now, s.loc); !good {
		return refusal
	}
	refs := make([]reference, len(n.Pendenze))
	for i, raw := range n.Pendenze {
		if strict(raw, &refs[i]) != nil || !refs[i].whole() {
			return syntax("riferimento a una pendenza")
		}
	}
	positions, refusal, good := s.resolve(c, refs) // 2 to 4
	if !good {
		return refusal
	}
	if a, leaves := s.checkout(c, n); leaves { // 5
		return a
	}

	o := &portal{ // 6: from here on the fault carries its id
		id: fmt.Sprintf("%032x", len(s.portals)+1), session: q.Get("idSessionePortale"), at: c.now, positions: positions,
	}
	s.portals, s.byPortal[o.id] = append(s.portals, o), o
	s.bySession[o.session] = append(s.bySession[o.session], o)
	for _, p := range positions {
		p.portals = append(p.portals, o)
	}
	if refusal, good := s.payable(c, positions); !good { // 7 to 12
		o.refused = true
		c.did = "failed " + o.id
		return refusal.with(o)
	}
	if refusal, good := s.sendCart(c, o, psp); !good { // 13 and 14
		o.refused = true
		return refusal.with(o)
	}
	b := body{"id": o.id, "location": "/pagamenti/" + o.id}
	switch {
	case psp == (Provider{}): // a browser must go on from here
		o.nodo = "n" + o.id
		b["redirect"], b["idSession"] = "https://wisp.example.it/?idSession="+o.nodo, o.nodo
	case n.URLRitorno != "":
		b["redirect"] = n.URLRitorno
	}
	return okWith(http.StatusCreated, b)
}

// with adds the written payment to a fault.
func (a answer) with(o *portal) answer {
	var b body
	if err := json.Unmarshal(a.body, &b); err != nil {
		return a
	}
	b["id"], b["location"] = o.id, "/pagamenti/"+o.id
	whole := okWith(a.status, b)
	return whole
}

func (r reference) whole() bool {
	byNotice := r.Creditor != "" && r.Notice != "" && r.Application == "" && r.ID == ""
	byKey := r.Application != "" && r.ID != "" && r.Creditor == "" && r.Notice == "" && r.Debtor == ""
	return byNotice || byKey
}

func (n newPayment) when(now time.Time, loc *time.Location) (answer, bool) {
	if n.DataEsecuzione == "" {
		return answer{}, true
	}
	day, err := time.ParseInLocation(time.DateOnly, n.DataEsecuzione, loc)
	if err != nil {
		return syntax("dataEsecuzionePagamento"), false
	}
	if day.Before(now.AddDate(0, 0, -1)) || day.After(now.AddDate(0, 0, 30)) {
		return unprocessable("SEMANTICA", "dataEsecuzionePagamento"), false
	}
	return answer{}, true
}

// resolve finds the positions, asking owners where needed, and what the caller
// may do with them.
func (s *Server) resolve(c *call, refs []reference) ([]*position, answer, bool) {
	positions := make([]*position, 0, len(refs))
	for _, r := range refs {
		p := s.byName[name{r.Application, r.ID}]
		if r.Notice != "" {
			if len(r.Notice) != 18 {
				return nil, unprocessable("VER_017", "numero avviso"), false
			}
			if !s.granted(r.Creditor) {
				return nil, unprocessable("DOM_000", "dominio sconosciuto"), false
			}
			p = s.positions[key{r.Creditor, r.Notice}]
		}
		if p == nil {
			return nil, unprocessable("VER_008", "nessun gestionale competente"), false
		}
		why := p.ask()
		if c.rule.Do == "owner_down" {
			why = OwnerDown
		}
		switch why {
		case "":
		case OwnerDown:
			return nil, fault(http.StatusBadGateway, "EC", "502000", "il gestionale non risponde"), false
		default:
			code := map[string]string{OwnerUnknown: "VER_011", OwnerExpired: "VER_010", OwnerPaid: "VER_012", OwnerCancelled: "VER_013"}[why]
			return nil, unprocessable(code, "il gestionale risponde: "+why), false
		}
		positions = append(positions, p)
	}
	for _, p := range positions {
		if !s.grantedType(p.Type) {
			return nil, fault(http.StatusForbidden, "RICHIESTA", "APP_003", "pendenza non autorizzata"), false
		}
	}
	for _, p := range positions {
		if s.creditor(p.Creditor).Disabled {
			return nil, unprocessable("DOM_001", "dominio disabilitato"), false
		}
	}
	return positions, answer{}, true
}

// checkout leaves where the platform does not send carts any more: nothing is
// stored, and the provider is ignored.
func (s *Server) checkout(c *call, n newPayment) (answer, bool) {
	how := s.opts.Checkout
	switch c.rule.Do {
	case "id_zero":
		how = "on"
	case "checkout_redirect":
		how = "redirect"
	}
	const page = "https://checkout.example.it/c/1"
	switch {
	case how == "":
		return answer{}, false
	case n.URLRitorno == "" && c.rule.Do == "":
		return syntax("urlRitorno mancante"), true
	case how == "redirect":
		return answer{status: http.StatusFound, transaction: true, location: page}, true
	default:
		return okWith(http.StatusCreated, body{"id": "0", "location": "", "redirect": page, "idSession": "0"}), true
	}
}

// payable are the checks on the stored positions.
func (s *Server) payable(c *call, positions []*position) (answer, bool) {
	each := func(refused func(*position) bool, with answer) (answer, bool) {
		if slices.ContainsFunc(positions, refused) {
			return with, false
		}
		return answer{}, true
	}
	checks := []func() (answer, bool){
		func() (answer, bool) {
			return each(func(p *position) bool {
				base := p.base(c.now, s.loc)
				return base != stateOpen && base != stateExpired
			}, unprocessable("PAG_006", "stato della pendenza non pagabile"))
		},
		func() (answer, bool) {
			return each(func(p *position) bool { return p.elapsed(p.Due, c.now, s.loc) }, unprocessable("PAG_007", "pendenza scaduta"))
		},
		func() (answer, bool) { return s.refresh(c, positions) },
		func() (answer, bool) {
			return each(func(p *position) bool {
				return s.creditor(p.Creditor).Station != s.creditor(positions[0].Creditor).Station
			}, fault(http.StatusBadRequest, "RICHIESTA", "PAG_000", "pendenze di stazioni diverse"))
		},
		func() (answer, bool) {
			return each(func(p *position) bool { return p.OtherCreditor != "" }, unprocessable("VER_038", "pendenza multibeneficiario"))
		},
		func() (answer, bool) {
			return each(func(p *position) bool {
				return slices.ContainsFunc(p.payments, func(y payment) bool { return y.blocks(c.now, s.opts.CartLife) })
			}, unprocessable("PAG_014", "pagamento in corso"))
		},
	}
	for _, check := range checks {
		if refusal, good := check(); !good {
			return refusal, false
		}
	}
	return answer{}, true
}

// refresh asks the owner again where the stored amount is not to be trusted any
// more; an owner that knows nothing new leaves it.
func (s *Server) refresh(c *call, positions []*position) (answer, bool) {
	for _, p := range positions {
		if !p.elapsed(p.ValidUntil, c.now, s.loc) {
			continue
		}
		if p.OwnerSilent {
			return fault(http.StatusUnprocessableEntity, "OPERAZIONE", "VER_014", "aggiornamento fallito"), false
		}
		if p.OwnerCents > 0 {
			p.Cents, p.ValidUntil = p.OwnerCents, ""
		}
	}
	return answer{}, true
}

// sendCart opens the attempts and hands them to pagoPA, which takes them unless
// it does not know the provider or the script says otherwise.
func (s *Server) sendCart(c *call, o *portal, psp Provider) (answer, bool) {
	nodo, failed := "", ""
	known := []Provider{s.opts.Provider, DefaultProvider, OtherProvider}
	switch {
	case c.rule.Do == "nodo":
		nodo, failed = c.rule.Code, attemptRefused
		if nodo == "PAA_NODO_INDISPONIBILE" {
			failed = attemptSendFailed
		}
	case psp == (Provider{}):
	case !slices.ContainsFunc(known, func(k Provider) bool { return k.ID == psp.ID }):
		nodo, failed = "PPT_PSP_SCONOSCIUTO", attemptRefused
	case !slices.ContainsFunc(known, func(k Provider) bool { return k.ID == psp.ID && k.Channel == psp.Channel }):
		nodo, failed = "PPT_CANALE_SCONOSCIUTO", attemptRefused
	}
	for _, k := range known {
		if k.ID == psp.ID {
			psp.Name = k.Name
		}
	}
	for _, p := range o.positions {
		y := payment{
			Receipt: Receipt{
				Version: VersionCart, Provider: psp, At: c.now, Delay: s.opts.ReceiptDelay,
				Never: failed != "" && !(failed == attemptSendFailed && c.rule.Arrived) || psp.ID == "",
			},
			failed: failed, portal: o.id,
		}
		if y.Never {
			p.add(y, s.opts.Provider, c.now)
		} else {
			s.book(p, y)
		}
	}
	about := " " + o.id + " for"
	for _, p := range o.positions {
		about += " " + p.Notice
	}
	if nodo != "" {
		c.did = strings.ToLower(failed) + about
		return fault(http.StatusBadGateway, "PAGOPA", nodo, "risposta del nodo"), false
	}
	c.did = "cart" + about
	return answer{}, true
}
