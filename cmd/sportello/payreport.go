package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"sportello/protocol/local"
)

// report writes the payment's end on standard output.
func (o *order) report(p local.Payment) {
	if o.json {
		printJSON(p)
		return
	}
	printPayment(os.Stdout, p)
}

// failed explains why there is no payment to report, and gives the exit code of pay.
func (o *order) failed(err error) int {
	var no *refusal
	switch {
	case errors.As(err, &no):
		o.document(no.Body)
		failClient(err)
		return payRefusal(no.Body.Code)
	case errors.Is(err, errLost):
		return o.lost(codeLost, err)
	case errors.Is(err, errUnreachable) && !errors.Is(err, context.Canceled):
		o.document(local.Error{Code: codeUnreachable, Message: err.Error()})
	case errors.Is(err, context.Canceled):
		o.document(local.Error{Code: codeInterrupted, Message: err.Error()})
		complain("interrotto prima dell'incasso", "niente è stato chiesto al terminale")
		return exitFailed
	}
	return failClient(err)
}

// payRefusal sorts the service's refusals: most mean that this request charged nothing.
func payRefusal(code local.Code) int {
	switch code {
	case local.CodeRequestIDReused:
		// Not "not charged": the request that first used this id may well have charged.
		return exitUsage
	case local.CodeUnauthorized, local.CodeSessionLocked, local.CodeBadCredentials, local.CodeThrottled, local.CodeForbiddenRole,
		local.CodeForbiddenHost, local.CodeForbiddenOrigin, local.CodeNotFound, local.CodeMethod,
		local.CodeBadRequest, local.CodeRequestIDMissing, local.CodeNotServed, local.CodeInternal:
		return exitFailed
	}
	return exitNotCharged
}

// lostAfter explains that a payment was accepted and its end is not known here.
func (o *order) lostAfter(p local.Payment, err error) int {
	if errors.Is(err, context.Canceled) {
		o.document(local.Error{Code: codeInterrupted, Message: "l'incasso prosegue sul servizio", PaymentID: p.ID})
		complain("interrotto: l'incasso prosegue sul servizio", "sportello payment "+p.ID)
		return exitUnknown
	}
	return o.lost(codeLost, err)
}

// lost explains that the request may have been accepted. Only the same request id may follow.
func (o *order) lost(code local.Code, err error) int {
	if len(o.request.Notices) == 0 && !o.repeat { // still looking up: nothing was asked of the terminal
		o.document(local.Error{Code: code, Message: err.Error()})
		return failClient(err)
	}
	o.document(local.Error{Code: code, Message: err.Error()})
	complain("non si sa se la carta è stata addebitata: "+err.Error(),
		"non incassare di nuovo; quando il servizio risponde, ripetere lo stesso comando con --request-id "+o.request.RequestID)
	return exitUnknown
}

// document writes the one JSON document of --json when there is no payment to write.
func (o *order) document(e local.Error) {
	if o.json {
		printFailure(e, o.request.RequestID)
	}
}

// printPayment writes a payment for people.
func printPayment(w io.Writer, p local.Payment) {
	state := stateText(p.State)
	if p.State == local.StateUnknown {
		state += ":"
	}
	fmt.Fprintf(w, "%s %s su %s — pagamento %s, riferimento %s\n", state, euro(p.AmountCents), p.Terminal, p.ID, p.Reference)
	if p.Reason != nil && p.Reason.Text != "" {
		fmt.Fprintf(w, "  %s\n", p.Reason.Text)
	}
	if c := p.Charge; c != nil {
		fmt.Fprintf(w, "  STAN %s, autorizzazione %s, carta %s\n", orElse(c.STAN, "-"), orElse(c.AuthCode, "-"), orElse(c.PAN, "-"))
	}
	if p.ReceiptNumber != "" {
		fmt.Fprintf(w, "  ricevuta n. %s del %s\n", p.ReceiptNumber, p.AccountingDay)
	}
	if p.Offline {
		fmt.Fprintf(w, "  %s\n", offlineCharge(p))
	}
	for _, n := range p.Notices {
		printRegistration(w, p.State, n)
	}
	if s := p.Submission; s != nil {
		fmt.Fprintf(w, "  %s\n", submissionText(*s))
	}
	if r := p.Reversal; r != nil {
		fmt.Fprintf(w, "  %s\n", reversalText(*r, p.State))
	}
	if len(p.ResolvedBy) > 0 {
		fmt.Fprintf(w, "  deciso da: %s\n", strings.Join(p.ResolvedBy, ", "))
	}
	if p.Reason != nil && p.Reason.Hint != "" {
		fmt.Fprintf(w, "  ► %s\n", p.Reason.Hint)
	}
	if p.NeedsPeople && undecided(p) {
		fmt.Fprintf(w, "  ► decidono le persone: sportello resolve %s\n", p.ID)
	}
}

// printRegistration writes where a notice of a payment stands, why, and what to do about it.
func printRegistration(w io.Writer, s local.State, n local.PaymentNotice) {
	text := registered(s, n.Registration)
	switch {
	case n.Red:
		text += ", oltre il giorno lavorativo"
	case n.Late:
		text += ", in ritardo"
	}
	fmt.Fprintf(w, "  avviso %s ente %s: %s, %s\n", n.Number, n.Creditor, euro(n.AmountCents), text)
	if n.ReceiptID != "" {
		fmt.Fprintf(w, "    ricevuta pagoPA %s\n", n.ReceiptID)
	}
	if n.Reason != nil && n.Reason.Text != "" {
		if n.Reason.Code != string(local.CodeOfflineCharged) { // said of the whole payment
			fmt.Fprintf(w, "    %s\n", n.Reason.Text)
		}
		if n.Reason.Hint != "" {
			fmt.Fprintf(w, "    ► %s\n", n.Reason.Hint)
		}
	}
}

// offlineCharge says of a charge made without the platform's word whether it has had it since.
func offlineCharge(p local.Payment) string {
	const text = "incasso a piattaforma spenta"
	if p.State != local.StateCharged && p.State != local.StateReversing {
		return text
	}
	for _, n := range p.Notices {
		if n.Registration.Awaited() {
			return text + ": registrazione in attesa"
		}
	}
	return text
}

// submissionText says what became of the newest call to register a charge.
func submissionText(s local.Submission) string {
	text := fmt.Sprintf("invio alla piattaforma n. %d del %s", s.N, second(s.At))
	switch {
	case s.Unsure:
		text += ": non si sa se è arrivato; prima di ripeterlo il programma controlla"
	case s.Fault != "":
		text += ": non accettato"
	case s.Answered == nil:
		text += ": in attesa della risposta"
	}
	if s.Fault != "" {
		text += " [" + s.Fault + "]"
	}
	return text
}

// reversalText says what became of the request to give a charge back.
func reversalText(r local.Reversal, s local.State) string {
	text := fmt.Sprintf("storno chiesto da %s il %s", orElse(r.Operator, "-"), second(r.SentAt))
	if r.STAN != "" {
		text += ", STAN " + r.STAN
	}
	switch {
	case r.EndedAt == nil:
		return text + ": esito non noto"
	case s != local.StateReversed:
		return text + ": non eseguito, l'addebito resta"
	case r.FreeAt != nil:
		return text + ": eseguito; l'avviso torna incassabile dopo il " + clock(*r.FreeAt) + ", se non arriva una ricevuta"
	}
	return text + ": eseguito"
}

func stateText(s local.State) string {
	text := map[local.State]string{
		local.StateOpen: "IN CORSO", local.StateSent: "IN CORSO", local.StateUnknown: "ESITO NON NOTO, NON FAR RIPAGARE",
		local.StateCharged: "INCASSATO", local.StateNotCharged: "NON INCASSATO",
		local.StateReversing: "STORNO IN CORSO", local.StateReversed: "STORNATO",
	}[s]
	return orElse(text, strings.ToUpper(string(s)))
}

// registered is a notice's registration in words; what a reversal has closed, no office has.
func registered(s local.State, r local.Registration) string {
	if s == local.StateReversed && r == local.RegistrationClosed {
		return "chiuso dallo storno"
	}
	if r == local.RegistrationNone && (s == local.StateCharged || s == local.StateReversing) {
		return "da inviare alla piattaforma"
	}
	return registrationText(r)
}

func registrationText(r local.Registration) string {
	text := map[local.Registration]string{
		local.RegistrationNone: "-", local.RegistrationSubmitting: "in invio",
		local.RegistrationAwaitingReceipt: "in attesa della ricevuta pagoPA", local.RegistrationRegistered: "registrato",
		local.RegistrationHeld: "sospeso", local.RegistrationPaidElsewhere: "pagato altrove, da rimborsare",
		local.RegistrationRejected: "rifiutato dalla piattaforma", local.RegistrationClosed: "chiuso dall'ufficio",
	}[r]
	return orElse(text, string(r))
}

func euro(cents int64) string { return local.Money(cents, local.Italian) }

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
