package govpaytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"sportello/protocol/pagopa"
)

// Seed is what the platform knows when it starts.
type Seed struct {
	V         int        `json:"v"`
	Creditors []Creditor `json:"creditors"`
	Debts     []Debt     `json:"debts"`
	Types     []Type     `json:"types,omitempty"` // the catalogue; without: DefaultTypes
}

// Creditor is a body whose debts the platform keeps and our application may see.
type Creditor struct {
	TaxCode string `json:"tax_code"`
	Name    string `json:"name"`
	// Settlement is who tells the platform of a charge: "" the terminal's provider,
	// SettlementPlatform only POST /pagamenti.
	Settlement string `json:"settlement,omitempty"`
	Station    string `json:"station,omitempty"`  // "": one for all
	Disabled   bool   `json:"disabled,omitempty"` // switched off by its administrator
}

// SettlementPlatform is a creditor whose charges are told to the platform by POST /pagamenti.
const SettlementPlatform = "platform"

// What the owner's application answers about a notice that the platform has not stored.
const (
	OwnerKnows     = "knows"
	OwnerUnknown   = "unknown"
	OwnerExpired   = "expired"
	OwnerPaid      = "paid"
	OwnerCancelled = "cancelled"
	OwnerDown      = "down"
)

// Debt is one position with its notice.
type Debt struct {
	Creditor      string `json:"creditor"`
	Notice        string `json:"notice"`
	Cents         int64  `json:"cents"`
	PrintedCents  int64  `json:"printed_cents,omitempty"` // 0: as Cents
	Type          string `json:"type,omitempty"`
	ID            string `json:"id,omitempty"`          // "": the notice number
	Application   string `json:"application,omitempty"` // "": TRIBUTI
	Reason        string `json:"reason"`
	Due           string `json:"due,omitempty"`         // yyyy-mm-dd, last day on which it can be paid
	ValidUntil    string `json:"valid_until,omitempty"` // yyyy-mm-dd
	State         string `json:"state,omitempty"`
	StampDuty     bool   `json:"stamp_duty,omitempty"`
	OtherCreditor string `json:"other_creditor,omitempty"`
	Debtor        Debtor `json:"debtor"`
	Document      string `json:"document,omitempty"`   // of an instalment plan
	Instalment    int    `json:"instalment,omitempty"` // 0: the single payment of the plan
	Spontaneous   bool   `json:"spontaneous,omitempty"`
	// Owner: "" the platform has stored the debt; otherwise it asks, and is told this.
	Owner string `json:"owner,omitempty"`
	// When ValidUntil has passed POST /pagamenti asks the owner again: OwnerCents is
	// then owed (0: unchanged); OwnerSilent, the owner does not answer.
	OwnerCents  int64 `json:"owner_cents,omitempty"`
	OwnerSilent bool  `json:"owner_silent,omitempty"`
	// Pending opens an attempt that never gets its receipt: one of the versions.
	Pending string `json:"pending,omitempty"`
	Lines   []Line `json:"lines,omitempty"` // 1 to 5; without: one
}

// Line is one line of a debt.
type Line struct {
	ID      string `json:"id"`
	Cents   int64  `json:"cents"`
	Reason  string `json:"reason"`
	IBAN    string `json:"iban,omitempty"`
	Revenue string `json:"revenue,omitempty"` // codEntrata, instead of an IBAN
}

// Debtor is who owes.
type Debtor struct {
	TaxCode string `json:"tax_code"`
	Name    string `json:"name"`
}

// QR is the text of the QR code printed on the notice.
func (d Debt) QR() string {
	cents := d.Cents
	if d.PrintedCents != 0 {
		cents = d.PrintedCents
	}
	return fmt.Sprintf("PAGOPA|002|%s|%s|%d", d.Notice, d.Creditor, cents)
}

// QR is the QR text of each debt, in the seed's order.
func (s Seed) QR() []string {
	texts := make([]string, 0, len(s.Debts))
	for _, d := range s.Debts {
		texts = append(texts, d.QR())
	}
	return texts
}

const maxSeed = 16 << 20

// ReadSeed reads and checks a seed. Unknown keys are errors. What is not as JSON has it is told with its line.
func ReadSeed(r io.Reader) (Seed, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxSeed))
	if err != nil {
		return Seed{}, fmt.Errorf("govpaytest: seed: %w", err)
	}
	var s Seed
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		at := dec.InputOffset()
		var kind *json.UnmarshalTypeError
		var syntax *json.SyntaxError
		switch {
		case errors.As(err, &kind):
			at = kind.Offset
		case errors.As(err, &syntax):
			at = syntax.Offset
		case errors.Is(err, io.ErrUnexpectedEOF):
			at = int64(len(b))
		}
		return Seed{}, fmt.Errorf("govpaytest: seed: line %d: %w", 1+bytes.Count(b[:min(int(at), len(b))], []byte("\n")), err)
	}
	if s.V != 1 {
		return Seed{}, fmt.Errorf("govpaytest: seed: version %d, this program reads 1", s.V)
	}
	return s, s.check()
}

func (s Seed) check() error {
	creditors := make(map[string]bool, len(s.Creditors))
	for _, c := range s.Creditors {
		if len(c.TaxCode) != 11 {
			return fmt.Errorf("govpaytest: seed: creditor %q is not 11 digits", c.TaxCode)
		}
		if c.Settlement != "" && c.Settlement != "terminal" && c.Settlement != SettlementPlatform {
			return fmt.Errorf("govpaytest: seed: settlement %q is neither terminal nor %s", c.Settlement, SettlementPlatform)
		}
		creditors[c.TaxCode] = true
	}
	seen := make(map[key]bool, len(s.Debts))
	for i, d := range s.Debts {
		if err := d.check(); err != nil {
			return fmt.Errorf("govpaytest: seed: debt %d: %w", i+1, err)
		}
		if !creditors[d.Creditor] {
			return fmt.Errorf("govpaytest: seed: debt %d: creditor %q is not among the creditors", i+1, d.Creditor)
		}
		k := key{d.Creditor, d.Notice}
		if seen[k] {
			return fmt.Errorf("govpaytest: seed: debt %d: notice %q is there twice", i+1, d.Notice)
		}
		seen[k] = true
	}
	return nil
}

func (d Debt) check() error {
	if _, err := pagopa.ParseNotice(d.Notice); err != nil {
		return err
	}
	if d.Cents < 0 || d.Cents > 99_999_999_999 {
		return fmt.Errorf("amount of %d cents", d.Cents)
	}
	for _, day := range []string{d.Due, d.ValidUntil} {
		if day == "" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return fmt.Errorf("day %q is not like 2026-12-31", day)
		}
	}
	switch d.State {
	case "", StatePaid, StateCancelled, StateIrregular, StateCollected:
	default:
		return fmt.Errorf("state %q is none of %s, %s, %s, %s or empty", d.State, StatePaid, StateCancelled, StateIrregular, StateCollected)
	}
	switch d.Pending {
	case "", VersionTerminal, VersionOldTerminal, VersionCart:
	default:
		return fmt.Errorf("pending %q is no version of an attempt", d.Pending)
	}
	switch d.Owner {
	case "", OwnerKnows, OwnerUnknown, OwnerExpired, OwnerPaid, OwnerCancelled, OwnerDown:
		return nil
	default:
		return fmt.Errorf("owner %q answers nothing known", d.Owner)
	}
}

// Demo is the built-in seed: debts a clerk meets on an ordinary day, with dates
// around now.
func Demo(now time.Time) Seed {
	const comune = "01199250158"
	day := func(days int) string { return now.AddDate(0, 0, days).Format(time.DateOnly) }
	year := now.Year()
	debt := func(n int, cents int64, typ, reason, due, code, name string) Debt {
		return Debt{
			Creditor: comune, Notice: demoNotice(n), Cents: cents, Type: typ,
			ID: fmt.Sprintf("%s-%d-%04d", typ, year, n), Reason: reason, Due: due,
			Debtor: Debtor{TaxCode: code, Name: name},
		}
	}
	seed := Seed{V: 1, Creditors: []Creditor{{TaxCode: comune, Name: "Comune di Esempio"}}}
	seed.Debts = []Debt{
		debt(1, 12345, "TARI", fmt.Sprintf("TARI %d saldo, Via Garibaldi 12", year), day(30), "RSSMRA80A01F205X", "Mario Rossi"),
		debt(2, 1600, "CIE", "Carta d'identità elettronica", day(60), "BNCNNA85M41H501N", "Anna Bianchi"),
		debt(3, 6250, "MENSA", "Refezione scolastica, terzo bimestre", day(10), "VRDLGU75D12H501F", "Luigi Verdi"),
		debt(4, 4200, "CDS", "Verbale di accertamento, codice della strada", day(5), "RSSMRA80A01F205X", "Mario Rossi"),
		debt(5, 8700, "TARI", fmt.Sprintf("TARI %d prima rata", year), day(20), "BNCNNA85M41H501N", "Anna Bianchi"),
		debt(6, 25000, "COSAP", "Occupazione di suolo pubblico", day(-1), "VRDLGU75D12H501F", "Luigi Verdi"),
		debt(7, 3000, "LAMPADE", "Illuminazione votiva", day(90), "RSSMRA80A01F205X", "Mario Rossi"),
	}
	seed.Debts[3].PrintedCents = 2940 // printed with the discount of the first five days
	seed.Debts[4].State = StatePaid
	seed.Debts[6].State = StateCancelled
	return seed
}

// demoNotice makes a notice number of aux digit 3 with right check digits.
func demoNotice(n int) string {
	base := fmt.Sprintf("30200010%08d", n)
	var mod int
	for _, r := range base {
		mod = (mod*10 + int(r-'0')) % 93
	}
	return fmt.Sprintf("%s%02d", base, mod)
}
