package till

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

func byPlatform(w *world) { w.settled, w.max = ledger.SettlementPlatform, 5 }

// warned are the codes of a notice's warnings.
func warned(n local.Notice) []string {
	var out []string
	for _, r := range n.Warnings {
		out = append(out, r.Code)
	}
	return out
}

// TestEveryRefusal: each reason of the platform's answers and of a cart is told under its own code, in each way.
func TestEveryRefusal(t *testing.T) {
	day := 24 * time.Hour
	rows := map[string]struct {
		change func(i int, p *govpay.Position)
		n      int // notices in the cart; 0: one
		term   local.Code
		plat   local.Code // with settlement platform; empty: the same
		both   bool       // free in way terminal
	}{
		"paid":      {change: func(_ int, p *govpay.Position) { p.State = govpay.StatePaid }, term: local.CodeNoticePaid},
		"credited":  {change: func(_ int, p *govpay.Position) { p.State = govpay.StateCredited }, term: local.CodeNoticePaid},
		"expired":   {change: func(_ int, p *govpay.Position) { p.State = govpay.StateExpired }, term: local.CodeNoticeExpired},
		"past due":  {change: func(_ int, p *govpay.Position) { p.DueBy = time.Now().Add(-3 * day) }, term: local.CodeNoticeExpired},
		"cancelled": {change: func(_ int, p *govpay.Position) { p.State = govpay.StateCancelled }, term: local.CodeNoticeCancelled},
		"anomalous": {change: func(_ int, p *govpay.Position) { p.State = govpay.StateAnomalous }, term: local.CodeNoticeAnomalous},
		"no state":  {change: func(_ int, p *govpay.Position) { p.State = "" }, term: local.CodeNoticeStateUnknown},
		"being paid": {change: func(_ int, p *govpay.Position) {
			p.Attempts = []govpay.Attempt{{State: govpay.AttemptActivated, Started: time.Now()}}
		}, term: local.CodeNoticeInProgress},
		"stuck": {change: func(_ int, p *govpay.Position) {
			p.Attempts = []govpay.Attempt{{State: govpay.AttemptAccepted, Started: time.Now().Add(-day), Submitted: true}}
		}, term: local.CodeNoticeAttemptStuck},
		"receipt there": {change: func(_ int, p *govpay.Position) {
			p.Attempts = []govpay.Attempt{{State: govpay.AttemptReceipt}}
		}, term: local.CodeNoticePaid},
		"stamp":   {change: func(_ int, p *govpay.Position) { p.Lines = []govpay.Line{{StampDuty: true}} }, term: local.CodeNoticeStampDuty},
		"nothing": {change: func(_ int, p *govpay.Position) { p.Cents = 0 }, term: local.CodeNoticeAmountZero},
		"hidden lines": {change: func(_ int, p *govpay.Position) { p.Gaps = []govpay.Gap{govpay.GapLines} },
			term: local.CodeNotVerified},
		"two bodies":         {change: func(_ int, p *govpay.Position) { p.Lines = []govpay.Line{{OtherCreditor: other}} }, plat: local.CodeNoticeMultiBeneficiary, both: true},
		"the same debt":      {n: 2, change: func(_ int, p *govpay.Position) { p.ID = "one" }, term: local.CodeSamePosition},
		"whole and a part":   {n: 2, change: func(i int, p *govpay.Position) { p.Document = &govpay.Document{ID: "D", Instalment: i} }, term: local.CodeSamePlan},
		"two instalments":    {n: 2, change: func(i int, p *govpay.Position) { p.Document = &govpay.Document{ID: "D", Instalment: i + 1} }, both: true},
		"of two creditors":   {n: 2, change: func(i int, p *govpay.Position) { p.Creditor = []string{comune, other}[i] }, plat: local.CodeCartTwoStations, both: true},
		"nothing the matter": {n: 3, change: func(int, *govpay.Position) {}, both: true},
	}
	for name, row := range rows {
		for _, platform := range []bool{false, true} {
			want := row.term
			ways := []func(*world){func(w *world) { w.receipts = true }}
			if platform {
				ways = append(ways, byPlatform)
				if row.plat != "" {
					want = row.plat
				}
			}
			t.Run(name+map[bool]string{true: ", platform"}[platform], func(t *testing.T) {
				bubble(t, func(t *testing.T, w *world) {
					w.platform.answer(func(_ context.Context, creditor, number string) (govpay.Position, error) {
						p := debt(creditor, number)
						for i := range 5 {
							if number == notice(i) {
								row.change(i, &p)
							}
						}
						return p, nil
					})
					req := request("r1", "cassa1", notice(0))
					for i := 1; i < row.n; i++ {
						req.Notices = append(req.Notices, local.RequestNotice{Creditor: comune, Number: notice(i)})
					}
					p, err := w.pay(req)
					wantCode(t, err, want)
					synctest.Wait()
					if (err == nil) != (w.steps.count("frame") == 1) {
						t.Errorf("%d frames, %v", w.steps.count("frame"), err)
					}
					if err == nil {
						w.wantState(p.ID, ledger.Charged)
						return
					}
					w.wantNoTrace(notice(0))
					if row.n > 1 {
						return
					}
					l, err := w.till.Lookup(context.Background(), local.LookupRequest{Code: notice(0)})
					if err != nil || l.Payable || l.Reason == nil || l.Reason.Code != string(want) || !l.Verified {
						t.Errorf("%+v %v", l, err)
					}
				}, ways...)
			})
		}
	}
}

// TestDoubts: what an answer does not show, and an amount that may be old, are told; the debt may be charged.
func TestDoubts(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.platform.answer(func(_ context.Context, creditor, number string) (govpay.Position, error) {
			p := debt(creditor, number)
			p.Source, p.Gaps = govpay.Ragioneria, []govpay.Gap{govpay.GapState, govpay.GapAttempts}
			p.ValidUntil = time.Now().Add(-72 * time.Hour)
			return p, nil
		})
		n, err := w.till.Lookup(context.Background(), local.LookupRequest{Code: notice(1)})
		if err != nil || !n.Payable || n.Source != "ragioneria" || !n.Verified || n.VerifiedAt == nil || n.Offline ||
			!slices.Equal(warned(n), []string{string(local.CodeAmountMayChange), string(local.CodeWeakVerification)}) {
			t.Fatalf("%+v %v", n, err)
		}
		for _, g := range []govpay.Gap{govpay.GapState, govpay.GapAttempts} {
			if text := local.GapText(string(g), local.Italian); text == "" || !strings.Contains(n.Warnings[1].Text, text) {
				t.Errorf("%q does not name %q", n.Warnings[1].Text, g)
			}
		}
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Charged)
	})
}

// TestAmountChangedMeanwhile: the amount is the platform's as late as possible, and another one is confirmed first.
func TestAmountChangedMeanwhile(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		cents := int64(price)
		w.platform.answer(func(_ context.Context, creditor, number string) (govpay.Position, error) {
			p := debt(creditor, number)
			p.Cents = cents
			return p, nil
		})
		if n, err := w.till.Lookup(context.Background(), local.LookupRequest{Code: notice(1)}); err != nil || n.AmountCents != price {
			t.Fatalf("%+v %v", n, err)
		}
		cents = 1300
		_, err := w.pay(request("r1", "cassa1", notice(1)))
		if e := refusal(t, err, local.CodeAmountChanged); e.AmountCents != 1300 {
			t.Errorf("%+v", e)
		}
		w.wantNoTrace(notice(1))
		again := request("r2", "cassa1", notice(1))
		again.Notices[0].ExpectedCents = 1300
		p, err := w.pay(again)
		if err != nil || p.AmountCents != 1300 {
			t.Fatalf("%+v %v", p, err)
		}
		w.wantState(p.ID, ledger.Charged)
	})
}
