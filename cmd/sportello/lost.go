package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"sportello/protocol/local"
)

// brokenLine is a call of the service that had no answer: errUnreachable or errLost, in words for people first.
type brokenLine struct {
	kind     error  // errUnreachable, errLost
	said     string // what happened
	question bool   // nothing was to be done: that nothing was accepted says nothing
	err      error
}

func (e *brokenLine) Error() string   { return e.said }
func (e *brokenLine) Unwrap() []error { return []error{e.kind, e.err} }

// errOtherCertificate is somebody else on the service's address.
var errOtherCertificate = errors.New("another certificate than tls.certificate is shown")

// broken says what became of a call to the service. The words of the system come last, and only where ours do
// not say it all.
func (c *client) broken(kind, err error, question bool) error {
	at := c.place.Listen
	e := &brokenLine{kind: kind, err: err, question: question}
	var op *net.OpError
	var slow net.Error
	late, nobody := errors.As(err, &slow) && slow.Timeout(), errors.Is(kind, errUnreachable)
	switch {
	case errors.Is(err, errOtherCertificate):
		e.said = "su " + at + " risponde qualcuno che non ha il certificato di tls.certificate"
	case errors.Is(err, context.Canceled):
		e.said = "interrotto"
	case nobody && late:
		e.said = "il servizio non risponde in tempo (" + at + ")"
	case nobody && errors.As(err, &op) && op.Op == "dial":
		e.said = "il servizio non è in funzione (" + at + ")"
	case nobody:
		e.said = fmt.Sprintf("il servizio non risponde (%s): %v", at, cause(err))
	case late:
		e.said = "il servizio non ha risposto in tempo alla richiesta (" + at + ")"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &op), errors.Is(err, os.ErrClosed), errors.As(err, new(syscall.Errno)):
		e.said = "il collegamento con il servizio si è interrotto prima della risposta (" + at + ")"
	default:
		e.said = fmt.Sprintf("il servizio non ha risposto alla richiesta (%s): %v", at, cause(err))
	}
	return e
}

// start is how a service comes to answer.
const start = "avviare il servizio (sportello service start, oppure sportello run) e ripetere il comando"

// unreachableHint is what to do about a service that does not answer.
func unreachableHint(err error) string {
	var e *brokenLine
	if errors.As(err, &e) && e.question {
		return start
	}
	return "niente è stato accettato; " + start
}

// quietFor is how long a command says nothing about an answer that does not come.
const quietFor = 3 * time.Second

// announce says on standard error what is waited for, if that takes its time, until what it gives is called.
func announce(what string) (answered func()) {
	t := time.AfterFunc(quietFor, func() { fmt.Fprintln(os.Stderr, "· "+what+"…") })
	return func() { t.Stop() }
}

// noCharge is a refusal of what has nothing to do with a charge: that what is charged is safe, which the hint of
// a platform that does not answer begins with, is not what is asked here.
func noCharge(err error) error {
	var no *refusal
	if !errors.As(err, &no) || no.Body.Code != local.CodePlatformUnavailable {
		return err
	}
	other := *no
	other.Body.Hint = "Riprovare fra qualche minuto; sportello doctor dice che cosa non va."
	return &other
}
