package ecr17

import (
	"fmt"
	"strings"
)

// Class is what operation a result belongs to, told by letter and length
// (2.10). The zero class is "length of no known result": no verdict from it.
type Class uint8

// Classes of results.
const (
	ClassUnknown    Class = iota
	ClassPayment          // E, 71: payment P, or card verification H
	ClassExtended         // E, 92: payment X
	ClassPaymentDCC       // V, 117: payment with currency data
	ClassReversal         // E, 84
	ClassPreauth          // e, 106
	ClassIncrement        // i, 75
	ClassClosure          // c, 74
	ClassClosureDCC       // v, 109
)

// Effect is what a "00" of a class did to the money.
type Effect uint8

// Effects.
const (
	EffectUnknown     Effect = iota
	EffectCharged            // the amount is in the message
	EffectPerhaps            // charged if it was a payment; no amount in the message
	EffectReturned           // money went back
	EffectBlocked            // blocked, amount in the message
	EffectBlockedMore        // blocked more, no amount
	EffectCollected          // a blocked amount was charged, no amount in the message
)

type classInfo struct {
	name   string
	letter byte
	length int
	effect Effect
}

var classes = [...]classInfo{
	ClassUnknown:    {"unknown result", 0, 0, EffectUnknown},
	ClassPayment:    {"payment or card verification", 'E', 71, EffectPerhaps},
	ClassExtended:   {"extended payment", 'E', 92, EffectCharged},
	ClassPaymentDCC: {"payment with currency data", 'V', 117, EffectCharged},
	ClassReversal:   {"reversal", 'E', 84, EffectReturned},
	ClassPreauth:    {"pre-authorisation", 'e', 106, EffectBlocked},
	ClassIncrement:  {"increment", 'i', 75, EffectBlockedMore},
	ClassClosure:    {"closure", 'c', 74, EffectCollected},
	ClassClosureDCC: {"closure with currency data", 'v', 109, EffectCollected},
}

func (c Class) info() classInfo {
	if int(c) < len(classes) {
		return classes[c]
	}
	return classes[ClassUnknown]
}

// String names the class.
func (c Class) String() string { return c.info().name }

// Letter is the message code of the class; 0 for ClassUnknown.
func (c Class) Letter() byte { return c.info().letter }

// Length is the message length of the class; 0 for ClassUnknown.
func (c Class) Length() int { return c.info().length }

// Effect is what "00" means for the money in this class.
func (c Class) Effect() Effect { return c.info().effect }

// IsPayment reports the classes that may answer a payment request.
func (c Class) IsPayment() bool {
	return c == ClassPayment || c == ClassExtended || c == ClassPaymentDCC
}

// ClassifyLast tells what operation a saved result belongs to, from letter and
// exact length only (2.10). It looks at nothing else: decode the message to
// learn whether it is sound.
func ClassifyLast(payload []byte) Class {
	if len(payload) < headerLen {
		return ClassUnknown
	}
	return classify(payload[9], len(payload))
}

func classify(letter byte, length int) Class {
	for c := ClassPayment; int(c) < len(classes); c++ {
		if classes[c].letter == letter && classes[c].length == length {
			return c
		}
	}
	return ClassUnknown
}

func resultLetter(letter byte) bool { return strings.IndexByte("EVeicv", letter) >= 0 }

// DCC is the currency block of V and v. Without Applied the rest means
// nothing; the merchant's amount stays the euro amount.
type DCC struct {
	Applied  bool
	Rate     string // 8 digits, 4 of them decimals
	Currency string
	Amount   string // 12 digits in the smallest unit of Currency
	Decimals string // 1 digit
}

// Result is the answer to a command that moves money, and to a card
// verification.
//
// ECR17 2.0: only "00" selects the positive body, every other code the
// negative one. 2.3: whether the currency was converted says the flag in the
// block, not the letter V; V may answer X too. 2.6: the card type of e is at
// 71, where its page says 48 and overlaps the amount. 2.7: i has a layout of
// its own and no documented negative body; v has no euro amount, so its
// currency block stands 8 earlier than in V. 2.8: a refused H has its action
// code at 37.
//
// Absent fields are empty; an amount has its own flag, since
// zero is an amount.
type Result struct {
	Letter byte
	Class  Class
	TID    string
	Code   ResultCode

	PAN      PAN
	Entry    EntryMode
	AuthCode string
	HostTime HostTime
	Reason   string // bodies other than "00"

	CardType   CardType
	Acquirer   string
	STAN       string
	OnlineID   string
	ActionCode ActionCode
	// VerifyActionCode is the action code of a refused card verification.
	VerifyActionCode ActionCode

	AmountCents int64 // X, V: amount at the host; e: amount blocked
	HasAmount   bool
	PreauthCode string
	DCC         DCC

	Raw Raw // the message as it came, card number masked; not written by AppendPayload
}

// DecodeResult reads a result. With an error there is no verdict; what could
// be read is returned all the same, as evidence for people. Errors to tell
// apart: ErrContradictory (code and body disagree), ErrShort, ErrLength,
// ErrPANInClear (Strict only). An approval that the host calls pending or
// failed (3.3) is contradictory too. The caller still checks terminal id, class
// against the request, and amount.
func DecodeResult(payload []byte, mode Mode) (r Result, err error) {
	if mode == Lenient && readClean(&r, payload) {
		return r, nil
	}
	return decodeResult(payload, mode)
}

func decodeResult(payload []byte, mode Mode) (Result, error) {
	raw, clear := maskMessage(payload)
	s := string(raw)
	if err := checkHeader(payload, FromTerminal, mode); err != nil {
		return Result{Raw: raw}, err
	}
	if !resultLetter(s[9]) {
		return Result{Raw: raw}, kindError(s, "a result")
	}
	class, lengthErr := resultClass(s, mode)
	code := ""
	if len(s) >= bodyAt {
		code = s[10:12]
	}
	var v values
	err := resultTable(class, code == string(ResultOK), s).unpack(&v, s, mode)
	r := v.result(raw, class)
	switch {
	case lengthErr != nil:
		r.Class = ClassUnknown
		return r, lengthErr
	case contradictoryBody(s, code), err == nil && r.Code == ResultOK && r.ActionCode.Unsettled():
		return r, fmt.Errorf("ecr17: %v with result %q: %w", class, code, ErrContradictory)
	case err != nil:
		return r, err
	case clear && mode == Strict:
		return r, fmt.Errorf("ecr17: %v: %w", class, ErrPANInClear)
	}
	return r, nil
}

// resultClass finds the class whose table to read with. Without an exact one
// it is the shortest of the letter, with an error; when lenient, a message
// longer than every known one is read as the longest.
func resultClass(s string, mode Mode) (Class, error) {
	if c := classify(s[9], len(s)); c != ClassUnknown {
		return c, nil
	}
	shortest, longest := ClassUnknown, ClassUnknown
	for c := ClassPayment; int(c) < len(classes); c++ {
		if c.Letter() != s[9] {
			continue
		}
		if shortest == ClassUnknown || c.Length() < shortest.Length() {
			shortest = c
		}
		if c.Length() > longest.Length() {
			longest = c
		}
	}
	cause := ErrLength
	switch {
	case len(s) < shortest.Length():
		cause = ErrShort
	case len(s) > longest.Length() && mode == Lenient:
		return longest, nil
	case len(s) > longest.Length():
		cause = ErrLong
	}
	return shortest, fmt.Errorf("ecr17: result %q of %d bytes: %w", s[9:10], len(s), cause)
}

// resultTable chooses the body: only "00" selects the positive one. An
// increment's refused body is a text only where a text stands.
func resultTable(class Class, done bool, s string) *layout {
	t := classTables[class]
	if done || class == ClassIncrement && len(s) >= bodyAt+22 && !hasLetter(s[bodyAt:bodyAt+22]) {
		return t.done
	}
	return t.refused
}

// contradictoryBody looks for a denial text under "00" and for a card number
// or a host time under any other code (2.0 rule 6).
func contradictoryBody(s, code string) bool {
	if len(s) < bodyAt+panWidth || !allDigits(code) {
		return false
	}
	card := s[bodyAt : bodyAt+panWidth]
	if code == string(ResultOK) {
		return hasLetter(card) && !panShaped(card)
	}
	if s[9] == 'i' {
		return false
	}
	if panShaped(card) && countDigits(card) >= 4 && !zeros(card) {
		return true
	}
	if s[9] == 'e' || len(s) < 47 {
		return false
	}
	at := s[40:47]
	return EntryMode(s[31:34]).Known() && allDigits(at) && !zeros(at)
}

func (v *values) result(raw Raw, class Class) Result {
	r := Result{
		Letter:           v.code,
		Class:            class,
		TID:              v.text[fTID],
		Code:             ResultCode(v.text[fResult]),
		PAN:              v.pan(),
		Entry:            EntryMode(v.text[fEntry]),
		AuthCode:         v.text[fAuth],
		HostTime:         HostTime(v.text[fHostTime]),
		Reason:           v.text[fReason],
		CardType:         CardType(v.text[fCardType]),
		Acquirer:         v.text[fAcquirer],
		STAN:             v.text[fSTAN],
		OnlineID:         v.text[fOnline],
		ActionCode:       ActionCode(v.text[fAction]),
		VerifyActionCode: ActionCode(v.text[fVerifyAction]),
		PreauthCode:      v.text[fPreauth],
		DCC: DCC{
			Applied:  v.flag(fDCC),
			Rate:     v.text[fRate],
			Currency: v.text[fCurrency],
			Amount:   v.text[fForeign],
			Decimals: v.text[fDecimals],
		},
		Raw: raw,
	}
	r.AmountCents, r.HasAmount = v.amount(fAmount)
	return r
}

// pan is the card number; zeros throughout mean that no card was read.
func (v *values) pan() PAN {
	if zeros(v.text[fPAN]) {
		return PAN{}
	}
	return PAN{wire: v.text[fPAN]} // DecodeResult masked the message before it was read
}

// AppendPayload appends the message of r.Class; Letter and Raw are not used.
func (r Result) AppendPayload(dst []byte) ([]byte, error) {
	if r.Class == ClassUnknown || int(r.Class) >= len(classTables) {
		return dst, fmt.Errorf("ecr17: %v: %w", r.Class, ErrLength)
	}
	v := values{code: r.Class.Letter()}
	v.setText(fTID, r.TID)
	v.setText(fResult, string(r.Code))
	v.setText(fPAN, r.PAN.wire)
	v.setText(fEntry, string(r.Entry))
	v.setText(fAuth, r.AuthCode)
	v.setText(fHostTime, string(r.HostTime))
	v.setText(fReason, r.Reason)
	v.setText(fCardType, string(r.CardType))
	v.setText(fAcquirer, r.Acquirer)
	v.setText(fSTAN, r.STAN)
	v.setText(fOnline, r.OnlineID)
	v.setText(fAction, string(r.ActionCode))
	v.setText(fVerifyAction, string(r.VerifyActionCode))
	v.setText(fPreauth, r.PreauthCode)
	v.setAmount(fAmount, r.AmountCents, r.HasAmount)
	v.setFlag(fDCC, r.DCC.Applied)
	v.setText(fRate, r.DCC.Rate)
	v.setText(fCurrency, r.DCC.Currency)
	v.setText(fForeign, r.DCC.Amount)
	v.setText(fDecimals, r.DCC.Decimals)
	t := classTables[r.Class]
	if r.Code == ResultOK || r.Class == ClassIncrement && r.Reason == "" {
		return t.done.pack(dst, &v)
	}
	return t.refused.pack(dst, &v)
}
