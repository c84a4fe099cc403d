package ecr17

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sportello/driver"
	"sportello/driver/line"
	"sportello/driver/simulator"
	"sportello/protocol/ecr17"
)

func statusAt(t *testing.T, address string) error {
	t.Helper()
	term, err := OpenScaled(driver.Config{
		Name: "cassa1", Driver: "nexi", Address: "tcp://" + address, TerminalID: ourTID, CashRegisterID: "1", LRC: "auto", Receipts: "ecr",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer term.Close()
	_, err = term.Status(context.Background())
	return err
}

// A web server waits for the end of a line and says nothing until then (C15).
func TestC15WebServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	if err := statusAt(t, server.Listener.Addr().String()); !errors.Is(err, driver.ErrNotATerminal) {
		t.Fatalf("%v; want %v", err, driver.ErrNotATerminal)
	}
}

// A terminal that is silent stays silent to the end of a line.
func TestR13SilentSimulator(t *testing.T) {
	t.Parallel()
	sim, err := simulator.New(simulator.Options{TerminalID: ourTID, Faults: []simulator.Rule{{On: simulator.OnConnect, Fault: simulator.Silent}}})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() { _ = sim.Serve(ctx, ln) })
	defer served.Wait()
	defer cancel()
	if err := statusAt(t, ln.Addr().String()); !errors.Is(err, driver.ErrSilent) || errors.Is(err, driver.ErrNotATerminal) {
		t.Fatalf("%v; want %v", err, driver.ErrSilent)
	}
}

// The end of a line is sent once, after total silence, and never to what might be a terminal nor on a
// serial line; what does not answer it in text is still silent.
func TestLineEndOnlyAfterSilence(t *testing.T) {
	const web = "HTTP/1.1 400 Bad Request\r\n\r\n"
	for _, c := range []struct {
		name   string
		kind   string
		status func(w *wire) // what the peer does when it is first asked
		answer string        // to the end of the line
		want   error
		sent   int
	}{
		{"silent", "tcp", nil, "", driver.ErrSilent, 1},
		{"web server", "tcp", nil, web, driver.ErrNotATerminal, 1},
		{"refuses it", "tcp", nil, "\x15\x03\x6a", driver.ErrSilent, 1},
		{"binary", "tcp", nil, "\xff\xfd\x01\xff", driver.ErrSilent, 1},
		{"a letter", "tcp", nil, "H", driver.ErrSilent, 1},
		{"serial", "serial", nil, web, driver.ErrSilent, 0},
		{"an attempt at work", "resolve", nil, web, nil, 0},
		{"acknowledges", "tcp", (*wire).ack, web, driver.ErrSilent, 0},
		{"acknowledges and hangs up", "tcp", func(w *wire) { w.ack(); w.close() }, web, driver.ErrSilent, 0},
		{"progress", "tcp", func(w *wire) { w.progress("ATTENDERE") }, web, driver.ErrSilent, 0},
		{"begins a frame", "tcp", func(w *wire) { w.raw(ecr17.STX) }, web, driver.ErrNotATerminal, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				if c.kind == "serial" {
					b.cfg.Address = "serial:///dev/ttyUSB0"
				}
				var asked, sent atomic.Int32
				b.cfg.Dial = func(context.Context) (line.Line, error) {
					ours, theirs := line.Pipe()
					b.peer.work.Go(func() {
						w, buf := &wire{p: b.peer, line: theirs}, make([]byte, 512)
						for {
							n, err := theirs.Read(buf)
							switch {
							case err != nil:
								theirs.Close()
								return
							case string(buf[:n]) == "\r\n":
								sent.Add(1)
								w.raw([]byte(c.answer)...)
							case asked.Add(1) == 1 && c.status != nil:
								c.status(w)
							}
						}
					})
					return ours, nil
				}
				if c.kind == "resolve" {
					b.resolveAs(driver.Attempt{Payment: payment(), SentAt: time.Now(), Exclusivity: driver.Exclusive, Baseline: driver.Baseline{TerminalID: ourTID}})
					if sent.Load() > 0 || asked.Load() == 0 {
						t.Errorf("%d line ends after %d questions", sent.Load(), asked.Load())
					}
					return
				}
				begun := time.Now()
				_, err := b.open().Status(context.Background())
				other := errors.Is(err, driver.ErrNotATerminal)
				if !errors.Is(err, c.want) || other && !errors.Is(c.want, driver.ErrNotATerminal) || int(sent.Load()) != c.sent {
					t.Errorf("%v after %d line ends; want %v after %d", err, sent.Load(), c.want, c.sent)
				}
				if d := time.Since(begun); c.status == nil && d > 7*time.Second {
					t.Errorf("the look took %v", d)
				}
			})
		})
	}
}
