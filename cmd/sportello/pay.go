package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"sportello/protocol/local"
	"sportello/protocol/pagopa"
)

// retryPause is the wait between two tries to reach a service that was there before.
const retryPause = 500 * time.Millisecond

// Codes of this command's own refusals under --json; the service's are in protocol/local.
const (
	codeUnreachable local.Code = "service_unreachable"
	codeLost        local.Code = "service_lost"
	codeInterrupted local.Code = "interrupted"
)

// order is one run of the command pay.
type order struct {
	c        *client
	request  local.PaymentRequest
	expect   int64 // total agreed on; 0: whatever the platform says
	repeat   bool  // the request id came from the caller: it may have been used before
	patience time.Duration
	json     bool
	said     string // last progress line, not to say it twice
}

// runPay charges notices on a terminal and waits for the outcome.
func runPay(args []string) int {
	fs := flag.NewFlagSet("pay", flag.ContinueOnError)
	flags := connectionFlags(fs)
	terminal := fs.String("terminal", "", "nome del terminale")
	requestID := fs.String("request-id", "", "identificativo della richiesta: ripeterla con lo stesso dà lo stesso pagamento")
	expect := fs.Int64("expect-cents", 0, "totale atteso in centesimi; se la piattaforma ne dice un altro non si incassa")
	patience := fs.Duration("patience", 30*time.Second, "quanto cercare un servizio che non risponde più")
	asJSON := fs.Bool("json", false, "il pagamento come documento JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	switch {
	case fs.NArg() == 0:
		return usageError("pay: manca l'avviso (18 cifre, NUMERO@CODICEFISCALE o testo del QR)", "sportello pay 302000100000000107 --terminal cassa1")
	case *terminal == "":
		return usageError("pay: manca --terminal", "sportello pay "+fs.Arg(0)+" --terminal cassa1")
	case *expect < 0:
		return usageError("pay: --expect-cents è un numero di centesimi maggiore di zero", "--expect-cents 1234 vale 12,34 €")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := flags.open(ctx)
	if err != nil {
		return (&order{json: *asJSON}).failed(err)
	}
	defer c.Close()
	o := &order{
		c: c, expect: *expect, repeat: *requestID != "", patience: *patience, json: *asJSON,
		request: local.PaymentRequest{RequestID: *requestID, Terminal: *terminal},
	}
	if !o.repeat {
		o.request.RequestID = newRequestID()
	}
	return o.run(ctx, fs.Args())
}

func (o *order) run(ctx context.Context, codes []string) int {
	if p, found, err := o.earlier(ctx, codes); err != nil {
		return o.failed(err)
	} else if found {
		return o.follow(ctx, p, nil)
	}
	if code := o.lookUp(ctx, codes); code != exitDone {
		return code
	}
	s, err := o.c.watch(ctx) // only for the progress: without it the payment goes on
	if err != nil {
		o.say("senza aggiornamenti dal vivo: " + err.Error())
	}
	p, err := o.place(ctx, s)
	if err != nil {
		if s != nil {
			s.Close()
		}
		return o.failed(err)
	}
	return o.follow(ctx, p, s)
}

// earlier finds the payment that a repeated request already has, whatever has become of its notices.
// The same id for another terminal, amount or notice is refused: nobody may take one payment's success
// for another's.
func (o *order) earlier(ctx context.Context, codes []string) (local.Payment, bool, error) {
	if !o.repeat {
		return local.Payment{}, false, nil
	}
	var all []local.Payment
	if err := o.c.get(ctx, api+"payments?limit=1000", &all); err != nil {
		return local.Payment{}, false, err
	}
	for _, p := range all {
		if p.RequestID != o.request.RequestID {
			continue
		}
		if p.Terminal != o.request.Terminal || o.expect != 0 && p.AmountCents != o.expect || !sameNotices(p.Notices, codes) {
			return p, false, &refusal{Status: http.StatusConflict, Body: local.Error{
				Code: local.CodeRequestIDReused, PaymentID: p.ID,
				Message: "questo identificativo è già di un altro pagamento", Hint: "usarne uno nuovo per ogni nuovo incasso",
			}}
		}
		o.say("richiesta già nota: pagamento " + p.ID)
		return p, true, nil
	}
	return local.Payment{}, false, nil
}

// sameNotices reports whether codes, as typed or scanned, are the payment's notices in the same order.
// A bare number names no creditor: then the number alone counts.
func sameNotices(notices []local.PaymentNotice, codes []string) bool {
	return slices.EqualFunc(notices, codes, func(n local.PaymentNotice, code string) bool {
		scan, err := pagopa.ParseScan(code)
		if typed, wrongDigits := pagopa.SearchAnyway(err); wrongDigits {
			scan.Notice, err = typed, nil // whether it may be charged is not asked here
		}
		return err == nil && string(scan.Notice) == n.Number && (scan.Creditor == "" || string(scan.Creditor) == n.Creditor)
	})
}

// lookUp turns the codes into notices with the amounts that the citizen is about to pay.
func (o *order) lookUp(ctx context.Context, codes []string) int {
	var total int64
	for _, code := range codes {
		var n local.Notice
		if err := o.c.post(ctx, api+"notices/lookup", local.LookupRequest{Code: code}, &n); err != nil {
			return o.failed(err)
		}
		o.say(fmt.Sprintf("avviso %s: %s, %s, %s", n.Number, orElse(n.CreditorName, n.Creditor), n.Description, euro(n.AmountCents)))
		for _, w := range n.Warnings {
			o.say("attenzione: " + w.Text)
		}
		// A repeated request may find its own payment holding the notice: the service knows.
		if !n.Payable && !(o.repeat && n.PaymentID != "") {
			return o.refuse(n)
		}
		total += n.AmountCents
		if n.PrintedCents != 0 && n.PrintedCents != n.AmountCents && o.expect == 0 {
			return o.changed(n.AmountCents, n.PrintedCents) // the QR says what the citizen has in mind
		}
		o.request.Notices = append(o.request.Notices, local.RequestNotice{Creditor: n.Creditor, Number: n.Number, ExpectedCents: n.AmountCents})
	}
	if o.expect != 0 && total != o.expect {
		return o.changed(total, o.expect)
	}
	return exitDone
}

// changed refuses an amount that nobody has agreed to yet.
func (o *order) changed(now, agreed int64) int {
	return o.failed(&refusal{Status: http.StatusConflict, Body: local.Error{
		Code: local.CodeAmountChanged, AmountCents: now,
		Message: fmt.Sprintf("l'importo è %s, non %s", euro(now), euro(agreed)),
		Hint:    fmt.Sprintf("dire il nuovo importo al cittadino, poi ripetere con --expect-cents %d", now),
	}})
}

func (o *order) refuse(n local.Notice) int {
	no := &refusal{Status: http.StatusConflict, Body: local.Error{Code: local.CodeNoticeStateUnknown, PaymentID: n.PaymentID, Message: "l'avviso non si può incassare"}}
	if n.Reason != nil {
		no.Body.Code, no.Body.Message, no.Body.Hint = local.Code(n.Reason.Code), n.Reason.Text, n.Reason.Hint
	}
	return o.failed(no)
}

// place sends the request and shows the pre-flight meanwhile.
func (o *order) place(ctx context.Context, s *stream) (local.Payment, error) {
	type answer struct {
		payment local.Payment
		err     error
	}
	done := make(chan answer, 1)
	go func() {
		p, err := o.send(ctx)
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
			o.show(e)
			if p := o.ours(e); p != nil {
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
func (o *order) ours(e local.Event) *local.Payment {
	if e.Payment != nil && e.Payment.RequestID == o.request.RequestID {
		return e.Payment
	}
	if e.Snapshot != nil {
		for _, p := range e.Snapshot.Payments {
			if p.RequestID == o.request.RequestID {
				return &p
			}
		}
	}
	return nil
}

// send posts the request. When the answer is lost the same request id is posted again, which cannot
// charge twice; when it stays lost the error is errLost, however the last try failed.
func (o *order) send(ctx context.Context) (local.Payment, error) {
	var lost error
	end := time.Now().Add(o.patience)
	for {
		var p local.Payment
		err := o.c.post(ctx, api+"payments", o.request, &p)
		var no *refusal
		switch {
		case err == nil && p.ID == "":
			err = fmt.Errorf("%w: la risposta non è un pagamento", errLost)
		case err == nil:
			return p, nil
		case errors.As(err, &no) && lost != nil && no.Body.Code == local.CodeUnauthorized && o.c.fromFile:
			_ = o.c.readToken() // the service has started again since
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
			return p, fmt.Errorf("%w (%d s): %w", errLost, int(o.patience.Seconds()), lost)
		}
	}
}

// follow waits until the payment is charged, not charged or unknown. It closes s.
func (o *order) follow(ctx context.Context, p local.Payment, s *stream) int {
	defer func() {
		if s != nil {
			s.Close()
		}
	}()
	for {
		if code, over := outcome(p.State); over {
			o.report(p)
			return code
		}
		if s != nil {
			next, err := o.until(ctx, s)
			if err != nil {
				return o.lostAfter(p, err)
			}
			if next != nil {
				p = *next
				continue
			}
			s.Close()
			s = nil
			o.say("collegamento con il servizio interrotto: lo cerco di nuovo")
		}
		var err error
		if s, p, err = o.again(ctx, p); err != nil {
			return o.lostAfter(p, err)
		}
	}
}

// until reads events up to the next word about the payment; nil when the stream has ended.
func (o *order) until(ctx context.Context, s *stream) (*local.Payment, error) {
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case e, open := <-s.Events:
			if !open {
				return nil, nil
			}
			o.show(e)
			if p := o.ours(e); p != nil {
				o.warn(*p)
				return p, nil
			}
		}
	}
}

// warn says what the clerk must know before there is an end: above all what to write on paper while the
// disk takes nothing (design 3.3).
func (o *order) warn(p local.Payment) {
	if _, over := outcome(p.State); !over && p.Reason != nil && p.Reason.Text != "" {
		o.say(strings.TrimSpace("attenzione: " + p.Reason.Text + " " + p.Reason.Hint))
	}
}

// again finds the service after its stream was lost, and asks how the payment stands.
func (o *order) again(ctx context.Context, p local.Payment) (*stream, local.Payment, error) {
	for end := time.Now().Add(o.patience); ; {
		if o.c.fromFile {
			_ = o.c.readToken() // another one after a restart; a missing file shows in the next call
		}
		s, err := o.c.watch(ctx)
		if err == nil {
			var now local.Payment
			if err = o.c.get(ctx, api+"payments/"+p.ID, &now); err == nil {
				return s, now, nil
			}
			s.Close()
		}
		if ctx.Err() != nil {
			return nil, p, ctx.Err()
		}
		if time.Now().After(end) || !pause(ctx) {
			return nil, p, fmt.Errorf("%w (%d s): %w", errLost, int(o.patience.Seconds()), err)
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

// outcome is the exit code of a state, and whether there is one yet.
func outcome(s local.State) (code int, over bool) {
	switch s {
	case local.StateCharged:
		return exitDone, true
	case local.StateNotCharged, local.StateReversed:
		return exitNotCharged, true
	case local.StateUnknown, local.StateReversing:
		return exitUnknown, true
	case local.StateOpen, local.StateSent:
		return exitUnknown, false
	}
	return exitUnknown, true // a state of a later service: people look at it
}

// show says what an event means for this payment.
func (o *order) show(e local.Event) {
	if e.Activity != nil && e.Activity.RequestID == o.request.RequestID && e.Activity.Phase != "" {
		o.say(phase(*e.Activity))
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
func (o *order) say(text string) {
	if text != o.said {
		fmt.Fprintln(os.Stderr, "· "+text)
		o.said = text
	}
}
