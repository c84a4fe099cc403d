package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"sportello/protocol/local"
)

// runReceipt shows the slip of one payment as our own ledger keeps it, or the pagoPA receipt of one of its
// notices. The terminal is not asked: its copy is only of its last operation (terminal reprint).
func runReceipt(args []string) int {
	fs := flag.NewFlagSet("receipt", flag.ContinueOnError)
	flags := connectionFlags(fs)
	notice := fs.Int("notice", 0, "la ricevuta pagoPA dell'N-esimo avviso, invece dello scontrino del terminale")
	pdf := fs.String("pdf", "", "scrive il PDF della ricevuta pagoPA in questo file, che non deve esserci; - è lo standard output")
	asJSON := fs.Bool("json", false, "un documento JSON; con --notice anche la ricevuta per intero")
	if !parse(fs, args) {
		return exitUsage
	}
	id, given := fs.Arg(0), false
	fs.Visit(func(f *flag.Flag) { given = given || f.Name == "notice" })
	switch {
	case fs.NArg() != 1:
		return usageError("receipt: serve l'identificativo di un pagamento", "sportello receipt A1-00000012")
	case given && *notice < 1:
		return usageError("receipt: --notice conta gli avvisi del pagamento da 1", "sportello receipt "+id+" --notice 1")
	case *pdf != "" && *asJSON:
		return usageError("receipt: --pdf oppure --json", "sportello receipt "+id+" --notice 1 --pdf ricevuta.pdf")
	}
	ctx := context.Background() // the client's own limit ends the call
	c, err := flags.open(ctx)
	if err != nil {
		return failJSON(*asJSON, err)
	}
	defer c.Close()
	switch {
	case *pdf != "":
		return c.receiptPDF(ctx, id, *notice, *pdf)
	case *notice > 0:
		return c.registrationReceipt(ctx, id, *notice, *asJSON)
	}
	var r local.Receipt
	err = c.get(ctx, api+"payments/"+url.PathEscape(id)+"/receipt", &r)
	var no *refusal
	switch {
	case errors.As(err, &no) && no.Body.Code == local.CodeNotFound && no.Body.PaymentID != "":
		if *asJSON {
			printFailure(no.Body, "")
		}
		complain("di questo pagamento il registro non ha lo scontrino",
			"se è l'ultima operazione del terminale: sportello terminal reprint NOME; altrimenti c'è quello stampato dal terminale")
		return exitFailed
	case err != nil:
		return failJSON(*asJSON, err)
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

// registrationReceipt shows the pagoPA receipt of one notice.
func (c *client) registrationReceipt(ctx context.Context, id string, notice int, asJSON bool) int {
	var r local.RegistrationReceipt
	if err := c.get(ctx, receiptPath(id, notice, "json"), &r); err != nil {
		return failJSON(asJSON, err)
	}
	if asJSON {
		return printJSON(r)
	}
	fmt.Fprintf(os.Stdout, "Ricevuta pagoPA %s\n  pagamento %s, avviso %s ente %s\n", r.ReceiptID, r.PaymentID, r.Number, r.Creditor)
	if r.At != nil {
		fmt.Fprintf(os.Stdout, "  pagato il %s\n", second(*r.At))
	}
	fmt.Fprintf(os.Stdout, "  ► da stampare: sportello receipt %s --notice %d --pdf FILE\n", r.PaymentID, notice)
	return exitDone
}

// receiptPDF writes the PDF of a notice's receipt into a file. Where the payment has one notice it is that.
func (c *client) receiptPDF(ctx context.Context, id string, notice int, path string) int {
	if notice == 0 {
		var p local.Payment
		if err := c.get(ctx, api+"payments/"+url.PathEscape(id), &p); err != nil {
			return failClient(err)
		}
		if len(p.Notices) > 1 {
			return usageError(fmt.Sprintf("receipt: il pagamento ha %d avvisi, ognuno con la sua ricevuta", len(p.Notices)), "--notice 1 è il primo")
		}
		notice = 1
	}
	return c.download(ctx, http.MethodGet, receiptPath(id, notice, "pdf"), nil, path)
}

func receiptPath(id string, notice int, format string) string {
	return api + "payments/" + url.PathEscape(id) + "/receipt?" + url.Values{"notice": {strconv.Itoa(notice)}, "format": {format}}.Encode()
}

// download gets a PDF and writes it into a new file, which nobody else may read: it is about a person.
func (c *client) download(ctx context.Context, method, path string, in any, to string) int {
	var pdf []byte
	answered := announce("in attesa della risposta")
	err := c.do(ctx, method, path, in, &pdf)
	answered()
	if err != nil {
		return failClient(noCharge(err))
	}
	if err := writeNew(to, pdf); err != nil {
		if errors.Is(err, os.ErrExist) {
			complain(fmt.Sprintf("il file %q c'è già", to), "indicarne un altro: niente viene sovrascritto")
			return exitFailed
		}
		return failFile(to, err)
	}
	if to != "-" {
		fmt.Fprintln(os.Stderr, "scritto: "+to)
	}
	return exitDone
}

func writeNew(path string, b []byte) error {
	if path == "-" {
		_, err := os.Stdout.Write(b)
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		os.Remove(path) // half a file is none
		return err
	}
	return nil
}

// runNoticePDF writes the paper of a notice into a file.
func runNoticePDF(args []string) int {
	fs := flag.NewFlagSet("notice-pdf", flag.ContinueOnError)
	flags := connectionFlags(fs)
	out := fs.String("out", "", "file da scrivere, che non deve esserci; - è lo standard output")
	if !parse(fs, args) {
		return exitUsage
	}
	const example = "sportello notice-pdf 302000100000000107 --out avviso.pdf"
	switch {
	case fs.NArg() != 1:
		return usageError("notice-pdf: serve un avviso (18 cifre, o NUMERO@CODICEFISCALE)", example)
	case *out == "":
		return usageError("notice-pdf: manca --out", example)
	}
	number, creditor, _ := strings.Cut(fs.Arg(0), "@")
	if len(number) != 18 || strings.Trim(number, "0123456789") != "" {
		return usageError(fmt.Sprintf("notice-pdf: %q non è un avviso (18 cifre, o NUMERO@CODICEFISCALE)", fs.Arg(0)), example)
	}
	ctx := context.Background() // the client's own limit ends the call
	c, err := flags.open(ctx)
	if err != nil {
		return failClient(err)
	}
	defer c.Close()
	return c.download(ctx, http.MethodPost, api+"notices/pdf", local.NoticeRef{Creditor: creditor, Number: number}, *out)
}

// secretLine is a value of the command line that may also be "-": then it is a line of standard input, where no
// other user of the PC can see it.
func secretLine(value string, stdin io.Reader) (string, error) {
	if value != "-" {
		return value, nil
	}
	line, err := readLine(stdin)
	return strings.TrimSpace(line), err
}
