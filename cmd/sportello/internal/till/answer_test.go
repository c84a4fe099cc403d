package till

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// TestLateAnswerIsNotRemembered: an answer that was asked for before another and comes after it says what was, not
// what is: a debt that is paid by then is not charged while the platform is away.
func TestLateAnswerIsNotRemembered(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		first := true
		w.platform.answer(func(_ context.Context, creditor, number string) (govpay.Position, error) {
			pos := debt(creditor, number)
			if first {
				first = false
				time.Sleep(20 * time.Second) // on its way
				return pos, nil
			}
			pos.State = govpay.StatePaid
			return pos, nil
		})
		slow := make(chan error, 1)
		go func() {
			_, err := w.lookup(notice(1))
			slow <- err
		}()
		synctest.Wait()
		time.Sleep(time.Second)
		if n, err := w.lookup(notice(1)); err != nil || n.Payable {
			t.Fatalf("%+v %v", n, err)
		}
		if err := <-slow; err != nil {
			t.Fatal(err)
		}
		w.period(local.OfflineOpen)
		w.gone(unreachable)
		_, err := w.lookup(notice(1))
		wantCode(t, err, local.CodeOfflineNeedsVerified)
		_, err = w.pay(request("r1", "cassa1", notice(1)))
		wantCode(t, err, local.CodeOfflineNeedsVerified)
	}, offlineAllowed)
}

// TestRefusedByOneInterface: one interface does not answer, and another has refused: that is an answer. One that is
// not there at all is none.
func TestRefusedByOneInterface(t *testing.T) {
	gone := &govpay.Fault{Outcome: govpay.OutcomeUnavailable, Status: 503}
	for outcome, want := range map[govpay.Outcome]bool{
		govpay.OutcomeWrongBaseURL: true, govpay.OutcomeForbidden: false, govpay.OutcomeNotFound: false, govpay.OutcomeUnauthorized: false,
	} {
		err := fmt.Errorf("verifying: %w", govpay.Refusals{gone, {Outcome: outcome, Status: 403}})
		if away(err) != want || away(platformError(err)) != want || !away(gone) || !away(platformError(gone)) || away(&govpay.Fault{Outcome: outcome}) {
			t.Errorf("%v: away %t", outcome, away(err))
		}
	}
}
