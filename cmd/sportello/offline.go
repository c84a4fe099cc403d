package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"sportello/protocol/local"
)

// runOffline opens or closes a period of charging while the platform is away, or says whether one is open.
func runOffline(args []string) int {
	fs := flag.NewFlagSet("offline", flag.ContinueOnError)
	flags := connectionFlags(fs)
	reason := fs.String("reason", "", "open: il motivo, in parole; resta nel registro")
	requestID := fs.String("request-id", "", "identificativo della richiesta: ripeterla con lo stesso non apre due periodi")
	asJSON := fs.Bool("json", false, "un documento JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	const example = "sportello offline open --reason \"piattaforma ferma dalle 9\" --operator CODICE"
	what := fs.Arg(0)
	switch {
	case fs.NArg() != 1 || what != "status" && what != local.OfflineOpen && what != local.OfflineClose:
		return usageError("offline: open, close oppure status", example)
	case (what == local.OfflineOpen) != (strings.TrimSpace(*reason) != ""):
		return usageError("offline: --reason va con open, e open vuole il motivo", example)
	case what != "status" && *flags.operator == "":
		return nameless("offline " + what)
	}
	ctx := context.Background() // the client's own limit ends the call
	c, err := flags.open(ctx)
	if err != nil {
		return failJSON(*asJSON, err)
	}
	defer c.Close()
	if what == "status" {
		return c.offlineStatus(ctx, *asJSON)
	}
	var period local.Offline
	request := local.OfflineRequest{RequestID: orElse(*requestID, newRequestID()), Action: what, Reason: *reason}
	if err := c.post(ctx, api+"offline", request, &period); err != nil {
		return failDesk(*asJSON, err, "sportello offline status")
	}
	if *asJSON {
		return printJSON(period)
	}
	printOffline(os.Stdout, period)
	return exitDone
}

// offlineStatus says whether a period is open, and how much of it is used.
func (c *client) offlineStatus(ctx context.Context, asJSON bool) int {
	var now local.Snapshot
	if err := c.get(ctx, api+"state", &now); err != nil {
		return failJSON(asJSON, err)
	}
	if asJSON {
		return printJSON(struct {
			Allowed bool           `json:"allowed"`
			Period  *local.Offline `json:"period"` // null: none is open
		}{now.OfflineAllowed, now.Offline})
	}
	switch {
	case now.Offline != nil:
		printOffline(os.Stdout, *now.Offline)
	case now.OfflineAllowed:
		fmt.Fprintln(os.Stdout, "Nessun periodo di incasso a piattaforma spenta è aperto.")
	default:
		fmt.Fprintln(os.Stdout, "L'ente non ha previsto incassi a piattaforma spenta (offline.allow).")
	}
	return exitDone
}

// printOffline writes a period with its limits and what has been used of them.
func printOffline(w io.Writer, p local.Offline) {
	fmt.Fprintf(w, "Incasso a piattaforma spenta, periodo %s: %s\n", p.ID, offlineText(p))
	fmt.Fprintf(w, "  aperto da %s il %s: %s\n", p.OpenedBy, clock(p.OpenedAt), strings.ReplaceAll(p.Reason, "\n", "\n    "))
	fmt.Fprintf(w, "  incassato: %s in %s; al massimo %s in %d pagamenti, e %s per pagamento\n",
		euro(p.Cents), payments(p.Payments), euro(p.MaxTotalCents), p.MaxPayments, euro(p.MaxAmountCents))
	switch {
	case p.VerifiedWithin > 0:
		fmt.Fprintf(w, "  solo avvisi verificati qui da meno di %s\n", hours(time.Duration(p.VerifiedWithin)*time.Second))
	default:
		fmt.Fprintln(w, "  anche avvisi mai verificati qui, se il codice letto porta l'importo")
	}
	if p.ClosedAt == nil {
		fmt.Fprintln(w, "  ► ciò che si incassa così sarà registrato quando la piattaforma torna: sportello queue --follow")
	}
}

func offlineText(p local.Offline) string {
	switch {
	case p.ClosedAt == nil:
		return "aperto fino al " + clock(p.Until)
	case p.ClosedBy == "":
		return "finito da solo il " + clock(*p.ClosedAt)
	}
	return fmt.Sprintf("chiuso da %s il %s", p.ClosedBy, clock(*p.ClosedAt))
}

// hours is a limit of the configuration for people.
func hours(d time.Duration) string {
	if d%time.Hour == 0 && d > time.Hour {
		return fmt.Sprintf("%d ore", d/time.Hour)
	}
	return age(d)
}

func payments(n int) string { return counted(n, "un pagamento", "pagamenti") }

// counted is a number of things, in words where it is one.
func counted[N int | uint64](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf("%d %s", n, many)
}
