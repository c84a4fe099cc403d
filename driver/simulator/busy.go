package simulator

import (
	"bytes"
	"context"
	"strings"
	"time"

	"sportello/protocol/ecr17"
)

// BusyPolicy is what a terminal does with a request while a manual operation or
// another line's procedure holds it (ECR17 5.5: not documented).
type BusyPolicy string

// The three ways.
const (
	BusyQueue  BusyPolicy = "queue" // the request waits, and is then carried out
	BusyNAK    BusyPolicy = "nak"
	BusySilent BusyPolicy = "silent"
)

// turn is how a request gets, or does not get, the terminal.
type turn uint8

const (
	itsTurn    turn = iota // the terminal is held for it, until end
	meanwhile              // answered beside the procedure that holds the terminal
	turnedAway             // not carried out
	noTurn                 // the line or the terminal ended while it waited
)

// turn waits for the terminal, as its busy policy has it.
func (s *session) turn(ctx context.Context, payload []byte) turn {
	opt := &s.t.opt
	_, letter, err := ecr17.Header(ecr17.ToTerminal, payload)
	if s.t.deaf() {
		s.trace("< ", "unheard: download")
		return turnedAway
	}
	select {
	case s.t.procedure <- struct{}{}:
		return itsTurn
	default:
	}
	switch {
	case err == nil && strings.IndexByte(opt.WhileBusy, letter) >= 0:
		return meanwhile
	case opt.Busy == BusyNAK:
		s.t.countIf(err, letter)
		s.nak()
		return turnedAway
	case opt.Busy == BusySilent:
		s.t.countIf(err, letter)
		return turnedAway
	case s.t.hold(ctx):
		return itsTurn
	default:
		return noTurn
	}
}

// hold takes the terminal for one procedure; false when ctx ended first. end gives it
// back.
func (t *Terminal) hold(ctx context.Context) bool {
	select {
	case t.procedure <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (t *Terminal) end() {
	t.show("")
	<-t.procedure
}

func (t *Terminal) countIf(err error, letter byte) {
	if err == nil {
		t.count(letter)
	}
}

// repeated tells a copy of the transaction that this line asked for last, for
// terminals that discard copies (ECR17 appendix B 2). Without the option every copy is
// a transaction of its own (R11).
func (s *session) repeated(letter byte, payload []byte) bool {
	const transactions = "PXpicSK"
	if !s.t.opt.DropRepeats || strings.IndexByte(transactions, letter) < 0 {
		return false
	}
	if bytes.Equal(payload, s.previous) {
		return true
	}
	s.previous = bytes.Clone(payload)
	return false
}

// confirms tells whether an ACK or NAK of the ECR counts. A strict terminal wants one
// of the known forms; with ConfirmExact only its own; with LaxConfirm anything does
// that begins like one.
func (t *Terminal) confirms(f ecr17.Frame) bool {
	switch {
	case t.opt.LaxConfirm:
		return true
	case t.opt.ConfirmExact:
		return f.Form == t.opt.Form
	default:
		return !f.Suspected()
	}
}

// Download makes the terminal deaf for d from now: it loads parameters, and what is
// asked meanwhile is lost (ECR17 5.18, Z09). What is under way goes on. Zero or less
// ends a download.
func (t *Terminal) Download(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deafUntil = time.Now().Add(d)
}

func (t *Terminal) deaf() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Now().Before(t.deafUntil)
}
