package main

import (
	"context"
	"time"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/settle"
	"sportello/cmd/sportello/internal/till"
	"sportello/protocol/govpay"
)

// platform is the client with the interfaces that verify in the configured order, and somebody who hears
// how each question went. seen is set before the first one.
type platform struct {
	client   *govpay.Client
	verifier *govpay.Verifier
	seen     func(error)
}

var (
	_ till.Platform   = (*platform)(nil)
	_ till.Lister     = (*platform)(nil)
	_ settle.Platform = (*platform)(nil)
)

// openPlatform contacts nobody yet.
func openPlatform(p config.Platform) (*platform, error) {
	client, err := govpay.New(p.GovPay())
	if err != nil {
		return nil, err
	}
	verifier, err := govpay.NewVerifier(client, p.Verify...)
	if err != nil {
		client.Close()
		return nil, err
	}
	return &platform{client: client, verifier: verifier, seen: func(error) {}}, nil
}

// Ask asks the interfaces that no payment goes without whether they are there and granted to us, with their two
// cheapest calls. The first that is not is the answer.
func (p *platform) Ask(ctx context.Context) error {
	vital := []govpay.API{p.verifier.Order()[0]}
	if p.client.Has(govpay.Ragioneria) && vital[0] != govpay.Ragioneria {
		vital = append(vital, govpay.Ragioneria)
	}
	for _, api := range vital {
		for _, f := range p.client.Probe(ctx, api, nil) {
			if f.Err != nil {
				return p.heard(f.Err)
			}
		}
	}
	return p.heard(nil)
}

// heard passes an error on after it was told; nil is told, too.
func (p *platform) heard(err error) error {
	p.seen(err)
	return err
}

// having is the first interface that has an address: the one asked for, or one of the others.
func (p *platform) having(api govpay.API, others ...govpay.API) govpay.API {
	for _, a := range append([]govpay.API{api}, others...) {
		if a != "" && p.client.Has(a) {
			return a
		}
	}
	return api // which is refused without a call
}

func (p *platform) Position(ctx context.Context, creditor, notice string) (govpay.Position, error) {
	v, err := p.verifier.Position(ctx, creditor, notice)
	return v, p.heard(err)
}

// Search asks the interface that sees most, where the query names none.
func (p *platform) Search(ctx context.Context, q govpay.Query) (govpay.Found, error) {
	q.API = p.having(q.API, govpay.Pagamento, govpay.Backoffice, govpay.Pendenze)
	v, err := p.client.Search(ctx, q)
	return v, p.heard(err)
}

func (p *platform) PositionByID(ctx context.Context, api govpay.API, application, id string) (govpay.Position, error) {
	v, err := p.client.PositionByID(ctx, p.having(api, govpay.Pendenze, govpay.Pagamento, govpay.Backoffice), application, id)
	return v, p.heard(err)
}

func (p *platform) Create(ctx context.Context, n govpay.NewPosition, withPDF bool) (govpay.Created, error) {
	v, err := p.client.Create(ctx, n, withPDF)
	return v, p.heard(err)
}

func (p *platform) Service(ctx context.Context, creditor, id string) (govpay.Service, error) {
	v, err := p.client.Service(ctx, creditor, id)
	return v, p.heard(err)
}

func (p *platform) Services(ctx context.Context, creditor string) ([]govpay.Service, error) {
	v, err := p.client.Services(ctx, creditor)
	return v, p.heard(err)
}

func (p *platform) NoticePDF(ctx context.Context, api govpay.API, creditor, notice string) ([]byte, error) {
	v, err := p.client.NoticePDF(ctx, p.having(api, govpay.Pagamento, govpay.Pendenze), creditor, notice)
	return v, p.heard(err)
}

func (p *platform) Receipts(ctx context.Context, creditor, iuv string) ([]govpay.ReceiptRef, error) {
	v, err := p.client.Receipts(ctx, creditor, iuv)
	return v, p.heard(err)
}

func (p *platform) ReceiptsSince(ctx context.Context, creditor string, since time.Time) ([]govpay.ReceiptRef, error) {
	v, err := p.client.ReceiptsSince(ctx, creditor, since)
	return v, p.heard(err)
}

func (p *platform) Receipt(ctx context.Context, creditor, iuv, id string) (govpay.Receipt, error) {
	v, err := p.client.Receipt(ctx, creditor, iuv, id)
	return v, p.heard(err)
}

func (p *platform) ReceiptPDF(ctx context.Context, creditor, iuv, id string) ([]byte, error) {
	v, err := p.client.ReceiptPDF(ctx, creditor, iuv, id)
	return v, p.heard(err)
}

// Submit leaves once; what its error means is NextOf's to say.
func (p *platform) Submit(ctx context.Context, s govpay.Submission) (govpay.Submitted, error) {
	v, err := p.client.Submit(ctx, s)
	return v, p.heard(err)
}

func (p *platform) Payment(ctx context.Context, id string) (govpay.Payment, error) {
	v, err := p.client.Payment(ctx, id)
	return v, p.heard(err)
}

func (p *platform) PaymentsBySession(ctx context.Context, session string) ([]govpay.Payment, error) {
	v, err := p.client.PaymentsBySession(ctx, session)
	return v, p.heard(err)
}
