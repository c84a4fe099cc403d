package till

import (
	"context"
	"testing"

	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// TestNumbersHaveNoHoles: what is refused without a trace takes no number; an auditor finds every one.
func TestNumbersHaveNoHoles(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		hold := make(chan struct{})
		d.script(func(d *terminal) {
			d.word = func(_ context.Context, p driver.Payment) driver.Outcome {
				<-hold
				return d.approve(p)
			}
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		if v := w.hub.shown("cassa1"); v.Light != local.LightBusy || v.Locked {
			t.Errorf("in hand: %+v", v)
		}
		_, err = w.pay(request("r2", "cassa1", notice(2)))
		wantCode(t, err, local.CodeTerminalBusy)
		close(hold)
		w.wantState(p.ID, "charged")
		_, err = w.pay(request("r3", "cassa1", notice(3))) // its first receipt has not come
		wantCode(t, err, local.CodeTerminalUnproven)
		w.receipt(w.shown(p.ID))
		w.platform.answer(func(context.Context, string, string) (govpay.Position, error) {
			return govpay.Position{}, &govpay.Fault{Outcome: govpay.OutcomeNotFound}
		})
		_, err = w.pay(request("r4", "cassa1", notice(4)))
		wantCode(t, err, local.CodeNoticeUnknown)
		w.platform.answer(nil)
		d.script(func(d *terminal) {
			d.before = func(context.Context) error { return &driver.Refusal{Kind: driver.ErrUnreachable} }
		})
		_, err = w.pay(request("r5", "cassa1", notice(5)))
		refused := refusal(t, err, local.CodeTerminalUnreachable)
		d.script(func(d *terminal) { d.before, d.word = nil, nil })
		q := w.charged("r6", 6)
		if p.ID != "A1-00000001" || refused.PaymentID != "A1-00000002" || q.ID != "A1-00000003" {
			t.Errorf("%s, %s, %s", p.ID, refused.PaymentID, q.ID)
		}
	})
}
