package ledger

import (
	"errors"
	"slices"
	"testing"

	"sportello/driver"
)

func TestConfirmChannel(t *testing.T) {
	l := open(t, t.TempDir())
	hold := func(id string, index int, code, channel string) {
		t.Helper()
		why := driver.Reason{Code: code, Text: channel}
		must(l.Register(RegistrationChange{PaymentID: id, Index: index, To: RegHeld, ReceiptID: "R" + id, Reason: why,
			RawReceipt: []byte("<RT/>"), Case: &Case{Cause: why}}))(t)
	}
	a, b, c := paid(t, l, 1), paid(t, l, 2), paid(t, l, 3)
	hold(a.ID, 0, "channel_unproven", "CH_2")
	hold(b.ID, 0, "channel_unproven", "CH_3")
	hold(c.ID, 0, "amount_differs", "CH_2")
	in := intent(4)
	in.Terminal = "cassa2"
	d := must(l.Intend(in))(t)
	must(l.Conclude(d.ID, charged("000044")))(t)
	hold(d.ID, 0, "channel_unproven", "CH_2")
	if _, err := l.ConfirmChannel("cassa1", "CH_9", "capo"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a channel that nobody has seen: %v", err)
	}
	if _, err := l.ConfirmChannel("cassa1", "CH_2", ""); !errors.Is(err, ErrInvalid) {
		t.Errorf("confirmed by nobody: %v", err)
	}
	before := l.Stats().Commits
	freed := must(l.ConfirmChannel("cassa1", "CH_2", "capo"))(t)
	if len(freed) != 1 || freed[0].ID != a.ID || freed[0].Notices[0].Registration != RegAwaiting || l.Stats().Commits != before+1 {
		t.Fatalf("%+v", freed)
	}
	l = reopen(t, l)
	if s := must(l.Terminal("cassa1"))(t); !slices.Equal(s.Channels, []string{"CH_2"}) || !slices.Equal(must(l.Channels("cassa1"))(t), s.Channels) {
		t.Errorf("%+v", s)
	}
	if s := must(l.Terminal("cassa2"))(t); s.Channels != nil {
		t.Errorf("%+v", s)
	}
	open := map[string]bool{}
	for _, k := range must(l.Cases(true))(t) {
		open[k.PaymentID] = k.Ended.IsZero()
		if !k.Ended.IsZero() && (k.Ending != EndingChannel || k.PaymentID != a.ID) {
			t.Errorf("%+v", k)
		}
	}
	if open[a.ID] || !open[b.ID] || !open[c.ID] || !open[d.ID] {
		t.Errorf("open cases: %v", open)
	}
	if items := must(l.Outbox())(t); len(items) != 1 || items[0].PaymentID != a.ID {
		t.Errorf("%+v", items)
	}
	// What was held between a look and the confirmation is let go without another entry of it.
	e := paid(t, l, 5)
	hold(e.ID, 0, "channel_unproven", "CH_2")
	entries := l.Stats().Entries
	if freed = must(l.ConfirmChannel("cassa1", "CH_2", "capo"))(t); len(freed) != 1 || l.Stats().Entries != entries+2 {
		t.Errorf("%+v", freed)
	}
	if freed = must(l.ConfirmChannel("cassa1", "CH_2", "capo"))(t); len(freed) != 0 || l.Stats().Entries != entries+2 {
		t.Errorf("%+v", freed)
	}
	// Another terminal under the name: its provider's channels are to be seen again.
	p := passport()
	p.TerminalID = "87654321"
	must(l.Commission("cassa1", "capo", p))(t)
	if s := must(l.Terminal("cassa1"))(t); s.Channels != nil {
		t.Errorf("%+v", s)
	}
}
