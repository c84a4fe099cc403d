package ui

import (
	"context"
	"net/http"
	"slices"
	"unicode"
	"unicode/utf8"

	"sportello/protocol/local"
)

// Characters of what people write on the desk. What it says, the till looks at.
const (
	maxNote = 500 // a note, a proof
	maxSlip = 16  // a number from a slip
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
		case !writing(request.STAN, maxSlip):
			return badRequest("stan")
		case !writing(request.AuthCode, maxSlip):
			return badRequest("auth_code")
		case !writing(request.Note, maxNote):
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
		if request.Channel != "" {
			return badRequest("channel")
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
		case request.Ending != local.EndingRefunded && request.Ending != local.EndingClosed && request.Ending != local.EndingResubmit:
			return badRequest("ending")
		case request.Proof == "" || !writing(request.Proof, maxNote):
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

// signing wants a supervisor who says what was seen. Turning down is also for who takes the own proposal
// back, which the till knows.
func signing(c *call, request local.CountersignRequest) error {
	switch {
	case request.EvidenceSeq == 0:
		return badRequest("evidence_seq")
	case !request.Accept:
		return nil
	}
	return supervisor(c)
}

func supervisor(c *call) error {
	if c.by.Role != local.RoleSupervisor {
		return &local.Error{Code: local.CodeForbiddenRole}
	}
	return nil
}

// writing is printable text of at most so many characters, in lines.
func writing(s string, most int) bool {
	if utf8.RuneCountInString(s) > most {
		return false
	}
	for _, c := range s {
		if c != '\n' && !unicode.IsPrint(c) {
			return false
		}
	}
	return true
}
