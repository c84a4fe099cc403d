package till

import (
	"context"

	"sportello/protocol/govpay"
)

// unasked is the part of the platform that no payment needs: nobody has an address for it.
type unasked struct{}

func (unasked) Search(context.Context, govpay.Query) (govpay.Found, error) {
	return govpay.Found{}, govpay.ErrNotConfigured
}

func (unasked) PositionByID(context.Context, govpay.API, string, string) (govpay.Position, error) {
	return govpay.Position{}, govpay.ErrNotConfigured
}

func (unasked) Create(context.Context, govpay.NewPosition, bool) (govpay.Created, error) {
	return govpay.Created{}, govpay.ErrNotConfigured
}

func (unasked) Service(context.Context, string, string) (govpay.Service, error) {
	return govpay.Service{}, govpay.ErrNotConfigured
}

func (unasked) NoticePDF(context.Context, govpay.API, string, string) ([]byte, error) {
	return nil, govpay.ErrNotConfigured
}

func (unasked) ReceiptPDF(context.Context, string, string, string) ([]byte, error) {
	return nil, govpay.ErrNotConfigured
}
