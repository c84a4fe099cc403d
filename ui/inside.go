package ui

import (
	"context"

	"sportello/protocol/local"
)

// Till is what the server needs from the inside. Every method may be called at once from many requests.
// An error that is a *local.Error is shown to people in their language; any other becomes `internal` and
// is logged.
type Till interface {
	Regional

	// Lookup asks the platform about what was scanned or typed. It changes nothing.
	Lookup(ctx context.Context, request local.LookupRequest) (local.Notice, error)
	// Pay answers when the intent is durable, or with a refusal. The same RequestID gives the same payment.
	// Its ctx does not end with the request: a closed page must not end a payment.
	Pay(ctx context.Context, by local.Operator, request local.PaymentRequest) (local.Payment, error)
	// Payments is a page of the archive. With RequestID nothing else is given.
	Payments(ctx context.Context, query local.PaymentQuery) (local.PaymentPage, error)
	// Story is everything that was written about a payment, oldest first.
	Story(ctx context.Context, id string) ([]local.StoryEntry, error)
	Payment(ctx context.Context, id string) (local.Payment, error)
	Receipt(ctx context.Context, id string) (local.Receipt, error)
	Terminals(ctx context.Context) ([]local.Terminal, error)
	// TerminalAction does one of: status last totals detect reprint close closing adopt free channel. The server has checked
	// the operator's role; like Pay it outlives the request.
	TerminalAction(ctx context.Context, by local.Operator, name, action string, request local.ActionRequest) (local.TerminalReport, error)
	Queue(ctx context.Context) ([]local.QueueItem, error)
	// Cases are the open ones, or with all those that have ended as well.
	Cases(ctx context.Context, all bool) ([]local.Case, error)

	// The desk (design 5.5). The server has checked the form and, where the method's comment says so, the
	// role; whose word suffices is the till's and the ledger's to know. None ends with its request.

	// Resolve proposes what became of an unknown payment; anybody who has signed in may.
	Resolve(ctx context.Context, by local.Operator, paymentID string, request local.ResolutionRequest) (local.Payment, error)
	// Countersign signs or turns down a proposal about a payment. Who signs is a supervisor; the till lets a
	// clerk take the own proposal back and nothing else.
	Countersign(ctx context.Context, by local.Operator, paymentID string, request local.CountersignRequest) (local.Payment, error)
	// Reverse answers when the intent to reverse is durable, or with a refusal; by is a supervisor. The same
	// RequestID gives the same reversal.
	Reverse(ctx context.Context, by local.Operator, paymentID string, request local.ActionRequest) (local.Payment, error)
	// EndCase ends a case, or proposes to where two people are needed; elsewhere it refuses a clerk.
	EndCase(ctx context.Context, by local.Operator, caseID string, request local.EndingRequest) (local.Case, error)
	// CountersignCase is Countersign for a case.
	CountersignCase(ctx context.Context, by local.Operator, caseID string, request local.CountersignRequest) (local.Case, error)

	// Snapshot holds every change whose event was published before the call. The server numbers it.
	Snapshot(ctx context.Context, by local.Operator) (local.Snapshot, error)
	// Check verifies the ledger; what it returns is sent as JSON.
	Check(ctx context.Context) (any, error)
}

// Regional is what the server needs of everything that has to do with the platform: its queue, papers,
// debts, and what happens while it is away. Errors and concurrency as Till's. What POSTs something outlives
// its request.
type Regional interface {
	// QueueStatus is the queue in a few figures.
	QueueStatus(ctx context.Context) (local.QueueStatus, error)
	// RegistrationReceipt is the pagoPA receipt of a payment's notice, counted from 0. With pdf its PDF is
	// wanted: kept, or fetched now and then kept; where there is none, CodeReceiptPDFMissing.
	RegistrationReceipt(ctx context.Context, paymentID string, notice int, pdf bool) (local.RegistrationReceipt, error)
	// SearchPositions asks the platform for a debtor's open positions.
	SearchPositions(ctx context.Context, request local.SearchRequest) (local.SearchResult, error)
	// Services are the debts that CreatePosition can make.
	Services(ctx context.Context) ([]local.Service, error)
	// CreatePosition creates a debt once for each request id, also after a restart, and looks its notice up.
	CreatePosition(ctx context.Context, by local.Operator, request local.CreateRequest) (local.Notice, error)
	// NoticePDF is the paper of a notice.
	NoticePDF(ctx context.Context, request local.NoticeRef) ([]byte, error)
	// Offline opens or closes a period of charging while the platform is away; by is a supervisor.
	Offline(ctx context.Context, by local.Operator, request local.OfflineRequest) (local.Offline, error)
}

// Operators knows who may sign in. Check is called by one request at a time, since a PIN's hash costs
// memory; a wrong id or PIN is a *local.Error with CodeBadCredentials, the same for both.
type Operators interface {
	Check(id, pin string) (local.Operator, error)
}

// Roster is what Operators may also know: all who may sign in, by name, so that people read names instead of ids.
type Roster interface {
	All() []local.Operator
}
