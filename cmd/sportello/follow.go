package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"sportello/protocol/local"
)

// retryPause is the wait between two tries to reach a service that was there before.
const retryPause = 500 * time.Millisecond

// follower asks for something that a terminal takes its time over, and follows a payment to its end: a
// charge or a reversal.
type follower struct {
	c        *client
	patience time.Duration                                  // how long a service that is gone is looked for
	mine     func(local.Payment) bool                       // this is the payment, in a state that counts
	working  func(local.Activity) bool                      // this is its progress
	end      func(local.Payment) (exitCode int, ended bool) // of what is asked for
	said     string                                         // last progress line, not to say it twice
}

// place sends the request and shows the pre-flight meanwhile.
func (f *follower) place(ctx context.Context, s *stream, path string, request any) (local.Payment, error) {
	type answer struct {
		payment local.Payment
		err     error
	}
	done := make(chan answer, 1)
	go func() {
		p, err := f.send(ctx, path, request)
		done <- answer{p, err}
	}()
	var events <-chan local.Event
	if s != nil {
		events = s.Events
	}
	var ahead *local.Payment // events may overtake the answer
	for {
		select {
		case e, open := <-events:
			if !open {
				events = nil
				continue
			}
			f.show(e)
			if p := f.ours(e); p != nil {
				ahead = p
			}
		case a := <-done: // send ends with ctx at the latest, so this always comes
			if a.err == nil && ahead != nil && ahead.ID == a.payment.ID && !ahead.UpdatedAt.Before(a.payment.UpdatedAt) {
				return *ahead, nil
			}
			return a.payment, a.err
		}
	}
}

// ours is what an event says of this payment; nil when it says nothing.
func (f *follower) ours(e local.Event) *local.Payment {
	if e.Payment != nil && f.mine(*e.Payment) {
		return e.Payment
	}
	if e.Snapshot != nil {
		for _, p := range e.Snapshot.Payments {
			if f.mine(p) {
				return &p
			}
		}
	}
	return nil
}

// notLetIn are the refusals of somebody, not of a request: what became of an earlier try they do not tell.
var notLetIn = []local.Code{local.CodeUnauthorized, local.CodeSessionLocked, local.CodeOperatorNeeded}

// send posts the request. When the answer is lost the same request id is posted again, which cannot
// happen twice; when it stays lost the error is errLost, however the last try failed.
func (f *follower) send(ctx context.Context, path string, request any) (local.Payment, error) {
	var lost error
	end := time.Now().Add(f.patience)
	for {
		var p local.Payment
		err := f.c.post(ctx, path, request, &p)
		var no *refusal
		switch {
		case err == nil && p.ID == "":
			err = fmt.Errorf("%w: la risposta non è un pagamento", errLost)
		case err == nil:
			return p, nil
		case errors.As(err, &no) && lost != nil && slices.Contains(notLetIn, no.Body.Code):
			// The service has started again since; what became of the first request it did not say.
			if f.c.fromFile {
				_ = f.c.readToken()
			}
		case errors.As(err, &no) && no.Body.Code == local.CodeInternal:
			// It does not say whether the payment was accepted.
		case errors.As(err, &no), errors.Is(err, errUnreachable) && lost == nil:
			return p, err
		}
		lost = err
		if time.Now().After(end) || !pause(ctx) {
			if ctx.Err() != nil {
				return p, fmt.Errorf("%w: %w", errLost, ctx.Err())
			}
			return p, fmt.Errorf("%w (%d s): %v", errLost, int(f.patience.Seconds()), lost) // no refusal, whatever lost is
		}
	}
}

// follow waits for the payment's end and closes s. An error means that the end is not known here.
func (f *follower) follow(ctx context.Context, p local.Payment, s *stream) (local.Payment, int, error) {
	defer func() {
		if s != nil {
			s.Close()
		}
	}()
	for {
		if code, over := f.end(p); over {
			return p, code, nil
		}
		if s != nil {
			next, err := f.until(ctx, s)
			if err != nil {
				return p, exitUnknown, err
			}
			if next != nil {
				p = *next
				continue
			}
			s.Close()
			s = nil
			f.say("collegamento con il servizio interrotto: lo cerco di nuovo")
		}
		var err error
		if s, p, err = f.again(ctx, p); err != nil {
			return p, exitUnknown, err
		}
	}
}

// until reads events up to the next word about the payment; nil when the stream has ended.
func (f *follower) until(ctx context.Context, s *stream) (*local.Payment, error) {
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case e, open := <-s.Events:
			if !open {
				return nil, nil
			}
			f.show(e)
			if p := f.ours(e); p != nil {
				f.warn(*p)
				return p, nil
			}
		}
	}
}

// warn says what the clerk must know before there is an end: above all what to write on paper while the
// disk takes nothing (design 3.3).
func (f *follower) warn(p local.Payment) {
	if _, over := f.end(p); !over && p.Reason != nil && p.Reason.Text != "" {
		f.say(strings.TrimSpace("attenzione: " + p.Reason.Text + " " + p.Reason.Hint))
	}
}

// again finds the service after its stream was lost, and asks how the payment stands.
func (f *follower) again(ctx context.Context, p local.Payment) (*stream, local.Payment, error) {
	for end := time.Now().Add(f.patience); ; {
		if f.c.fromFile {
			_ = f.c.readToken() // another one after a restart; a missing file shows in the next call
		}
		s, err := f.c.watch(ctx)
		if err == nil {
			var now local.Payment
			if err = f.c.get(ctx, api+"payments/"+p.ID, &now); err == nil {
				return s, now, nil
			}
			s.Close()
			var no *refusal
			if errors.As(err, &no) && slices.Contains(notLetIn, no.Body.Code) {
				_ = f.c.readToken() // an operator's session ends with the service; to look on needs no name
			}
		}
		if ctx.Err() != nil {
			return nil, p, ctx.Err()
		}
		if time.Now().After(end) || !pause(ctx) {
			return nil, p, fmt.Errorf("%w (%d s): %v", errLost, int(f.patience.Seconds()), err)
		}
	}
}

// pause waits a little; false when ctx has ended.
func pause(ctx context.Context) bool {
	t := time.NewTimer(retryPause)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// show says what an event means for this payment.
func (f *follower) show(e local.Event) {
	if e.Activity != nil && f.working(*e.Activity) && e.Activity.Phase != "" {
		f.say(phase(*e.Activity))
	}
}

// phase says whose turn it is.
func phase(a local.Activity) string {
	text := map[string]string{
		"connecting": "collegamento al terminale",
		"checking":   "controllo del terminale, ancora nessun addebito",
		"card":       "il cittadino presenti la carta",
		"pin":        "il cittadino digiti il PIN",
		"bank":       "attesa della risposta della banca",
		"receipt":    "scontrino",
		"verifying":  "esito non chiaro: verifica sul terminale",
	}[a.Phase]
	if text == "" {
		text = a.Phase
	}
	if a.Text != "" {
		text += " (" + strings.TrimSpace(a.Text) + ")"
	}
	return text
}

// say writes one line of progress for people, each once.
func (f *follower) say(text string) {
	if text != f.said {
		fmt.Fprintln(os.Stderr, "· "+text)
		f.said = text
	}
}
