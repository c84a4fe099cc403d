package till

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// TestReverseBeforeSubmitting: with settlement platform a charge is given back by the terminal until the platform
// may have been called with it, and from then on by the office.
func TestReverseBeforeSubmitting(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.charged("r1", 1)
		if !w.shown(p.ID).CanReverse {
			t.Error("it cannot be reversed before it is submitted")
		}
		if _, err := w.reverse(chief, p.ID); err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Reversed)
		if _, err := w.ledger.Submit(p.ID); !errors.Is(err, ledger.ErrStale) { // the reversal was there first
			t.Errorf("submitted all the same: %v", err)
		}
		q := w.charged("r2", 2)
		if _, err := w.ledger.Submit(q.ID); err != nil {
			t.Fatal(err)
		}
		v := w.shown(q.ID)
		if v.CanReverse || v.Submission == nil || v.Submission.N != 1 || v.Submission.Answered != nil || v.Notices[0].Registration != local.RegistrationSubmitting {
			t.Errorf("%+v %+v", v, v.Submission)
		}
		_, err := w.reverse(chief, q.ID)
		if e := refusal(t, err, local.CodeNotReversible); e.Args[local.ArgReason] != local.NotReversibleText(local.WhySubmitted, local.Italian) {
			t.Errorf("%+v", e)
		}
		if w.steps.count("reversal frame") != 1 {
			t.Error("a frame was sent")
		}
		cases, err := w.till.Cases(context.Background(), false)
		if err != nil || len(cases) != 1 || cases[0].PaymentID != q.ID || cases[0].Cause.Code != string(local.CodeNotReversible) {
			t.Errorf("%+v %v", cases, err)
		}
	}, byPlatform, withReceipts)
}

// TestSubmittedWhileReversing: whoever is first in the ledger wins; the reversal that comes second sends nothing.
func TestSubmittedWhileReversing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.charged("r1", 1)
		w.terminals[0].script(func(d *terminal) {
			d.ops.reverse = func(context.Context, driver.Reversal) error { // in the pre-flight
				_, err := w.ledger.Submit(p.ID)
				return err
			}
		})
		_, err := w.reverse(chief, p.ID)
		if e := refusal(t, err, local.CodeNotReversible); e.Args[local.ArgReason] != local.NotReversibleText(local.WhySubmitted, local.Italian) {
			t.Errorf("%+v", e)
		}
		w.wantState(p.ID, ledger.Charged)
		if w.steps.count("reversal frame") != 0 {
			t.Error("a frame was sent")
		}
		w.wantIdle()
	}, byPlatform)
}

// TestAskedUntilItAnswers: a charge that cannot be submitted before the terminal was asked after it is not left
// waiting for the next payment. With settlement terminal nobody waits for that.
func TestAskedUntilItAnswers(t *testing.T) {
	for _, platform := range []bool{true, false} {
		var way []func(*world)
		if platform {
			way = append(way, byPlatform)
		}
		bubble(t, func(t *testing.T, w *world) {
			d := w.terminals[0]
			d.script(func(d *terminal) { d.ops.unacked, d.mute = true, true })
			p := w.charged("r1", 1)
			time.Sleep(5*time.Minute + time.Second)
			if w.payment(p.ID).Confirmed {
				t.Fatal("confirmed by nobody")
			}
			w.steps.forget()
			time.Sleep(5 * time.Minute)
			if n := w.steps.count("last"); (n == 5) != platform || !platform && n != 0 {
				t.Errorf("asked %d times, platform %t", n, platform)
			}
			d.script(func(d *terminal) { d.mute = false })
			time.Sleep(time.Minute)
			if got := w.payment(p.ID); got.Confirmed != platform {
				t.Errorf("confirmed %t, platform %t", got.Confirmed, platform)
			}
			w.steps.forget()
			time.Sleep(5 * time.Minute)
			if n := w.steps.count("last"); n != 0 {
				t.Errorf("asked %d times more", n)
			}
		}, way...)
	}
}

// TestChannel: a supervisor confirms a channel by name, and what was held for it is shown as awaited again.
func TestChannel(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.charged("r1", 1)
		said := ""
		ask := func(op local.Operator, channel string) error {
			rep, err := w.till.TerminalAction(context.Background(), op, "cassa1", "channel", local.ActionRequest{RequestID: "c", Channel: channel})
			said = rep.Text
			return err
		}
		if _, err := w.ledger.Register(ledger.RegistrationChange{PaymentID: p.ID, Index: 0, To: ledger.RegHeld,
			Reason: driver.Reason{Code: string(local.CodeChannelUnproven), Text: "13212880150_99"},
			Case:   &ledger.Case{Cause: driver.Reason{Code: string(local.CodeChannelUnproven), Text: "13212880150_99"}}}); err != nil {
			t.Fatal(err)
		}
		wantCode(t, ask(clerk, "13212880150_99"), local.CodeForbiddenRole)
		wantCode(t, ask(local.Operator{Role: local.RoleSupervisor}, "13212880150_99"), local.CodeOperatorNeeded)
		for _, bad := range []string{"", " 1", "123456789012345678901234567890123456"} {
			wantCode(t, ask(chief, bad), local.CodeBadRequest)
		}
		wantCode(t, ask(chief, "another"), local.CodeChannelNotHeld)
		if err := ask(chief, "13212880150_99"); err != nil {
			t.Fatal(err)
		}
		if said != "Il canale 13212880150_99 è confermato: avvisi che ripartono 1." {
			t.Errorf("said %q", said)
		}
		shown := w.hub.payments(p.ID)
		if last := shown[len(shown)-1]; last.Notices[0].Registration != local.RegistrationAwaitingReceipt || last.Notices[0].Reason != nil {
			t.Errorf("%+v", last.Notices[0])
		}
		if cases, err := w.till.Cases(context.Background(), false); err != nil || len(cases) != 0 {
			t.Errorf("%+v %v", cases, err)
		}
	})
}

// papers is a platform that has receipts on paper.
type papers struct {
	unasked
	*platform
	mu    sync.Mutex
	pdf   []byte
	err   error
	asked []string
}

func (p *papers) ReceiptPDF(_ context.Context, creditor, iuv, id string) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, creditor+" "+iuv+" "+id)
	return p.pdf, p.err
}

// TestRegistrationReceipt: facts from the ledger; paper from the platform, once.
func TestRegistrationReceipt(t *testing.T) {
	var office *papers
	bubble(t, func(t *testing.T, w *world) {
		get := func(id string, notice int, pdf bool) (local.RegistrationReceipt, error) {
			return w.till.RegistrationReceipt(context.Background(), id, notice, pdf)
		}
		p := w.charged("r1", 1)
		_, err := get(p.ID, 0, false)
		wantCode(t, err, local.CodeReceiptAwaited)
		_, err = get(p.ID, 1, false)
		wantCode(t, err, local.CodeNoSuchNotice)
		_, err = get("A1-00000099", 0, false)
		wantCode(t, err, local.CodeNotFound)
		at := time.Now().Truncate(time.Second)
		if _, err := w.ledger.Register(ledger.RegistrationChange{PaymentID: p.ID, Index: 0, To: ledger.RegDone, ReceiptID: "R-1",
			ReceiptAt: at, RawReceipt: []byte(`{"receiptId":"R-1"}`)}); err != nil {
			t.Fatal(err)
		}
		r, err := get(p.ID, 0, false)
		if err != nil || r.PaymentID != p.ID || r.Number != notice(1) || r.Creditor != comune || r.ReceiptID != "R-1" || r.At == nil || !r.At.Equal(at) ||
			string(r.RT) != `{"receiptId":"R-1"}` || r.HasPDF || r.PDF != nil || len(office.asked) != 0 {
			t.Errorf("%+v %v", r, err)
		}
		office.err = &govpay.Fault{Operation: "ricevuta pdf", Outcome: govpay.OutcomeNotFound}
		_, err = get(p.ID, 0, true)
		wantCode(t, err, local.CodeReceiptPDFMissing)
		office.err = govpay.ErrNotConfigured
		_, err = get(p.ID, 0, true)
		wantCode(t, err, local.CodeReceiptPDFMissing)
		office.err = unreachable
		_, err = get(p.ID, 0, true)
		wantCode(t, err, local.CodePlatformUnavailable)
		office.pdf, office.err = []byte("%PDF-1.4 receipt"), nil
		if r, err = get(p.ID, 0, true); err != nil || !r.HasPDF || !bytes.Equal(r.PDF, office.pdf) {
			t.Errorf("%+v %v", r, err)
		}
		asked := slices.Clone(office.asked)
		if want := comune + " " + notice(1)[1:] + " R-1"; len(asked) != 4 || asked[3] != want {
			t.Errorf("asked %q, want %q", asked, want)
		}
		w.restart()
		if r, err = get(p.ID, 0, true); err != nil || !bytes.Equal(r.PDF, office.pdf) || len(office.asked) != 4 {
			t.Errorf("kept: %+v %v", r, err)
		}
		v := w.shown(p.ID)
		if !v.Notices[0].HasReceipt || !v.Notices[0].HasPDF {
			t.Errorf("%+v", v.Notices[0])
		}
		if body, err := json.Marshal(r); err != nil || bytes.Contains(body, []byte("PDF-1.4")) {
			t.Errorf("%s %v", body, err)
		}
	}, func(w *world) {
		office = &papers{platform: w.platform}
		w.regional = office
	})
}

// TestTransactions: the platform's names of the calls that led to a charge are kept with it.
func TestTransactions(t *testing.T) {
	r := newRegion(t, regionOf(owed(1, comune), owed(2, comune)))
	p, err := r.pay(request("r1", "cassa1", notice(1), notice(2)))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Transactions) != 2 || p.Transactions[0] == "" || p.Transactions[0] == p.Transactions[1] || !slices.Equal(r.payment(p.ID).Transactions, p.Transactions) {
		t.Errorf("%q", p.Transactions)
	}
}

// TestTwoClocks: amber and red by the ledger's deadlines, for both ways.
func TestTwoClocks(t *testing.T) {
	for _, row := range []struct {
		way func(*world)
		due time.Duration
	}{{func(*world) {}, 30 * time.Minute}, {byPlatform, 15 * time.Minute}} {
		bubble(t, func(t *testing.T, w *world) {
			p := w.charged("r1", 1)
			look := func() (local.PaymentNotice, local.QueueItem) {
				t.Helper()
				q, err := w.till.Queue(context.Background())
				if err != nil || len(q) != 1 {
					t.Fatalf("%+v %v", q, err)
				}
				return w.shown(p.ID).Notices[0], q[0]
			}
			n, q := look()
			got := w.payment(p.ID)
			if n.ReceiptDue == nil || !n.ReceiptDue.Equal(ledger.ReceiptDue(got)) || !n.FlowDue.Equal(ledger.FlowDue(got)) || n.Late || n.Red ||
				!q.ReceiptDue.Equal(*n.ReceiptDue) || !q.FlowDue.Equal(*n.FlowDue) || q.Late || q.Red {
				t.Errorf("%+v %+v", n, q)
			}
			time.Sleep(row.due + time.Second)
			if n, q = look(); !n.Late || !q.Late || n.Red || q.Red {
				t.Errorf("late: %+v %+v", n, q)
			}
			time.Sleep(time.Until(ledger.FlowDue(got)) + time.Second)
			if n, q = look(); !n.Red || !q.Red {
				t.Errorf("red: %+v %+v", n, q)
			}
			synctest.Wait()
		}, row.way)
	}
}
