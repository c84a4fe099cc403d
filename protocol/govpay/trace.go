package govpay

import (
	"context"
	"sync"
)

// Exchange is one answered call: which, and the platform's name of it.
type Exchange struct {
	Operation     string
	TransactionID string // X-Govpay-IdTransazione; "" when the answer had none
}

// Trace collects the exchanges made with a context, also those of calls that
// return a list or a PDF, or ask several times. It is safe for concurrent use.
type Trace struct {
	mu  sync.Mutex // guards all
	all []Exchange
}

// Exchanges returns what was collected so far, oldest first.
func (t *Trace) Exchanges() []Exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Exchange(nil), t.all...)
}

type traceKey struct{}

// WithTrace returns a context whose calls are collected in t.
func WithTrace(ctx context.Context, t *Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

const maxTrace = 1000

func note(ctx context.Context, operation, transaction string) {
	t, ok := ctx.Value(traceKey{}).(*Trace)
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.all) < maxTrace {
		t.all = append(t.all, Exchange{operation, transaction})
	}
}
