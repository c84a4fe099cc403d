package ecr17

import (
	"context"
	"errors"
	"fmt"

	"sportello/driver"
	"sportello/driver/line"
)

// What a command that moves no money may come to, besides its answer.
var (
	errTimeout     = errors.New("no frame in time")
	errLost        = errors.New("line lost")
	errClosing     = errors.New("driver is closing")
	errInterrupted = errors.New("interrupted")

	errNAK      = errors.New("refused with NAK")
	errSilent   = errors.New("no acknowledgement")
	errNoAnswer = errors.New("acknowledged, but no answer")
	errDamaged  = errors.New("answer damaged")
	errGarbage  = errors.New("bytes that belong to no frame")
	errConnect  = errors.New("connect")
	errDecided  = errors.New("a late result decided the attempt")
	errRecorded = errors.New("a late word that is no verdict was recorded")
)

// callError is errConnect with a cause, in the cause's own words: they name what was called.
type callError struct{ err error }

func (e *callError) Error() string   { return e.err.Error() }
func (e *callError) Unwrap() []error { return []error{errConnect, e.err} }

// refuse makes the Refusal that a failed command stands for before anything financial was sent.
func refuse(ctx context.Context, what string, err error) *driver.Refusal {
	var r *driver.Refusal
	if errors.As(err, &r) {
		return r
	}
	kind := driver.ErrSilent
	switch {
	case errors.Is(err, errClosing):
		kind = driver.ErrClosed
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.Is(err, line.ErrAddress):
		kind = driver.ErrConfig
	case errors.Is(err, errConnect):
		kind, what = driver.ErrUnreachable, ""
	case errors.Is(err, errGarbage):
		kind = driver.ErrNotATerminal
	case errors.Is(err, errNAK):
		kind = driver.ErrRefused
	}
	return &driver.Refusal{Kind: kind, Detail: what, Err: err}
}

func refusal(kind error, format string, args ...any) *driver.Refusal {
	return &driver.Refusal{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}
