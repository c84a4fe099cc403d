package main

import (
	"context"
	"errors"
	"flag"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"sportello/protocol/local"
)

// giveBack is one run of the command reverse.
type giveBack struct {
	follower
	id      string // of the payment
	request local.ActionRequest
	before  time.Time // when the payment's last reversal was asked for: that one is not ours
	json    bool
}

// runReverse asks the terminal to give a charge back and waits for what becomes of it.
func runReverse(args []string) int {
	fs := flag.NewFlagSet("reverse", flag.ContinueOnError)
	flags := connectionFlags(fs)
	requestID := fs.String("request-id", "", "identificativo della richiesta: ripeterla con lo stesso dà lo stesso storno")
	patience := fs.Duration("patience", 30*time.Second, "quanto cercare un servizio che non risponde più")
	asJSON := fs.Bool("json", false, "il pagamento come documento JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	if fs.NArg() != 1 {
		return usageError("reverse: serve l'identificativo di un pagamento", "sportello reverse A1-00000012 --operator CODICE")
	}
	if *flags.operator == "" {
		return nameless("reverse")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	g := &giveBack{id: fs.Arg(0), request: local.ActionRequest{RequestID: orElse(*requestID, newRequestID())}, json: *asJSON}
	c, err := flags.open(ctx)
	if err != nil {
		return g.failed(err)
	}
	defer c.Close()
	g.follower = follower{c: c, patience: *patience, mine: g.isMine, end: reversalEnd, working: func(a local.Activity) bool {
		return a.PaymentID == g.id || a.RequestID == g.request.RequestID
	}}
	return g.run(ctx)
}

func (g *giveBack) run(ctx context.Context) int {
	path := api + "payments/" + url.PathEscape(g.id)
	var now local.Payment
	if err := g.c.get(ctx, path, &now); err != nil {
		return g.failed(err)
	}
	if now.Reversal != nil {
		g.before = now.Reversal.SentAt
	}
	s, err := g.c.watch(ctx) // only for the progress: without it the reversal goes on
	if err != nil {
		g.say("senza aggiornamenti dal vivo: " + err.Error())
	}
	p, err := g.place(ctx, s, path+"/reversal", g.request)
	if err != nil {
		if s != nil {
			s.Close()
		}
		return g.failed(err)
	}
	p, code, err := g.follow(ctx, p, s)
	if err != nil {
		return g.lost(err)
	}
	g.document(p)
	if !g.json {
		printPayment(os.Stdout, p)
	}
	return code
}

// isMine leaves out what is said of the payment as it was before this reversal.
func (g *giveBack) isMine(p local.Payment) bool {
	if p.ID != g.id {
		return false
	}
	return p.State != local.StateCharged || p.Reversal != nil && p.Reversal.EndedAt != nil && !p.Reversal.SentAt.Equal(g.before)
}

// reversalEnd is the exit code of a payment whose reversal was accepted, and whether that has ended.
func reversalEnd(p local.Payment) (code int, over bool) {
	switch p.State {
	case local.StateReversed:
		return exitDone, true
	case local.StateCharged:
		return exitNotCharged, true // not given back: the charge stands
	case local.StateReversing:
		return exitUnknown, p.NeedsPeople
	default:
		return exitUnknown, true // a state of a later service: people look at it
	}
}

// failed explains why there is no reversal to report.
func (g *giveBack) failed(err error) int {
	var no *refusal
	switch {
	case errors.As(err, &no):
		g.document(local.ErrorBody{Error: no.Body})
		failClient(err)
		return payRefusal(no.Body.Code) // sorted as a payment's: most mean that nothing was given back
	case errors.Is(err, errLost):
		return g.lost(err)
	case errors.Is(err, context.Canceled):
		g.document(local.ErrorBody{Error: local.Error{Code: codeInterrupted, Message: err.Error(), PaymentID: g.id}})
		complain("interrotto prima dello storno", "niente è stato chiesto al terminale")
		return exitFailed
	case errors.Is(err, errUnreachable):
		g.document(local.ErrorBody{Error: local.Error{Code: codeUnreachable, Message: err.Error(), PaymentID: g.id}})
	}
	return failClient(err)
}

// lost explains that the reversal may have been made. Only the same request id may follow.
func (g *giveBack) lost(err error) int {
	if errors.Is(err, context.Canceled) {
		g.document(local.ErrorBody{Error: local.Error{Code: codeInterrupted, Message: "lo storno prosegue sul servizio", PaymentID: g.id}})
		complain("interrotto: lo storno prosegue sul servizio", "sportello payment "+g.id)
		return exitUnknown
	}
	g.document(local.ErrorBody{Error: local.Error{Code: codeLost, Message: err.Error(), PaymentID: g.id}})
	complain("non si sa se lo storno è riuscito: "+err.Error(),
		"non rimborsare in altro modo; quando il servizio risponde: sportello payment "+g.id+", oppure lo stesso comando con --request-id "+g.request.RequestID)
	return exitUnknown
}

// document writes the one JSON document of --json.
func (g *giveBack) document(v any) {
	if g.json {
		printJSON(v)
	}
}

// nameless refuses a decision without a name: the service would, too.
func nameless(command string) int {
	return usageError(command+": la decisione porta il nome di chi la prende", "aggiungere --operator CODICE; il PIN viene chiesto, o si dà su standard input")
}
