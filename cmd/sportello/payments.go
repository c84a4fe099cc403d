package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
	_ "time/tzdata" // counter PCs with Windows have no zone files

	"sportello/protocol/local"
)

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
	if !parseAlone(fs, args) {
		return exitUsage
	}
	return show(flags, path, *asJSON, print)
}

// show gets something of the service and prints it.
func show[T any](flags connection, path string, asJSON bool, print func(T)) int {
	ctx := context.Background() // the client's own limit ends the call
	c, err := flags.open(ctx)
	if err != nil {
		return failJSON(asJSON, err)
	}
	defer c.Close()
	var what T
	if err := c.get(ctx, path, &what); err != nil {
		return failJSON(asJSON, err)
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
