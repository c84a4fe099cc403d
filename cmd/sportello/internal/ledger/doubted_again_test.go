package ledger

import (
	"errors"
	"testing"
	"time"

	"sportello/driver"
)

// TestDoubtedByWhatWasKnown: the terminal's word that spoke against a charge may speak against its reversal, too: with
// the same bytes the same case, but the notice is not free.
func TestDoubtedByWhatWasKnown(t *testing.T) {
	clock := newClock()
	l := open(t, t.TempDir(), func(o *Options) { o.Now = clock.now })
	p := paid(t, l, 1)
	ev := driver.Evidence{Kind: "result", Raw: []byte("E-the charge"), Text: "addebitato, con un altro STAN"}
	k := must(l.Contradict(p.ID, reasonContradicted, ev))(t)
	must(l.Reverse(p.ID, "capo", "rev", reversalBaseline))(t)
	c := verdict(driver.Reversed, "by_people")
	c.ResolvedBy = []string{"anna", "capo"}
	must(l.Conclude(p.ID, c))(t)
	ev.Text = "non stornato"
	again := must(l.Contradict(p.ID, reasonContradicted, ev))(t)
	if r := must(l.Payment(p.ID))(t); again.ID != k.ID || !r.Reversal.Doubted {
		t.Errorf("%+v %+v", again, r.Reversal)
	}
	entries := l.Stats().Entries
	if must(l.Contradict(p.ID, reasonContradicted, ev))(t); l.Stats().Entries != entries {
		t.Error("the same once more is written")
	}
	clock.set(clock.now().Add(time.Hour))
	l = reopen(t, l)
	next := intent(1)
	next.RequestID = "again"
	if _, err := l.Intend(next); !errors.Is(err, ErrNoticeLocked) {
		t.Errorf("the notice is charged again: %v", err)
	}
}
