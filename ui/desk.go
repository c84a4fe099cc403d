package ui

import (
	"context"
	"net/http"
	"slices"
	"unicode"
	"unicode/utf8"

	"sportello/protocol/local"
)

// Limits of what people write on the desk.
const (
	maxNote = 500 // characters of a note or a proof
	maxAuth = 8   // characters of an authorisation code; terminals print 6
)

var answers = []local.Answer{local.AnswerCharged, local.AnswerNotCharged, local.AnswerUnknown, local.AnswerReversed, local.AnswerNotReversed}

// resolve proposes what became of an unknown payment. Any operator may propose: whose answer suffices, and
// who must sign, the ledger knows (design 5.5). It bears a name, so that two people can be told apart.
func (s *Server) resolve(c *call) (answer, error) {
	var request local.ResolutionRequest
	return decide(s, c, &request, &request.RequestID, func() error {
		switch {
		case request.EvidenceSeq == 0:
			return badRequest("evidence_seq")
		case !slices.Contains(answers, request.Answer):
			return badRequest("answer")
		case request.STAN != "" && (request.Answer != local.AnswerCharged || !stan(request.STAN)):
			return badRequest("stan")
		case request.AuthCode != "" && (request.Answer != local.AnswerCharged || !authCode(request.AuthCode)):
			return badRequest("auth_code")
		case !writing(request.Note):
			return badRequest("note")
		}
		return nil
	}, func(ctx context.Context, id string) (local.Payment, error) {
		return s.options.Till.Resolve(ctx, c.by, id, request)
	})
}

// countersign signs or turns down another person's proposal about a payment.
func (s *Server) countersign(c *call) (answer, error) {
	var request local.CountersignRequest
	return decide(s, c, &request, &request.RequestID, func() error { return signing(c, request) },
		func(ctx context.Context, id string) (local.Payment, error) {
			return s.options.Till.Countersign(ctx, c.by, id, request)
		})
}

// reverse asks the terminal to give a charge back. Like pay it answers when the intent is durable.
func (s *Server) reverse(c *call) (answer, error) {
	var request local.ActionRequest
	a, err := decide(s, c, &request, &request.RequestID, func() error {
		if request.QuietTotals {
			return badRequest("quiet_totals")
		}
		return supervisor(c)
	}, func(ctx context.Context, id string) (local.Payment, error) {
		return s.options.Till.Reverse(ctx, c.by, id, request)
	})
	if err == nil {
		a.status = http.StatusAccepted
	}
	return a, err
}

// endCase ends a case with its proof. A clerk may propose where two people are needed; the till knows
// where, and refuses a clerk elsewhere.
func (s *Server) endCase(c *call) (answer, error) {
	var request local.EndingRequest
	return decide(s, c, &request, &request.RequestID, func() error {
		switch {
		case request.Seq == 0:
			return badRequest("seq")
		case request.Ending != local.EndingRefunded && request.Ending != local.EndingClosed:
			return badRequest("ending")
		case request.Proof == "" || !writing(request.Proof):
			return badRequest("proof")
		}
		return nil
	}, func(ctx context.Context, id string) (local.Case, error) {
		return s.options.Till.EndCase(ctx, c.by, id, request)
	})
}

// countersignCase signs or turns down another person's ending of a case.
func (s *Server) countersignCase(c *call) (answer, error) {
	var request local.CountersignRequest
	return decide(s, c, &request, &request.RequestID, func() error { return signing(c, request) },
		func(ctx context.Context, id string) (local.Case, error) {
			return s.options.Till.CountersignCase(ctx, c.by, id, request)
		})
}

// decide reads a person's decision about the payment or case of the path, checks it and has it carried
// out once, whatever becomes of the connection.
func decide[T any](s *Server, c *call, request any, requestID *string, check func() error, work func(context.Context, string) (T, error)) (answer, error) {
	id, err := pathValue(c.r, "id")
	if err != nil {
		return answer{}, err
	}
	if err := decode(c.w, c.r, request); err != nil {
		return answer{}, err
	}
	if c.session.fixed {
		return answer{}, &local.Error{Code: local.CodeOperatorNeeded}
	}
	if err := check(); err != nil {
		return answer{}, err
	}
	return s.repeats.once(c.r.Context(), c.by.ID, *requestID, c.r.URL.Path, request, func() (answer, error) {
		now, err := work(context.WithoutCancel(c.r.Context()), id)
		return answer{http.StatusOK, now}, err
	})
}

// signing wants a supervisor who says what was seen.
func signing(c *call, request local.CountersignRequest) error {
	if request.EvidenceSeq == 0 {
		return badRequest("evidence_seq")
	}
	return supervisor(c)
}

func supervisor(c *call) error {
	if c.by.Role != local.RoleSupervisor {
		return &local.Error{Code: local.CodeForbiddenRole}
	}
	return nil
}

// stan is 1 to 6 digits, not all zeros: that one names no transaction (ECR17 2.3).
func stan(s string) bool {
	if s == "" || len(s) > 6 {
		return false
	}
	some := false
	for _, d := range []byte(s) {
		if d < '0' || d > '9' {
			return false
		}
		some = some || d != '0'
	}
	return some
}

func authCode(s string) bool {
	if len(s) > maxAuth {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// writing is what a person wrote: printable, of bounded length, and without a card number, which must not
// get into the ledger in clear.
func writing(s string) bool {
	if utf8.RuneCountInString(s) > maxNote {
		return false
	}
	for _, c := range s {
		if c != '\n' && !unicode.IsPrint(c) {
			return false
		}
	}
	return !cardNumber(s)
}

// cardNumber finds 15, 16 or 19 digits in a row, blanks and hyphens between them apart, that have a card
// number's check digit. Notice numbers have 18 digits and IUVs 17.
func cardNumber(s string) bool {
	var digits []byte
	found := func() bool {
		n := len(digits)
		return (n == 15 || n == 16 || n == 19) && luhn(digits)
	}
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			digits = append(digits, byte(c-'0'))
		case c == ' ' || c == '-' || c == '.':
		default:
			if found() {
				return true
			}
			digits = digits[:0]
		}
	}
	return found()
}

func luhn(digits []byte) bool {
	sum := 0
	for i, d := range digits {
		n := int(d)
		if (len(digits)-i)%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}
