package ecr17

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// ceaseless is a terminal that acknowledges and then never stops writing, faster than it is read.
func ceaseless(frame []byte) func(w *wire) {
	return func(w *wire) {
		w.ack()
		many := bytes.Repeat(frame, 1000)
		for {
			if _, err := w.line.Write(many); err != nil {
				return
			}
		}
	}
}

// TestCeaselessLine: a line that always has one more frame ends all the same at its time, in a question, in a
// payment, and when somebody listens for a late word. It runs in real time: virtual time stands still while
// somebody writes.
func TestCeaselessLine(t *testing.T) {
	frames := map[string][]byte{
		"progress": progressFrame("ATTENDERE"),
		"ACK":      ecr17.AppendACK(nil, ecr17.FormCtrlEtx),
		"NAK":      ecr17.AppendNAK(nil, ecr17.FormCtrlEtx),
		"junk":     {0x55},
	}
	for name, frame := range frames {
		for _, letter := range "sGX" {
			t.Run(name+" "+string(letter), func(t *testing.T) {
				t.Parallel()
				p := newPeer(t)
				p.save(p.approved(500))
				term, err := Open(driver.Config{
					Name: "cassa1", Driver: "nexi", Address: "tcp://192.0.2.1:10000", TerminalID: ourTID, CashRegisterID: "1", LRC: "auto",
					Exclusivity: driver.Exclusive, Receipts: "terminal", Dial: p.connect, Sends: 1,
					Timing: driver.Timing{Result: time.Second, HardStop: time.Second, Quiet: time.Second, GiveUp: 2 * time.Second, Recheck: 50 * time.Millisecond,
						Odd: 300 * time.Millisecond, ACK: 300 * time.Millisecond, Status: 300 * time.Millisecond, Last: 300 * time.Millisecond, Linger: 20 * time.Millisecond},
				})
				if err != nil {
					t.Fatal(err)
				}
				p.on[byte(letter)] = func(w *wire, _ []byte) { ceaseless(frame)(w) }
				done := make(chan error, 1)
				r := &recorder{peer: p}
				go func() {
					_, err := term.Pay(context.Background(), payment(), r)
					if err == nil {
						term.(interface{ Heard(string) bool }).Heard(payment().Reference)
					}
					done <- err
				}()
				select {
				case err = <-done:
				case <-time.After(20 * time.Second):
					t.Error("no end")
				}
				term.Close()
				p.hangUp()
				if letter == 'X' && err != nil || letter != 'X' && err != nil && !errors.As(err, new(*driver.Refusal)) {
					t.Errorf("%v", err)
				}
			})
		}
	}
}
