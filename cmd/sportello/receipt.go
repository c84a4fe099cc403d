package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"

	"sportello/protocol/local"
)

// runReceipt shows the slip of one payment as our own ledger keeps it. The terminal is not asked: its copy
// is only of its last operation (terminal reprint).
func runReceipt(args []string) int {
	fs := flag.NewFlagSet("receipt", flag.ContinueOnError)
	flags := connectionFlags(fs)
	asJSON := fs.Bool("json", false, "un documento JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	if fs.NArg() != 1 {
		return usageError("receipt: serve l'identificativo di un pagamento", "sportello receipt A1-00000012")
	}
	ctx := context.Background() // the client's own limit ends the call
	c, err := flags.open(ctx)
	if err != nil {
		return failClient(err)
	}
	defer c.Close()
	var r local.Receipt
	err = c.get(ctx, api+"payments/"+url.PathEscape(fs.Arg(0))+"/receipt", &r)
	var no *refusal
	switch {
	case errors.As(err, &no) && no.Body.Code == local.CodeNotFound && no.Body.PaymentID != "":
		complain("di questo pagamento il registro non ha lo scontrino",
			"se è l'ultima operazione del terminale: sportello terminal reprint NOME; altrimenti c'è quello stampato dal terminale")
		return exitFailed
	case err != nil:
		return failClient(err)
	case *asJSON:
		return printJSON(r)
	}
	printSlip(r)
	return exitDone
}

func printSlip(r local.Receipt) {
	fmt.Fprintln(os.Stdout, strings.TrimRight(r.Text, "\n"))
	if !r.Complete {
		fmt.Fprintln(os.Stderr, "attenzione: lo scontrino è arrivato incompleto")
	}
}
