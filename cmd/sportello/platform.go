package main

import (
	"context"

	"sportello/cmd/sportello/internal/settle"
	"sportello/cmd/sportello/internal/till"
	"sportello/protocol/govpay"
)

// platform is the client, with somebody who hears how each question went.
type platform struct {
	client *govpay.Client
	seen   func(error)
}

var (
	_ till.Platform   = (*platform)(nil)
	_ settle.Platform = (*platform)(nil)
)

func (p *platform) Position(ctx context.Context, creditor, notice string) (govpay.Position, error) {
	v, err := p.client.Position(ctx, creditor, notice)
	p.seen(err)
	return v, err
}

func (p *platform) Receipts(ctx context.Context, creditor, iuv string) ([]govpay.ReceiptRef, error) {
	v, err := p.client.Receipts(ctx, creditor, iuv)
	p.seen(err)
	return v, err
}

func (p *platform) Receipt(ctx context.Context, creditor, iuv, id string) (govpay.Receipt, error) {
	v, err := p.client.Receipt(ctx, creditor, iuv, id)
	p.seen(err)
	return v, err
}
