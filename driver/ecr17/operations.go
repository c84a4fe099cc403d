package ecr17

import (
	"context"

	"sportello/driver"
)

// Reverse implements driver.Terminal.
func (t *terminal) Reverse(context.Context, driver.Reversal, driver.Recorder) (driver.Aftermath, error) {
	return driver.Aftermath{}, refusal(driver.ErrUnsupported, "reversal")
}

// ResolveReversal implements driver.Terminal.
func (t *terminal) ResolveReversal(context.Context, driver.ReversalAttempt, driver.Recorder) (*driver.Aftermath, error) {
	return nil, refusal(driver.ErrUnsupported, "reversal")
}

// CloseSession implements driver.Terminal.
func (t *terminal) CloseSession(context.Context) (driver.Closing, error) {
	return driver.Closing{}, refusal(driver.ErrUnsupported, "close session")
}

// Reprint implements driver.Terminal.
func (t *terminal) Reprint(context.Context) (driver.Slip, error) {
	return driver.Slip{}, refusal(driver.ErrUnsupported, "reprint")
}

// Detect implements driver.Terminal.
func (t *terminal) Detect(context.Context, func(string) bool, bool) (driver.Passport, error) {
	return driver.Passport{}, refusal(driver.ErrUnsupported, "detect")
}

// Commission implements driver.Terminal.
func (t *terminal) Commission(driver.Passport) {}
