package till

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// listing is a platform that lists its receipts, as far as it has got them.
type listing struct {
	*platform
	mu   sync.Mutex
	away bool
	has  map[string]time.Time // notices with a receipt of our provider
}

var _ Lister = (*listing)(nil)

func listed(w *world) *listing {
	l := &listing{platform: w.platform, has: map[string]time.Time{}}
	w.regional = l
	return l
}

func (l *listing) set(f func(*listing)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l)
}

func (l *listing) Position(ctx context.Context, creditor, number string) (govpay.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away {
		return govpay.Position{}, errAway
	}
	pos := debt(creditor, number)
	if _, paid := l.has[number]; paid {
		pos.State = govpay.StatePaid
	}
	return pos, nil
}

var errAway = &govpay.Fault{Operation: "ricevute", Outcome: govpay.OutcomeUnavailable}

func (l *listing) ReceiptsSince(_ context.Context, creditor string, since time.Time) ([]govpay.ReceiptRef, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away {
		return nil, errAway
	}
	var out []govpay.ReceiptRef
	for number, at := range l.has {
		if creditor == comune && !at.Before(since) {
			out = append(out, govpay.ReceiptRef{Creditor: comune, IUV: number[1:], ID: "RICEVUTA-" + number, Esito: govpay.OutcomePaid, At: at})
		}
	}
	return out, nil
}

func (l *listing) Receipt(_ context.Context, creditor, iuv, id string) (govpay.Receipt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.has["3"+iuv]
	return govpay.Receipt{ReceiptRef: govpay.ReceiptRef{Creditor: creditor, IUV: iuv, ID: id, Esito: govpay.OutcomePaid, At: at}, Cents: price,
		Proof: &govpay.Proof{Result: govpay.ResultPaid, ReceiptID: id, Creditor: creditor, Notice: "3" + iuv, IUV: iuv, Cents: price, PaidAt: at, PSP: "CIPBITMM"}}, nil
}

// copyNow is a copy of the ledger as it is, while the till is at work.
func (w *world) copyNow() string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "copia.db")
	f, err := os.Create(path)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.ledger.Backup(f, func() {}); err != nil {
		w.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// fallsBack is a new PC with an older copy: same terminals, same platform.
func (w *world) fallsBack(copy string) {
	w.t.Helper()
	w.stop()
	w.dir, w.code = w.t.TempDir(), "A2"
	if _, err := ledger.Restore(copy, w.dir, ledger.RestoreOptions{Installation: w.code}); err != nil {
		w.t.Fatal(err)
	}
	w.start()
	synctest.Wait()
}

func (w *world) status() local.RestoreStatus {
	w.t.Helper()
	s, err := w.till.RestoreStatus(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// bring brings a charge in, as a supervisor does with a slip in hand.
func (w *world) bring(terminal string, n int, stan string) error {
	_, err := w.till.Restore(context.Background(), chief, local.RestoreRequest{RequestID: "scontrino-" + terminal + stan, Terminal: terminal, STAN: stan,
		At: time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC), Notices: []local.RestoredNotice{{Creditor: comune, Number: notice(n), AmountCents: price}}})
	return err
}

// closeGap ends a terminal's gap: two people.
func (w *world) closeGap(terminal string) error {
	w.t.Helper()
	for _, v := range w.status().Terminals {
		if v.Name != terminal || v.Case == "" {
			continue
		}
		c, err := w.ledger.Case(v.Case)
		if err != nil {
			return err
		}
		k, err := w.till.EndCase(context.Background(), chief, c.ID, local.EndingRequest{Seq: c.Seq, Ending: local.EndingClosed, Proof: "lista dei movimenti"})
		if err != nil {
			return err
		}
		if _, err := w.till.CountersignCase(context.Background(), chief, k.ID, local.CountersignRequest{EvidenceSeq: k.Seq, Accept: true}); codeOf(w.t, err) != local.CodeSamePerson {
			w.t.Errorf("one person alone has ended a gap: %v", err)
		}
		_, err = w.till.CountersignCase(context.Background(), second, k.ID, local.CountersignRequest{EvidenceSeq: k.Seq, Accept: true})
		return err
	}
	return nil
}

// TestRestoredWithoutGap: where terminals and platform show that nothing was done since, charging goes on by itself,
// and the ledger says what was read. Until then every step has its own reason.
func TestRestoredWithoutGap(t *testing.T) {
	var l *listing
	bubble(t, func(t *testing.T, w *world) {
		w.charged("r1", 1)
		copy := w.copyNow()
		l.away = true
		w.terminals[0].script(func(d *terminal) {
			d.status = func(context.Context) error { return &driver.Refusal{Kind: driver.ErrUnreachable} }
		})
		w.fallsBack(copy)
		_, err := w.pay(request("r2", "cassa1", notice(2)))
		wantCode(t, err, local.CodeRestoreTerminals)
		_, err = w.act(chief, "close")
		wantCode(t, err, local.CodeRestoreTerminals)
		w.terminals[0].script(func(d *terminal) { d.status = nil })
		time.Sleep(2 * confirmEvery)
		_, err = w.pay(request("r2", "cassa1", notice(2)))
		wantCode(t, err, local.CodeRestorePlatform)
		if s := w.status(); s.Open || s.Reason == nil || !strings.Contains(s.Reason.Text, "ricevute della piattaforma") || !s.Terminals[0].Same {
			t.Errorf("%+v", s)
		}
		open, err := w.till.Cases(context.Background(), false)
		if err != nil || len(open) != 1 {
			t.Fatalf("%+v %v", open, err)
		}
		_, err = w.till.EndCase(context.Background(), chief, open[0].ID, local.EndingRequest{Seq: open[0].Seq, Ending: local.EndingClosed, Proof: "va bene così"})
		wantCode(t, err, local.CodeRestorePlatform) // nobody waves it through
		l.set(func(l *listing) { l.away = false })
		time.Sleep(2 * gateEvery)
		if p := w.charged("r2", 2); !strings.HasPrefix(p.ID, "A2-") {
			t.Errorf("payment %q of a retired code", p.ID)
		}
		all, err := w.till.Cases(context.Background(), true)
		if err != nil || len(all) != 1 || all[0].Ended == nil || !strings.Contains(all[0].Proof, "come nella copia") {
			t.Errorf("%+v %v", all, err)
		}
		_, err = w.pay(request("r3", "cassa1", notice(1)))
		wantCode(t, err, local.CodeNoticeLocked)
		w.restart()
		synctest.Wait()
		w.charged("r4", 4)
	}, withReceipts, func(w *world) { l = listed(w) })
}

// TestRestoredWithGap: what the terminal remembers and the copy does not is a case of two people, found again by
// every start and written once; what was charged is brought in and locked, and only then charging goes on.
func TestRestoredWithGap(t *testing.T) {
	var l *listing
	bubble(t, func(t *testing.T, w *world) {
		w.charged("r1", 1)
		copy := w.copyNow()
		w.charged("r2", 2) // and the platform has not heard of it yet
		stan := w.terminals[0].read().numbers
		w.fallsBack(copy)
		for range 3 {
			_, err := w.pay(request("again", "cassa1", notice(2)))
			e := refusal(t, err, local.CodeRestoreGap)
			if !strings.Contains(e.Args[local.ArgFound], stan) {
				t.Errorf("found %q", e.Args[local.ArgFound])
			}
			w.restart()
			synctest.Wait()
		}
		if open, err := w.till.Cases(context.Background(), false); err != nil || len(open) != 2 {
			t.Errorf("%+v %v", open, err)
		}
		// Adopting is not enough: it says nothing of what was charged.
		if _, err := w.act(chief, "adopt"); err != nil {
			t.Fatal(err)
		}
		_, err := w.pay(request("again", "cassa1", notice(2)))
		wantCode(t, err, local.CodeRestoreGap)
		if err := w.bring("cassa1", 2, stan); err != nil {
			t.Fatal(err)
		}
		if err := w.bring("cassa1", 2, stan); err != nil { // the same request is the same charge
			t.Fatal(err)
		}
		wantCode(t, w.bring("cassa1", 2, "000099"), local.CodeNoticeLocked)
		w.restart()
		synctest.Wait()
		if err := w.closeGap("cassa1"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		_, err = w.pay(request("again2", "cassa1", notice(2)))
		wantCode(t, err, local.CodeNoticeLocked)
		wantCode(t, w.bring("cassa1", 5, "000100"), local.CodeRestoreNoGap)
		list, err := w.ledger.Payments(ledger.Query{})
		if err != nil || len(list) < 2 || list[0].State != ledger.Charged || list[0].Charge.STAN != stan || !slices.Equal(list[0].ResolvedBy, []string{"capo"}) {
			t.Errorf("%+v %v", list, err)
		}
		w.receipt(w.shown(list[0].ID))
		w.charged("r3", 3)
	}, withReceipts, func(w *world) { l = listed(w) })
	_ = l
}

// TestRestoredInTheMiddle: an attempt that the copy holds as sent is not judged by what the terminal remembers: that is
// of a later sale, of the same amount, which the copy does not know.
func TestRestoredInTheMiddle(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		var copy string
		d.script(func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome {
				copy = w.copyNow()
				return w.terminals[0].decline(driver.Payment{})
			}
		})
		if _, err := w.pay(request("r1", "cassa1", notice(1))); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		d.script(func(d *terminal) {
			d.word = nil
			d.resolve = finds(driver.Outcome{Verdict: driver.Charged, Reason: driver.Reason{Code: string(local.CodeByEvidence)}, Charge: &driver.Charge{AmountCents: price, STAN: "000002"}})
		})
		w.charged("r2", 2)
		w.fallsBack(copy)
		list, err := w.ledger.Unfinished()
		if err != nil || len(list) != 1 || !list[0].NeedsPeople {
			t.Fatalf("%+v %v", list, err)
		}
		w.steps.forget()
		if _, err := w.act(clerk, "status"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		w.wantState(list[0].ID, ledger.Unknown)
		if w.steps.count("resolve") > 0 {
			t.Error("the terminal was asked about an attempt that it has forgotten")
		}
	}, withReceipts, exclusively, func(w *world) { listed(w) })
}

// TestMoved: an installation that was moved charges nothing, whatever is read, until two people take it back.
func TestMoved(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.charged("r1", 1)
		if _, err := w.ledger.OpenCase(ledger.Case{Cause: driver.Reason{Code: ledger.ReasonMoved}}); err != nil {
			t.Fatal(err)
		}
		w.restart()
		synctest.Wait()
		_, err := w.pay(request("r2", "cassa1", notice(2)))
		wantCode(t, err, local.CodeInstallationMoved)
		if s := w.status(); s.Open || s.Reason.Code != string(local.CodeInstallationMoved) || s.Case == "" {
			t.Errorf("%+v", s)
		}
		c, err := w.ledger.Case(w.status().Case)
		if err != nil || !c.NeedsTwo {
			t.Fatalf("%+v %v", c, err)
		}
		k, err := w.till.EndCase(context.Background(), chief, c.ID, local.EndingRequest{Seq: c.Seq, Ending: local.EndingClosed, Proof: "trasferimento annullato"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.till.CountersignCase(context.Background(), second, k.ID, local.CountersignRequest{EvidenceSeq: k.Seq, Accept: true}); err != nil {
			t.Fatal(err)
		}
		w.charged("r2", 2)
	}, withReceipts)
}

// TestFreshLedgerReadsFirst: before a ledger without any payment takes over a terminal that has worked already, the
// platform's receipts are read, and the supervisor is told what they show.
func TestFreshLedgerReadsFirst(t *testing.T) {
	var l *listing
	bubble(t, func(t *testing.T, w *world) {
		w.terminals[0].sold()
		w.restart()
		synctest.Wait()
		_, err := w.pay(request("r1", "cassa1", notice(1)))
		wantCode(t, err, local.CodeNeedsAdopt)
		l.set(func(l *listing) { l.away = true })
		_, err = w.act(chief, "adopt")
		wantCode(t, err, local.CodePlatformUnavailable)
		l.set(func(l *listing) { l.away = false; l.has[notice(7)] = time.Now() })
		rep, err := w.act(chief, "adopt")
		if err != nil || !strings.Contains(rep.Text, "non sono in questo registro: 1") {
			t.Errorf("%q %v", rep.Text, err)
		}
		w.charged("r2", 1)
		w.terminals[0].sold()
		l.set(func(l *listing) { l.away = true }) // later nobody waits for the platform
		if rep, err := w.act(chief, "adopt"); err != nil || rep.Text != "" {
			t.Errorf("%q %v", rep.Text, err)
		}
	}, withReceipts, func(w *world) { l = listed(w) })
}
