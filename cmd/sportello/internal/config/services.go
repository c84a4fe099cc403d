package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// maxForm bounds a form's JSON schema; a real one has a few kilobytes.
const maxForm = 64 << 10

var (
	keyShape        = regexp.MustCompile(`^[A-Za-z0-9_-]{1,35}$`)
	ibanShape       = regexp.MustCompile(`^IT[0-9]{2}[A-Z][0-9]{10}[A-Z0-9]{12}$`)
	accountingShape = regexp.MustCompile(`^\S{3,138}$`)
)

// taxonomies are the platform's words for tassonomiaAvviso.
var taxonomies = []string{
	"Cartelle esattoriali", "Diritti e concessioni", "Imposte e tasse", "IMU, TASI e altre tasse comunali",
	"Ingressi a mostre e musei", "Multe e sanzioni amministrative", "Previdenza e infortuni",
	"Servizi erogati dal comune", "Servizi erogati da altri enti", "Servizi scolastici",
	"Tassa automobilistica", "Ticket e prestazioni sanitarie", "Trasporti, mobilità e parcheggi",
}

// readServices reads the kinds of debt that are created at the counter: a word is a kind that the
// platform's catalogue describes, a group of keys one that is described here.
func readServices(s *section, creditors []Creditor, p Platform) []Service {
	items := s.list("services")
	var all []Service
	lines := map[string]int{}
	for i, n := range items {
		path := fmt.Sprintf("services[%d]", i)
		var v Service
		switch {
		case n.Kind == yaml.MappingNode:
			v = readService(s.r.section(n, path), creditors)
		case n.Kind == yaml.ScalarNode && n.Tag == "!!str" && n.Value != "":
			v = Service{Type: n.Value}
			if !keyShape.MatchString(v.Type) {
				s.r.add(n.Line, path, fmt.Sprintf("%q non è il codice di un tipo pendenza", v.Type), "copiare il codice dalla piattaforma: lettere, cifre, - e _ (al massimo 35)")
			}
			if len(creditors) > 0 {
				v.Creditor = creditors[0].TaxCode
			}
			if p.Pagamento == "" {
				s.r.add(n.Line, path, "il catalogo si legge da platform.pagamento, che manca", "aggiungere l'indirizzo, oppure descrivere qui il servizio: {type: …, name: …, …}")
			}
		default:
			s.r.add(n.Line, path, "qui va un testo o un gruppo di voci", "scrivere il codice del tipo pendenza fra virgolette, oppure {type: …, name: …, …}")
			continue
		}
		key := v.Creditor + "/" + v.Type
		if first, twice := lines[key]; twice {
			s.r.add(n.Line, path, fmt.Sprintf("il servizio %q c'è due volte per lo stesso ente (già alla riga %d)", v.Type, first), "tenerne uno solo")
		}
		lines[key] = n.Line
		all = append(all, v)
	}
	if len(items) > 0 && p.Pendenze == "" {
		s.bad("services", "per creare un debito serve platform.pendenze, che manca", "aggiungere l'indirizzo di API Pendenze, oppure togliere services")
	}
	return all
}

func readService(s *section, creditors []Creditor) Service {
	v := Service{Type: s.must("type", "DIRITTI_SEGRETERIA"), Name: s.must("name", "Diritti di segreteria")}
	if v.Type != "" && !keyShape.MatchString(v.Type) {
		s.bad("type", fmt.Sprintf("%q non è il codice di un tipo pendenza", v.Type), "copiare il codice dalla piattaforma: lettere, cifre, - e _ (al massimo 35)")
	}
	s.atMost("name", v.Name, 70)
	first := ""
	if len(creditors) > 0 {
		first = creditors[0].TaxCode
	}
	v.Creditor = s.text("creditor", first)
	if !slices.ContainsFunc(creditors, func(c Creditor) bool { return c.TaxCode == v.Creditor }) && len(creditors) > 0 {
		s.bad("creditor", fmt.Sprintf("%q non è fra gli enti di creditors", v.Creditor), "scrivere il codice fiscale di uno di loro, o aggiungerlo là")
	}
	v.Reason = s.text("reason", v.Name)
	s.atMost("reason", v.Reason, 140)
	v.Cents = int64(s.number("amount_cents", 0, 0, maxOfflineCents))
	readAccount(s, &v)
	if v.Taxonomy = s.text("taxonomy", ""); v.Taxonomy != "" {
		v.Taxonomy = s.oneOf("taxonomy", "", taxonomies...)
	}
	v.DueDays = s.number("due_days", 0, 0, 3650)
	if path := s.text("form", ""); path != "" {
		v.Form = s.formFile("form", path)
	}
	s.close()
	return v
}

// atMost refuses what the platform would refuse: too long, or with blanks around it.
func (s *section) atMost(name, value string, most int) {
	if n := utf8.RuneCountInString(value); n > most || strings.TrimSpace(value) != value {
		s.bad(name, fmt.Sprintf("ha %d caratteri, o spazi intorno", n), fmt.Sprintf("scrivere al massimo %d caratteri, senza spazi prima e dopo", most))
	}
}

// readAccount reads where the money of a service goes.
func readAccount(s *section, v *Service) {
	v.EntryCode, v.IBAN = s.text("entry_code", ""), strings.ReplaceAll(s.text("iban", ""), " ", "")
	v.AccountingKind, v.AccountingCode = s.text("accounting_kind", ""), s.text("accounting_code", "")
	switch {
	case v.EntryCode == "" && v.IBAN == "":
		s.bad("entry_code", "non si sa dove va il denaro", "aggiungere «entry_code: …» (un'entrata della piattaforma), oppure iban, accounting_kind e accounting_code")
		return
	case v.EntryCode != "" && v.IBAN+v.AccountingKind+v.AccountingCode != "":
		s.bad("entry_code", "un'entrata della piattaforma ha già il suo conto", "tenere entry_code, oppure iban, accounting_kind e accounting_code")
		return
	case v.EntryCode != "":
		if !keyShape.MatchString(v.EntryCode) {
			s.bad("entry_code", fmt.Sprintf("%q non è il codice di un'entrata", v.EntryCode), "copiare il codice dalla piattaforma: lettere, cifre, - e _ (al massimo 35)")
		}
		return
	}
	if !ibanShape.MatchString(v.IBAN) || !ibanSum(v.IBAN) {
		s.bad("iban", "non è un IBAN italiano: 27 caratteri, con le cifre di controllo giuste", "copiarlo da un documento della tesoreria; deve essere censito sulla piattaforma")
	}
	s.oneOf("accounting_kind", "", "CAPITOLO", "SPECIALE", "SIOPE", "ALTRO")
	if !accountingShape.MatchString(v.AccountingCode) {
		s.bad("accounting_code", fmt.Sprintf("%q non va bene: con iban serve il codice di contabilità", v.AccountingCode), "scrivere da 3 a 138 caratteri senza spazi, come dice la ragioneria")
	}
}

// ibanSum checks the two control digits (ISO 13616: remainder 1 by 97).
func ibanSum(iban string) bool {
	var digits strings.Builder
	for _, c := range iban[4:] + iban[:4] {
		if c >= 'A' {
			fmt.Fprintf(&digits, "%d", c-'A'+10)
		} else {
			digits.WriteRune(c)
		}
	}
	n, ok := new(big.Int).SetString(digits.String(), 10)
	return ok && n.Mod(n, big.NewInt(97)).Int64() == 1
}

// formFile reads a JSON schema: an object with the fields under properties.
func (s *section) formFile(name, path string) json.RawMessage {
	b, ok := s.readable(name, path)
	if !ok {
		return nil
	}
	remedy := `deve contenere uno schema JSON: {"type": "object", "properties": {…}}`
	var schema struct {
		Type       string                     `json:"type"`
		Properties map[string]json.RawMessage `json:"properties"`
	}
	err := json.Unmarshal(b, &schema)
	var syntax *json.SyntaxError
	switch {
	case len(b) > maxForm:
		s.bad(name, fmt.Sprintf("il file %s supera %d KiB", path, maxForm>>10), remedy)
	case errors.As(err, &syntax):
		line := 1 + bytes.Count(b[:min(int(syntax.Offset), len(b))], []byte("\n"))
		s.bad(name, fmt.Sprintf("il file %s non è JSON (riga %d)", path, line), "correggere virgole, virgolette e parentesi di quella riga")
	case err != nil || schema.Type != "" && schema.Type != "object":
		s.bad(name, "il file "+path+" non descrive un oggetto", remedy)
	case len(schema.Properties) == 0:
		s.bad(name, "il file "+path+" non ha campi", remedy)
	default:
		return b
	}
	return nil
}
