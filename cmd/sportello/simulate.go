package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"sportello/driver/simulator"
	"sportello/protocol/ecr17"
	"sportello/protocol/govpay/govpaytest"
)

// runSimulate starts one of the two ends that are not ours, alone, on a real line.
func runSimulate(args []string) int {
	if len(args) == 0 {
		return usageError("simulate: manca che cosa simulare", "sportello simulate terminal --listen tcp://127.0.0.1:10000  ·  sportello simulate platform --listen 127.0.0.1:9080")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch args[0] {
	case "terminal":
		return simulateTerminal(ctx, args[1:])
	case "platform":
		return simulatePlatform(ctx, args[1:])
	}
	return usageError(fmt.Sprintf("simulate: non so simulare %q", args[0]), "si può simulare terminal o platform")
}

func simulateTerminal(ctx context.Context, args []string) int {
	fs := flag.NewFlagSet("simulate terminal", flag.ContinueOnError)
	listen := fs.String("listen", "", "tcp://HOST:PORT")
	pty := fs.String("pty", "", "file che riceve il percorso della linea seriale simulata")
	lrc := fs.String("lrc", ecr17.StxPayloadEtx.String(), "ambito LRC")
	tid := fs.String("terminal-id", "12345678", "codice del terminale, 8 cifre")
	bank := fs.String("bank", "", "file delle decisioni della banca, una riga JSON ciascuna")
	faults := fs.String("faults", "", "file dei guasti, una riga JSON ciascuno")
	fast := fs.Bool("fast", false, "senza le attese di una persona")
	if !parse(fs, args) || fs.NArg() > 0 {
		return exitUsage
	}
	if (*listen == "") == (*pty == "") {
		return usageError("simulate terminal: serve --listen oppure --pty", "sportello simulate terminal --listen tcp://127.0.0.1:10000")
	}
	scope, err := ecr17.ParseScope(*lrc)
	if err != nil {
		return usageError("simulate terminal: "+err.Error(), "--lrc stx+payload+etx | payload+etx | payload | stx+payload")
	}
	o := simulator.Options{TerminalID: *tid, Scope: scope}
	if !*fast {
		o.Timing = simulator.Human
	}
	if *bank != "" {
		if o.Bank, err = simulator.OpenBank(*bank); err != nil {
			return fail(err)
		}
		defer o.Bank.Close()
	}
	if *faults != "" {
		if o.Faults, err = simulator.LoadFaults(*faults); err != nil {
			return fail(err)
		}
	}
	sim, err := simulator.New(o)
	if err != nil {
		return fail(err)
	}
	if *pty != "" {
		err = sim.ServePTY(ctx, *pty)
	} else {
		var l net.Listener
		if l, err = net.Listen("tcp", strings.TrimPrefix(*listen, "tcp://")); err == nil {
			fmt.Fprintf(os.Stderr, "terminale simulato %s su tcp://%s\n", *tid, l.Addr())
			err = sim.Serve(ctx, l)
		}
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return fail(err)
	}
	return exitDone
}

func simulatePlatform(ctx context.Context, args []string) int {
	fs := flag.NewFlagSet("simulate platform", flag.ContinueOnError)
	listen := fs.String("listen", "", "HOST:PORT")
	seed := fs.String("seed", "", "file JSON dei debiti; senza, quelli dimostrativi")
	bank := fs.String("bank", "", "file della banca del terminale simulato: gli incassi diventano ricevute")
	faults := fs.String("faults", "", "file dei guasti, una riga JSON ciascuno")
	user := fs.String("user", "sportello", "utente richiesto")
	password := fs.String("password", "sportello", "password richiesta")
	delay := fs.Duration("receipt-delay", 2*time.Second, "tempo fra incasso e ricevuta")
	if !parse(fs, args) || fs.NArg() > 0 {
		return exitUsage
	}
	if *listen == "" {
		return usageError("simulate platform: manca --listen", "sportello simulate platform --listen 127.0.0.1:9080")
	}
	o := govpaytest.Options{User: *user, Password: *password, BankFile: *bank, FaultsFile: *faults, ReceiptDelay: *delay,
		Report: func(err error) { fmt.Fprintln(os.Stderr, err) }}
	if *seed != "" {
		f, err := os.Open(*seed)
		if err != nil {
			return fail(err)
		}
		o.Seed, err = govpaytest.ReadSeed(f)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return fail(err)
		}
	}
	p, err := govpaytest.New(o)
	if err != nil {
		return fail(err)
	}
	if err := p.Start(*listen); err != nil {
		return fail(err)
	}
	defer p.Close()
	pagamento, pendenze, ragioneria := govpaytest.Base("http://" + p.Addr())
	fmt.Fprintf(os.Stderr, "piattaforma simulata:\n  pagamento:  %s\n  pendenze:   %s\n  ragioneria: %s\n", pagamento, pendenze, ragioneria)
	for _, qr := range p.Seed().QR() {
		fmt.Fprintln(os.Stdout, qr)
	}
	<-ctx.Done()
	return exitDone
}
