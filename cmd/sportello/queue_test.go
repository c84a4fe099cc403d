package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"sportello/protocol/local"
)

func TestQueue(t *testing.T) {
	f := newFake(t)
	at := time.Date(2026, 5, 4, 10, 30, 0, 0, time.UTC)
	f.answers["queue/status"] = local.QueueStatus{Depth: 2, Late: 2, Red: 1, Watched: 1, Oldest: &at, NextTry: &at, Away: true,
		Reason: &local.Reason{Code: "platform_unavailable", Text: "La piattaforma non risponde.", Hint: "Riprovare."}}
	f.answers["queue"] = []local.QueueItem{
		{PaymentID: "A1-1", Number: tari, AmountCents: 12050, State: local.RegistrationSubmitting, Since: at, NextTry: &at, Tries: 3, Late: true, Red: true, Reason: &local.Reason{Text: "non si sa"}},
		{PaymentID: "A1-2", Number: tari, AmountCents: 500, State: local.RegistrationAwaitingReceipt, Since: at, Late: true, Poisoned: true},
	}
	r := f.run("queue")
	for _, want := range []string{
		"La piattaforma non risponde; in coda 2 avvisi (2 in ritardo, 1 oltre il giorno lavorativo)\n",
		"il più vecchio: 04/05/2026 12:30\n", "prossimo tentativo: 04/05/2026 12:30:00\n", "sorvegliati per due giorni: un avviso\n", "► Riprovare.\n", "sportello cases\n",
		"in invio, oltre il giorno lavorativo", "non si sa\n", "in attesa della ricevuta pagoPA, in ritardo, messo da parte",
	} {
		expect(t, r, exitDone, want, "")
	}
	var items []local.QueueItem
	if r := f.run("queue", "--json"); r.code != exitDone || json.Unmarshal([]byte(r.out), &items) != nil || len(items) != 2 || !items[1].Poisoned {
		t.Errorf("%d %s", r.code, r.out)
	}
	f.answers["queue/status"], f.answers["queue"] = local.QueueStatus{}, []local.QueueItem{}
	if r := f.run("queue"); r.code != exitDone || r.out != "Coda vuota: tutto ciò che è incassato è registrato o in elenco fra i casi\n" {
		t.Errorf("%d %q", r.code, r.out)
	}
	expect(t, f.run("queue", "A1-1"), exitUsage, "", `"A1-1" è di troppo`)
	f.refusals[api+"queue/status"] = local.Error{Code: local.CodeStopping, Message: "si ferma"}
	expect(t, f.run("queue"), exitFailed, "", "[stopping]")
	expect(t, f.run("queue", "--follow"), exitFailed, "", "[stopping]")
}

// follow runs queue --follow and gives its lines to say as they come.
func follow(t *testing.T, f *fake, say func(line string, p *os.Process), args ...string) result {
	t.Helper()
	f.sync()
	cmd := commandLine(t, append([]string{"queue", "--follow", "--config", f.config}, args...)...)
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(errs); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		say(lines.Text(), cmd.Process)
	}
	_ = cmd.Wait()
	f.sync()
	return result{cmd.ProcessState.ExitCode(), out.String(), said.String()}
}

// While the queue drains there is a line of progress for each change; the end is an empty queue.
func TestQueueFollowedToItsEnd(t *testing.T) {
	f := newFake(t)
	f.answers["queue/status"] = local.QueueStatus{Depth: 10, Total: 10, Draining: true}
	r := follow(t, f, func(line string, _ *os.Process) {
		switch line {
		case "· registrati 0 di 10; in coda 10 avvisi":
			f.listened()
			f.publish(local.Event{Type: local.EventPlatform}) // another event is no word about the queue
			f.publish(local.Event{Type: local.EventQueue, Queue: &local.QueueStatus{Depth: 4, Late: 1, Done: 6, Total: 10, Draining: true}})
		case "· registrati 6 di 10; in coda 4 avvisi (1 in ritardo)":
			f.publish(local.Event{Type: local.EventQueue, Queue: &local.QueueStatus{Done: 10, Total: 10}})
		}
	}, "--json")
	var status local.QueueStatus
	if err := json.Unmarshal([]byte(r.out), &status); err != nil || r.code != exitDone || status.Done != 10 || strings.Count(r.errors, "\n") != 3 {
		t.Errorf("exit %d, %v: %s\n%s", r.code, err, r.out, r.errors)
	}
}

// A service that starts again is found again, with its new token.
func TestQueueFollowedOverARestart(t *testing.T) {
	f := newFake(t)
	f.answers["queue/status"] = local.QueueStatus{Depth: 2}
	r := follow(t, f, func(line string, _ *os.Process) {
		switch {
		case line == "· in coda 2 avvisi":
			f.listened() // with the token of before
			f.mu.Lock()
			f.token = "nuovo"
			f.answers["queue/status"] = local.QueueStatus{}
			f.mu.Unlock()
			f.write(f.dir+"/"+tokenName, "nuovo")
			f.cutStreams()
		}
	})
	expect(t, r, exitDone, "Coda vuota", "interrotto: lo cerco di nuovo")
}

func TestQueueFollowedWithoutService(t *testing.T) {
	f := newFake(t)
	f.answers["queue/status"] = local.QueueStatus{Depth: 2}
	r := follow(t, f, func(line string, _ *os.Process) {
		if line == "· in coda 2 avvisi" {
			f.server.Listener.Close()
			f.cutStreams()
		}
	}, "--patience", "1ms")
	expect(t, r, exitUnreachable, "", "il servizio non è in funzione (")
}

func TestQueueFollowedUntilInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a test cannot send Ctrl-C to one process on Windows")
	}
	f := newFake(t)
	f.answers["queue/status"] = local.QueueStatus{Depth: 2, Away: true}
	r := follow(t, f, func(_ string, p *os.Process) {
		if err := p.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
	})
	expect(t, r, exitDone, "La piattaforma non risponde; in coda 2 avvisi\n", "")
}

// A charge that nobody has submitted yet is told as work to be done; what was not charged is told as nothing.
func TestRegistrationNone(t *testing.T) {
	for state, want := range map[local.State]string{
		local.StateCharged: "da inviare alla piattaforma", local.StateReversing: "da inviare alla piattaforma",
		local.StateNotCharged: "-", local.StateUnknown: "-", local.StateReversed: "-",
	} {
		if got := registered(state, local.RegistrationNone); got != want {
			t.Errorf("%s: %q, want %q", state, got, want)
		}
	}
	if got := queueState(local.QueueItem{State: local.RegistrationNone, Red: true}); got != "da inviare alla piattaforma, oltre il giorno lavorativo" {
		t.Errorf("in the queue: %q", got)
	}
}
