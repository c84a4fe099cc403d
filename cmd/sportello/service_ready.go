package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sportello/protocol/local"
)

// readyWait is how long `service upgrade-ready` waits for what is in hand, unless it is told otherwise: a card
// and its PIN take about that long, and an installer must not stand still for longer.
const readyWait = 30 * time.Second

// readyEvery is the pause between two questions.
const readyEvery = 500 * time.Millisecond

// inHand are the holders of a terminal that an upgrade waits for: a stop loses none of them, since each is
// taken up again after the start, but people stand at the counter meanwhile. Questions may be cut short.
var inHand = []string{"pay", "reverse", "close", "resolve"}

// serviceUpgradeReady is what the packages ask before they touch anything: 0 when nothing is in hand, 1 when
// something still is after wait. A service that does not answer has nothing that waiting for would help, and
// may be what the upgrade is to mend. With lenient a user who may not ask keeps nobody off: the installer of
// Windows asks once more, with the system's rights.
func serviceUpgradeReady(file string, wait time.Duration, lenient bool) int {
	ctx, cancel := context.WithTimeout(context.Background(), max(wait, 0)+callLimit)
	defer cancel()
	until := time.Now().Add(wait)
	for told := false; ; told = true {
		busy, err := terminalsInHand(ctx, file)
		var no *refusal
		switch {
		case errors.As(err, &no):
			return failClient(err)
		case errors.Is(err, fs.ErrPermission) && lenient:
			return exitDone
		case errors.Is(err, fs.ErrPermission):
			return failService(fmt.Errorf("%w: %w", errNoRights, err))
		case err != nil:
			fmt.Fprintln(os.Stdout, "Il servizio non risponde: si può aggiornare. ("+err.Error()+")")
			return exitDone
		case len(busy) == 0:
			fmt.Fprintln(os.Stdout, "Niente in corso: si può aggiornare.")
			return exitDone
		case time.Until(until) <= 0:
			what := "adesso non si può aggiornare, né togliere: " + strings.Join(busy, "; ")
			tellRefused(what)
			complain(what, "ripetere quando è finito; sportello service stop ferma comunque, e ciò che era in corso riprende dalle sue prove al prossimo avvio")
			return exitFailed
		case !told:
			fmt.Fprintf(os.Stderr, "Si attende, al massimo %s: %s\n", age(wait), strings.Join(busy, "; "))
		}
		select {
		case <-time.After(min(readyEvery, time.Until(until))):
		case <-ctx.Done():
		}
	}
}

// terminalsInHand asks the running service, in words for people.
func terminalsInHand(ctx context.Context, file string) ([]string, error) {
	if err := mayRead(file); err != nil {
		return nil, err
	}
	place, err := findPlace(file)
	if err != nil {
		return nil, err
	}
	if err := mayRead(filepath.Join(place.DataDir, tokenName)); err != nil {
		return nil, err
	}
	c, err := connect(file)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var terminals []local.Terminal
	if err := c.get(ctx, api+"terminals", &terminals); err != nil {
		return nil, err
	}
	var busy []string
	for _, t := range terminals {
		if t.Lease != nil && slices.Contains(inHand, t.Lease.Holder) {
			busy = append(busy, t.Label+" "+leaseText(*t.Lease))
		}
	}
	return busy, nil
}

// mayRead tells a file that this user is denied, which is no sign that nothing runs.
func mayRead(path string) error {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return err
	case err == nil:
		_ = f.Close() // it was only read from
	}
	return nil
}
