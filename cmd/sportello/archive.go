package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sportello/protocol/local"
)

// states are those that --state takes.
var states = []local.State{
	local.StateOpen, local.StateSent, local.StateUnknown, local.StateCharged,
	local.StateNotCharged, local.StateReversing, local.StateReversed,
}

// registrations are those that --registration takes.
var registrations = []local.Registration{
	local.RegistrationNone, local.RegistrationSubmitting, local.RegistrationAwaitingReceipt, local.RegistrationRegistered,
	local.RegistrationHeld, local.RegistrationPaidElsewhere, local.RegistrationRejected, local.RegistrationClosed,
}

var receiptShape = regexp.MustCompile(`^[0-9]{4}/[0-9]+$`)

// page is a page of payments, and the cursor of the next.
type page struct {
	payments []local.Payment
	next     string
	since    string // of a search by debtor that found nobody
}

// runPayments lists payments, the newest first.
func runPayments(args []string) int {
	fs := flag.NewFlagSet("payments", flag.ContinueOnError)
	flags := connectionFlags(fs)
	state := fs.String("state", "", "solo quelli in questo stato")
	limit := fs.Int("limit", 100, "quanti al massimo, fino a 1000")
	asJSON := fs.Bool("json", false, "un elenco JSON")
	days, words, numbers := map[string]*string{}, map[string]*string{}, map[string]*string{}
	for name, about := range map[string]string{"day": "creati in questo giorno", "from": "creati da questo giorno in poi", "to": "creati fino a questo giorno"} {
		days[name] = fs.String(name, "", "solo quelli "+about+", AAAA-MM-GG")
	}
	for name, about := range map[string]string{"notice": "con un avviso che comincia con queste cifre", "iuv": "con uno IUV che comincia con queste cifre",
		"stan": "con questo STAN", "amount-cents": "di questo importo, in centesimi"} {
		numbers[name] = fs.String(name, "", "solo quelli "+about)
	}
	for name, about := range map[string]string{"by": "chiesti da questo operatore", "terminal": "su questo terminale", "reference": "con questo riferimento sullo scontrino",
		"receipt-number": "con questo numero di ricevuta, ANNO/N", "registration": "con un avviso in questo stato di registrazione"} {
		words[name] = fs.String(name, "", "solo quelli "+about)
	}
	debtor := fs.String("debtor", "", "solo quelli di chi ha questo nome o codice fiscale, o che comincia così; - lo legge da standard input: ciò che sta nella riga di comando lo vede chi elenca i processi")
	if !parse(fs, args) {
		return exitUsage
	}
	switch {
	case fs.NArg() > 0:
		return usageError(fmt.Sprintf("payments: %q è di troppo", fs.Arg(0)), "sportello payment "+fs.Arg(0))
	case *state != "" && !slices.Contains(states, local.State(*state)):
		return usageError(fmt.Sprintf("payments: lo stato %q non esiste", *state), "open, sent, unknown, charged, not_charged, reversing, reversed")
	case *limit < 1 || *limit > 1000:
		return usageError("payments: --limit va da 1 a 1000", "--limit 100")
	}
	switch registration, number := local.Registration(*words["registration"]), *words["receipt-number"]; {
	case registration != "" && !slices.Contains(registrations, registration):
		return usageError(fmt.Sprintf("payments: la registrazione %q non esiste", registration),
			"none, submitting, awaiting_receipt, registered, held, paid_elsewhere, rejected, closed")
	case number != "" && !receiptShape.MatchString(number):
		return usageError(fmt.Sprintf("payments: %q non è un numero di ricevuta", number), "--receipt-number 2026/17")
	}
	for name, day := range days {
		if _, err := time.Parse(time.DateOnly, orElse(*day, "2006-01-02")); err != nil {
			return usageError(fmt.Sprintf("payments: %q non è un giorno", *day), "--"+name+" 2026-01-31")
		}
	}
	for name, number := range numbers {
		if strings.Trim(*number, "0123456789") != "" {
			return usageError(fmt.Sprintf("payments: --%s vuole cifre, non %q", name, *number), "--"+name+" 302")
		}
	}
	cents, err := strconv.ParseInt(orElse(*numbers["amount-cents"], "0"), 10, 64)
	if err != nil {
		return usageError(fmt.Sprintf("payments: %q è troppo", *numbers["amount-cents"]), "--amount-cents 12050")
	}
	return showPayments(flags, local.PaymentQuery{State: local.State(*state), Day: *days["day"], From: *days["from"], To: *days["to"],
		Notice: *numbers["notice"], IUV: *numbers["iuv"], STAN: *numbers["stan"], AmountCents: cents, Operator: *words["by"], // --operator signs in
		Terminal: *words["terminal"], Reference: *words["reference"], ReceiptNumber: *words["receipt-number"],
		Registration: local.Registration(*words["registration"]), Debtor: *debtor}, *limit, *asJSON)
}

// showPayments follows the pages of a query until there are enough payments. Who owed is said where it was asked for.
func showPayments(flags connection, q local.PaymentQuery, limit int, asJSON bool) int {
	ctx := context.Background() // the client's own limit ends each call
	c, err := flags.open(ctx)
	if err != nil {
		return failJSON(asJSON, err)
	}
	defer c.Close()
	owed, since := q.Debtor != "", ""
	if q.Debtor, err = secretLine(q.Debtor, os.Stdin); err != nil { // behind the PIN
		return fail(err)
	}
	if owed && strings.TrimSpace(q.Debtor) == "" {
		return usageError("payments: --debtor vuole un nome o un codice fiscale, o l'inizio", "--debtor rossi")
	}
	all := []local.Payment{}
	for len(all) < limit {
		q.Limit = limit - len(all)
		var some page
		if err := c.post(ctx, api+"payments/search", q, &some); err != nil {
			return failJSON(asJSON, err)
		}
		if since == "" {
			since = some.since
		}
		all = append(all, some.payments...)
		if q.Cursor = some.next; q.Cursor == "" {
			break
		}
	}
	for _, p := range all {
		for i := range p.Notices {
			if n := &p.Notices[i]; !owed {
				n.Debtor, n.DebtorTaxCode = "", ""
			}
		}
	}
	if asJSON {
		return printJSON(all)
	}
	if len(all) == 0 {
		fmt.Fprintln(os.Stdout, "Nessun pagamento.")
		if day, err := time.Parse(time.DateOnly, since); err == nil {
			fmt.Fprintln(os.Stdout, "Per debitore si trovano solo i pagamenti dal "+day.Format("02/01/2006")+".")
		}
		return exitDone
	}
	columns := []string{"PAGAMENTO", "CREATO", "CASSA", "IMPORTO", "STATO", "AVVISO", "REGISTRAZIONE"}
	if owed {
		columns = append(columns, "DEBITORE")
	}
	w := table(columns...)
	for _, p := range all {
		for i, n := range p.Notices {
			if i == 0 {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s", p.ID, clock(p.CreatedAt), p.Terminal, euro(p.AmountCents), stateText(p.State))
			} else {
				fmt.Fprint(w, "\t\t\t\t")
			}
			fmt.Fprintf(w, "\t%s\t%s", n.Number, registered(p.State, n.Registration))
			if owed {
				fmt.Fprintf(w, "\t%s", strings.TrimSpace(n.Debtor+" "+n.DebtorTaxCode))
			}
			fmt.Fprintln(w)
		}
	}
	w.Flush()
	return exitDone
}

// runStory tells a payment's story.
func runStory(args []string) int {
	return one("story", args, func(id string) string { return api + "payments/" + id + "/story" }, printStory)
}

func printStory(story []local.StoryEntry) {
	w := table("QUANDO", "CHE COSA", "CHI", "PERCHÉ")
	for _, e := range story {
		what := e.Text
		if e.State != "" {
			what += ": " + stateText(e.State)
		}
		if e.Registration != "" {
			what += ": " + registrationText(e.Registration)
		}
		if e.Notice > 0 {
			what += fmt.Sprintf(" (avviso %d)", e.Notice)
		}
		var why []string
		if e.Reason != nil {
			why = append(why, strings.TrimSuffix(e.Reason.Text, "."))
		}
		for name, value := range map[string]string{"STAN": e.STAN, "ricevuta": e.ReceiptID, "caso": e.Case, "errore": e.Fault, "nota": e.Note} {
			if value != "" {
				why = append(why, name+" "+value)
			}
		}
		slices.Sort(why[min(len(why), 1):])
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", second(e.At), what, orElse(strings.Join(e.By, ", "), "il servizio"), strings.Join(why, "; "))
	}
	w.Flush()
}
