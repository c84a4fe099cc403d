package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"sportello/protocol/local"
)

// terminalActions is everything that can be asked of a terminal or decided about it, in the order of the help.
var terminalActions = []string{"status", "detect", "last", "totals", "reprint", "close", "adopt", "free", "channel"}

// signedActions bear the name of the supervisor who decides.
var signedActions = []string{"close", "adopt", "channel"}

// actionLimit is how long an answer may take: a close waits for the host, and a lost answer for the terminal.
const actionLimit = 10 * time.Minute

// runTerminal asks something of a terminal, or records a person's decision about it. None of the
// actions moves money.
func runTerminal(args []string) int {
	fs := flag.NewFlagSet("terminal", flag.ContinueOnError)
	flags := connectionFlags(fs)
	quiet := fs.Bool("quiet-totals", false, "detect: l'installatore ha visto che la richiesta dei totali non stampa nulla (responsabile)")
	asJSON := fs.Bool("json", false, "un documento JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	const example = "sportello terminal status cassa1"
	action, name := fs.Arg(0), fs.Arg(1)
	switch {
	case action == "channel" && fs.NArg() != 3:
		return usageError("terminal channel: servono il nome di un terminale e il canale da confermare, com'è scritto nel caso",
			"sportello terminal channel cassa1 13212880150_91 --operator CODICE")
	case action != "channel" && fs.NArg() != 2:
		return usageError("terminal: servono un'azione e il nome di un terminale", example)
	case !slices.Contains(terminalActions, action):
		return usageError(fmt.Sprintf("terminal: azione %q sconosciuta", action), strings.Join(terminalActions, ", "))
	case *quiet && action != "detect":
		return usageError("terminal: --quiet-totals va con detect", "sportello terminal detect "+name+" --quiet-totals --operator CODICE")
	case *flags.operator == "" && (*quiet || slices.Contains(signedActions, action)):
		return nameless("terminal " + action)
	}
	ctx := context.Background() // actionLimit ends the call
	c, err := flags.open(ctx)
	if err != nil {
		return failJSON(*asJSON, err)
	}
	defer c.Close()
	c.http.Timeout = actionLimit
	var report local.TerminalReport
	path := api + "terminals/" + url.PathEscape(name) + "/" + action
	if err := c.post(ctx, path, local.ActionRequest{RequestID: newRequestID(), QuietTotals: *quiet, Channel: fs.Arg(2)}, &report); err != nil {
		return c.failAction(ctx, action, name, *asJSON, err)
	}
	if *asJSON {
		if code := printJSON(report); code != exitDone {
			return code
		}
	} else {
		printTerminal(os.Stdout, report)
	}
	if p := report.Passport; p != nil && p.Pending {
		complain("il terminale ha un altro codice (TID) o un altro calcolo di controllo (LRC): non è cambiato niente",
			"un responsabile controlla che sia il terminale giusto, poi ripete: sportello terminal detect "+name+" --operator CODICE")
		return exitFailed
	}
	if report.Closing != nil {
		return closingCode(*report.Closing)
	}
	return exitDone
}

// failAction explains an action that was refused or whose answer was lost.
func (c *client) failAction(ctx context.Context, action, name string, asJSON bool, err error) int {
	var no *refusal
	if asJSON {
		printFailure(documentOf(err), "")
	}
	if errors.Is(err, errLost) && action == "close" {
		complain("non si sa se la chiusura è avvenuta: "+err.Error(), "guardare il terminale, poi: sportello terminal totals "+name)
		return exitUnknown
	}
	code := failClient(err)
	c.nameTerminals(ctx, err)
	if errors.As(err, &no) && (no.Body.Code == local.CodeTerminalBusy || no.Body.Code == local.CodeTerminalLocked) {
		var all []local.Terminal
		if c.get(ctx, api+"terminals", &all) == nil {
			for _, t := range all {
				if t.Name == name && t.Lease != nil {
					fmt.Fprintln(os.Stderr, "  "+leaseText(*t.Lease))
				}
			}
		}
	}
	return code
}

// nameTerminals lists the terminals to somebody who has named none of them.
func (c *client) nameTerminals(ctx context.Context, err error) {
	var no *refusal
	var all []local.Terminal
	if !errors.As(err, &no) || no.Body.Code != local.CodeTerminalUnknown || c.get(ctx, api+"terminals", &all) != nil {
		return
	}
	for _, t := range all {
		fmt.Fprintf(os.Stderr, "    %s (%s)\n", t.Name, t.Label)
	}
}

func printTerminal(w io.Writer, r local.TerminalReport) {
	light := map[local.Light]string{
		local.LightReady: "pronto", local.LightBusy: "occupato", local.LightNotReady: "non pronto", local.LightUnknown: "non ancora interrogato",
	}[r.Terminal.Light]
	fmt.Fprintf(w, "%s (%s): %s\n", r.Terminal.Name, r.Terminal.Label, orElse(light, string(r.Terminal.Light)))
	if r.Text != "" && (r.Terminal.Reason == nil || r.Text != r.Terminal.Reason.Text) {
		fmt.Fprintln(w, "  "+strings.ReplaceAll(r.Text, "\n", "\n  "))
	}
	if r.Last != nil {
		fmt.Fprintln(w, "  ultima operazione: "+lastText(*r.Last))
	}
	if r.TotalCents != nil {
		fmt.Fprintf(w, "  totale dall'ultima chiusura: %s\n", euro(*r.TotalCents))
	}
	if r.LedgerCents != nil {
		fmt.Fprintf(w, "  per il registro: %s\n", euro(*r.LedgerCents))
		if r.TotalCents != nil && *r.TotalCents != *r.LedgerCents {
			fmt.Fprintln(w, "  ► "+local.ClosingDiffText(local.TerminalLedger, *r.TotalCents-*r.LedgerCents, local.Italian))
		}
	}
	if r.Passport != nil {
		printPassport(w, *r.Passport)
	}
	if r.Closing != nil {
		printClosing(w, *r.Closing)
	}
	if r.Receipt != nil {
		printCopy(w, *r.Receipt)
	}
	printStanding(w, r.Terminal)
}

// printStanding writes who holds a terminal and what keeps it from charging.
func printStanding(w io.Writer, t local.Terminal) {
	if t.Lease != nil {
		fmt.Fprintln(w, "  "+leaseText(*t.Lease))
	}
	if t.Passport == nil {
		fmt.Fprintf(w, "  non ancora messo in servizio\n  ► sportello terminal detect %s\n", t.Name)
	}
	if t.Unproven {
		fmt.Fprintln(w, "  non ancora provato: fino alla prima ricevuta pagoPA, un incasso alla volta")
	}
	for _, reason := range []*local.Reason{t.Stopped, t.Reason} {
		if reason == nil {
			continue
		}
		fmt.Fprintln(w, "  "+reason.Text)
		if reason.Hint != "" {
			fmt.Fprintln(w, "  ► "+reason.Hint)
		}
	}
}

// leaseText says who holds a terminal, and for how long already.
func leaseText(l local.Lease) string {
	what := map[string]string{
		"status": "una richiesta di stato", "last": "la lettura dell'ultima operazione", "totals": "la lettura dei totali",
		"pay": "un pagamento", "resolve": "la verifica di un esito", "reverse": "uno storno", "close": "la chiusura",
		"detect": "la verifica di messa in servizio", "reprint": "una ristampa", "adopt": "l'accettazione dell'ultima operazione",
	}[l.Holder]
	text := "in uso per " + orElse(what, l.Holder)
	if l.Operator != "" {
		text += " (" + l.Operator + ")"
	}
	return fmt.Sprintf("%s da %s", text, age(time.Since(l.Since)))
}

// age is a time span for people.
func age(d time.Duration) string {
	switch {
	case d < time.Second:
		return "un istante"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return fmt.Sprintf("%d min", int(d.Minutes()))
}

// lastText is the terminal's last operation in one line. Some terminals do not say its amount.
func lastText(c local.Charge) string {
	amount := "importo non indicato dal terminale"
	if c.AmountCents != 0 {
		amount = euro(c.AmountCents)
	}
	text := fmt.Sprintf("%s, STAN %s, autorizzazione %s", amount, orElse(c.STAN, "-"), orElse(c.AuthCode, "-"))
	if c.HostTime != nil {
		text += ", " + clock(*c.HostTime)
	}
	if refused := local.DeclineText(c.ActionCode, local.Italian); refused != "" {
		text += ", " + refused
	}
	return text
}

// printCopy writes the terminal's own copy of its last slip.
func printCopy(w io.Writer, r local.Receipt) {
	of := "di un'operazione che non è di questo registro, o che non porta il nostro riferimento"
	if r.PaymentID != "" {
		of = "del pagamento " + r.PaymentID
	}
	if strings.TrimSpace(r.Text) == "" {
		fmt.Fprintln(w, "  il terminale non ha dato copia dell'ultimo scontrino")
		return
	}
	fmt.Fprintf(w, "  copia %s:\n\n%s\n\n", of, strings.TrimRight(r.Text, "\n"))
	if !r.Complete {
		fmt.Fprintln(os.Stderr, "attenzione: la copia è arrivata incompleta")
	}
}
