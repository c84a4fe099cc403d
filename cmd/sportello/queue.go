package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"sportello/protocol/local"
)

// runQueue shows what is charged and not yet registered or, with --follow, how it becomes less.
func runQueue(args []string) int {
	fs := flag.NewFlagSet("queue", flag.ContinueOnError)
	flags := connectionFlags(fs)
	follow := fs.Bool("follow", false, "segue la coda finché è vuota, o fino a Ctrl-C; con --json il documento è il riassunto finale")
	patience := fs.Duration("patience", 30*time.Second, "con --follow: quanto cercare un servizio che non risponde più")
	asJSON := fs.Bool("json", false, "un elenco JSON")
	if !parseAlone(fs, args) {
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := flags.open(ctx)
	if err != nil {
		return failJSON(*asJSON, err)
	}
	defer c.Close()
	if *follow {
		return c.followQueue(ctx, *patience, *asJSON)
	}
	var items []local.QueueItem
	if err := c.get(ctx, api+"queue", &items); err != nil {
		return failJSON(*asJSON, err)
	}
	if *asJSON {
		return printJSON(items)
	}
	var status local.QueueStatus
	if err := c.get(ctx, api+"queue/status", &status); err != nil {
		return failClient(err)
	}
	printQueueStatus(os.Stdout, status)
	if len(items) > 0 {
		printQueue(items)
	}
	return exitDone
}

// followQueue watches the queue until it is empty.
func (c *client) followQueue(ctx context.Context, patience time.Duration, asJSON bool) int {
	progress := follower{}
	var status *local.QueueStatus // as last seen
	for end := time.Now().Add(patience); ; {
		err := c.watchQueue(ctx, &status, &progress)
		switch {
		case err == nil, ctx.Err() != nil && status != nil:
			if asJSON {
				return printJSON(status)
			}
			printQueueStatus(os.Stdout, *status)
			return exitDone
		case ctx.Err() != nil:
			complain("interrotto prima di sapere come sta la coda", "")
			return exitFailed
		case !errors.Is(err, errUnreachable) && !errors.Is(err, errLost):
			return failJSON(asJSON, err)
		}
		if errors.Is(err, errStreamEnded) { // it was there: look for it anew, once at least
			end = time.Now().Add(patience)
			progress.say("collegamento con il servizio interrotto: lo cerco di nuovo")
		} else if time.Now().After(end) {
			return failJSON(asJSON, err)
		}
		pause(ctx)
	}
}

// errStreamEnded is the end of a stream of events that had begun.
var errStreamEnded = fmt.Errorf("%w: gli aggiornamenti si sono interrotti", errLost)

// watchQueue tells how the queue goes; nil when it is empty.
func (c *client) watchQueue(ctx context.Context, last **local.QueueStatus, progress *follower) error {
	var status local.QueueStatus
	if err := c.get(ctx, api+"queue/status", &status); err != nil { // also says why where the stream would only close
		return err
	}
	*last = &status
	s, err := c.watch(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		progress.say(queueProgress(status))
		if status.Depth == 0 {
			return nil
		}
		now, err := nextQueue(ctx, s)
		if err != nil {
			return err
		}
		status = now
	}
}

// nextQueue waits for the next word about the queue.
func nextQueue(ctx context.Context, s *stream) (local.QueueStatus, error) {
	for {
		select {
		case <-ctx.Done():
			return local.QueueStatus{}, ctx.Err()
		case e, open := <-s.Events:
			switch {
			case !open:
				return local.QueueStatus{}, errStreamEnded
			case e.Queue != nil:
				return *e.Queue, nil
			case e.Snapshot != nil && e.Snapshot.Queue != nil:
				return *e.Snapshot.Queue, nil
			}
		}
	}
}

// queueProgress is the queue in one line.
func queueProgress(q local.QueueStatus) string {
	switch {
	case q.Depth == 0:
		return "coda vuota: tutto ciò che è incassato è registrato o in elenco fra i casi"
	case q.Draining && q.Total > 0:
		return fmt.Sprintf("registrati %d di %d; in coda %s", q.Done, q.Total, queueDepth(q))
	case q.Away:
		return "la piattaforma non risponde; in coda " + queueDepth(q)
	}
	return "in coda " + queueDepth(q)
}

func queueDepth(q local.QueueStatus) string {
	text := notices(q.Depth)
	var marks []string
	if q.Late > 0 {
		marks = append(marks, fmt.Sprintf("%d in ritardo", q.Late))
	}
	if q.Red > 0 {
		marks = append(marks, fmt.Sprintf("%d oltre il giorno lavorativo", q.Red))
	}
	if len(marks) > 0 {
		text += " (" + strings.Join(marks, ", ") + ")"
	}
	return text
}

func notices(n int) string { return counted(n, "un avviso", "avvisi") }

// printQueueStatus writes the queue's figures for people.
func printQueueStatus(w io.Writer, q local.QueueStatus) {
	fmt.Fprintln(w, upperFirst(queueProgress(q)))
	if q.Oldest != nil {
		fmt.Fprintln(w, "  il più vecchio: "+clock(*q.Oldest))
	}
	if q.NextTry != nil {
		fmt.Fprintln(w, "  prossimo tentativo: "+second(*q.NextTry))
	}
	if q.Watched > 0 {
		fmt.Fprintf(w, "  non addebitati, ma sorvegliati per due giorni: %s\n", notices(q.Watched))
	}
	if q.Reason != nil {
		fmt.Fprintln(w, "  "+q.Reason.Text)
		if q.Reason.Hint != "" {
			fmt.Fprintln(w, "  ► "+q.Reason.Hint)
		}
	}
	if q.Red > 0 {
		fmt.Fprintln(w, "  ► di quelli oltre il giorno lavorativo c'è un caso da seguire: sportello cases")
	}
}

// printQueue lists the notices, each with what is next.
func printQueue(items []local.QueueItem) {
	w := table("PAGAMENTO", "AVVISO", "ENTE", "IMPORTO", "DA", "TENTATIVI", "STATO", "PROSSIMO", "MOTIVO")
	for _, q := range items {
		next, reason := "-", ""
		if q.NextTry != nil {
			next = clock(*q.NextTry)
		}
		if q.Reason != nil {
			reason = orElse(q.Reason.Text, q.Reason.Code)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", q.PaymentID, q.Number, q.Creditor, euro(q.AmountCents), clock(q.Since), q.Tries, queueState(q), next, reason)
	}
	w.Flush()
}

// queueState is where a notice of the queue stands, with its colour in words.
func queueState(q local.QueueItem) string {
	state := registered(local.StateCharged, q.State)
	switch {
	case q.Red:
		state += ", oltre il giorno lavorativo"
	case q.Late:
		state += ", in ritardo"
	}
	if q.Poisoned {
		state += ", messo da parte"
	}
	return state
}

// upperFirst begins a sentence.
func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
