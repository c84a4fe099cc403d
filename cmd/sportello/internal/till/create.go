package till

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"sportello/protocol/govpay"
	"sportello/protocol/local"
	"sportello/protocol/pagopa"
)

// Limits on what is created (govpay 2.4, ECR17 2.2).
const (
	maxReason  = 140
	maxCreated = 99_999_999 // cents that a terminal can charge
)

// CreatePosition creates a debt on the platform and gives its notice, ready for the cart. Its identifier comes
// from the installation and the request, so that a repeat, also one after a restart, creates nothing twice; and
// what is there already is never brought up to date: a debt that was paid or withdrawn meanwhile stays so.
func (t *Till) CreatePosition(ctx context.Context, op local.Operator, req local.CreateRequest) (local.Notice, error) {
	if req.RequestID == "" || len(req.RequestID) > maxRequestID {
		return local.Notice{}, &local.Error{Code: local.CodeRequestIDMissing}
	}
	s, err := t.service(ctx, req.Service, req.Creditor)
	if err != nil {
		return local.Notice{}, err
	}
	wanted, err := t.newPosition(s, req)
	if err != nil {
		return local.Notice{}, err
	}
	number, err := t.createOnce(ctx, wanted)
	if err != nil {
		return local.Notice{}, err
	}
	t.o.Log.Info().Str("service", s.Type).Str("operator", op.ID).Str("position", wanted.ID).Msg("a debt was created, or found as created")
	n := local.Notice{Creditor: wanted.Creditor, CreditorName: wanted.Creditor, Number: number}
	if c, ok := t.creditor(wanted.Creditor); ok {
		n.CreditorName = c.Name
	}
	seen, err := t.look(ctx, n)
	if err != nil { // it is there all the same; charging verifies again
		n.Description, n.Debtor, n.AmountCents = wanted.Reason, wanted.Debtor.Name, wanted.Cents
		n.Payable, n.Warnings = true, []local.Reason{t.reasonOf(err)}
		return n, nil
	}
	return seen, nil
}

// createOnce makes the position unless it is there, and says its notice number.
func (t *Till) createOnce(ctx context.Context, n govpay.NewPosition) (string, error) {
	there, err := t.o.Platform.PositionByID(ctx, govpay.Pendenze, n.Application, n.ID)
	switch {
	case err == nil:
		return there.Notice, asCreated(there, n)
	case govpay.OutcomeOf(err) != govpay.OutcomeNotFound:
		return "", platformError(err)
	}
	made, err := t.o.Platform.Create(ctx, n, false)
	switch f := faultOf(err); {
	case err == nil:
		return made.Notice, nil
	case f != nil && f.Codice == "VER_003": // another request of the same name was quicker, and it is paid
		return "", &local.Error{Code: local.CodePositionAlreadyPaid, Detail: f.Error(), Err: err}
	case f != nil && notOurs[f.Codice]:
		return "", &local.Error{Code: local.CodePositionExistsOther, Detail: f.Error(), Err: err}
	case errors.Is(err, govpay.ErrArgument): // its text repeats no value of the debtor's
		return "", &local.Error{Code: local.CodeTroubleData, Detail: err.Error(), Err: err}
	}
	return "", platformError(err)
}

// notOurs are the codes by which the platform says that the identifier is another debt's: what it has cannot
// become what we want.
var notOurs = map[string]bool{"VER_004": true, "VER_005": true, "VER_006": true, "VER_007": true, "VER_023": true}

func faultOf(err error) *govpay.Fault {
	var f *govpay.Fault
	if errors.As(err, &f) {
		return f
	}
	return nil
}

// asCreated compares the position that is there with the one that is wanted, and refuses one that is over.
func asCreated(there govpay.Position, n govpay.NewPosition) error {
	switch there.State {
	case govpay.StateOpen, govpay.StateExpired:
	case govpay.StateCancelled:
		return &local.Error{Code: local.CodeNoticeCancelled}
	default:
		return &local.Error{Code: local.CodePositionAlreadyPaid}
	}
	if there.Creditor != n.Creditor || there.Type != n.Type || there.Cents != n.Cents || there.Notice == "" ||
		oneSpace(there.Reason) != oneSpace(n.Reason) || !strings.EqualFold(there.Debtor.TaxCode, n.Debtor.TaxCode) {
		return &local.Error{Code: local.CodePositionExistsOther}
	}
	return nil
}

// newPosition is the debt that a request asks for.
func (t *Till) newPosition(s Service, req local.CreateRequest) (govpay.NewPosition, error) {
	debtor, err := newDebtor(req.Debtor)
	if err != nil {
		return govpay.NewPosition{}, err
	}
	f, err := readForm(s.Form)
	if err != nil {
		return govpay.NewPosition{}, &local.Error{Code: local.CodeServiceNotFound, Detail: err.Error(), Err: err}
	}
	if name, why := f.check(req.Fields); why != "" {
		return govpay.NewPosition{}, t.formError(f.label(name), why)
	}
	cents := s.Cents
	if cents == 0 {
		cents = req.AmountCents
	}
	reason := oneSpace(req.Reason)
	if reason == "" {
		reason = fillIn(s.Reason, req.Fields)
	}
	switch {
	case t.o.Application == "":
		return govpay.NewPosition{}, &local.Error{Code: local.CodeServiceNotFound, Detail: "platform.application is not configured"}
	case req.AmountCents != 0 && req.AmountCents != cents:
		return govpay.NewPosition{}, t.formError(fieldAmount, local.FormChoice)
	case cents < 1 || cents > maxCreated:
		return govpay.NewPosition{}, t.formError(fieldAmount, local.FormRange)
	case reason == "":
		return govpay.NewPosition{}, t.formError(fieldReason, local.FormMissing)
	case utf8.RuneCountInString(reason) > maxReason:
		return govpay.NewPosition{}, t.formError(fieldReason, local.FormLength)
	}
	n := govpay.NewPosition{Application: t.o.Application, ID: govpay.PositionID(t.o.Installation, req.RequestID),
		Type: s.Type, Creditor: s.Creditor, Reason: reason, Debtor: debtor, Cents: cents, NoticeTaxonomy: s.Taxonomy,
		Lines: []govpay.NewLine{{ID: "1", Cents: cents, Description: reason, EntryCode: s.EntryCode,
			IBAN: s.IBAN, AccountingKind: s.AccountingKind, AccountingCode: s.AccountingCode}}}
	if s.DueDays > 0 {
		n.DueBy = time.Now().In(rome).AddDate(0, 0, s.DueDays)
	}
	return n, nil
}

// What the fields beside a service's own are called.
const (
	fieldAmount = "importo"
	fieldReason = "causale"
)

func (t *Till) formError(field, why string) error {
	return &local.Error{Code: local.CodeFormInvalid, Args: map[string]string{
		local.ArgField: field, local.ArgReason: local.FormText(why, t.lang())}}
}

// newDebtor checks who owes, within the platform's limits. No error repeats a value.
func newDebtor(d local.Debtor) (govpay.NewDebtor, error) {
	invalid := func(field string) (govpay.NewDebtor, error) {
		return govpay.NewDebtor{}, &local.Error{Code: local.CodeDebtorInvalid, Args: map[string]string{local.ArgField: field}}
	}
	code, err := pagopa.ParseTaxCode(d.TaxCode)
	if err != nil || d.Company && len(code.Code()) != 11 {
		return invalid(fieldTaxCode)
	}
	n := govpay.NewDebtor{Company: d.Company, TaxCode: code.Code(), Country: strings.ToUpper(strings.TrimSpace(d.Country))}
	for _, part := range []struct {
		name, value string
		to          *string
		min, max    int
	}{
		{"nome", d.Name, &n.Name, 1, 70}, {"indirizzo", d.Address, &n.Address, 0, 70}, {"numero civico", d.Number, &n.Number, 0, 16},
		{"CAP", d.Postcode, &n.Postcode, 0, 16}, {"comune", d.Town, &n.Town, 0, 35}, {"provincia", d.Province, &n.Province, 0, 35},
		{"email", d.Email, &n.Email, 0, 256},
	} {
		*part.to = oneSpace(part.value)
		if length := utf8.RuneCountInString(*part.to); length < part.min || length > part.max {
			return invalid(part.name)
		}
	}
	switch {
	case n.Country != "" && !twoLetters.MatchString(n.Country):
		return invalid("nazione")
	case n.Email != "" && !isEmail(n.Email):
		return invalid("email")
	}
	return n, nil
}

var (
	twoLetters  = regexp.MustCompile(`^[A-Z]{2}$`)
	placeholder = regexp.MustCompile(`\{[^{}]*\}`)
)

// fillIn puts fields of the form into a reason; a place that was not filled in is left out.
func fillIn(reason string, fields map[string]any) string {
	full := placeholder.ReplaceAllStringFunc(reason, func(place string) string {
		v, ok := fields[strings.Trim(place, "{}")]
		if !ok || v == nil {
			return ""
		}
		return fmt.Sprint(v)
	})
	return oneSpace(full)
}

// oneSpace leaves one blank between words and none around them.
func oneSpace(s string) string { return strings.Join(strings.Fields(s), " ") }
