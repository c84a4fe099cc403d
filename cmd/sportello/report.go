package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"sportello/protocol/local"
)

// runReport shows what an accounting day has brought, or writes it into a file.
func runReport(args []string) int {
	fs := flag.NewFlagSet("report", flag.ContinueOnError)
	flags := connectionFlags(fs)
	date := fs.String("date", "", "il giorno contabile, AAAA-MM-GG; altrimenti oggi")
	csv := fs.String("csv", "", "scrive le operazioni in questo file CSV, che non deve esserci; - è lo standard output")
	pdf := fs.String("pdf", "", "scrive il riepilogo in questo file PDF, che non deve esserci; - è lo standard output")
	asJSON := fs.Bool("json", false, "un documento JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	const example = "sportello report day --date 2026-03-10 --pdf riepilogo.pdf"
	if fs.NArg() != 1 || fs.Arg(0) != "day" {
		return usageError("report: serve che cosa riepilogare: day", example)
	}
	if _, err := time.Parse(time.DateOnly, *date); *date != "" && err != nil {
		return usageError(fmt.Sprintf("report: %q non è un giorno AAAA-MM-GG", *date), example)
	}
	ways := 0
	for _, chosen := range []bool{*csv != "", *pdf != "", *asJSON} {
		if chosen {
			ways++
		}
	}
	if ways > 1 {
		return usageError("report: uno solo fra --csv, --pdf e --json", example)
	}
	ctx := context.Background() // the client's own limit ends the call
	c, err := flags.open(ctx)
	if err != nil {
		return failJSON(*asJSON, err)
	}
	defer c.Close()
	query := url.Values{}
	if *date != "" {
		query.Set("date", *date)
	}
	switch {
	case *csv != "":
		query.Set("format", "csv")
		return c.download(ctx, http.MethodGet, dayPath(query), nil, *csv)
	case *pdf != "":
		query.Set("format", "pdf")
		return c.download(ctx, http.MethodGet, dayPath(query), nil, *pdf)
	}
	var r local.DayReport
	if err := c.get(ctx, dayPath(query), &r); err != nil {
		return failJSON(*asJSON, err)
	}
	if *asJSON {
		return printJSON(r)
	}
	printDay(os.Stdout, r)
	return exitDone
}

func dayPath(query url.Values) string {
	path := api + "reports/day"
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

func printDay(w io.Writer, r local.DayReport) {
	receipts := r.FirstReceipt
	if r.LastReceipt != r.FirstReceipt {
		receipts += "–" + r.LastReceipt
	}
	fmt.Fprintf(w, "Giornata %s, installazione %s, stampata il %s\n", r.Day, r.Installation, second(r.MadeAt))
	if receipts != "" {
		fmt.Fprintf(w, "  ricevute %s\n", receipts)
	}
	printFigures(w, "totale", r.Totals)
	if r.DifferenceCents != 0 {
		fmt.Fprintf(w, "  addebitato oltre gli importi degli avvisi: %s\n", local.Money(r.DifferenceCents, local.Italian))
	}
	for _, part := range []struct {
		name string
		rows []local.Figure
	}{{"Operatori", r.Operators}, {"Terminali", r.Terminals}, {"Enti", r.Creditors}} {
		if len(part.rows) > 0 {
			fmt.Fprintln(w, part.name)
		}
		for _, f := range part.rows {
			printFigures(w, f.Label, f.Figures)
		}
	}
	fmt.Fprintf(w, "Casi: %d aperti e %d chiusi nella giornata, %d aperti ora\n", r.CasesOpened, r.CasesEnded, len(r.CasesOpen))
	fmt.Fprintf(w, "Registro: %d scritture, testa %s\n", r.Entries, r.LedgerHead)
}

func printFigures(w io.Writer, name string, f local.Figures) {
	parts := []string{fmt.Sprintf("netto %s", local.Money(f.NetCents, local.Italian))}
	for _, one := range []struct {
		name string
		sum  local.Sum
	}{{"incassati", f.Charged}, {"stornati", f.Reversed}, {"esito non noto", f.Unknown}, {"non incassati", f.NotCharged},
		{"registrati", f.Registered}, {"in attesa", f.Awaiting}, {"sospesi", f.Held}, {"chiusi", f.Closed}} {
		if one.sum.Count > 0 {
			parts = append(parts, fmt.Sprintf("%s %d (%s)", one.name, one.sum.Count, local.Money(one.sum.Cents, local.Italian)))
		}
	}
	fmt.Fprintf(w, "  %-20s %s\n", name, strings.Join(parts, ", "))
}
