package till

import (
	"context"

	"sportello/protocol/local"
)

// Resolve proposes what became of a payment of unknown outcome (design 5.5).
func (t *Till) Resolve(_ context.Context, op local.Operator, paymentID string, req local.ResolutionRequest) (local.Payment, error) {
	return local.Payment{}, &local.Error{Code: local.CodeNotServed, PaymentID: paymentID}
}

// Countersign signs, or turns down, what another person has proposed about a payment.
func (t *Till) Countersign(_ context.Context, op local.Operator, paymentID string, req local.CountersignRequest) (local.Payment, error) {
	return local.Payment{}, &local.Error{Code: local.CodeNotServed, PaymentID: paymentID}
}

// EndCase ends a case with its proof, or proposes to where that needs two people.
func (t *Till) EndCase(_ context.Context, op local.Operator, caseID string, req local.EndingRequest) (local.Case, error) {
	return local.Case{}, &local.Error{Code: local.CodeNotServed, Detail: caseID}
}

// CountersignCase signs, or turns down, another person's ending of a case.
func (t *Till) CountersignCase(_ context.Context, op local.Operator, caseID string, req local.CountersignRequest) (local.Case, error) {
	return local.Case{}, &local.Error{Code: local.CodeNotServed, Detail: caseID}
}

// Reverse gives a charge back.
func (t *Till) Reverse(_ context.Context, op local.Operator, paymentID string, req local.ActionRequest) (local.Payment, error) {
	return local.Payment{}, &local.Error{Code: local.CodeNotServed, PaymentID: paymentID}
}
