package ecr17

import (
	"context"
	"errors"
	"slices"
	"testing"

	"sportello/driver"
)

func TestReprint(t *testing.T) {
	for _, c := range []struct {
		name   string
		script func(w *wire)
		want   driver.Slip
		err    error
	}{
		{"one piece", func(w *wire) { w.ack(); w.send(w.p.ticket(slipOfOurs)) },
			driver.Slip{Present: true, Complete: true, References: []string{"RIFA1ABCDEFGH"}}, nil},
		{"our reference cut in two by the pieces and a line's end", func(w *wire) {
			w.ack()
			w.send(w.p.ticket("ACQUISTO}RIFA1AB"))
			<-w.controls
			w.send(w.p.ticket("CD}EFGH}}}}}}\x1b"))
		}, driver.Slip{Present: true, Complete: true, References: []string{"RIFA1ABCDEFGH"}}, nil},
		{"no end mark", func(w *wire) { w.ack(); w.send(w.p.ticket("ACQUISTO}")) }, driver.Slip{Present: true}, nil},
		{"damaged, then whole", func(w *wire) {
			w.ack()
			w.damaged(w.p.ticket(slipOfOurs))
			<-w.controls
			w.send(w.p.ticket(slipOfOurs))
		}, driver.Slip{Present: true, Complete: true, References: []string{"RIFA1ABCDEFGH"}}, nil},
		{"no copy", func(w *wire) { w.ack() }, driver.Slip{}, nil},
		{"not supported", func(w *wire) { w.nak() }, driver.Slip{}, driver.ErrUnsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				b.peer.on['R'] = func(w *wire, _ []byte) { c.script(w) }
				got, err := b.open().Reprint(context.Background())
				if !errors.Is(err, c.err) || c.err == nil && err != nil {
					t.Fatal(err)
				}
				if got.Present != c.want.Present || got.Complete != c.want.Complete || !slices.Equal(got.References, c.want.References) ||
					got.Present != (got.Text != "") || got.Present != (len(got.Raw) > 0) {
					t.Fatalf("%+v", got)
				}
			})
		})
	}
}
