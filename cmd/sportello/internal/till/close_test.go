package till

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// until waits for ctx; a script that gives in to whatever ends first.
func until(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

// TestClose at every point of a payment: nothing leaks, whoever waits is answered, and the ledger holds
// what the crash table says.
func TestClose(t *testing.T) {
	rows := map[string]struct {
		script  func(*world)
		code    local.Code   // of the answer; empty: the payment
		state   ledger.State // empty: no trace
		decided ledger.State // after the next start
	}{
		"while the platform is asked": {func(w *world) {
			w.platform.answer(func(ctx context.Context, _, _ string) (govpay.Position, error) {
				return govpay.Position{}, until(ctx)
			})
		}, local.CodeStopping, "", ""},
		"while the platform does not give in": {func(w *world) {
			w.platform.answer(func(ctx context.Context, creditor, number string) (govpay.Position, error) {
				_ = until(ctx)
				return debt(creditor, number), nil
			})
		}, local.CodeStopping, "", ""},
		"in pre-flight": {func(w *world) {
			w.terminals[0].before = until
		}, local.CodeStopping, "", ""},
		"in a pre-flight that finds the line gone": {func(w *world) {
			w.terminals[0].before = func(ctx context.Context) error { _ = until(ctx); return &driver.Refusal{Kind: driver.ErrUnreachable} }
		}, local.CodeStopping, "", ""},
		"in a pre-flight that does not give in": {func(w *world) {
			w.terminals[0].before = func(ctx context.Context) error { _ = until(ctx); return nil }
		}, local.CodeStopping, "", ""},
		"after sent": {func(w *world) {
			w.terminals[0].word = func(life context.Context, _ driver.Payment) driver.Outcome { _ = until(life); return driver.Outcome{} }
		}, "", ledger.Sent, ledger.Unknown},
		"with the word already there": {func(w *world) {
			w.terminals[0].pay = func(ctx context.Context, p driver.Payment, r driver.Recorder) (driver.Aftermath, error) {
				if err := r.Sent(w.terminals[0].baseline()); err != nil {
					return driver.Aftermath{}, err
				}
				<-ctx.Done()
				return driver.Aftermath{Acked: true}, r.Outcome(w.terminals[0].approve(p))
			}
		}, "", ledger.Charged, ledger.Charged},
		"unknown at that moment": {func(w *world) {
			w.terminals[0].pay = func(ctx context.Context, p driver.Payment, r driver.Recorder) (driver.Aftermath, error) {
				if err := r.Sent(w.terminals[0].baseline()); err != nil {
					return driver.Aftermath{}, err
				}
				<-ctx.Done()
				return driver.Aftermath{}, r.Outcome(lost(""))
			}
		}, "", ledger.Unknown, ledger.Unknown},
		"while evidence is gathered": {func(w *world) {
			w.terminals[0].word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
		}, "", ledger.Unknown, ledger.Unknown},
		"charged and over": {func(*world) {}, "", ledger.Charged, ledger.Charged},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				row.script(w)
				done := w.payAside(context.Background(), request("r1", "cassa1", notice(1)))
				synctest.Wait()
				start := time.Now()
				w.till.Close()
				if took := time.Since(start); took > 0 {
					t.Errorf("closing took %v", took)
				}
				a := <-done
				wantCode(t, a.err, row.code)
				w.wantIdle()
				if row.state == "" {
					w.wantNoTrace(notice(1))
				} else {
					w.wantState(a.p.ID, row.state)
				}
				_, err := w.pay(request("r2", "cassa1", notice(2)))
				wantCode(t, err, local.CodeStopping)
				_, err = w.act(clerk, "status")
				wantCode(t, err, local.CodeStopping)
				w.till.Close()

				// The next start: the same request is the same payment, or a new one where nothing was kept.
				if err := w.ledger.Close(); err != nil {
					t.Fatal(err)
				}
				w.platform.answer(nil)
				w.terminals[0].script(func(d *terminal) { d.before, d.word, d.pay = nil, nil, nil })
				w.start()
				synctest.Wait()
				p, err := w.pay(request("r1", "cassa1", notice(1)))
				if err != nil {
					t.Fatal(err)
				}
				if row.state == "" {
					w.wantState(p.ID, ledger.Charged)
				} else if p.ID != a.p.ID {
					t.Errorf("another payment: %s, was %s", p.ID, a.p.ID)
				} else {
					w.wantState(p.ID, row.decided)
				}
				if frames := w.steps.count("frame"); frames > 1 {
					t.Errorf("%d frames", frames)
				}
			})
		})
	}
}

// TestCloseWhileGreeting: the terminal does not answer and the service stops; questions and payments in the
// queue get their answer.
func TestCloseWhileGreeting(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		asked := make(chan error, questionsWaiting)
		for range questionsWaiting {
			go func() {
				_, err := w.act(clerk, "last")
				asked <- err
			}()
		}
		synctest.Wait()
		paid := w.payAside(context.Background(), request("r1", "cassa1", notice(1)))
		repeated := w.payAside(context.Background(), request("r1", "cassa1", notice(1)))
		synctest.Wait()
		w.till.Close()
		for range questionsWaiting {
			wantCode(t, <-asked, local.CodeStopping)
		}
		wantCode(t, (<-paid).err, local.CodeStopping)
		wantCode(t, (<-repeated).err, local.CodeStopping)
		if w.steps.count("pay") != 0 || w.platform.asked != 0 {
			t.Error("terminal or platform was called")
		}
		w.wantNoTrace(notice(1))
	}, func(w *world) { w.terminals[0].status = until })
}

// TestCloseWithoutStart leaves nothing behind, and nobody waiting.
func TestCloseWithoutStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, dir: t.TempDir(), steps: &steps{}, disk: &disk{}, max: 1}
		w.platform = &platform{w: w}
		w.add("cassa1")
		w.open()
		paid := w.payAside(context.Background(), request("r1", "cassa1", notice(1)))
		synctest.Wait()
		w.till.Close()
		wantCode(t, (<-paid).err, local.CodeStopping)
		w.wantNoTrace(notice(1))
		w.stop()
	})
}

// TestStorm: everybody does everything at once, and the service stops in the middle. Real time, so that
// goroutines race; what counts is that it ends, that nobody waits for ever, and what newWorld checks at
// the end.
func TestStorm(t *testing.T) {
	w := newWorld(t, withTwo, withReceipts)
	var charges atomic.Int64
	enough := make(chan struct{})
	for _, d := range w.terminals {
		d.script(func(d *terminal) {
			d.word = func(_ context.Context, p driver.Payment) driver.Outcome {
				n := charges.Add(1)
				if n == 20 {
					close(enough)
				}
				switch n % 3 {
				case 0:
					return d.decline(p)
				case 1:
					return lost("")
				}
				return d.approve(p)
			}
			d.resolve = finds(people)
		})
	}
	stopped := func(err error) bool { return err != nil && codeOf(t, err) == local.CodeStopping }
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("r%d-%d", i/2, n) // two callers for every request
				for try := range 4 {
					_, err := w.pay(request(id, fmt.Sprint("cassa", 1+n%2), notice(i/2*1000+n)))
					if stopped(err) {
						return
					}
					if err == nil || try == 3 {
						break
					}
				}
			}
		})
	}
	for _, action := range []string{"free", "status", "last", "adopt"} {
		all.Go(func() {
			for i := 0; w.till.ctx.Err() == nil; i++ {
				_, err := w.till.TerminalAction(context.Background(), chief, fmt.Sprint("cassa", 1+i%2), action, local.ActionRequest{})
				if stopped(err) {
					return
				}
			}
		})
	}
	all.Go(func() {
		for w.till.ctx.Err() == nil {
			if _, err := w.till.Snapshot(context.Background(), clerk); err != nil {
				t.Error(err)
				return
			}
		}
	})
	<-enough
	w.till.Close()
	all.Wait()
	w.wantIdle()
}
