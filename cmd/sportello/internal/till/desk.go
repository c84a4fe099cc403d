package till

import (
	"context"
	"strings"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// What people write: longer is not a note, and never a card number.
const (
	maxNote = 500
	maxAuth = 12
)

// Resolve proposes what became of a payment of unknown outcome, or of a reversal (design 5.5): anybody who
// signs with a name, once the driver has nothing more to ask; a supervisor at any time. A charge for which
// the terminal's own evidence speaks is concluded at once; everything else waits for a second person.
func (t *Till) Resolve(ctx context.Context, op local.Operator, paymentID string, req local.ResolutionRequest) (local.Payment, error) {
	if err := signs(op); err != nil {
		return local.Payment{}, err
	}
	if err := checkResolution(req); err != nil {
		return local.Payment{}, err
	}
	p, err := t.undecided(ctx, paymentID)
	if err != nil {
		return local.Payment{}, err
	}
	verdict, fits := answers[p.State][req.Answer]
	switch {
	case p.State != ledger.Unknown && p.State != ledger.Reversing:
		return local.Payment{}, &local.Error{Code: local.CodeStateChanged, PaymentID: p.ID}
	case !fits:
		return local.Payment{}, wrong("answer")
	case !p.NeedsPeople && op.Role != local.RoleSupervisor:
		return local.Payment{}, &local.Error{Code: local.CodeForbiddenRole, PaymentID: p.ID}
	}
	if err := t.early(p, verdict); err != nil {
		return local.Payment{}, err
	}
	auth := strings.ToUpper(req.AuthCode)
	var told *driver.Charge
	if s := t.stations[p.Terminal]; s != nil && verdict == driver.Charged && req.EvidenceSeq == p.EvidenceSeq { // else the ledger says that it is stale
		if told, err = s.agrees(p, req.STAN, auth); err != nil {
			return local.Payment{}, internal(err)
		}
	}
	p, err = t.o.Ledger.Propose(p.ID, req.EvidenceSeq, ledger.Proposal{Answer: verdict, Charge: told,
		STAN: req.STAN, AuthCode: auth, Note: strings.TrimSpace(req.Note), By: op.ID})
	if err != nil {
		return local.Payment{}, about(paymentID, err)
	}
	return t.decided(p), nil
}

// Countersign signs, or turns down, what another person has proposed about a payment. Who proposed may
// take it back.
func (t *Till) Countersign(ctx context.Context, op local.Operator, paymentID string, req local.CountersignRequest) (local.Payment, error) {
	p, err := t.undecided(ctx, paymentID)
	switch {
	case err != nil:
		return local.Payment{}, err
	case open(p) && p.Proposal == nil && req.Accept && req.EvidenceSeq == p.EvidenceSeq:
		return local.Payment{}, &local.Error{Code: local.CodeNoProposal, PaymentID: p.ID}
	case p.Proposal == nil:
		return local.Payment{}, &local.Error{Code: local.CodeStateChanged, PaymentID: p.ID}
	}
	if err := countersigns(op, *p.Proposal, req); err != nil {
		return local.Payment{}, err
	}
	if err := t.early(p, p.Proposal.Answer); req.Accept && err != nil {
		return local.Payment{}, err
	}
	if p, err = t.o.Ledger.Countersign(p.ID, req.EvidenceSeq, op.ID, req.Accept); err != nil {
		return local.Payment{}, about(paymentID, err)
	}
	return t.decided(p), nil
}

// EndCase ends a case with its proof, or proposes to where that needs two people: then a clerk may, too. A supervisor may
// also have its rejected notices submitted again.
func (t *Till) EndCase(_ context.Context, op local.Operator, caseID string, req local.EndingRequest) (local.Case, error) {
	if err := signs(op); err != nil {
		return local.Case{}, err
	}
	c, err := t.o.Ledger.Case(caseID)
	switch {
	case err != nil:
		return local.Case{}, internal(err)
	case op.Role != local.RoleSupervisor && (!c.NeedsTwo || req.Ending == local.EndingResubmit):
		return local.Case{}, &local.Error{Code: local.CodeForbiddenRole}
	}
	if err := t.mayEndGate(c); err != nil {
		return local.Case{}, err
	}
	proof := strings.TrimSpace(req.Proof)
	switch {
	case req.Ending != local.EndingRefunded && req.Ending != local.EndingClosed && req.Ending != local.EndingResubmit:
		return local.Case{}, wrong("ending")
	case proof == "":
		return local.Case{}, wrong("proof")
	}
	if err := checkNote("proof", proof); err != nil {
		return local.Case{}, err
	}
	end := t.o.Ledger.ProposeEnding
	if req.Ending == local.EndingResubmit {
		end = t.o.Ledger.Resubmit
	}
	c, err = end(caseID, req.Seq, ledger.Proposal{Ending: req.Ending, Note: proof, By: op.ID})
	if err != nil {
		return local.Case{}, internal(err)
	}
	return t.ended(c), nil
}

// CountersignCase signs, or turns down, another person's ending of a case.
func (t *Till) CountersignCase(_ context.Context, op local.Operator, caseID string, req local.CountersignRequest) (local.Case, error) {
	c, err := t.o.Ledger.Case(caseID)
	switch {
	case err != nil:
		return local.Case{}, internal(err)
	case c.Ended.IsZero() && c.Proposal == nil && req.Accept && req.EvidenceSeq == c.Seq:
		return local.Case{}, &local.Error{Code: local.CodeNoProposal, PaymentID: c.PaymentID}
	case c.Proposal == nil:
		return local.Case{}, &local.Error{Code: local.CodeStateChanged, PaymentID: c.PaymentID}
	}
	if err := countersigns(op, *c.Proposal, req); err != nil {
		return local.Case{}, err
	}
	if err := t.mayEndGate(c); req.Accept && err != nil {
		return local.Case{}, err
	}
	if c, err = t.o.Ledger.CountersignEnding(c.ID, req.EvidenceSeq, op.ID, req.Accept); err != nil {
		return local.Case{}, internal(err)
	}
	return t.ended(c), nil
}

// signs refuses an operator who names nobody: two signatures are of two people.
func signs(op local.Operator) error {
	if op.ID == "" {
		return &local.Error{Code: local.CodeOperatorNeeded}
	}
	return nil
}

// countersigns: a supervisor signs or turns down; the ledger sees to it that it is not who proposed.
func countersigns(op local.Operator, p ledger.Proposal, req local.CountersignRequest) error {
	if op.Role != local.RoleSupervisor && (req.Accept || p.By != op.ID) {
		return &local.Error{Code: local.CodeForbiddenRole}
	}
	return signs(op)
}

// answers is what people may say of a payment in each state: never "not charged" of a reversal.
var answers = map[ledger.State]map[local.Answer]driver.Verdict{
	ledger.Unknown: {
		local.AnswerCharged: driver.Charged, local.AnswerNotCharged: driver.NotCharged, local.AnswerUnknown: driver.Unknown,
	},
	ledger.Reversing: {
		local.AnswerReversed: driver.Reversed, local.AnswerNotReversed: driver.NotReversed, local.AnswerUnknown: driver.Unknown,
	},
}

// checkResolution refuses what cannot be on a slip.
func checkResolution(req local.ResolutionRequest) error {
	charged := req.Answer == local.AnswerCharged
	switch {
	case req.STAN != "" && (!charged || len(req.STAN) != 6 || strings.Trim(req.STAN, "0123456789") != "" || req.STAN == "000000"):
		return wrong("stan")
	case req.AuthCode != "" && (!charged || len(req.AuthCode) > maxAuth):
		return wrong("auth_code")
	}
	return checkNote("note", req.Note)
}

// checkNote refuses what people write where it is long, or may hold a card number.
func checkNote(field, s string) error {
	switch {
	case holdsCard(s):
		return &local.Error{Code: local.CodeCardNumber, Detail: field}
	case len(s) > maxNote:
		return wrong(field)
	}
	return nil
}

// holdsCard finds 13 to 19 digits with the check digit of a card number (ISO/IEC 7812-1), blanks and dashes
// apart. 18 are a notice number's, and no scheme's.
func holdsCard(s string) bool {
	var digits []byte
	for i := 0; i <= len(s); i++ {
		switch {
		case i < len(s) && s[i] >= '0' && s[i] <= '9':
			digits = append(digits, s[i]-'0')
		case i < len(s) && (s[i] == ' ' || s[i] == '-' || s[i] == '.'):
		default:
			if n := len(digits); n >= 13 && n <= 19 && n != 18 && checked(digits) {
				return true
			}
			digits = digits[:0]
		}
	}
	return false
}

func checked(digits []byte) bool {
	sum := 0
	for i, d := range digits {
		n := int(d)
		if (len(digits)-i)%2 == 0 {
			n = n*2 - 9*(n/5)
		}
		sum += n
	}
	return sum%10 == 0
}

func wrong(field string) error {
	return &local.Error{Code: local.CodeBadRequest, Detail: field, Args: map[string]string{local.ArgField: field}}
}

// about names the payment in a refusal of the ledger.
func about(id string, err error) error {
	e := ledgerError(err)
	if e.PaymentID == "" {
		e.PaymentID = id
	}
	return e
}

// decided shows what people have done to a payment. Where they have ended it, the gathering of evidence
// ends, too, and the terminal is looked at again: what it remembers is known now.
func (t *Till) decided(p ledger.Payment) local.Payment {
	t.publishPayment(p.ID)
	s := t.stations[p.Terminal]
	if s == nil {
		return t.view(p)
	}
	if p.State != ledger.Unknown && p.State != ledger.Reversing {
		s.mu.Lock()
		under := s.resolving == p.ID && s.halt != nil
		if under {
			s.halt()
		}
		s.mu.Unlock()
		if !under {
			_ = s.queue(s.greet) // busy: whoever has it looks by itself
		}
	}
	s.publish()
	return t.view(p)
}

// ended shows a case after its ending; the payment and the terminal may stand differently by it.
func (t *Till) ended(c ledger.Case) local.Case {
	if gated(c) {
		if err := t.readGate(); err != nil {
			t.o.Log.Error().Err(err).Str("case", c.ID).Msg("reading what keeps the ledger from charging")
		}
		t.publishAll()
	}
	if c.PaymentID != "" {
		if t.o.Queue != nil && c.Proposal == nil {
			t.o.Queue.Decided(c.PaymentID)
		}
		t.Changed(c.PaymentID)
	}
	if s := t.stations[c.Terminal]; s != nil {
		s.publish()
	}
	return t.viewCase(c)
}
