package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
	_ "time/tzdata" // counter PCs with Windows have no zone files

	"sportello/protocol/local"
)

// states are those that --state takes.
var states = []local.State{
	local.StateOpen, local.StateSent, local.StateUnknown, local.StateCharged,
	local.StateNotCharged, local.StateReversing, local.StateReversed,
}

// runPayments lists payments, the newest first.
func runPayments(args []string) int {
	fs := flag.NewFlagSet("payments", flag.ContinueOnError)
	flags := connectionFlags(fs)
	state := fs.String("state", "", "solo quelli in questo stato")
	day := fs.String("day", "", "solo quelli creati in questo giorno, AAAA-MM-GG")
	limit := fs.Int("limit", 100, "quanti al massimo, fino a 1000")
	asJSON := fs.Bool("json", false, "un elenco JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	_, badDay := time.Parse(time.DateOnly, orElse(*day, "2006-01-02"))
	switch {
	case fs.NArg() > 0:
		return usageError(fmt.Sprintf("payments: %q è di troppo", fs.Arg(0)), "sportello payment "+fs.Arg(0))
	case *state != "" && !slices.Contains(states, local.State(*state)):
		return usageError(fmt.Sprintf("payments: lo stato %q non esiste", *state), "open, sent, unknown, charged, not_charged, reversing, reversed")
	case badDay != nil:
		return usageError(fmt.Sprintf("payments: %q non è un giorno", *day), "--day 2026-01-31")
	case *limit < 1 || *limit > 1000:
		return usageError("payments: --limit va da 1 a 1000", "--limit 100")
	}
	q := url.Values{"limit": {strconv.Itoa(*limit)}}
	if *state != "" {
		q.Set("state", *state)
	}
	if *day != "" {
		q.Set("day", *day)
	}
	return show(flags, api+"payments?"+q.Encode(), *asJSON, func(all []local.Payment) {
		w := table("PAGAMENTO", "CREATO", "CASSA", "IMPORTO", "STATO", "AVVISO", "REGISTRAZIONE")
		for _, p := range all {
			for i, n := range p.Notices {
				if i == 0 {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s", p.ID, clock(p.CreatedAt), p.Terminal, euro(p.AmountCents), stateText(p.State))
				} else {
					fmt.Fprint(w, "\t\t\t\t")
				}
				fmt.Fprintf(w, "\t%s\t%s\n", n.Number, registrationText(n.Registration))
			}
		}
		w.Flush()
	})
}

// runPayment shows one payment.
func runPayment(args []string) int {
	return one("payment", args, func(id string) string { return api + "payments/" + id }, func(p local.Payment) { printPayment(os.Stdout, p) })
}

// one runs a command about one payment.
func one[T any](name string, args []string, path func(id string) string, print func(T)) int {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	flags := connectionFlags(fs)
	asJSON := fs.Bool("json", false, "un documento JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	if fs.NArg() != 1 {
		return usageError(name+": serve l'identificativo di un pagamento", "sportello "+name+" A1-00000012")
	}
	return show(flags, path(url.PathEscape(fs.Arg(0))), *asJSON, print)
}

// list runs a command without arguments.
func list[T any](name string, args []string, path string, print func(T)) int {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	flags := connectionFlags(fs)
	asJSON := fs.Bool("json", false, "un elenco JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	if fs.NArg() > 0 {
		return usageError(fmt.Sprintf("%s: %q è di troppo", name, fs.Arg(0)), "sportello "+name)
	}
	return show(flags, path, *asJSON, print)
}

// show gets something of the service and prints it.
func show[T any](flags connection, path string, asJSON bool, print func(T)) int {
	ctx := context.Background() // the client's own limit ends the call
	c, err := flags.open(ctx)
	if err != nil {
		return failClient(err)
	}
	defer c.Close()
	var what T
	if err := c.get(ctx, path, &what); err != nil {
		return failClient(err)
	}
	if asJSON {
		return printJSON(what)
	}
	print(what)
	return exitDone
}

func table(columns ...string) *tabwriter.Writer {
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(columns, "\t"))
	return w
}

// rome is the counter's time zone, whatever the PC's is.
var rome = sync.OnceValue(func() *time.Location {
	if zone, err := time.LoadLocation("Europe/Rome"); err == nil {
		return zone
	}
	return time.Local
})

func clock(t time.Time) string { return t.In(rome()).Format("02/01/2006 15:04") }

// second is clock to the second, for what is compared with a slip.
func second(t time.Time) string { return t.In(rome()).Format("02/01/2006 15:04:05") }
