package till

import (
	"context"

	"sportello/driver"
)

func (d *terminal) Reverse(context.Context, driver.Reversal, driver.Recorder) (driver.Aftermath, error) {
	return driver.Aftermath{}, &driver.Refusal{Kind: driver.ErrUnsupported}
}

func (d *terminal) ResolveReversal(context.Context, driver.ReversalAttempt, driver.Recorder) (*driver.Aftermath, error) {
	return nil, &driver.Refusal{Kind: driver.ErrUnsupported}
}

func (d *terminal) CloseSession(context.Context) (driver.Closing, error) {
	return driver.Closing{}, &driver.Refusal{Kind: driver.ErrUnsupported}
}

func (d *terminal) Reprint(context.Context) (driver.Slip, error) {
	return driver.Slip{}, &driver.Refusal{Kind: driver.ErrUnsupported}
}

func (d *terminal) Detect(context.Context, func(string) bool, bool) (driver.Passport, error) {
	return driver.Passport{}, &driver.Refusal{Kind: driver.ErrUnsupported}
}

func (d *terminal) Commission(driver.Passport) {}

func (d *terminal) Lease() driver.Lease { return driver.Lease{} }
