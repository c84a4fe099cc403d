package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"sportello/protocol/local"
	"sportello/protocol/pagopa"
)

// Codes of this command's own refusals under --json; the service's are in protocol/local.
const (
	codeUnreachable local.Code = "service_unreachable"
	codeLost        local.Code = "service_lost"
	codeInterrupted local.Code = "interrupted"
)

// order is one run of the command pay.
type order struct {
	follower
	request local.PaymentRequest
	expect  int64 // total agreed on; 0: whatever the platform says
	repeat  bool  // the request id came from the caller: it may have been used before
	json    bool
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
		follower: follower{c: c, patience: *patience, end: func(p local.Payment) (int, bool) { return outcome(p.State) }},
		expect:   *expect, repeat: *requestID != "", json: *asJSON,
		request: local.PaymentRequest{RequestID: orElse(*requestID, newRequestID()), Terminal: *terminal},
	}
	o.mine = func(p local.Payment) bool { return p.RequestID == o.request.RequestID }
	o.working = func(a local.Activity) bool { return a.RequestID == o.request.RequestID }
	return o.run(ctx, fs.Args())
}

func (o *order) run(ctx context.Context, codes []string) int {
	if p, found, err := o.earlier(ctx, codes); err != nil {
		return o.failed(err)
	} else if found {
		return o.to(o.follow(ctx, p, nil))
	}
	if code := o.lookUp(ctx, codes); code != exitDone {
		return code
	}
	s, err := o.c.watch(ctx) // only for the progress: without it the payment goes on
	if err != nil {
		o.say("senza aggiornamenti dal vivo: " + err.Error())
	}
	p, err := o.place(ctx, s, api+"payments", o.request)
	if err != nil {
		if s != nil {
			s.Close()
		}
		code := o.failed(err)
		o.c.nameTerminals(ctx, err)
		return code
	}
	return o.to(o.follow(ctx, p, s))
}

// to reports the end that following has come to, and gives its exit code.
func (o *order) to(p local.Payment, code int, err error) int {
	if err != nil {
		return o.lostAfter(p, err)
	}
	o.report(p)
	return code
}

// earlier finds the payment that a repeated request already has, whatever has become of its notices.
// The same id for another terminal, amount or notice is refused: nobody may take one payment's success
// for another's.
func (o *order) earlier(ctx context.Context, codes []string) (local.Payment, bool, error) {
	if !o.repeat {
		return local.Payment{}, false, nil
	}
	var all []local.Payment
	if err := o.c.get(ctx, api+"payments?"+url.Values{"request_id": {o.request.RequestID}}.Encode(), &all); err != nil {
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
		answered := announce("la piattaforma verifica l'avviso")
		err := o.c.post(ctx, api+"notices/lookup", local.LookupRequest{Code: code}, &n)
		answered()
		if err != nil {
			return o.failed(err)
		}
		o.say(fmt.Sprintf("avviso %s: %s, %s%s", n.Number, orElse(n.CreditorName, n.Creditor), strings.TrimPrefix(n.Description+", ", ", "), euro(n.AmountCents)))
		if n.Offline {
			o.say("attenzione: la piattaforma non risponde, l'avviso " + verifiedText(n) + "; la registrazione verrà dopo")
		}
		for _, w := range n.Warnings {
			if w.Code != string(local.CodeOfflineUnverified) { // said already, with the time
				o.say(strings.TrimSpace("attenzione: " + w.Text + " " + w.Hint))
			}
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

// verifiedText says what stands behind the amount of a notice that the platform was not asked about now.
func verifiedText(n local.Notice) string {
	if n.VerifiedAt == nil {
		return "non è verificato"
	}
	return "non è verificato ora: lo era il " + clock(*n.VerifiedAt)
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
