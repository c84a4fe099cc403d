package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"

	"sportello/protocol/local"
)

// terminalActions are the ones this version has; the others of the design come later.
var terminalActions = map[string]bool{"status": true, "last": true, "totals": true, "adopt": true, "free": true, "detect": false, "close": false}

// runTerminal asks something of a terminal, or records a person's decision about it. None of the
// actions moves money.
func runTerminal(args []string) int {
	fs := flag.NewFlagSet("terminal", flag.ContinueOnError)
	flags := connectionFlags(fs)
	asJSON := fs.Bool("json", false, "un documento JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	const example = "sportello terminal status cassa1"
	if fs.NArg() != 2 {
		return usageError("terminal: servono un'azione e il nome di un terminale", example)
	}
	action, name := fs.Arg(0), fs.Arg(1)
	switch here, known := terminalActions[action]; {
	case !known:
		return usageError(fmt.Sprintf("terminal: azione %q sconosciuta", action), "status, last, totals, adopt, free")
	case !here:
		return notYet("terminal " + action)
	}
	ctx := context.Background() // the client's own limit ends the call
	c, err := flags.open(ctx)
	if err != nil {
		return failClient(err)
	}
	defer c.Close()
	var report local.TerminalReport
	path := api + "terminals/" + url.PathEscape(name) + "/" + action
	if err := c.post(ctx, path, local.ActionRequest{RequestID: newRequestID()}, &report); err != nil {
		return failClient(err)
	}
	if *asJSON {
		return printJSON(report)
	}
	printTerminal(report)
	return exitDone
}

func printTerminal(r local.TerminalReport) {
	light := map[local.Light]string{
		local.LightReady: "pronto", local.LightBusy: "occupato", local.LightNotReady: "non pronto", local.LightUnknown: "non ancora interrogato",
	}[r.Terminal.Light]
	fmt.Fprintf(os.Stdout, "%s (%s): %s\n", r.Terminal.Name, r.Terminal.Label, orElse(light, string(r.Terminal.Light)))
	if r.Text != "" {
		fmt.Fprintln(os.Stdout, "  "+strings.ReplaceAll(r.Text, "\n", "\n  "))
	}
	if r.Last != nil {
		fmt.Fprintln(os.Stdout, "  ultima operazione: "+lastText(*r.Last))
	}
	if r.TotalCents != nil {
		fmt.Fprintf(os.Stdout, "  totale dall'ultima chiusura: %s\n", euro(*r.TotalCents))
	}
	if reason := r.Terminal.Reason; reason != nil {
		fmt.Fprintln(os.Stdout, "  "+reason.Text)
		if reason.Hint != "" {
			fmt.Fprintln(os.Stdout, "  ► "+reason.Hint)
		}
	}
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
