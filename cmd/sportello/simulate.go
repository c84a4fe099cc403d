package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"sportello/driver/simulator"
	"sportello/protocol/ecr17"
)

// runSimulate starts one of the two ends that are not ours, alone, on a real line.
func runSimulate(args []string) int {
	const examples = "sportello simulate terminal --listen tcp://127.0.0.1:10000  ·  sportello simulate platform --listen 127.0.0.1:9080"
	switch {
	case len(args) == 0:
		return usageError("simulate: manca che cosa simulare", examples)
	case strings.HasPrefix(args[0], "-"):
		if parse(flag.NewFlagSet("simulate", flag.ContinueOnError), args) { // -h is all there is before terminal or platform
			usageError("simulate: manca che cosa simulare", examples)
		}
		return exitUsage
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
	flags := flag.NewFlagSet("simulate terminal", flag.ContinueOnError)
	listen := flags.String("listen", "", "tcp://HOST:PORT")
	pty := flags.String("pty", "", "file che riceve il percorso della linea seriale simulata")
	lrc := flags.String("lrc", ecr17.StxPayloadEtx.String(), "ambito LRC")
	tid := flags.String("terminal-id", "12345678", "codice del terminale, 8 cifre")
	bank := flags.String("bank", "", "file delle decisioni della banca, una riga JSON ciascuna")
	faults := flags.String("faults", "", "file dei guasti, una riga JSON ciascuno")
	fast := flags.Bool("fast", false, "senza le attese di una persona")
	panel := flags.String("panel", "", "HOST:PORT di questo computer: i tasti del terminale, in JSON")
	var o simulator.Options
	knobs(flags, &o)
	if !parseAlone(flags, args) {
		return exitUsage
	}
	if (*listen == "") == (*pty == "") {
		return usageError("simulate terminal: serve --listen oppure --pty", "sportello simulate terminal --listen tcp://127.0.0.1:10000")
	}
	scope, err := ecr17.ParseScope(*lrc)
	if err != nil {
		return usageError(fmt.Sprintf("simulate terminal: --lrc %q non esiste", *lrc), "--lrc stx+payload+etx | payload+etx | payload | stx+payload")
	}
	o.TerminalID, o.Scope = *tid, scope
	if !*fast {
		manual := o.Timing.Manual
		o.Timing = simulator.Human
		o.Timing.Manual = manual
	}
	if *bank != "" {
		if o.Bank, err = simulator.OpenBank(*bank); err != nil {
			return failSimulated("terminal", err)
		}
		defer o.Bank.Close()
	}
	if *faults != "" {
		if o.Faults, err = simulator.LoadFaults(*faults); err != nil {
			return failSimulated("terminal", &fs.PathError{Op: "faults", Path: *faults, Err: err})
		}
	}
	sim, err := simulator.New(o)
	if err != nil {
		return failSimulated("terminal", err)
	}
	closePanel, err := servePanel(ctx, *panel, sim)
	if err != nil {
		return failSimulated("terminal", err)
	}
	defer closePanel()
	if *pty != "" {
		fmt.Fprintf(os.Stderr, "terminale simulato %s su una porta seriale: il suo percorso è nel file %s\n", *tid, *pty)
		err = sim.ServePTY(ctx, *pty)
	} else {
		var l net.Listener
		if l, err = net.Listen("tcp", strings.TrimPrefix(*listen, "tcp://")); err == nil {
			fmt.Fprintf(os.Stderr, "terminale simulato %s su tcp://%s\n", *tid, l.Addr())
			err = sim.Serve(ctx, l)
		}
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return failSimulated("terminal", err)
	}
	return exitDone
}

// knobs are the ways of a terminal that a trial can choose. What they mean and which
// values they take is checked by the simulator.
func knobs(fs *flag.FlagSet, o *simulator.Options) {
	fs.Func("ack-form", "forma dell'LRC di ACK e NAK: ctrl, ctrl+etx, stx+ctrl+etx, stx+ctrl, etx", func(v string) (err error) {
		if o.Form, err = ecr17.ParseControlForm(v); err != nil {
			return errors.New("non è una forma di ACK")
		}
		return nil
	})
	fs.StringVar(&o.State, "state", "", "stato dichiarato, una cifra (2 operativo)")
	fs.StringVar(&o.Release, "release", "", "release del software")
	fs.DurationVar(&o.ClockShift, "clock-shift", 0, "orologio del terminale meno il nostro")
	fs.StringVar(&o.Unsupported, "unsupported", "", "lettere rifiutate con NAK")
	fs.StringVar((*string)(&o.EmptyLast), "empty-last", "", "G senza risultato: nak, refusal, silent")
	fs.StringVar((*string)(&o.Closing), "close", "", "chiude la linea dopo: transaction, each, never, ack")
	fs.IntVar(&o.Clients, "clients", 1, "linee servite insieme")
	fs.StringVar((*string)(&o.Busy), "busy", "", "richieste a terminale occupato: queue, nak, silent")
	fs.StringVar(&o.WhileBusy, "while-busy", "", "lettere (s, G) a cui risponde anche durante un'operazione")
	fs.DurationVar(&o.Timing.Manual, "manual", 0, "quanto un'operazione manuale occupa il terminale")
	fs.StringVar((*string)(&o.PAN), "pan", "", "numero di carta con: stars, zeros")
	fs.StringVar(&o.VASGap, "vas-gap", "", "byte 19-22 della risposta K, 4 caratteri")
	fs.IntVar(&o.VASPart, "vas-part", 0, "byte di XML per parte della risposta K")
	for name, knob := range map[string]struct {
		to    *bool
		usage string
	}{
		"any-tid":              {&o.AnyTID, "risponde a qualunque codice di terminale"},
		"drop-repeats":         {&o.DropRepeats, "scarta le copie della stessa richiesta"},
		"forget-switch":        {&o.ForgetSwitch, "dimentica lo scontrino alla cassa quando cade la linea"},
		"save-after-send":      {&o.SaveAfterSend, "salva il risultato dopo averlo mandato"},
		"notes-first":          {&o.NotesFirst, "salva l'operazione come fallita quando comincia"},
		"counts-first":         {&o.CountsFirst, "conta nei totali prima di salvare il risultato"},
		"no-undo":              {&o.NoUndo, "alla riaccensione non storna ciò che non aveva salvato"},
		"auto-cancel":          {&o.AutoCancel, "storna se la cassa non conferma il risultato"},
		"manual-saved":         {&o.ManualSaved, "le operazioni manuali sostituiscono il risultato salvato"},
		"no-reference":         {&o.NoReference, "non stampa il riferimento della cassa"},
		"no-reference-in-copy": {&o.NoReferenceInCopy, "non lo stampa nella copia"},
		"no-refusal-ticket":    {&o.NoRefusalTicket, "nessuno scontrino per i rifiuti"},
		"ticket-first":         {&o.TicketFirst, "scontrino prima del risultato"},
		"data-after-ticket":    {&o.DataAfterTicket, "risposta U dopo lo scontrino"},
		"full-lines":           {&o.FullLines, "righe piene di 24 caratteri seguite da 7D"},
		"dcc-extended":         {&o.ExtendedUnderDCC, "X con valuta estera: risponde E (92), non V"},
		"lax-ack":              {&o.LaxConfirm, "accetta ACK con qualunque LRC"},
		"exact-ack":            {&o.ConfirmExact, "accetta solo ACK della propria forma"},
		"manual-keys":          {&o.ManualKeys, "carta e PIN aspettano i tasti del pannello"},
		"no-amount-declines":   {&o.NoAmountDeclines, "nessun importo ha un significato"},
	} {
		fs.BoolVar(knob.to, name, false, knob.usage)
	}
}

var errPanelElsewhere = errors.New("il pannello si apre solo su questo computer (127.0.0.1)")

// servePanel serves the keys of the terminal on this computer only; nothing when the
// address is empty. The function that it gives ends it and waits.
func servePanel(ctx context.Context, address string, sim *simulator.Terminal) (func(), error) {
	if address == "" {
		return func() {}, nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("--panel %q non è HOST:PORT: %w", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, errPanelElsewhere
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--panel: %w", err)
	}
	server := &http.Server{
		Handler: simulator.Panel(sim), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // ends with Close
	fmt.Fprintf(os.Stderr, "pannello su http://%s/state\n", l.Addr())
	return func() {
		_ = server.Close()
		serving.Wait()
	}, nil
}
