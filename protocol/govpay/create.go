package govpay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"
)

// NewPosition is a debt that we create. Application and ID are its key: the same
// key with the same content creates nothing twice; see [PositionID].
type NewPosition struct {
	Application string // idA2A: must be the calling application
	ID          string // idPendenza
	Type        string // idTipoPendenza
	Creditor    string // tax code
	Unit        string // idUnitaOperativa, "" for the whole body

	Reason string // causale, 1 to 140 characters; no personal data
	Debtor NewDebtor
	Cents  int64 // must be the sum of the lines

	DueBy, ValidUntil   time.Time // days; zero: none
	Year                int       // annoRiferimento; 0: none
	NoticeTaxonomy      string    // tassonomiaAvviso: one of the platform's 13 words, or ""
	Direction, Division string    // the office, for reports
	Lines               []NewLine // 1 to 5
}

// NewDebtor is who owes. Personal data.
type NewDebtor struct {
	Company                        bool
	TaxCode                        string // up to 16 characters
	Name                           string // up to 70
	Address, Number, Postcode      string
	Town, Province, Country, Email string
}

// NewLine is one item: to an account code (EntryCode), or to an IBAN with its
// accounting. Stamp duty is not created at a counter: no terminal can pay it.
type NewLine struct {
	ID          string // unique in the position
	Cents       int64
	Description string // 1 to 140 characters

	EntryCode string // codEntrata; or else:

	IBAN, SupportIBAN string
	AccountingKind    string // CAPITOLO, SPECIALE, SIOPE, ALTRO
	AccountingCode    string // 3 to 138 characters without blanks
}

// Created is what the platform made of it.
type Created struct {
	Creditor, Notice string
	UUID             string
	New              bool   // created now (201); false: it was there and has been brought up to date (200)
	PDF              []byte // the notice, if asked for
	TransactionID    string
}

// Create makes a position, or brings the one with the same key up to date, with
// API Pendenze. Repeating it is safe while nobody has paid or withdrawn the
// position: paid, it is refused with VER_003; withdrawn, it comes back to life.
// Before a late repeat, look with [Client.PositionByID].
func (c *Client) Create(ctx context.Context, n NewPosition, withPDF bool) (Created, error) {
	const operation = "crea pendenza"
	if err := n.check(); err != nil {
		return Created{}, fmt.Errorf("govpay %s: %w", operation, err)
	}
	body, err := json.Marshal(n.wire())
	if err != nil {
		return Created{}, fmt.Errorf("govpay %s: %w", operation, ErrArgument)
	}
	var wire wireCreated
	r, err := c.exchange(ctx, call{
		operation: operation, api: Pendenze, method: http.MethodPut, path: "/pendenze/" + n.Application + "/" + n.ID,
		query: url.Values{"stampaAvviso": {strconv.FormatBool(withPDF)}}, body: body,
		success: []int{http.StatusOK, http.StatusCreated}, timeout: c.conf.Timeouts.Create,
	}, &wire)
	if err != nil {
		return Created{}, err
	}
	created, err := wire.created()
	if err != nil {
		f := malformed(operation, r.transaction, err)
		f.API, f.Status = Pendenze, r.status
		return Created{}, f
	}
	if created.Creditor != n.Creditor {
		f := mismatch(operation, r.transaction, "creditor")
		f.API, f.Status = Pendenze, r.status
		return Created{}, f
	}
	created.New, created.TransactionID = r.status == http.StatusCreated, r.transaction
	return created, nil
}

type wireCreated struct {
	IDDominio    string `json:"idDominio"`
	NumeroAvviso string `json:"numeroAvviso"`
	UUID         string `json:"UUID"`
	PDF          []byte `json:"pdf"` // Base64
}

func (w *wireCreated) created() (Created, error) {
	if _, err := checkNotice(w.IDDominio, w.NumeroAvviso); err != nil { // not its text: it repeats the number
		return Created{}, fmt.Errorf("%w: idDominio or numeroAvviso of %d characters", ErrMalformed, len(w.NumeroAvviso))
	}
	if len(w.PDF) > 0 && !bytes.HasPrefix(w.PDF, []byte("%PDF-")) {
		return Created{}, fmt.Errorf("%w: pdf is not a PDF", ErrMalformed)
	}
	return Created{Creditor: token(w.IDDominio, 35), Notice: w.NumeroAvviso, UUID: token(w.UUID, 70), PDF: w.PDF}, nil
}

var (
	countryForm    = regexp.MustCompile(`^[A-Z]{2}$`)
	accountingForm = regexp.MustCompile(`^\S{3,138}$`)
	ibanForm       = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`)
	accountingKind = map[string]bool{"CAPITOLO": true, "SPECIALE": true, "SIOPE": true, "ALTRO": true}
)

// check applies the platform's limits, so that what it would refuse never leaves.
// Values of the debtor are not repeated in the error.
func (n NewPosition) check() error {
	for _, id := range []struct{ what, value string }{
		{"application", n.Application}, {"id", n.ID}, {"type", n.Type},
		{"unit", or(n.Unit, "x")}, {"direction", or(n.Direction, "x")}, {"division", or(n.Division, "x")},
	} {
		if !isID(id.value) {
			return fmt.Errorf("%w: %s %q must be 1 to 35 letters, digits, - or _", ErrArgument, id.what, clip(id.value, 40))
		}
	}
	d := n.Debtor
	for _, t := range []struct {
		what, value string
		min, max    int
	}{
		{"reason", n.Reason, 1, 140}, {"debtor's tax code", d.TaxCode, 1, 16}, {"debtor's name", d.Name, 1, 70},
		{"address", d.Address, 0, 70}, {"house number", d.Number, 0, 16}, {"postcode", d.Postcode, 0, 16},
		{"town", d.Town, 0, 35}, {"province", d.Province, 0, 35}, {"e-mail", d.Email, 0, 256}, {"notice taxonomy", n.NoticeTaxonomy, 0, 100},
	} {
		if length := utf8.RuneCountInString(t.value); length < t.min || length > t.max || clip(t.value, t.max) != t.value {
			return fmt.Errorf("%w: %s must have %d to %d characters and no blanks around it", ErrArgument, t.what, t.min, t.max)
		}
	}
	switch {
	case !allDigits(n.Creditor, 11):
		return fmt.Errorf("%w: creditor %q is not 11 digits", ErrArgument, clip(n.Creditor, 35))
	case d.Country != "" && !countryForm.MatchString(d.Country):
		return fmt.Errorf("%w: a country is two capital letters", ErrArgument)
	case n.Year != 0 && (n.Year < 1900 || n.Year > 9999):
		return fmt.Errorf("%w: year %d", ErrArgument, n.Year)
	case len(n.Lines) < 1 || len(n.Lines) > 5:
		return fmt.Errorf("%w: %d lines, must be 1 to 5", ErrArgument, len(n.Lines))
	}
	ids, sum := make(map[string]bool), int64(0)
	for i, l := range n.Lines {
		if err := l.check(); err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
		if ids[l.ID] {
			return fmt.Errorf("line %d: %w: id %q twice", i+1, ErrArgument, l.ID)
		}
		ids[l.ID] = true
		sum += l.Cents
	}
	if n.Cents != sum || n.Cents < 1 || n.Cents > MaxCents {
		return fmt.Errorf("%w: %d cents, lines have %d", ErrArgument, n.Cents, sum)
	}
	return nil
}

func (l NewLine) check() error {
	switch {
	case !isID(l.ID):
		return fmt.Errorf("%w: id %q", ErrArgument, clip(l.ID, 40))
	case l.Cents < 1 || l.Cents > MaxCents:
		return fmt.Errorf("%w: %d cents", ErrArgument, l.Cents)
	case l.Description == "" || clip(l.Description, 140) != l.Description:
		return fmt.Errorf("%w: description must have 1 to 140 characters", ErrArgument)
	case (l.EntryCode == "") == (l.IBAN == ""):
		return fmt.Errorf("%w: one of entry code and IBAN", ErrArgument)
	case l.EntryCode != "" && !isID(l.EntryCode):
		return fmt.Errorf("%w: entry code %q", ErrArgument, clip(l.EntryCode, 40))
	case l.EntryCode != "" && (l.SupportIBAN != "" || l.AccountingKind != "" || l.AccountingCode != ""):
		return fmt.Errorf("%w: an entry code brings its own accounting", ErrArgument)
	case l.IBAN != "" && !ibanForm.MatchString(l.IBAN), l.SupportIBAN != "" && !ibanForm.MatchString(l.SupportIBAN):
		return fmt.Errorf("%w: IBAN", ErrArgument)
	case l.IBAN != "" && (!accountingKind[l.AccountingKind] || !accountingForm.MatchString(l.AccountingCode)):
		return fmt.Errorf("%w: an IBAN needs accounting kind and code", ErrArgument)
	}
	return nil
}
