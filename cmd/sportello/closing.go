package main

import (
	"fmt"
	"io"
	"strings"

	"sportello/protocol/local"
)

// closingCode is the exit code of a request to close: nothing is retried, so what is not known stays so.
func closingCode(c local.Closing) int {
	switch c.State {
	case "closed":
		return exitDone
	case "unknown":
		return exitUnknown
	}
	return exitFailed
}

// printClosing writes the totals of a closed session, and each difference with the payments that may
// explain it.
func printClosing(w io.Writer, c local.Closing) {
	state := map[string]string{"closed": "chiusura eseguita", "refused": "il terminale non ha eseguito la chiusura", "unknown": "non si sa se la chiusura è avvenuta"}[c.State]
	if c.Proven {
		state += " (la risposta è andata persa, ma il totale del terminale è a zero)"
	}
	fmt.Fprintln(w, "  "+orElse(state, c.State))
	if c.Reason != nil {
		fmt.Fprintln(w, "  "+strings.TrimSpace(c.Reason.Text+" "+c.Reason.Hint))
	}
	of := payments(c.Payments)
	if c.Since != nil {
		of += " dalla chiusura del " + clock(*c.Since)
	}
	fmt.Fprintf(w, "  totale del registro:   %s (%s)\n", euro(c.LedgerCents), of)
	fmt.Fprintf(w, "  totale del terminale:  %s\n", optional(c.TerminalCents))
	fmt.Fprintf(w, "  totale della banca:    %s\n", optional(c.HostCents))
	if c.State == "closed" && len(c.Differences) == 0 && (c.TerminalCents != nil || c.HostCents != nil) {
		fmt.Fprintln(w, "  i totali coincidono")
	}
	for _, d := range c.Differences {
		fmt.Fprintln(w, "  ► "+orElse(d.Text, local.ClosingDiffText(d.Between, d.Cents, local.Italian)))
		if len(d.Payments) > 0 {
			fmt.Fprintln(w, "    da guardare: "+strings.Join(d.Payments, ", "))
		}
	}
	if c.Receipt != "" {
		fmt.Fprintf(w, "\n%s\n\n", strings.TrimRight(c.Receipt, "\n"))
	}
}

// optional is an amount that may be absent, which is never zero.
func optional(cents *int64) string {
	if cents == nil {
		return "non indicato"
	}
	return euro(*cents)
}
